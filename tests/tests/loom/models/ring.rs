//! The ring under loom: values arrive once, whole and in order, and a slot has one owner at a time.

use crate::atomic::{Weak, begin_side, weaken};
use crate::checked::ring::{Alone, Carried, Consumer, Full, Producer, Ring};
use crate::explore::{RACE, assert_fails, executions};
use loom::thread;

/// The last value that a model sends; they are more than the ring holds, so slots are used again.
const LAST: u64 = 3;

/// A number, and whether it is carried outside its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    number: u64,
    is_long: bool,
}

impl Carried for Sent {
    type Rest = Alone<Self>;
    type OutOfLine = Self;

    fn apart(&self) -> Option<(u64, Alone<Self>)> {
        (!self.is_long).then_some((0, Alone(*self)))
    }

    fn together(_: u64, Alone(sent): Alone<Self>) -> Self {
        sent
    }

    fn out_of_line(&self) -> Self {
        *self
    }

    fn from_out_of_line(out_of_line: Self) -> Self {
        out_of_line
    }
}

/// Which numbers are carried outside their slots. Of the two slots of a ring one has the even ones
/// and one the odd ones, and this one is used again.
#[derive(Clone, Copy)]
enum Long {
    Even,
    Odd,
}

impl Long {
    const BOTH: [Self; 2] = [Self::Even, Self::Odd];

    fn sent(self, number: u64) -> Sent {
        let is_long = match self {
            Self::Even => number.is_multiple_of(2),
            Self::Odd => !number.is_multiple_of(2),
        };
        Sent { number, is_long }
    }
}

#[test]
fn one_at_a_time() {
    assert!(send_all(push_each, pop_each) > 10_000);
}

#[test]
fn in_batches() {
    assert!(send_all(push_batch, read_batch) > 300);
}

#[test]
fn written_in_place_and_taken_in_place() {
    assert!(send_all(write_batch, take_batch) > 300);
}

#[test]
fn a_batch_is_seen_whole() {
    assert!(send_all(write_two, find_two) > 10);
}

#[test]
fn fails_when_a_batch_is_pushed_one_by_one() {
    assert_fails("a batch is seen whole", || send(push_two, find_two, NONE, Long::Odd));
}

#[test]
fn who_splits_first_gets_both_sides() {
    assert!(executions(|| split_twice(None)) > 4);
}

#[test]
fn fails_when_splitting_looks_and_then_leaps() {
    assert_fails(ONE_SPLITS, || split_twice(Some(Weak::Exchanges)));
}

#[test]
fn fails_when_a_value_is_published_without_release() {
    assert_races([Some(Weak::Stores), None]);
}

#[test]
fn fails_when_a_free_slot_is_found_without_acquire() {
    assert_races([Some(Weak::Loads), None]);
}

#[test]
fn fails_when_a_slot_is_given_back_without_release() {
    assert_races([None, Some(Weak::Stores)]);
}

#[test]
fn fails_when_a_value_is_found_without_acquire() {
    assert_races([None, Some(Weak::Loads)]);
}

/// Asserts that loom finds a race when this is weakened, in all three ways of using a ring.
fn assert_races(weak: [Option<Weak>; 2]) {
    for long in Long::BOTH {
        assert_fails(RACE, move || send(push_each, pop_each, weak, long));
        assert_fails(RACE, move || send(push_batch, read_batch, weak, long));
        assert_fails(RACE, move || send(write_batch, take_batch, weak, long));
    }
}

/// How many executions there are of two sides as they are, at least, whichever numbers are long.
fn send_all(
    produce: fn(&mut Producer<'_, Sent>, Long),
    consume: fn(&mut Consumer<'_, Sent>),
) -> usize {
    let all = Long::BOTH.map(|long| executions(move || send(produce, consume, NONE, long)));
    all.into_iter().min().unwrap_or(0)
}

/// Both sides as they are.
const NONE: [Option<Weak>; 2] = [None, None];

const ONE_SPLITS: &str = "one of them has the sides";

/// Two threads ask for the sides of a ring.
fn split_twice(weak: Option<Weak>) {
    loom::lazy_static! {
        static ref RING: Ring<u64, 2> = Ring::new();
    }
    let splitters = [0, 1].map(|_| {
        thread::spawn(move || {
            weaken(weak);
            RING.split().is_some()
        })
    });
    let winners = splitters.map(|splitter| splitter.join().expect("it did not panic"));
    assert!(winners[0] != winners[1], "{ONE_SPLITS}");
}

/// Sends the values through a ring of two, from one thread to another.
fn send(
    produce: fn(&mut Producer<'_, Sent>, Long),
    consume: fn(&mut Consumer<'_, Sent>),
    weak: [Option<Weak>; 2],
    long: Long,
) {
    loom::lazy_static! {
        static ref RING: Ring<Sent, 2> = Ring::new();
    }
    let (mut producer, mut consumer) = RING.split().expect("each execution has a new ring");
    // Value 0 goes through first, because both counters have to be made here.
    producer.push(long.sent(0)).expect("it is empty");
    assert_eq!(consumer.pop(), Some(long.sent(0)));
    let sender = thread::spawn(move || {
        begin_side(weak[0]);
        produce(&mut producer, long);
        assert_eq!(producer.published(), LAST + 1);
    });
    let receiver = thread::spawn(move || {
        begin_side(weak[1]);
        consume(&mut consumer);
        assert_eq!(consumer.consumed(), LAST + 1);
        assert!(consumer.is_empty(), "no value arrives twice");
    });
    sender.join().expect("the producer does not panic");
    receiver.join().expect("the consumer does not panic");
}

fn push_each(producer: &mut Producer<'_, Sent>, long: Long) {
    for mut value in (1..=LAST).map(|number| long.sent(number)) {
        while let Err(Full(back)) = producer.push(value) {
            value = back;
            thread::yield_now();
        }
    }
}

fn pop_each(consumer: &mut Consumer<'_, Sent>) {
    let mut next = 1;
    while next <= LAST {
        match consumer.pop() {
            Some(value) => next = follows(value, next),
            None => thread::yield_now(),
        }
    }
}

fn push_batch(producer: &mut Producer<'_, Sent>, long: Long) {
    let values: Vec<Sent> = (1..=LAST).map(|number| long.sent(number)).collect();
    let mut rest = values.as_slice();
    while !rest.is_empty() {
        match producer.push_many(rest) {
            0 => thread::yield_now(),
            taken => rest = &rest[taken..],
        }
    }
}

fn read_batch(consumer: &mut Consumer<'_, Sent>) {
    let mut next = 1;
    while next <= LAST {
        let count = consumer.waiting();
        for index in 0..count {
            next = follows(consumer.get(index).expect("it waits"), next);
        }
        consumer.release(count);
        if count == 0 {
            thread::yield_now();
        }
    }
}

fn write_batch(producer: &mut Producer<'_, Sent>, long: Long) {
    while producer.published() <= LAST {
        let next = producer.published();
        let mut batch = producer.write(2);
        for number in next..=LAST {
            if batch.push(long.sent(number)).is_err() {
                break;
            }
        }
        if batch.commit() == 0 {
            thread::yield_now();
        }
    }
}

fn take_batch(consumer: &mut Consumer<'_, Sent>) {
    let mut next = 1;
    while next <= LAST {
        if consumer.for_each(2, |value| next = follows(*value, next)) == 0 {
            thread::yield_now();
        }
    }
}

fn write_two(producer: &mut Producer<'_, Sent>, long: Long) {
    let mut batch = producer.write(2);
    assert_eq!([1, 2].map(|number| batch.push(long.sent(number))), [Ok(()), Ok(())]);
    batch.commit();
    push_last(producer, long);
}

fn push_two(producer: &mut Producer<'_, Sent>, long: Long) {
    assert_eq!([1, 2].map(|number| producer.push(long.sent(number))), [Ok(()), Ok(())]);
    push_last(producer, long);
}

fn push_last(producer: &mut Producer<'_, Sent>, long: Long) {
    while producer.push(long.sent(LAST)).is_err() {
        thread::yield_now();
    }
}

fn find_two(consumer: &mut Consumer<'_, Sent>) {
    while consumer.get(0).is_none() {
        thread::yield_now();
    }
    let second = consumer.get(1).map(|sent| sent.number);
    assert_eq!(second, Some(2), "a batch is seen whole");
    let two = [consumer.pop(), consumer.pop()].map(|sent| sent.map(|sent| sent.number));
    assert_eq!(two, [Some(1), Some(2)]);
    while consumer.pop().is_none() {
        thread::yield_now();
    }
}

/// The number after `value`, which must be the `expected` one.
fn follows(value: Sent, expected: u64) -> u64 {
    assert_eq!(value.number, expected, "values arrive in order");
    expected + 1
}
