//! The thread that makes snapshots gets the share of processor time that was said: as the niceness
//! that the scheduler shares by, on top of that of the engine's other threads.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;
#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use highwater_platform::Share;
use hosts::{config, host_of};
use program::{TestDir, json, number};
use rustix::process::Signal;
use std::fs;
use std::path::Path;
use trace::{Trace, can_trace, traced};

/// No thread is nicer than this.
const NICENESS_MAX: i64 = 19;

/// A share, how it is said to a run, and by how much the thread is nicer than the others.
const SHARES: [(&str, &str, i64); 6] = [
    ("", "", 10),
    ("--snapshot-share 100", "", 0),
    ("--snapshot-share 50", "", 3),
    ("--snapshot-share 1", "", 19),
    ("", "snapshot-share = 25", 6),
    ("--snapshot-share 80", "snapshot-share = 25", 1),
];

/// What a process has as niceness for a thread of this name; `None` before it has one.
fn niceness(process: &str, thread: &str) -> Option<i64> {
    let mut tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();
    tasks.find_map(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        // The name stands in brackets; the niceness is the 19th field, the state behind it the 3rd.
        let (before, behind) = stat.rsplit_once(") ")?;
        let is_it = before.split_once(" (")?.1 == thread;
        is_it.then(|| behind.split(' ').nth(16)).flatten()?.parse().ok()
    })
}

/// What `hw-snapshot` has when it is nicer than `hw-log` by so much.
fn expected(process: &str, nicer_by: i64) -> i64 {
    NICENESS_MAX.min(niceness(process, "hw-log").unwrap() + nicer_by)
}

#[test]
fn the_thread_of_a_run_is_as_nice_as_its_share_says() {
    for (index, (flags, file, nicer_by)) in SHARES.into_iter().enumerate() {
        let place = TestDir::new("snapshot_share", &format!("run_{index}"));
        place.write("settings.toml", file);
        let run = "run --data d --rate 100 --snapshot-interval 10ms --config settings.toml";
        let mut running = place.start(&format!("{run} {flags}"));
        // It gives itself its niceness before it makes its first one.
        running.until(|| has_snapshot(&place.join("d")));
        let process = running.id();
        assert!(!running.has_ended(), "{:?}", running.wait());
        let found = niceness(&process, "hw-snapshot");
        assert_eq!(found, Some(expected(&process, nicer_by)), "{flags} {file}");
        running.signal(Signal::TERM);
        running.wait().expect_code(0).expect_said("stopped at seq ");
    }
}

/// Whether there is a snapshot in a data directory.
fn has_snapshot(data: &Path) -> bool {
    let mut names = fs::read_dir(data).into_iter().flatten().flatten().map(|file| file.file_name());
    names.any(|name| name.as_encoded_bytes().ends_with(b".snapshot") && name != "part.snapshot")
}

#[test]
fn the_thread_of_a_host_is_as_nice_as_its_share_says() {
    let place = TestDir::new("snapshot_share", "host");
    let mut config = config(&place.join("data"));
    config.engine.snapshot_share = Share::of_percent(20).unwrap();
    let host = host_of(&config);
    host.snapshot().unwrap().expect("there is something to make one of");
    assert_eq!(niceness("self", "hw-snapshot"), Some(expected("self", 7)));
    host.stop().unwrap();
}

/// How often `hw-snapshot` gives its core away, in a run that waits for many snapshots; `None`
/// where that cannot be seen.
fn yields(percent: u8) -> Option<usize> {
    let place = TestDir::new("snapshot_share", &format!("yields_{percent}"));
    if !can_trace(&place) {
        return None;
    }
    let run = "run --data d --limit 60000 --snapshot-lag-max 1M --segment-bytes 256K --json";
    let run = format!("{run} --snapshot-share {percent}");
    let options = ["-e", "trace=prctl,sched_yield"];
    let ended = place.start_command(&mut traced(&place, &options, &run)).wait().expect_code(0);
    assert!(number(&json(&ended.stdout), "snapshots_made") > 1, "{ended:?}");
    let trace = Trace::read(&place);
    Some(trace.of_thread("hw-snapshot").filter(|(_, call)| call.name == "sched_yield").count())
}

#[test]
fn the_thread_yields_only_while_it_is_ahead_of_its_share() {
    assert!(yields(1).is_none_or(|count| count > 0));
    assert!(yields(100).is_none_or(|count| count == 0));
}

#[test]
fn what_is_no_share_is_refused_with_a_sentence() {
    let place = TestDir::new("snapshot_share", "refused");
    for share in ["0", "101", "-1", "1000", "most", "50%", "0.5", ""] {
        let ended = place.call(&format!("config --snapshot-share={share}")).expect_code(2);
        ended.expect_said("--snapshot-share <PERCENT>").expect_said("--help");
    }
    for share in ["0", "101", "-1", "1000", "'most'", "'50%'", "0.5", "''", "true"] {
        place.write("settings.toml", format!("snapshot-share = {share}\n"));
        for command in ["config", "run --data d"] {
            let ended = place.call(&format!("{command} --config settings.toml")).expect_code(2);
            ended.expect_said("a whole number of percent from 1 to 100, like 10");
        }
    }
    assert!(!place.join("d").exists(), "nothing is created");
    let printed = place.done("config --snapshot-share 7").stdout;
    assert!(printed.contains("\nsnapshot-share = 7\n"), "{printed}");
    assert!(place.done("config").stdout.contains("\nsnapshot-share = 10\n"));
}
