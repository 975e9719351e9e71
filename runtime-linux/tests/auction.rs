//! Call auctions give the exchange's trades, byte for byte, and what cannot be an auction is a
//! sentence.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/shared.rs"]
pub mod shared;

use program::{TestDir, json, number};
use shared::{gunzip, shared};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty\n";

/// The orders of the opening auctions of the shared data.
fn opening_auctions() -> Vec<PathBuf> {
    let Some(shared) = shared() else { return Vec::new() };
    let files = fs::read_dir(shared.join("data/sse")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut found: Vec<_> =
        paths.filter(|path| path.to_str().unwrap().ends_with(".auction_orders.csv.gz")).collect();
    found.sort();
    assert!(found.len() >= 3, "the auctions of three instruments: {found:?}");
    found
}

#[test]
fn opening_auctions_give_the_exchanges_trades() {
    let place = TestDir::new("auction", "opening");
    for orders in opening_auctions() {
        let args = format!("auction --orders {} --trades trades.csv --json", orders.display());
        let report = json(&place.done(&args).stdout);
        let name = orders.to_str().unwrap().replace("auction_orders", "auction_trades");
        let expected = gunzip(name.as_ref());
        assert!(place.read("trades.csv") == expected, "{name}: the trades are not the exchange's");
        let rows: Vec<Vec<u64>> = expected.lines().skip(1).map(numbers).collect();
        assert_eq!(number(&report, "trades"), rows.len() as u64);
        assert!(rows.iter().all(|row| row[3] == number(&report, "price_ticks")));
        let volume: u64 = rows.iter().map(|row| row[4]).sum();
        assert_eq!(number(&report, "volume_lots"), volume);
    }
}

fn numbers(line: &str) -> Vec<u64> {
    line.split(',').map(|field| field.parse().unwrap()).collect()
}

#[test]
fn an_auction_goes_from_pipe_to_pipe() {
    let place = TestDir::new("auction", "pipe");
    let lines = "1,,NEW,10,B,101,5\n2,,NEW,20,S,101,4\n3,,CANCEL,99,,,\n";
    let orders = [HEADER, lines].concat();
    let piped = place.call_with_input("auction --orders - --trades -", orders.as_bytes());
    let piped = piped.expect_code(0).expect_said("price               101 ticks\n");
    assert_eq!(
        piped.stdout,
        "trade_no,buy_order_id,sell_order_id,price_ticks,qty\n0,10,20,101,4\n"
    );
    assert!(piped.stderr.contains("imbalance           1 lots to buy\n"), "{}", piped.stderr);
    assert!(piped.stderr.contains("rejects             1: unknown_order 1\n"), "{}", piped.stderr);
    // Without an output only the report is written.
    let told = place.call_with_input("auction --orders -", orders.as_bytes()).expect_code(0);
    assert!(told.stdout.starts_with("orders              2\nprice               101 ticks\n"));
    assert_eq!(place.files(".").len(), 0);
}

#[test]
fn nobody_reads_the_trades() {
    let place = TestDir::new("auction", "closed");
    let mut orders = HEADER.to_owned();
    for id in 1..=40_000 {
        let side = if id % 2 == 0 { 'B' } else { 'S' };
        writeln!(orders, "{id},,NEW,{id},{side},100,1").unwrap();
    }
    place.write("orders.csv", orders);
    let mut running = place.start("auction --orders orders.csv --trades -");
    running.close_stdout();
    running.wait().expect_code(0);
}

#[test]
fn what_is_no_auction_is_a_sentence_and_leaves_the_output_alone() {
    let place = TestDir::new("auction", "wrong");
    place.write("trades.csv", "of before");
    let wrong = [
        ("1,,NEW,10,B,102,5\n2,,IOC,11,B,102,5\n", "orders.csv:3: IOC trades at once"),
        ("1,,NEW,10,B,102,5\n2,,NEW,11,,102,5\n", "orders.csv:3:11: side is empty"),
        ("1,,BUY,10,B,102,5\n", "orders.csv:2:4: command is \"BUY\""),
    ];
    for (lines, sentence) in wrong {
        place.write("orders.csv", [HEADER, lines].concat());
        let ended = place.call("auction --orders orders.csv --trades trades.csv");
        ended.expect_code(1).expect_said(sentence);
    }
    place.write("orders.csv", "");
    place.call("auction --orders orders.csv").expect_code(1).expect_said("the flow is empty");
    place.call("auction --orders none.csv").expect_code(1).expect_said("cannot open the flow");
    place.write("orders.csv", HEADER);
    let same = place.call("auction --orders orders.csv --trades ./orders.csv");
    same.expect_code(2).expect_said("--orders and --trades name the same file");
    let nowhere = place.call("auction --orders orders.csv --trades no/where.csv");
    nowhere.expect_code(1).expect_said("cannot write the trades to no/where.csv");
    assert_eq!(place.read("trades.csv"), "of before");
    assert_eq!(place.read("orders.csv"), HEADER);
    assert_eq!(place.files(".").len(), 2, "nothing half-written is left");
    place.call("auction").expect_code(2).expect_said("--orders");
}

#[test]
fn a_signal_ends_the_collecting_and_leaves_nothing() {
    let place = TestDir::new("auction", "signal");
    let mut command = place.command("auction --orders - --trades trades.csv");
    let mut running = place.start_command(command.stdin(std::process::Stdio::piped()));
    // Who waits for a process closes its pipe, and an end of the orders is another story.
    let orders = running.take_stdin();
    // The output stands beside its name as soon as the signals are watched.
    running.until(|| place.has_partial());
    running.signal(rustix::process::Signal::INT);
    running.wait().expect_code(0).expect_said("stopped before all orders were collected");
    drop(orders);
    assert_eq!(place.files(".").len(), 0);
}
