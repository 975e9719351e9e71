//! Tests of `check` and `state_hash`: each field that matters is spoiled once, and both must
//! notice.

use super::super::{Book, CheckFault};
use super::alloc::vec::Vec;
use super::{example, limit, memory, say};
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::book::store::pool::NONE;
use crate::book::store::row::row_of;
use crate::command::{Action, Conditions, Definition, FlowIdentity, NewOrder};
use crate::types::{
    Band, Capacities, ClientSequence, InstrumentId, OrderId, Phase, Price, Sequence, SessionId,
    Side, Symbol, Ticks, TimeInForce,
};
use bytemuck::Zeroable;

const AAA: InstrumentId = InstrumentId(0);

/// Slot of an order of the example.
fn slot(book: &Book<'_>, order: u64) -> u32 {
    book.orders.find(AAA, OrderId(order)).expect("it is open")
}

/// Slot of the level of an order of the example.
fn level(book: &Book<'_>, order: u64) -> u32 {
    book.orders.pool.get(slot(book, order)).level
}

/// Moves the row of an order of the example by so many rows and spans.
fn move_row(book: &mut Book<'_>, order: u64, rows: u32, spans: u32) {
    let slot = row_of(level(book, order));
    let row = book.ladders.rows.get_mut(slot);
    row.number += rows;
    row.span += spans;
}

/// What `check` says of the example after `spoil`.
fn fault_after(spoil: impl Fn(&mut Book<'_>)) -> Option<CheckFault> {
    let mut memory = memory();
    let mut book = example(&mut memory);
    book.check().expect("sound until it is spoiled");
    spoil(&mut book);
    book.check().err()
}

#[test]
fn check_notices_broken_orders_and_queues() {
    let (first, second) =
        (Some(CheckFault::Order(AAA, OrderId(1))), Some(CheckFault::Queue(AAA, Side::Buy)));
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).remaining = 0), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).limit += 1), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).ladder += 1), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).level += 1), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 2)).prev = 0), second);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).next = 0), second);
    assert_eq!(fault_after(|book| book.ladders.queue_mut(level(book, 1)).tail = 1), second);
    assert_eq!(fault_after(|book| book.ladders.queue_mut(level(book, 1)).order_count += 1), second);
}

#[test]
fn check_notices_broken_ladders() {
    let levels = Some(CheckFault::Levels(AAA, Side::Sell));
    let marks = Some(CheckFault::Marks(AAA, Side::Sell));
    let spoil_best = |book: &mut Book<'_>| {
        book.ladders.ladder_mut(LadderId::new(AAA, Side::Sell)).best_price += 1;
    };
    assert_eq!(fault_after(spoil_best), levels);
    assert_eq!(fault_after(|book| move_row(book, 6, 0, 1)), levels);
    let far = |book: &mut Book<'_>| book.ladders.rows.get(row_of(level(book, 6))).span;
    let spoil_map = |book: &mut Book<'_>| {
        let span = far(book);
        book.ladders.spans.pool.get_mut(span).map |= 1;
    };
    assert_eq!(fault_after(spoil_map), marks);
    let spoil_parent = |book: &mut Book<'_>| {
        let span = far(book);
        book.ladders.spans.pool.get_mut(span).parent += 1;
    };
    assert_eq!(fault_after(spoil_parent), marks);
    let spoil_neighbour = |book: &mut Book<'_>| {
        let neighbour = level(book, 6) ^ 2;
        book.ladders.queue_mut(neighbour).order_count += 1;
    };
    assert_eq!(fault_after(spoil_neighbour), levels);
}

#[test]
fn check_notices_a_crossed_book_and_wrong_counts() {
    let crossed = fault_after(|book| {
        // An ask at 9 that did not trade.
        let asks = LadderId::new(AAA, Side::Sell);
        let order = *book.orders.pool.get(slot(book, 5));
        let order = Order { id: 99, ladder: asks.0, limit: 9, ..order };
        book.join_conditional(order, Price::new(Ticks(9)).expect("a price"));
    });
    assert_eq!(crossed, Some(CheckFault::Crossed(AAA)));
    let lost = fault_after(|book| book.orders.pool.remove(15));
    assert_eq!(lost, Some(CheckFault::Counts));
    let wrong_session = fault_after(|book| {
        book.sessions.closed(SessionId(1));
        book.sessions.opened(SessionId(2));
    });
    assert_eq!(wrong_session, Some(CheckFault::Counts));
    let unindexed = fault_after(|book| {
        let slot = slot(book, 5);
        book.orders.ids.insert(&mut book.orders.pool, 1, slot);
    });
    assert_eq!(unindexed, Some(CheckFault::Counts));
}

#[test]
fn the_state_hash_covers_everything_that_can_matter() {
    let mut hashes = Vec::new();
    for spoil in spoilers() {
        let mut memory = memory();
        let mut book = example(&mut memory);
        spoil(&mut book);
        hashes.push(book.state_hash());
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), spoilers().len());
}

type Spoil = fn(&mut Book<'_>);

/// The first changes nothing; each of the others changes one thing.
fn spoilers() -> [Spoil; 34] {
    [
        |_| {},
        |book| book.last_sequence = Sequence(77),
        |book| book.running_hash += 1,
        |book| book.capacities = Capacities { orders: 15, ..book.capacities },
        |book| book.capacities = Capacities { instruments: 1, ..book.capacities },
        |book| book.capacities = Capacities { sessions: 3, ..book.capacities },
        |book| assert!(book.sessions.note(SessionId(1), ClientSequence(50), 4)),
        |book| assert!(book.sessions.note(SessionId(3), ClientSequence(1), 4)),
        |book| {
            book.flow = Some(FlowIdentity { name: [0; 32], head_bytes: 0, head_hash: 0 });
        },
        |book| {
            book.flow = Some(FlowIdentity { name: [1; 32], head_bytes: 0, head_hash: 0 });
        },
        |book| {
            let definition = Definition::open(Symbol::new(b"BBB").expect("a symbol"));
            assert_eq!(book.symbols.define(&definition).0, 1);
        },
        |book| book.ladders.instrument_book_mut(AAA).last_trade = 12,
        |book| book.ladders.instrument_book_mut(AAA).gate.set_phase(Phase::Auction),
        |book| book.ladders.instrument_book_mut(AAA).gate.halt(),
        |book| book.symbols.set_band(AAA, Band { low: Ticks(1), high: Ticks(u32::MAX) }),
        |book| book.symbols.set_band(AAA, Band { low: Ticks(0), high: Ticks(99) }),
        |book| book.clock_ns = 1,
        |book| book.sessions.limit(SessionId(1), 9),
        |book| book.sessions.limit(SessionId(2), 9),
        |book| extra(book, 20).display = 3,
        |book| extra(book, 20).hidden = 2,
        |book| extra(book, 20).expiry_ns = 1_001,
        |book| extra(book, 21).minimum = 1,
        |book| extra(book, 22).limit = 7,
        |book| book.orders.pool.get_mut(slot(book, 2)).terms = 3,
        |book| book.orders.pool.get_mut(slot(book, 2)).terms = 1 << 3,
        |book| book.orders.pool.get_mut(slot(book, 2)).terms = 1 << 5,
        |book| move_row(book, 21, 1, 0),
        send_stop_to_the_back,
        |book| book.orders.pool.get_mut(slot(book, 2)).account = 1,
        |book| book.orders.pool.get_mut(slot(book, 2)).session = 3,
        |book| book.orders.pool.get_mut(slot(book, 2)).remaining = 4,
        |book| book.orders.rename(slot(book, 2), OrderId(55)),
        swap_places,
    ]
}

/// Puts the first bid behind the second.
fn swap_places(book: &mut Book<'_>) {
    let order = *book.orders.pool.get(slot(book, 1));
    book.remove(slot(book, 1));
    book.join_conditional(order, Price::new(Ticks(10)).expect("a price"));
}

/// Puts the stop that came first behind the other.
fn send_stop_to_the_back(book: &mut Book<'_>) {
    let (order, extra) = (*book.orders.pool.get(slot(book, 21)), *extra(book, 21));
    book.remove(slot(book, 21));
    let slot = book
        .join_conditional(Order { extra: NONE, ..order }, Price::new(Ticks(50)).expect("a price"));
    book.attach(slot, extra);
}

/// The extra of an order of the example.
fn extra<'b>(book: &'b mut Book<'_>, order: u64) -> &'b mut Extra {
    let extra = book.orders.pool.get(slot(book, order)).extra;
    book.orders.extra_mut(extra)
}

#[test]
fn check_notices_broken_extras_stops_and_expiries() {
    let iceberg = Some(CheckFault::Order(AAA, OrderId(20)));
    let stops = Some(CheckFault::Stops(AAA));
    assert_eq!(fault_after(|book| extra(book, 20).order += 1), iceberg);
    assert_eq!(fault_after(|book| extra(book, 20).display = 1), iceberg);
    assert_eq!(fault_after(|book| extra(book, 20).expiry_place = 0), iceberg);
    assert_eq!(fault_after(|book| book.clock_ns = 1_000), iceberg);
    let stop = Some(CheckFault::Order(AAA, OrderId(21)));
    assert_eq!(fault_after(|book| extra(book, 21).hidden = 1), stop);
    assert_eq!(fault_after(|book| extra(book, 22).stop_prev = NONE), stops);
    assert_eq!(fault_after(|book| extra(book, 22).joined = 0), stops);
    assert_eq!(fault_after(|book| book.ladders.instrument_book_mut(AAA).last_stop = NONE), stops);
    assert_eq!(fault_after(|book| book.ladders.instrument_book_mut(AAA).first_stop = NONE), stops);
    let late = fault_after(|book| {
        let slot = book.orders.pool.get(slot(book, 20)).extra;
        book.orders.expiries.schedule(&mut book.orders.pool, slot);
    });
    assert_eq!(late, Some(CheckFault::Counts));
    let uncounted = fault_after(|book| book.orders.extra_count -= 1);
    assert_eq!(uncounted, Some(CheckFault::Counts));
}

#[test]
fn check_notices_extras_that_are_missing_idle_or_wrong() {
    let order = |id| Some(CheckFault::Order(AAA, OrderId(id)));
    let stops = Some(CheckFault::Stops(AAA));
    let forget = |book: &mut Book<'_>| book.orders.pool.get_mut(slot(book, 20)).extra = NONE;
    assert_eq!(fault_after(forget), order(20));
    let idle = |book: &mut Book<'_>| book.orders.attach(slot(book, 2), Extra::zeroed());
    assert_eq!(fault_after(idle), order(2));
    assert_eq!(fault_after(|book| extra(book, 20).display = 0), order(20));
    let renamed = |book: &mut Book<'_>| book.orders.pool.get_mut(slot(book, 2)).id = 77;
    assert_eq!(fault_after(renamed), order(77));
    let short = |book: &mut Book<'_>| {
        extra(book, 21).stop_next = NONE;
        book.ladders.instrument_book_mut(AAA).last_stop = slot(book, 21);
    };
    assert_eq!(fault_after(short), stops);
    let strange =
        |book: &mut Book<'_>| book.ladders.instrument_book_mut(AAA).first_stop = slot(book, 20);
    assert_eq!(fault_after(strange), stops);
}

#[test]
fn check_notices_what_does_not_add_up() {
    let counts = Some(CheckFault::Counts);
    assert_eq!(fault_after(|book| book.ladders.rows.remove(15)), counts);
    assert_eq!(fault_after(|book| book.ladders.levels_live += 1), counts);
    assert_eq!(fault_after(|book| book.ladders.spans.pool.remove(60)), counts);
    assert_eq!(
        fault_after(|book| book.ladders.row_numbers.insert(&mut book.ladders.rows, 1, 9)),
        counts
    );
    let doubled = |book: &mut Book<'_>| {
        let spans = &mut book.ladders.spans;
        spans.prefixes.insert(&mut spans.pool, 1, 9);
    };
    assert_eq!(fault_after(doubled), counts);
    assert_eq!(fault_after(|book| book.sessions.opened(SessionId(3))), counts);
    let touching = fault_after(|book| {
        // An ask at the best bid that did not trade.
        let asks = LadderId::new(AAA, Side::Sell);
        let order = *book.orders.pool.get(slot(book, 5));
        let order = Order { id: 99, ladder: asks.0, limit: 10, ..order };
        book.join_conditional(order, Price::new(Ticks(10)).expect("a price"));
    });
    assert_eq!(touching, Some(CheckFault::Crossed(AAA)));
}

#[test]
fn check_notices_expiries_out_of_order() {
    let dated = |book: &mut Book<'_>| {
        for (order, expiry_ns) in [(30, 500), (31, 700)] {
            let conditions = Conditions { expiry_ns, ..Conditions::NONE };
            let time_in_force = TimeInForce::GoodTillDate;
            let new = NewOrder { time_in_force, conditions, ..limit(order, Side::Buy, 1) };
            assert_eq!(say(book, 1, Action::New(new)).len(), 2);
        }
    };
    assert_eq!(fault_after(dated), None);
    for (order, expiry_ns) in [(30, 800), (31, 499)] {
        let late = |book: &mut Book<'_>| {
            dated(book);
            extra(book, order).expiry_ns = expiry_ns;
        };
        assert_eq!(fault_after(late), Some(CheckFault::Counts), "order {order}");
    }
}

#[test]
fn a_limit_just_below_the_largest_is_counted_right() {
    let almost = |book: &mut Book<'_>| book.sessions.limit(SessionId(2), u32::MAX - 1);
    assert_eq!(fault_after(almost), None);
    let one_open = |book: &mut Book<'_>| {
        say(book, 3, super::new(60, Side::Buy, 1));
        book.sessions.limit(SessionId(3), u32::MAX - 1);
    };
    assert_eq!(fault_after(one_open), None);
}
