//! Unit tests of the book's parts; the rules as a whole are tested against a naive book elsewhere.

extern crate alloc;
extern crate std;

mod collisions;
mod contradictions;
mod memory;
mod prefetcher;
pub(super) mod structures;

use super::Book;
use crate::command::{Action, ClientBytes, Command, Conditions, Definition, NewOrder};
use crate::event::Event;
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, SessionId, Side,
    Symbol, Ticks, TimeInForce,
};
use alloc::vec;
use alloc::vec::Vec;

/// What the books of these tests hold.
const CAPACITIES: Capacities = Capacities { orders: 16, instruments: 2, sessions: 4 };

/// Zeros for a book with `CAPACITIES`.
fn memory() -> Vec<u8> {
    vec![0; Book::bytes_needed(CAPACITIES)]
}

/// A book in which `AAA` rests two bids at 10 and one at 9, two asks at 12 and 70, and an iceberg
/// that expires at 71; a buy stop waits for 50 and a sell stop-limit for 5; the last trade was at
/// 11.
fn example(memory: &mut [u8]) -> Book<'_> {
    let mut book = Book::new(memory, CAPACITIES, 7).expect("enough memory");
    fill(&mut book);
    book
}

/// Gives an empty book the commands of the example.
fn fill(book: &mut Book<'_>) {
    let symbol = Symbol::new(b"AAA").expect("a symbol");
    say(book, 0, Action::DefineInstrument(Definition::open(symbol)));
    for (order, side, price) in [
        (1, Side::Buy, 10),
        (2, Side::Buy, 10),
        (3, Side::Buy, 9),
        (4, Side::Sell, 11),
        (5, Side::Sell, 12),
        (6, Side::Sell, 70),
    ] {
        say(book, 1, new(order, side, price));
    }
    say(book, 2, new(7, Side::Buy, 11));
    let iceberg = Conditions { display: Lots(2), expiry_ns: 1_000, ..Conditions::NONE };
    let time_in_force = TimeInForce::GoodTillDate;
    let order = NewOrder { time_in_force, conditions: iceberg, ..limit(20, Side::Sell, 71) };
    say(book, 1, Action::New(order));
    for (id, side, order_type, trigger) in
        [(21, Side::Buy, OrderType::Stop, 50), (22, Side::Sell, OrderType::StopLimit, 5)]
    {
        let conditions = Conditions { trigger: Ticks(trigger), ..Conditions::NONE };
        say(book, 1, Action::New(NewOrder { order_type, conditions, ..limit(id, side, 6) }));
    }
}

/// A good-till-cancel order for 5 lots.
fn new(order: u64, side: Side, price: u32) -> Action {
    Action::New(limit(order, side, price))
}

fn limit(order: u64, side: Side, price: u32) -> NewOrder {
    NewOrder {
        instrument: InstrumentId(0),
        order: OrderId(order),
        account: AccountId(0),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::GoodTillCancel,
        price: Ticks(price),
        quantity: Lots(5),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    }
}

/// Applies an action of a session as its next command.
fn say(book: &mut Book<'_>, session: u16, action: Action) -> Vec<Event> {
    let session = SessionId(session);
    let client_sequence = ClientSequence(book.last_client_sequence(session).0 + 1);
    let command = Command { session, client_sequence, action };
    let mut events = Vec::new();
    book.apply(book.last_sequence().next(), &command, &mut |event: &Event| events.push(*event));
    events
}
