//! The host of the examples goes on where it was killed: each order once, each trade printed.
#![cfg(target_os = "linux")]

#[expect(dead_code, reason = "its main reads the command line")]
#[path = "../examples/host.rs"]
mod example;
#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::event::{Event, EventKind};
use highwater::types::{Sequence, SessionId};
use highwater_host::{Host, HostConfig};
use hosts::place;
use runtime_linux::Linux;
use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Says to this program that it is the example, and where its log lies.
const DATA: &str = "HOST_EXAMPLE_DATA";
/// Lines of a run before it is killed.
const LINES: usize = 300;

#[test]
#[ignore = "it is started by the other test"]
fn the_example() {
    let data = env::var(DATA).expect("the other test says where");
    example::run(Linux, &data).expect("the example runs");
}

/// Runs the example, and kills it after so many lines; returns the lines that it printed.
fn run(data: &Path, killed_after: Option<usize>) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "the_example", "--ignored", "--nocapture"])
        .env(DATA, data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if killed_after.is_some_and(|count| lines.len() == count) {
            child.kill().unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().success(), killed_after.is_none(), "{lines:?}");
    lines
}

#[test]
fn it_is_killed_and_goes_on_with_each_order_once_and_no_trade_left_out() {
    let data = place("example");
    let mut printed = BTreeSet::new();
    for killed_after in [Some(LINES), Some(2 * LINES), Some(LINES), None] {
        let lines = run(&data, killed_after);
        // What was printed before its place was stored is printed again.
        printed.extend(lines.into_iter().filter(|line| line.contains(" trade ")));
    }
    let again = run(&data, None);
    assert!(again.iter().all(|line| !line.contains(" trade ")), "{again:?}");

    let config = HostConfig { taps: 1, ..hosts::config(&data) };
    let host = Host::start(Linux, &config).unwrap();
    let (mut orders, mut trades) = (0, 0);
    let mut tap = host.tap_after(Sequence(0)).unwrap();
    while tap.position() < host.recovered() {
        let read = tap.read(Duration::ZERO, &mut |event: &Event| {
            orders += u64::from(matches!(event.kind, EventKind::Accepted { .. }));
            trades += usize::from(event.kind.is_trade());
        });
        read.unwrap();
    }
    assert_eq!((orders, printed.len()), (8_000, trades));
    for number in 1..=8 {
        let session = host.session(SessionId(number)).unwrap();
        assert_eq!(session.last_client_sequence().unwrap().0, 1_000);
    }
}
