//! Taps: every event once and in order, from the log and live, whatever the reader does; and what
//! sessions are told of instruments.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::command::{Action, Control};
use highwater::event::{CommandEnd, Event, EventKind, EventSink};
use highwater::types::{Sequence, SessionId, Side};
use highwater_engine::config::{Config, Keep, SnapshotPlan};
use highwater_host::{CatchUpError, Host, HostConfig, HostError, SessionEnd, Tap, TapError};
use hosts::{INSTRUMENT, PATIENCE, call, cancel, config, host_of, order, place, read};
use runtime_linux::Linux;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What a reader was told, checked as it comes.
#[derive(Debug, Default)]
struct Heard {
    /// The running hash of all events.
    hash: u64,
    event_count: u64,
    last: Sequence,
    ended: Sequence,
}

impl EventSink for Heard {
    fn event(&mut self, event: &Event) {
        assert_eq!(event.sequence, self.ended.next(), "no gap, and nothing twice");
        self.hash = event.fold_into(self.hash);
        self.event_count += 1;
        self.last = event.sequence;
    }

    fn end(&mut self, end: CommandEnd) {
        assert_eq!((end.sequence, self.last), (self.ended.next(), self.ended.next()));
        assert!(end.timestamp_ns > 0);
        self.ended = end.sequence;
    }
}

fn with_taps(data: &Path, taps: usize) -> HostConfig {
    HostConfig { taps, ..config(data) }
}

/// Sends orders that trade with each other from two sessions, so many batches of each.
fn trade(host: &Host<Linux>, batches: u64) {
    thread::scope(|scope| {
        for (session, side) in [(1, Side::Buy), (2, Side::Sell)] {
            scope.spawn(move || {
                let mut session = host.session(SessionId(session)).unwrap();
                let before = session.last_client_sequence().unwrap().0;
                for batch in 0..batches {
                    let first = before + batch * 64;
                    let orders: Vec<Action> =
                        (first..first + 64).map(|number| order(side, number, 100)).collect();
                    let last = *session.submit_batch(&orders).unwrap().end();
                    let mut is_answered = false;
                    while !is_answered {
                        session.wait(PATIENCE).unwrap();
                        let polled = session.poll(&mut |event: &Event| {
                            is_answered |=
                                event.session == session.id() && event.answers() == Some(last);
                        });
                        polled.unwrap();
                    }
                }
            });
        }
    });
}

/// Reads until everything up to `last` was handed over.
fn read_up_to(tap: &mut Tap<Linux>, last: Sequence, heard: &mut Heard) {
    while tap.position() < last {
        tap.read(PATIENCE, heard).unwrap();
    }
    assert_eq!(tap.position(), heard.ended);
}

#[test]
fn a_tap_reads_the_log_and_goes_on_live_without_a_gap() {
    let data = place("tap-history");
    let first = host_of(&with_taps(&data, 0));
    trade(&first, 20);
    first.stop().unwrap();

    let host = host_of(&with_taps(&data, 2));
    assert!(host.recovered() > Sequence(2_000));
    let mut heard = Heard::default();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut tap = host.tap_after(Sequence(0)).unwrap();
            let mut heard = Heard::default();
            assert!(tap.is_lagging());
            while !is_over.load(Ordering::Acquire) {
                tap.read(Duration::from_millis(10), &mut heard).unwrap();
            }
            (tap, heard)
        });
        trade(&host, 60);
        is_over.store(true, Ordering::Release);
        let (mut tap, live) = reader.join().unwrap();
        heard = live;
        read_up_to(&mut tap, host.statistics().released, &mut heard);
    });
    // Everything again, now from the log alone.
    let mut again = Heard::default();
    let mut late = host.tap_after(Sequence(0)).unwrap();
    read_up_to(&mut late, heard.ended, &mut again);
    assert_eq!((again.hash, again.event_count), (heard.hash, heard.event_count));
    let end = host.stop().unwrap();
    assert_eq!(heard.hash, end.book.running_hash());
    assert_eq!(heard.ended, end.book.last_sequence());
}

#[test]
fn a_tap_that_is_not_read_delays_nobody_and_misses_nothing() {
    let data = place("tap-unread");
    let host = host_of(&with_taps(&data, 1));
    let mut tap = host.tap_after(Sequence(0)).unwrap();
    let mut heard = Heard::default();
    read_up_to(&mut tap, host.statistics().released, &mut heard);
    // More than its ring holds, twice: it lags while it reads what it missed, too.
    trade(&host, 80);
    assert_eq!(host.statistics().lagging_count, 1);
    assert!(tap.is_lagging());
    thread::scope(|scope| {
        scope.spawn(|| trade(&host, 80));
        let mut slow = Slow(&mut heard);
        while slow.0.ended < Sequence(80 * 128) {
            tap.read(PATIENCE, &mut slow).unwrap();
        }
    });
    read_up_to(&mut tap, host.statistics().released, &mut heard);
    let end = host.stop().unwrap();
    assert_eq!(heard.hash, end.book.running_hash());
    assert_eq!(heard.ended, end.book.last_sequence());
}

/// Takes its time now and then, so that the ring overflows while the log is read.
struct Slow<'h>(&'h mut Heard);

impl EventSink for Slow<'_> {
    fn event(&mut self, event: &Event) {
        if event.sequence.0.is_multiple_of(256) {
            thread::park_timeout(Duration::from_millis(1));
        }
        self.0.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.0.end(end);
    }
}

#[test]
fn taps_are_counted_and_given_back() {
    let data = place("tap-count");
    assert!(matches!(Host::start(Linux, &with_taps(&data, 65)), Err(HostError::Taps(65))));
    let host = host_of(&with_taps(&data, 1));
    let tap = host.tap().unwrap();
    assert!(matches!(host.tap(), Err(TapError::AllTaken { taps: 1 })));
    assert_eq!(host.statistics().taps_taken, 1);
    trade(&host, 1);
    drop(tap);
    // What was in the ring is not for the next reader.
    let mut tap = host.tap().unwrap();
    assert_eq!(tap.position(), host.statistics().released);
    let none = tap.read(Duration::ZERO, &mut |event: &Event| panic!("{event:?}")).unwrap();
    assert_eq!(none, 0);
    let mut seen = Vec::new();
    let mut session = host.session(SessionId(3)).unwrap();
    let answer = session.call(cancel(1 << 40), PATIENCE, &mut ()).unwrap();
    tap.read(PATIENCE, &mut |event: &Event| seen.push(*event)).unwrap();
    assert_eq!(seen, [answer]);
    // One that claims to have seen more than there is begins with what comes.
    drop(tap);
    let mut tap = host.tap_after(Sequence(answer.sequence.0 + 100)).unwrap();
    assert_eq!(tap.position(), answer.sequence);
    // What was delivered is handed over after the host's end, and then it says so.
    session.call(cancel(1 << 40), PATIENCE, &mut ()).unwrap();
    host.stop().unwrap();
    assert_eq!(tap.read(PATIENCE, &mut ()).unwrap(), 1);
    let end = tap.read(PATIENCE, &mut ());
    assert!(matches!(end, Err(CatchUpError::Ended(SessionEnd::Stopped))), "{end:?}");
}

/// A host whose log below snapshots is retired.
fn retiring(data: &Path) -> HostConfig {
    let config = with_taps(data, 2);
    let snapshots = SnapshotPlan { keep: Keep::Snapshot, ..config.engine.snapshots };
    let engine = Config { snapshots, ..config.engine }.segment_bytes(64 << 10);
    HostConfig { engine, ..config }
}

#[test]
fn below_what_is_kept_a_tap_is_told_where_it_can_begin_and_a_registered_one_keeps_it() {
    let data = place("tap-retired");
    let host = host_of(&retiring(&data));
    let mut heard = Heard::default();
    let mut registered = host.tap_registered("market data").unwrap();
    assert_eq!(registered.position(), Sequence(0));
    trade(&host, 10);
    read_up_to(&mut registered, host.statistics().released, &mut heard);
    registered.register("market data").unwrap();
    let position = registered.position();
    drop(registered);
    for _ in 0..4 {
        trade(&host, 20);
        let made = host.snapshot().unwrap().expect("something came");
        assert_eq!(made.trouble, None);
    }
    let first = match host.tap_after(Sequence(1)).unwrap().read(PATIENCE, &mut ()) {
        // The snapshot that it needs is older than the registered reader's position.
        Ok(_) => Sequence(1),
        Err(CatchUpError::Retired { from, first }) => {
            assert_eq!(from, Sequence(2));
            first
        }
        Err(error) => panic!("{error}"),
    };
    assert!(first <= position.next(), "{first} is kept for who has read up to {position}");
    let mut registered = host.tap_registered("market data").unwrap();
    assert_eq!(registered.position(), position);
    read_up_to(&mut registered, host.statistics().released, &mut heard);
    registered.register("market data").unwrap();
    drop(registered);
    for _ in 0..4 {
        trade(&host, 20);
        host.snapshot().unwrap().expect("something came");
    }
    let mut tap = host.tap_after(position).unwrap();
    let refused = tap.read(PATIENCE, &mut |event: &Event| panic!("{event:?}"));
    let Err(CatchUpError::Retired { first, .. }) = refused else {
        panic!("{refused:?}");
    };
    drop(tap);
    let mut tap = host.tap_after(Sequence(first.0 - 1)).unwrap();
    let mut begins = None;
    tap.read(PATIENCE, &mut |event: &Event| {
        begins.get_or_insert(event.sequence);
    })
    .unwrap();
    assert_eq!(begins, Some(first));
}

#[test]
fn a_session_is_told_the_same_of_instruments_live_and_from_the_log() {
    let data = place("follow");
    let host = host_of(&config(&data));
    let mut operator = host.session(SessionId::OPERATOR).unwrap();
    let mut owner = host.session(SessionId(1)).unwrap();
    let mut follower = host.session(SessionId(2)).unwrap();
    let mut stranger = host.session(SessionId(3)).unwrap();
    follower.follow(INSTRUMENT).unwrap();
    let mut of_owner = Vec::new();
    call(&mut owner, order(Side::Buy, 1, 100), &mut of_owner);
    let control = |control| Action::Control { instrument: INSTRUMENT, control };
    for control in [control(Control::StartAuction), control(Control::Uncross)] {
        operator.call(control, PATIENCE, &mut ()).unwrap();
    }
    call(&mut owner, cancel(1), &mut of_owner);
    // It has no order any more.
    operator.call(control(Control::Halt), PATIENCE, &mut ()).unwrap();
    follower.unfollow(INSTRUMENT).unwrap();
    operator.call(control(Control::Resume), PATIENCE, &mut ()).unwrap();
    call(&mut owner, cancel(1), &mut of_owner);

    let names = |events: &[Event]| -> Vec<&str> { events.iter().map(name_of).collect() };
    let of_owner_expected = ["accepted", "rested", "state", "uncrossed", "other", "rejected"];
    assert_eq!(names(&of_owner), of_owner_expected);
    let mut of_follower = Vec::new();
    read(&mut follower, 3, &mut of_follower);
    assert_eq!(names(&of_follower), ["state", "uncrossed", "state"]);
    assert_eq!(stranger.poll(&mut |event: &Event| panic!("{event:?}")), Ok(0));

    // From the log: the owner's are the same, and whoever follows all along has all four.
    let mut again = Vec::new();
    let mut owner = host.session_after(SessionId(1), Sequence(0)).unwrap();
    owner.catch_up(&mut |event: &Event| again.push(*event)).unwrap();
    assert_eq!(again, of_owner);
    let mut all = Vec::new();
    let mut follower = host.session_after(SessionId(2), Sequence(0)).unwrap();
    follower.follow(INSTRUMENT).unwrap();
    follower.catch_up(&mut |event: &Event| all.push(*event)).unwrap();
    assert_eq!(names(&all), ["state", "uncrossed", "state", "state"]);
    assert!(stranger.catch_up(&mut ()).is_ok());
}

const fn name_of(event: &Event) -> &'static str {
    match event.kind {
        EventKind::Accepted { .. } => "accepted",
        EventKind::Rested { .. } => "rested",
        EventKind::StateChanged { .. } => "state",
        EventKind::Uncrossed { .. } => "uncrossed",
        EventKind::Rejected { .. } => "rejected",
        EventKind::Noted { .. }
        | EventKind::Trade { .. }
        | EventKind::Canceled { .. }
        | EventKind::Reduced { .. }
        | EventKind::Replaced { .. }
        | EventKind::Duplicate { .. }
        | EventKind::InstrumentDefined { .. }
        | EventKind::FlowBound { .. }
        | EventKind::Configured { .. }
        | EventKind::Triggered { .. }
        | EventKind::Replenished { .. }
        | EventKind::AuctionTrade { .. }
        | EventKind::MassCanceled { .. }
        | EventKind::BandSet { .. }
        | EventKind::ClockSet { .. }
        | EventKind::DayEnded { .. }
        | EventKind::SessionLimited { .. } => "other",
    }
}
