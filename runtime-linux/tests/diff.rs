//! `highwater diff` says where two logs part, and its exit code whether they do.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater::types::SegmentNumber;
use highwater_storage::pack_segment;
use program::{Ended, TestDir, number};
use runtime_linux::Linux;
use rustix::process::Signal;
use std::fs;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

/// A log of several segments in `a`, and a copy of it in `b`.
fn place(name: &str) -> TestDir {
    let place = TestDir::new("diff", name);
    place.done("run --data a --limit 6000 --segment-bytes 128K");
    place.copy("a", "b");
    place
}

fn diff(place: &TestDir, code: i32) -> Ended {
    place.call("diff a b").expect_code(code)
}

fn last(place: &TestDir, data: &str) -> u64 {
    number(&place.verified(data), "last_sequence")
}

#[test]
fn a_copy_is_the_same_plain_or_packed() {
    let place = place("same");
    let said = "'a' and 'b' are copies of one log\nequal up to sequence 6,006\nboth end there\n";
    assert_eq!(diff(&place, 0).stdout, said);
    pack_segment(Linux, &place.join("b"), SegmentNumber(2), || true).unwrap();
    assert_eq!(diff(&place, 0).stdout, said);
}

#[test]
fn a_log_that_goes_on_is_longer() {
    let place = place("longer");
    place.done("run --data b --limit 1234 --segment-bytes 128K");
    let said = diff(&place, 1).stdout;
    assert!(said.contains("equal up to sequence 6,006\n"), "{said}");
    assert!(said.contains("'a' ends there, and 'b' continues for 1,234 sequences\n"), "{said}");
    let said = place.call("diff b a").expect_code(1).stdout;
    assert!(said.contains("'a' ends there, and 'b' continues for 1,234 sequences\n"), "{said}");
}

#[test]
fn two_runs_of_one_flow_differ_in_time_alone() {
    let place = TestDir::new("diff", "times");
    place.generate(3, 2_000, "flow.csv");
    for data in ["a", "b"] {
        place.done(&format!("run --data {data} --flow flow.csv"));
    }
    let said = diff(&place, 0).stdout;
    assert!(said.starts_with("'a' and 'b' are two different logs\n"), "{said}");
    let last = last(&place, "a");
    assert!(said.contains(&format!("equal up to sequence {},{:03}; ", last / 1_000, last % 1_000)));
    assert!(said.contains("records differ in their times only\n"), "{said}");
}

#[test]
fn the_first_records_that_differ_are_printed() {
    let place = TestDir::new("diff", "parted");
    let lines = |price: u32| {
        let line = |seq: u32| {
            let price = if seq == 40 { price } else { 100 };
            format!("{seq},0,NEW,{seq},B,{price},5,,A\n")
        };
        [HEADER.to_owned()].into_iter().chain((1..=50).map(line)).collect::<String>()
    };
    // The head that is hashed is the same: they differ where it has ended.
    for (data, price) in [("a", 100), ("b", 101)] {
        place.write("flow.csv", lines(price));
        place.done(&format!("run --data {data} --flow flow.csv"));
    }
    let said = diff(&place, 1).stdout;
    let behind = |data: &str| {
        let start = format!("\n  '{data}': ");
        said.split(&start).nth(1).unwrap_or_else(|| panic!("{said}")).lines().next().unwrap()
    };
    // The flow's head differs, so the record that binds the log to it does.
    assert!(said.contains("the first difference is at sequence "), "{said}");
    for data in ["a", "b"] {
        assert!(behind(data).contains(" bind_flow session 0 "), "{said}");
        let dumped = place.done(&format!("dump --data {data}")).stdout;
        assert!(dumped.lines().any(|line| line == behind(data)), "as dump prints it: {said}");
    }
}

#[test]
fn logs_that_went_on_apart_part_where_they_did() {
    let place = place("apart");
    let append = |data: &str, price: u32| {
        // The stream's head is the same, so both logs go on with it, up to other ends.
        let limit = if price == 1 { 10 } else { 20 };
        place.done(&format!("run --data {data} --limit {limit} --segment-bytes 128K"));
    };
    append("a", 1);
    append("b", 2);
    let said = diff(&place, 1).stdout;
    assert!(said.contains("'a' ends there, and 'b' continues for 10 sequences"), "{said}");
}

#[test]
fn what_cannot_be_compared_is_exit_code_2() {
    let place = place("incomparable");
    place.call("diff a nowhere").expect_code(2).expect_said("there is no log in 'nowhere'");
    place.call("diff a").expect_code(2);
    let path = place.join("b/0000000000000002.log");
    let mut bytes = fs::read(&path).unwrap();
    bytes[50_000] ^= 4;
    fs::write(&path, bytes).unwrap();
    let ended = diff(&place, 2).expect_said("corrupt: b/0000000000000002.log: offset 49152");
    assert_eq!(ended.stdout, "");
}

#[test]
fn beside_a_running_engine_what_is_durable_is_compared() {
    let place = TestDir::new("diff", "beside");
    let mut engine =
        place.start("run --data a --limit 100000000 --acks acks --rate 20000 --segment-bytes 128K");
    engine.until(|| place.highest_ack("acks") > 1_000);
    place.done("backup --data a --to b");
    let acked = place.highest_ack("acks");
    engine.until(|| place.highest_ack("acks") > acked + 1_000);
    let said = diff(&place, 1).stdout;
    assert!(said.contains("'b' ends there, and 'a' continues for"), "{said}");
    engine.signal(Signal::INT);
    engine.wait().expect_code(0);
}
