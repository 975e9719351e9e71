//! The fan-out: delivers released events to the sessions that they concern, and wakes the callers
//! whose wait is over.
//!
//! It waits for nobody. A session whose ring is full is marked lagging where it stands: nothing
//! more is delivered to it until it asks to be taken up again, and what it missed until then it
//! reads from the log. Answers that the log does not hold are kept for it.

use super::request::{Joined, Missed, Request};
use super::slot::{DeliveryCounters, Slot};
use super::waiter::Fenced;
use arrayvec::ArrayVec;
use highwater::event::{CommandEnd, Event, EventOrEnd};
use highwater::ring::Producer;
use highwater::types::{Sequence, SessionId};
use std::sync::atomic::Ordering;

/// The release thread's side of all slots.
#[derive(Debug)]
pub(super) struct FanOut {
    streams: Vec<Stream>,
    /// The stream of each session, by its number.
    routes: Vec<Option<u16>>,
    /// The sequence of the last event.
    passed: Sequence,
    /// Streams that were given an event of the last command, where it has not ended.
    in_command: Vec<u16>,
    /// What was durable when callers were last woken.
    durable: Sequence,
    /// Streams that were given an event, or marked lagging, since callers were last woken.
    touched: Vec<u16>,
    /// Streams whose callers were woken before their last command was delivered whole: who waits
    /// for that is woken once more.
    unfinished: Vec<u16>,
    delivery_counters: &'static DeliveryCounters,
}

/// What an event follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// A record: replay gives the event again.
    Record,
    /// A command that was not executed, and is not in the log.
    NoRecord,
}

/// What is delivered to one slot.
#[derive(Debug)]
struct Stream {
    slot: &'static Slot,
    events: Producer<'static, EventOrEnd>,
    generation: u64,
    session: Option<SessionId>,
    /// Events of commands up to this one are not delivered: they came before the session, or it
    /// reads them from the log.
    live_after: Sequence,
    /// The last command of which an event was delivered, and how many of it.
    delivered: Missed,
    missed: Option<Missed>,
    unlogged: Vec<Event>,
    is_touched: bool,
    /// The command of the last event that was delivered.
    last: Sequence,
}

impl FanOut {
    /// Delivers to the slots of these rings what comes behind `recovered`.
    pub(super) fn new(
        sides: impl IntoIterator<Item = (Producer<'static, EventOrEnd>, &'static Slot)>,
        recovered: Sequence,
        delivery_counters: &'static DeliveryCounters,
    ) -> Self {
        let streams: Vec<Stream> =
            sides.into_iter().map(|(events, slot)| Stream::new(slot, events)).collect();
        Self {
            touched: Vec::with_capacity(streams.len()),
            unfinished: Vec::with_capacity(streams.len()),
            in_command: Vec::with_capacity(streams.len()),
            streams,
            routes: vec![None; usize::from(u16::MAX) + 1],
            passed: recovered,
            durable: recovered,
            delivery_counters,
        }
    }

    /// Does what a handle asks for.
    pub(super) fn handle(&mut self, request: Request) {
        match request {
            Request::Join { index, generation, session, seen, reply } => {
                self.leave(index);
                self.routes[usize::from(session.0)] = Some(index);
                let passed = self.passed;
                let stream = &mut self.streams[usize::from(index)];
                stream.generation = generation;
                stream.session = Some(session);
                stream.missed = seen
                    .filter(|seen| *seen < passed)
                    .map(|seen| Missed { sequence: seen.next(), delivered_count: 0 });
                // Who is gone again is found superseded or dropped.
                let _gone = reply.try_send(stream.take_up(passed));
            }
            Request::Rejoin { index, generation, reply } => {
                let passed = self.passed;
                let stream = &mut self.streams[usize::from(index)];
                if stream.generation == generation {
                    let _gone = reply.try_send(stream.take_up(passed));
                }
            }
            Request::Leave { index, generation } => {
                if self.streams[usize::from(index)].generation == generation {
                    self.leave(index);
                }
            }
        }
        self.tally();
    }

    /// Delivers a released event to the sessions that it concerns. Events come in order.
    pub(super) fn deliver(&mut self, event: &Event) {
        // A command has one answer, its first event; a second one follows from no record.
        let source = if event.answers().is_none() || event.sequence > self.passed {
            Source::Record
        } else {
            Source::NoRecord
        };
        if event.sequence > self.passed {
            self.in_command.clear();
        }
        self.passed = event.sequence;
        for session in concerned(event) {
            let Some(index) = self.routes[usize::from(session.0)] else {
                continue;
            };
            let stream = &mut self.streams[usize::from(index)];
            let was_lagging = stream.missed.is_some();
            let is_first = stream.delivered.sequence != event.sequence;
            if stream.deliver(event, source) && !stream.is_touched {
                stream.is_touched = true;
                self.touched.push(index);
            }
            if is_first && stream.delivered.sequence == event.sequence {
                self.in_command.push(index);
            }
            if was_lagging != stream.missed.is_some() {
                self.tally();
            }
        }
    }

    /// Delivers the end of a command to the sessions that were given an event of it.
    pub(super) fn end(&mut self, end: CommandEnd) {
        let mut is_lagging = false;
        for index in self.in_command.drain(..) {
            let stream = &mut self.streams[usize::from(index)];
            if stream.end(end) && !stream.is_touched {
                stream.is_touched = true;
                self.touched.push(index);
            }
            is_lagging |= stream.missed.is_some();
        }
        if is_lagging {
            self.tally();
        }
    }

    /// Wakes the callers whose wait is over: there is an event for them, or what they wait for is
    /// durable. Everything up to `released` has been delivered; who waits for a whole command waits
    /// for that, too.
    pub(super) fn wake(&mut self, released: Sequence, durable: Sequence, slot_count: usize) {
        self.delivery_counters.released.store(released.0, Ordering::Release);
        let has_risen = durable > self.durable;
        if self.touched.is_empty() && self.unfinished.is_empty() && !has_risen {
            return;
        }
        let fenced = Fenced::new();
        let mut woken = 0;
        let streams = &mut self.streams;
        self.unfinished.retain(|index| {
            let stream = &streams[usize::from(*index)];
            let is_finished = stream.last <= released;
            if is_finished {
                woken += u64::from(stream.slot.waiter.wake_for_event(fenced));
            }
            !is_finished
        });
        for index in self.touched.drain(..) {
            let stream = &mut streams[usize::from(index)];
            stream.is_touched = false;
            woken += u64::from(stream.slot.waiter.wake_for_event(fenced));
            // Few are: those that a command concerns of which nobody knows yet whether it is whole.
            if stream.last > released && !self.unfinished.contains(&index) {
                self.unfinished.push(index);
            }
        }
        if has_risen {
            self.durable = durable;
            for stream in &self.streams[..slot_count] {
                woken += u64::from(stream.slot.waiter.wake_for_durable(durable, fenced));
            }
        }
        self.delivery_counters.wake_count.fetch_add(woken, Ordering::Relaxed);
    }

    /// Nothing is delivered to this slot any more.
    fn leave(&mut self, index: u16) {
        let stream = &mut self.streams[usize::from(index)];
        if let Some(session) = stream.session.take() {
            let route = &mut self.routes[usize::from(session.0)];
            if *route == Some(index) {
                *route = None;
            }
        }
        stream.missed = None;
        stream.unlogged.clear();
        // What it had submitted is taken now: nobody can fall behind any more.
        stream.slot.mark_live();
    }

    fn tally(&self) {
        let lagging_count = self.streams.iter().filter(|stream| stream.missed.is_some()).count();
        self.delivery_counters.lagging_count.store(lagging_count as u64, Ordering::Relaxed);
    }
}

impl Stream {
    const fn new(slot: &'static Slot, events: Producer<'static, EventOrEnd>) -> Self {
        let nothing = Missed { sequence: Sequence(0), delivered_count: 0 };
        Self {
            slot,
            events,
            generation: 0,
            session: None,
            live_after: Sequence(0),
            delivered: nothing,
            missed: None,
            unlogged: Vec::new(),
            is_touched: false,
            last: Sequence(0),
        }
    }

    /// Delivers an event, or notes that it is missed; tells whether the caller may want to know.
    fn deliver(&mut self, event: &Event, source: Source) -> bool {
        if source == Source::Record && event.sequence <= self.live_after {
            return false;
        }
        if self.missed.is_some() {
            self.keep(event, source);
            return false;
        }
        if self.events.push_copy(&EventOrEnd::Event(*event)) {
            self.count(event.sequence, source);
            self.last = event.sequence;
            return true;
        }
        self.missed = Some(self.missed_from(event.sequence));
        self.slot.mark_lagging();
        self.keep(event, source);
        true
    }

    /// Delivers the end of a command all of whose events were, or notes that it is missed; tells
    /// whether the caller may want to know.
    fn end(&mut self, end: CommandEnd) -> bool {
        let is_due = self.session.is_some()
            && self.missed.is_none()
            && self.delivered.sequence == end.sequence
            && end.sequence > self.live_after;
        if is_due && !self.events.push_copy(&EventOrEnd::End(end)) {
            self.missed = Some(self.missed_from(end.sequence));
            self.slot.mark_lagging();
        }
        is_due
    }

    /// Keeps a missed event that nothing else does.
    fn keep(&mut self, event: &Event, source: Source) {
        match source {
            Source::Record => {}
            Source::NoRecord => self.unlogged.push(*event),
        }
    }

    /// Counts a delivered event, if it will be counted in a replay too.
    fn count(&mut self, sequence: Sequence, source: Source) {
        match source {
            Source::Record if self.delivered.sequence == sequence => {
                self.delivered.delivered_count += 1;
            }
            Source::Record => self.delivered = Missed { sequence, delivered_count: 1 },
            Source::NoRecord => {}
        }
    }

    /// Where events stop when one of this command is the first that is not delivered.
    fn missed_from(&self, sequence: Sequence) -> Missed {
        if sequence <= self.live_after {
            // Only what no record holds is missed of it.
            Missed { sequence: self.live_after.next(), delivered_count: 0 }
        } else if self.delivered.sequence == sequence {
            self.delivered
        } else {
            Missed { sequence, delivered_count: 0 }
        }
    }

    /// Goes on delivering behind `passed`.
    fn take_up(&mut self, passed: Sequence) -> Joined {
        self.live_after = self.live_after.max(passed);
        self.slot.mark_live();
        Joined {
            live_after: self.live_after,
            published: self.events.published(),
            missed: self.missed.take(),
            unlogged: std::mem::take(&mut self.unlogged),
        }
    }
}

/// The sessions that an event concerns, each once: whose command caused it, whose order it is
/// about, and whose orders traded.
pub(super) fn concerned(event: &Event) -> ArrayVec<SessionId, 3> {
    let mut sessions = ArrayVec::new();
    let counterparty = event.kind.counterparty().unwrap_or(event.session);
    for session in [event.session, event.owner, counterparty] {
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    sessions
}
