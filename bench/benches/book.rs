//! The book alone: commands of the seeded stream applied on one thread, events folded into the
//! running hash.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::stream_commands;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use highwater::book::Book;
use highwater::command::Command;
use highwater::event::Event;
use highwater::types::Capacities;
use std::hint::black_box;

const COMMANDS: usize = 200_000;
const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 2 };

fn apply_stream(criterion: &mut Criterion) {
    let (definitions, commands) = stream_commands(COMMANDS);
    let all: Vec<Command> = definitions.into_iter().chain(commands).collect();
    let mut group = criterion.benchmark_group("book");
    group.throughput(Throughput::Elements(all.len() as u64)).sample_size(20);
    group.bench_function("apply_stream", |bencher| {
        bencher.iter_batched_ref(
            || vec![0_u8; Book::bytes_needed(CAPACITIES)],
            |memory| {
                let mut book =
                    Book::new(memory, CAPACITIES, 1).expect("the memory is large enough");
                let mut events = 0_u64;
                for command in &all {
                    let sequence = book.last_sequence().next();
                    book.apply(sequence, command, &mut |_: &Event| events += 1);
                }
                black_box((events, book.running_hash()))
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, apply_stream);
criterion_main!(benches);
