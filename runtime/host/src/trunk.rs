//! The trunk: one handle that submits for any session and is handed everything, for gateways.

use super::common::Common;
use super::errors::{SessionEnd, SubmitError};
use super::trunk_side::{Fact, Says, TrunkShared, TrunkSide};
use super::waiter::Until;
use highwater::book::Indicative;
use highwater::command::TimedCommand;
use highwater::event::{CommandEnd, Event, EventOrEnd};
use highwater::record::Record;
use highwater::ring::Producer;
use highwater::types::{ClientSequence, InstrumentId, Sequence, SessionId};
use highwater_platform::Platform;
use std::collections::VecDeque;
use std::fmt;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;
use std::task::Waker;

/// There is one handle at a time.
const GENERATION: u64 = 0;

/// Submits commands of any session, and is handed each command with its events, in order, once the
/// sync mode lets them be released. Made by [`Host::trunk`](super::Host::trunk).
///
/// Unlike a [`Tap`](super::Tap) it never lags: the engine waits for it. Its reader must go on
/// reading, and must not wait for the host meanwhile; when it is dropped, nothing waits for it any
/// more. Order ids are taken as they are. A session that the trunk submits for must not have a
/// [`Session`](super::Session) as well.
pub struct Trunk<P: Platform> {
    common: &'static Common<P>,
    side: TrunkSide,
    /// What the book says behind commands whose ends have not come.
    facts: VecDeque<Fact>,
    /// The last command whose events have begun.
    begun: Sequence,
}

/// Takes what the trunk hands over: for each command its record, its events, and its end.
pub trait TrunkSink {
    /// The next command.
    fn record(&mut self, record: &Record);

    /// An event of that command.
    fn event(&mut self, event: &Event);

    /// All events of that command have come.
    fn end(&mut self, end: CommandEnd, behind: Behind<'_>);

    /// An answer to a command that was not executed and is not in the log: Duplicate, or capacities
    /// that are too large. It comes between two commands.
    fn unlogged(&mut self, _event: &Event) {}
}

/// What the book says behind a command, where its events do not.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'t> {
    /// The running hash; `None` behind most commands.
    pub running_hash: Option<u64>,
    facts: &'t [Fact],
}

impl Behind<'_> {
    /// What the auction of an instrument would trade; known behind the operator's clock alone.
    pub fn indicative(&self, instrument: InstrumentId) -> Option<Indicative> {
        self.facts.iter().find_map(|fact| match fact.says {
            Says::Auction(id, indicative) if id == instrument => indicative,
            Says::Auction(..) | Says::RunningHash(_) => None,
        })
    }
}

/// Where commands are handed in. The engine is woken when it is dropped.
#[derive(Debug)]
pub struct TrunkDesk<'t, P: Platform> {
    common: &'static Common<P>,
    input: MutexGuard<'t, Producer<'static, TimedCommand>>,
    is_touched: bool,
}

impl<P: Platform> Trunk<P> {
    pub(super) fn new(common: &'static Common<P>, side: TrunkSide, recovered: Sequence) -> Self {
        Self { common, side, facts: VecDeque::new(), begun: recovered }
    }

    /// The desk for a round of commands.
    ///
    /// # Errors
    /// The host has ended, or is about to.
    pub fn desk(&self) -> Result<TrunkDesk<'_, P>, SessionEnd> {
        let input = self.side.shared.input();
        // Behind the lock: who closes the host takes it, so nothing is handed in afterwards.
        self.common.check_open()?;
        Ok(TrunkDesk { common: self.common, input, is_touched: false })
    }

    /// The highest client sequence that the log held of a session when the host was started.
    pub fn recovered_client_sequence(&self, session: SessionId) -> ClientSequence {
        self.common.registry().records.get(&session).copied().unwrap_or_default()
    }

    /// How many sessions the engine may hold: the highest number is one less.
    pub fn sessions_max(&self) -> u32 {
        self.common.sessions_max.load(Ordering::Relaxed)
    }

    /// Hands over what there is, `max` events and ends of commands at most, and returns how many
    /// they were. It may stop within a command.
    ///
    /// # Errors
    /// There is nothing, and will be nothing.
    ///
    /// # Panics
    /// Never: each command's record comes before its events.
    pub fn read(&mut self, max: usize, sink: &mut impl TrunkSink) -> Result<usize, SessionEnd> {
        // Read before the ring: what was delivered before is there.
        let end = self.common.end();
        let mut count = 0;
        while count < max && self.side.events.has(0) {
            let told = self.side.events.value(0);
            self.side.events.release(1);
            self.tell(&told, sink);
            count += 1;
        }
        self.gather();
        match end {
            Some(end) if count == 0 => return Err(end),
            _ => {}
        }
        if count > 0 {
            // Either may wait for room: one for events, the other for records and facts.
            self.common.context.wakeups.release.wake();
            self.common.context.wakeups.wake_for_command();
        }
        Ok(count)
    }

    /// Lets `waker` be woken once, when there is something to read or the host has ended. Look once
    /// more afterwards, before the wait: it may have come before.
    pub fn register(&self, waker: &Waker) {
        self.side.shared.waiter.register(GENERATION, Until::Event, waker);
    }

    /// Whether there is something to read.
    pub fn has_something(&self) -> bool {
        !self.side.events.is_empty() || self.common.end().is_some()
    }

    fn tell(&mut self, told: &EventOrEnd, sink: &mut impl TrunkSink) {
        match told {
            EventOrEnd::Event(event) if event.sequence > self.begun => {
                self.begun = event.sequence;
                let record = self.side.records.pop().expect("a record comes before its events");
                assert_eq!(record.sequence, event.sequence, "each command has one record");
                sink.record(&record);
                sink.event(event);
            }
            // One command has one answer, its first event: a second one is of another command.
            EventOrEnd::Event(event) if event.answers().is_some() => sink.unlogged(event),
            EventOrEnd::Event(event) => sink.event(event),
            EventOrEnd::End(end) => {
                self.gather();
                let is_of_it = |fact: &&Fact| fact.sequence <= end.sequence;
                let count = self.facts.iter().take_while(is_of_it).count();
                let facts: Vec<Fact> = self.facts.drain(..count).collect();
                let running_hash = facts.iter().find_map(|fact| match fact.says {
                    Says::RunningHash(hash) => Some(hash),
                    Says::Auction(..) => None,
                });
                sink.end(*end, Behind { running_hash, facts: &facts });
            }
        }
    }

    /// Takes the facts that are there, so that the sequencer finds room for more.
    fn gather(&mut self) {
        while let Some(fact) = self.side.facts.pop() {
            self.facts.push_back(fact);
        }
    }
}

impl<P: Platform> TrunkDesk<'_, P> {
    /// Hands in a command.
    ///
    /// # Errors
    /// There is no room now: the caller still has it.
    pub fn submit(&mut self, timed: &TimedCommand) -> Result<(), SubmitError> {
        if !self.input.push_copy(timed) {
            return Err(SubmitError::Busy);
        }
        self.is_touched = true;
        Ok(())
    }

    /// How many commands there is room for.
    pub fn room(&mut self) -> usize {
        self.input.room()
    }
}

impl<P: Platform> Drop for TrunkDesk<'_, P> {
    fn drop(&mut self) {
        if self.is_touched {
            self.common.context.wakeups.wake_for_command();
        }
    }
}

impl<P: Platform> Drop for Trunk<P> {
    /// From here on nothing waits for the reader.
    fn drop(&mut self) {
        TrunkShared::close(self.side.shared);
        self.common.context.wakeups.release.wake();
    }
}

impl<P: Platform> fmt::Debug for Trunk<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trunk").field("begun", &self.begun).finish_non_exhaustive()
    }
}
