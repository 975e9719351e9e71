//! The power is cut at any moment of a venue: what clients were sent stays, byte for byte.
//!
//! The venue's system calls are recorded, those to sockets too. What the disk may hold at a
//! moment follows from them (`common/power.rs`). The model treats files in subfolders as files of
//! the data directory, and ignores syncs of those subfolders. So it may lose more of the streams
//! than a real disk does.

use crate::calls::{self, CALLS, history};
use crate::power::{Content, Forgets, History};
use crate::program::{Random, TestDir, count_from_environment};
use crate::trace::{Trace, can_trace, traced};
use crate::venue::{Client, Enter, Venue};
use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::Stdio;

/// Cuts of a life; `HIGHWATER_CUTS` sets another number.
const CUTS: u64 = 8;
/// Lives, one behind the other: each begins with what the last cut of the one before left.
const LIVES: u64 = 2;
const SEED: u64 = 11;
/// Orders of a life.
const ORDERS: u32 = 120;

/// What a client was sent up to a moment.
type Sent = Vec<(usize, Vec<Vec<u8>>)>;

/// A life: what became of the files, and what the two clients were sent.
struct Life {
    history: History,
    orders: Sent,
    feed: Sent,
}

/// What a client must be sent again after a cut.
#[derive(Clone, Debug, Default)]
struct Told {
    orders: Vec<Vec<u8>>,
    feed: Vec<Vec<u8>>,
}

/// A trader's orders, each of which makes at least a message; some answers stay unread for a while.
fn trade(venue: &Venue, told: &Told, life: u64) {
    let mut client = venue.trader(1, 1 + told.orders.len() as u64);
    let mut random = Random::new(SEED + life);
    let first = u32::try_from(life).unwrap() * ORDERS;
    let mut unread = ORDERS;
    for number in first + 1..=first + ORDERS {
        let side = if random.below(2) == 0 { b'B' } else { b'S' };
        let price = (9_990 + random.below(20)) * 100;
        let quantity = 1 + u32::try_from(random.below(100)).unwrap();
        client.order(&Enter { number, side, quantity, price, ..Enter::default() }.bytes());
        if random.below(4) == 0 {
            client.message().expect("the venue is there");
            unread -= 1;
        }
    }
    client.messages(usize::try_from(unread).unwrap());
}

/// Runs a venue under a trace until it is stopped.
fn record(place: &TestDir, told: &Told, life: u64) -> Life {
    let content = || place.files("data").into_iter().collect::<Content>();
    let base = place.join("data").exists().then(content);
    let calls = format!("{CALLS},sendto");
    let options = ["-xx", "-s", "10000000", "--seccomp-bpf", "-e", &calls];
    let venue = Venue::start_by(traced(place, &options, ""), place, &[], Stdio::inherit());
    let next = 1 + told.feed.len() as u64;
    let mut reader = Client::log_in(&venue.itch, "DEMO2", &venue.password, next).unwrap();
    trade(&venue, told, life);
    reader.messages(20);
    place.done("admin stop --data data");
    while reader.message().is_some() {}
    venue.ended();
    let trace = Trace::read(place);
    // The reader of the feed came first, then the trader, and at last the operator.
    let mut all = sent(&trace).into_iter();
    let [feed, orders] = [(); 2].map(|()| all.next().expect("it was sent something"));
    let history = history(&trace, place, "data", base.as_ref(), &[content()]);
    Life { history, orders, feed }
}

/// What was sent to each connection: messages by the moment at which sending their last byte began.
fn sent(trace: &Trace) -> Vec<Sent> {
    let mut all: BTreeMap<String, (Vec<u8>, Sent)> = BTreeMap::new();
    for call in trace.calls.iter().filter(|call| call.name == "sendto") {
        // Packets of the feed name an address.
        if !call.text.contains(", NULL, 0") {
            continue;
        }
        let descriptor = call.text.split(['(', ',']).nth(1).unwrap();
        let (rest, sent) = all.entry(descriptor.to_owned()).or_default();
        rest.extend(calls::sent(call));
        sent.push((call.began, messages_in(rest)));
    }
    let mut all: Vec<Sent> = all.into_values().map(|(_, sent)| sent).collect();
    all.sort_by_key(|sent| sent[0].0);
    all
}

/// Takes the whole packets, and keeps the messages of the stream.
fn messages_in(rest: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let [high, low, kind, ..] = rest[..] {
        let length = 2 + (usize::from(high) << 8 | usize::from(low));
        if rest.len() < length {
            break;
        }
        let packet: Vec<u8> = rest.drain(..length).skip(3).collect();
        if kind == b'S' {
            messages.push(packet);
        }
    }
    messages
}

/// What was sent before a moment.
fn before(sent: &Sent, moment: usize) -> impl Iterator<Item = Vec<u8>> {
    let begun = sent.iter().filter(move |(began, _)| *began < moment);
    begun.flat_map(|(_, messages)| messages).cloned()
}

impl Life {
    /// A moment right behind one at which something was sent, or any.
    fn moment(&self, random: &mut Random) -> usize {
        let sends = self.orders.len() + self.feed.len();
        if random.below(2) == 0 && sends > 0 {
            let one = usize::try_from(random.below(sends as u64)).unwrap();
            return self.orders.iter().chain(&self.feed).nth(one).unwrap().0 + 1;
        }
        self.history.moment(random)
    }

    /// What clients were sent before a moment, behind what they had.
    fn told(&self, base: &Told, moment: usize) -> Told {
        Told {
            orders: base.orders.iter().cloned().chain(before(&self.orders, moment)).collect(),
            feed: base.feed.iter().cloned().chain(before(&self.feed, moment)).collect(),
        }
    }
}

/// The promise: a venue that goes on with what is left sends the same again.
///
/// # Errors
/// What it does instead.
fn check(place: &Path, told: &Told) -> Result<(), String> {
    let venue = Venue::start(place);
    for (address, user, messages) in
        [(&venue.ouch, "DEMO1", &told.orders), (&venue.itch, "DEMO2", &told.feed)]
    {
        let next = messages.len() as u64 + 1;
        let client = Client::log_in(address, user, &venue.password, next);
        let is_known = client.is_ok_and(|client| client.next == next);
        if !is_known {
            return Err(format!("{user} was sent {} messages, which are not known", next - 1));
        }
        let mut again = Client::log_in(address, user, &venue.password, 1).unwrap();
        for (number, message) in (1..).zip(messages) {
            if again.message().as_ref() != Some(message) {
                return Err(format!("message {number} of {user} is another"));
            }
        }
    }
    venue.stop();
    Ok(())
}

#[test]
fn a_power_cut_takes_nothing_back_that_was_sent() {
    let place = TestDir::new("gateway", "power-cut");
    if !can_trace(&place) {
        return;
    }
    fs::create_dir(place.join("cut")).unwrap();
    let cuts = count_from_environment("HIGHWATER_CUTS", CUTS);
    let (mut told, mut most) = (Told::default(), 0);
    for life in 0..LIVES {
        let recorded = record(&place, &told, life);
        let (mut left, mut next) = (None, told.clone());
        for index in 0..cuts {
            let seed = SEED + life * cuts + index;
            let mut random = Random::new(seed);
            let moment = recorded.moment(&mut random);
            left = recorded.history.left(moment, Forgets::Nothing, &mut random);
            place.lay("cut/data", left.as_ref());
            next = recorded.told(&told, moment);
            most = most.max(next.orders.len().min(next.feed.len()));
            let about = format!("seed {seed}, cut before line {moment} of the trace");
            check(&place.join("cut"), &next).unwrap_or_else(|sentence| {
                place.lay("failed", left.as_ref());
                panic!("{about}: {sentence}\nsee {}", place.path().display());
            });
        }
        place.lay("data", left.as_ref());
        told = next;
    }
    assert!(most > 20, "{most} messages were sent before a cut");
}

#[test]
fn a_disk_that_forgets_what_was_sent_is_found() {
    let place = TestDir::new("gateway", "power-forgets");
    if !can_trace(&place) {
        return;
    }
    fs::create_dir(place.join("cut")).unwrap();
    let told = Told::default();
    let life = record(&place, &told, 0);
    let lost = (0..CUTS).filter(|index| {
        let mut random = Random::new(SEED + index);
        let (moment, _) = life.orders[life.orders.len() * 3 / 4];
        let left = life.history.left(moment + 1, Forgets::Data, &mut random);
        place.lay("cut/data", left.as_ref());
        let told = life.told(&told, moment + 1);
        // A venue that does not start at all has lost everything.
        catch_unwind(|| check(&place.join("cut"), &told)).map_or(true, |found| found.is_err())
    });
    assert!(lost.count() > 0, "no cut lost anything");
}
