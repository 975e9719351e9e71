//! Commands into the book on one core, events of 64 bytes through a ring to another: what a second
//! of it takes, by the shape of the market, and what the book and the ring alone would take.

use bench::book_flow::{apply_all, define_instruments};
use bench::cpu_clock::timed;
use bench::shapes::{CAPACITIES, Shape, commands};
use bench::threads::{Cores, together};
use highwater::book::Book;
use highwater::command::Command;
use highwater::event::{Event, EventSink};
use highwater::limits::EVENT_RING_CAPACITY;
use highwater::ring::{Consumer, Producer, Ring};
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Commands of a flow.
const COMMANDS: usize = 1_000_000;
/// How often all take turns.
const TURNS: usize = 7;

/// Spin hints after which a drainer that found few events looks again. Whoever looks all the time
/// waits at the line that the next event is written to, and takes it away once an event.
const PAUSES: u32 = 1_500;

/// Events that it takes together, at most; fewer are few.
const TOGETHER: usize = 64;

/// The event ring of an engine, as it is.
type EventRing = Ring<Event, EVENT_RING_CAPACITY>;

fn main() {
    println!("million commands a second: median and best of {TURNS} turns; events a command");
    println!(
        "{:<12} {:>13} {:>13} {:>13} {:>8}",
        "shape", "both", "book only", "ring only", "events"
    );
    for shape in Shape::ALL {
        let (commands, preload) = commands(shape, COMMANDS);
        let (preload, rest) = commands.split_at(preload);
        let events = events_of(preload, rest);
        let mut turns: [Vec<f64>; 3] = Default::default();
        for _ in 0..TURNS {
            turns[0].push(through_the_ring(preload, rest));
            turns[1].push(book_alone(preload, rest));
            turns[2].push(ring_alone(&events));
        }
        let per_command = per_second(events.len(), 1.0) / per_second(rest.len(), 1.0);
        let [both, book, ring] = turns.map(median_and_best);
        let ring = ring.map(|rate| rate / per_command);
        print!("{:<12}", shape.name());
        for [median, best] in [both, book, ring] {
            print!(" {median:>6.1} {best:>6.1}");
        }
        println!(" {per_command:>8.2}");
    }
}

/// All events that follow from the commands behind the preload.
fn events_of(preload: &[Command], rest: &[Command]) -> Vec<Event> {
    let mut events = Vec::with_capacity(2 * rest.len());
    with_book(preload, |book| {
        apply_all(book, rest, &mut |event: &Event| events.push(*event));
    });
    events
}

/// Millions of commands a second whose events go to the other core.
fn through_the_ring(preload: &[Command], rest: &[Command]) -> f64 {
    let took = with_book(preload, |book| {
        drained(|producer| apply_all(book, rest, &mut RingSink(producer)))
    });
    per_second(rest.len(), took.as_secs_f64())
}

/// Millions of commands a second of processor time whose events are only looked at.
fn book_alone(preload: &[Command], rest: &[Command]) -> f64 {
    let ((), ns) = with_book(preload, |book| {
        timed(|| {
            apply_all(book, rest, &mut |event: &Event| {
                black_box(event);
            });
        })
    });
    per_second(rest.len(), Duration::from_nanos(ns).as_secs_f64())
}

/// Millions of events a second through the ring, with no book behind it.
fn ring_alone(events: &[Event]) -> f64 {
    let took = drained(|producer| {
        let mut sink = RingSink(producer);
        for event in events {
            sink.event(event);
        }
    });
    per_second(events.len(), took.as_secs_f64())
}

fn with_book<T>(preload: &[Command], work: impl FnOnce(&mut Book<'_>) -> T) -> T {
    let mut memory = vec![0_u8; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("the memory is large enough");
    define_instruments(&mut book, 1);
    apply_all(&mut book, preload, &mut ());
    work(&mut book)
}

/// A sink that waits for room in the ring and then builds the event there, as the sequencer's does.
struct RingSink<'p, 'r>(&'p mut Producer<'r, Event>);

impl EventSink for RingSink<'_, '_> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an event goes from where it is made into its slot")]
    fn event(&mut self, event: &Event) {
        while !self.0.has_room(1) {
            spin_loop();
        }
        self.0.push_copy(event);
    }
}

/// The time that `work` takes until all that it pushed has arrived on the other core.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
fn drained(work: impl FnOnce(&mut Producer<'_, Event>)) -> Duration {
    let ring: Box<EventRing> = Box::default();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    let (is_pushed, is_drained) = (AtomicBool::new(false), AtomicBool::new(false));
    let here = || {
        let started = Instant::now();
        work(&mut producer);
        is_pushed.store(true, Ordering::Release);
        while !is_drained.load(Ordering::Acquire) {
            spin_loop();
        }
        started.elapsed()
    };
    together(Cores::Two, here, || {
        drain(&mut consumer, &is_pushed);
        is_drained.store(true, Ordering::Release);
    })
}

/// Reads every event until nothing follows.
fn drain(consumer: &mut Consumer<'_, Event>, is_pushed: &AtomicBool) {
    loop {
        let no_more = is_pushed.load(Ordering::Acquire);
        let count = consumer.for_each(TOGETHER, |event| {
            black_box(event);
        });
        match count {
            0 if no_more => return,
            0..TOGETHER => (0..PAUSES).for_each(|_| spin_loop()),
            _ => {}
        }
    }
}

/// Millions a second.
#[expect(clippy::cast_precision_loss, reason = "a million is few")]
fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds / 1e6
}

/// The middle one, and the one that other programs disturbed least.
fn median_and_best(mut rates: Vec<f64>) -> [f64; 2] {
    rates.sort_by(f64::total_cmp);
    [rates[rates.len() / 2], rates[rates.len() - 1]]
}
