//! Wrong streams are found: messages that are left out, doubled, swapped, or that say a wrong time,
//! quantity or number.

use crate::judge::{Complaint, judge};
use crate::recorded::{Chunk, Step, record};
use crate::run_count;
use highwater::types::SessionId;
use tests::random::Random;

/// Commands of a run with a wrong message.
const COMMAND_COUNT: usize = 80;

/// Bytes before a message.
const LENGTH_BYTES: usize = 2;

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// A message is left out.
    Dropped,
    /// A message is there twice.
    Doubled,
    /// Two neighbours changed places.
    Swapped,
    /// A time is before the one before it.
    Earlier,
    /// A time is one nanosecond late.
    Later,
    /// A quantity is one more.
    Quantity,
    /// A price is one more.
    Price,
    /// An order has the number of another, or none that there is.
    Reference,
    /// A trade has another number.
    Match,
    /// A message ends early.
    Cut,
    /// One bit is another one.
    Bit,
    /// What an iceberg shows anew keeps its number, in the feed, in the answer or in both.
    OldReference,
}

const FLAWS: [Flaw; 12] = [
    Flaw::Dropped,
    Flaw::Doubled,
    Flaw::Swapped,
    Flaw::Earlier,
    Flaw::Later,
    Flaw::Quantity,
    Flaw::Price,
    Flaw::Reference,
    Flaw::Match,
    Flaw::Cut,
    Flaw::Bit,
    Flaw::OldReference,
];

/// The stream that a message is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Feed,
    Of(SessionId),
}

#[test]
fn every_flaw_of_a_stream_is_found() {
    for flaw in FLAWS {
        let (mut tried, mut by_reader) = (0_u32, 0_u32);
        for seed in 0..run_count() {
            let mut steps = record(seed, COMMAND_COUNT);
            let mut random = Random::new(seed);
            for _ in 0..8 {
                let Some((at, chunk)) = flawed(&steps, flaw, &mut random) else { continue };
                let sound = std::mem::replace(&mut steps[at].chunk, chunk);
                let complaint = judge(&steps).expect_err(&format!("{flaw:?}, seed {seed}, {at}"));
                by_reader += u32::from(matches!(complaint, Complaint::Read(_)));
                tried += 1;
                steps[at].chunk = sound;
            }
        }
        println!("{flaw:?}: {tried} found, {by_reader} of them by a reader alone");
        assert!(u64::from(tried) >= run_count(), "{flaw:?}: {tried} were tried");
        assert!(by_reader > 0, "{flaw:?}: a reader alone finds some");
    }
}

#[test]
fn one_other_time_is_another_stream() {
    let (first, mut second) = (record(7, COMMAND_COUNT), record(7, COMMAND_COUNT));
    let mut random = Random::new(7);
    let (at, chunk) = flawed(&second, Flaw::Later, &mut random).expect("there are messages");
    second[at].chunk = chunk;
    let differing = first.iter().zip(&second).filter(|(it, other)| it.chunk != other.chunk);
    assert_eq!(differing.count(), 1);
}

/// A chunk with a flaw in one of its messages, and which it is; `None` when the run has no place
/// for the flaw.
fn flawed(steps: &[Step], flaw: Flaw, random: &mut Random) -> Option<(usize, Chunk)> {
    (0..200).find_map(|_| {
        let at = random.index(steps.len());
        let sound = &steps[at].chunk;
        let chunk = if flaw == Flaw::OldReference {
            keep_reference(sound, random)
        } else {
            let sessions: Vec<_> = sound.answers.keys().copied().map(Which::Of).collect();
            let streams = [vec![Which::Feed], sessions].concat();
            let which = streams[random.index(streams.len())];
            let mut messages = messages_of(stream_of(sound, which));
            let is_changed = !messages.is_empty() && spoil(&mut messages, which, flaw, random);
            is_changed.then(|| with(sound, which, &messages))
        };
        chunk.filter(|chunk| chunk != sound).map(|chunk| (at, chunk))
    })
}

/// Puts a flaw into one of the messages; false where there is no place for it.
fn spoil(messages: &mut Vec<Vec<u8>>, which: Which, flaw: Flaw, random: &mut Random) -> bool {
    let at = random.index(messages.len());
    match flaw {
        Flaw::Dropped => drop(messages.remove(at)),
        Flaw::Doubled => messages.insert(at, messages[at].clone()),
        Flaw::Swapped if at > 0 => messages.swap(at - 1, at),
        Flaw::Swapped | Flaw::OldReference => return false,
        Flaw::Earlier => return add(&mut messages[at], Some(time_of(which)), u64::MAX),
        Flaw::Later => return add(&mut messages[at], Some(time_of(which)), 1),
        Flaw::Quantity => return change(&mut messages[at], which, quantity_of, 1),
        Flaw::Price => return change(&mut messages[at], which, price_of, 1),
        Flaw::Reference => {
            let by = if random.chance(50) { 1 } else { u64::MAX };
            return change(&mut messages[at], which, reference_of, by);
        }
        Flaw::Match => return change(&mut messages[at], which, match_of, 1),
        Flaw::Cut => {
            let length = messages[at].len();
            messages[at].truncate(random.index(length));
        }
        Flaw::Bit => {
            let message = &mut messages[at];
            let places = checked_bytes(which, message);
            message[places[random.index(places.len())]] ^= 1 << random.below(8);
        }
    }
    true
}

/// The bytes of a message that say something of a book, or of an order; all of an answer do.
fn checked_bytes(which: Which, message: &[u8]) -> Vec<usize> {
    let length = message.len();
    match (which, message[LENGTH_BYTES]) {
        (Which::Of(_), _) => (0..length).collect(),
        // Not what is said of the instrument itself, nor the reference prices.
        (Which::Feed, b'R' | b'H' | b'I') => (0..5).chain(7..21).collect(),
        // Not the tracking number.
        (Which::Feed, _) => (0..5).chain(7..length).collect(),
    }
}

/// What an iceberg shows anew keeps its number.
fn keep_reference(chunk: &Chunk, random: &mut Random) -> Option<Chunk> {
    let mut feed = messages_of(&chunk.feed);
    let (session, told) = chunk.answers.iter().find_map(|(session, stream)| {
        let restated = messages_of(stream).into_iter().find(|it| it[LENGTH_BYTES] == b'R');
        restated.map(|restated| (*session, restated))
    })?;
    let place = reference_of(Which::Of(session), b'R')?;
    let new = number_at(&told, place);
    let is_add = |it: &Vec<u8>| {
        matches!(it[LENGTH_BYTES], b'A' | b'F') && number_at(it, (FEED_REFERENCE, 8)) == new
    };
    let added = feed.iter().position(is_add)?;
    // It was shown up to its last trade.
    let traded = feed[..added].iter().rfind(|it| matches!(it[LENGTH_BYTES], b'E' | b'C'))?;
    let old = number_at(traded, (FEED_REFERENCE, 8));
    let (in_feed, in_answer) = [(true, false), (false, true), (true, true)][random.index(3)];
    let mut kept = chunk.clone();
    if in_feed {
        set(&mut feed[added], (FEED_REFERENCE, 8), old);
        kept = with(&kept, Which::Feed, &feed);
    }
    if in_answer {
        let mut answers = messages_of(&chunk.answers[&session]);
        let restated = answers.iter_mut().find(|it| **it == told)?;
        set(restated, place, old);
        kept = with(&kept, Which::Of(session), &answers);
    }
    Some(kept)
}

/// A field: where it begins behind the length, and its bytes.
type Place = (usize, usize);

const FEED_REFERENCE: usize = 11;

const fn time_of(which: Which) -> Place {
    match which {
        Which::Feed => (5, 6),
        Which::Of(_) => (1, 8),
    }
}

const fn quantity_of(which: Which, kind: u8) -> Option<Place> {
    match (which, kind) {
        (Which::Feed, b'A' | b'F') => Some((20, 4)),
        (Which::Feed, b'E' | b'C' | b'X') => Some((19, 4)),
        (Which::Feed, b'Q' | b'I') => Some((11, 8)),
        (Which::Of(_), b'A') => Some((14, 4)),
        (Which::Of(_), b'U') => Some((18, 4)),
        (Which::Of(_), b'C' | b'E') => Some((13, 4)),
        (Which::Of(_), b'R') => Some((28, 4)),
        (Which::Feed | Which::Of(_), _) => None,
    }
}

const fn price_of(which: Which, kind: u8) -> Option<Place> {
    match (which, kind) {
        (Which::Feed, b'A' | b'F' | b'C') => Some((32, 4)),
        (Which::Feed, b'Q') => Some((27, 4)),
        (Which::Feed, b'I') => Some((36, 4)),
        (Which::Of(_), b'A') => Some((26, 8)),
        (Which::Of(_), b'U') => Some((30, 8)),
        (Which::Of(_), b'E') => Some((17, 8)),
        (Which::Of(_), b'T') => Some((13, 8)),
        (Which::Feed | Which::Of(_), _) => None,
    }
}

const fn reference_of(which: Which, kind: u8) -> Option<Place> {
    match (which, kind) {
        (Which::Feed, b'A' | b'F' | b'E' | b'C' | b'X' | b'D') => Some((FEED_REFERENCE, 8)),
        (Which::Of(_), b'A') => Some((36, 8)),
        (Which::Of(_), b'U') => Some((40, 8)),
        (Which::Of(_), b'T') => Some((22, 8)),
        (Which::Of(_), b'R') => Some((18, 8)),
        (Which::Feed | Which::Of(_), _) => None,
    }
}

const fn match_of(which: Which, kind: u8) -> Option<Place> {
    match (which, kind) {
        (Which::Feed, b'E' | b'C') => Some((23, 8)),
        (Which::Feed, b'Q') => Some((31, 8)),
        (Which::Of(_), b'E') => Some((26, 8)),
        (Which::Feed | Which::Of(_), _) => None,
    }
}

/// Adds to the field that a message of its type has; false where it has none.
fn change(
    message: &mut [u8],
    which: Which,
    place: fn(Which, u8) -> Option<Place>,
    by: u64,
) -> bool {
    let place = place(which, message[LENGTH_BYTES]);
    add(message, place, by)
}

fn add(message: &mut [u8], place: Option<Place>, by: u64) -> bool {
    let Some(place) = place else { return false };
    let number = number_at(message, place).wrapping_add(by);
    set(message, place, number);
    true
}

fn number_at(message: &[u8], (at, size): Place) -> u64 {
    let bytes = &message[LENGTH_BYTES + at..][..size];
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn set(message: &mut [u8], (at, size): Place, number: u64) {
    for (index, byte) in message[LENGTH_BYTES + at..][..size].iter_mut().rev().enumerate() {
        *byte = u8::try_from(number >> (8 * index) & 0xFF).expect("a byte");
    }
}

fn stream_of(chunk: &Chunk, which: Which) -> &[u8] {
    match which {
        Which::Feed => &chunk.feed,
        Which::Of(session) => &chunk.answers[&session],
    }
}

/// The chunk with these messages in one of its streams; a session that is told nothing has none.
fn with(chunk: &Chunk, which: Which, messages: &[Vec<u8>]) -> Chunk {
    let mut chunk = chunk.clone();
    match which {
        Which::Feed => chunk.feed = messages.concat(),
        Which::Of(session) if messages.is_empty() => drop(chunk.answers.remove(&session)),
        Which::Of(session) => drop(chunk.answers.insert(session, messages.concat())),
    }
    chunk
}

/// The messages of a stream, each with its length.
fn messages_of(mut stream: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let [high, low, ..] = stream {
        let length = usize::from(*high) << 8 | usize::from(*low);
        let (message, rest) = stream.split_at(LENGTH_BYTES + length);
        messages.push(message.to_vec());
        stream = rest;
    }
    messages
}
