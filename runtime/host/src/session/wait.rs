//! Waiting in a session: until something is durable, until there is an event, until a command is
//! answered.

use super::Session;
use crate::errors::{CallError, PollError, SessionEnd, WaitError};
use crate::waiter::Until;
use highwater::command::Action;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::types::{ClientSequence, Sequence, SessionId};
use highwater_platform::Platform;
use std::time::Duration;

impl<P: Platform> Session<P> {
    /// Whether everything up to `sequence` is durable.
    ///
    /// # Errors
    /// The session has ended.
    pub fn is_durable(&self, sequence: Sequence) -> Result<bool, SessionEnd> {
        drop(self.slot.endpoint_of(self.generation)?);
        if self.common.context.shared.durable.get() >= sequence {
            return Ok(true);
        }
        self.common.end().map_or(Ok(false), Err)
    }

    /// Waits until everything up to `sequence` is durable. In the modes that do not sync by
    /// themselves, [`sync_now`](Self::sync_now) makes it so.
    ///
    /// # Errors
    /// It is not, and the time is over or the session has ended.
    pub fn wait_durable(&mut self, sequence: Sequence, timeout: Duration) -> Result<(), WaitError> {
        self.block(Until::Durable(sequence), timeout, |session| {
            Ok(session.is_durable(sequence)?.then_some(()))
        })
    }

    /// Makes everything durable that was sequenced before the call, in every mode, and waits for
    /// it: at least every command that was answered. Returns the last sequence of it.
    ///
    /// # Errors
    /// The time is over, and it will be durable later; or the session has ended.
    pub fn sync_now(&mut self, timeout: Duration) -> Result<Sequence, WaitError> {
        let sequence = self.ask_sync()?;
        self.wait_durable(sequence, timeout)?;
        Ok(sequence)
    }

    /// Asks that everything that was sequenced before the call be made durable now, in every mode,
    /// and does not wait. Returns the last sequence of it.
    ///
    /// # Errors
    /// The session has ended.
    pub fn ask_sync(&self) -> Result<Sequence, SessionEnd> {
        let shared = self.common.context.shared;
        // What was answered is appended; that it is applied may be said a moment later.
        let sequence = shared.applied.get().max(shared.appended.get());
        if !self.is_durable(sequence)? {
            self.common.context.ask_sync(sequence);
        }
        Ok(sequence)
    }

    /// Waits until there is an event to [`poll`](Self::poll), or the end of a command.
    ///
    /// # Errors
    /// There is none, and the time is over, or there will be none.
    pub fn wait(&mut self, timeout: Duration) -> Result<(), WaitError> {
        self.block(Until::Event, timeout, |session| Ok(session.has_event()?.then_some(())))
    }

    /// Submits a command, waits for its answer and for every other event of the command that
    /// concerns the session, durable as the mode wants it, and returns the answer. All events that
    /// are handed over meanwhile go to `sink`, in order, the answer too.
    ///
    /// # Errors
    /// The command was not taken, or it was and some of its events are not there; `sink` was given
    /// those that are.
    pub fn call(
        &mut self,
        action: Action,
        timeout: Duration,
        sink: &mut impl EventSink,
    ) -> Result<Event, CallError> {
        let client_sequence = self.submit(action).map_err(CallError::Submit)?;
        self.answer_to(client_sequence, timeout, sink)
            .map_err(|error| CallError::Wait(client_sequence, error))
    }

    fn answer_to(
        &mut self,
        client_sequence: ClientSequence,
        timeout: Duration,
        sink: &mut impl EventSink,
    ) -> Result<Event, WaitError> {
        let session = self.id;
        let mut answer: Option<Event> = None;
        self.block(Until::Event, timeout, |handle| {
            // Read before the ring: what was delivered by then is there.
            let delivered = handle.common.delivery_counters.delivered();
            let is_lagging = handle.is_lagging();
            let is_whole = |answer: &Event| answer.sequence <= delivered;
            let mut finder = AnswerFinder { session, client_sequence, answer: &mut answer, sink };
            let polled = handle.poll(&mut finder);
            match (polled, answer.filter(is_whole)) {
                // The rest of the command may be among what was missed.
                (Ok(_), Some(_)) if is_lagging => Err(PollError::Lagging.into()),
                (Ok(_), whole) => Ok(whole),
                // Nothing more comes, and nothing more is to come.
                (Err(PollError::Ended(_)), Some(answer)) => Ok(Some(answer)),
                (Err(error), _) => Err(error.into()),
            }
        })
    }

    /// Whether there is an event to poll.
    ///
    /// # Errors
    /// There is none and there will be none.
    pub(super) fn has_event(&self) -> Result<bool, PollError> {
        if self.backlog.is_some() {
            return Err(PollError::Lagging);
        }
        let (is_lagging, end) = (self.slot.inbox.is_lagging(), self.common.end());
        if !self.slot.endpoint_of(self.generation)?.events.is_empty() {
            return Ok(true);
        }
        match end {
            Some(end) => Err(end.into()),
            None if is_lagging => Err(PollError::Lagging),
            None => Ok(false),
        }
    }

    /// Looks until there is something.
    fn block<T>(
        &mut self,
        until: Until,
        timeout: Duration,
        mut look: impl FnMut(&mut Self) -> Result<Option<T>, WaitError>,
    ) -> Result<T, WaitError> {
        let (platform, generation) = (self.common.platform, self.generation);
        let waiter = &self.slot.inbox.waiter;
        let found = waiter.block(platform, generation, until, timeout, || look(self))?;
        found.ok_or(WaitError::TimedOut)
    }
}

/// Looks for the answer to a command, and hands everything on.
struct AnswerFinder<'s, S> {
    session: SessionId,
    client_sequence: ClientSequence,
    answer: &'s mut Option<Event>,
    sink: &'s mut S,
}

impl<S: EventSink> EventSink for AnswerFinder<'_, S> {
    fn event(&mut self, event: &Event) {
        if event.session == self.session && event.answers() == Some(self.client_sequence) {
            self.answer.get_or_insert(*event);
        }
        self.sink.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.sink.end(end);
    }
}
