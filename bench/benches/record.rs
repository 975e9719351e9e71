//! The record room: a command to its bytes and back.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::stream_commands;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::record::{Body, RECORD_BYTES_MAX, Record};
use highwater::types::Sequence;
use std::hint::black_box;

const RECORDS: usize = 4_096;

fn encode_and_decode(criterion: &mut Criterion) {
    let (_, commands) = stream_commands(RECORDS);
    let records: Vec<Record> = commands
        .into_iter()
        .zip(1..)
        .map(|(command, number)| Record {
            sequence: Sequence(number),
            timestamp_ns: number,
            body: Body::Command(command),
        })
        .collect();
    let mut room = vec![0; RECORDS * RECORD_BYTES_MAX];
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            let mut at = 0;
            for record in &records {
                at += record.encode(&mut room[at..]).expect("there is room");
            }
            black_box(at)
        });
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let mut at = 0;
            for _ in 0..RECORDS {
                let (record, length) =
                    Record::decode(black_box(&room[at..])).expect("just encoded");
                black_box(record);
                at += length;
            }
            at
        });
    });
    group.finish();
}

criterion_group!(benches, encode_and_decode);
criterion_main!(benches);
