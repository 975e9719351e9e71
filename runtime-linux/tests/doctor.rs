//! `highwater doctor` prints a finding for everything that it looks at, and leaves engines alone.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{TestDir, json};
use rustix::process::Signal;
use serde_json::Value;

const OF_THE_MACHINE: [&str; 8] = [
    "cores",
    "governor",
    "isolation",
    "large pages",
    "memlock",
    "open files",
    "clock source",
    "steal",
];
const OF_THE_DIRECTORY: [&str; 5] = ["file system", "writing", "commit", "flushes", "room"];

fn subjects(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["subject"].as_str().unwrap()).collect()
}

#[test]
fn everything_is_looked_at_and_what_is_not_good_says_what_to_do() {
    let place = TestDir::new("doctor", "all");
    let report = json(&place.done("doctor --data d --seconds 1 --json").stdout);
    assert_eq!(subjects(&report), [&OF_THE_MACHINE[..], &OF_THE_DIRECTORY[..]].concat());
    for finding in report["findings"].as_array().unwrap() {
        let verdict = finding["verdict"].as_str().unwrap();
        assert!(["good", "weak", "unknown"].contains(&verdict), "{finding}");
        assert_eq!(finding["change"].is_null(), verdict == "good", "{finding}");
        // Whether a disk is honest is never known.
        assert!(finding["subject"] != "flushes" || verdict != "good", "{finding}");
    }
    // It is the measurement of `disk`, whole.
    assert_eq!(report["disk"]["ways"].as_array().unwrap().len(), 6);
    let names: Vec<_> = place.files("d").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["lease", "lock"], "probe files are gone");
}

#[test]
fn the_table_is_text_for_people() {
    let place = TestDir::new("doctor", "text");
    let text = place.done("doctor --data d --seconds 1").stdout;
    for subject in [&OF_THE_MACHINE[..], &OF_THE_DIRECTORY[..]].concat() {
        assert!(text.lines().any(|line| line.starts_with(subject)), "{subject}: {text}");
    }
    assert!(text.contains("in 'd' and on this machine: "), "{text}");
}

#[test]
fn a_directory_in_use_is_left_alone_and_said_to_be_unknown() {
    let place = TestDir::new("doctor", "in_use");
    let mut running = place.start("run --data d --rate 1000 --acks acks");
    running.until(|| place.highest_ack("acks") > 1);
    let report = json(&place.done("doctor --data d --json").stdout);
    assert_eq!(subjects(&report), [&OF_THE_MACHINE[..], &["directory"]].concat());
    let last = report["findings"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["verdict"], &report["disk"]), (&Value::from("unknown"), &Value::Null));
    assert!(last["change"].as_str().unwrap().contains("in use"), "{last}");
    running.signal(Signal::INT);
    running.wait().expect_code(0);
}

#[test]
fn a_signal_ends_it_without_a_table() {
    let place = TestDir::new("doctor", "signal");
    let mut running = place.start("doctor --data d --seconds 60");
    let probe = place.join("d/0000000000000005.spare");
    running.until(|| probe.exists());
    running.signal(Signal::TERM);
    let ended = running.wait().expect_code(0).expect_said("there is no table");
    assert_eq!(ended.stdout, "");
}

#[test]
fn what_is_no_directory_is_a_sentence_and_nothing_is_printed() {
    let place = TestDir::new("doctor", "wrong");
    place.write("file", "");
    let ended = place.call("doctor --data file").expect_code(1);
    assert_eq!(ended.expect_said("is not a directory").stdout, "");
    place.call("doctor --seconds 0").expect_code(2).expect_said("--help");
}
