//! A publisher that goes on from its image makes the same bytes as one that never stopped; other
//! bytes are refused, or are the image of another publisher.

use crate::recorded::{Chunk, Run, Step};
use crate::{COMMAND_COUNT, run_count};
use highwater::command::{Action, Command};
use highwater::record::{Body, Record};
use highwater::types::{ClientSequence, Sequence, SessionId};
use highwater_publisher::{Answers, Publisher};
use tests::random::Random;

/// Bytes of an order of an image: its names, what is known of it, its terms, and its client bytes.
const ORDER_BYTES: usize = 12 + 8 + 1 + 4 + 8 + 8 + 1 + 1 + 4 + 4 + 4 + 28;

/// Where an image has the number of references that were given: behind sequence, day, and a clock.
const REFERENCES_AT: usize = 8 + 4 + 1 + 16;

#[test]
fn a_publisher_goes_on_from_its_image() {
    let (mut count, mut between_days) = (0, 0);
    for seed in 0..run_count().div_ceil(4) {
        let mut random = Random::new(seed);
        let mut memory = Vec::new();
        let mut run = Run::new(&mut memory, seed);
        let mut others = [Publisher::new(Some(Answers::default()))];
        for _ in 0..COMMAND_COUNT {
            let (step, [chunk]) = step(&mut run, &mut others);
            assert_eq!(chunk, step.chunk, "seed {seed}");
            if random.chance(20) || step.due.ends_day() {
                let image = others[0].image();
                assert_eq!(image, run.publisher.image(), "seed {seed}: the states are the same");
                others = [Publisher::of_image(&image).expect("its image")];
                assert_eq!(others[0].image(), image, "seed {seed}: an image comes back");
                assert_eq!(others[0].open_order_count(), run.publisher.open_order_count());
                count += 1;
                between_days += u32::from(step.due.ends_day());
            }
        }
    }
    assert!(count > 100 && between_days > 10, "{count} images, {between_days} between two days");
}

/// One command of a run, and what the other publisher made of it.
fn step(run: &mut Run<'_>, others: &mut [Publisher; 1]) -> (Step, [Chunk; 1]) {
    let (step, chunks) = run.step_with(others);
    (step, chunks.try_into().expect("there is one other"))
}

#[test]
fn an_image_without_answers_comes_back() {
    let mut memory = Vec::new();
    let mut run = Run::new(&mut memory, 1);
    let mut others = [Publisher::new(None)];
    for _ in 0..COMMAND_COUNT {
        let (step, [chunk]) = step(&mut run, &mut others);
        assert_eq!(chunk.feed, step.chunk.feed, "the feed is the same without answers");
        assert!(chunk.answers.is_empty());
        others = [Publisher::of_image(&others[0].image()).expect("its image")];
        assert!(others[0].answers.is_none());
    }
}

#[test]
fn a_wrong_number_in_an_image_is_seen() {
    let mut memory = Vec::new();
    let mut run = Run::new(&mut memory, 2);
    while run.publisher.open_order_count() < 3 {
        run.step();
    }
    let mut image = run.publisher.image();
    image[REFERENCES_AT + 7] ^= 1;
    let mut others = [Publisher::of_image(&image).expect("another publisher's image")];
    let differs = (0..20).any(|_| {
        let (step, [chunk]) = step(&mut run, &mut others);
        chunk != step.chunk
    });
    assert!(differs, "a later order has another number");
}

#[test]
fn any_bytes_are_an_image_or_refused() {
    let (mut refused, mut taken) = (0, 0);
    for seed in 0..run_count().div_ceil(10) {
        let mut random = Random::new(seed);
        let mut memory = Vec::new();
        let mut run = Run::new(&mut memory, seed);
        for _ in 0..COMMAND_COUNT / 3 {
            run.step();
            let image = run.publisher.image();
            for _ in 0..10 {
                let other = damaged(&image, &mut random);
                match Publisher::of_image(&other) {
                    Err(_) => refused += 1,
                    Ok(mut publisher) => {
                        // What is taken is a state: nothing of it is left out, and it goes on.
                        assert_eq!(publisher.image().len(), other.len(), "seed {seed}");
                        if publisher.day() < u32::MAX {
                            publisher.next_day();
                            publisher.begin(&a_record());
                            assert!(publisher.feed.count() > 0);
                        }
                        taken += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 1_000 && taken > 100, "{refused} refused, {taken} taken");
}

/// The first record of a day.
fn a_record() -> Record {
    let (session, client_sequence) = (SessionId::OPERATOR, ClientSequence(1));
    let command = Command { session, client_sequence, action: Action::EndOfDay };
    Record { sequence: Sequence(1), timestamp_ns: 1, body: Body::Command(command) }
}

/// An image with some bytes changed, left out, added or doubled.
fn damaged(image: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = image.to_vec();
    let at = random.index(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => bytes.extend_from_slice(&image[at..]),
        3 => {
            let end = bytes.len().min(at + 8);
            bytes[at..end].fill(0xFF);
        }
        4 => {
            // Whatever stands there, stands there twice.
            let from = random.index(bytes.len());
            let length = (bytes.len() - at.max(from)).min(1 + random.index(80));
            bytes.copy_within(from..from + length, at);
        }
        _ => {
            for byte in &mut bytes[at..] {
                *byte = u8::try_from(random.below(256)).expect("a byte");
            }
        }
    }
    bytes
}

#[test]
fn an_order_that_is_there_twice_is_refused() {
    let mut memory = Vec::new();
    let mut run = Run::new(&mut memory, 4);
    let mut others = [Publisher::new(None)];
    while others[0].open_order_count() != 2 {
        step(&mut run, &mut others);
    }
    // The orders are the last but for the flag that there are no answers.
    let mut image = others[0].image();
    let second = image.len() - 1 - ORDER_BYTES;
    assert!(Publisher::of_image(&image).is_ok());
    image.copy_within(second - ORDER_BYTES..second, second);
    assert!(Publisher::of_image(&image).is_err());
}
