//! What a command decides and does is the same whether anybody reads what it prints.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Ended, TestDir, json, last_client_sequence, number, spoil};
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";
const SMALL: &str = "--orders 4096 --instruments 8 --segment-bytes 64K";

/// A place with a log `long` of 500 commands, one `short` of the first 100, and a copy of `long`.
fn logs(name: &str) -> TestDir {
    let place = TestDir::new("closed_pipe", name);
    place.generate(1, 500, "flow.csv");
    place.done(&format!("run --flow flow.csv --data short --limit 100 {SMALL}"));
    place.done(&format!("run --flow flow.csv --data long {SMALL}"));
    place.copy("long", "copy");
    place
}

/// Ends with this code with a reader, without one, and when nobody hears anything at all.
fn ends_with(place: &TestDir, args: &str, code: i32) -> Ended {
    let read = place.call(args).expect_code(code);
    let unread = place.call_unread(args).expect_code(code);
    assert_eq!(unread.stderr.lines().last(), read.stderr.lines().last(), "{args}");
    assert!(!read.stdout.contains("panicked") && !read.stderr.contains("panicked"), "{read:?}");
    place.call_unheard(args).expect_code(code);
    read
}

#[test]
fn a_comparison_says_by_its_code_what_it_found() {
    let place = logs("diff");
    ends_with(&place, "diff long copy", 0);
    ends_with(&place, "diff short long", 1);
    ends_with(&place, "diff long absent", 2);
    // What cannot be written is no difference, and no reason to hide one.
    let full = |args: &str| {
        let mut command = place.command(args);
        let full = File::options().write(true).open("/dev/full").unwrap();
        command.stdout(full).stderr(Stdio::null()).status().unwrap().code()
    };
    assert_eq!((full("diff long copy"), full("diff short long")), (Some(2), Some(1)));
    assert_eq!(full("verify --data long"), Some(1));
}

#[test]
fn nothing_is_cut_without_acceptance_and_all_of_it_with() {
    let place = logs("truncate");
    let before = place.files("long");
    ends_with(&place, "truncate --data long --at 50 --nearest", 1);
    assert!(place.files("long") == before);
    let cut = |data: &str| format!("truncate --data {data} --at 0 --accept-loss");
    let read = place.done(&cut("copy"));
    assert_eq!(read.stdout.lines().last().map(|line| line.starts_with("cut: ")), Some(true));
    place.call_unread(&cut("long")).expect_code(0);
    place.call_unheard(&cut("short")).expect_code(0);
    for data in ["copy", "long", "short"] {
        assert_eq!(number(&place.verified(data), "last_sequence"), 0, "{data}");
        assert!(place.join(data).join("dropped-1").is_dir(), "{data}");
    }
}

#[test]
fn a_corrupt_log_is_corrupt_for_nobody_too() {
    let place = logs("verify");
    for command in ["verify", "verify --json", "book", "book --json", "config"] {
        ends_with(&place, &format!("{command} --data long"), 0);
    }
    spoil(&place.join("long/0000000000000001.log"), 5_000);
    for command in ["verify", "verify --json", "book", "snapshot", "backup --to never"] {
        ends_with(&place, &format!("{command} --data long"), 1);
    }
    ends_with(&place, "diff long copy", 2);
    assert!(!place.join("never").exists() && !place.join("never.partial").exists());
}

#[test]
fn a_copy_and_a_snapshot_are_made_for_nobody_too() {
    let place = logs("backup");
    place.call_unread("backup --data long --to one").expect_code(0);
    place.call_unheard("backup --data long --to two").expect_code(0);
    for copy in ["one", "two"] {
        place.done(&format!("diff long {copy}"));
    }
    place.call_unread("snapshot --data one").expect_code(0);
    place.call_unheard("snapshot --data two --json").expect_code(0);
    for copy in ["one", "two"] {
        assert!(place.files(copy).iter().any(|(name, _)| name.ends_with(".snapshot")), "{copy}");
    }
}

#[test]
fn a_scenario_fails_for_nobody_too() {
    let place = TestDir::new("closed_pipe", "conform");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/auctions.json");
    let good = fs::read_to_string(own).unwrap();
    let uncrossed_at = "\"price\": 103";
    assert!(good.contains(uncrossed_at), "the scenarios say at which price they uncross");
    place.write("bad.json", good.replace(uncrossed_at, "\"price\": 102"));
    place.write("good.json", good);
    for more in ["", " --json"] {
        ends_with(&place, &format!("conform good.json{more}"), 0);
        ends_with(&place, &format!("conform bad.json{more}"), 1);
        ends_with(&place, &format!("conform absent.json{more}"), 1);
    }
}

#[test]
fn a_run_into_nothing_does_its_work_and_fails_where_it_fails() {
    let place = TestDir::new("closed_pipe", "run");
    place.generate(1, 300, "flow.csv");
    for (data, more) in [("text", ""), ("json", "--json")] {
        let run = format!("run --flow flow.csv --data {data} {SMALL} {more}");
        place.call_unread(&run).expect_code(0);
        assert_eq!(last_client_sequence(&place.verified(data), 1), 300);
        place.call_unheard(&run).expect_code(0);
    }
    let flow = place.read("flow.csv");
    place.write("bad.csv", [&flow, "301,1,NEW,x,B,1,1,,A\n"].concat());
    place.write("cut.csv", &flow[..flow.len() - 1]);
    place.write("none.csv", "no header\n");
    for (flow, more) in [("bad", ""), ("bad", "--json"), ("cut", ""), ("none", "--json")] {
        ends_with(&place, &format!("run --flow {flow}.csv --data {flow} {SMALL} {more}"), 1);
    }
}

#[test]
fn a_malformed_line_is_none_the_better_when_nobody_reads_the_acks() {
    let place = TestDir::new("closed_pipe", "acks");
    // One command and the malformed line are taken at once, before anything is acknowledged.
    place.write("flow.csv", [HEADER, "1,1,NEW,1,B,1,1,,A\n2,1,NEW,x,B,1,1,,A\n"].concat());
    let ended = place.call_unread(&format!("run --flow flow.csv --data d --acks - {SMALL}"));
    ended.expect_code(1).expect_said("flow.csv:3:9: ");
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 1);
    // Where the flow goes on, a run ends cleanly as soon as nobody reads.
    let ended = place.call_unread(&format!("run --data stream --acks - {SMALL}"));
    ended.expect_code(0).expect_said("stopped at seq");
}

#[test]
fn a_report_is_written_for_nobody_too() {
    let place = TestDir::new("closed_pipe", "bench");
    for (report, more) in [("text.md", ""), ("json.md", "--json")] {
        let bench = format!("bench --disk --seconds 1 --report {report} {more}");
        place.call_unread(&bench).expect_code(0);
        assert_eq!(place.read(report).matches("\n## ").count(), 1, "the section is in it");
    }
}

#[test]
fn what_is_streamed_ends_when_nobody_reads() {
    let place = logs("streams");
    for args in ["dump --data long", "dump --data long --json", "gen --out -", "--help"] {
        place.call_unread(args).expect_code(0);
        place.call_unheard(args).expect_code(0);
    }
    place.call_unheard("run --nonsense").expect_code(2);
    let measured = place.call_unread("disk --data long --seconds 1 --json").expect_code(0);
    assert!(!measured.stderr.contains("panicked"), "{measured:?}");
    assert_eq!(fs::metadata(place.join("flow.csv")).map(|file| file.is_file()).ok(), Some(true));
    let report = place.done("disk --data long --seconds 1 --json");
    assert_eq!(json(&report.stdout)["data"], "long");
}
