//! Fan-in and fan-out without threads: who is visited when, and what is delivered where.

mod readers;

use super::audience::OpenOrders;
use super::fan_in::{FanIn, Takes, VISIT_MAX};
use super::fan_out::{Beginning, FanOut};
use super::request::{Interest, Joined, Missed, Request};
use super::slot::{COMMANDS_PER_SLOT, DeliveryCounters, EVENTS_PER_SLOT, EngineSides, Slot};
use super::tap_side::TapSide;
use super::waiter::{Fenced, Until, Waiter};
use highwater::command::{Action, Command, TimedCommand};
use highwater::event::{CommandEnd, Event, EventKind, EventOrEnd};
use highwater::ring::{Consumer, Ring};
use highwater::types::{ClientSequence, InstrumentId, OrderId, Sequence, SessionId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::task::{Wake, Waker};

/// Slots and the engine's sides of them, the operator's first.
fn slots(count: usize) -> (&'static [Slot], Vec<EngineSides>) {
    let (slots, sides): (Vec<Slot>, Vec<EngineSides>) = (0..count).map(|_| Slot::new()).unzip();
    (Box::leak(slots.into_boxed_slice()), sides)
}

/// A fan-in over so many slots, and what comes out of it.
fn fan_in(count: usize) -> (&'static [Slot], FanIn, Consumer<'static, TimedCommand>) {
    let (slots, sides) = slots(count);
    let ring: &'static Ring<TimedCommand, 1_024> = Box::leak(Box::default());
    let (into, out) = ring.split().unwrap();
    let sides = sides.into_iter().map(|side| side.input).zip(slots);
    (slots, FanIn::new(sides, None, into), out)
}

/// Submits so many commands at a slot, as many as it takes.
fn submit(slot: &Slot, session: u16, count: usize) -> usize {
    let mut endpoint = slot.endpoint();
    let mut submitted = 0;
    while submitted < count {
        endpoint.last = ClientSequence(endpoint.last.0 + 1);
        let (session, client_sequence) = (SessionId(session), endpoint.last);
        let command = Command { session, client_sequence, action: Action::EndOfDay };
        if endpoint.input.push(TimedCommand { timestamp_ns: 0, command }).is_err() {
            endpoint.last = ClientSequence(endpoint.last.0 - 1);
            break;
        }
        submitted += 1;
    }
    submitted
}

#[test]
fn a_modest_session_waits_for_no_more_than_a_round() {
    let (slots, mut fan_in, mut out) = fan_in(9);
    // Seven that always have more, and one that has a command now and then.
    for step in 0..200 {
        for greedy in &slots[1..8] {
            submit(greedy, 1, COMMANDS_PER_SLOT);
        }
        assert_eq!(submit(&slots[8], 8, 1), 1, "step {step}");
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
    let (slots, mut fan_in, mut out) = fan_in(33);
    let mut taken_of = [0_usize; 33];
    for _ in 0..330 {
        for (session, slot) in (0..33).zip(slots) {
            submit(slot, session, COMMANDS_PER_SLOT);
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
    let (slots, mut fan_in, mut out) = fan_in(2);
    submit(&slots[0], 0, 1);
    submit(&slots[1], 1, 1);
    for slot in slots {
        slot.inbox.mark_lagging();
    }
    assert_eq!(fan_in.round(2, Takes::Readers, usize::MAX), 1);
    assert_eq!(out.pop().unwrap().command.session, SessionId::OPERATOR);
    assert!(!fan_in.is_empty());
    assert_eq!(fan_in.round(2, Takes::All, usize::MAX), 1);
    assert!(fan_in.is_empty());
}

/// A fan-out over slots, whose events are read at their desks.
struct Harness {
    slots: &'static [Slot],
    /// One tap, behind the slots.
    tap: TapSide,
    fan_out: FanOut,
}

impl Harness {
    /// Sessions are told the ends of commands.
    fn new(count: usize) -> Self {
        let mut harness = Self::without_ends(count);
        harness.fan_out.tells_ends = true;
        harness
    }

    /// Only the tap is.
    fn without_ends(count: usize) -> Self {
        let (slots, sides) = slots(count);
        let sides = sides.into_iter().map(|side| side.events);
        let (tap, tapped) = TapSide::new(u16::try_from(count).unwrap());
        let beginning = Beginning {
            slots: sides.zip(slots.iter().map(|slot| &slot.inbox)).collect(),
            taps: vec![tapped],
            tells_ends: false,
            recovered: Sequence(0),
            open_orders: OpenOrders::default(),
        };
        let delivery_counters: &'static DeliveryCounters = Box::leak(Box::default());
        Self { slots, tap, fan_out: FanOut::new(beginning, delivery_counters) }
    }

    /// Reads the tap from behind `seen` on.
    fn join_tap(&mut self, seen: Option<u64>) -> Joined {
        let (reply, answer) = sync_channel(1);
        let index = u16::try_from(self.slots.len()).unwrap();
        self.fan_out.handle(Request::Tap { index, seen: seen.map(Sequence), reply });
        answer.recv().unwrap()
    }

    fn follow(&mut self, index: u16, generation: u64, interest: Interest) -> Option<Sequence> {
        let (reply, answer) = sync_channel(1);
        let instrument = InstrumentId(0);
        let request = Request::Follow { index, generation, instrument, interest, reply };
        self.fan_out.handle(request);
        answer.try_recv().ok()
    }

    fn join(&mut self, index: u16, generation: u64, session: u16, seen: Option<u64>) -> Joined {
        let (reply, answer) = sync_channel(1);
        let (session, seen) = (SessionId(session), seen.map(Sequence));
        self.fan_out.handle(Request::Join { index, generation, session, seen, reply });
        answer.recv().unwrap()
    }

    fn rejoin(&mut self, index: u16, generation: u64) -> Option<Joined> {
        let (reply, answer) = sync_channel(1);
        self.fan_out.handle(Request::Rejoin { index, generation, reply });
        answer.try_recv().ok()
    }

    /// Delivers an event of a command of `session`, in the first instrument.
    fn deliver(&mut self, sequence: u64, session: u16, kind: EventKind) {
        self.deliver_at(sequence, session, 0, kind);
    }

    /// The same in another instrument.
    fn deliver_at(&mut self, sequence: u64, session: u16, instrument: u32, kind: EventKind) {
        let (sequence, session) = (Sequence(sequence), SessionId(session));
        let instrument = InstrumentId(instrument);
        self.fan_out.deliver(&Event { sequence, session, owner: session, instrument, kind });
    }

    /// Ends a command.
    fn end(&mut self, sequence: u64) {
        self.fan_out.end(end_of(sequence));
    }

    /// The ends in the ring of a slot, whose events are passed over.
    fn read_ends(&self, index: usize) -> Vec<CommandEnd> {
        let mut ends = Vec::new();
        self.slots[index].endpoint().events.for_each(EVENTS_PER_SLOT, |told| {
            if let EventOrEnd::End(end) = told {
                ends.push(*end);
            }
        });
        ends
    }

    fn read(&self, index: usize) -> Vec<u64> {
        let mut sequences = Vec::new();
        self.slots[index].endpoint().events.for_each(EVENTS_PER_SLOT, |event| {
            sequences.push(event.sequence().0);
        });
        sequences
    }
}

const fn end_of(sequence: u64) -> CommandEnd {
    CommandEnd { sequence: Sequence(sequence), timestamp_ns: 1_000 + sequence }
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
    let mut out = Harness::new(3);
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
    out.fan_out.handle(Request::Leave { index: 2, generation: 0 });
    out.deliver(5, 7, answer());
    out.fan_out.handle(Request::Leave { index: 2, generation: 1 });
    out.deliver(6, 7, answer());
    assert_eq!(out.read(2), [5], "only its own handle leaves");
}

#[test]
fn who_lags_is_told_where_it_stopped_and_keeps_what_no_log_holds() {
    let mut out = Harness::new(2);
    out.join(1, 1, 7, None);
    let full = u64::try_from(EVENTS_PER_SLOT).unwrap();
    for sequence in 1..full {
        out.deliver(sequence, 7, answer());
    }
    // Two events of one command: the ring takes the first.
    out.deliver(full, 7, answer());
    assert!(!out.slots[1].inbox.is_lagging());
    out.deliver(full, 7, follows());
    assert!(out.slots[1].inbox.is_lagging());
    out.deliver(full, 7, duplicate());
    out.deliver(full + 1, 7, answer());
    assert!(out.rejoin(1, 2).is_none(), "another handle's request");
    let joined = out.rejoin(1, 1).unwrap();
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(full), event_index: 1 }));
    assert_eq!(joined.live_after, Sequence(full + 1));
    assert_eq!(joined.unlogged.len(), 1);
    assert!(!out.slots[1].inbox.is_lagging());
    assert_eq!(out.read(1).len(), EVENTS_PER_SLOT);
    // The rest of what it reads from the log is not delivered too.
    out.deliver(full + 1, 7, follows());
    out.deliver(full + 2, 7, answer());
    assert_eq!(out.read(1), [full + 2]);
}

#[test]
fn the_end_of_a_command_goes_to_whom_it_concerned() {
    let mut out = Harness::new(3);
    out.join(1, 1, 7, None);
    out.join(2, 1, 8, None);
    out.deliver(1, 7, answer());
    out.deliver(1, 7, follows());
    out.end(1);
    // An answer without a record has no end, and the next command has its own.
    out.deliver(1, 7, duplicate());
    out.deliver(2, 8, answer());
    out.end(2);
    out.deliver(3, 7, answer());
    // A new handle of the session has not been given the events before the end.
    out.join(1, 2, 7, None);
    out.end(3);
    out.deliver(4, 7, answer());
    out.end(4);
    assert_eq!(out.read_ends(1), [end_of(1), end_of(4)]);
    assert_eq!(out.read_ends(2), [end_of(2)]);
}

#[test]
fn who_has_no_room_for_an_end_reads_it_from_the_log() {
    let mut out = Harness::new(2);
    out.join(1, 1, 7, None);
    let full = u64::try_from(EVENTS_PER_SLOT).unwrap();
    for sequence in 1..=full {
        out.deliver(sequence, 7, answer());
    }
    assert!(!out.slots[1].inbox.is_lagging());
    out.end(full);
    assert!(out.slots[1].inbox.is_lagging());
    let joined = out.rejoin(1, 1).unwrap();
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(full), event_index: 1 }));
}

#[test]
fn who_comes_back_misses_what_came_since() {
    let mut out = Harness::new(2);
    for sequence in 1..=5 {
        out.deliver(sequence, 7, answer());
    }
    let joined = out.join(1, 1, 7, Some(3));
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(4), event_index: 0 }));
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
    // An older handle neither takes its slot nor takes it away.
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

#[test]
fn who_waits_for_a_whole_command_is_woken_when_it_is() {
    let mut out = Harness::new(2);
    out.join(1, 1, 7, None);
    let count = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&count));
    let woken = || count.0.load(Ordering::Relaxed);
    let waiter = &out.slots[1].inbox.waiter;
    waiter.register(1, Until::Event, &waker);
    out.deliver(3, 7, answer());
    // There is more of the command, or nobody knows yet that there is not.
    out.fan_out.wake(Sequence(2), Sequence(3), 2);
    assert_eq!(woken(), 1);
    waiter.register(1, Until::Event, &waker);
    out.fan_out.wake(Sequence(2), Sequence(3), 2);
    assert_eq!(woken(), 1, "nothing is new");
    out.fan_out.wake(Sequence(3), Sequence(3), 2);
    assert_eq!(woken(), 2, "no event is new, but the command is whole");
    waiter.register(1, Until::Event, &waker);
    out.fan_out.wake(Sequence(9), Sequence(9), 2);
    assert_eq!(woken(), 2);
}
