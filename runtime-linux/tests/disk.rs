//! `highwater disk` measures every way, says which one the engine uses, and leaves nothing behind.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::{Ended, TestDir, json, number};
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use trace::{Trace, can_trace, traced};

fn place(name: &str) -> TestDir {
    TestDir::new("disk", name)
}

fn names(place: &TestDir) -> Vec<String> {
    place.files("d").into_iter().map(|(name, _)| name).collect()
}

fn ways(report: &Value) -> &Vec<Value> {
    report["ways"].as_array().unwrap()
}

/// Runs the program with calls replaced by a fault.
fn disturbed(place: &TestDir, options: &[&str]) -> Ended {
    place.start_command(&mut traced(place, options, "disk --data d --seconds 1 --json")).wait()
}

#[test]
fn every_way_is_measured_and_one_is_the_engines() {
    let place = place("ways");
    let report = json(&place.done("disk --data d --seconds 1 --json").stdout);
    assert_eq!(names(&place), ["lease", "lock"], "probe files are gone");
    let used: Vec<_> = ways(&report).iter().filter(|way| way["used"] == true).collect();
    assert_eq!(used.len(), 1, "{report}");
    assert_eq!(used[0]["sizes"][0]["commit"], report["commit"]);
    assert_eq!(ways(&report).len(), 6);
    for way in ways(&report).iter().filter(|way| way["refused"].is_null()) {
        for size in way["sizes"].as_array().unwrap() {
            assert!(number(&size["commit"], "count") > 0, "{way}");
        }
    }
    let threads: Vec<_> =
        report["at_once"].as_array().unwrap().iter().map(|row| number(row, "threads")).collect();
    assert_eq!(threads, [1, 2, 4, 8]);
    // A run chooses what was foretold.
    let run = json(&place.done("run --data d --limit 10 --json").stdout);
    assert_eq!(run["io"], report["io"]);
    assert_eq!(run["file_system"], report["file_system"]);
}

#[test]
fn a_log_is_left_as_it_is_and_so_is_what_stands_beside_it() {
    let place = place("log");
    place.done("run --data d --limit 2000 --segment-bytes 64K");
    // Who has not judged the log does not know whether it needs them.
    place.write("d/0000000000000000.spare", "left by a crash");
    place.write("d/0000000000000003.spare", "left by a crash");
    let before = place.files("d");
    place.done("disk --data d --seconds 1");
    assert!(place.files("d") == before, "the log has changed");
}

#[test]
fn a_directory_in_use_is_not_measured() {
    let place = place("in_use");
    let mut running = place.start("run --data d --rate 1000 --acks acks");
    running.until(|| place.highest_ack("acks") > 1);
    place.call("disk --data d --seconds 1").expect_code(1).expect_said("in use");
    running.signal(Signal::INT);
    running.wait().expect_code(0);
}

#[test]
fn a_signal_ends_it_and_removes_the_probe_files() {
    for (name, signal) in
        [("interrupt", Signal::INT), ("terminate", Signal::TERM), ("hang_up", Signal::HUP)]
    {
        let place = place(name);
        let mut running = place.start("disk --data d --seconds 60");
        let probe = place.join("d/0000000000000005.spare");
        running.until(|| probe.exists());
        running.signal(signal);
        let ended = running.wait().expect_code(0).expect_said("there is no report");
        assert_eq!(ended.stdout, "");
        assert_eq!(names(&place), ["lease", "lock"]);
    }
}

#[test]
fn a_way_that_the_system_refuses_is_a_line() {
    let place = place("refused");
    if !can_trace(&place) {
        return;
    }
    // Later calls of the way are not tried.
    for (call, refused) in [("pwritev2", "RWF_DSYNC"), ("fallocate", "never written")] {
        let only = format!("trace={call}");
        let inject = format!("inject={call}:error=EOPNOTSUPP");
        let ended = disturbed(&place, &["-e", &only, "-e", &inject]).expect_code(0);
        assert_eq!(Trace::read(&place).calls.len(), 1, "{call}");
        let report = json(&ended.stdout);
        for way in ways(&report) {
            let is_refused = way["way"].as_str().unwrap().contains(refused);
            let reason = way["refused"].as_str();
            assert_eq!(reason.is_some(), is_refused, "{way}");
            assert!(reason.is_none_or(|reason| reason.contains("not supported")), "{way}");
        }
        assert_eq!(names(&place), ["lease", "lock"]);
    }
}

#[test]
fn no_room_is_a_sentence() {
    let place = place("no_room");
    if !can_trace(&place) {
        return;
    }
    let path = place.join("d/0000000000000001.spare");
    let options = ["-P", path.to_str().unwrap(), "-e", "inject=write:error=ENOSPC:when=3"];
    let ended = disturbed(&place, &options).expect_code(1).expect_said("free some space");
    assert_eq!(ended.stdout, "");
    assert_eq!(names(&place), ["lease", "lock"]);
}

#[test]
fn each_way_asks_the_system_for_what_its_name_says() {
    let place = place("calls");
    if !can_trace(&place) {
        return;
    }
    disturbed(&place, &["-e", "trace=open,openat,fallocate"]).expect_code(0);
    let trace = Trace::read(&place);
    let opened = |number: u64, flags: &str| {
        let name = format!("{number:016}.spare\", {flags}");
        let texts = trace.calls.iter().map(|call| call.text.replace("O_LARGEFILE|", ""));
        assert!(texts.filter(|text| text.contains(&name)).count() > 0, "{name} is not opened");
    };
    opened(0, "O_RDWR|O_DIRECT|O_CLOEXEC");
    opened(1, "O_RDWR|O_DSYNC|O_DIRECT|O_CLOEXEC");
    opened(2, "O_RDWR|O_DIRECT|O_CLOEXEC");
    opened(3, "O_RDWR|O_CLOEXEC");
    opened(4, "O_WRONLY|O_APPEND|O_NONBLOCK|O_CLOEXEC");
    opened(5, "O_RDWR|O_DIRECT|O_CLOEXEC");
    assert!(trace.calls.iter().any(|call| call.name == "fallocate"));
}

#[test]
fn usage_that_is_wrong_is_exit_code_2() {
    let place = place("usage");
    for args in ["disk --seconds 0", "disk --seconds 3601", "disk extra"] {
        place.call(args).expect_code(2).expect_said("--help");
    }
    assert!(place.files(".").is_empty(), "nothing is created");
    fs::write(place.join("file"), "").unwrap();
    place.call("disk --data file").expect_code(1).expect_said("is not a directory");
}
