//! Decimal prices of instruments with 0, 2, 4 and 9 decimals in one flow: read, written and
//! continued exactly, and refused in place.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json};
use rustix::process::Signal;
use serde_json::Value;
use std::fmt::Write;

const SMALL: &str = "--orders 65536 --instruments 64 --segment-bytes 64K --io append --sync off";
const HEADER: &str = "seq,command,order_id,side,price,qty,symbol,trigger,type,band_high,decimals\n";

/// Instruments and their decimals; the one in the middle nobody defines.
const INSTRUMENTS: [(&str, usize); 4] = [("JPY", 0), ("FX", 4), ("USD", 2), ("BTC", 9)];

/// The text of a price, by cutting the digits.
fn decimal(ticks: u64, decimals: usize) -> String {
    let digits = format!("{ticks:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { digits } else { format!("{whole}.{fraction}") }
}

fn definitions() -> String {
    "1,DEFINE,,,,,JPY,,,,0\n2,DEFINE,,,,,FX,,,,4\n3,DEFINE,,,,,BTC,,,,9\n".to_owned()
}

/// A flow in which every second order trades with the one before, and its fills in ticks and in
/// decimals.
fn pairs(count: u64) -> [String; 3] {
    let mut flow = HEADER.to_owned() + &definitions();
    let mut ticks_text = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n".to_owned();
    let mut decimal_text = ticks_text.replace("price_ticks", "price");
    for pair in 0..count {
        let (symbol, decimals) = INSTRUMENTS[usize::try_from(pair % 4).unwrap()];
        let ticks = [1, 7, 12_345, 999_999_999, 2_147_483_647][usize::try_from(pair % 5).unwrap()];
        let price = decimal(ticks, decimals);
        let (sell, buy) = (2 * pair + 4, 2 * pair + 5);
        writeln!(flow, "{sell},NEW,{sell},S,{price},5,{symbol}").unwrap();
        writeln!(
            flow,
            "{buy},NEW,{buy},B,{price}{},5,{symbol}",
            ["", ".0"][usize::from(decimals == 0)]
        )
        .unwrap();
        writeln!(ticks_text, "{buy},0,{sell},{ticks},5").unwrap();
        writeln!(decimal_text, "{buy},0,{sell},{price},5").unwrap();
    }
    [flow, ticks_text, decimal_text]
}

#[test]
fn fills_of_mixed_decimals_are_the_same_whole_continued_and_behind_retired_records() {
    let place = TestDir::new("decimal_prices", "continued");
    let [flow, ticks, decimals] = pairs(6_000);
    place.write("flow.csv", flow);
    let run = |data: &str, more: &str| {
        place.done(&format!("run --flow flow.csv --data {data} --fills {data}.f {SMALL} {more}"))
    };
    run("ticks", "");
    assert!(place.read("ticks.f") == ticks);
    run("whole", "--prices decimal --events whole.e");
    assert!(place.read("whole.f") == decimals);
    let events = place.read("whole.e");
    run("whole", "--prices decimal --events whole.e");
    assert!(place.read("whole.f") == decimals && place.read("whole.e") == events, "run twice");
    // The other form, from the same log.
    run("whole", "");
    assert!(place.read("whole.f") == ticks);
    // With syncs each snapshot covers all of its run: without them, whether one is made depends on
    // how fast the thread of the snapshots is.
    let synced = SMALL.replace("--sync off", "");
    for limit in [3, 4_000, 4_000, 9_000] {
        place.done(&format!(
            "run --flow flow.csv --data parts --fills parts.f {synced} --limit {limit} \
             --prices decimal --keep snapshot --snapshot-bytes 64K"
        ));
        place.done("snapshot --data parts --keep snapshot");
    }
    assert!(!place.join("parts/0000000000000001.log").exists(), "the beginning was retired");
    assert!(place.read("parts.f") == decimals);
}

#[test]
fn a_killed_run_is_continued_with_the_same_fills() {
    let place = TestDir::new("decimal_prices", "killed");
    let [flow, _, decimals] = pairs(6_000);
    place.write("flow.csv", flow);
    let run = format!(
        "run --flow flow.csv --data d --fills f --prices decimal {} --snapshot-bytes 64K \
         --keep snapshot",
        SMALL.replace("--sync off", "")
    );
    for wanted in [2, 3_000, 8_000] {
        let mut running = place.start(&format!("{run} --rate 20000 --acks acks"));
        running.until(|| place.highest_ack("acks") >= wanted);
        running.signal(Signal::KILL);
        assert_eq!(running.wait().signal, Some(9));
    }
    place.done(&run);
    assert!(place.read("f") == decimals);
}

/// Lines with every kind of price, and what is shown of them.
const LINES: &str = "4,NEW,1,S,150,5,JPY\n5,NEW,2,S,1.2345,5,FX\n6,NEW,3,B,1.2345,2,FX\n\
    7,NEW,4,B,0.0700000000,5,USD\n8,NEW,5,B,,5,FX,1.5,STOP\n9,BAND,,,,,BTC,,,2.000000001\n\
    10,DEFINE,,,,,FX,,,,2\n11,REPLACE,4,,0.08,6,USD\n12,NEW,6,S,1.3,1,FX\n";

#[test]
fn every_output_writes_decimals_on_wish() {
    let place = TestDir::new("decimal_prices", "outputs");
    place.write("flow.csv", [HEADER, &definitions(), LINES].concat());
    let run = "run --flow flow.csv --data d --events e --prices decimal";
    let ended = place.done(&format!("{run} {SMALL}"));
    let note = "note: flow.csv:11: the decimals of FX stay 4: a second definition changes nothing";
    assert!(ended.stderr.contains(note), "{}", ended.stderr);
    for row in [["JPY", "-", "150", "-", "0"], ["FX", "-", "1.2345", "1.2345", "2"]] {
        let mut rows = ended.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        assert!(rows.any(|words| words == row), "{}", ended.stdout);
    }
    let events = place.read("e");
    for part in [
        r#""symbol":"JPY","kind":"rested","order":1,"side":"sell","price":"150","#,
        r#""kind":"trade","maker":2,"taker":3,"maker_session":1,"price":"1.2345","#,
        r#""order":5,"side":"buy","price":"0.0000","trigger":"1.5000","#,
        r#""kind":"band_set","band_low":"0.000000000","band_high":"2.000000001"}"#,
        r#""order":4,"new_order":4,"price":"0.08","#,
        r#""kind":"accepted","order":6,"side":"sell","price":"1.3000","#,
    ] {
        assert!(events.contains(part), "{part}\n{events}");
    }
    let summary = json(place.done(&format!("{run} --json {SMALL}")).stdout.trim());
    let fx = r#"{"symbol":"FX","phase":"continuous","bid":null,"ask":"1.2345","last_trade":"1.2345",
                 "volume_lots":0}"#;
    assert_eq!(summary["instruments"][1], json(fx));
    let book = json(&place.done("book --data d --prices decimal --json").stdout);
    assert_eq!(book["instruments"][1]["last_trade"], "1.2345");
    assert_eq!(book["instruments"][1]["asks"][0]["price"], "1.2345");
    assert_eq!(book["instruments"][3]["bids"][0]["price"], "0.08");
    let text = place.done("book --data d --prices decimal").stdout;
    assert!(text.contains("FX: continuous, last trade at 1.2345, 1 stops wait\n"), "{text}");
    assert!(text.contains("  bid       0.08            6 lots      1 orders\n"), "{text}");
    let dumped = |args: &str| place.done(&format!("dump --data d {args}")).stdout;
    let [ticks, decimals] = ["", "--prices decimal"].map(dumped);
    // Every line was found sound, so the log remembers all of them.
    let head = format!(" head_bytes {} ", place.read("flow.csv").len());
    assert!(decimals.contains(&head), "{decimals}");
    for part in ["price 1.2345 quantity 2", "trigger 1.5000", "band_high 2.000000001", "price 0.08"]
    {
        assert!(decimals.contains(part) && !ticks.contains(part), "{part}\n{decimals}");
    }
    let [ticks, decimals] = ["--json", "--json --prices decimal"].map(dumped);
    for (ticks, decimals) in ticks.lines().map(json).zip(decimals.lines().map(json)) {
        same_but_for_prices(&ticks, &decimals);
    }
}

/// Prices are other texts of the same digits; everything else is equal.
fn same_but_for_prices(ticks: &Value, decimals: &Value) {
    for (name, value) in ticks.as_object().unwrap() {
        let other = &decimals[name];
        if ["price", "trigger", "tick", "band_low", "band_high"].contains(&&**name) {
            let digits: u64 = other.as_str().unwrap().replace('.', "").parse().unwrap();
            assert_eq!(value, digits, "{decimals}");
        } else {
            assert_eq!(value, other, "{decimals}");
        }
    }
}

/// Lines behind the definitions that are refused: the place, and why.
const REFUSED: [(&str, &str); 9] = [
    (
        "NEW,1,S,1.5,5,JPY",
        "5:11: price is \"1.5\": a price of this instrument has no digits behind",
    ),
    (
        "NEW,1,S,1.23456,5,FX",
        "5:11: price is \"1.23456\": a price of this instrument has at most 4",
    ),
    ("NEW,1,S,1.234,5,USD", "5:11: price is \"1.234\": a price of this instrument has at most 2"),
    (
        "NEW,1,S,2.2,5,BTC",
        "5:11: price is \"2.2\": a price of this instrument is at most 2.147483647",
    ),
    (
        "NEW,1,S,1,5,BTC,2.5,STOP_LIMIT",
        "5:19: trigger is \"2.5\": a price of this instrument is at",
    ),
    ("BAND,,,,,JPY,,,0.5", "5:18: band_high is \"0.5\": a price of this instrument has no digits"),
    (
        "DEFINE,,,,,X,,,0.5,0",
        "5:18: band_high is \"0.5\": a price of this instrument has no digits",
    ),
    (
        "DEFINE,,,,,X,,,,10",
        "5:19: decimals is \"10\", expected digits behind the point, 0 to 9, or",
    ),
    (
        "NEW,1,S,1e3,5,FX",
        "5:11: price is \"1e3\": a decimal price is digits with or without a point",
    ),
];

#[test]
fn what_is_not_exact_is_refused_in_place() {
    for (index, (line, expected)) in REFUSED.into_iter().enumerate() {
        let place = TestDir::new("decimal_prices", &format!("refused{index}"));
        place.write("flow.csv", format!("{HEADER}{}4,{line}\n", definitions()));
        let ended = place.call(&format!("run --flow flow.csv --data d {SMALL}")).expect_code(1);
        let expected = format!("flow.csv:{expected}");
        assert!(ended.stderr.contains(&expected), "{line}: {}", ended.stderr);
        // The same line is refused the same when the log knows the instruments already.
        let again = place.call(&format!("run --flow flow.csv --data d {SMALL}")).expect_code(1);
        assert!(again.stderr.contains(&expected), "{line}: {}", again.stderr);
    }
}

/// Where the engine had no room for an instrument, its lines are read with the decimals that it is
/// defined with later.
#[test]
fn a_refused_definition_never_changes_what_a_price_means() {
    let place = TestDir::new("decimal_prices", "refused_definition");
    let run = |instruments: u32, lines: &str| {
        place.write("flow.csv", [HEADER, lines].concat());
        let limits = SMALL.replace("--instruments 64", &format!("--instruments {instruments}"));
        place.done(&format!("run --flow flow.csv --data d --events e --prices decimal {limits}"))
    };
    let first = "1,NEW,1,S,1,5,A\n2,DEFINE,,,,,FX,,,,4\n3,NEW,2,S,1.2345,5,FX\n4,NEW,3,S,1.5,5,B\n";
    run(1, first);
    assert_eq!(place.read("e").matches("\"reason\":\"instruments_full\"").count(), 3);
    let second =
        [first, "5,NEW,4,S,1.2345,5,FX\n6,DEFINE,,,,,B,,,,3\n7,NEW,5,S,1.5,5,B\n"].concat();
    run(4, &second);
    let events = place.read("e");
    for part in [
        r#""symbol":"FX","kind":"rested","order":4,"side":"sell","price":"1.2345""#,
        r#""symbol":"B","kind":"rested","order":5,"side":"sell","price":"1.500""#,
    ] {
        assert!(events.contains(part), "{part}\n{events}");
    }
}

/// The decimals that a flow defines pass through a scenario and back.
#[test]
fn conversion_keeps_decimals() {
    let place = TestDir::new("decimal_prices", "convert");
    place.write("flow.csv", [HEADER, &definitions(), LINES].concat());
    place.done("convert flow.csv --out a.json");
    place.done("convert a.json --out b.csv");
    place.done("convert b.csv --out c.json");
    let [first, second] =
        ["a.json", "c.json"].map(|name| json(&place.read(name))["scenarios"][0].clone());
    for name in ["commands", "expect_events", "expect_books"] {
        assert_eq!(first[name], second[name], "{name}");
    }
    let decimals = |at: usize| first["commands"][at]["decimals"].clone();
    assert_eq!([0, 1, 2].map(decimals), [0, 4, 9].map(Value::from));
    assert!(place.read("b.csv").lines().next().unwrap().ends_with(",decimals"));
    // In ticks it says the same.
    let books = ["flow", "b"].map(|name| {
        place.done(&format!("run --flow {name}.csv --data {name} {SMALL}"));
        json(&place.done(&format!("book --data {name} --prices decimal --json")).stdout)
    });
    assert_eq!(books[0]["instruments"], books[1]["instruments"]);
}
