//! `highwater book` shows the book as it stood behind any sequence: as the events up to there tell
//! it, as an exchange had it, and the same from plain, packed and running logs.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/shared.rs"]
pub mod shared;

use highwater::types::SegmentNumber;
use highwater_storage::pack_segment;
use program::{TestDir, json, number};
use runtime_linux::Linux;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeMap;

/// Commands of the log that is looked at.
const COMMANDS: u64 = 6_000;

fn place(name: &str) -> TestDir {
    let place = TestDir::new("book", name);
    place.done(&format!("run --data d --limit {COMMANDS} --events events --segment-bytes 128K"));
    place
}

fn book(place: &TestDir, args: &str) -> Value {
    json(&place.done(&format!("book --data d --json {args}")).stdout)
}

/// An order as the events tell of it.
#[derive(Clone, Debug)]
struct Order {
    side: String,
    price: u64,
    remaining: u64,
}

/// The open orders of every symbol, from the events up to a sequence.
#[derive(Debug, Default)]
struct Told(BTreeMap<(String, u64), Order>);

impl Told {
    fn of(events: &str, upto: u64) -> Self {
        let mut told = Self::default();
        for event in events.lines().map(json) {
            if number(&event, "sequence") <= upto {
                told.hear(&event);
            }
        }
        told
    }

    fn hear(&mut self, event: &Value) {
        let symbol = event["symbol"].as_str().unwrap_or_default().to_owned();
        let key = |name: &str| (symbol.clone(), number(event, name));
        match event["kind"].as_str().unwrap() {
            "rested" => {
                let side = event["side"].as_str().unwrap().to_owned();
                let (price, remaining) = (number(event, "price"), number(event, "quantity"));
                self.0.insert(key("order"), Order { side, price, remaining });
            }
            "trade" => self.leave(&key("maker"), number(event, "maker_remaining")),
            "reduced" => self.leave(&key("order"), number(event, "remaining")),
            // What rests of a replaced order is told by an event of its own.
            "canceled" | "replaced" => self.leave(&key("order"), 0),
            _ => {}
        }
    }

    fn leave(&mut self, key: &(String, u64), remaining: u64) {
        if remaining == 0 {
            self.0.remove(key);
        } else if let Some(order) = self.0.get_mut(key) {
            order.remaining = remaining;
        }
    }

    /// Price, quantity and number of orders of each level of a side, by price.
    fn levels(&self, symbol: &str, side: &str) -> Vec<[u64; 3]> {
        let mut levels = BTreeMap::<u64, [u64; 3]>::new();
        let of_side = self.0.iter().filter(|((of, _), order)| of == symbol && order.side == side);
        for (_, order) in of_side {
            let level = levels.entry(order.price).or_insert([order.price, 0, 0]);
            level[1] += order.remaining;
            level[2] += 1;
        }
        levels.into_values().collect()
    }
}

/// The levels that the book shows, in their order.
fn shown(instrument: &Value, side: &str) -> Vec<[u64; 3]> {
    let level =
        |level: &Value| ["price_ticks", "quantity_lots", "order_count"].map(|n| number(level, n));
    instrument[side].as_array().unwrap().iter().map(level).collect()
}

#[test]
fn the_book_is_what_the_events_up_to_the_sequence_tell() {
    let place = place("events");
    let events = place.read("events");
    let last = number(&place.verified("d"), "last_sequence");
    for at in [1, 6, 7, 100, 1_000, 2_345, 4_096, last - 1, last] {
        let book = book(&place, &format!("--at {at} --depth 100000"));
        assert_eq!(number(&book, "sequence"), at);
        let told = Told::of(&events, at);
        let mut order_count = 0;
        for instrument in book["instruments"].as_array().unwrap() {
            let symbol = instrument["symbol"].as_str().unwrap();
            let mut bids = told.levels(symbol, "buy");
            bids.reverse();
            assert_eq!(shown(instrument, "bids"), bids, "{symbol} at {at}");
            assert_eq!(shown(instrument, "asks"), told.levels(symbol, "sell"), "{symbol} at {at}");
            assert_eq!(number(instrument, "bid_level_count"), bids.len() as u64);
            order_count += bids.iter().map(|level| level[2]).sum::<u64>();
            order_count += shown(instrument, "asks").iter().map(|level| level[2]).sum::<u64>();
        }
        assert_eq!(order_count, told.0.len() as u64, "every open order is in it");
    }
    let end = book(&place, "");
    assert_eq!(end, book(&place, &format!("--at {last}")), "without --at it is the end");
}

#[test]
fn depth_and_instrument_choose_what_is_shown() {
    let place = place("chosen");
    let whole = book(&place, "--at 3000 --depth 1000");
    let symbols: Vec<&str> = whole["instruments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|instrument| instrument["symbol"].as_str().unwrap())
        .collect();
    // In the order in which they were defined.
    assert_eq!(symbols, ["BOREAL", "DRIFT", "CINDER", "AURORA"]);
    let one = book(&place, "--at 3000 --depth 2 --instrument CINDER");
    let [cinder] = &one["instruments"].as_array().unwrap()[..] else {
        panic!("one instrument: {one}");
    };
    let expected = &whole["instruments"][2];
    assert_eq!(shown(cinder, "bids"), shown(expected, "bids")[..2]);
    assert_eq!(shown(cinder, "asks"), shown(expected, "asks")[..2]);
    assert_eq!(cinder["ask_level_count"], expected["ask_level_count"]);
    let text = place.done("book --data d --at 3000 --depth 2 --instrument CINDER").stdout;
    let best = shown(cinder, "bids")[0];
    assert!(text.starts_with("book in 'd' after sequence 3,000\n\nCINDER: continuous"), "{text}");
    assert!(text.contains(&format!("{} ticks", best[0])), "{text}");
    assert_eq!(text.matches("  bid ").count(), 2, "{text}");
    assert_eq!(text.matches("  ask ").count(), 2, "{text}");
}

#[test]
fn packed_and_plain_logs_show_the_same_book() {
    let place = place("packed");
    let before: Vec<Value> =
        [10, 2_000, 5_000].map(|at| book(&place, &format!("--at {at}"))).into();
    for segment in [1, 2] {
        let packed = pack_segment(Linux, &place.join("d"), SegmentNumber(segment), || true);
        assert!(packed.unwrap().is_some());
    }
    let after: Vec<Value> = [10, 2_000, 5_000].map(|at| book(&place, &format!("--at {at}"))).into();
    assert_eq!(after, before);
    for cache in ["0", "64K", "1M"] {
        assert_eq!(book(&place, &format!("--at 5000 --cache-bytes {cache}")), before[2], "{cache}");
    }
}

#[test]
fn what_is_not_there_is_a_sentence() {
    let place = place("missing");
    let last = number(&place.verified("d"), "last_sequence");
    let said = |args: &str, sentence: &str| {
        place.call(args).expect_code(1).expect_said(sentence);
    };
    said(
        &format!("book --data d --at {}", last + 1),
        &format!(
            "there is no sequence {} in the log in 'd': it has the sequences 1 to {last}",
            last + 1
        ),
    );
    said("book --data d --instrument NOPE", "there are BOREAL, DRIFT, CINDER, AURORA");
    said("book --data d --at 1 --instrument AURORA", "there is no instrument 'AURORA'");
    said("book --data nowhere", "there is no log in 'nowhere'");
    place.call("book --data d --at 0").expect_code(2);
    place.call("book --data d --cache-bytes much").expect_code(2);
}

#[test]
fn what_stands_behind_the_sequence_may_be_corrupt() {
    let place = place("corrupt");
    let before = book(&place, "--at 100");
    let mut bytes = std::fs::read(place.join("d/0000000000000003.log")).unwrap();
    bytes[20_000] ^= 1;
    std::fs::write(place.join("d/0000000000000003.log"), bytes).unwrap();
    assert_eq!(book(&place, "--at 100"), before);
    place.call("book --data d").expect_code(1).expect_said("corrupt: d/0000000000000003.log");
}

#[test]
fn beside_a_running_engine_it_shows_what_is_durable() {
    let place = TestDir::new("book", "beside");
    let mut engine = place.start(
        "run --data d --limit 100000000 --acks acks --events events --rate 20000 --segment-bytes 128K",
    );
    for _ in 0..6 {
        let acked = place.highest_ack("acks");
        engine.until(|| place.highest_ack("acks") > acked + 500);
        let now = book(&place, "--depth 100000");
        // The same book is there later: what was shown was durable.
        let at = number(&now, "sequence");
        assert_eq!(book(&place, &format!("--at {at} --depth 100000")), now);
    }
    place
        .call("book --data d --at 99000000")
        .expect_code(1)
        .expect_said("it has the sequences 1 to");
    engine.signal(Signal::INT);
    engine.wait().expect_code(0);
}

#[test]
fn a_closed_pipe_is_fine() {
    let place = place("pipe");
    let mut running = place.start("book --data d --depth 100000");
    running.close_stdout();
    running.wait().expect_code(0);
}

/// Flow, and how many of the rows of its book are compared.
const REAL: (&str, usize) = ("databento/ARL_20250717", 40);

#[test]
fn a_real_book_is_the_one_that_the_exchange_published() {
    let Some(shared) = shared::shared() else {
        return;
    };
    let (flow, rows) = REAL;
    let place = TestDir::new("book", "real");
    let path = |kind: &str| shared.join("data").join(format!("{flow}.{kind}.csv.gz"));
    place.done(&format!("run --data d --flow {}", path("flow").display()));
    let text = shared::gunzip(&path("book"));
    let operator_commands = number(&place.verified("d"), "last_sequence")
        - program::last_client_sequence(&place.verified("d"), 1);
    let all: Vec<&str> = text.lines().skip(1).collect();
    for row in all.iter().step_by(all.len() / rows) {
        let fields: Vec<Option<u64>> = row.split(',').map(|field| field.parse().ok()).collect();
        let at = fields[0].unwrap() + operator_commands;
        let shown_book = book(&place, &format!("--at {at} --depth 10"));
        let instrument = &shown_book["instruments"][0];
        for (side, place_in_row) in [("asks", 0), ("bids", 2)] {
            let expected = fields[1..]
                .chunks(4)
                .filter_map(|level| Some((level[place_in_row]?, level[place_in_row + 1]?)));
            let levels = shown(instrument, side).into_iter().map(|[price, lots, _]| (price, lots));
            assert_eq!(levels.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{side} of {row}");
        }
    }
}
