//! The sequencer's thread makes no system call when it spins, otherwise none but to wait, and to
//! wake others before it does.
//!
//! The flow is a pipe that the test feeds, so it is known when the thread works: from the first
//! acknowledgement to the last, which is before the pipe is closed.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::TestDir;
use std::fs;
use std::io::Write;
use std::process::Stdio;
use trace::{Call, Trace, can_trace, traced};

/// What the standard library and libc do when a thread starts: register it, name it, give it a
/// signal stack and room for its allocator; and what the program asks for then: the cores that it
/// could be pinned to, short slices, sleeps that end in time.
const START: [&str; 13] = [
    "rseq",
    "set_robust_list",
    "rt_sigprocmask",
    "prctl",
    "mmap",
    "munmap",
    "mprotect",
    "sigaltstack",
    "gettid",
    "sched_getaffinity",
    "sched_setaffinity",
    "sched_getattr",
    "sched_setattr",
];

/// What they do when it ends: give its stacks back, wake whoever waits for it.
const END: [&str; 6] = ["sigaltstack", "munmap", "rt_sigprocmask", "madvise", "futex", "exit"];

/// What an adaptive thread waits with, and wakes others with when it has nothing to do.
const WAITING: [&str; 4] = ["sched_yield", "clock_nanosleep", "nanosleep", "futex"];

/// Clocks that are read without a system call.
const CLOCKS: [&str; 4] = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"];

/// Commands that go at once, and how often.
const COMMANDS_AT_ONCE: u64 = 25;
const TIMES: u64 = 12;

/// The calls of one thread, by phase.
struct Phases {
    start: Vec<Call>,
    work: Vec<Call>,
    end: Vec<Call>,
}

#[test]
fn a_spinning_sequencer_makes_no_system_call() {
    let Some(trace) = run("spin") else { return };
    let sequencer = phases(&trace, "hw-sequencer");
    assert_eq!(not_among(&sequencer.start, &START), None);
    assert_eq!(not_among(&sequencer.work, &[]), None);
    assert_eq!(not_among(&sequencer.end, &END), None);

    // The same check finds what other threads do, so it can fail.
    let log_writer = phases(&trace, "hw-log");
    assert!(not_among(&log_writer.work, &[]).is_some(), "the log writer makes system calls");
    let syncs = log_writer.work.iter().filter(|call| call.name == "fdatasync").count();
    assert!(syncs >= usize::try_from(TIMES - 1).unwrap(), "{syncs} syncs");
}

#[test]
fn an_adaptive_sequencer_makes_system_calls_only_to_wait() {
    let Some(trace) = run("adaptive") else { return };
    let sequencer = phases(&trace, "hw-sequencer");
    assert_eq!(not_among(&sequencer.start, &[&START[..], &WAITING].concat()), None);
    assert_eq!(not_among(&sequencer.work, &WAITING), None);
    assert_eq!(not_among(&sequencer.end, &[&END[..], &WAITING].concat()), None);
    assert!(
        not_among(&sequencer.work, &[]).is_some(),
        "it had nothing to do for long, so it waited"
    );
}

/// The first call that is not among those.
fn not_among(calls: &[Call], names: &[&str]) -> Option<String> {
    let found = calls.iter().find(|call| !names.contains(&call.name.as_str()));
    found.map(|call| call.text.clone())
}

/// Runs the program under strace with a pipe as its flow, some commands at a time.
fn run(idle: &str) -> Option<Trace> {
    let place = TestDir::new("no_system_calls", idle);
    let clock =
        fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    let clock = clock.unwrap_or_default();
    if !CLOCKS.contains(&clock.trim()) {
        println!(
            "skipped: on this machine reading a clock ({}) may be a system call",
            clock.trim()
        );
        return None;
    }
    if !can_trace(&place) {
        return None;
    }
    place.generate(1, COMMANDS_AT_ONCE * TIMES, "flow.csv");
    let args = format!("run --flow - --data d --idle {idle} --acks acks --segment-bytes 4M");
    let mut running = place.start_command(traced(&place, &[], &args).stdin(Stdio::piped()));
    let mut pipe = running.take_stdin();
    let flow = place.read("flow.csv");
    let (header, lines) = flow.split_once('\n').unwrap();
    writeln!(pipe, "{header}").unwrap();
    let mut lines = lines.split_inclusive('\n');
    for time in 1..=TIMES {
        let text: String =
            lines.by_ref().take(usize::try_from(COMMANDS_AT_ONCE).unwrap()).collect();
        pipe.write_all(text.as_bytes()).unwrap();
        running.until(|| place.highest_ack("acks") == time * COMMANDS_AT_ONCE);
    }
    drop(pipe);
    running.wait().expect_code(0);
    Some(Trace::read(&place))
}

fn phases(trace: &Trace, thread: &str) -> Phases {
    let is_ack = |call: &Call| {
        call.name == "write" && call.text.contains("\\n\",") && !call.text.starts_with("write(2")
    };
    let acks: Vec<usize> = trace
        .of_thread("hw-gateway")
        .filter(|(_, call)| is_ack(call))
        .map(|(index, _)| index)
        .collect();
    let (first, last) = (acks[0], acks[acks.len() - 1]);
    assert!(acks.len() >= usize::try_from(TIMES).unwrap(), "{} acknowledgements", acks.len());
    let part = |is_in: &dyn Fn(usize) -> bool| {
        trace
            .of_thread(thread)
            .filter(|(index, _)| is_in(*index))
            .map(|(_, call)| call.clone())
            .collect::<Vec<_>>()
    };
    let phases = Phases {
        start: part(&|index| index < first),
        work: part(&|index| first < index && index < last),
        end: part(&|index| last < index),
    };
    assert!(phases.start.iter().any(|call| call.name == "prctl"), "there is no thread {thread}");
    phases
}
