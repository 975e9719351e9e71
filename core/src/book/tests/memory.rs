//! Tests of the memory that a book lives in: its exact size, where it starts, and that nothing
//! depends on it.

use super::super::{Book, BookFault, StaticBook};
use super::alloc::format;
use super::alloc::string::ToString;
use super::alloc::vec;
use super::{CAPACITIES, example, fill, memory, new, say, std};
use crate::command::{Action, Command};
use crate::event::EventKind;
use crate::limits::{
    INSTRUMENTS_DEFAULT, INSTRUMENTS_MAX, ORDERS_DEFAULT, ORDERS_MAX, SESSIONS_DEFAULT,
    SESSIONS_MAX,
};
use crate::types::{Capacities, ClientSequence, Sequence, SessionId, Side};

#[test]
fn a_book_needs_exactly_what_it_says_wherever_its_memory_starts() {
    let bytes_needed = Book::bytes_needed(CAPACITIES);
    let mut memory = vec![0; bytes_needed + 64];
    for start in 0..64 {
        let given = memory.get_mut(start..start + bytes_needed).expect("in the vector");
        given.fill(0);
        let mut book = Book::new(given, CAPACITIES, 1).expect("enough");
        assert_eq!(say(&mut book, 1, new(1, Side::Buy, 5)).len(), 1);
        book.check().expect("sound");
    }
    let less = memory.get_mut(..bytes_needed - 1).expect("in the vector");
    let fault = Book::new(less, CAPACITIES, 1).err();
    assert_eq!(fault, Some(BookFault::TooSmall { bytes_needed }));
}

#[test]
fn capacities_that_no_engine_can_have_are_refused() {
    let good = Capacities { orders: 1, instruments: 1, sessions: 2 };
    let mut memory = vec![0; Book::bytes_needed(good)];
    for bad in [
        Capacities { orders: 0, ..good },
        Capacities { orders: (1 << 28) + 1, ..good },
        Capacities { instruments: 0, ..good },
        Capacities { instruments: (1 << 24) + 1, ..good },
        Capacities { sessions: 1, ..good },
        Capacities { sessions: 65_537, ..good },
    ] {
        assert_eq!(Book::new(&mut memory, bad, 1).err(), Some(BookFault::BadCapacities), "{bad:?}");
    }
    assert!(Book::new(&mut memory, good, 1).is_ok());
    let most =
        Capacities { orders: ORDERS_MAX, instruments: INSTRUMENTS_MAX, sessions: SESSIONS_MAX };
    assert!(matches!(Book::new(&mut [], most, 1), Err(BookFault::TooSmall { .. })));
    let absurd = Capacities { orders: u32::MAX, instruments: u32::MAX, sessions: u32::MAX };
    assert!(Book::bytes_needed(absurd) > Book::bytes_needed(good));
}

#[test]
fn the_default_book_leaves_room_for_the_rest_in_256_mebibytes() {
    assert!(Book::bytes_needed(DEFAULT) < 224 << 20, "{}", Book::bytes_needed(DEFAULT));
}

const DEFAULT: Capacities = Capacities {
    orders: ORDERS_DEFAULT,
    instruments: INSTRUMENTS_DEFAULT,
    sessions: SESSIONS_DEFAULT,
};

static DEFAULT_BOOK: StaticBook<{ Book::bytes_needed(DEFAULT) }> = StaticBook::new();

#[test]
fn a_static_book_is_taken_once_and_takes_no_room_in_the_program_file() {
    let too_many = Capacities { orders: DEFAULT.orders * 2, ..DEFAULT };
    assert!(matches!(DEFAULT_BOOK.take(too_many, 1), Err(BookFault::TooSmall { .. })));
    let mut book = DEFAULT_BOOK.take(DEFAULT, 1).expect("nobody took it");
    assert_eq!(say(&mut book, 1, new(1, Side::Buy, 5)).len(), 1);
    assert_eq!(DEFAULT_BOOK.take(DEFAULT, 1).err(), Some(BookFault::Taken));
    let program = std::env::current_exe().expect("a test is a program");
    let file_bytes = std::fs::metadata(program).expect("it is a file").len();
    assert!(file_bytes < 100 << 20, "the zeros of the book are in the file");
}

#[test]
fn the_seed_and_the_size_of_the_memory_change_nothing() {
    let mut memory = memory();
    let hash = example(&mut memory).state_hash();
    let larger = Capacities { orders: 1_000, instruments: 20, sessions: 50 };
    let mut memory = vec![0; Book::bytes_needed(larger)];
    let mut book = Book::new(&mut memory, larger, 99).expect("enough memory");
    assert_eq!(book.memory_capacities(), larger);
    // The capacities are state, so the book must be told that it is small.
    book.set_capacities(CAPACITIES);
    fill(&mut book);
    assert_eq!(book.state_hash(), hash);
}

#[test]
fn smaller_capacities_drop_nothing_and_larger_ones_than_the_memory_do_not_fit() {
    let mut memory = memory();
    let mut book = example(&mut memory);
    let small = Capacities { orders: 1, ..CAPACITIES };
    let large = Capacities { orders: CAPACITIES.orders + 1, ..CAPACITIES };
    let absurd = Capacities { orders: 0, ..CAPACITIES };
    assert!(book.fits(small) && !book.fits(large) && book.fits(absurd));
    let Capacities { instruments, sessions, .. } = CAPACITIES;
    assert!(!book.fits(Capacities { instruments: instruments + 1, ..CAPACITIES }));
    assert!(!book.fits(Capacities { sessions: sessions + 1, ..CAPACITIES }));
    assert!(book.fits(Capacities { orders: u32::MAX, ..CAPACITIES }), "no engine can have it");
    say(&mut book, 0, Action::Configure(small));
    assert_eq!(book.open_order_count(), 8);
    let events = say(&mut book, 1, new(9, Side::Buy, 10));
    assert!(format!("{events:?}").contains("OrdersFull"));
    let events = say(&mut book, 0, Action::Configure(absurd));
    assert!(matches!(events.first().map(|event| event.kind), Some(EventKind::Rejected { .. })));
    book.check().expect("sound");
}

#[test]
#[should_panic(expected = "fits the memory")]
fn a_configure_that_does_not_fit_is_a_bug_of_the_host() {
    let mut memory = memory();
    let large = Capacities { sessions: CAPACITIES.sessions + 1, ..CAPACITIES };
    say(&mut example(&mut memory), 0, Action::Configure(large));
}

#[test]
#[should_panic(expected = "only fresh commands")]
fn a_duplicate_that_is_applied_is_a_bug_of_the_host() {
    let mut memory = memory();
    let mut book = example(&mut memory);
    let action = new(8, Side::Buy, 1);
    let command = Command { session: SessionId(1), client_sequence: ClientSequence(6), action };
    book.apply(book.last_sequence().next(), &command, &mut ());
}

#[test]
#[should_panic(expected = "in sequence")]
fn a_gap_in_the_sequence_is_a_bug_of_the_host() {
    let mut memory = memory();
    let mut book = example(&mut memory);
    let action = new(8, Side::Buy, 1);
    let command = Command { session: SessionId(1), client_sequence: ClientSequence(7), action };
    book.apply(Sequence(10), &command, &mut ());
}

#[test]
fn faults_read_well() {
    let fault = BookFault::TooSmall { bytes_needed: 9 };
    assert_eq!(fault.to_string(), "the book needs 9 bytes of memory");
}
