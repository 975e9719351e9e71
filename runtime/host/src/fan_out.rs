//! The fan-out: delivers released events to the sessions that they concern and to the taps, and
//! wakes the callers whose wait is over.
//!
//! It waits for nobody. A reader whose ring is full is marked lagging where it stands: nothing
//! more is delivered to it until it asks to be taken up again, and what it missed until then it
//! reads from the log. Answers that the log does not hold are kept for a session.

mod stream;

use super::audience::{OpenOrders, changed_state, concerned};
use super::request::{Interest, Request};
use super::slot::{DeliveryCounters, EventSide};
use super::waiter::Fenced;
use highwater::event::{CommandEnd, Event};
use highwater::types::{Sequence, SessionId};
use std::sync::atomic::Ordering;
use stream::{Source, Stream};

/// The release thread's side of all slots and taps.
#[derive(Debug)]
pub(super) struct FanOut {
    /// Those of the slots, then those of taps.
    streams: Vec<Stream>,
    slot_count: usize,
    /// The stream of each session, by its number.
    routes: Vec<Option<u16>>,
    /// The streams of taps that are read.
    taps: Vec<u16>,
    /// Whether sessions are told the ends of commands; taps are whenever there are ends.
    pub(super) tells_ends: bool,
    open_orders: OpenOrders,
    /// The sequence of the last event.
    passed: Sequence,
    /// How many events of that command came that follow from its record.
    event_count: u64,
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

/// What a fan-out begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    /// The sides of the slots, the operator's first.
    pub(super) slots: Vec<EventSide>,
    /// The sides of taps.
    pub(super) taps: Vec<EventSide>,
    /// Whether sessions are told the ends of commands.
    pub(super) tells_ends: bool,
    /// The last sequence that was recovered.
    pub(super) recovered: Sequence,
    /// What is open then.
    pub(super) open_orders: OpenOrders,
}

impl FanOut {
    /// Delivers what comes behind the recovered sequence.
    pub(super) fn new(beginning: Beginning, delivery_counters: &'static DeliveryCounters) -> Self {
        let Beginning { slots, taps, tells_ends, recovered, open_orders } = beginning;
        let slot_count = slots.len();
        let streams: Vec<Stream> = slots
            .into_iter()
            .chain(taps)
            .map(|(events, inbox)| Stream::new(inbox, events))
            .collect();
        Self {
            touched: Vec::with_capacity(streams.len()),
            unfinished: Vec::with_capacity(streams.len()),
            in_command: Vec::with_capacity(streams.len()),
            taps: Vec::with_capacity(streams.len() - slot_count),
            streams,
            slot_count,
            routes: vec![None; usize::from(u16::MAX) + 1],
            tells_ends,
            open_orders,
            passed: recovered,
            event_count: 0,
            durable: recovered,
            delivery_counters,
        }
    }

    /// Does what a handle asks for.
    pub(super) fn handle(&mut self, request: Request) {
        let passed = self.passed;
        // Who is gone again is found superseded or dropped.
        match request {
            Request::Join { index, generation, session, seen, reply } => {
                self.leave(index);
                self.routes[usize::from(session.0)] = Some(index);
                let stream = self.stream(index);
                stream.generation = generation;
                stream.session = Some(session);
                let _gone = reply.try_send(stream.begin(passed, seen));
            }
            Request::Tap { index, seen, reply } => {
                self.leave(index);
                self.taps.push(index);
                let _gone = reply.try_send(self.stream(index).begin(passed, seen));
            }
            Request::Follow { index, generation, instrument, interest, reply } => {
                let stream = self.stream(index);
                if stream.generation == generation {
                    match interest {
                        Interest::Follows => stream.follows.insert(instrument),
                        Interest::Ignores => stream.follows.remove(&instrument),
                    };
                    let _gone = reply.try_send(passed);
                }
            }
            Request::Rejoin { index, generation, reply } => {
                let stream = self.stream(index);
                if stream.generation == generation {
                    let _gone = reply.try_send(stream.take_up(passed));
                }
            }
            Request::Leave { index, generation } => {
                if self.stream(index).generation == generation {
                    self.leave(index);
                }
            }
        }
        self.tally();
    }

    /// Delivers a released event to the sessions that it concerns, and to the taps unless no record
    /// holds it. Events come in order.
    pub(super) fn deliver(&mut self, event: &Event) {
        let is_next = event.sequence > self.passed;
        if is_next {
            self.in_command.clear();
            self.event_count = 0;
        }
        self.passed = event.sequence;
        // A command has one answer, its first event; a second one follows from no record.
        let source = if event.answers().is_none() || is_next {
            Source::Record(self.event_count)
        } else {
            Source::NoRecord
        };
        for session in concerned(event) {
            if let Some(index) = self.routes[usize::from(session.0)] {
                self.give(index, event, source);
            }
        }
        if changed_state(event).is_some() {
            self.give_state(event, source);
        }
        if source != Source::NoRecord {
            self.event_count += 1;
            self.open_orders.event(event);
            for at in 0..self.taps.len() {
                self.give(self.taps[at], event, source);
            }
        }
    }

    /// Delivers how an instrument trades to those that it matters to and that do not have it yet.
    fn give_state(&mut self, event: &Event, source: Source) {
        let has_it = concerned(event);
        for index in 0..self.slot_count {
            let stream = &self.streams[index];
            let is_new =
                stream.session.is_some_and(|session: SessionId| !has_it.contains(&session));
            if is_new && stream.wants_state(event, &self.open_orders) {
                self.give(u16::try_from(index).expect("slots have numbers"), event, source);
            }
        }
    }

    /// Delivers an event to one stream.
    fn give(&mut self, index: u16, event: &Event, source: Source) {
        let stream = &mut self.streams[usize::from(index)];
        let was_lagging = stream.missed.is_some();
        let is_first = stream.delivered != event.sequence;
        if stream.deliver(event, source) && !stream.is_touched {
            stream.is_touched = true;
            self.touched.push(index);
        }
        if is_first && stream.delivered == event.sequence {
            self.in_command.push(index);
        }
        if was_lagging != stream.missed.is_some() {
            self.tally();
        }
    }

    /// Delivers the end of a command to the readers that were given an event of it.
    pub(super) fn end(&mut self, end: CommandEnd) {
        let mut is_lagging = false;
        for index in self.in_command.drain(..) {
            if !self.tells_ends && usize::from(index) < self.slot_count {
                continue;
            }
            let stream = &mut self.streams[usize::from(index)];
            if stream.end(end, self.event_count) && !stream.is_touched {
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
                woken += u64::from(stream.inbox.waiter.wake_for_event(fenced));
            }
            !is_finished
        });
        for index in self.touched.drain(..) {
            let stream = &mut streams[usize::from(index)];
            stream.is_touched = false;
            woken += u64::from(stream.inbox.waiter.wake_for_event(fenced));
            // Few are: those that a command concerns of which nobody knows yet whether it is whole.
            if stream.last > released && !self.unfinished.contains(&index) {
                self.unfinished.push(index);
            }
        }
        if has_risen {
            self.durable = durable;
            for stream in &self.streams[..slot_count] {
                woken += u64::from(stream.inbox.waiter.wake_for_durable(durable, fenced));
            }
        }
        self.delivery_counters.wake_count.fetch_add(woken, Ordering::Relaxed);
    }

    /// Nothing is delivered to this stream any more.
    fn leave(&mut self, index: u16) {
        if let Some(session) = self.stream(index).session {
            let route = &mut self.routes[usize::from(session.0)];
            if *route == Some(index) {
                *route = None;
            }
        }
        self.taps.retain(|tap| *tap != index);
        self.in_command.retain(|given| *given != index);
        self.stream(index).clear();
    }

    fn stream(&mut self, index: u16) -> &mut Stream {
        &mut self.streams[usize::from(index)]
    }

    fn tally(&self) {
        let lagging_count = self.streams.iter().filter(|stream| stream.missed.is_some()).count();
        self.delivery_counters.lagging_count.store(lagging_count as u64, Ordering::Relaxed);
    }
}
