//! Publishing: the seeded stream applied to a book alone, with its feed as ITCH, and with the
//! answers of its session as OUCH besides, in turn; no files.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::stream_commands;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use highwater::book::Book;
use highwater::command::Command;
use highwater::record::{Body, Record};
use highwater::types::{Capacities, Sequence};
use highwater_publisher::{Answers, Publisher};
use std::convert::Infallible;

const COMMANDS: usize = 1 << 17;
const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 2 };
/// Bytes of a stream that wait before they are taken.
const WAITING_BYTES: usize = 64 << 10;

fn publish(criterion: &mut Criterion) {
    let (definitions, commands) = stream_commands(COMMANDS);
    let all: Vec<Record> = (1..).zip(definitions.into_iter().chain(commands)).map(record).collect();
    let mut group = criterion.benchmark_group("publish");
    group.throughput(Throughput::Elements(all.len() as u64)).sample_size(20);
    let memory = || vec![0_u8; Book::bytes_needed(CAPACITIES)];
    group.bench_function("book alone", |bencher| {
        bencher.iter_batched_ref(memory, |memory| apply(memory, &all), BatchSize::LargeInput);
    });
    for (name, answers) in [("feed", None), ("feed and answers", Some(Answers::default()))] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched_ref(
                || (memory(), Publisher::new(answers.clone())),
                |(memory, publisher)| publish_all(memory, publisher, &all),
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn record((number, command): (u64, Command)) -> Record {
    let sequence = Sequence(number);
    Record { sequence, timestamp_ns: number, body: Body::Command(command) }
}

fn apply(memory: &mut [u8], records: &[Record]) {
    let mut book = Book::new(memory, CAPACITIES, 1).expect("the memory is large enough");
    for record in records {
        if let Body::Command(command) = &record.body {
            book.apply_at(record.sequence, record.timestamp_ns, command, &mut ());
        }
    }
}

fn publish_all(memory: &mut [u8], publisher: &mut Publisher, records: &[Record]) {
    let mut book = Book::new(memory, CAPACITIES, 1).expect("the memory is large enough");
    for record in records {
        publisher.begin(record);
        if let Body::Command(command) = &record.body {
            book.apply_at(record.sequence, record.timestamp_ns, command, publisher);
        }
        publisher.finish(&book).expect("everything has room");
        take(publisher);
    }
    assert!(publisher.feed.count() > records.len() as u64 / 2, "there is a feed");
}

/// Takes what waits, as a file would.
fn take(publisher: &mut Publisher) {
    if publisher.feed.bytes().len() >= WAITING_BYTES {
        publisher.feed.clear();
    }
    if let Some(answers) = &mut publisher.answers
        && answers.waiting_bytes() >= WAITING_BYTES
    {
        let taken: Result<(), Infallible> = answers.take(|_, _| Ok(()));
        let Ok(()) = taken;
    }
}

criterion_group!(benches, publish);
criterion_main!(benches);
