//! What callers of an owned book do, and do wrong.

use highwater::book::{Book, BookFault};
use highwater::command::{Action, ClientBytes, Command, Conditions, Definition, NewOrder};
use highwater::event::{Event, EventKind, RejectReason};
use highwater::snapshot::SnapshotFault;
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, Price, Sequence,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use highwater_book::{BookError, OwnedBook, RestoreError, SubmitError};
use std::panic::{AssertUnwindSafe, catch_unwind};

const CAPACITIES: Capacities = Capacities { orders: 100, instruments: 2, sessions: 4 };
const AAPL: InstrumentId = InstrumentId(0);
const CLIENT: SessionId = SessionId(1);

fn order(order: u64, side: Side, price: u32) -> Action {
    Action::New(NewOrder {
        instrument: AAPL,
        order: OrderId(order),
        account: AccountId(1),
        side,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Ticks(price),
        quantity: Lots(10),
        conditions: Conditions::NONE,
        client_bytes: ClientBytes::EMPTY,
    })
}

/// A book with an instrument and three orders, of which two trade.
fn filled() -> OwnedBook {
    let mut book = OwnedBook::new(CAPACITIES).expect("there is memory");
    fill(&mut book);
    book
}

fn fill(book: &mut OwnedBook) {
    let symbol = Symbol::new(b"AAPL").expect("a symbol");
    let define = Action::DefineInstrument(Definition::open(symbol));
    book.submit(SessionId::OPERATOR, define, |_| ()).expect("fresh");
    for (id, side, price) in [(1, Side::Buy, 99), (2, Side::Sell, 101), (3, Side::Buy, 101)] {
        book.submit(CLIENT, order(id, side, price), |_| ()).expect("fresh");
    }
}

fn hashes(book: &OwnedBook) -> (u64, u64) {
    book.book().check().expect("sound");
    (book.book().state_hash(), book.book().running_hash())
}

#[test]
fn it_numbers_commands_and_gives_their_events() {
    let mut book = filled();
    assert_eq!(book.book().best(AAPL, Side::Buy).map(Price::ticks), Some(99));
    let mut kinds = Vec::new();
    let sequence = book.submit(CLIENT, order(4, Side::Sell, 99), |event| kinds.push(event.kind));
    assert_eq!(sequence, Ok(Sequence(5)));
    let accepted = kinds.first().expect("an answer");
    assert!(matches!(
        accepted,
        EventKind::Accepted { client_sequence: ClientSequence(4), order: OrderId(4), .. }
    ));
    assert!(matches!(kinds.get(1), Some(EventKind::Trade { .. })), "{kinds:?}");
}

#[test]
fn a_command_that_cannot_be_executed_is_an_event() {
    let mut book = filled();
    let mut reasons = Vec::new();
    for (session, action) in [
        (CLIENT, order(1, Side::Buy, 99)),
        (SessionId(9), order(5, Side::Buy, 99)),
        (CLIENT, Action::EndOfDay),
    ] {
        let note = |event: &Event| {
            if let EventKind::Rejected { reason, .. } = event.kind {
                reasons.push(reason);
            }
        };
        book.submit(session, action, note).expect("it takes a sequence");
    }
    let expected =
        [RejectReason::DuplicateId, RejectReason::SessionsFull, RejectReason::NotOperator];
    assert_eq!(reasons, expected);
}

#[test]
fn mistakes_are_errors_and_change_nothing() {
    let mut book = filled();
    let before = hashes(&book);
    let again =
        Command { session: CLIENT, client_sequence: ClientSequence(3), action: Action::EndOfDay };
    let (client_sequence, last) = (ClientSequence(3), ClientSequence(3));
    let not_fresh = SubmitError::NotFresh { client_sequence, last };
    assert_eq!(book.apply(&again, &mut ()), Err(not_fresh));
    let wanted = Capacities { orders: 101, ..CAPACITIES };
    let larger = book.submit(SessionId::OPERATOR, Action::Configure(wanted), |_| ());
    assert_eq!(larger, Err(SubmitError::NeedsMoreMemory(CAPACITIES)));
    assert_eq!(hashes(&book), before);
    let last = Command { client_sequence: ClientSequence(u64::MAX), ..again };
    assert!(book.apply(&last, &mut ()).is_ok());
    let none = book.submit(CLIENT, Action::EndOfDay, |_| ());
    assert_eq!(none, Err(SubmitError::NumbersUsed(Sequence(u64::MAX))));
}

#[test]
fn a_sink_that_panics_leaves_no_half_command_behind() {
    let mut book = filled();
    let image = book.image();
    let panics = |book: &mut OwnedBook| {
        book.submit(CLIENT, order(7, Side::Sell, 99), |_| panic!("the sink's own"))
    };
    assert!(catch_unwind(AssertUnwindSafe(|| panics(&mut book))).is_err());
    let after = book.submit(CLIENT, order(8, Side::Buy, 1), |_| ());
    assert_eq!(after, Err(SubmitError::Interrupted));
    let copy = book.copy().expect("there is memory").submit(CLIENT, Action::EndOfDay, |_| ());
    assert_eq!(copy, Err(SubmitError::Interrupted), "a copy of half a command is no better");
    let mut restored = OwnedBook::restore(&image).expect("it was sound");
    assert!(restored.submit(CLIENT, order(8, Side::Buy, 1), |_| ()).is_ok());
    book.reset();
    fill(&mut book);
    assert_eq!(hashes(&book), hashes(&filled()));
}

#[test]
fn a_copy_and_an_image_go_on_alike() {
    let mut book = filled();
    let mut copy = book.copy().expect("there is memory");
    let mut restored = OwnedBook::restore(&book.image()).expect("it is sound");
    assert_eq!((hashes(&copy), hashes(&restored)), (hashes(&book), hashes(&book)));
    assert_eq!(restored.image(), book.image());
    for book in [&mut book, &mut copy, &mut restored] {
        book.submit(CLIENT, order(9, Side::Sell, 98), |_| ()).expect("fresh");
    }
    assert_eq!((hashes(&copy), hashes(&restored)), (hashes(&book), hashes(&book)));
}

#[test]
fn no_damaged_image_is_taken() {
    let image = filled().image();
    for length in (0..image.len()).step_by(97) {
        let part = image.get(..length).expect("a part of it");
        assert!(OwnedBook::restore(part).is_err(), "{length} bytes");
    }
    for bit in (0..image.len() * 8).step_by(1_009) {
        let mut bad = image.clone();
        *bad.get_mut(bit / 8).expect("in it") ^= 1 << (bit % 8);
        assert!(OwnedBook::restore(&bad).is_err(), "bit {bit}");
    }
    let torn = OwnedBook::restore(&[]).err();
    assert_eq!(torn, Some(RestoreError::Image(SnapshotFault::Torn)));
}

#[test]
fn absurd_capacities_are_refused() {
    let absurd = |orders| OwnedBook::new(Capacities { orders, ..CAPACITIES }).err();
    for orders in [0, u32::MAX] {
        assert_eq!(absurd(orders), Some(BookError::Fault(BookFault::BadCapacities)), "{orders}");
    }
}

#[test]
fn the_page_says_what_books_weigh() {
    let page = include_str!("../../docs/embedding.md");
    for orders in [64, 1_000, 1_000_000] {
        let bytes = Book::bytes_needed(Capacities { orders, instruments: 1, sessions: 2 });
        let row = format!("| {} | {} |", grouped(orders), grouped(bytes));
        assert!(page.contains(&row), "docs/embedding.md lacks {row}");
    }
}

/// With a comma before each group of three digits.
fn grouped(number: impl std::fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
