//! A slot: one session's pair of rings, and who may use them.

use super::errors::SessionEnd;
use super::inbox::Inbox;
use super::registry::Registry;
use highwater::command::TimedCommand;
use highwater::event::EventOrEnd;
use highwater::ring::{Consumer, Producer, Ring};
use highwater::types::{ClientSequence, Sequence, SessionId};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Commands of one session that may wait for the sequencer.
pub(super) const COMMANDS_PER_SLOT: usize = 256;
/// Events of one session that may wait for it to read them.
pub(super) const EVENTS_PER_SLOT: usize = 1_024;

type CommandRing = Ring<TimedCommand, COMMANDS_PER_SLOT>;
type EventRing = Ring<EventOrEnd, EVENTS_PER_SLOT>;

/// One session's side of its rings, and what the engine's threads know of it.
#[derive(Debug)]
pub(super) struct Slot {
    endpoint: Mutex<Endpoint>,
    pub(super) inbox: Inbox,
}

/// What the handle of a session works with. It is uncontended: a slot has one handle that counts.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Where the session's commands go.
    pub(super) input: Producer<'static, TimedCommand>,
    /// Where its events come from.
    pub(super) events: Consumer<'static, EventOrEnd>,
    /// Which handle may use the desk: the one with this number.
    pub(super) generation: u64,
    /// Whose slot it is; `None` when it is free.
    pub(super) session: Option<SessionId>,
    /// The highest client sequence that the session submitted, or that the log holds of it.
    pub(super) last: ClientSequence,
}

/// The ring into which a reader's events are put, and what is shared with the reader.
pub(super) type EventSide = (Producer<'static, EventOrEnd>, &'static Inbox);

/// The engine's sides of a slot's rings.
#[derive(Debug)]
pub(super) struct EngineSides {
    /// For the sequencer's thread.
    pub(super) input: Consumer<'static, TimedCommand>,
    /// For the release thread.
    pub(super) events: Producer<'static, EventOrEnd>,
}

impl Slot {
    /// A free slot, in memory that is never given back.
    ///
    /// # Panics
    /// Never: new rings have not been split.
    pub(super) fn new() -> (Self, EngineSides) {
        let commands: &'static CommandRing = Ring::new_in(Box::leak(Box::new_uninit()));
        let answers: &'static EventRing = Ring::new_in(Box::leak(Box::new_uninit()));
        let (input, taken) = commands.split().expect("it is new");
        let (pushed, events) = answers.split().expect("it is new");
        let last = ClientSequence(0);
        let endpoint = Endpoint { input, events, generation: 0, session: None, last };
        let slot = Self { endpoint: Mutex::new(endpoint), inbox: Inbox::new() };
        (slot, EngineSides { input: taken, events: pushed })
    }

    /// The desk, whoever may use it.
    pub(super) fn endpoint(&self) -> MutexGuard<'_, Endpoint> {
        // Nothing of a caller's runs while it is locked.
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The desk, if nobody is using it now.
    pub(super) fn free_endpoint(&self) -> Option<MutexGuard<'_, Endpoint>> {
        self.endpoint.try_lock().ok()
    }

    /// The desk, for the handle of this generation.
    ///
    /// # Errors
    /// A later handle took the slot.
    pub(super) fn endpoint_of(
        &self,
        generation: u64,
    ) -> Result<MutexGuard<'_, Endpoint>, SessionEnd> {
        let endpoint = self.endpoint();
        if endpoint.generation == generation { Ok(endpoint) } else { Err(SessionEnd::Superseded) }
    }

    /// Gives the slot to a new handle of `session`; returns the handle's generation.
    pub(super) fn hand_over(&self, session: SessionId, registry: &Registry) -> u64 {
        let mut endpoint = self.endpoint();
        if endpoint.session != Some(session) && session != SessionId::OPERATOR {
            endpoint.last = registry.records.get(&session).copied().unwrap_or_default();
        }
        endpoint.session = Some(session);
        endpoint.generation += 1;
        endpoint.generation
    }

    /// Throws away the events that were delivered to the handle before this one.
    pub(super) fn discard_before(&self, published: u64, generation: u64) {
        let Ok(mut endpoint) = self.endpoint_of(generation) else {
            return;
        };
        let stale = published.saturating_sub(endpoint.events.consumed());
        let stale = usize::try_from(stale).unwrap_or(usize::MAX);
        endpoint.events.for_each(stale, |_| ());
    }
}

/// What is counted for the statistics, each by one thread.
#[derive(Debug, Default)]
pub(super) struct DeliveryCounters {
    /// The highest sequence whose events were all delivered. Counted by the release thread.
    pub(super) released: AtomicU64,
    /// Sessions and taps that miss events. Counted by the release thread.
    pub(super) lagging_count: AtomicU64,
    /// Callers that were woken. Counted by the release thread.
    pub(super) wake_count: AtomicU64,
}

impl DeliveryCounters {
    /// The highest sequence whose events were all delivered; they are in the rings, or missed.
    pub(super) fn delivered(&self) -> Sequence {
        Sequence(self.released.load(Ordering::Acquire))
    }
}
