//! Taps, and sessions that follow instruments: what the fan-out delivers to them.

use super::{Harness, answer, duplicate, end_of, follows};
use crate::request::{Interest, Missed, Request};
use crate::tap_side::EVENTS_PER_TAP;
use highwater::event::{CommandEnd, Event, EventKind, EventSink};
use highwater::types::{ClientSequence, Lots, OrderId, Phase, Quantity, Sequence, Side, Ticks};

/// The sequences of events, and those of ends below 0.
#[derive(Default)]
struct Tapped(Vec<i64>);

impl EventSink for Tapped {
    fn event(&mut self, event: &Event) {
        self.0.push(event.sequence.0.cast_signed());
    }

    fn end(&mut self, end: CommandEnd) {
        assert_eq!(end, end_of(end.sequence.0));
        self.0.push(-end.sequence.0.cast_signed());
    }
}

/// What is in the tap's ring.
fn read_tap(out: &mut Harness) -> Vec<i64> {
    let mut told = Tapped::default();
    out.tap.drain(usize::MAX, &mut told);
    told.0
}

#[test]
fn a_tap_gets_everything_that_follows_from_a_record() {
    let mut out = Harness::without_ends(2);
    out.join(1, 1, 7, None);
    assert_eq!(out.join_tap(None).missed, None);
    out.deliver(1, 7, answer());
    out.deliver(1, 7, follows());
    out.end(1);
    out.deliver(1, 7, duplicate());
    // Of a session that nobody has.
    out.deliver(2, 8, answer());
    out.end(2);
    assert_eq!(read_tap(&mut out), [1, 1, -1, 2, -2]);
    assert!(out.read_ends(1).is_empty(), "the session did not ask for ends");
    out.fan_out.handle(Request::Leave { index: 2, generation: 0 });
    out.deliver(3, 7, answer());
    assert!(read_tap(&mut out).is_empty());
}

#[test]
fn a_tap_that_is_not_read_is_told_where_it_stopped_and_goes_on_from_there() {
    let mut out = Harness::new(1);
    out.join_tap(None);
    let commands = EVENTS_PER_TAP as u64 / 3;
    for sequence in 1..=commands + 9 {
        out.deliver(sequence, 7, answer());
        out.deliver(sequence, 7, follows());
        out.end(sequence);
    }
    assert!(out.tap.inbox.is_lagging());
    // The ring took one event of the command that it had no room for.
    let stopped = Missed { sequence: Sequence(commands + 1), event_index: 1 };
    let joined = out.rejoin(1, 0).unwrap();
    assert_eq!((joined.missed, joined.live_after), (Some(stopped), Sequence(commands + 9)));
    assert_eq!(read_tap(&mut out).len(), EVENTS_PER_TAP);
    // The rest of a command that it reads from the log is not delivered too.
    out.deliver(commands + 9, 7, follows());
    out.end(commands + 9);
    out.deliver(commands + 10, 7, answer());
    out.end(commands + 10);
    let next = (commands + 10).cast_signed();
    assert_eq!(read_tap(&mut out), [next, -next]);
}

#[test]
fn a_tap_begins_where_its_reader_stopped() {
    let mut out = Harness::new(1);
    for sequence in 1..=5 {
        out.deliver(sequence, 7, answer());
    }
    let joined = out.join_tap(Some(2));
    assert_eq!(joined.missed, Some(Missed { sequence: Sequence(3), event_index: 0 }));
    assert_eq!(joined.live_after, Sequence(5));
    assert_eq!(out.join_tap(Some(5)).missed, None);
    assert_eq!(out.join_tap(Some(u64::MAX - 1)).missed, None);
}

/// How an instrument trades, after an answer to the operator.
const fn state() -> EventKind {
    let client_sequence = ClientSequence(1);
    EventKind::StateChanged { client_sequence, phase: Phase::Auction, is_halted: false }
}

/// A new order.
const fn accepted() -> EventKind {
    EventKind::Accepted {
        client_sequence: ClientSequence(1),
        order: OrderId(1),
        side: Side::Buy,
        price: Ticks(100),
        trigger: Ticks(0),
        quantity: Quantity::new(Lots(1)).expect("one lot"),
    }
}

#[test]
fn a_session_is_told_how_an_instrument_trades_that_it_has_orders_in_or_follows() {
    let mut out = Harness::new(4);
    // One has an order, one follows, one does neither.
    for (index, session) in [(1, 7), (2, 8), (3, 9)] {
        out.join(index, 1, session, None);
    }
    assert_eq!(out.follow(2, 9, Interest::Follows), None, "another handle's request");
    assert_eq!(out.follow(2, 1, Interest::Follows), Some(Sequence(0)));
    out.deliver(1, 7, accepted());
    out.deliver(2, 0, state());
    out.end(2);
    assert_eq!((out.read(1), out.read(2), out.read(3)), (vec![1, 2, 2], vec![2, 2], vec![]));
    // Other instruments and other events are not theirs.
    out.deliver(3, 0, answer());
    out.deliver_at(4, 0, 1, state());
    out.deliver(5, 7, follows());
    assert_eq!((out.read(1), out.read(2)), (vec![5], vec![]));
    // Who sent it has it once, and who follows no longer has nothing.
    out.follow(1, 1, Interest::Follows);
    out.follow(2, 1, Interest::Ignores);
    out.deliver(6, 7, state());
    assert_eq!((out.read(1), out.read(2)), (vec![6], vec![]));
    // A new handle begins without.
    out.follow(3, 1, Interest::Follows);
    out.join(3, 2, 9, None);
    out.deliver(7, 0, state());
    assert_eq!((out.read(1), out.read(3)), (vec![7], vec![]));
}

#[test]
fn what_a_follower_misses_is_counted_among_all_events_of_the_command() {
    let mut out = Harness::new(2);
    out.join(1, 1, 7, None);
    out.follow(1, 1, Interest::Follows);
    let full = crate::slot::EVENTS_PER_SLOT as u64;
    for sequence in 1..full {
        out.deliver(sequence, 7, answer());
    }
    out.deliver(full, 0, state());
    // An event of that command that is not the session's, and one that is.
    out.deliver(full, 8, follows());
    out.deliver(full, 7, follows());
    let missed = Missed { sequence: Sequence(full), event_index: 2 };
    assert_eq!(out.rejoin(1, 1).unwrap().missed, Some(missed));
}
