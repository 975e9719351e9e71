//! The book under flows of other shapes: what a command costs, how long the slowest take, and what
//! many instruments cost.
//!
//! The books get the memory that an engine gets: large pages are asked for, unless the bench is
//! called with `small-pages`.

use bench::book_flow::{Watcher, apply_all, commands_of, define_instruments};
use bench::cpu_clock::{now_ns, per_operation, timed};
use bench::flow::{Flow, Place, Shape};
use bench::many::ManyFlow;
use bench::system::System;
use highwater::book::Book;
use highwater::command::{Action, Command};
use highwater::types::Capacities;
use highwater_platform::{MemoryWishes, Platform};

const SMALL: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 4 };
const LARGE: Capacities = Capacities { orders: 1 << 21, instruments: 16_384, sessions: 4 };

/// How often a flow runs.
const TURNS: usize = 5;

/// The kinds of command that are told apart: an order that trades when it comes in is another kind.
const KINDS: [&str; 4] = ["new", "new, trades", "cancel", "replace"];

fn main() {
    let wishes = MemoryWishes {
        huge_pages: !std::env::args().any(|argument| argument == "small-pages"),
        locked: false,
    };
    let memory = System.zeroed_memory(Book::bytes_needed(LARGE), wishes).expect("there is memory");
    println!("large pages asked for: {:?}", memory.huge_pages);
    let memory = memory.bytes;
    let mix = Shape::mix(1_000);
    let ioc = Shape { is_immediate: true, ..mix };
    println!("{:<22} {:>10}  latency, ns: p50 p99 p99.9 max, clock included", "flow", "ns/op");
    for (name, shape) in [
        ("mix, 1,000 open", mix),
        ("mix, 10,000 open", Shape::mix(10_000)),
        ("IOC", ioc),
        ("IOC, 20 % replaces", Shape { replace_percent: 20, ..ioc }),
        ("swing, 100,000 ticks", Shape { place: Place::Swing, ..mix }),
        ("40,000 on 60 levels", Shape { place: Place::Dense, ..Shape::mix(40_000) }),
        ("far from the touch", Shape { place: Place::Far, ..mix }),
    ] {
        show(memory, name, &Flow::new(&shape));
    }
    for (instruments, live) in [(1, 1_000), (1_000, 1_000), (10_000, 100)] {
        show_many(memory, instruments, live);
    }
}

/// Prints what a command of a flow costs, and how long each kind takes.
fn show(memory: &mut [u8], name: &str, flow: &Flow) {
    let commands = commands_of(&flow.operations);
    let (preload, rest) = commands.split_at(flow.preload);
    let mut costs: Vec<f64> = (0..TURNS)
        .map(|_| {
            with_book(memory, SMALL, 1, preload, |book, watcher| {
                let ((), ns) = timed(|| apply_all(book, rest, watcher));
                assert_eq!(watcher.trades, flow.trades, "the book trades as the naive book does");
                per_operation(ns, rest.len())
            })
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    println!("{name:<22} {:>10.1}", costs[TURNS / 2]);
    let mut latencies =
        with_book(memory, SMALL, 1, preload, |book, watcher| measure(book, rest, watcher));
    for (kind, latencies) in KINDS.iter().zip(&mut latencies) {
        latencies.sort_unstable();
        if let Some(max) = latencies.last() {
            let [p50, p99, p999] =
                [500, 990, 999].map(|part| latencies[latencies.len() * part / 1_000]);
            println!("{kind:>33}: {p50:>6} {p99:>6} {p999:>6} {max:>9}");
        }
    }
}

/// Times every command by itself.
fn measure(book: &mut Book<'_>, commands: &[Command], watcher: &mut Watcher) -> [Vec<u64>; 4] {
    let mut latencies = [(); 4].map(|()| Vec::with_capacity(commands.len()));
    for command in commands {
        let trades = watcher.trades.count;
        let begin = now_ns();
        apply_all(book, std::slice::from_ref(command), watcher);
        let ns = now_ns() - begin;
        let kind = if matches!(command.action, Action::Cancel { .. }) {
            2
        } else if matches!(command.action, Action::Replace(_)) {
            3
        } else {
            usize::from(watcher.trades.count > trades)
        };
        latencies[kind].push(ns);
    }
    latencies
}

/// Prints what a command costs over many instruments.
fn show_many(memory: &mut [u8], instruments: u32, live: u32) {
    let flow = ManyFlow::new(instruments, live, 2_000_000);
    let (preload, rest) = flow.commands.split_at(flow.preload);
    let mut costs: Vec<f64> = (0..TURNS)
        .map(|_| {
            with_book(memory, LARGE, instruments, preload, |book, watcher| {
                let ((), ns) = timed(|| apply_all(book, rest, watcher));
                let traded = (watcher.trades.count, watcher.trades.volume);
                assert_eq!(traded, flow.traded, "the book trades as the naive books do");
                per_operation(ns, rest.len())
            })
        })
        .collect();
    costs.sort_by(f64::total_cmp);
    println!("{instruments} x {live} open: {:.1} ns/op", costs[TURNS / 2]);
}

/// Gives `work` a book in which the first commands have been applied, over memory that is made zero
/// again for it.
fn with_book<T>(
    memory: &mut [u8],
    capacities: Capacities,
    instruments: u32,
    preload: &[Command],
    work: impl FnOnce(&mut Book<'_>, &mut Watcher) -> T,
) -> T {
    let memory = &mut memory[..Book::bytes_needed(capacities)];
    memory.fill(0);
    let mut book = Book::new(memory, capacities, 1).expect("there is memory");
    define_instruments(&mut book, instruments);
    let mut watcher = Watcher::default();
    apply_all(&mut book, preload, &mut watcher);
    work(&mut book, &mut watcher)
}
