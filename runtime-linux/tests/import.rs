//! `highwater import`: files of other formats become flows that run, or are refused in place.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use flate2::Compression;
use flate2::write::GzEncoder;
use program::{TestDir, json, number};
use std::io::Write;

const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K --io append";

/// Two orders to sell, a buyer who takes one and a part of the other, and a halt.
const LOBSTER: &str = "34200.1,1,11,100,1234500,-1\n34200.2,1,12,50,1234600,-1\n\
                       34200.3,2,11,40,1234500,-1\n34200.4,4,11,60,1234500,-1\n\
                       34200.4,4,12,20,1234600,-1\n34200.5,4,99,20,1234600,-1\n\
                       34200.6,7,0,0,-1,-1\n";

#[test]
fn executions_come_out_as_the_file_has_them() {
    let place = TestDir::new("import", "lobster");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(LOBSTER.as_bytes()).unwrap();
    place.write("ACME_2026-01-31_message_5.csv.gz", packed.finish().unwrap());
    let args = "--format lobster ACME_2026-01-31_message_5.csv.gz";
    let ended = place.done(&format!("import {args} --out flow.csv.gz"));
    let counted = "5 lines: 1 HALT, 1 IOC, 2 NEW, 1 REDUCE\n\
                   skipped messages: 1 about an order that the file does not show coming\n";
    assert!(ended.stderr.contains(counted), "{}", ended.stderr);
    let run = format!("run --flow flow.csv.gz --data d --fills f --json {SMALL}");
    let summary = json(place.done(&run).stdout.trim());
    assert_eq!((number(&summary, "rejects"), number(&summary, "open_orders")), (0, 1));
    assert_eq!(summary["instruments"][0]["symbol"], "ACME");
    let fills = place.read("f");
    let fills: Vec<&str> = fills.lines().skip(1).collect();
    assert_eq!(fills, ["4,0,11,12345,60", "4,1,12,12346,20"]);
    let ended = place.done(&format!("import {args} --decimals 4 --symbol X"));
    let lines = "symbol,decimals\n1,34200100000000,DEFINE,,,,,,X,4\n\
                 2,34200100000000,NEW,11,S,1234500,100,,X\n";
    assert!(ended.stdout.contains(lines), "{}", ended.stdout);
    place.write("four.csv", ended.stdout);
    let run = format!("run --flow four.csv --data four --fills f --prices decimal {SMALL}");
    place.done(&run);
    let fills = place.read("f");
    let fills: Vec<&str> = fills.lines().skip(1).collect();
    assert_eq!(fills, ["5,0,11,123.4500,60", "5,1,12,123.4600,20"]);
}

#[test]
fn a_file_that_cannot_be_read_leaves_no_flow() {
    let place = TestDir::new("import", "refused");
    place.write("m.csv", "34200.1,1,11,100,1234500,-1\n34200.2,1,12,50,12345,-1\n");
    let import = |args: &str, code: i32| {
        let ended = place.call(&format!("import {args} --out flow.csv")).expect_code(code);
        assert!(!place.join("flow.csv").exists());
        ended.stderr
    };
    let said = import("--format lobster m.csv", 1);
    let expected = "m.csv:2:17: price is \"12345\": a price of this instrument has at most 2 \
                    digits behind the point; add --decimals with as many as it has";
    assert!(said.contains(expected), "{said}");
    let said = import("--format databento-mbo m.csv", 1);
    assert!(said.contains("m.csv:1:1: the header lacks the column instrument_id"), "{said}");
    assert!(import("--format lobster absent.csv", 1).contains("could not read 'absent.csv'"));
    assert!(
        import("--format fix m.csv", 2).contains("possible values: lobster, databento-mbo, itch")
    );
    assert!(import("--format databento-mbo m.csv --symbol A", 2).contains("--symbol is for"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(LOBSTER.repeat(999).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    place.write("cut.gz", &packed[..packed.len() / 2]);
    assert!(import("--format lobster cut.gz", 1).contains("the gzip data ends too early"));
    // No output over the input.
    let ended = place.call("import --format lobster m.csv --out m.csv").expect_code(2);
    assert!(ended.stderr.contains("name the same file"), "{}", ended.stderr);
}
