//! A flow that ends inside a line ends the run: the lines before it are durable, the cut one is not
//! executed, and a later run takes it when it is whole.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use flate2::Compression;
use flate2::write::GzEncoder;
use program::{Ended, TestDir, last_client_sequence};
use std::fs::File;
use std::io::Write;
use std::process::Command;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";
const LINES: &str = "1,1,NEW,1,B,100,125,,ACME\n2,1,NEW,2,S,101,125,,ACME\n";
/// What of it is left is often a line, too, that asks for something else.
const LAST: &str = "3,1,NEW,3,S,100,125,,ACME";

const SENTENCE: &str = "the last line does not end with a line feed";
const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K --io append";

fn place(name: &str) -> TestDir {
    TestDir::new("cut_flow", name)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Runs a flow that a named pipe delivers.
fn run_pipe(place: &TestDir, run: &str, text: &str) -> Ended {
    let pipe = place.join("flow.csv");
    place.start_command(Command::new("mkfifo").arg(&pipe)).wait().expect_code(0);
    let mut running = place.start(run);
    // It is opened when the program opens it, too, which lives at least so long.
    let mut writer = File::options().write(true).open(&pipe).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    drop(writer);
    running.until(|| false);
    std::fs::remove_file(pipe).unwrap();
    running.wait()
}

/// Runs `text` as a flow of each kind into the data directory of that kind.
fn run_every_kind(place: &TestDir, text: &str, flag: &str) -> Vec<(&'static str, Ended)> {
    let run = |flow: &str, kind: &str| {
        format!("run --flow {flow} --data {kind} --fills {kind}.fills {SMALL} {flag}")
    };
    place.write("plain.csv", text);
    place.write("packed.csv.gz", gzip(text));
    vec![
        ("plain", place.call(&run("plain.csv", "plain"))),
        ("packed", place.call(&run("packed.csv.gz", "packed"))),
        ("input", place.call_with_input(&run("-", "input"), text.as_bytes())),
        ("named", run_pipe(place, &run("flow.csv", "named"), text)),
    ]
}

#[test]
fn a_cut_line_is_not_executed_and_a_whole_one_is_later() {
    let place = place("cut");
    let whole = [HEADER, LINES, LAST, "\n"].concat();
    for (_, ended) in run_every_kind(&place, &whole, "") {
        ended.expect_code(0);
    }
    let expected = place.read("plain.fills");
    assert_eq!(expected.lines().nth(1), Some("3,0,1,100,125"));
    for left in [1, 5, 18, 19, LAST.len() - 2, LAST.len()] {
        for kind in ["plain", "packed", "input", "named"] {
            std::fs::remove_dir_all(place.join(kind)).unwrap();
        }
        let cut = [HEADER, LINES, &LAST[..left]].concat();
        for (kind, ended) in run_every_kind(&place, &cut, "") {
            let ended = ended.expect_code(1).expect_said(SENTENCE);
            let ended = ended.expect_said("--last-line-whole").expect_said("up to seq 2");
            let column = format!(":4:{}: ", left + 1);
            assert!(ended.stderr.contains(&column), "{kind}: {ended:?}");
            assert_eq!(last_client_sequence(&place.verified(kind), 1), 2, "{kind} {left}");
        }
        for (kind, ended) in run_every_kind(&place, &whole, "") {
            ended.expect_code(0);
            assert_eq!(place.read(&format!("{kind}.fills")), expected, "{kind} {left}");
        }
    }
}

#[test]
fn a_flow_that_is_cut_in_its_header_runs_nothing() {
    let place = place("header");
    for left in [1, 54, HEADER.len() - 1] {
        for (kind, ended) in run_every_kind(&place, &HEADER[..left], "") {
            let ended = ended.expect_code(1).expect_said(SENTENCE);
            assert!(ended.stderr.contains(&format!(":1:{}: ", left + 1)), "{kind}: {ended:?}");
        }
    }
    for (_, ended) in run_every_kind(&place, &[HEADER, LINES].concat(), "") {
        ended.expect_code(0);
    }
}

#[test]
fn a_flow_that_is_known_to_be_whole_may_end_without_a_line_feed_and_grow() {
    let place = place("whole");
    let flag = "--last-line-whole";
    for text in [
        [HEADER, LINES, LAST].concat(),
        [HEADER, LINES, LAST, "\n"].concat(),
        [HEADER, LINES, LAST, "\n4,1,NEW,4,B,90,1,,ACME"].concat(),
    ] {
        let last = text.lines().count() as u64 - 1;
        for (kind, ended) in run_every_kind(&place, &text, flag) {
            ended.expect_code(0);
            assert_eq!(last_client_sequence(&place.verified(kind), 1), last, "{kind}");
        }
    }
    // Without a flow there is no last line.
    place.call("run --data d --last-line-whole --limit 1").expect_code(2).expect_said("--flow");
}

#[test]
fn a_limit_that_ends_before_the_cut_line_is_reached() {
    let place = place("limit");
    place.write("flow.csv", [HEADER, LINES, LAST].concat());
    place.done(&format!("run --flow flow.csv --data d --limit 2 {SMALL}"));
    place.call(&format!("run --flow flow.csv --data d {SMALL}")).expect_code(1);
}

#[test]
fn an_auction_of_a_cut_file_is_not_held() {
    let place = place("auction");
    let orders = [HEADER, LINES, LAST].concat();
    place.write("orders.csv", &orders);
    let auction = "auction --orders orders.csv --trades trades.csv";
    let ended = place.call(auction).expect_code(1).expect_said(SENTENCE);
    assert!(ended.stderr.starts_with("orders.csv:4:"), "{ended:?}");
    assert_eq!((ended.stdout.as_str(), place.join("trades.csv").exists()), ("", false));
    let piped = place.call_with_input("auction --orders - --trades -", orders.as_bytes());
    assert_eq!(piped.expect_code(1).expect_said("-:4:").stdout, "");
    place.done(&format!("{auction} --last-line-whole"));
    assert_eq!(place.read("trades.csv").lines().nth(1), Some("0,1,3,100,125"));
}
