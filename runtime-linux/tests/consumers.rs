//! Nothing of the log is retired that an output still needs: a run that was killed at any moment
//! goes on with the fills and the events of one that was not, whoever retires.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Random, TestDir, json, number, pause};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Many, because a machine that is busy lets a run go far before it is killed.
const COMMANDS: u64 = 100_000;
const OPTIONS: &str = "--segment-bytes 64K --snapshot-bytes 128K --keep snapshot";

/// A flow, and what an undisturbed run makes of it in `whole.csv` and `whole.jsonl`.
fn place(name: &str) -> TestDir {
    let place = TestDir::new("consumers", name);
    place.generate(3, COMMANDS, "flow.csv");
    place.done("run --flow flow.csv --data whole --fills whole.csv --events whole.jsonl");
    place
}

fn assert_whole(place: &TestDir, outputs: &[&str]) {
    for output in outputs {
        let whole = output.replacen("out", "whole", 1);
        assert!(place.read(output) == place.read(&whole), "{output} differs");
    }
    assert_eq!(place.verified("d")["state_hash"], place.verified("whole")["state_hash"]);
}

fn is_retired(place: &TestDir) -> bool {
    !place.join("d/0000000000000001.log").exists()
        && !place.join("d/0000000000000001.packed").exists()
}

/// The consumers of the log in `d`.
fn listed(place: &TestDir) -> Vec<Value> {
    let listed = json(&place.done("consumers list --data d --json").stdout);
    listed["consumers"].as_array().unwrap().clone()
}

#[test]
fn a_run_that_is_killed_among_retired_segments_loses_no_fill() {
    let place = place("killed");
    let run = format!("run --flow flow.csv --data d --fills out.csv {OPTIONS}");
    let mut random = Random::new(11);
    for life in 0..=6 {
        let mut running = place.start(&format!("{run} --rate 3000 --acks acks"));
        let after = place.highest_ack("acks") + 1_500 + random.below(500);
        running.until(|| place.highest_ack("acks") > after);
        // On a busy machine nothing may have been retired so far: the last life waits for it.
        running.until(|| life < 6 || is_retired(&place));
        pause(random.below(30));
        assert!(!running.has_ended());
        running.signal(if life % 3 == 2 { Signal::HUP } else { Signal::KILL });
        let ended = running.wait();
        let is_over = ended.signal.is_some() || ended.code == Some(0);
        assert!(is_over, "life {life}: {ended:?}");
    }
    assert!(is_retired(&place), "nothing was retired, so nothing was tried");
    place.done(&run);
    assert_whole(&place, &["out.csv"]);
}

#[test]
fn another_process_retires_nothing_that_a_killed_run_still_needs() {
    let place = place("external");
    let run = "run --flow flow.csv --data d --segment-bytes 64K --fills out.csv";
    // Snapshots are made by the other process alone.
    let no_snapshots = "--snapshot-bytes 1G --rate 3000 --acks acks";
    for _ in 0..3 {
        let before = place.highest_ack("acks");
        let mut running = place.start(&format!("{run} {no_snapshots}"));
        running.until(|| place.highest_ack("acks") > before + 1_500);
        place.done("snapshot --data d --keep snapshot");
        let acked = place.highest_ack("acks");
        running.until(|| place.highest_ack("acks") > acked + 200);
        assert!(!running.has_ended());
        running.signal(Signal::KILL);
        running.wait();
        // Once more while nobody runs: what is in the file is what it was.
        place.done("snapshot --data d --keep snapshot");
        place.done("snapshot --data d --keep snapshot");
    }
    place.done(run);
    assert_whole(&place, &["out.csv"]);
    // It is durable as a whole now, and no longer in the way.
    for limit in [1, 2] {
        place.done(&format!("run --data other --limit {limit}"));
        place.done("snapshot --data d --keep snapshot");
    }
    assert_eq!(number(&listed(&place)[0], "durable_sequence"), last(&place));
}

fn last(place: &TestDir) -> u64 {
    number(&place.verified("d"), "last_sequence")
}

#[test]
fn a_file_of_events_keeps_the_whole_log() {
    let place = place("events");
    let run = format!("run --flow flow.csv --data d --events out.jsonl --fills out.csv {OPTIONS}");
    let mut running = place.start(&format!("{run} --rate 6000 --acks acks"));
    running.until(|| place.highest_ack("acks") > 6_000);
    running.signal(Signal::KILL);
    running.wait();
    place.done(&run);
    assert!(!is_retired(&place));
    assert_whole(&place, &["out.jsonl", "out.csv"]);
    let kinds: Vec<_> = listed(&place).iter().map(|it| it["kind"].clone()).collect();
    assert_eq!(kinds, ["fills", "events"]);
}

#[test]
fn a_start_names_who_holds_the_log_back_and_a_user_lets_go_of_it() {
    let place = place("named");
    place.done("run --flow flow.csv --data d --segment-bytes 64K --limit 3000 --fills out.csv");
    let on = |limit: u64| {
        let args = format!("run --flow flow.csv --data d --limit {limit} {OPTIONS}");
        place.done(&args)
    };
    on(4_000);
    let said = on(4_000).stderr;
    let path = place.join("out.csv").canonicalize().unwrap();
    let path = path.display();
    let sentence =
        format!("the log is kept for the fills '{path}', which is durable up to sequence");
    assert!(said.contains(&sentence) && said.contains("highwater consumers forget"), "{said}");
    for _ in 0..2 {
        place.done("snapshot --data d --keep snapshot");
        on(500);
    }
    let held = json(&place.done("snapshot --data d --keep snapshot --json").stdout);
    assert!(held["held"].as_str().unwrap().contains(&sentence), "{held}");
    // They can be continued.
    place.copy("d", "e");
    let fills = place.read("out.csv");
    place.done("run --flow flow.csv --data e --fills out.csv");
    assert!(place.read("out.csv") == place.read("whole.csv"), "the fills are not whole");
    place.write("out.csv", fills);

    place.call("consumers forget --data d nothing").expect_code(1).expect_said("not registered");
    place.call("consumers forget --data d").expect_code(2);
    place.call("consumers list --data nowhere").expect_code(1).expect_said("there is no log");
    let said = place.done(&format!("consumers forget --data d fills:{path}")).stdout;
    assert_eq!(said, format!("forgot fills:{path}\n"));
    assert_eq!(place.done("consumers list --data d").stdout, "no output needs the log\n");
    on(500);
    place.done("snapshot --data d --keep snapshot");
    assert!(is_retired(&place));
    let refused = place.call(&format!("run --flow flow.csv --data d --fills out.csv {OPTIONS}"));
    refused.expect_code(1).expect_said("cannot write the fills to out.csv");
}

#[test]
fn where_it_is_not_known_who_needs_the_log_nothing_is_retired() {
    let place = place("damaged");
    place.done(&format!("run --flow flow.csv --data d --limit 9000 --fills out.csv {OPTIONS}"));
    place.done("snapshot --data d --keep all");
    let list = place.join("d/consumers");
    let sound = fs::read(&list).unwrap();
    let segments = |place: &TestDir| {
        let names = place.files("d").into_iter().map(|(name, _)| name);
        names.filter(|name| Path::new(name).extension().is_some_and(|it| it == "log")).min()
    };
    let first = segments(&place);
    for damage in [&b""[..], &sound[..sound.len() - 1], &[&sound[..], b"\n"].concat()] {
        fs::write(&list, damage).unwrap();
        place.call("consumers list --data d").expect_code(1).expect_said("is damaged");
        let said = place.call(&format!("run --flow flow.csv --data d --limit 500 {OPTIONS}"));
        said.expect_code(0).expect_said("is damaged");
        place.call("snapshot --data d --keep snapshot").expect_code(1).expect_said("is damaged");
        assert_eq!(segments(&place), first, "nothing was retired");
    }
    place.done("consumers forget --data d --all");
    assert!(listed(&place).is_empty());
    place.done(&format!("run --flow flow.csv --data d --fills out.csv {OPTIONS}"));
    assert_whole(&place, &["out.csv"]);
}

#[test]
fn a_cut_takes_back_what_was_said_of_outputs() {
    let place = place("cut");
    place.done("run --flow flow.csv --data d --limit 3000 --fills out.csv");
    place.done("truncate --data d --at 1000 --nearest --accept-loss");
    assert_eq!(number(&listed(&place)[0], "durable_sequence"), last(&place));
    place.done("run --flow flow.csv --data d --fills out.csv");
    assert_whole(&place, &["out.csv"]);
}

#[test]
fn a_pipe_is_no_consumer() {
    let place = place("pipe");
    place.done("run --flow flow.csv --data d --limit 100 --fills /dev/null --events /dev/null");
    assert!(listed(&place).is_empty());
}
