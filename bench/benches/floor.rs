//! The book against the floor: the same flows, in turn in one process, and the ratio of what an
//! operation costs.

use bench::book_flow::{Watcher, apply_all, commands_of, define_instruments};
use bench::cpu_clock::{per_operation, timed};
use bench::floor::{Floor, Trades};
use bench::flow::{Flow, Shape};
use highwater::book::Book;
use highwater::command::Command;
use highwater::types::Capacities;
use std::hint::black_box;

/// How often the two take turns.
const TURNS: usize = 11;
const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 4 };

/// The flows, and number and hash of the trades that a right book makes of them.
const KNOWN: [(&str, Shape, (u64, u64)); 2] = [
    ("mix_1k", Shape::mix(1_000), (331_573, 0xd2a8_7afd_7478_e6e3)),
    ("mix_10k", Shape::mix(10_000), (337_017, 0x5f50_259f_127c_73d2)),
];

fn main() {
    println!("{:<10} {:>12} {:>12} {:>8}", "flow", "floor ns/op", "book ns/op", "ratio");
    for (name, shape, trades) in KNOWN {
        let flow = Flow::new(&shape);
        assert_eq!((flow.trades.count, flow.trades.hash), trades, "{name} is the known flow");
        compare(name, &flow);
    }
}

/// Lets both run a flow in turn, and prints the medians.
fn compare(name: &str, flow: &Flow) {
    let commands = commands_of(&flow.operations);
    let turns: Vec<[f64; 2]> =
        (0..TURNS).map(|_| [time_floor(flow), time_book(flow, &commands)]).collect();
    let floor = median(turns.iter().map(|[floor, _]| *floor));
    let book = median(turns.iter().map(|[_, book]| *book));
    let ratio = median(turns.iter().map(|[floor, book]| book / floor));
    println!("{name:<10} {floor:>12.1} {book:>12.1} {ratio:>8.2}");
}

/// Nanoseconds that an operation costs the floor.
fn time_floor(flow: &Flow) -> f64 {
    let mut floor = Floor::new(flow.order_end);
    let (preload, rest) = flow.operations.split_at(flow.preload);
    for operation in preload {
        floor.apply(operation);
    }
    let ((), ns) = timed(|| {
        for operation in rest {
            floor.apply(operation);
        }
    });
    check(flow, floor.trades(), "floor");
    per_operation(ns, rest.len())
}

/// Nanoseconds that a command costs the book.
fn time_book(flow: &Flow, commands: &[Command]) -> f64 {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("there is memory");
    define_instruments(&mut book, 1);
    let mut watcher = Watcher::default();
    let (preload, rest) = commands.split_at(flow.preload);
    apply_all(&mut book, preload, &mut watcher);
    let ((), ns) = timed(|| apply_all(&mut book, rest, &mut watcher));
    black_box(book.running_hash());
    check(flow, watcher.trades, "book");
    per_operation(ns, rest.len())
}

/// Stops when a result is wrong.
fn check(flow: &Flow, trades: Trades, name: &str) {
    assert_eq!(trades, flow.trades, "the {name} trades as the naive book does");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
