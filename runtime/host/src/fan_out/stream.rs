//! A stream: what is delivered to the reader of one ring, or noted as missed.

use super::super::audience::{OpenOrders, concerns};
use super::super::inbox::Inbox;
use super::super::request::{Joined, Missed};
use highwater::event::{CommandEnd, Event, EventOrEnd};
use highwater::ring::Producer;
use highwater::types::{InstrumentId, Sequence, SessionId};
use std::collections::BTreeSet;

/// What an event follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A record: replay gives the event again. It is the one with this number, from 0, of the
    /// events of its command.
    Record(u64),
    /// A command that was not executed, and is not in the log.
    NoRecord,
}

/// What is delivered to the reader of one ring.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) inbox: &'static Inbox,
    events: Producer<'static, EventOrEnd>,
    pub(super) generation: u64,
    /// Whose events; `None` for a tap, and while nobody reads.
    pub(super) session: Option<SessionId>,
    /// Instruments whose state the session wants to know whether or not it has orders there.
    pub(super) follows: BTreeSet<InstrumentId>,
    /// Events of commands up to this one are not delivered: they came before the reader, or it
    /// reads them from the log.
    live_after: Sequence,
    /// The last command of which an event was delivered that follows from its record.
    pub(super) delivered: Sequence,
    pub(super) missed: Option<Missed>,
    unlogged: Vec<Event>,
    pub(super) is_touched: bool,
    /// The command of the last event that was delivered.
    pub(super) last: Sequence,
}

impl Stream {
    pub(super) const fn new(inbox: &'static Inbox, events: Producer<'static, EventOrEnd>) -> Self {
        Self {
            inbox,
            events,
            generation: 0,
            session: None,
            follows: BTreeSet::new(),
            live_after: Sequence(0),
            delivered: Sequence(0),
            missed: None,
            unlogged: Vec::new(),
            is_touched: false,
            last: Sequence(0),
        }
    }

    /// Begins anew for a reader that has seen everything up to `seen`, or wants nothing of before.
    pub(super) fn begin(&mut self, passed: Sequence, seen: Option<Sequence>) -> Joined {
        self.missed = seen
            .filter(|seen| *seen < passed)
            .map(|seen| Missed { sequence: seen.next(), event_index: 0 });
        self.take_up(passed)
    }

    /// Nobody reads any more.
    pub(super) fn clear(&mut self) {
        self.session = None;
        self.follows.clear();
        self.missed = None;
        self.unlogged.clear();
        // What it had submitted is taken now: nobody can fall behind any more.
        self.inbox.mark_live();
    }

    /// Whether it is a session's that wants to be told how an instrument trades.
    pub(super) fn wants_state(&self, event: &Event, open_orders: &OpenOrders) -> bool {
        self.session.is_some_and(|session| concerns(event, session, &self.follows, open_orders))
    }

    /// Delivers an event, or notes that it is missed; tells whether the reader may want to know.
    pub(super) fn deliver(&mut self, event: &Event, source: Source) -> bool {
        let sequence = event.sequence;
        let here = match source {
            Source::Record(_) if sequence <= self.live_after => return false,
            Source::Record(event_index) => Missed { sequence, event_index },
            // Behind all events of the command before, or of those that are read from the log.
            Source::NoRecord => {
                Missed { sequence: sequence.max(self.live_after).next(), event_index: 0 }
            }
        };
        if self.missed.is_some() {
            self.keep(event, source);
            return false;
        }
        if self.events.push_copy(&EventOrEnd::Event(*event)) {
            if source != Source::NoRecord {
                self.delivered = sequence;
            }
            self.last = sequence;
            return true;
        }
        self.miss(here);
        self.keep(event, source);
        true
    }

    /// Delivers the end of a command of which events were delivered, or notes that it is missed;
    /// tells whether the reader may want to know. `event_count` events came before it.
    pub(super) fn end(&mut self, end: CommandEnd, event_count: u64) -> bool {
        let is_due = self.missed.is_none()
            && self.delivered == end.sequence
            && end.sequence > self.live_after;
        if is_due && !self.events.push_copy(&EventOrEnd::End(end)) {
            self.miss(Missed { sequence: end.sequence, event_index: event_count });
        }
        is_due
    }

    /// Notes where events stop.
    fn miss(&mut self, here: Missed) {
        self.missed = Some(here);
        self.inbox.mark_lagging();
    }

    /// Keeps a missed event that nothing else does.
    fn keep(&mut self, event: &Event, source: Source) {
        match source {
            Source::Record(_) => {}
            Source::NoRecord => self.unlogged.push(*event),
        }
    }

    /// Goes on delivering behind `passed`.
    pub(super) fn take_up(&mut self, passed: Sequence) -> Joined {
        self.live_after = self.live_after.max(passed);
        self.inbox.mark_live();
        Joined {
            live_after: self.live_after,
            published: self.events.published(),
            missed: self.missed.take(),
            unlogged: std::mem::take(&mut self.unlogged),
        }
    }
}
