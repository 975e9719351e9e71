//! `verify` and `dump` beside a running engine tell what is durable and change nothing.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Running, TestDir, json, last_client_sequence, number};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;

/// How often a running log is looked at.
const LOOKS: u64 = 15;

/// Starts an engine that works slowly for long, and waits until it does.
fn running(place: &TestDir, more: &str) -> Running {
    let mut running = place.start(&format!("run --data d --limit 100000000 --acks acks {more}"));
    running.until(|| place.highest_ack("acks") > 200);
    running
}

/// Stops the engine, which nobody must have disturbed.
fn stop(place: &TestDir, running: Running) {
    running.signal(Signal::INT);
    running.wait().expect_code(0).expect_said("stopped at seq ");
    let verified = place.verified("d");
    assert_eq!(verified["state"], "stopped");
    assert_eq!(last_client_sequence(&verified, 1), place.highest_ack("acks"));
}

#[test]
fn verify_tells_what_is_durable_now() {
    for io in ["auto", "append"] {
        let place = TestDir::new("beside", &format!("verify_{io}"));
        let mut engine = running(&place, &format!("--io {io} --rate 20000 --segment-bytes 256K"));
        let mut last_sequence = 0;
        for _ in 0..LOOKS {
            let acked = place.highest_ack("acks");
            let verified = place.verified("d");
            assert_eq!(verified["state"], "running");
            assert_eq!(number(&verified, "torn_tail_bytes"), 0);
            let sequence = number(&verified, "last_sequence");
            assert!(sequence >= last_sequence, "{sequence} after {last_sequence}");
            // What the log vouches for is what was durable when its last block was sealed: one
            // commit behind at most.
            assert!(last_client_sequence(&verified, 1) <= sequence);
            last_sequence = sequence;
            engine.until(|| place.highest_ack("acks") > acked + 100);
        }
        assert!(last_sequence > 500, "the log grew while it was looked at");
        assert!(!engine.has_ended());
        stop(&place, engine);
    }
}

#[test]
fn dump_prints_what_is_durable_now() {
    let place = TestDir::new("beside", "dump");
    // Every look reads the whole log: were it written faster than this test reads, each look would
    // take longer than the one before, without end.
    let mut engine = running(&place, "--rate 500 --segment-bytes 64K");
    let mut seen = 0;
    for _ in 0..LOOKS {
        let acked = place.highest_ack("acks");
        let lines = place.done("dump --data d --json").stdout;
        let records = lines.lines().map(json);
        // A running hash has the sequence of the command before it.
        let commands = records.filter(|record| record["record"] != "running_hash");
        let sequences: Vec<u64> = commands.map(|record| number(&record, "sequence")).collect();
        assert!(sequences.iter().copied().eq(1..=sequences.len() as u64), "no gap, no repeat");
        assert!(sequences.len() >= seen, "{} records after {seen}", sequences.len());
        seen = sequences.len();
        engine.until(|| place.highest_ack("acks") > acked + 50);
    }
    assert!(seen > 200, "{seen}");
    stop(&place, engine);
}

#[test]
fn an_engine_at_speed_is_never_called_corrupt() {
    let place = TestDir::new("beside", "speed");
    let engine = running(&place, "--rate 20000 --segment-bytes 64K");
    for _ in 0..LOOKS {
        let verified = place.verified("d");
        assert_eq!(verified["state"], "running");
        assert_eq!(number(&verified, "torn_tail_bytes"), 0);
    }
    stop(&place, engine);
}

#[test]
fn looking_creates_and_changes_nothing() {
    let place = TestDir::new("beside", "nothing");
    // Without a rate to keep, the engine is idle: nothing but the looking could change a file.
    let mut idle = place.start_command(
        place.command("run --flow - --data d --acks acks").stdin(std::process::Stdio::piped()),
    );
    let pipe = idle.take_stdin();
    idle.until(|| place.join("d/0000000000000001.log").exists());
    let names = |place: &TestDir| -> BTreeSet<_> {
        fs::read_dir(place.join("d")).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let before = names(&place);
    for command in ["verify", "dump", "verify --json", "dump --json"] {
        place.done(&format!("{command} --data d"));
        assert_eq!(names(&place), before, "{command}");
    }
    drop(pipe);
    // A pipe that ends without a header is an error of the flow, not of who looked.
    idle.wait().expect_code(1).expect_said("-:1:1: ");
    let after = place.files("d");
    place.done("verify --data d");
    place.done("dump --data d");
    assert!(place.files("d") == after, "a log that nobody writes changed");
}

#[test]
fn a_run_starts_while_others_look() {
    let place = TestDir::new("beside", "start");
    place.done("run --data d --limit 2000 --segment-bytes 256K");
    let mut lookers: Vec<Running> = (0..4).map(|_| place.start("verify --data d")).collect();
    for _ in 0..6 {
        place.done("run --data d --limit 50 --segment-bytes 256K");
        lookers.push(place.start("verify --data d"));
    }
    for looker in lookers {
        looker.wait().expect_code(0);
    }
}
