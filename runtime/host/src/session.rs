//! A session: the handle with which one thread at a time submits commands and reads events.

mod futures;
mod wait;

pub use futures::{Durable, NextEvent};

use super::common::Common;
use super::errors::{CatchUpError, PollError, SessionEnd, SubmitError};
use super::fan_in::VISIT_MAX;
use super::history::{Audience, Backlog};
use super::order_ids::order_id;
use super::request::{Interest, Joined, Request};
use super::slot::{Endpoint, Slot};
use arrayvec::ArrayVec;
use highwater::command::{Action, Command, TimedCommand};
use highwater::event::{EventOrEnd, EventSink};
use highwater::types::{ClientSequence, InstrumentId, OrderId, Sequence, SessionId};
use highwater_platform::Platform;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeInclusive;

/// Commands of one batch, at most.
pub const BATCH_MAX: usize = VISIT_MAX;

/// Events that are copied out of the ring before they are handed over.
const HANDED_TOGETHER: usize = 64;

/// A caller's handle of one session. It may be sent to another thread, and used by one at a time.
///
/// Dropping it frees its slot; the session's record, its last client sequence, stays with the host
/// and in the log. Naming the session again supersedes the handle, wherever it is.
pub struct Session<P: Platform> {
    common: &'static Common<P>,
    slot: &'static Slot,
    index: u16,
    generation: u64,
    id: SessionId,
    /// What is to be read from the log before the ring goes on.
    backlog: Option<Backlog>,
    /// The last command of which every event was handed over before the ring went on.
    live_after: Sequence,
    /// Instruments whose state it is told whether or not it has orders there.
    follows: BTreeSet<InstrumentId>,
    /// Not shared between threads.
    _alone: PhantomData<Cell<()>>,
}

impl<P: Platform> Session<P> {
    /// The handle of a slot that its session has just taken.
    pub(super) fn new(
        common: &'static Common<P>,
        index: u16,
        generation: u64,
        id: SessionId,
        joined: Joined,
    ) -> Self {
        let live_after = joined.live_after;
        Self {
            common,
            slot: &common.slots[usize::from(index)],
            index,
            generation,
            id,
            backlog: Backlog::of(common, Audience::Session(id), joined),
            live_after,
            follows: BTreeSet::new(),
            _alone: PhantomData,
        }
    }

    /// The session's number.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// The name by which the engine and its events know the session's order `number`, unless the
    /// host takes ids as they are ([`OrderIds::Raw`](super::OrderIds::Raw)).
    pub fn order_id(&self, number: u32) -> OrderId {
        order_id(self.id, number)
    }

    /// The last client sequence that the session used, by any handle: the next command gets one
    /// more.
    ///
    /// # Errors
    /// The session has ended.
    pub fn last_client_sequence(&self) -> Result<ClientSequence, SessionEnd> {
        Ok(self.slot.endpoint_of(self.generation)?.last)
    }

    /// The events of commands behind this one are delivered to this handle; those before it, down
    /// to what it has seen, come from [`catch_up`](Self::catch_up).
    pub const fn live_after(&self) -> Sequence {
        self.live_after
    }

    /// Submits a command under the session's next client sequence, and does not wait for it.
    ///
    /// # Errors
    /// It was not taken.
    pub fn submit(&self, action: Action) -> Result<ClientSequence, SubmitError> {
        self.submit_batch(std::slice::from_ref(&action)).map(|numbers| *numbers.end())
    }

    /// Submits a command under a client sequence of the caller's: a retry of one that may have been
    /// executed. Unless it is above the session's last, the answer is Duplicate.
    ///
    /// # Errors
    /// It was not taken.
    pub fn submit_with(
        &self,
        client_sequence: ClientSequence,
        action: Action,
    ) -> Result<(), SubmitError> {
        let session = self.id;
        let timestamp_ns = self.common.platform.wall_clock_ns();
        let action = self.common.order_ids.resolve(session, &action);
        let mut endpoint = self.desk_to_submit()?;
        let command = Command { session, client_sequence, action };
        endpoint
            .input
            .push(TimedCommand { timestamp_ns, command })
            .map_err(|_| SubmitError::Busy)?;
        endpoint.last = endpoint.last.max(client_sequence);
        drop(endpoint);
        self.common.context.wakeups.wake_for_command();
        Ok(())
    }

    /// Submits up to [`BATCH_MAX`] commands at once, so that they share a sync: all, or none. They
    /// get the session's next client sequences, which are returned.
    ///
    /// # Errors
    /// None was taken.
    ///
    /// # Panics
    /// Never: there is room for all before the first is pushed.
    pub fn submit_batch(
        &self,
        actions: &[Action],
    ) -> Result<RangeInclusive<ClientSequence>, SubmitError> {
        if actions.is_empty() || actions.len() > BATCH_MAX {
            return Err(SubmitError::BatchLength(actions.len()));
        }
        let session = self.id;
        let timestamp_ns = self.common.platform.wall_clock_ns();
        let mut endpoint = self.desk_to_submit()?;
        if endpoint.input.room() < actions.len() {
            return Err(SubmitError::Busy);
        }
        let before = endpoint.last;
        let mut batch = endpoint.input.write(actions.len());
        let mut last = before;
        for action in actions {
            last = ClientSequence(last.0 + 1);
            let action = self.common.order_ids.resolve(session, action);
            let command = Command { session, client_sequence: last, action };
            let pushed = batch.push(TimedCommand { timestamp_ns, command });
            assert!(pushed.is_ok(), "there was room for all of them");
        }
        batch.commit();
        endpoint.last = last;
        drop(endpoint);
        self.common.context.wakeups.wake_for_command();
        Ok(ClientSequence(before.0 + 1)..=last)
    }

    /// Hands over the events that are there, in order, and returns how many they were; does not
    /// wait. With [`tell_ends`](highwater_engine::config::Config::tell_ends) the end of each
    /// command that gave the session an event follows its events, with the command's time.
    ///
    /// # Errors
    /// There are none and there will be none; events that are there are handed over first.
    pub fn poll(&self, sink: &mut impl EventSink) -> Result<usize, PollError> {
        let (mut taken, mut event_count) = (0, 0);
        loop {
            let told = match self.take(HANDED_TOGETHER) {
                Ok(told) => told,
                // The next call says why there are no more.
                Err(_) if taken > 0 => return Ok(event_count),
                Err(error) => return Err(error),
            };
            told.iter().for_each(|told| told.tell(sink));
            taken += told.len();
            event_count += told.iter().filter(|told| matches!(told, EventOrEnd::Event(_))).count();
            if told.len() < HANDED_TOGETHER || taken >= super::slot::EVENTS_PER_SLOT {
                return Ok(event_count);
            }
        }
    }

    /// Whether the session has missed events, and gets no command taken, until it
    /// [`catch_up`](Self::catch_up)s.
    pub fn is_lagging(&self) -> bool {
        self.backlog.is_some() || self.slot.inbox.is_lagging()
    }

    /// Hands over everything that the session missed: what is in its ring, then, where it was
    /// lagging, what the log holds, each event once. From then on it is live again.
    ///
    /// Reading takes as long as replaying the log does; a session may fall behind once more
    /// meanwhile, and catches up again then. What is held in memory for it is given back. Returns
    /// the last sequence of which everything was handed over.
    ///
    /// # Errors
    /// The session has ended, or the log cannot be read. What was handed over is not handed over
    /// again.
    pub fn catch_up(&mut self, sink: &mut impl EventSink) -> Result<Sequence, CatchUpError> {
        if self.backlog.is_none() {
            let is_lagging = self.slot.inbox.is_lagging();
            loop {
                // Copied out first: a caller's code never runs at the desk.
                let told = self.told_in_ring(HANDED_TOGETHER)?;
                if told.is_empty() {
                    break;
                }
                told.iter().for_each(|told| told.tell(sink));
            }
            if !is_lagging {
                return Ok(self.live_after);
            }
            self.rejoin()?;
        }
        if let Some(backlog) = &mut self.backlog {
            backlog.follow(&self.follows);
            backlog.pay(self.common, sink, &mut |_, _| false)?;
            self.backlog = None;
        }
        Ok(self.live_after)
    }

    /// From now on the session is told how `instrument` trades (`StateChanged`, `Uncrossed`), as it
    /// is of every instrument in which it has orders open. Returns the sequence behind which that
    /// holds. A handle begins without any. A session that [lags](Self::is_lagging) is given what it
    /// missed of the instruments that it follows when it catches up.
    ///
    /// # Errors
    /// The session has ended.
    pub fn follow(&mut self, instrument: InstrumentId) -> Result<Sequence, SessionEnd> {
        self.follows.insert(instrument);
        self.tell_interest(instrument, Interest::Follows)
    }

    /// From now on the session is told how `instrument` trades only while it has orders there.
    /// Returns the sequence behind which that holds.
    ///
    /// # Errors
    /// The session has ended.
    pub fn unfollow(&mut self, instrument: InstrumentId) -> Result<Sequence, SessionEnd> {
        self.follows.remove(&instrument);
        self.tell_interest(instrument, Interest::Ignores)
    }

    fn tell_interest(
        &self,
        instrument: InstrumentId,
        interest: Interest,
    ) -> Result<Sequence, SessionEnd> {
        let Self { index, generation, .. } = *self;
        self.common.ask_and_wait(SessionEnd::Superseded, |reply| Request::Follow {
            index,
            generation,
            instrument,
            interest,
            reply,
        })
    }

    /// Asks to be taken up again; what was missed until then is owed.
    fn rejoin(&mut self) -> Result<(), SessionEnd> {
        let (index, generation) = (self.index, self.generation);
        let request = |reply| Request::Rejoin { index, generation, reply };
        let joined = self.common.ask_and_wait(SessionEnd::Superseded, request)?;
        self.live_after = joined.live_after;
        self.backlog = Backlog::of(self.common, Audience::Session(self.id), joined);
        Ok(())
    }

    /// Takes what is told out of the ring, at most so many.
    ///
    /// # Errors
    /// There are none and there will be none.
    fn take(&self, max: usize) -> Result<ArrayVec<EventOrEnd, HANDED_TOGETHER>, PollError> {
        if self.backlog.is_some() {
            return Err(PollError::Lagging);
        }
        // Both are read before the ring: what was delivered before is there.
        let (is_lagging, end) = (self.slot.inbox.is_lagging(), self.common.end());
        let told = self.told_in_ring(max)?;
        match (told.is_empty(), end) {
            (true, Some(end)) => Err(PollError::Ended(end)),
            (true, None) if is_lagging => Err(PollError::Lagging),
            (true | false, _) => Ok(told),
        }
    }

    fn told_in_ring(
        &self,
        max: usize,
    ) -> Result<ArrayVec<EventOrEnd, HANDED_TOGETHER>, SessionEnd> {
        let mut told = ArrayVec::new();
        let mut endpoint = self.slot.endpoint_of(self.generation)?;
        endpoint.events.for_each(max.min(HANDED_TOGETHER), |one| told.push(*one));
        Ok(told)
    }

    /// The desk, if commands are taken there.
    fn desk_to_submit(&self) -> Result<impl std::ops::DerefMut<Target = Endpoint>, SubmitError> {
        let endpoint = self.slot.endpoint_of(self.generation)?;
        // Read at the desk: who closes the host waits for everybody at it.
        self.common.check_open()?;
        if self.is_lagging() { Err(SubmitError::Lagging) } else { Ok(endpoint) }
    }
}

impl<P: Platform> Drop for Session<P> {
    /// Frees the slot, unless a later handle has it.
    fn drop(&mut self) {
        let mut registry = self.common.registry();
        let Ok(mut endpoint) = self.slot.endpoint_of(self.generation) else {
            return;
        };
        endpoint.generation += 1;
        if self.id != SessionId::OPERATOR {
            registry.taken.remove(&self.id);
            registry.free.insert(self.index);
            registry.records.insert(self.id, endpoint.last);
            endpoint.session = None;
        }
        drop(endpoint);
        drop(registry);
        self.common.ask(Request::Leave { index: self.index, generation: self.generation });
    }
}

impl<P: Platform> fmt::Debug for Session<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, index, generation, .. } = self;
        f.debug_struct("Session")
            .field("id", id)
            .field("slot", index)
            .field("generation", generation)
            .finish_non_exhaustive()
    }
}
