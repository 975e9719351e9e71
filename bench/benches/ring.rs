//! The ring on one thread: a message in and out, one at a time and in batches.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::ring::Ring;
use std::hint::black_box;

/// A message of one cache line.
type Message = [u64; 8];

const CAPACITY: usize = 1_024;
const BATCH: usize = 256;

fn push_and_pop(criterion: &mut Criterion) {
    let ring: Ring<Message, CAPACITY> = Ring::new();
    let (mut producer, mut consumer) = ring.split().expect("a new ring");
    let mut group = criterion.benchmark_group("ring");
    group.throughput(Throughput::Elements(1));
    group.bench_function("one_at_a_time", |bencher| {
        bencher.iter(|| {
            producer.push(black_box([1; 8])).expect("it is empty");
            black_box(consumer.pop())
        });
    });
    group.throughput(Throughput::Elements(BATCH as u64));
    let batch = vec![[1; 8]; BATCH];
    group.bench_function("batch_of_256", |bencher| {
        bencher.iter(|| {
            let pushed = producer.push_many(black_box(&batch));
            consumer.for_each(BATCH, |message| {
                black_box(message);
            });
            pushed
        });
    });
    group.finish();
}

criterion_group!(benches, push_and_pop);
criterion_main!(benches);
