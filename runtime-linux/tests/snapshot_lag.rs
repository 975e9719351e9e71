//! A log that outgrows its snapshots: the user is warned and told how far, and where there is a
//! bound no command is taken until a snapshot is made.
//!
//! A snapshot is delayed for as long as the test likes by the lock of who makes snapshots, and made
//! impossible by a directory in the place of its file.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;
#[path = "common/program.rs"]
pub mod program;

use highwater::event::{Event, EventKind};
use highwater::types::{SessionId, Side};
use highwater_host::{Host, PollError, Session, SessionEnd, SubmitError};
use hosts::{PATIENCE, config, host_of, order};
use program::{Ended, Running, TestDir, json, last_client_sequence, number, pause};
use runtime_linux::Linux;
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{ChildStdin, Stdio};

/// The bound, in bytes, and how it is said.
const BOUND: u64 = 1 << 20;
const BOUNDED: &str = "--snapshot-lag-max 1M --segment-bytes 256K";

/// Bytes of blocks that no client asked for: the first commands of the operator, and markers.
const MARKERS: u64 = 16 * 4_096;

/// Commands of the flow: many times the bound.
const COMMANDS: u64 = 60_000;

struct Subject {
    place: TestDir,
    /// The state behind the whole flow, and its fills.
    state_hash: String,
    fills: String,
}

impl Subject {
    /// The flow, and what comes of it in a run without a bound, whose log outgrows it.
    fn new(name: &str) -> Self {
        let place = TestDir::new("snapshot_lag", name);
        place.generate(5, COMMANDS, "flow.csv");
        let run = "run --flow flow.csv --data whole --fills whole.csv --snapshot-bytes 0 --json";
        let whole = json(&place.done(run).stdout);
        assert!(number(&whole, "snapshot_lag_bytes_max") > 2 * BOUND, "{whole}");
        assert_eq!(number(&whole, "snapshot_holds"), 0);
        let (state_hash, fills) = (whole["state_hash"].to_string(), place.read("whole.csv"));
        Self { place, state_hash, fills }
    }

    /// Starts a bounded run whose flow is a pipe, and feeds it the first command.
    fn start(&self) -> (Running, ChildStdin) {
        let run = format!("run --flow - --data d --fills fills.csv --acks acks --json {BOUNDED}");
        let mut command = self.place.command(&run);
        let mut running = self.place.start_command(command.stdin(Stdio::piped()));
        let mut pipe = running.take_stdin();
        let flow = self.place.read("flow.csv");
        let head: String = flow.split_inclusive('\n').take(2).collect();
        pipe.write_all(head.as_bytes()).unwrap();
        running.until(|| self.place.highest_ack("acks") == 1);
        (running, pipe)
    }

    /// Feeds the rest of the flow, on a thread: nobody may be there to read it to its end.
    fn feed(&self, mut pipe: ChildStdin) {
        let flow = self.place.read("flow.csv");
        std::thread::spawn(move || {
            let rest: String = flow.split_inclusive('\n').skip(2).collect();
            // Who has stopped reads no more.
            let _ended = pipe.write_all(rest.as_bytes());
        });
    }

    /// Waits until the log has no room for more and nothing is answered any more.
    fn until_held(&self, running: &mut Running) {
        // A slow machine may answer nothing for a while before that, too.
        running.until(|| number(&self.place.verified("d"), "log_bytes") + MARKERS > BOUND);
        let (mut last, mut looks) = (0, 0);
        running.until(|| {
            let now = self.place.highest_ack("acks");
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
            looks == 300
        });
        assert!((1..COMMANDS).contains(&last), "{last} commands were answered");
    }

    /// Runs the flow to its end, undisturbed, and compares.
    fn assert_goes_on(&self) {
        let run = format!("run --flow - --data d --fills fills.csv --json {BOUNDED}");
        let flow = self.place.read("flow.csv");
        let ended = self.place.call_with_input(&run, flow.as_bytes()).expect_code(0);
        self.assert_whole(&json(&ended.stdout));
    }

    fn assert_whole(&self, summary: &serde_json::Value) {
        assert!(self.place.read("fills.csv") == self.fills, "the fills differ");
        let most = number(summary, "snapshot_lag_bytes_max");
        assert!(most <= BOUND + MARKERS, "{summary}");
    }
}

/// Nobody makes snapshots in this data directory while this is held.
fn snapshots_delayed(data: &Path) -> File {
    let lock = File::create(data.join("snapshot-lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Nobody can make snapshots in this data directory while this is there.
fn snapshots_impossible(data: &Path) {
    fs::create_dir(data.join("part.snapshot")).unwrap();
}

fn warnings(ended: &Ended) -> usize {
    ended.stderr.matches("snapshots fall behind").count()
}

#[test]
fn the_log_stays_within_its_bound_and_nothing_else_changes() {
    let subject = Subject::new("bound");
    let run = format!("run --flow flow.csv --data d --fills fills.csv --json {BOUNDED}");
    let ended = subject.place.done(&run);
    let summary = json(&ended.stdout);
    subject.assert_whole(&summary);
    assert_eq!(summary["state_hash"].to_string(), subject.state_hash);
    assert!(number(&summary, "log_bytes") > 2 * BOUND, "{summary}");
    assert!(number(&summary, "snapshots_made") > 1, "{summary}");
    let again =
        json(&subject.place.done("run --data whole --limit 0 --flow flow.csv --json").stdout);
    assert!(
        number(&again, "snapshot_lag_bytes") > 2 * BOUND,
        "that of earlier runs counts: {again}"
    );
}

#[test]
fn commands_are_held_until_a_snapshot_is_made() {
    let subject = Subject::new("held");
    let (mut running, pipe) = subject.start();
    let lock = snapshots_delayed(&subject.place.join("d"));
    subject.feed(pipe);
    subject.until_held(&mut running);
    drop(lock);
    let ended = running.wait().expect_code(0);
    let summary = json(&ended.stdout);
    subject.assert_whole(&summary);
    assert!(number(&summary, "snapshot_holds") > 0, "{summary}");
}

#[test]
fn a_stop_is_obeyed_while_commands_are_held() {
    let subject = Subject::new("stop");
    let (mut running, pipe) = subject.start();
    let lock = snapshots_delayed(&subject.place.join("d"));
    subject.feed(pipe);
    subject.until_held(&mut running);
    running.signal(Signal::TERM);
    let ended = running.wait().expect_code(0);
    let answered = subject.place.highest_ack("acks");
    assert!(answered < COMMANDS, "the rest was never taken");
    let ended = ended.expect_said(&format!("stopped at seq {answered};"));
    let summary = json(&ended.stdout);
    assert!(number(&summary, "snapshot_holds") > 0, "{summary}");
    assert!(number(&summary, "snapshot_lag_bytes_max") <= BOUND + MARKERS, "{summary}");
    drop(lock);
    let verified = subject.place.verified("d");
    assert_eq!(last_client_sequence(&verified, 1), answered);
    assert_eq!(verified["state"], "stopped");
    subject.assert_goes_on();
}

#[test]
fn where_no_snapshot_can_be_made_the_run_stops_with_a_sentence() {
    let subject = Subject::new("impossible");
    let (running, pipe) = subject.start();
    snapshots_impossible(&subject.place.join("d"));
    subject.feed(pipe);
    let ended =
        running.wait().expect_code(1).expect_said("the most that --snapshot-lag-max allows");
    let summary = json(&ended.stdout);
    assert_eq!(summary["ended"], "failed");
    assert!(number(&summary, "snapshot_lag_bytes_max") <= BOUND + MARKERS, "{summary}");
    fs::remove_dir(subject.place.join("d/part.snapshot")).unwrap();
    let verified = subject.place.verified("d");
    assert_eq!(verified["state"], "stopped", "everything that was taken is finished");
    assert_eq!(last_client_sequence(&verified, 1), subject.place.highest_ack("acks"));
    subject.assert_goes_on();
}

#[test]
fn the_user_is_warned_whenever_the_lag_has_doubled() {
    let place = TestDir::new("snapshot_lag", "warned");
    place.done("run --data d --limit 1");
    let lock = snapshots_delayed(&place.join("d"));
    let ended = place.done("run --data d --limit 60000 --snapshot-bytes 64K --json");
    drop(lock);
    let summary = json(&ended.stdout);
    let most = number(&summary, "snapshot_lag_bytes_max");
    let doublings = usize::try_from((most / (4 * 65_536)).ilog2()).unwrap();
    assert!(most > 8 * 65_536, "{summary}");
    assert!((1..=doublings + 1).contains(&warnings(&ended)), "{ended:?}");
    let ended = place.done("run --data quiet --limit 60000 --json");
    assert_eq!(warnings(&ended), 0, "{ended:?}");
}

/// A small host whose log is bounded.
fn bounded_host(place: &TestDir) -> Host<Linux> {
    let mut config = config(&place.join("data"));
    config.engine.snapshots.lag_max_bytes = Some(BOUND);
    host_of(&config)
}

/// Orders that one session has under way at most: each causes two events, and 1,024 events of a
/// session may wait, so that it never lags, however late it reads; and more than the 256 commands
/// of a session that may wait, so that it comes to the end of that room.
const UNDER_WAY_MAX: u64 = 500;

/// A session that submits orders and takes their events.
struct Client {
    session: Session<Linux>,
    submitted: u64,
    rested: u64,
}

impl Client {
    fn new(host: &Host<Linux>) -> Self {
        Self { session: host.session(SessionId(1)).unwrap(), submitted: 0, rested: 0 }
    }

    /// Takes what there is to read.
    fn read(&mut self) -> Result<(), PollError> {
        let rested = &mut self.rested;
        let mut read = |event: &Event| {
            *rested += u64::from(matches!(event.kind, EventKind::Rested { .. }));
        };
        self.session.poll(&mut read).map(drop)
    }

    /// Submits an order, where no more than enough are under way.
    fn submit(&mut self) -> Result<(), SubmitError> {
        if self.submitted - self.rested < UNDER_WAY_MAX {
            self.session.submit(order(Side::Buy, self.submitted + 1, 100))?;
            self.submitted += 1;
        }
        Ok(())
    }

    /// Submits until commands are held and there is no room for more.
    fn submit_until_held(&mut self, host: &Host<Linux>) {
        loop {
            match self.submit() {
                Ok(()) => {}
                Err(SubmitError::Busy) if host.statistics().snapshots.lag.hold_count > 0 => return,
                Err(SubmitError::Busy) => pause(1),
                Err(error) => panic!("{error}"),
            }
            self.read().unwrap();
        }
    }
}

#[test]
fn a_host_holds_its_sessions_and_goes_on() {
    let place = TestDir::new("snapshot_lag", "host");
    let host = bounded_host(&place);
    let lock = snapshots_delayed(&place.join("data"));
    let mut client = Client::new(&host);
    client.submit_until_held(&host);
    let Client { session: mut one, submitted, .. } = client;
    let lag = host.statistics().snapshots.lag;
    assert!((1..=BOUND + MARKERS).contains(&lag.bytes_max), "{lag:?}");
    drop(lock);
    // The rest is taken now: a call that comes behind it is answered.
    let mut answered = false;
    while !answered {
        match one.call(order(Side::Buy, submitted + 1, 100), PATIENCE, &mut ()) {
            Ok(_) => answered = true,
            Err(highwater_host::CallError::Submit(SubmitError::Busy)) => pause(1),
            Err(error) => panic!("{error}"),
        }
    }
    let lag = host.statistics().snapshots.lag;
    assert!(lag.bytes_max <= BOUND + MARKERS, "{lag:?}");
    drop(one);
    assert_eq!(u64::from(host.stop().unwrap().book.open_order_count()), submitted + 1);
}

#[test]
fn a_host_that_holds_its_sessions_stops() {
    let place = TestDir::new("snapshot_lag", "host_stops");
    let host = bounded_host(&place);
    let lock = snapshots_delayed(&place.join("data"));
    let mut client = Client::new(&host);
    client.submit_until_held(&host);
    let end = host.stop().unwrap();
    assert_eq!(
        u64::from(end.book.open_order_count()),
        client.submitted,
        "what was accepted is finished"
    );
    drop(lock);
}

#[test]
fn a_host_ends_cleanly_where_no_snapshot_can_be_made() {
    let place = TestDir::new("snapshot_lag", "host_ends");
    let host = bounded_host(&place);
    snapshots_impossible(&place.join("data"));
    let mut client = Client::new(&host);
    let end = loop {
        match client.submit() {
            Ok(()) => {}
            Err(SubmitError::Busy) => pause(1),
            Err(SubmitError::Ended(end)) => break end,
            Err(error) => panic!("{error}"),
        }
        match client.read() {
            Ok(()) | Err(PollError::Ended(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(end, SessionEnd::SnapshotsBehind);
    let ended = host.stop().unwrap();
    assert_eq!(u64::from(ended.book.open_order_count()), client.submitted);
}
