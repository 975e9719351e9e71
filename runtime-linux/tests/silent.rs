//! While nothing happens every thread of an engine sleeps until it is woken, and what happens then
//! is noticed.
//!
//! What is counted is how often the threads gave their cores away by themselves, by the system's
//! own count, while a process that has nothing to do with them does some work.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;
#[path = "common/program.rs"]
pub mod program;

use highwater::types::{SessionId, Side};
use highwater_host::WaitError;
use hosts::{PATIENCE, call, host, order, read};
use program::{Running, TestDir, pause};
use rustix::process::Signal;
use std::fs;
use std::io::Write;
use std::process::{ChildStdin, Stdio};
use std::time::Duration;

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

/// How often all threads of a silent engine may go to sleep while something else is done. One
/// thread that looked every 50 ms would do it some twenty times, one that looked every 50 us some
/// ten thousand times.
const SLEEPS_MAX: u64 = 12;

/// Commands that are drawn and written by another process meanwhile; that takes about a second.
const DRAWN: u64 = 200_000;

fn place(name: &str) -> TestDir {
    TestDir::new("silent", name)
}

/// How often the threads of a process went to sleep so far, those whose name begins like this.
fn sleeps(process: &str, name: &str) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let counts = tasks.filter_map(|task| {
        let status = fs::read_to_string(task.unwrap().path().join("status")).ok()?;
        let field = |field: &str| {
            let mut lines = status.lines();
            lines.find_map(|line| Some(line.strip_prefix(field)?.trim().to_owned()))
        };
        let is_meant = field("Name:")?.starts_with(name);
        is_meant.then_some(field("voluntary_ctxt_switches:")?.parse::<u64>().unwrap())
    });
    counts.sum()
}

/// How often they go to sleep while another process works. What began before is over soon: the
/// system is given the time of a first such process.
fn sleeps_meanwhile(place: &TestDir, process: &str, name: &str) -> u64 {
    place.generate(1, DRAWN, "before.csv");
    let before = sleeps(process, name);
    place.generate(1, DRAWN, "meanwhile.csv");
    sleeps(process, name) - before
}

/// Starts a run whose flow is a pipe with one command in it, and waits for the answer.
fn run_of_one(place: &TestDir, more: &str) -> (Running, ChildStdin) {
    let args = format!("run --flow - --data d --acks acks --segment-bytes 64K {more}");
    let mut running = place.start_command(place.command(&args).stdin(Stdio::piped()));
    let mut pipe = running.take_stdin();
    pipe.write_all([HEADER, "1,1,NEW,1,B,100,5,,A\n"].concat().as_bytes()).unwrap();
    running.until(|| place.highest_ack("acks") == 1);
    (running, pipe)
}

/// A silent run sleeps, answers one more command, sleeps again, and stops when it is told to.
fn assert_sleeps(name: &str, more: &str) {
    let place = place(name);
    let (mut running, mut pipe) = run_of_one(&place, more);
    for client_sequence in 2..=3 {
        let count = sleeps_meanwhile(&place, &running.id(), "");
        assert!(count <= SLEEPS_MAX, "{name}: {count} sleeps");
        writeln!(pipe, "{client_sequence},1,NEW,{client_sequence},B,100,5,,A").unwrap();
        running.until(|| place.highest_ack("acks") == client_sequence);
    }
    running.signal(Signal::TERM);
    running.wait().expect_code(0).expect_said("stopped at seq 3");
}

#[test]
fn a_silent_flow_wakes_nobody() {
    assert_sleeps("adaptive", "");
}

#[test]
fn a_silent_flow_wakes_nobody_who_sleeps_at_once() {
    assert_sleeps("sleep", "--idle sleep");
}

#[test]
fn a_silent_flow_wakes_nobody_where_a_thread_of_its_own_syncs() {
    assert_sleeps("interval", "--sync interval");
}

#[test]
fn a_silent_flow_wakes_nobody_though_commands_are_due() {
    assert_sleeps("paced", "--rate 1000000 --seconds 3600");
}

#[test]
fn a_silent_flow_wakes_nobody_though_snapshots_are_made_by_time() {
    assert_sleeps("by_time", "--snapshot-interval 1h --sync checkpoint");
}

#[test]
fn a_flow_that_never_began_wakes_nobody() {
    let place = place("never_began");
    let mut running =
        place.start_command(place.command("run --flow - --data d").stdin(Stdio::piped()));
    let pipe = running.take_stdin();
    running.until(|| place.join("d/0000000000000001.log").exists());
    let count = sleeps_meanwhile(&place, &running.id(), "");
    assert!(count <= SLEEPS_MAX, "{count} sleeps");
    running.signal(Signal::INT);
    running.wait().expect_code(0);
    drop(pipe);
}

#[test]
fn a_snapshot_that_is_due_by_time_wakes_its_thread() {
    let place = place("due");
    let (mut running, pipe) = run_of_one(&place, "--snapshot-interval 200ms");
    running.until(|| place.files("d").iter().any(|(name, _)| name.ends_with(".snapshot")));
    drop(pipe);
    running.wait().expect_code(0);
}

#[test]
fn a_host_that_nobody_calls_sleeps() {
    let place = place("host");
    let host = host(&place.join("data"));
    let mut one = host.session(SessionId(1)).unwrap();
    let mut events = Vec::new();
    call(&mut one, order(Side::Buy, 1, 100), &mut events);
    let count = sleeps_meanwhile(&place, "self", "hw-");
    assert!(count <= SLEEPS_MAX, "{count} sleeps");
    call(&mut one, order(Side::Buy, 2, 100), &mut events);
    // Each was accepted, and rests.
    read(&mut one, 4, &mut events);
    assert_eq!(one.wait(Duration::from_millis(1)), Err(WaitError::TimedOut));
    assert!(host.snapshot().unwrap().is_some(), "its thread is woken by a request");
    assert!(one.sync_now(PATIENCE).is_ok());
    host.stop().unwrap();
    pause(1);
}
