//! Fan-in and fan-out without threads: who is visited when, and what is delivered where.

use super::fan_in::{FanIn, Takes, VISIT_MAX};
use super::fan_out::FanOut;
use super::place::{COMMANDS_PER_PLACE, EVENTS_PER_PLACE, EngineSides, Place, Tallies};
use super::request::{Joined, Missed, Request};
use super::waiter::{Fenced, Until, Waiter};
use highwater::command::{Action, Command, TimedCommand};
use highwater::event::{Event, EventKind};
use highwater::ring::{Consumer, Ring};
use highwater::types::{ClientSequence, InstrumentId, OrderId, Sequence, SessionId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::task::{Wake, Waker};

/// Places and the engine's sides of them, the operator's first.
fn places(count: usize) -> (&'static [Place], Vec<EngineSides>) {
    let (places, sides): (Vec<Place>, Vec<EngineSides>) = (0..count).map(|_| Place::new()).unzip();
    (Box::leak(places.into_boxed_slice()), sides)
}

/// A fan-in over so many places, and what comes out of it.
fn fan_in(count: usize) -> (&'static [Place], FanIn, Consumer<'static, TimedCommand>) {
    let (places, sides) = places(count);
    let ring: &'static Ring<TimedCommand, 1_024> = Box::leak(Box::default());
    let (into, out) = ring.split().unwrap();
    let sides = sides.into_iter().map(|side| side.input).zip(places);
    (places, FanIn::new(sides, into), out)
}

/// Submits so many commands at a place, as many as it takes.
fn submit(place: &Place, session: u16, count: usize) -> usize {
    let mut desk = place.desk();
    let mut submitted = 0;
    while submitted < count {
        desk.last = ClientSequence(desk.last.0 + 1);
        let (session, client_sequence) = (SessionId(session), desk.last);
        let command = Command { session, client_sequence, action: Action::EndOfDay };
        if desk.input.push(TimedCommand { timestamp_ns: 0, command }).is_err() {
            desk.last = ClientSequence(desk.last.0 - 1);
            break;
        }
        submitted += 1;
    }
    submitted
}

#[test]
fn a_modest_session_waits_for_no_more_than_a_round() {
    let (places, mut fan_in, mut out) = fan_in(9);
    // Seven that always have more, and one that has a command now and then.
    for step in 0..200 {
        for greedy in &places[1..8] {
            submit(greedy, 1, COMMANDS_PER_PLACE);
        }
        assert_eq!(submit(&places[8], 8, 1), 1, "step {step}");
        let taken = fan_in.round(9, Takes::Readers, usize::MAX);
        assert_eq!(taken, 7 * VISIT_MAX + 1);
        let mut behind = 0;
        while let Some(timed) = out.pop() {
            behind += usize::from(timed.command.session == SessionId(8));
        }
        assert_eq!(behind, 1, "it was taken in the round that it came before");
    }
}

#[test]
fn whoever_a_full_ring_kept_out_is_next() {
    let (places, mut fan_in, mut out) = fan_in(33);
    let mut taken_of = [0_usize; 33];
    for _ in 0..330 {
        for (session, place) in (0..33).zip(places) {
            submit(place, session, COMMANDS_PER_PLACE);
        }
        // The engine's ring has room for half of them at a time.
        fan_in.round(33, Takes::Readers, usize::MAX);
        while let Some(timed) = out.pop() {
            taken_of[usize::from(timed.command.session.0)] += 1;
        }
    }
    let (fewest, most) = (taken_of.iter().min().unwrap(), taken_of.iter().max().unwrap());
    assert!(*fewest > 0 && most - fewest <= 11 * VISIT_MAX, "{taken_of:?}");
}

#[test]
fn nothing_is_taken_of_who_lags_but_of_the_operator_and_when_the_host_stops() {
    let (places, mut fan_in, mut out) = fan_in(2);
    submit(&places[0], 0, 1);
    submit(&places[1], 1, 1);
    places.iter().for_each(Place::mark_lagging);
    assert_eq!(fan_in.round(2, Takes::Readers, usize::MAX), 1);
    assert_eq!(out.pop().unwrap().command.session, SessionId::OPERATOR);
    assert!(!fan_in.is_empty());
    assert_eq!(fan_in.round(2, Takes::All, usize::MAX), 1);
    assert!(fan_in.is_empty());
}

/// A fan-out over places, whose events are read at their desks.
struct Out {
    places: &'static [Place],
    fan_out: FanOut,
}

impl Out {
    fn new(count: usize) -> Self {
        let (places, sides) = places(count);
        let sides = sides.into_iter().map(|side| side.events).zip(places);
        let tallies: &'static Tallies = Box::leak(Box::default());
        Self { places, fan_out: FanOut::new(sides, Sequence(0), tallies) }
    }

    fn join(&mut self, index: u16, generation: u64, session: u16, seen: Option<u64>) -> Joined {
        let (reply, answer) = sync_channel(1);
        let (session, seen) = (SessionId(session), seen.map(Sequence));
        self.fan_out.heed(Request::Join { index, generation, session, seen, reply });
        answer.recv().unwrap()
    }

    fn rejoin(&mut self, index: u16, generation: u64) -> Option<Joined> {
        let (reply, answer) = sync_channel(1);
        self.fan_out.heed(Request::Rejoin { index, generation, reply });
        answer.try_recv().ok()
    }

    /// Delivers an answer to a command of `session`, and returns it.
    fn deliver(&mut self, sequence: u64, session: u16, kind: EventKind) {
        let session = SessionId(session);
        let instrument = InstrumentId(0);
        let sequence = Sequence(sequence);
        self.fan_out.deliver(&Event { sequence, session, owner: session, instrument, kind });
    }

    fn read(&self, index: usize) -> Vec<u64> {
        let mut sequences = Vec::new();
        self.places[index].desk().events.for_each(EVENTS_PER_PLACE, |event| {
            sequences.push(event.sequence.0);
        });
        sequences
    }
}

const fn answer() -> EventKind {
    EventKind::DayEnded { client_sequence: ClientSequence(1) }
}

const fn follows() -> EventKind {
    EventKind::Triggered { order: OrderId(1) }
}

const fn duplicate() -> EventKind {
    let (client_sequence, last) = (ClientSequence(1), ClientSequence(1));
    EventKind::Duplicate { client_sequence, last }
}

#[test]
fn events_go_to_whom_they_concern_from_when_they_joined() {
    let mut out = Out::new(3);
    out.deliver(1, 7, answer());
    out.join(1, 1, 7, None);
    // The rest of a command that began before.
    out.deliver(1, 7, follows());
    out.deliver(2, 7, answer());
    out.deliver(3, 8, answer());
    out.deliver(3, 7, duplicate());
    assert_eq!(out.read(1), [2, 3]);
    // Another handle elsewhere takes the session over.
    out.join(2, 1, 7, None);
    out.deliver(4, 7, answer());
    assert_eq!((out.read(1), out.read(2)), (vec![], vec![4]));
    out.fan_out.heed(Request::Leave { index: 2, generation: 0 });
    out.deliver(5, 7, answer());
    out.fan_out.heed(Request::Leave { index: 2, generation: 1 });
    out.deliver(6, 7, answer());
    assert_eq!(out.read(2), [5], "only its own handle leaves");
}

#[test]
fn who_lags_is_told_where_it_stopped_and_keeps_what_no_log_holds() {
    let mut out = Out::new(2);
    out.join(1, 1, 7, None);
    let full = u64::try_from(EVENTS_PER_PLACE).unwrap();
    for sequence in 1..full {
        out.deliver(sequence, 7, answer());
    }
    // Two events of one command: the ring takes the first.
    out.deliver(full, 7, answer());
    assert!(!out.places[1].is_lagging());
    out.deliver(full, 7, follows());
    assert!(out.places[1].is_lagging());
    out.deliver(full, 7, duplicate());
    out.deliver(full + 1, 7, answer());
    assert!(out.rejoin(1, 2).is_none(), "another handle's request");
    let joined = out.rejoin(1, 1).unwrap();
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(full), delivered_count: 1 }));
    assert_eq!(joined.live_after, Sequence(full + 1));
    assert_eq!(joined.unlogged.len(), 1);
    assert!(!out.places[1].is_lagging());
    assert_eq!(out.read(1).len(), EVENTS_PER_PLACE);
    // The rest of what it reads from the log is not delivered too.
    out.deliver(full + 1, 7, follows());
    out.deliver(full + 2, 7, answer());
    assert_eq!(out.read(1), [full + 2]);
}

#[test]
fn who_comes_back_misses_what_came_since() {
    let mut out = Out::new(2);
    for sequence in 1..=5 {
        out.deliver(sequence, 7, answer());
    }
    let joined = out.join(1, 1, 7, Some(3));
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(4), delivered_count: 0 }));
    assert_eq!(joined.live_after, Sequence(5));
    assert_eq!(out.join(1, 2, 7, Some(5)).missed, None);
    assert_eq!(out.join(1, 3, 7, Some(9)).missed, None);
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_waiter_is_woken_once_for_what_it_waits_for() {
    let waiter = Waiter::new();
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let fenced = Fenced::new();
    waiter.register(2, Until::Durable(Sequence(5)), &waker);
    assert!(!waiter.wake_for_event(fenced));
    assert!(!waiter.wake_for_durable(Sequence(4), fenced));
    // An older handle neither takes its place nor takes it away.
    waiter.register(1, Until::Event, &waker);
    waiter.clear(1);
    assert!(waiter.wake_for_durable(Sequence(5), fenced));
    assert!(!waiter.wake_for_durable(Sequence(6), fenced));
    waiter.register(2, Until::Event, &waker);
    assert!(!waiter.wake_for_durable(Sequence(9), fenced));
    assert!(waiter.wake_for_event(fenced));
    waiter.register(2, Until::Event, &waker);
    waiter.clear(2);
    assert!(!waiter.wake() && !waiter.is_waiting());
    assert_eq!(count.0.load(Ordering::Relaxed), 2);
}
