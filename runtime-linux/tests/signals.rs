//! SIGINT, SIGTERM, SIGHUP and a closed pipe end a run cleanly, and the next run goes on; a signal
//! that was ignored at the start stays ignored.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use program::{Ended, PROGRAM, TestDir, last_client_sequence, pause};
use rustix::process::Signal;
use std::io::Write;
use std::process::{Command, Stdio};

const HEADER: &str = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

fn place(name: &str) -> TestDir {
    TestDir::new("signals", name)
}

/// The sequence at which a run says that it stopped.
fn stopped_at(ended: &Ended) -> u64 {
    let said = ended.stderr.lines().find_map(|line| {
        line.strip_prefix("stopped at seq ")?.strip_suffix("; run again to continue")
    });
    said.unwrap_or_else(|| panic!("it does not say where it stopped: {ended:?}")).parse().unwrap()
}

/// What a clean stop promises.
fn assert_stopped(place: &TestDir, ended: Ended) -> u64 {
    let ended = ended.expect_code(0);
    let sequence = stopped_at(&ended);
    let verified = place.verified("d");
    assert_eq!(last_client_sequence(&verified, 1), sequence);
    assert_eq!(verified["state"], "stopped");
    assert_eq!(verified["torn_tail_bytes"], 0);
    sequence
}

#[test]
fn a_signal_in_mid_run_stops_cleanly_and_the_run_goes_on() {
    let signals =
        [("interrupt", Signal::INT), ("terminate", Signal::TERM), ("hang_up", Signal::HUP)];
    for (name, signal) in signals {
        let place = place(name);
        place.generate(1, 20_000, "flow.csv");
        let run = "run --flow flow.csv --data d --fills fills.csv --segment-bytes 256K";
        // The whole flow takes ten seconds: the signal comes before its end.
        let mut running = place.start(&format!("{run} --rate 2000 --acks acks"));
        running.until(|| place.highest_ack("acks") > 500);
        running.signal(signal);
        let sequence = assert_stopped(&place, running.wait());
        // Everything that was taken was acknowledged, too.
        assert_eq!(place.highest_ack("acks"), sequence);
        assert!((501..20_000).contains(&sequence), "{sequence}");

        place.done(run);
        place.done("run --flow flow.csv --data whole --fills whole.csv");
        assert!(place.read("fills.csv") == place.read("whole.csv"), "the fills differ");
        assert_eq!(place.verified("d")["state_hash"], place.verified("whole")["state_hash"]);
    }
}

#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    for (name, ignored, signals, stops) in [
        ("ignored_int", "INT", vec![Signal::INT], Signal::TERM),
        ("ignored_hup", "HUP", vec![Signal::HUP], Signal::INT),
        ("ignored_term", "TERM", vec![Signal::TERM], Signal::HUP),
        ("ignored_two", "INT HUP", vec![Signal::INT, Signal::HUP], Signal::TERM),
    ] {
        let place = place(name);
        let run = "run --data d --rate 5000 --acks acks --segment-bytes 256K";
        let mut running = place.start_command(&mut ignoring(ignored, run));
        running.until(|| place.highest_ack("acks") > 100);
        for signal in signals {
            let acked = place.highest_ack("acks");
            running.signal(signal);
            // A clean stop takes no more commands.
            running.until(|| place.highest_ack("acks") > acked + 3_000);
            assert!(!running.has_ended(), "{name}: {signal:?} ended it");
        }
        running.signal(stops);
        assert_stopped(&place, running.wait());
    }
}

#[test]
fn a_run_that_ignores_all_signals_ends_when_it_is_done() {
    let place = place("ignored_all");
    let run = "run --data d --rate 2000 --limit 4000 --acks acks --segment-bytes 256K";
    let mut running = place.start_command(&mut ignoring("INT HUP TERM", run));
    running.until(|| place.highest_ack("acks") > 100);
    for signal in [Signal::INT, Signal::HUP, Signal::TERM] {
        running.signal(signal);
    }
    running.wait().expect_code(0);
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 4_000);
}

/// The command that runs the program with some signals ignored, as `nohup` and shells do.
fn ignoring(signals: &str, args: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' {signals}; exec '{PROGRAM}' {args}"));
    command.stdin(Stdio::null());
    command
}

#[test]
fn a_signal_stops_a_run_as_fast_as_it_can_go() {
    let place = place("unlimited");
    let mut running = place.start("run --data d --limit 100000000 --acks acks --segment-bytes 1M");
    running.until(|| place.highest_ack("acks") > 10_000);
    running.signal(Signal::TERM);
    let sequence = assert_stopped(&place, running.wait());
    assert_eq!(place.highest_ack("acks"), sequence);
}

#[test]
fn a_closed_pipe_of_acks_stops_cleanly() {
    let place = place("closed_acks");
    let mut running = place.start("run --data d --rate 5000 --acks - --segment-bytes 256K");
    running.close_stdout();
    assert_stopped(&place, running.wait());
    place.done("run --data d --limit 10");
}

#[test]
fn a_closed_standard_output_loses_only_the_summary() {
    for (name, more) in [("closed_text", ""), ("closed_json", "--json")] {
        let place = place(name);
        let mut running =
            place.start(&format!("run --data d --limit 2000 --segment-bytes 256K {more}"));
        running.close_stdout();
        running.wait().expect_code(0);
        let verified = place.verified("d");
        assert_eq!(
            (last_client_sequence(&verified, 1), &verified["state"]),
            (2_000, &"stopped".into())
        );
    }
}

#[test]
fn a_signal_after_a_second_of_waiting_ends_it_at_once() {
    let place = place("second");
    // Nobody reads from this pipe, so opening it to write takes for ever.
    make_pipe(&place, "fills");
    let mut running = place.start("run --data d --fills fills");
    // The bits of SIGINT and SIGTERM.
    running.until_status("SigCgt", |caught| caught & 0x4002 == 0x4002);
    // The first signal asks for a clean stop, which cannot come; signals are ignored for a second.
    while !running.has_ended() {
        running.signal(Signal::INT);
        pause(1);
    }
    assert_eq!(running.wait().code, Some(130));
}

fn make_pipe(place: &TestDir, name: &str) {
    place.start_command(Command::new("mkfifo").arg(name)).wait().expect_code(0);
}

#[test]
fn a_signal_ends_the_wait_for_a_named_pipe_that_nobody_writes_to() {
    let place = place("named");
    make_pipe(&place, "flow");
    let mut running = place.start("run --flow flow --data d");
    running.until(|| place.join("d/0000000000000001.log").exists());
    running.signal(Signal::INT);
    running.wait().expect_code(0);
    place.done("verify --data d");
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe_that_never_began() {
    let place = place("never_began");
    let mut running =
        place.start_command(place.command("run --flow - --data d").stdin(Stdio::piped()));
    let stdin = running.take_stdin();
    running.until(|| place.join("d/0000000000000001.log").exists());
    running.signal(Signal::INT);
    running.wait().expect_code(0);
    drop(stdin);
    place.done("verify --data d");
}

#[test]
fn a_signal_ends_the_wait_for_a_pipe_that_fell_silent() {
    let place = place("fell_silent");
    let run = "run --flow - --data d --acks acks";
    let mut running = place.start_command(place.command(run).stdin(Stdio::piped()));
    let mut stdin = running.take_stdin();
    stdin
        .write_all(
            [HEADER, "1,1,NEW,1,B,100,5,,A\n2,1,NEW,2,S,100,3,,A\n3,1,NE"].concat().as_bytes(),
        )
        .unwrap();
    running.until(|| place.highest_ack("acks") == 2);
    running.signal(Signal::TERM);
    assert_eq!(assert_stopped(&place, running.wait()), 2);
    drop(stdin);
    // The same pipe, whole this time.
    let whole =
        [HEADER, "1,1,NEW,1,B,100,5,,A\n2,1,NEW,2,S,100,3,,A\n3,1,NEW,3,S,100,1,,A\n"].concat();
    place.call_with_input(run, whole.as_bytes()).expect_code(0);
    assert_eq!(last_client_sequence(&place.verified("d"), 1), 3);
}

#[test]
fn a_signal_stops_writing_the_stream_and_leaves_no_half_file() {
    let place = place("gen");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut running = place.start("gen --commands 100000000 --out flow.csv");
        running.until(|| place.has_partial());
        running.signal(signal);
        running.wait().expect_code(0).expect_said("stopped after");
        assert!(place.files(".").is_empty(), "nothing is left");
    }
    // A kill leaves something, which is in nobody's way.
    let mut running = place.start("gen --commands 100000000 --out flow.csv");
    running.until(|| place.has_partial());
    running.signal(Signal::KILL);
    running.wait();
    place.done("gen --commands 10 --out flow.csv");
    assert_eq!((place.read("flow.csv").lines().count(), place.partials().len()), (11, 1));
}

#[test]
fn a_signal_ends_a_snapshot_and_a_cut_and_leaves_the_log_as_it_was() {
    let place = place("maintenance");
    place.done("run --data whole --limit 150000 --segment-bytes 1M --snapshot-bytes 0");
    let without_lock = |files: Vec<(String, Vec<u8>)>| {
        files.into_iter().filter(|(name, _)| !name.ends_with("lock")).collect::<Vec<_>>()
    };
    place.copy("whole", "d");
    let before = without_lock(place.files("d"));
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        for (args, said) in [
            ("snapshot --data d", "stopped before the snapshot was made"),
            ("truncate --data d --at 0 --accept-loss", "stopped before anything was cut"),
        ] {
            // It reads the log for long before it changes anything.
            let mut running = place.start(args);
            running.until_status("SigCgt", |caught| caught & 0x4003 == 0x4003);
            running.signal(signal);
            running.wait().expect_code(0).expect_said(said);
            assert!(without_lock(place.files("d")) == before, "{args}");
        }
    }
    // While what is cut off is copied, or after that: it is stopped, or whole.
    let mut running = place.start("truncate --data d --at 0 --accept-loss");
    running.until(|| place.join("d/dropped-1").exists());
    running.signal(Signal::TERM);
    let ended = running.wait().expect_code(0);
    if place.join("d/dropped-1").exists() {
        assert!(ended.stdout.contains("\ncut: "), "{ended:?}");
        assert_eq!(place.files("d/dropped-1").len(), before.len());
    } else {
        ended.expect_said("stopped before anything was cut");
        assert!(without_lock(place.files("d")) == before);
    }
}
