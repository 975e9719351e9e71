//! The trunk: commands of many sessions by one handle, and everything handed back in order.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::book::Indicative;
use highwater::command::{Action, Command, Control, TimedCommand};
use highwater::event::{CommandEnd, Event, EventKind};
use highwater::record::{Body, Record};
use highwater::types::{AccountId, ClientSequence, OrderId, Sequence, SessionId, Side};
use highwater_host::{
    Behind, Host, HostConfig, SessionEnd, SubmitError, Trunk, TrunkSink, TrunkWish,
};
use highwater_platform::Platform;
use hosts::{INSTRUMENT, PATIENCE, call, config, host_of, order, place};
use runtime_linux::Linux;
use std::path::Path;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread, park_timeout};
use std::time::Duration;

const TIMESTAMP_NS: u64 = 1_700_000_000_000_000_000;

fn with_trunk(data: &Path) -> HostConfig {
    HostConfig { trunk: TrunkWish::Wanted, ..config(data) }
}

/// What the trunk handed over, checked as it comes.
#[derive(Debug, Default)]
struct Heard {
    /// The running hash of all events.
    hash: u64,
    record: Option<Record>,
    has_events: bool,
    ended: Sequence,
    hashes_compared: u64,
    unlogged: Vec<Event>,
    indicatives: Vec<Indicative>,
}

impl TrunkSink for Heard {
    fn record(&mut self, record: &Record) {
        assert_eq!(record.sequence, self.ended.next(), "no gap, and nothing twice");
        assert!(self.record.replace(*record).is_none(), "the command before it has ended");
        self.has_events = false;
    }

    fn event(&mut self, event: &Event) {
        let record = self.record.expect("a record comes first");
        assert_eq!(event.sequence, record.sequence);
        let Body::Command(command) = record.body else { panic!("only commands have events") };
        assert_eq!(event.session, command.session);
        self.has_events = true;
        self.hash = event.fold_into(self.hash);
    }

    fn end(&mut self, end: CommandEnd, behind: Behind<'_>) {
        let record = self.record.take().expect("a command ends that has begun");
        assert!(self.has_events, "every command has an event");
        assert_eq!((end.sequence, end.timestamp_ns), (record.sequence, record.timestamp_ns));
        self.ended = end.sequence;
        if let Some(hash) = behind.running_hash {
            assert_eq!(hash, self.hash);
            self.hashes_compared += 1;
        }
        self.indicatives.extend(behind.indicative(INSTRUMENT));
    }

    fn unlogged(&mut self, event: &Event) {
        assert!(self.record.is_none(), "it comes between two commands");
        self.unlogged.push(*event);
    }
}

fn command(session: u16, number: u64, action: Action) -> TimedCommand {
    let (session, client_sequence) = (SessionId(session), ClientSequence(number));
    let command = Command { session, client_sequence, action };
    TimedCommand { timestamp_ns: TIMESTAMP_NS, command }
}

fn new(session: u16, number: u64) -> TimedCommand {
    let side = if number.is_multiple_of(2) { Side::Buy } else { Side::Sell };
    command(session, number, order(side, u64::from(session) << 32 | number, 100))
}

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits until there is something to read.
fn wait(trunk: &Trunk<Linux>) {
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let start_ns = Linux.monotonic_ns();
    trunk.register(&waker);
    while !trunk.has_something() {
        // An earlier wake-up may end it at once.
        park_timeout(PATIENCE);
        let waited = Duration::from_nanos(Linux.monotonic_ns() - start_ns);
        assert!(waited < PATIENCE, "it is woken when there is something");
        trunk.register(&waker);
    }
}

/// Reads up to `last`, some events at a time.
fn read_up_to(trunk: &mut Trunk<Linux>, last: u64, heard: &mut Heard) {
    while heard.ended.0 < last {
        if trunk.read(7, heard).unwrap() == 0 {
            wait(trunk);
        }
    }
}

/// Hands in all of them, reading where there is no room.
fn submit(trunk: &mut Trunk<Linux>, commands: &[TimedCommand], heard: &mut Heard) {
    let mut rest = commands;
    while let Some(timed) = rest.first() {
        let mut desk = trunk.desk().unwrap();
        match desk.submit(timed) {
            Ok(()) => rest = &rest[1..],
            Err(SubmitError::Busy) => {
                drop(desk);
                wait(trunk);
                trunk.read(usize::MAX, heard).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn started(data: &Path) -> (Host<Linux>, Trunk<Linux>, Heard) {
    let host = host_of(&with_trunk(data));
    let trunk = host.trunk().unwrap();
    assert!(host.trunk().is_err(), "there is one");
    (host, trunk, Heard::default())
}

#[test]
fn commands_of_many_sessions_come_back_in_order_with_their_records() {
    let (host, mut trunk, mut heard) = started(&place("trunk-many"));
    let mut session = host.session(SessionId(250)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..200 {
                call(&mut session, order(Side::Buy, number, 99), &mut Vec::new());
            }
        });
        let all: Vec<_> = (1..=100)
            .flat_map(|number| (1..=200).map(move |session| new(session, number)))
            .collect();
        submit(&mut trunk, &all, &mut heard);
        // Capacities and the instrument were there before.
        read_up_to(&mut trunk, 2 + 200 + 100 * 200, &mut heard);
    });
    assert!(heard.hashes_compared >= 4 && heard.unlogged.is_empty());
    drop(session);
    let stopping = thread::spawn(move || host.stop().unwrap());
    let end = loop {
        match trunk.read(usize::MAX, &mut heard) {
            Ok(0) => wait(&trunk),
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end, SessionEnd::Stopped);
    assert_eq!(trunk.desk().unwrap_err(), SessionEnd::Stopped);
    let end = stopping.join().unwrap();
    assert_eq!(heard.hash, end.book.running_hash());
    assert_eq!(heard.ended, end.book.last_sequence());
}

#[test]
fn the_engine_waits_for_a_reader_that_takes_its_time() {
    let (host, mut trunk, mut heard) = started(&place("trunk-slow"));
    // More than all rings hold together: the last ones find no room until somebody reads.
    let mut count = 0;
    'full: loop {
        for _ in 0..1_000 {
            let mut desk = trunk.desk().unwrap();
            while desk.room() > 0 {
                count += 1;
                desk.submit(&new(1, count)).unwrap();
            }
            drop(desk);
            thread::yield_now();
        }
        if host.statistics().released.0 >= 10_000 && trunk.desk().unwrap().room() == 0 {
            break 'full;
        }
    }
    assert!(count > 16_384 && heard.ended == Sequence(0));
    read_up_to(&mut trunk, 2 + count, &mut heard);
    drop(trunk);
    let end = host.stop().unwrap();
    assert_eq!(heard.hash, end.book.running_hash());
}

#[test]
fn nobody_waits_for_a_trunk_that_was_dropped() {
    let (host, trunk, _) = started(&place("trunk-dropped"));
    drop(trunk);
    let mut session = host.session(SessionId(1)).unwrap();
    for batch in 0..1_000 {
        let first = batch * 64;
        let orders: Vec<Action> =
            (first..first + 64).map(|number| order(Side::Buy, number, 99)).collect();
        session.submit_batch(&orders).unwrap();
        call(&mut session, hosts::cancel(first), &mut Vec::new());
    }
    host.stop().unwrap();
}

#[test]
fn what_is_not_executed_comes_between_commands() {
    let (host, mut trunk, mut heard) = started(&place("trunk-unlogged"));
    let twice = [new(1, 5), new(1, 5), new(1, 4), new(1, 6)];
    submit(&mut trunk, &twice, &mut heard);
    read_up_to(&mut trunk, 4, &mut heard);
    assert_eq!(heard.unlogged.len(), 2);
    assert!(heard.unlogged.iter().all(|event| matches!(event.kind, EventKind::Duplicate { .. })));
    assert_eq!(trunk.recovered_client_sequence(SessionId(1)), ClientSequence(0));
    drop(trunk);
    host.stop().unwrap();
}

#[test]
fn a_clock_says_what_auctions_would_trade_and_recovery_knows_client_sequences() {
    let data = place("trunk-auction");
    let (host, mut trunk, mut heard) = started(&data);
    let mut operator = host.session(SessionId::OPERATOR).unwrap();
    let control = Control::StartAuction;
    let auction = Action::Control { instrument: INSTRUMENT, control };
    call(&mut operator, auction, &mut Vec::new());
    submit(&mut trunk, &[new(1, 1), new(2, 2)], &mut heard);
    read_up_to(&mut trunk, 5, &mut heard);
    assert_eq!(heard.indicatives, []);
    call(&mut operator, Action::Clock { now_ns: 5 }, &mut Vec::new());
    read_up_to(&mut trunk, 6, &mut heard);
    let [indicative] = heard.indicatives[..] else { panic!("{:?}", heard.indicatives) };
    assert_eq!((indicative.price.ticks(), indicative.volume_lots), (100, 1));
    drop((trunk, operator));
    host.stop().unwrap();

    let host = Host::start(Linux, &with_trunk(&data)).unwrap();
    let trunk = host.trunk().unwrap();
    assert_eq!(trunk.recovered_client_sequence(SessionId(2)), ClientSequence(2));
    assert_eq!(trunk.recovered_client_sequence(SessionId(3)), ClientSequence(0));
    assert_eq!(trunk.sessions_max(), 256);
    drop(trunk);
    let cancel =
        Action::Cancel { instrument: INSTRUMENT, order: OrderId(2), account: AccountId(0) };
    let mut session = host.session(SessionId(2)).unwrap();
    assert_eq!(session.last_client_sequence().unwrap(), ClientSequence(2));
    call(&mut session, cancel, &mut Vec::new());
    host.stop().unwrap();
}
