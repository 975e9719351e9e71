//! A book that was emptied, or that another was copied into, answers like a new one, or like the
//! other: checked with random commands of all kinds.

use highwater::book::{Book, BookFault};
use highwater::command::Command;
use highwater::event::Event;
use highwater::types::Capacities;
use tests::oracle::book_memory;
use tests::random::Random;
use tests::workload::{CAPACITIES, LastClientSequences, is_fresh, note, timed};

const SEEDS: u64 = 60;
const COMMANDS: usize = 600;

/// Fresh commands, as a host admits them.
fn commands(seed: u64, count: usize) -> Vec<Command> {
    let mut random = Random::new(seed);
    let mut last = LastClientSequences::new();
    let mut commands = Vec::with_capacity(count);
    while commands.len() < count {
        let command = timed(&mut random, &last).command;
        if is_fresh(&command, &last) {
            note(&command, &mut last);
            commands.push(command);
        }
    }
    commands
}

fn apply(book: &mut Book<'_>, commands: &[Command]) -> Vec<Event> {
    let mut events = Vec::new();
    for command in commands {
        let sequence = book.last_sequence().next();
        book.apply(sequence, command, &mut |event: &Event| events.push(*event));
    }
    events
}

/// What two books that answer alike have in common.
fn state(book: &Book<'_>) -> (u64, u64, Capacities) {
    book.check().expect("the book is sound");
    (book.state_hash(), book.running_hash(), book.memory_capacities())
}

#[test]
fn an_emptied_book_is_a_new_one() {
    let mut memory = book_memory();
    let mut book = Book::new(&mut memory, CAPACITIES, 7).expect("enough memory");
    for seed in 0..SEEDS {
        let commands = commands(seed, COMMANDS);
        let events = apply(&mut book, &commands);
        let end = state(&book);
        book.reset();
        let mut fresh_memory = book_memory();
        let mut fresh = Book::new(&mut fresh_memory, CAPACITIES, 7).expect("enough memory");
        assert_eq!(state(&book), state(&fresh), "seed {seed}");
        assert_eq!(apply(&mut fresh, &commands), events, "seed {seed}");
        assert_eq!(apply(&mut book, &commands), events, "seed {seed}, again");
        assert_eq!((state(&fresh), state(&book)), (end, end), "seed {seed}");
        book.reset();
    }
}

#[test]
fn a_copy_goes_on_like_the_original_and_touches_it_not() {
    let (mut memory, mut other_memory) = (book_memory(), book_memory());
    let mut book = Book::new(&mut memory, CAPACITIES, 7).expect("enough memory");
    let mut copy = Book::new(&mut other_memory, CAPACITIES, 9).expect("enough memory");
    for seed in 0..SEEDS {
        // What the copy held before has more or less in it than what comes.
        copy.reset();
        apply(&mut copy, &commands(seed + 1_000, COMMANDS / 2));
        let commands = commands(seed, COMMANDS);
        let (first, rest) = commands.split_at(Random::new(seed).index(COMMANDS));
        apply(&mut book, first);
        copy.copy_from(&book).expect("the same capacities");
        let begin = state(&book);
        assert_eq!(state(&copy), begin, "seed {seed}");
        let events = apply(&mut copy, rest);
        assert_eq!(state(&book), begin, "seed {seed}: the original did not move");
        assert_eq!(apply(&mut book, rest), events, "seed {seed}");
        assert_eq!(state(&book), state(&copy), "seed {seed}");
        book.reset();
    }
}

#[test]
fn a_book_for_other_capacities_is_not_copied() {
    let others = Capacities { orders: 17, ..CAPACITIES };
    let (mut memory, mut other_memory) = (book_memory(), vec![0; Book::bytes_needed(others)]);
    let mut book = Book::new(&mut memory, CAPACITIES, 7).expect("enough memory");
    apply(&mut book, &commands(1, 50));
    let before = state(&book);
    let other = Book::new(&mut other_memory, others, 7).expect("enough memory");
    assert_eq!(book.copy_from(&other), Err(BookFault::OtherCapacities(others)));
    assert_eq!(state(&book), before);
}
