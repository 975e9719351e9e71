//! What is counted from events is what the book has, after every command of every kind.

use super::OpenOrders;
use highwater::book::Book;
use highwater::event::Event;
use highwater::types::Sequence;
use tests::random::Random;
use tests::workload::{CAPACITIES, LastClientSequences, is_fresh, note, timed};

/// Commands of one seed.
const COMMANDS: u64 = 20_000;

#[test]
fn events_say_who_has_orders_open() {
    for seed in 0..8 {
        let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
        let mut random = Random::new(seed);
        let mut book = Book::new(&mut memory, CAPACITIES, 0).unwrap();
        let mut open_orders = OpenOrders::of(&book);
        let mut last = LastClientSequences::new();
        let mut largest = 0;
        for number in 1..=COMMANDS {
            let timed = timed(&mut random, &last);
            if is_fresh(&timed.command, &last) {
                note(&timed.command, &mut last);
                let sequence = book.last_sequence().next();
                book.apply(sequence, &timed.command, &mut |event: &Event| open_orders.event(event));
            }
            assert_eq!(open_orders.counts, OpenOrders::of(&book).counts, "{number} of {seed}");
            largest = largest.max(open_orders.counts.len());
        }
        assert!(book.last_sequence() > Sequence(COMMANDS / 2) && largest > 5);
    }
}
