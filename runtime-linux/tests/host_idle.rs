//! An idle host whose book answers questions sleeps until the log grows.
//!
//! It is alone in this file, because it looks for the thread by its name.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::types::{SessionId, Side};
use highwater_host::HostConfig;
use hosts::{PATIENCE, call, config, host_of, order, place};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How far the book may be behind: many times in the test it would be looked for.
const LAG: Duration = Duration::from_millis(1);

/// How often the thread `hw-snapshot` of this process has gone to sleep.
fn sleeps() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: &Path| fs::read_to_string(task.join("comm")).unwrap_or_default();
    let switches = tasks
        .map(|task| task.unwrap().path())
        .filter(|task| name(task).trim() == "hw-snapshot")
        .map(|task| fs::read_to_string(task.join("status")).unwrap());
    let counts = switches.map(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    });
    counts.sum()
}

#[test]
fn an_idle_book_does_not_poll() {
    let data = place("asked-idle");
    let config = config(&data);
    let host = host_of(&HostConfig { engine: config.engine.questions(LAG), ..config });
    let questions = host.questions().unwrap();
    let last = host.statistics().durable;
    questions.ask_after(last, PATIENCE, |_| ()).unwrap();
    // It may be about to sleep.
    let settle = Duration::from_millis(100);
    thread::park_timeout(settle);
    let before = sleeps();
    thread::park_timeout(settle);
    assert_eq!(sleeps(), before, "it sleeps on");
    let mut session = host.session(SessionId(1)).unwrap();
    let answer = call(&mut session, order(Side::Buy, 1, 100), &mut Vec::new());
    while questions.sequence() < answer.sequence {
        thread::yield_now();
    }
    assert!(sleeps() > before, "it is woken, and sleeps again");
}
