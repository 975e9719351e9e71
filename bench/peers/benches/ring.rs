//! Rings between two threads, ours and others, in one run.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

use bench::rings::{CAPACITY, Pops, Pushes, Value, one_way, ours, round_trips};
use bench::threads::Cores;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use crossbeam_queue::ArrayQueue;
use disruptor::{BusySpin, EventPoller, SingleProducerBarrier};
use std::hint::black_box;
use std::sync::Arc;

/// How many values go together.
const BATCHES: [(&str, usize); 3] = [("one", 1), ("batch_64", 64), ("batch_256", 256)];

fn side_by_side(criterion: &mut Criterion) {
    for cores in [Cores::Two, Cores::One] {
        for (name, batch) in BATCHES {
            let mut group = group(criterion, &format!("ring/{}/{name}", cores.name()));
            in_one_way(&mut group, "highwater", ours, batch, cores);
            in_one_way(&mut group, "rtrb", of_rtrb, batch, cores);
            in_one_way(&mut group, "heapless", of_heapless, batch, cores);
            in_one_way(&mut group, "disruptor", of_disruptor, batch, cores);
            in_one_way(&mut group, "crossbeam", of_crossbeam, batch, cores);
            group.finish();
        }
        let mut group = group(criterion, &format!("ring/{}/round_trip", cores.name()));
        there_and_back(&mut group, "highwater", ours, cores);
        there_and_back(&mut group, "rtrb", of_rtrb, cores);
        there_and_back(&mut group, "heapless", of_heapless, cores);
        there_and_back(&mut group, "disruptor", of_disruptor, cores);
        there_and_back(&mut group, "crossbeam", of_crossbeam, cores);
        group.finish();
    }
}

fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1)).sample_size(30);
    group
}

fn in_one_way<P: Pushes, C: Pops>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    new_ring: impl Fn() -> (P, C),
    batch: usize,
    cores: Cores,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| one_way(new_ring(), count, batch, cores));
    });
}

fn there_and_back<P: Pushes, C: Pops>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    new_ring: impl Fn() -> (P, C),
    cores: Cores,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| round_trips(&new_ring, count, cores));
    });
}

/// `rtrb`, with its chunks for batches.
struct Rtrb<T>(T);

fn of_rtrb() -> (impl Pushes, impl Pops) {
    let (producer, consumer) = rtrb::RingBuffer::new(CAPACITY);
    (Rtrb(producer), Rtrb(consumer))
}

impl Pushes for Rtrb<rtrb::Producer<Value>> {
    fn push(&mut self, number: u64) -> bool {
        self.0.push(Value::new(number)).is_ok()
    }

    fn push_batch(&mut self, first: u64, count: usize) -> usize {
        let room = self.0.slots().min(count);
        let chunk = self.0.write_chunk_uninit(room).expect("there is room");
        chunk.fill_from_iter((first..).map(Value::new))
    }
}

impl Pops for Rtrb<rtrb::Consumer<Value>> {
    fn pop(&mut self) -> Option<u64> {
        self.0.pop().ok().map(|value| value.read())
    }

    fn pop_batch(&mut self, max: usize) -> usize {
        let count = self.0.slots().min(max);
        let chunk = self.0.read_chunk(count).expect("they are there");
        let (older, newer) = chunk.as_slices();
        older.iter().chain(newer).for_each(|value| {
            black_box(value.read());
        });
        chunk.commit_all();
        count
    }
}

/// `heapless::spsc`, which has no batches.
struct Heapless<T>(T);

/// One place of it stays free.
type Queue = heapless::spsc::Queue<Value, CAPACITY>;

fn of_heapless() -> (impl Pushes, impl Pops) {
    let queue: &'static mut Queue = Box::leak(Box::default());
    let (producer, consumer) = queue.split();
    (Heapless(producer), Heapless(consumer))
}

impl Pushes for Heapless<heapless::spsc::Producer<'static, Value>> {
    fn push(&mut self, number: u64) -> bool {
        self.0.enqueue(Value::new(number)).is_ok()
    }
}

impl Pops for Heapless<heapless::spsc::Consumer<'static, Value>> {
    fn pop(&mut self) -> Option<u64> {
        self.0.dequeue().map(|value| value.read())
    }
}

/// Crossbeam's queue of many producers and consumers.
struct Crossbeam(Arc<ArrayQueue<Value>>);

fn of_crossbeam() -> (impl Pushes, impl Pops) {
    let queue = Arc::new(ArrayQueue::new(CAPACITY));
    (Crossbeam(Arc::clone(&queue)), Crossbeam(queue))
}

impl Pushes for Crossbeam {
    fn push(&mut self, number: u64) -> bool {
        self.0.push(Value::new(number)).is_ok()
    }
}

impl Pops for Crossbeam {
    fn pop(&mut self) -> Option<u64> {
        self.0.pop().map(|value| value.read())
    }
}

/// `disruptor` with a single producer and a poller.
struct Disruptor<T>(T);

fn of_disruptor() -> (impl Pushes, impl Pops) {
    let builder = disruptor::build_single_producer(CAPACITY, || Value::new(0), BusySpin);
    let (poller, builder) = builder.new_event_poller();
    (Disruptor(builder.build()), Disruptor(poller))
}

impl<P: disruptor::Producer<Value> + Send> Pushes for Disruptor<P> {
    fn push(&mut self, number: u64) -> bool {
        self.0.try_publish(|place| *place = Value::new(number)).is_ok()
    }

    fn push_batch(&mut self, first: u64, count: usize) -> usize {
        let published = self.0.try_batch_publish(count, |places| {
            places.zip(first..).for_each(|(place, number)| *place = Value::new(number));
        });
        if published.is_ok() { count } else { 0 }
    }
}

impl Pops for Disruptor<EventPoller<Value, SingleProducerBarrier>> {
    fn pop(&mut self) -> Option<u64> {
        let mut events = self.0.take(1).ok()?;
        (&mut events).next().map(Value::read)
    }

    fn pop_batch(&mut self, max: usize) -> usize {
        let Ok(mut events) = self.0.take(max as u64) else {
            return 0;
        };
        (&mut events).map(Value::read).map(black_box).count()
    }
}

criterion_group!(benches, side_by_side);
criterion_main!(benches);
