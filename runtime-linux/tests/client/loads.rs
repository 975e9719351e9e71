//! A load counts what the venue counts.

use crate::program::{Ended, TestDir, json, number};
use crate::venue::{PASSWORD, Venue, count, start};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn load(venue: &Venue<'_>, args: &str) -> Ended {
    venue.place.call(&arguments(venue, args))
}

fn arguments(venue: &Venue<'_>, args: &str) -> String {
    format!("load --ouch {} --password {PASSWORD} {args}", venue.ouch)
}

/// The report of a load that ended well, whose counts agree with each other.
fn report(venue: &Venue<'_>, args: &str) -> Value {
    let report = json(&load(venue, &format!("{args} --json")).expect_code(0).stdout);
    let of = |name: &str| number(&report, name);
    assert_eq!(of("orders"), of("news") + of("cancels") + of("replaces"), "{report}");
    let answers = ["accepted", "canceled", "replaced", "rejects"].map(of);
    assert_eq!(of("answers"), answers.iter().sum::<u64>(), "{report}");
    let ends = ["answers", "overtaken", "unanswered"].map(of);
    assert_eq!(of("orders"), ends.iter().sum::<u64>(), "{report}");
    assert_eq!((of("unanswered"), of("open_orders")), (0, 0), "{report}");
    assert_eq!(number(&report["latency"], "count"), of("answers"), "{report}");
    report
}

/// Records of a kind in the venue's log.
fn records(place: &TestDir, kind: &str) -> u64 {
    let verified = place.verified("d");
    let rows = verified["records"].as_array().unwrap();
    rows.iter().find(|row| row["record"] == kind).map_or(0, |row| number(row, "count"))
}

#[test]
fn a_load_counts_what_the_venue_counts() {
    let place = TestDir::new("client", "load");
    let mut venue = Venue::start(&place);
    let args = "--user A1,A2 --rate 1000 --symbols GOLD,TIN --quantity 1-50 --duration 1s";
    let first = report(&venue, args);
    assert_eq!(number(&first, "orders") + number(&first, "unsent"), 1_000, "{first}");
    assert!(number(&first, "executions") > 0 && number(&first, "canceled") > 0, "{first}");
    let told = [venue.told("A1"), venue.told("A2")].concat();
    for (name, code) in
        [("accepted", "A"), ("replaced", "U"), ("executions", "E"), ("rejects", "J")]
    {
        assert_eq!(number(&first, name), count(&told, code), "{name}: {first}");
    }
    let by_user = |message: &&Value| message["type"] == "C" && message["reason"] == "U";
    let canceled = told.iter().filter(by_user).count() as u64;
    assert!(number(&first, "canceled") <= canceled, "the rest went with the mass cancels");
    assert_eq!(count(&told, "X"), 2);

    // Another run, in a closed loop, goes on behind the numbers.
    let second =
        report(&venue, "--user A1,A2 --rate max --window 8 --symbols GOLD --duration 300ms");
    assert_eq!((&second["rate"], &second["lateness"]), (&Value::Null, &Value::Null));
    assert_eq!(number(&second, "rejects"), 0);
    venue.stop();
    let of_both = |name: &str| number(&first, name) + number(&second, name);
    assert_eq!(records(&place, "new"), of_both("news"));
    // An order that has left is not always known to have when its cancel is entered.
    assert!(records(&place, "cancel") <= of_both("cancels"));
    assert!(records(&place, "replace") <= of_both("replaces"));
    assert!(records(&place, "replace") >= of_both("replaced"));
    assert_eq!(number(&place.verified("d"), "open_orders"), 0);
}

#[test]
fn every_name_of_the_report_is_in_the_guide() {
    let place = TestDir::new("client", "names");
    let venue = Venue::start(&place);
    let report = report(&venue, "--user A1 --symbols NOPE --rate 100 --duration 100ms");
    assert_eq!(report["rejects_by_reason"]["0x0017"], report["orders"], "{report}");
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/user-guide.md");
    let guide = fs::read_to_string(guide).unwrap();
    for name in report.as_object().unwrap().keys() {
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
    let text = load(&venue, "--user A1 --symbols GOLD --rate max --window 1 --duration 50ms");
    for word in ["orders ", "answers ", "rejects ", "p50 ", "p99.9 ", "a closed loop"] {
        assert!(text.stdout.contains(word), "{text:?}");
    }
}

#[test]
fn what_cannot_be_loaded_is_refused() {
    let place = TestDir::new("client", "load_refused");
    let venue = Venue::start(&place);
    for (args, code, said) in [
        ("--user A1,A2 --connections 3", 2, "--connections 3 needs as many users"),
        ("--user A1,A1", 2, "names a user twice"),
        ("--user A1 --rate 0", 2, "not a number of requests a second"),
        ("--user A1 --mix new=0", 2, "that of new at least 1"),
        ("--user A1 --price 0.05", 2, "are no prices"),
        ("--user A1 --window 0", 2, "--window"),
        ("--user R", 1, "the login of 'R': the login was refused"),
        ("--user A1 --quantity 5-1", 2, "not a quantity"),
    ] {
        load(&venue, &format!("{args} --symbols GOLD")).expect_code(code).expect_said(said);
    }
    load(&venue, "--user A1 --symbols MUCHTOOLONG").expect_code(2).expect_said("does not fit");
}

#[test]
fn a_load_whose_venue_dies_says_what_it_has_counted() {
    let place = TestDir::new("client", "load_lost");
    let mut venue = Venue::start(&place);
    let args = arguments(&venue, "--user A1,A2 --symbols GOLD --rate 500 --duration 60s --json");
    let mut running = start(&place, &args, "load");
    running
        .until(|| fs::read_to_string(place.join("load.err")).is_ok_and(|it| it.contains("in\n")));
    venue.kill();
    assert_eq!(running.wait().code, Some(1), "{}", place.read("load.err"));
    let said = place.read("load.err");
    assert!(said.contains("was lost"), "{said}");
    json(&place.read("load.out"));
}

#[test]
fn a_signal_ends_a_load_early_and_cleanly() {
    let place = TestDir::new("client", "load_stopped");
    let mut venue = Venue::start(&place);
    let args = arguments(&venue, "--user A1,A2 --symbols GOLD --rate 500 --duration 60s --json");
    let mut running = start(&place, &args, "load");
    running
        .until(|| fs::read_to_string(place.join("load.err")).is_ok_and(|it| it.contains("in\n")));
    running.signal(Signal::INT);
    assert_eq!(running.wait().code, Some(0), "{}", place.read("load.err"));
    let report = json(&place.read("load.out"));
    assert_eq!(report["is_stopped"], true);
    assert_eq!(number(&report, "unanswered"), 0);
    venue.stop();
    assert_eq!(number(&place.verified("d"), "open_orders"), 0);
}
