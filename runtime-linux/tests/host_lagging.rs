//! No session can stop another: readers that stall or are lost fall behind, and catch up from the
//! log with exactly what an undisturbed session saw.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::command::Action;
use highwater::event::{CommandEnd, Event, EventKind, EventSink};
use highwater::types::{ClientSequence, Sequence, SessionId, Side};
use highwater_host::{CallError, Host, HostConfig, PollError, Session, SubmitError, WaitError};
use hosts::{PATIENCE, call, cancel, config, host, host_of, order, place, read};
use runtime_linux::Linux;

const STALLED: SessionId = SessionId(1);
const BUSY: SessionId = SessionId(2);

/// Orders of the stalled session that the busy one trades with: more events than a ring holds.
const TRADES: u64 = 1_500;
/// Events that their owner is told of: Accepted, Rested and Trade of each.
const TOLD: usize = 4_500;

/// Lets `session` rest orders and read of them, so that others can trade with them.
fn rest_orders(session: &mut Session<Linux>, events: &mut Vec<Event>) {
    for batch in (0..TRADES).collect::<Vec<_>>().chunks(50) {
        let orders: Vec<Action> = batch.iter().map(|n| order(Side::Buy, *n, 100)).collect();
        session.submit_batch(&orders).unwrap();
        read(session, events.len() + 2 * orders.len(), events);
    }
}

/// Trades with all of them while their owner reads nothing.
fn trade(host: &Host<Linux>) -> Sequence {
    let mut busy = host.session(BUSY).unwrap();
    let mut last = Sequence(0);
    for batch in (0..TRADES).collect::<Vec<_>>().chunks(50) {
        // The same numbers as the other session's: they are not the same orders.
        let orders: Vec<Action> = batch.iter().map(|n| order(Side::Sell, *n, 100)).collect();
        let numbers = busy.submit_batch(&orders).unwrap();
        let mut events = Vec::new();
        while !events.iter().any(|event: &Event| event.answers() == Some(*numbers.end())) {
            busy.wait(PATIENCE).unwrap();
            busy.poll(&mut |event: &Event| events.push(*event)).unwrap();
        }
        last = events.last().unwrap().sequence;
    }
    last
}

/// All events that a session can see of a log, from its beginning.
fn undisturbed(host: &Host<Linux>, session: SessionId) -> Vec<Event> {
    let mut events = Vec::new();
    let mut reader = host.session_after(session, Sequence(0)).unwrap();
    assert!(reader.is_lagging());
    let seen = reader.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
    assert_eq!(seen, host.statistics().released);
    events
}

#[test]
fn a_stalled_reader_stops_nobody_and_catches_up_with_everything() {
    let host = host(&place("stalled"));
    let mut stalled = host.session(STALLED).unwrap();
    let mut events = Vec::new();
    rest_orders(&mut stalled, &mut events);
    let last = trade(&host);
    assert_eq!(host.statistics().lagging_count, 1);
    assert!(stalled.is_lagging());
    assert_eq!(stalled.submit(cancel(0)), Err(SubmitError::Lagging));
    let called = stalled.call(cancel(0), PATIENCE, &mut ());
    assert_eq!(called, Err(CallError::Submit(SubmitError::Lagging)));

    // What was delivered is handed over, and then it says that there is more.
    let before = events.len();
    stalled.poll(&mut |event: &Event| events.push(*event)).unwrap();
    assert_eq!(events.len() - before, 1_024, "a ring full");
    let nothing = &mut |_: &Event| panic!("there is nothing in the ring");
    assert_eq!(stalled.poll(nothing), Err(PollError::Lagging));
    assert_eq!(stalled.wait(PATIENCE), Err(WaitError::Lagging));

    let seen = stalled.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
    assert!(seen >= last);
    assert!(!stalled.is_lagging());
    assert_eq!(host.statistics().lagging_count, 0);
    // It is live again: what it does now follows at once.
    let answer = call(&mut stalled, order(Side::Buy, 9_999, 1), &mut events);
    read(&mut stalled, TOLD + 2, &mut events);
    assert!(answer.sequence > seen);
    drop(stalled);
    assert_eq!(events, undisturbed(&host, STALLED));
}

/// Everything that a session is told.
#[derive(Default)]
struct Heard {
    events: Vec<Event>,
    ends: Vec<CommandEnd>,
}

impl EventSink for Heard {
    fn event(&mut self, event: &Event) {
        let ended = self.ends.last().map(|end| end.sequence);
        assert!(ended < Some(event.sequence), "an event behind the end of its command");
        self.events.push(*event);
    }

    fn end(&mut self, end: CommandEnd) {
        assert_eq!(self.events.last().map(|event| event.sequence), Some(end.sequence));
        self.ends.push(end);
    }
}

#[test]
fn the_ends_of_commands_come_live_and_from_the_log_alike() {
    let place = place("ends");
    let config = config(&place);
    let host = host_of(&HostConfig { engine: config.engine.tell_ends(true), ..config });
    let mut stalled = host.session(STALLED).unwrap();
    rest_orders(&mut stalled, &mut Vec::new());
    trade(&host);
    drop(stalled);
    // Behind what was read: the ring of the handle that is gone held the ends, too.
    let mut stalled = host.session_after(STALLED, Sequence(0)).unwrap();
    let mut heard = Heard::default();
    stalled.catch_up(&mut heard).unwrap();
    let commands: std::collections::BTreeSet<_> =
        heard.events.iter().map(|event| event.sequence).collect();
    let ended: Vec<_> = heard.ends.iter().map(|end| end.sequence).collect();
    assert_eq!(ended, commands.into_iter().collect::<Vec<_>>());
    assert!(heard.ends.iter().all(|end| end.timestamp_ns > 0));
    // Live again: a command with its end.
    stalled.submit(cancel(1 << 40)).unwrap();
    let before = heard.ends.len();
    while heard.ends.len() == before {
        stalled.wait(PATIENCE).unwrap();
        stalled.poll(&mut heard).unwrap();
    }
}

#[test]
fn catching_up_begins_where_the_ring_is_left_unread_too() {
    let host = host(&place("unread"));
    let mut stalled = host.session(STALLED).unwrap();
    let mut events = Vec::new();
    rest_orders(&mut stalled, &mut events);
    trade(&host);
    // Nothing was polled: the ring comes first.
    stalled.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
    drop(stalled);
    assert_eq!(events, undisturbed(&host, STALLED));
}

#[test]
fn a_leaked_handle_stops_nobody_and_its_session_goes_on() {
    let host = host(&place("leaked"));
    let mut leaked = host.session(STALLED).unwrap();
    let mut events = Vec::new();
    rest_orders(&mut leaked, &mut events);
    let seen = events.last().unwrap().sequence;
    #[expect(clippy::mem_forget, reason = "a handle that nobody drops is what is tried")]
    std::mem::forget(leaked);
    trade(&host);
    assert_eq!(host.statistics().lagging_count, 1);
    let mut later = host.session_after(STALLED, seen).unwrap();
    assert_eq!(later.last_client_sequence(), Ok(ClientSequence(TRADES)));
    assert_eq!(later.submit(cancel(0)), Err(SubmitError::Lagging));
    later.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
    call(&mut later, order(Side::Buy, 9_999, 1), &mut events);
    read(&mut later, TOLD + 2, &mut events);
    drop(later);
    assert_eq!(events, undisturbed(&host, STALLED));
}

#[test]
fn a_lost_session_that_is_named_anew_is_live_without_what_it_missed() {
    let host = host(&place("anew"));
    let mut stalled = host.session(STALLED).unwrap();
    rest_orders(&mut stalled, &mut Vec::new());
    let last = trade(&host);
    let mut anew = host.session(STALLED).unwrap();
    assert!(!anew.is_lagging());
    assert!(anew.live_after() >= last);
    let mut events = Vec::new();
    call(&mut anew, order(Side::Buy, 9_999, 1), &mut events);
    assert!(events.iter().all(|event| event.sequence > last));
}

#[test]
fn answers_that_no_log_holds_are_not_lost() {
    let host = host(&place("unlogged"));
    let mut stalled = host.session(STALLED).unwrap();
    let mut events = Vec::new();
    rest_orders(&mut stalled, &mut events);
    // Repeats fill the ring beyond its end: their answers are in no record.
    let mut repeats = 0;
    while !stalled.is_lagging() {
        if stalled.submit_with(ClientSequence(1), cancel(0)).is_ok() {
            repeats += 1;
        }
    }
    let mut answers = Vec::new();
    while answers.len() < repeats {
        stalled.catch_up(&mut |event: &Event| answers.push(*event)).unwrap();
    }
    let last = ClientSequence(TRADES);
    let duplicate = EventKind::Duplicate { client_sequence: ClientSequence(1), last };
    assert!(answers.iter().all(|event| event.kind == duplicate));
    assert_eq!(answers.len(), repeats);
}

#[test]
fn catching_up_reads_behind_the_newest_snapshot_that_is_old_enough() {
    let data = place("snapshots");
    let host = host(&data);
    let mut stalled = host.session(STALLED).unwrap();
    let mut events = Vec::new();
    rest_orders(&mut stalled, &mut events);
    let snapshot = host.snapshot().unwrap().expect("there was something to make it of");
    assert_eq!(host.statistics().snapshots.made_count, 1);
    trade(&host);
    host.snapshot().unwrap();
    stalled.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
    drop(stalled);
    assert_eq!(events, undisturbed(&host, STALLED));
    // The log before the first snapshot is not needed for it: without it nothing can be read from
    // the beginning, and everything behind the snapshot.
    let mut late = host.session_after(STALLED, snapshot.sequence).unwrap();
    let mut behind = Vec::new();
    late.catch_up(&mut |event: &Event| behind.push(*event)).unwrap();
    let expected: Vec<_> =
        events.iter().filter(|event| event.sequence > snapshot.sequence).copied().collect();
    assert_eq!(behind, expected);
}

#[test]
fn the_operators_clock_goes_on_though_its_handle_reads_nothing() {
    let config = HostConfig { slots: 1, ..config(&place("operator")) };
    let host = host_of(&config);
    let operator = host.session(SessionId::OPERATOR).unwrap();
    let limit = Action::LimitSession { session: STALLED, open_orders_max: 9 };
    let mut sent = 0;
    while !operator.is_lagging() {
        sent += u64::from(operator.submit(limit).is_ok());
    }
    assert_eq!(operator.submit(limit), Err(SubmitError::Lagging));
    let mut one = host.session(STALLED).unwrap();
    call(&mut one, order(Side::Buy, 1, 1), &mut Vec::new());
    let end = host.stop().unwrap();
    // Everything that was accepted was taken: the instrument, the capacities, and all of these.
    assert_eq!(end.book.last_client_sequence(SessionId::OPERATOR).0, sent + 2);
}
