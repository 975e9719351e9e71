//! The ring between two threads: one value at a time, in batches, there and back, on two cores and
//! on one.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::rings::{one_way, ours, round_trips};
use bench::threads::Cores;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// How many values go together.
const BATCHES: [(&str, usize); 3] = [("one", 1), ("batch_64", 64), ("batch_256", 256)];

fn between_threads(criterion: &mut Criterion) {
    for cores in [Cores::Two, Cores::One] {
        let mut group = criterion.benchmark_group(format!("ring/{}", cores.name()));
        group.throughput(Throughput::Elements(1)).sample_size(30);
        for (name, batch) in BATCHES {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|count| one_way(ours(), count, batch, cores));
            });
        }
        group.bench_function("round_trip", |bencher| {
            bencher.iter_custom(|count| round_trips(ours, count, cores));
        });
        group.finish();
    }
}

criterion_group!(benches, between_threads);
criterion_main!(benches);
