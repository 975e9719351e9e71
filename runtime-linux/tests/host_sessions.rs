//! Sessions of a host: exactly once across retries, takeovers and restarts; places and handles.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::command::{Action, NewOrder};
use highwater::event::{Event, EventKind};
use highwater::types::{ClientSequence, Lots, Sequence, SessionId, Side};
use highwater_host::{
    CallError, Host, HostConfig, OrderIds, PollError, SessionEnd, SlotError, SubmitError, WaitError,
};
use hosts::{PATIENCE, call, cancel, config, host, host_of, order, place, read};
use runtime_linux::Linux;
use std::thread;
use std::time::Duration;

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

#[test]
fn a_session_trades_and_both_sides_are_told() {
    let data = place("trades");
    let host = host(&data);
    let (mut one, mut two) = (host.session(ONE).unwrap(), host.session(TWO).unwrap());
    let (mut ones, mut twos) = (Vec::new(), Vec::new());
    let accepted = call(&mut one, order(Side::Buy, 7, 100), &mut ones);
    assert!(matches!(accepted.kind, EventKind::Accepted { .. }));
    assert!(one.is_durable(accepted.sequence).unwrap(), "an answer is durable");
    call(&mut two, order(Side::Sell, 8, 100), &mut twos);
    assert_eq!(twos.len(), 2, "a call returns all events of its command: {twos:?}");
    // Accepted, Rested, and the Trade that the other session caused.
    read(&mut one, 3, &mut ones);
    let trade = |event: &Event| event.kind.is_trade();
    assert_eq!(ones.iter().filter(|event| trade(event)).count(), 1);
    assert_eq!(ones[2], *twos.iter().find(|event| trade(event)).unwrap());
    let end = host.stop().unwrap();
    assert_eq!(end.book.open_order_count(), 0);
    assert_eq!(end.statistics.released, end.book.last_sequence());
    assert_eq!(end.statistics.durable, end.book.last_sequence());
}

#[test]
fn a_call_returns_every_event_of_a_command_that_trades_much() {
    const MAKERS: u64 = 600;
    let data = place("much");
    let host = host(&data);
    let (mut one, mut two) = (host.session(ONE).unwrap(), host.session(TWO).unwrap());
    for round in 0..3 {
        for n in 0..MAKERS {
            call(&mut one, order(Side::Buy, round * MAKERS + n, 100), &mut Vec::new());
        }
        let mut events = Vec::new();
        let answer = call(&mut two, sweep(1_000_000 + round, MAKERS), &mut events);
        let trades = events.iter().filter(|event| event.kind.is_trade()).count();
        assert_eq!((trades, events.len()), (600, 601), "round {round}");
        assert!(events.iter().all(|event| event.sequence == answer.sequence));
    }
    host.stop().unwrap();
}

#[test]
fn a_call_whose_events_do_not_fit_is_lagging_and_can_catch_up() {
    const MAKERS: u64 = 1_100;
    let data = place("too_much");
    let host = host(&data);
    let (mut one, mut two) = (host.session(ONE).unwrap(), host.session(TWO).unwrap());
    for n in 0..MAKERS {
        call(&mut one, order(Side::Buy, n, 100), &mut Vec::new());
    }
    let mut events = Vec::new();
    match two.call(sweep(1_000_000, MAKERS), PATIENCE, &mut |event: &Event| events.push(*event)) {
        // The caller was as fast as the release thread.
        Ok(_) => {}
        Err(CallError::Wait(_, WaitError::Lagging)) => {
            two.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
        }
        Err(error) => panic!("{error}"),
    }
    assert_eq!(events.iter().filter(|event| event.kind.is_trade()).count(), 1_100);
    host.stop().unwrap();
}

#[test]
fn sessions_number_their_orders_and_never_collide() {
    let data = place("numbers");
    let raw = HostConfig { order_ids: OrderIds::Raw, ..config(&data) };
    let host = host(&data);
    let (mut one, mut two) = (host.session(ONE).unwrap(), host.session(TWO).unwrap());
    let mut events = Vec::new();
    for session in [&mut one, &mut two] {
        let accepted = call(session, order(Side::Buy, 7, 100), &mut events);
        let name = session.order_id(7);
        let is_its =
            |kind: EventKind| matches!(kind, EventKind::Accepted { order, .. } if order == name);
        assert!(is_its(accepted.kind), "{accepted:?}");
    }
    assert_eq!((one.order_id(7).0, two.order_id(7).0), (1 << 32 | 7, 2 << 32 | 7));
    // By its name, another session's order can be meant.
    let canceled = call(&mut one, cancel(two.order_id(7).0), &mut events);
    assert!(matches!(canceled.kind, EventKind::Canceled { .. }), "{canceled:?}");
    host.stop().unwrap();
    let host = host_of(&raw);
    let mut one = host.session(ONE).unwrap();
    let unknown = call(&mut one, cancel(7), &mut events);
    assert!(matches!(unknown.kind, EventKind::Rejected { .. }), "{unknown:?}");
    let canceled = call(&mut one, cancel(1 << 32 | 7), &mut events);
    assert!(matches!(canceled.kind, EventKind::Canceled { .. }), "{canceled:?}");
}

/// An order that sells so many lots at any price.
fn sweep(order: u64, lots: u64) -> Action {
    let Action::New(new) = hosts::order(Side::Sell, order, 1) else { panic!("it is an order") };
    Action::New(NewOrder { quantity: Lots(lots), ..new })
}

#[test]
fn a_host_starts_on_a_small_stack() {
    let data = place("small_stack");
    let caller = thread::Builder::new().stack_size(1 << 18).spawn(move || {
        let host = host(&data);
        let mut one = host.session(ONE).unwrap();
        call(&mut one, order(Side::Buy, 7, 100), &mut Vec::new());
        host.stop().unwrap().book.open_order_count()
    });
    assert_eq!(caller.unwrap().join().unwrap(), 1);
}

#[test]
fn a_retry_is_executed_once_across_takeover_and_restart() {
    let data = place("retry");
    let first = host(&data);
    let mut one = first.session(ONE).unwrap();
    let mut events = Vec::new();
    let accepted = call(&mut one, order(Side::Buy, 7, 100), &mut events);
    let client_sequence = accepted.answers().unwrap();
    assert_eq!(client_sequence, ClientSequence(1));

    // The same handle, a later one, and one of a later host send it again.
    let expect_duplicate = |session: &mut highwater_host::Session<Linux>| {
        let mut events = Vec::new();
        session.submit_with(client_sequence, order(Side::Buy, 7, 100)).unwrap();
        read(session, 1, &mut events);
        let answer = EventKind::Duplicate { client_sequence, last: client_sequence };
        assert_eq!(events[0].kind, answer);
    };
    read(&mut one, 2, &mut events);
    expect_duplicate(&mut one);
    let mut later = first.session(ONE).unwrap();
    expect_duplicate(&mut later);
    drop(first);
    let second = host(&data);
    let mut again = second.session(ONE).unwrap();
    assert_eq!(again.last_client_sequence().unwrap(), client_sequence);
    expect_duplicate(&mut again);
    let next = call(&mut again, order(Side::Buy, 8, 100), &mut events);
    assert_eq!(next.answers(), Some(ClientSequence(2)));
    assert_eq!(second.stop().unwrap().book.open_order_count(), 2);
}

#[test]
fn naming_a_session_again_supersedes_the_older_handle() {
    let host = host(&place("supersedes"));
    let mut older = host.session(ONE).unwrap();
    let client_sequence = older.submit(order(Side::Buy, 7, 100)).unwrap();
    let mut newer = host.session(ONE).unwrap();
    let superseded = SessionEnd::Superseded;
    let nothing = &mut |_: &Event| panic!("it has no events any more");
    assert_eq!(older.submit(cancel(7)), Err(SubmitError::Ended(superseded)));
    assert_eq!(older.submit_with(ClientSequence(9), cancel(7)), Err(superseded.into()));
    assert_eq!(older.poll(nothing), Err(PollError::Ended(superseded)));
    assert_eq!(older.wait(PATIENCE), Err(WaitError::Ended(superseded)));
    assert_eq!(older.is_durable(Sequence(1)), Err(superseded));
    assert_eq!(older.wait_durable(Sequence(1), PATIENCE), Err(superseded.into()));
    assert_eq!(older.ask_sync(), Err(superseded));
    assert_eq!(older.last_client_sequence(), Err(superseded));
    assert!(older.catch_up(nothing).is_err());
    // Dropping it takes nothing from the newer one, which goes on where it stood.
    drop(older);
    assert_eq!(newer.last_client_sequence(), Ok(client_sequence));
    let mut events = Vec::new();
    call(&mut newer, cancel(7), &mut events);
    assert_eq!(host.statistics().slots_taken, 1);
}

#[test]
fn a_handle_that_waits_elsewhere_learns_that_it_is_superseded() {
    let host = host(&place("waits_elsewhere"));
    let mut older = host.session(ONE).unwrap();
    let waiting = thread::spawn(move || older.wait(PATIENCE));
    while host.statistics().waiting_count == 0 {
        thread::yield_now();
    }
    let newer = host.session(ONE).unwrap();
    assert_eq!(waiting.join().unwrap(), Err(WaitError::Ended(SessionEnd::Superseded)));
    drop(newer);
}

#[test]
fn slots_run_out_with_a_sentence_and_come_back() {
    let config = HostConfig { slots: 2, ..config(&place("places")) };
    let host = host_of(&config);
    let one = host.session(ONE).unwrap();
    #[expect(clippy::mem_forget, reason = "a handle that nobody drops is what is tried")]
    std::mem::forget(host.session(TWO).unwrap());
    let refused = host.session(SessionId(3)).unwrap_err();
    assert_eq!(refused, SlotError::AllTaken { slots: 2 });
    assert!(refused.to_string().contains("all 2 slots"), "{refused}");
    assert_eq!(host.statistics().slots_taken, 2);
    // The operator has a slot of its own, a leaked handle's slot is its session's, and a dropped
    // one's anybody's.
    drop(host.session(SessionId::OPERATOR).unwrap());
    let two = host.session(TWO).unwrap();
    drop(one);
    let mut three = host.session(SessionId(3)).unwrap();
    assert!(host.session(ONE).is_err());
    call(&mut three, order(Side::Buy, 9, 100), &mut Vec::new());
    drop((two, three));
    assert_eq!(host.statistics().slots_taken, 0);
}

#[test]
fn a_slot_passes_on_without_what_was_in_it() {
    let config = HostConfig { slots: 1, ..config(&place("passes_on")) };
    let host = host_of(&config);
    let mut one = host.session(ONE).unwrap();
    let last = one.submit(order(Side::Buy, 7, 100)).unwrap();
    one.wait(PATIENCE).unwrap();
    drop(one);
    let mut two = host.session(TWO).unwrap();
    assert_eq!(two.last_client_sequence(), Ok(ClientSequence(0)));
    let mut events = Vec::new();
    call(&mut two, order(Side::Buy, 8, 99), &mut events);
    assert!(events.iter().all(|event| event.session == TWO), "{events:?}");
    drop(two);
    // The record outlived the handle.
    assert_eq!(host.session(ONE).unwrap().last_client_sequence(), Ok(last));
}

#[test]
fn sessions_beyond_the_engines_are_refused_until_there_are_more() {
    let host = host(&place("beyond"));
    let refused = host.session(SessionId(256)).unwrap_err();
    assert_eq!(refused, SlotError::NoSuchSession { session: SessionId(256), sessions: 256 });
    assert!(HostConfig { slots: 0, ..config(&place("none")) }.slots == 0);
    let none = Host::start(Linux, &HostConfig { slots: 0, ..config(&place("none")) });
    assert!(none.unwrap_err().to_string().contains("1 to 4096"));
}

#[test]
fn a_batch_shares_its_sync_and_is_taken_whole_or_not_at_all() {
    let host = host(&place("batch"));
    let mut one = host.session(ONE).unwrap();
    let batch: Vec<_> = (0..64).map(|n| order(Side::Buy, n, 100)).collect();
    let syncs = host.statistics().log.sync_count;
    let numbers = one.submit_batch(&batch).unwrap();
    assert_eq!((numbers.start().0, numbers.end().0), (1, 64));
    let mut events = Vec::new();
    read(&mut one, 128, &mut events);
    let answers: Vec<_> = events.iter().filter_map(Event::answers).map(|n| n.0).collect();
    assert_eq!(answers, (1..=64).collect::<Vec<_>>());
    // The log writer may have found the first of them before the last was sequenced.
    let syncs = host.statistics().log.sync_count - syncs;
    assert!((1..=8).contains(&syncs), "{syncs} syncs");

    assert_eq!(one.submit_batch(&[]), Err(SubmitError::BatchLength(0)));
    let long = vec![cancel(0); 65];
    assert_eq!(one.submit_batch(&long), Err(SubmitError::BatchLength(65)));
    assert_eq!(one.last_client_sequence(), Ok(ClientSequence(64)));
}

#[test]
fn hosts_run_one_after_the_other_and_at_once() {
    let hosts: Vec<_> =
        ["many_a", "many_b", "many_c"].iter().map(|name| host(&place(name))).collect();
    for (index, host) in hosts.iter().enumerate() {
        let mut one = host.session(ONE).unwrap();
        for n in 0..=index as u64 {
            call(&mut one, order(Side::Buy, n, 100), &mut Vec::new());
        }
    }
    for (index, host) in hosts.into_iter().enumerate() {
        assert_eq!(host.stop().unwrap().book.open_order_count() as usize, index + 1);
    }
    // A directory has one host at a time.
    let data = place("one_each");
    let first = host(&data);
    assert!(Host::start(Linux, &config(&data)).unwrap_err().to_string().contains("in use"));
    drop(first);
    drop(host(&data));
}

#[test]
fn stopping_finishes_what_was_accepted_and_tells_who_waits() {
    let data = place("stops");
    let host = host(&data);
    let mut one = host.session(ONE).unwrap();
    let mut two = host.session(TWO).unwrap();
    let waiting = thread::spawn(move || two.wait(PATIENCE));
    while host.statistics().waiting_count == 0 {
        thread::yield_now();
    }
    let batch: Vec<_> = (0..64).map(|n| order(Side::Buy, n, 100)).collect();
    one.submit_batch(&batch).unwrap();
    let end = host.stop().unwrap();
    assert_eq!(end.book.last_client_sequence(ONE), ClientSequence(64));
    assert_eq!(end.book.open_order_count(), 64);
    assert_eq!(waiting.join().unwrap(), Err(WaitError::Ended(SessionEnd::Stopped)));
    // What was released is still there to read; then every call says why there is no more.
    let mut events = Vec::new();
    one.poll(&mut |event: &Event| events.push(*event)).unwrap();
    assert_eq!(events.len(), 128);
    assert_eq!(one.submit(cancel(1)), Err(SubmitError::Ended(SessionEnd::Stopped)));
    assert_eq!(one.poll(&mut ()), Err(PollError::Ended(SessionEnd::Stopped)));
    assert_eq!(one.wait(Duration::ZERO), Err(WaitError::Ended(SessionEnd::Stopped)));
    assert_eq!(one.is_durable(end.statistics.durable), Ok(true));
}
