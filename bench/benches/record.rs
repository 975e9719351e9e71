//! The record room: a command to its bytes and back.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::stream_commands;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::command::{Action, Command};
use highwater::record::{Body, RECORD_BYTES_MAX, Record};
use highwater::types::Sequence;
use std::hint::black_box;

/// Few enough that they stay in the nearest cache, as records on their way do.
const RECORDS: usize = 256;

fn encode_and_decode(criterion: &mut Criterion) {
    let (_, commands) = stream_commands(64 * RECORDS);
    let is_new = |command: &&Command| matches!(command.action, Action::New(_));
    let is_cancel = |command: &&Command| matches!(command.action, Action::Cancel { .. });
    measure(criterion, "record/stream", &mut commands.iter());
    measure(criterion, "record/new", &mut commands.iter().filter(is_new));
    measure(criterion, "record/cancel", &mut commands.iter().filter(is_cancel));
}

/// Encodes and decodes records of some of these commands, each time all of them.
fn measure(criterion: &mut Criterion, name: &str, commands: &mut dyn Iterator<Item = &Command>) {
    let record = |(number, command): (u64, &Command)| Record {
        sequence: Sequence(number),
        timestamp_ns: number,
        body: Body::Command(*command),
    };
    let records: Vec<Record> = (1..).zip(commands).take(RECORDS).map(record).collect();
    assert_eq!(records.len(), RECORDS, "the stream has enough of them");
    let mut room = vec![0; RECORDS * RECORD_BYTES_MAX];
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            let mut at = 0;
            for record in black_box(&records) {
                at += record.encode(&mut room[at..]).expect("there is room");
            }
            at
        });
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut at = 0;
            for _ in 0..RECORDS {
                let decoded = Record::decode(black_box(&room[at..]));
                at += black_box(&decoded).as_ref().map_or(0, |(_, length)| *length);
            }
            at
        });
    });
    group.finish();
}

criterion_group!(benches, encode_and_decode);
criterion_main!(benches);
