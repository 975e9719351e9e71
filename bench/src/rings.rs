//! What is asked of every ring, ours and others: numbers through it, one at a time, in batches, and
//! there and back again.

use crate::threads::{Cores, together};
use highwater::ring::{Carried, Consumer, Producer, Ring};
use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Values that every ring holds.
pub const CAPACITY: usize = 1_024;

/// The producing side of a ring, filled with values of 64 bytes.
pub trait Pushes: Send {
    /// Pushes value number `number`; false when there is no room.
    fn push(&mut self, number: u64) -> bool;

    /// Pushes the values from number `first` on, at most `count`; returns how many. A ring without
    /// batches pushes one by one.
    fn push_batch(&mut self, first: u64, count: usize) -> usize {
        (first..).take(count).take_while(|number| self.push(*number)).count()
    }
}

/// The consuming side of a ring.
pub trait Pops: Send {
    /// Takes the oldest value, reads all of it, and returns its number.
    fn pop(&mut self) -> Option<u64>;

    /// Takes at most `max` values, reads all of them, and returns how many.
    fn pop_batch(&mut self, max: usize) -> usize {
        (0..max).map_while(|_| self.pop()).map(black_box).count()
    }
}

/// A value of 64 bytes, of which the first 8 say its number.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    number: u64,
    rest: [u64; 7],
}

impl Value {
    /// Value number `number`, below 2^63.
    #[inline]
    pub const fn new(number: u64) -> Self {
        Self { number, rest: [number; 7] }
    }

    /// The number, all bytes read.
    #[inline]
    pub fn read(&self) -> u64 {
        black_box(self.rest.iter().fold(0, |sum, part| sum ^ part));
        self.number
    }
}

impl Carried for Value {
    type Rest = [u64; 7];
    type OutOfLine = Infallible;

    #[inline]
    fn apart(&self) -> Option<(u64, [u64; 7])> {
        Some((self.number, self.rest))
    }

    #[inline]
    fn together(number: u64, rest: [u64; 7]) -> Self {
        Self { number, rest }
    }

    fn out_of_line(&self) -> Infallible {
        unreachable!("every one fits its slot")
    }

    fn from_out_of_line(out_of_line: Infallible) -> Self {
        match out_of_line {}
    }
}

/// The two sides of a new ring of the core.
///
/// # Panics
/// Never: a new ring can be split.
pub fn ours() -> (impl Pushes, impl Pops) {
    let ring: &'static Ring<Value, CAPACITY> = Box::leak(Box::default());
    ring.split().expect("it is new")
}

impl Pushes for Producer<'_, Value> {
    #[inline]
    fn push(&mut self, number: u64) -> bool {
        Producer::push(self, Value::new(number)).is_ok()
    }

    fn push_batch(&mut self, first: u64, count: usize) -> usize {
        let mut batch = self.write(count);
        (first..).take(count).take_while(|number| batch.push(Value::new(*number)).is_ok()).count()
    }
}

impl Pops for Consumer<'_, Value> {
    #[inline]
    fn pop(&mut self) -> Option<u64> {
        Consumer::pop(self).map(|value| value.read())
    }

    fn pop_batch(&mut self, max: usize) -> usize {
        self.for_each(max, |value| {
            black_box(value.read());
        })
    }
}

/// The time that `count` values take from one thread to another, `batch` at a time.
///
/// # Panics
/// When a value is lost or changes places.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn one_way(
    (mut producer, mut consumer): (impl Pushes, impl Pops),
    count: u64,
    batch: usize,
    cores: Cores,
) -> Duration {
    let produce = move || {
        let mut next = 0;
        while next < count {
            let wanted = batch.min(usize::try_from(count - next).unwrap_or(batch));
            let pushed = match wanted {
                1 => usize::from(producer.push(next)),
                _ => producer.push_batch(next, wanted),
            };
            next += pushed as u64;
            if pushed == 0 {
                cores.wait();
            }
        }
    };
    let consume = move || {
        let started = Instant::now();
        let mut taken = 0;
        while taken < count {
            let popped = match batch {
                1 => consumer.pop().map_or(0, |number| {
                    assert_eq!(number, taken, "values arrive in order");
                    1
                }),
                _ => consumer.pop_batch(batch),
            };
            taken += popped as u64;
            if popped == 0 {
                cores.wait();
            }
        }
        started.elapsed()
    };
    together(cores, consume, produce)
}

/// The time that `count` values take to another thread and back, one at a time.
#[expect(clippy::disallowed_methods, reason = "a bench measures time")]
pub fn round_trips<P: Pushes, C: Pops>(
    new_ring: impl Fn() -> (P, C),
    count: u64,
    cores: Cores,
) -> Duration {
    let ((mut there, mut arrives), (mut back, mut returns)) = (new_ring(), new_ring());
    let answer = move || {
        for _ in 0..count {
            back.push(wait_for(&mut arrives, cores));
        }
    };
    let ask = move || {
        let started = Instant::now();
        for number in 0..count {
            there.push(number);
            black_box(wait_for(&mut returns, cores));
        }
        started.elapsed()
    };
    together(cores, ask, answer)
}

#[inline]
fn wait_for(consumer: &mut impl Pops, cores: Cores) -> u64 {
    loop {
        match consumer.pop() {
            Some(number) => return number,
            None => cores.wait(),
        }
    }
}
