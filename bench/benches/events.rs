//! Commands into the book on one core, reports of 64 bytes to another that reads each of them: what
//! a command costs, by the shape of the market and by the queue between the two.
//!
//! The reader folds all reports into the running hash, which is the book's in the end: no queue
//! loses a report or changes its place.

use bench::book_flow::{apply_all, define_instruments};
use bench::counters::Counters;
use bench::cpu_clock::{now_ns, per_operation, timed};
use bench::distance::Distance;
use bench::queues::{Channel, Marks, Queue, Receives};
use bench::shapes::{CAPACITIES, Shape, commands};
use bench::threads::{Cores, together};
use highwater::book::Book;
use highwater::command::Command;
use highwater::event::{Event, EventSink};
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

/// Commands of a flow.
const COMMANDS: usize = 1_000_000;
/// How often all take turns.
const TURNS: usize = 7;

/// Spin hints after which a reader that found few reports looks again. Whoever looks all the time
/// waits at the line that the next report is written to, and takes it away once a report.
const PAUSES: u32 = 1_500;

/// Reports that it takes together, at most; fewer are few.
const TOGETHER: usize = 64;

/// Part of the time that both threads must have been running in nine of ten turns; with less, other
/// programs were measured.
const RUNNING_MIN: f64 = 0.95;

/// A way of the reports.
type Way = (&'static str, fn(&Flow) -> Turn);

/// What a turn cost.
struct Turn {
    /// Nanoseconds a command.
    ns: f64,
    /// Part of the time that the thread which ran less was running.
    running: f64,
}

/// What takes turns. The first has a mark in each slot, the next two have counters that both sides
/// load, always or when they must.
const WAYS: [Way; 5] = [
    ("our ring", through::<Marks>),
    ("shared counters", through::<Counters<false>>),
    ("cached counters", through::<Counters<true>>),
    ("sync_channel", through::<Channel>),
    ("book alone", alone),
];

fn main() {
    if available_parallelism().map_or(1, usize::from) < 2 {
        println!("skipped: the book and the reader need a core each");
        return;
    }
    let before = Distance::measure();
    println!("the cores are {before}");
    println!("million commands a second, and ns a command: medians of {TURNS} turns");
    print!("{:<18}", "");
    for (name, _) in WAYS {
        print!(" {name:>16}");
    }
    println!();
    let mut worst = [0.0; WAYS.len()];
    let mut running = Vec::new();
    for shape in Shape::ALL {
        let costs = costs(&Flow::new(shape), &mut running);
        show(shape.name(), costs);
        worst.iter_mut().zip(costs).for_each(|(worst, cost)| *worst = cost.max(*worst));
    }
    show("worst of the five", worst);
    let (after, running) = (Distance::measure(), at(running, 0.1));
    println!("the cores are {after}");
    println!("in nine of ten turns the threads ran for {:.0} % of the time", 100.0 * running);
    if before.name() != after.name() || running < RUNNING_MIN {
        println!("the machine was not the same, or not free, all the time: run it again");
    }
}

fn show(name: &str, costs: [f64; WAYS.len()]) {
    print!("{name:<18}");
    for ns in costs {
        print!(" {:>8.1} {ns:>7.1}", 1e3 / ns);
    }
    println!();
}

/// What a command costs in each way, the median of all turns.
fn costs(flow: &Flow, running: &mut Vec<f64>) -> [f64; WAYS.len()] {
    let mut turns = [(); WAYS.len()].map(|()| Vec::with_capacity(TURNS));
    for _ in 0..TURNS {
        for ((_, way), costs) in WAYS.iter().zip(&mut turns) {
            let turn = way(flow);
            costs.push(turn.ns);
            running.push(turn.running);
        }
    }
    turns.map(|costs| at(costs, 0.5))
}

/// The value that `part` of them are below.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a place among few"
)]
fn at(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() as f64 * part) as usize]
}

/// A shape's commands, and what their reports amount to.
struct Flow {
    commands: Vec<Command>,
    preload: usize,
    /// The book's running hash behind the last of them.
    hash: u64,
}

impl Flow {
    fn new(shape: Shape) -> Self {
        let (commands, preload) = commands(shape, COMMANDS);
        let mut flow = Self { commands, preload, hash: 0 };
        flow.hash = flow.with_book(|book, rest| {
            apply_all(book, rest, &mut ());
            book.running_hash()
        });
        flow
    }

    /// Does `work` with a book that the preload has filled, and the commands behind it.
    fn with_book<T>(&self, work: impl FnOnce(&mut Book<'_>, &[Command]) -> T) -> T {
        let (preload, rest) = self.commands.split_at(self.preload);
        let mut memory = vec![0_u8; Book::bytes_needed(CAPACITIES)];
        let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("the memory is large enough");
        define_instruments(&mut book, 1);
        apply_all(&mut book, preload, &mut ());
        work(&mut book, rest)
    }
}

/// The processor time of a command whose events are only looked at.
fn alone(flow: &Flow) -> Turn {
    flow.with_book(|book, rest| {
        let look = &mut |event: &Event| {
            black_box(event);
        };
        let begun = now_ns();
        let ((), ran) = timed(|| apply_all(book, rest, look));
        let took = now_ns() - begun;
        Turn { ns: per_operation(ran, rest.len()), running: share(ran, took) }
    })
}

/// The time of a command whose events go to the other core through a queue.
fn through<Q: Queue>(flow: &Flow) -> Turn {
    flow.with_book(|book, rest| {
        let begin = book.running_hash();
        let mut queue = Q::default();
        let work = |sender: &mut _| apply_all(book, rest, sender);
        let Read { took, ran, hash } = read_by_other(queue.split(), begin, work);
        assert_eq!(hash, flow.hash, "a report was lost, or changed its place");
        Turn { ns: per_operation(took, rest.len()), running: share(ran, took) }
    })
}

#[expect(clippy::cast_precision_loss, reason = "a bench takes seconds")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

/// What the other core has read.
struct Read {
    /// Nanoseconds until all was read.
    took: u64,
    /// Nanoseconds of these for which the thread that ran less was running.
    ran: u64,
    /// The running hash behind the last report.
    hash: u64,
}

/// Does `work`, and waits until the other core has read all that it sent; the running hash goes on
/// from `hash`.
fn read_by_other<S: EventSink>(
    (mut sender, mut receiver): (S, impl Receives),
    mut hash: u64,
    work: impl FnOnce(&mut S),
) -> Read {
    let (is_sent, is_read) = (AtomicBool::new(false), AtomicBool::new(false));
    let send = || {
        let begun = now_ns();
        let ((), ran) = timed(|| {
            work(&mut sender);
            is_sent.store(true, Ordering::Release);
            while !is_read.load(Ordering::Acquire) {
                spin_loop();
            }
        });
        (now_ns() - begun, ran)
    };
    let mut reader_ran = 0;
    let (took, ran) = together(Cores::Two, send, || {
        (hash, reader_ran) = timed(|| read_all(&mut receiver, hash, &is_sent));
        is_read.store(true, Ordering::Release);
    });
    Read { took, ran: ran.min(reader_ran), hash }
}

/// Reads every report until nothing follows, and returns the running hash.
fn read_all(receiver: &mut impl Receives, mut hash: u64, is_sent: &AtomicBool) -> u64 {
    loop {
        let no_more = is_sent.load(Ordering::Acquire);
        match receiver.receive(TOGETHER, |event| hash = event.fold_into(hash)) {
            0 if no_more => return hash,
            0..TOGETHER => (0..PAUSES).for_each(|_| spin_loop()),
            _ => {}
        }
    }
}
