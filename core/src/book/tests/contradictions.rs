//! Tests of `check` and `state_hash`: each field that matters is spoiled once, and both must
//! notice.

use super::super::{Book, CheckFault};
use super::alloc::vec::Vec;
use super::{example, memory};
use crate::command::FlowIdentity;
use crate::types::{
    Capacities, ClientSequence, InstrumentId, OrderId, Price, Sequence, SessionId, Side, Symbol,
    Ticks,
};

const AAA: InstrumentId = InstrumentId(0);

/// Slot of an order of the example.
fn slot(book: &Book<'_>, order: u64) -> u32 {
    book.orders.find(AAA, OrderId(order)).expect("it is open")
}

/// Slot of the level of an order of the example.
fn level(book: &Book<'_>, order: u64) -> u32 {
    book.orders.pool.get(slot(book, order)).level
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
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).ladder += 1), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).level += 1), first);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 2)).prev = 0), second);
    assert_eq!(fault_after(|book| book.orders.pool.get_mut(slot(book, 1)).next = 0), second);
    assert_eq!(fault_after(|book| book.ladders.levels.get_mut(level(book, 1)).tail = 1), second);
    assert_eq!(
        fault_after(|book| book.ladders.levels.get_mut(level(book, 1)).order_count += 1),
        second
    );
}

#[test]
fn check_notices_broken_ladders() {
    let levels = Some(CheckFault::Levels(AAA, Side::Sell));
    let marks = Some(CheckFault::Marks(AAA, Side::Sell));
    let spoil_best = |book: &mut Book<'_>| {
        if let Some(ladder) = book.ladders.sides.get_mut(1) {
            ladder.best_price += 1;
        }
    };
    assert_eq!(fault_after(spoil_best), levels);
    assert_eq!(fault_after(|book| book.ladders.levels.get_mut(level(book, 6)).span += 1), levels);
    let far = |book: &Book<'_>| book.ladders.levels.get(level(book, 6)).span;
    assert_eq!(fault_after(|book| book.ladders.spans.pool.get_mut(far(book)).map |= 1), marks);
    assert_eq!(fault_after(|book| book.ladders.spans.pool.get_mut(far(book)).parent += 1), marks);
}

#[test]
fn check_notices_a_crossed_book_and_wrong_counts() {
    let crossed = fault_after(|book| {
        // An ask at 9 that did not trade.
        let asks = super::super::ladder::LadderId::new(AAA, Side::Sell);
        let order = *book.orders.pool.get(slot(book, 5));
        let order = super::super::order::Order { id: 99, ladder: asks.0, ..order };
        book.join(order, Price::new(Ticks(9)).expect("a price"));
    });
    assert_eq!(crossed, Some(CheckFault::Crossed(AAA)));
    let lost = fault_after(|book| book.orders.pool.remove(15));
    assert_eq!(lost, Some(CheckFault::Counts));
    let unindexed = fault_after(|book| book.orders.ids.insert(1, 9));
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
fn spoilers() -> [Spoil; 16] {
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
            assert_eq!(book.symbols.define(Symbol::new(b"BBB").expect("a symbol")).0, 1);
        },
        |book| {
            book.symbols.set_last_trade(AAA, Price::new(Ticks(12)).expect("a price"));
        },
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
    book.leave(slot(book, 1));
    book.join(order, Price::new(Ticks(10)).expect("a price"));
}
