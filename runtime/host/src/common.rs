//! What a host, its threads and its sessions share: the slots, the wake-ups, and how they learn
//! that all is over.

use super::errors::{SessionEnd, SlotError};
use super::fan_in::VISIT_MAX;
use super::inbox::Inbox;
use super::order_ids::OrderIds;
use super::registry::Registry;
use super::request::Request;
use super::slot::{DeliveryCounters, EngineSides, EventSide, Slot};
use super::tap_side::TapSide;
use super::trunk_side::{TrunkEngineSides, TrunkShared, TrunkSide, new_trunk};
use super::{HostConfig, TrunkWish};
use highwater::command::{Action, Command, TimedCommand};
use highwater::stage::{Latch, State};
use highwater::types::{ClientSequence, SessionId};
use highwater_engine::context::{EngineContext, Watcher};
use highwater_engine::expiry_clock::ExpiryClock;
use highwater_platform::Platform;
use highwater_storage::LogCounters;
use highwater_storage::history_cache::HistoryCache;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The engine's sides of everything that callers have.
#[derive(Debug)]
pub(super) struct AllSides {
    pub(super) slots: Vec<EngineSides>,
    pub(super) taps: Vec<EventSide>,
    pub(super) trunk: Option<TrunkEngineSides>,
}

/// What all of a host's threads and callers know. It lives as long as the process: a session may
/// outlive its host.
#[derive(Debug)]
pub(super) struct Common<P: Platform> {
    pub(super) platform: P,
    pub(super) data: PathBuf,
    /// Whether sessions are told the ends of commands.
    pub(super) tells_ends: bool,
    /// What catch-ups read is kept here.
    pub(super) cache: Arc<HistoryCache>,
    /// What the engine's threads share.
    pub(super) context: &'static EngineContext,
    /// The operator's slot, and those of everybody else behind it.
    pub(super) slots: &'static [Slot],
    /// Taps that nobody reads.
    taps: Mutex<Vec<TapSide>>,
    /// Those of all taps.
    pub(super) tap_inboxes: Vec<&'static Inbox>,
    /// The trunk, where there is one.
    trunk: Option<&'static TrunkShared>,
    /// Its reader's sides, until somebody takes them.
    free_trunk: Mutex<Option<TrunkSide>>,
    /// Slots from here on were never taken.
    pub(super) used_count: AtomicUsize,
    pub(super) registry: Mutex<Registry>,
    requests: Sender<Request>,
    /// What order ids of commands mean.
    pub(super) order_ids: OrderIds,
    /// How many sessions the engine may hold.
    pub(super) sessions_max: AtomicU32,
    /// Set when nothing more is accepted.
    pub(super) is_closed: AtomicBool,
    /// Set when nothing more comes into the sessions' rings.
    pub(super) is_draining: Latch,
    /// Set when everything that will ever be released has been delivered.
    pub(super) release_done: Latch,
    pub(super) delivery_counters: &'static DeliveryCounters,
    pub(super) counters: OnceLock<Arc<LogCounters>>,
}

impl<P: Platform> Common<P> {
    /// Slots for as many sessions as `config` says and the operator, taps, a trunk, and the
    /// engine's sides of them.
    pub(super) fn new(
        platform: P,
        config: &HostConfig,
        context: &'static EngineContext,
        requests: Sender<Request>,
    ) -> (Self, AllSides) {
        let (slots, sides): (Vec<Slot>, Vec<EngineSides>) =
            (0..=config.slots).map(|_| Slot::new()).unzip();
        let tap_streams = (slots.len()..).take(config.taps);
        let tap_streams = tap_streams.filter_map(|index| u16::try_from(index).ok());
        let (taps, tapped): (Vec<TapSide>, Vec<EventSide>) = tap_streams.map(TapSide::new).unzip();
        let (free_trunk, trunk) = match config.trunk {
            TrunkWish::Wanted => {
                let (side, sides) = new_trunk();
                (Some(side), Some(sides))
            }
            TrunkWish::None => (None, None),
        };
        let common = Self {
            platform,
            data: config.engine.data.clone(),
            tells_ends: config.engine.tell_ends,
            cache: Arc::default(),
            context,
            slots: Box::leak(slots.into_boxed_slice()),
            tap_inboxes: taps.iter().map(|tap| tap.inbox).collect(),
            taps: Mutex::new(taps),
            trunk: free_trunk.as_ref().map(|side| side.shared),
            free_trunk: Mutex::new(free_trunk),
            used_count: AtomicUsize::new(1),
            registry: Mutex::default(),
            requests,
            order_ids: config.order_ids,
            sessions_max: AtomicU32::new(0),
            is_closed: AtomicBool::new(false),
            is_draining: Latch::new(),
            release_done: Latch::new(),
            delivery_counters: Box::leak(Box::default()),
            counters: OnceLock::new(),
        };
        (common, AllSides { slots: sides, taps: tapped, trunk })
    }

    /// Who has which slot; locked while a slot changes hands.
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taps that nobody reads.
    pub(super) fn free_taps(&self) -> MutexGuard<'_, Vec<TapSide>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reader's sides of the trunk; `None` when there is none, or somebody has them.
    pub(super) fn take_trunk(&self) -> Option<TrunkSide> {
        self.free_trunk.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Why nothing is done for sessions any more; `None` while the host runs.
    pub(super) fn end(&self) -> Option<SessionEnd> {
        match self.context.shared.halt.state() {
            State::Faulted(fault) => Some(SessionEnd::Fault(fault)),
            State::Running | State::Stopping => {
                self.release_done.is_set().then(|| self.clean_end())
            }
        }
    }

    /// Why a host ends in which no fault was.
    fn clean_end(&self) -> SessionEnd {
        match self.context.lag.given_up() {
            Some(_) => SessionEnd::SnapshotsBehind,
            None => SessionEnd::Stopped,
        }
    }

    /// Whether commands are accepted.
    pub(super) fn check_open(&self) -> Result<(), SessionEnd> {
        match self.end() {
            Some(end) => Err(end),
            None if self.is_closed.load(Ordering::Acquire) => Err(self.clean_end()),
            None => Ok(()),
        }
    }

    /// Asks the release thread for something. When it is gone nobody answers.
    pub(super) fn ask(&self, request: Request) {
        let _gone = self.requests.send(request);
        self.context.wakeups.release.wake();
    }

    /// Asks the release thread for something, and waits for its answer.
    ///
    /// # Errors
    /// Nobody answers: why the host has ended, or else `otherwise`.
    pub(super) fn ask_and_wait<T>(
        &self,
        otherwise: SessionEnd,
        request: impl FnOnce(SyncSender<T>) -> Request,
    ) -> Result<T, SessionEnd> {
        let (reply, answer) = sync_channel(1);
        self.ask(request(reply));
        answer.recv().map_err(|_| self.end().unwrap_or(otherwise))
    }

    /// How many slots were ever taken; the sequencer's and the release thread look at those.
    pub(super) fn used_count(&self) -> usize {
        self.used_count.load(Ordering::Acquire)
    }

    /// Sends an operator's command if there is room for it and nobody is at the operator's desk;
    /// tells whether it was sent.
    pub(super) fn operate(&self, action: Action, timestamp_ns: u64) -> bool {
        let Some(mut endpoint) = self.slots[0].free_endpoint() else {
            return false;
        };
        let client_sequence = ClientSequence(endpoint.last.0 + 1);
        let command = Command { session: SessionId::OPERATOR, client_sequence, action };
        if endpoint.input.push(TimedCommand { timestamp_ns, command }).is_err() {
            return false;
        }
        endpoint.last = client_sequence;
        true
    }

    /// How many commands may be taken when `under_way` wait for the sequencer. Where that is less
    /// than a visit takes, commands are held: until those that are not appended yet are, and where
    /// that would not be enough until a snapshot is made.
    pub(super) fn room(&self, under_way: usize) -> usize {
        let not_appended = self
            .context
            .shared
            .applied
            .get()
            .0
            .saturating_sub(self.context.shared.appended.get().0);
        let room = self.context.lag.room(not_appended.saturating_add(under_way as u64));
        if room >= VISIT_MAX {
            self.context.lag.loosen();
            return room;
        }
        self.context.lag.tighten();
        if self.context.lag.holds(VISIT_MAX as u64) && self.context.lag.hold() {
            self.context.wakeups.snapshot.wakeup().wake();
        }
        room
    }

    /// Tells the engine the time if the next order's expiry has come.
    pub(super) fn tell_time(&self, told: &mut ExpiryClock) {
        let Some(next_expiry_ns) = self.context.shared.next_expiry.get() else {
            return;
        };
        let now_ns = self.platform.wall_clock_ns();
        let mut telling = *told;
        if telling.is_due(Some(next_expiry_ns), now_ns)
            && self.operate(Action::Clock { now_ns }, now_ns)
        {
            *told = telling;
        }
    }

    /// The slot that a session has or can have.
    ///
    /// # Errors
    /// All are taken.
    pub(super) fn slot_of(
        &self,
        session: SessionId,
        registry: &mut Registry,
    ) -> Result<u16, SlotError> {
        if session == SessionId::OPERATOR {
            return Ok(0);
        }
        if let Some(index) = registry.taken.get(&session) {
            return Ok(*index);
        }
        let Some(index) = registry.free.pop_first() else {
            return Err(SlotError::AllTaken { slots: registry.taken.len() });
        };
        registry.taken.insert(session, index);
        self.used_count.fetch_max(usize::from(index) + 1, Ordering::AcqRel);
        Ok(index)
    }

    /// Accepts nothing more, and lets everything that was accepted be finished.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        for slot in self.slots {
            // Whoever was at the desk has left it; whoever comes now finds the host closed.
            drop(slot.endpoint());
        }
        if let Some(trunk) = self.trunk {
            drop(trunk.input());
        }
        self.is_draining.set();
        self.context.wakeups.sequencer.wake();
    }

    /// Wakes every caller: there is something new that concerns all.
    pub(super) fn wake_everybody(&self) {
        let taps = self.tap_inboxes.iter().copied();
        for inbox in self.slots.iter().map(|slot| &slot.inbox).chain(taps) {
            inbox.waiter.wake();
        }
        if let Some(trunk) = self.trunk {
            trunk.waiter.wake();
        }
    }
}

impl<P: Platform> Watcher for Common<P> {
    fn ended(&self) {
        if self.end().is_some() {
            self.wake_everybody();
        }
    }

    fn given_up(&self) {
        self.close();
    }
}
