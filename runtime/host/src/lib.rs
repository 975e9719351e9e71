//! The host: the engine for many callers in one process, each with a session of its own.
//!
//! ```
//! use highwater::command::{Action, Definition};
//! use highwater::types::{SessionId, Symbol};
//! use highwater_engine::config::Config;
//! use highwater_host::{Host, HostConfig};
//! use highwater_platform::Platform;
//! use std::{error::Error, time::Duration};
//!
//! /// `platform` is `runtime_linux::Linux` or `runtime_macos::MacOs`.
//! fn open_the_market<P: Platform>(platform: P) -> Result<(), Box<dyn Error>> {
//!     let host = Host::start(platform, &HostConfig::new(Config::production().data("data")))?;
//!     let mut operator = host.session(SessionId::OPERATOR)?;
//!     let symbol = Symbol::new(b"GOLD").ok_or("a symbol has 1 to 16 bytes")?;
//!     let define = Action::DefineInstrument(Definition::open(symbol));
//!     // Returns when the answer is on stable storage.
//!     let answer = operator.call(define, Duration::from_secs(10), &mut ())?;
//!     println!("GOLD is instrument {}", answer.instrument.0);
//!     host.stop().map_err(|fault| fault.to_string())?;
//!     Ok(())
//! }
//! ```
//!
//! A host owns the engine's threads. Callers take a [`Session`] each, submit commands, and read the
//! events that concern them; every answer is as durable as the engine's mode promises. No session
//! can stop another: one that does not read its events is left behind, and reads them from the log
//! later. `docs/host.md` has the promises, and what they cost.

#![forbid(unsafe_code)]

mod audience;
mod common;
mod errors;
mod fan_in;
mod fan_out;
mod history;
mod inbox;
mod order_ids;
mod ports;
mod questions;
mod registry;
mod request;
mod session;
mod slot;
mod statistics;
mod tap;
mod tap_side;
#[cfg(test)]
mod tests;
mod trunk;
mod trunk_side;
mod waiter;
mod watch;

pub use errors::{
    AskError, CallError, CatchUpError, HostError, PollError, SessionEnd, SlotError, SubmitError,
    TapError, TrunkError, WaitError,
};
pub use order_ids::OrderIds;
pub use questions::Questions;
pub use session::{BATCH_MAX, Durable, NextEvent, Session};
pub use statistics::HostStatistics;
pub use tap::Tap;
pub use trunk::{Behind, Trunk, TrunkDesk, TrunkSink};
pub use watch::HostWatch;

use audience::OpenOrders;
use common::{AllSides, Common};
use fan_in::FanIn;
use fan_out::{Beginning, FanOut};
use highwater::book::Book;
use highwater::command::{Action, TimedCommand};
use highwater::engine::Engine;
use highwater::ring::Producer;
use highwater::stage::{Fault, State};
use highwater::types::{Sequence, SessionId};
use highwater_engine::config::Config;
use highwater_engine::context::EngineContext;
use highwater_engine::expiry_clock::ExpiryClock;
use highwater_engine::notices::{Notice, NoticeLog};
use highwater_engine::runner::{Panicked, Ports, Runner};
use highwater_engine::snapshots::Made;
use highwater_engine::start::{Launch, NotStarted, Started, start};
use highwater_platform::Platform;
use highwater_storage::LogDirectory;
use ports::{Delivery, SessionCommands};
use request::Request;
use slot::{EngineSides, EventSide};
use std::mem::take;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel};
use trunk_side::TrunkEngineSides;

/// Slots of a host when nobody says otherwise.
pub const SLOTS_DEFAULT: usize = 128;
/// Slots of the largest host.
pub const SLOTS_MAX: usize = 4_096;

/// Taps of the host that has most.
pub const TAPS_MAX: usize = 64;

/// The engine of a host: 1,024 commands, 16,384 records and 16,384 events may wait in its rings.
///
/// The input ring is short, so that a command that comes now does not stand behind a long line of
/// another session's.
type HostEngine = Engine<1_024, 16_384, 16_384>;

/// How a host is started.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// How the engine runs: the data directory, the sync mode, the capacities and more.
    pub engine: Config,
    /// Sessions that may have a handle at the same time, the operator's left out: 1 to 4,096.
    pub slots: usize,
    /// Readers of every event that there may be at the same time: 0 to 64. With any, the end of
    /// each command takes a place in the engine's rings ([`Config::tell_ends`]).
    pub taps: usize,
    /// Whether there is a trunk for a gateway. It counts as a reader of every event.
    pub trunk: TrunkWish,
    /// What the order ids of its sessions' commands mean.
    pub order_ids: OrderIds,
}

impl HostConfig {
    /// A host of this engine with [`SLOTS_DEFAULT`] slots, no tap and no trunk; each session
    /// numbers its orders.
    pub const fn new(engine: Config) -> Self {
        Self {
            engine,
            slots: SLOTS_DEFAULT,
            taps: 0,
            trunk: TrunkWish::None,
            order_ids: OrderIds::Composed,
        }
    }
}

/// Whether a host has a [`Trunk`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrunkWish {
    /// It has none.
    #[default]
    None,
    /// It has one, which is to be taken and read: once its rings are full the engine waits.
    Wanted,
}

/// An engine that runs, and takes callers.
///
/// One process may run several, one after the other or at once, each in a data directory of its
/// own. Their rings and books are memory that is given back when the process ends.
#[derive(Debug)]
pub struct Host<P: Platform> {
    common: &'static Common<P>,
    engine: &'static HostEngine,
    /// `None` once they have been waited for.
    runner: Option<Runner<P, ()>>,
    warnings: Vec<String>,
    notices: NoticeLog,
    recovered: Sequence,
}

/// What a host leaves that was stopped cleanly.
#[derive(Debug)]
pub struct HostEnd<P: Platform> {
    /// The book behind the last command.
    pub book: Book<'static>,
    /// The log; its lock is held until this is dropped.
    pub directory: LogDirectory<P>,
    /// The last numbers.
    pub statistics: HostStatistics,
}

impl<P: Platform> Host<P> {
    /// Recovers the log in the configured data directory, which is created when it is missing, and
    /// starts the engine's threads.
    ///
    /// # Errors
    /// Says why it did not start, and what to do.
    pub fn start(platform: P, config: &HostConfig) -> Result<Self, HostError> {
        if !(1..=SLOTS_MAX).contains(&config.slots) {
            return Err(HostError::Slots(config.slots));
        }
        if config.taps > TAPS_MAX {
            return Err(HostError::Taps(config.taps));
        }
        // In memory that is never given back.
        let engine: &'static HostEngine = Engine::new_in(Box::leak(Box::new_uninit()));
        let context = EngineContext::new(engine.shared());
        let (ask, requests) = channel();
        let (common, sides) = Common::new(platform, config, context, ask);
        let common: &'static Common<P> = Box::leak(Box::new(common));
        context.watch(common);

        let notices = NoticeLog::default();
        let tells_ends =
            config.engine.tell_ends || config.taps > 0 || config.trunk == TrunkWish::Wanted;
        let config = &config.engine.clone().tell_ends(tells_ends);
        let launch = Launch { engine, context, config, notices: notices.sink() };
        let (mut started, input) = match start(platform, launch, &mut ()) {
            Ok(started) => started,
            Err(NotStarted::Failed(error)) => return Err(HostError::Start(error)),
            Err(NotStarted::Refused(never)) => match never {},
        };
        remember(common, &started);
        let recovered = started.book().last_sequence();
        let warnings = take(&mut started.warnings);
        let open_orders = OpenOrders::of(started.book());
        let tells_ends = common.tells_ends;
        let beginning = |slots, taps| Beginning { slots, taps, tells_ends, recovered, open_orders };
        let ports = ports_of(common, sides, input, requests, beginning);
        let runner = Runner::start(started, config, ports).map_err(HostError::Thread)?;
        Ok(Self { common, engine, runner: Some(runner), warnings, notices, recovered })
    }

    /// A session's handle, live from now on: the events of commands that are released later are
    /// delivered to it. An older handle of the same session is superseded, whatever became of it.
    ///
    /// The operator's session, [`SessionId::OPERATOR`], has a slot of its own.
    ///
    /// # Errors
    /// All slots are taken, the engine has no such session, or the host has ended.
    pub fn session(&self, session: SessionId) -> Result<Session<P>, SlotError> {
        self.join(session, None)
    }

    /// A session's handle that first [`catch_up`](Session::catch_up)s with what came behind `seen`,
    /// the last sequence of which the caller has all events; with 0 from the log's beginning on.
    ///
    /// # Errors
    /// Like [`session`](Self::session).
    pub fn session_after(
        &self,
        session: SessionId,
        seen: Sequence,
    ) -> Result<Session<P>, SlotError> {
        self.join(session, Some(seen))
    }

    /// A reader of every event of commands that are released from now on.
    ///
    /// # Errors
    /// All taps are taken, or the host has ended.
    pub fn tap(&self) -> Result<Tap<P>, TapError> {
        Tap::new(self.common, None)
    }

    /// A reader of every event behind `seen`, the last sequence of which the caller has all events;
    /// with 0 from the log's beginning on. What there is already comes from the log.
    ///
    /// # Errors
    /// Like [`tap`](Self::tap).
    pub fn tap_after(&self, seen: Sequence) -> Result<Tap<P>, TapError> {
        Tap::new(self.common, Some(seen))
    }

    /// A reader that goes on where the one of this name was [registered](Tap::register) last, or at
    /// the log's beginning.
    ///
    /// # Errors
    /// Like [`tap`](Self::tap); or the list of consumers cannot be read.
    pub fn tap_registered(&self, name: &str) -> Result<Tap<P>, TapError> {
        Tap::registered(self.common, name)
    }

    /// The trunk, for whoever asks first.
    ///
    /// # Errors
    /// There is none, or it was taken.
    pub fn trunk(&self) -> Result<Trunk<P>, TrunkError> {
        let side = self.common.take_trunk().ok_or(TrunkError)?;
        Ok(Trunk::new(self.common, side, self.recovered))
    }

    /// The book that answers questions about what is durable; `None` unless
    /// [`Config::questions`](highwater_engine::config::Config::questions) wants one.
    pub fn questions(&self) -> Option<Questions<P>> {
        self.watch()?.questions()
    }

    /// Makes a snapshot of everything that is applied by now, and waits for it; `None` when nothing
    /// has come since the newest.
    ///
    /// # Errors
    /// Why none was made, in words.
    pub fn snapshot(&self) -> Result<Option<Made>, String> {
        match &self.runner {
            Some(runner) => runner.snapshots().make_now(),
            None => Err("the host was stopped".to_owned()),
        }
    }

    /// What is counted, now.
    pub fn statistics(&self) -> HostStatistics {
        let unwatched = || HostStatistics::of(self.common, self.engine.occupancy());
        self.watch().map_or_else(unwatched, |watch| watch.statistics())
    }

    /// A look at the host for other threads; `None` behind its end.
    pub fn watch(&self) -> Option<HostWatch<P>> {
        let snapshots = self.runner.as_ref()?.snapshots();
        Some(HostWatch { common: self.common, engine: self.engine, snapshots })
    }

    /// The last sequence that recovery found in the log; 0 when it is new.
    pub const fn recovered(&self) -> Sequence {
        self.recovered
    }

    /// What the user should know and need not act on, one line each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What the user should know of what happened since this was asked last: the latest 256.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Why the host has ended; `None` while it runs.
    pub fn end(&self) -> Option<SessionEnd> {
        self.common.end()
    }

    /// Stops cleanly: nothing more is accepted, everything that was accepted is made durable and
    /// delivered, callers that wait are told, and the threads end.
    ///
    /// # Errors
    /// The fault that ended the engine before, or meanwhile.
    pub fn stop(mut self) -> Result<HostEnd<P>, Fault> {
        let ended = self.close().unwrap_or(Err(Fault::StagePanicked));
        let (book, directory) = ended?;
        Ok(HostEnd { book, directory, statistics: self.statistics() })
    }

    /// Closes the host and waits for its threads; `None` when that was done before.
    fn close(&mut self) -> Option<Result<(Book<'static>, LogDirectory<P>), Fault>> {
        let runner = self.runner.take()?;
        self.common.close();
        let ended = runner.join();
        Some(match (self.common.context.shared.halt.state(), ended) {
            (State::Faulted(fault), _) => Err(fault),
            (State::Running | State::Stopping, Err(Panicked)) => Err(Fault::StagePanicked),
            (State::Running | State::Stopping, Ok(ended)) => {
                Ok((ended.sequencer.book, ended.directory))
            }
        })
    }

    fn join(&self, session: SessionId, seen: Option<Sequence>) -> Result<Session<P>, SlotError> {
        let common = self.common;
        common.check_open()?;
        let sessions = common.sessions_max.load(Ordering::Relaxed);
        if u32::from(session.0) >= sessions {
            return Err(SlotError::NoSuchSession { session, sessions });
        }
        // One caller after the other: the order of handles is the order of their requests.
        let mut registry = common.registry();
        let index = common.slot_of(session, &mut registry)?;
        let slot = &common.slots[usize::from(index)];
        let generation = slot.hand_over(session, &registry);
        // The handle that was superseded may wait.
        slot.inbox.waiter.wake();
        let request = |reply| Request::Join { index, generation, session, seen, reply };
        let joined = common.ask_and_wait(SessionEnd::Stopped, request);
        drop(registry);
        let joined = joined?;
        slot.discard_before(joined.published, generation);
        Ok(Session::new(common, index, generation, session, joined))
    }
}

impl<P: Platform> Drop for Host<P> {
    /// Stops like [`stop`](Host::stop); what it would return is lost.
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// Takes over what recovery found, and sends the first command if the log is new or other
/// capacities are wished for.
fn remember<P: Platform>(common: &Common<P>, started: &Started<P>) {
    let book = started.book();
    let known = (0..book.capacities().sessions).filter_map(|number| {
        let session = SessionId(u16::try_from(number).ok()?);
        Some((session, book.last_client_sequence(session)))
    });
    let mut registry = common.registry();
    registry.records = known.filter(|(_, last)| last.0 > 0).collect();
    registry.free = (1..common.slots.len()).filter_map(|index| u16::try_from(index).ok()).collect();
    common.slots[0].endpoint().last = book.last_client_sequence(SessionId::OPERATOR);
    common.sessions_max.store(started.capacities.sessions, Ordering::Relaxed);
    let is_first = common.counters.set(started.directory().counters()).is_ok();
    assert!(is_first, "a host starts once");
    if book.last_sequence().0 == 0 || book.capacities() != started.capacities {
        let now_ns = common.platform.wall_clock_ns();
        let is_sent = common.operate(Action::Configure(started.capacities), now_ns);
        assert!(is_sent, "nobody else is there yet");
    }
}

/// The ports of a host's engine.
fn ports_of<P: Platform>(
    common: &'static Common<P>,
    sides: AllSides,
    input: Producer<'static, TimedCommand>,
    requests: Receiver<Request>,
    beginning: impl FnOnce(Vec<EventSide>, Vec<EventSide>) -> Beginning,
) -> Ports<SessionCommands<P>, Delivery<P>, ()> {
    let AllSides { slots, taps, trunk } = sides;
    let (commands, records, events) = match trunk {
        None => (None, None, None),
        Some(TrunkEngineSides { commands, records, events }) => {
            (Some(commands), Some(records), Some(events))
        }
    };
    let (taken, pushed): (Vec<_>, Vec<_>) = slots
        .into_iter()
        .zip(common.slots)
        .map(|(EngineSides { input, events }, slot)| ((input, slot), (events, &slot.inbox)))
        .unzip();
    let fan_in = FanIn::new(taken, commands, input);
    let fan_out = FanOut::new(beginning(pushed, taps), common.delivery_counters);
    Ports {
        commands: SessionCommands {
            common,
            fan_in,
            expiry_clock: ExpiryClock::default(),
            trunk: records,
        },
        events: Delivery { common, fan_out, trunk: events, requests },
        outputs: (),
    }
}
