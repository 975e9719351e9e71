//! A ring hands over every value once, whole and in order, whichever way it is pushed and popped.

use highwater::ring::{Carried, Consumer, Full, Producer, Ring, WORD_MAX};
use std::collections::VecDeque;
use std::mem::ManuallyDrop;
use std::thread;
use tests::random::Random;

/// Fills a cache line, as events do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Message {
    word: u64,
    rest: [u64; 7],
}

/// Every third one is carried outside its slot.
impl Carried for Message {
    type Rest = [u64; 7];
    type OutOfLine = Self;

    fn apart(&self) -> Option<(u64, [u64; 7])> {
        (self.word % 3 != 2).then_some((self.word, self.rest))
    }

    fn together(word: u64, rest: [u64; 7]) -> Self {
        Self { word, rest }
    }

    fn out_of_line(&self) -> Self {
        *self
    }

    fn from_out_of_line(out_of_line: Self) -> Self {
        out_of_line
    }
}

/// How many messages go from thread to thread in one test. An interpreter that watches every access
/// takes its time, here and below.
const MESSAGES: u64 = if cfg!(miri) { 100 } else { 1_000_000 };
/// How many the rings hold that they go through: fewer, so that slots are used again.
const CAPACITY: usize = if cfg!(miri) { 16 } else { 1_024 };

/// How many go through a ring that holds one: the threads take turns for each of them.
const SINGLE_MESSAGES: u64 = if cfg!(miri) { 20 } else { 20_000 };

/// How many walks are compared with a queue, and how many steps each has.
const WALKS: u64 = if cfg!(miri) { 1 } else { 8 };
const STEPS: u64 = if cfg!(miri) { 60 } else { 20_000 };

#[test]
fn behaves_like_a_bounded_queue() {
    for seed in 0..WALKS {
        compare_with_model(&Ring::<u64, 1>::new(), seed);
        compare_with_model(&Ring::<u64, 2>::new(), seed);
        compare_with_model(&Ring::<u64, 8>::new(), seed);
        compare_with_model(&Ring::<u64, 256>::new(), seed);
    }
}

#[test]
fn threads_pass_messages_one_at_a_time() {
    static RING: Ring<Message, CAPACITY> = Ring::new();
    pass(&RING, MESSAGES, push_each, pop_each);
}

#[test]
fn threads_pass_messages_in_batches() {
    static RING: Ring<Message, CAPACITY> = Ring::new();
    pass(&RING, MESSAGES, push_batches, pop_batches);
}

#[test]
fn threads_pass_messages_in_place() {
    static RING: Ring<Message, CAPACITY> = Ring::new();
    pass(&RING, MESSAGES, write_batches, read_batches);
}

#[test]
fn threads_pass_messages_through_a_single_slot() {
    static RING: Ring<Message, 1> = Ring::new();
    pass(&RING, SINGLE_MESSAGES, write_batches, pop_batches);
}

#[test]
fn the_check_of_passed_messages_can_fail() {
    let arrive = |numbers: &[u64]| {
        let mut arrived = Arrived::default();
        for number in numbers {
            arrived.message(&message(*number));
        }
        arrived.wrong
    };
    assert_eq!(arrive(&[0, 1, 2, 3]), 0);
    assert_ne!(arrive(&[0, 1, 3]), 0, "one was lost");
    assert_ne!(arrive(&[0, 1, 1, 2]), 0, "one came twice");
    assert_ne!(arrive(&[0, 2, 1, 3]), 0, "two changed places");
    let mut arrived = Arrived::default();
    let torn = Message { word: message(1).word, ..message(0) };
    arrived.message(&torn);
    assert_ne!(arrived.wrong, 0, "one was torn");
}

#[test]
fn is_split_once() {
    static RING: Ring<u64, 4> = Ring::new();
    {
        let _sides = RING.split().expect("it is new");
        assert!(RING.split().is_none());
    }
    assert!(RING.split().is_none(), "not even when the sides are gone");
}

#[test]
fn full_gives_the_value_back() {
    let ring = Ring::<u64, 2>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    assert_eq!([producer.push(1), producer.push(2)], [Ok(()), Ok(())]);
    assert_eq!(producer.push(3), Err(Full(3)));
    assert_eq!(producer.push_many(&[4, 5]), 0);
    assert_eq!(producer.write(1).push(6), Err(Full(6)));
    assert_eq!(producer.room(), 0);
    assert_eq!(consumer.pop(), Some(1));
    assert_eq!(producer.push(3), Ok(()));
}

#[test]
fn a_batch_keeps_every_word_in_its_place() {
    let ring = Ring::<Message, 8>::new();
    let (mut producer, mut consumer) = ring.split().unwrap();
    for lap in 0..3 {
        let first = 100 * lap;
        let sent: Vec<Message> = (first..first + 8)
            .map(|word| Message { word, rest: [1, 2, 3, 4, 5, 6, 7].map(|nth| 10 * word + nth) })
            .collect();
        assert_eq!(producer.push_many(&sent), 8);
        let taken: Vec<Message> = std::iter::from_fn(|| consumer.pop()).collect();
        assert_eq!(taken, sent);
    }
}

#[test]
fn a_batch_is_visible_when_it_ends() {
    let ring = Ring::<u64, 4>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    let mut batch = producer.write(3);
    assert_eq!((batch.push(1), batch.push(2)), (Ok(()), Ok(())));
    assert_eq!((batch.written(), batch.room()), (2, 1));
    assert!(consumer.is_empty());
    assert_eq!(batch.commit(), 2);
    assert_eq!([consumer.get(0), consumer.get(1), consumer.get(2)], [Some(1), Some(2), None]);
    let mut dropped = producer.write(9);
    assert_eq!(dropped.room(), 2, "no more than the ring has");
    assert_eq!(dropped.push(3), Ok(()));
    drop(dropped);
    assert_eq!([consumer.get(0), consumer.get(2), consumer.get(3)], [Some(1), Some(3), None]);
}

#[test]
#[should_panic(expected = "only values that are there can be released")]
fn what_is_not_there_cannot_be_released() {
    let ring = Ring::<u64, 4>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    producer.push(1).expect("it is empty");
    assert_eq!(consumer.peek(), Some(1));
    consumer.release(2);
}

#[test]
fn a_batch_that_is_leaked_comes_with_the_next_value() {
    let ring = Ring::<u64, 4>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    for lap in 0..6 {
        let mut batch = producer.write(3);
        assert_eq!((batch.push(7), batch.push(8)), (Ok(()), Ok(())));
        let _never_ended = ManuallyDrop::new(batch);
        assert!(consumer.is_empty());
        assert_eq!(producer.room(), 2);
        assert_eq!(producer.push(lap), Ok(()));
        let found = [consumer.pop(), consumer.pop(), consumer.pop(), consumer.pop()];
        assert_eq!(found, [Some(7), Some(8), Some(lap), None]);
    }
}

#[test]
fn a_word_keeps_its_highest_number() {
    let ring = Ring::<Message, 2>::new();
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    let highest = Message { word: WORD_MAX, rest: [u64::MAX; 7] };
    for _ in 0..5 {
        producer.push(highest).expect("it is empty");
        assert_eq!((consumer.pop(), consumer.pop()), (Some(highest), None));
    }
}

#[test]
#[should_panic(expected = "a word leaves its highest bit free")]
fn a_word_that_needs_the_highest_bit_is_a_bug() {
    let ring = Ring::<Message, 2>::new();
    let (mut producer, _consumer) = ring.split().expect("it is new");
    let _full = producer.push(Message { word: WORD_MAX + 1, rest: [0; 7] });
}

#[test]
#[cfg_attr(miri, ignore = "it looks at the file that it runs from")]
fn a_static_ring_takes_no_room_in_the_executable() {
    static LARGE: Ring<Message, { 1 << 20 }> = Ring::new();
    let (mut producer, _consumer) = LARGE.split().expect("it is new");
    producer.push(message(0)).expect("it is empty");
    let executable = std::env::current_exe().expect("tests run from a file");
    let bytes = executable.metadata().expect("and it is readable").len();
    let ring_bytes = u64::try_from(size_of_val(&LARGE)).expect("it fits");
    assert!(bytes < ring_bytes, "the executable has {bytes} bytes, the ring {ring_bytes}");
}

#[test]
fn each_side_may_go_to_a_thread() {
    fn is_send<T: Send>(_: &T) {}
    fn is_sync<T: Sync>(_: &T) {}
    let ring = Ring::<u64, 4>::new();
    is_sync(&ring);
    let (producer, consumer) = ring.split().expect("it is new");
    is_send(&producer);
    is_send(&consumer);
}

/// Does the same to the ring and to a queue, at random, and compares them after each operation.
fn compare_with_model<const N: usize>(ring: &Ring<u64, N>, seed: u64) {
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    let mut model = Model { queue: VecDeque::new(), capacity: N, next: 0, full: 0, empty: 0 };
    let mut random = Random::new(seed);
    for _ in 0..STEPS {
        let count = random.index(N + 3);
        match random.below(2) {
            0 => model.produce(&mut producer, &mut random, count),
            _ => model.consume(&mut consumer, &mut random, count),
        }
        assert_eq!(producer.published(), model.next);
        assert_eq!(consumer.consumed() + model.length(), model.next);
    }
    assert!(model.full > 0 && model.empty > 0, "both ends are reached");
    assert!(model.next > 2 * producer.capacity() as u64, "slots are used again");
}

/// What a ring of a capacity should do.
struct Model {
    queue: VecDeque<u64>,
    capacity: usize,
    /// The next value to be pushed.
    next: u64,
    /// How often it was full and empty.
    full: usize,
    empty: usize,
}

impl Model {
    fn produce(&mut self, producer: &mut Producer<'_, u64>, random: &mut Random, count: usize) {
        let room = self.capacity - self.queue.len();
        self.full += usize::from(room == 0);
        let values: Vec<u64> = (self.next..).take(count).collect();
        let taken = match random.below(3) {
            0 => values.iter().take_while(|value| producer.push(**value).is_ok()).count(),
            1 => producer.push_many(&values),
            _ => {
                let mut batch = producer.write(count);
                assert_eq!(batch.room(), count.min(room));
                let written = values.iter().take_while(|value| batch.push(**value).is_ok()).count();
                assert_eq!(batch.written(), written);
                batch.commit()
            }
        };
        assert_eq!(taken, count.min(room));
        assert_eq!(producer.room(), room - taken);
        self.queue.extend(values.iter().take(taken));
        self.next += taken as u64;
    }

    fn consume(&mut self, consumer: &mut Consumer<'_, u64>, random: &mut Random, count: usize) {
        self.empty += usize::from(self.queue.is_empty());
        let mut popped = Vec::new();
        match random.below(5) {
            0 => popped.extend((0..count).map_while(|_| consumer.pop())),
            1 => {
                popped = vec![0; count];
                let length = consumer.pop_many(&mut popped);
                popped.truncate(length);
            }
            2 => {
                let length = consumer.for_each(count, |value| popped.push(*value));
                assert_eq!(length, popped.len());
            }
            3 => {
                let waiting = consumer.waiting();
                assert_eq!(waiting, self.queue.len(), "all that is published");
                let values = (0..waiting.min(count)).map_while(|index| consumer.get(index));
                popped.extend(values);
                consumer.release(popped.len());
            }
            _ => {
                assert_eq!(consumer.peek().as_ref(), self.queue.front());
                for index in 0..=self.queue.len() {
                    assert_eq!(consumer.get(index).as_ref(), self.queue.get(index));
                }
                assert_eq!(consumer.is_empty(), self.queue.is_empty());
                return;
            }
        }
        let expected: Vec<u64> = self.queue.drain(..count.min(self.queue.len())).collect();
        assert_eq!(popped, expected);
    }

    fn length(&self) -> u64 {
        self.queue.len() as u64
    }
}

/// Sends this many messages from one thread to another.
fn pass<const N: usize>(
    ring: &'static Ring<Message, N>,
    messages: u64,
    produce: fn(&mut Producer<'_, Message>, u64),
    consume: fn(&mut Consumer<'_, Message>, &mut Arrived, u64),
) {
    let (mut producer, mut consumer) = ring.split().expect("it is new");
    let sender = thread::spawn(move || {
        produce(&mut producer, messages);
        producer.published()
    });
    let receiver = thread::spawn(move || {
        let mut arrived = Arrived::default();
        consume(&mut consumer, &mut arrived, messages);
        assert!(consumer.is_empty());
        assert_eq!(consumer.consumed(), arrived.count);
        arrived
    });
    assert_eq!(sender.join().expect("the producer does not panic"), messages);
    let arrived = receiver.join().expect("the consumer does not panic");
    assert_eq!((arrived.count, arrived.wrong), (messages, 0));
}

/// Message number `number`; each part differs from the same part of every other message.
fn message(number: u64) -> Message {
    let part = |part: u32| number.rotate_left(8 * part) ^ u64::from(part);
    Message { word: part(0), rest: [1, 2, 3, 4, 5, 6, 7].map(part) }
}

/// What arrived: the n-th message should be number n.
#[derive(Default)]
struct Arrived {
    count: u64,
    wrong: u64,
}

impl Arrived {
    fn message(&mut self, arrived: &Message) {
        self.wrong += u64::from(*arrived != message(self.count));
        self.count += 1;
    }
}

fn push_each(producer: &mut Producer<'_, Message>, messages: u64) {
    let mut wait = Wait::default();
    for number in 0..messages {
        let mut outcome = producer.push(message(number));
        while let Err(Full(back)) = outcome {
            wait.after(0);
            outcome = producer.push(back);
        }
    }
}

fn pop_each(consumer: &mut Consumer<'_, Message>, arrived: &mut Arrived, messages: u64) {
    let mut wait = Wait::default();
    while arrived.count < messages {
        let popped = consumer.pop();
        wait.after(usize::from(popped.is_some()));
        if let Some(message) = popped {
            arrived.message(&message);
        }
    }
}

fn push_batches(producer: &mut Producer<'_, Message>, messages: u64) {
    let mut wait = Wait::default();
    while producer.published() < messages {
        let batch: Vec<Message> = (producer.published()..messages).take(100).map(message).collect();
        wait.after(producer.push_many(&batch));
    }
}

fn pop_batches(consumer: &mut Consumer<'_, Message>, arrived: &mut Arrived, messages: u64) {
    let mut wait = Wait::default();
    let mut batch = [Message::default(); 64];
    while arrived.count < messages {
        let count = consumer.pop_many(&mut batch);
        batch.iter().take(count).for_each(|message| arrived.message(message));
        wait.after(count);
    }
}

fn write_batches(producer: &mut Producer<'_, Message>, messages: u64) {
    let mut wait = Wait::default();
    while producer.published() < messages {
        let numbers = producer.published()..messages;
        let mut batch = producer.write(100);
        for number in numbers.take(batch.room()) {
            batch.push(message(number)).expect("the batch has room");
        }
        wait.after(batch.commit());
    }
}

fn read_batches(consumer: &mut Consumer<'_, Message>, arrived: &mut Arrived, messages: u64) {
    let mut wait = Wait::default();
    while arrived.count < messages {
        let count = consumer.waiting();
        (0..count).filter_map(|index| consumer.get(index)).for_each(|it| arrived.message(&it));
        consumer.release(count);
        wait.after(count);
    }
}

/// Waits a little longer each time that there was nothing to do.
#[derive(Default)]
struct Wait {
    idle: u32,
}

impl Wait {
    /// Waits unless `count` is above 0.
    fn after(&mut self, count: usize) {
        self.idle = if count == 0 { self.idle + 1 } else { 0 };
        match self.idle {
            0 => {}
            1..100 => std::hint::spin_loop(),
            100.. => thread::yield_now(),
        }
    }
}
