//! The hot paths one at a time, for `bench/instructions` to count: `hot_paths NAME [slower]`.
//!
//! What is counted is the function `counted` and all that it calls; all that is made for it, and
//! all that is done to look at its result, is outside. `slower` does a sixteenth of the work twice.

use bench::book_flow::{Watcher, apply_all, commands_of, define_instruments};
use bench::flow::{self, Flow};
use bench::rings::{CAPACITY, Value};
use bench::shapes::{self, Shape};
use highwater::book::Book;
use highwater::checksum::checksum;
use highwater::command::{Action, Command};
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, RECORD_BYTES_MAX, Record};
use highwater::ring::Ring;
use highwater::types::{Capacities, Sequence};
use std::hint::black_box;
use std::process::ExitCode;

/// How often a path is walked, but for those of the shapes of the market.
const TIMES: usize = 4_096;
/// Values that go through a ring together.
const BATCH: usize = 256;
const CAPACITIES: Capacities = Capacities { orders: 1 << 14, instruments: 16, sessions: 4 };

/// Commands of a shape of the market that are applied: of the swings the way to the top and most of
/// the way back.
const SHAPE_TIMES: usize = 30 * TIMES;
/// Commands of the whole flow that these are a part of.
const SHAPE_COMMANDS: usize = 1_000_000;
/// The part begins here where the crash is to be in it.
const BEFORE_THE_CRASH: usize = 490_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_slower = arguments.get(1).is_some_and(|argument| argument == "slower");
    let name = arguments.first().map_or("", String::as_str);
    let Some((walks, path)) = path_of(name) else {
        eprintln!(
            "say which: encode_new decode_new checksum_block ring_one ring_batch book_mix \
             book_static book_swing_25 book_swing_40 book_crash"
        );
        return ExitCode::FAILURE;
    };
    path(if is_slower { walks + walks / 16 } else { walks });
    // What the count is divided by.
    println!("{walks}");
    ExitCode::SUCCESS
}

/// How often the path of this name is walked, and the path, which is told so.
fn path_of(name: &str) -> Option<(usize, fn(usize))> {
    match name {
        "encode_new" => Some((TIMES, encode_new)),
        "decode_new" => Some((TIMES, decode_new)),
        "checksum_block" => Some((TIMES, checksum_block)),
        "ring_one" => Some((TIMES, ring_one)),
        "ring_batch" => Some((TIMES, ring_batch)),
        "book_mix" => Some((TIMES, book_mix)),
        "book_static" => Some((SHAPE_TIMES, |times| book_shape(Shape::Static, 0, times))),
        "book_swing_25" => Some((SHAPE_TIMES, |times| book_shape(Shape::Swing25, 0, times))),
        "book_swing_40" => Some((SHAPE_TIMES, |times| book_shape(Shape::Swing40, 0, times))),
        "book_crash" => {
            Some((SHAPE_TIMES, |times| book_shape(Shape::FlashCrash, BEFORE_THE_CRASH, times)))
        }
        _ => None,
    }
}

/// What callgrind counts, by its name.
#[inline(never)]
fn counted<T>(work: impl FnOnce() -> T) -> T {
    work()
}

fn encode_new(times: usize) {
    let records = new_records();
    let mut room = [0; RECORD_BYTES_MAX];
    counted(|| {
        for record in records.iter().cycle().take(times) {
            black_box(record.encode(black_box(&mut room)));
        }
    });
}

fn decode_new(times: usize) {
    let bytes: Vec<[u8; RECORD_BYTES_MAX]> = new_records()
        .iter()
        .map(|record| {
            let mut room = [0; RECORD_BYTES_MAX];
            record.encode(&mut room).expect("there is room");
            room
        })
        .collect();
    counted(|| {
        for bytes in bytes.iter().cycle().take(times) {
            black_box(&Record::decode(black_box(bytes)));
        }
    });
}

fn checksum_block(times: usize) {
    let block = [0x5a; BLOCK_BYTES];
    counted(|| {
        for _ in 0..times {
            black_box(checksum(&[black_box(&block)]));
        }
    });
}

fn ring_one(times: usize) {
    let ring: Box<Ring<Value, CAPACITY>> = Box::default();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    counted(|| {
        for number in (0..).take(times) {
            black_box(producer.push(Value::new(black_box(number)))).expect("there is room");
            black_box(&consumer.pop());
        }
    });
}

fn ring_batch(times: usize) {
    let ring: Box<Ring<Value, CAPACITY>> = Box::default();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    counted(|| {
        for _ in 0..times / BATCH {
            let mut batch = producer.write(BATCH);
            for number in (0..).take(BATCH) {
                batch.push(Value::new(black_box(number))).expect("there is room");
            }
            batch.commit();
            consumer.for_each(BATCH, |value| {
                black_box(value);
            });
        }
    });
}

fn book_mix(times: usize) {
    let flow = Flow::new(&flow::Shape { operations: 3 * TIMES, ..flow::Shape::mix(1_000) });
    let commands = commands_of(&flow.operations);
    let (preload, rest) = commands.split_at(flow.preload);
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("the memory is large enough");
    define_instruments(&mut book, 1);
    let mut watcher = Watcher::default();
    let (before, measured) = rest.split_at(TIMES);
    // Tables grow while more orders come than ever before: that is not what is counted.
    apply_all(&mut book, preload, &mut watcher);
    apply_all(&mut book, before, &mut watcher);
    counted(|| apply_all(&mut book, &measured[..times], &mut watcher));
    black_box(watcher);
}

/// Part of the long flow and not a short one, whose middle would run through the same ticks within
/// an eighth of the commands: levels would come and go more often.
fn book_shape(shape: Shape, first: usize, times: usize) {
    let (commands, preload) = shapes::commands_within(shape, SHAPE_COMMANDS, first..first + times);
    let (preload, measured) = commands.split_at(preload);
    let mut memory = vec![0; Book::bytes_needed(shapes::CAPACITIES)];
    let mut book =
        Book::new(&mut memory, shapes::CAPACITIES, 1).expect("the memory is large enough");
    define_instruments(&mut book, 1);
    let mut watcher = Watcher::default();
    apply_all(&mut book, preload, &mut watcher);
    counted(|| apply_all(&mut book, measured, &mut watcher));
    black_box(watcher);
}

/// Records of New commands, as the flow has them.
fn new_records() -> Vec<Record> {
    let (_, commands) = bench::stream_commands(1_024);
    let is_new = |command: &Command| matches!(command.action, Action::New(_));
    let record = |(number, command)| Record {
        sequence: Sequence(number),
        timestamp_ns: number,
        body: Body::Command(command),
    };
    (1..).zip(commands.into_iter().filter(is_new)).map(record).collect()
}
