//! Waiting at a host: who waits is woken when it is over and not before, nothing leaves before it
//! is durable, and a fault is told to everybody at once.
#![cfg(target_os = "linux")]

#[path = "common/gated.rs"]
pub mod gated;

#[path = "common/hooked.rs"]
pub mod hooked;
#[path = "common/hosts.rs"]
pub mod hosts;

use gated::{Gate, Gated};
use highwater::event::Event;
use highwater::log_file::{LogFault, LogOperation};
use highwater::stage::Fault;
use highwater::sync_mode::SyncMode;
use highwater::types::{Sequence, SessionId, Side};
use highwater_host::{
    CallError, Host, HostConfig, HostStatistics, PollError, Session, SessionEnd, SubmitError,
    WaitError,
};
use highwater_platform::Platform;
use hosts::{PATIENCE, call, cancel, config, host, host_on, order, place, read};
use runtime_linux::Linux;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counting() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

/// Polls a future whenever it is woken, and never otherwise.
fn complete<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let (count, waker) = counting();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        while count.0.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn a_wait_ends_with_its_own_sequence_and_not_with_everyones() {
    let host = host(&place("own_sequence"));
    let mut one = host.session(ONE).unwrap();
    let mut two = host.session(TWO).unwrap();
    let first = call(&mut two, order(Side::Buy, 0, 100), &mut Vec::new()).sequence;
    let (count, waker) = counting();
    let mut context = Context::from_waker(&waker);
    let mut wait = pin!(one.durable(Sequence(first.0 + 10)));
    assert!(wait.as_mut().poll(&mut context).is_pending());
    assert_eq!(host.statistics().waiting_count, 1);
    for n in 1..10 {
        call(&mut two, order(Side::Buy, n, 100), &mut Vec::new());
        // The release thread has passed by here for each of them.
        assert_eq!(count.0.load(Ordering::SeqCst), 0, "woken for sequence {n} of 10");
    }
    call(&mut two, order(Side::Buy, 10, 100), &mut Vec::new());
    while count.0.load(Ordering::SeqCst) == 0 {
        thread::yield_now();
    }
    assert_eq!(wait.as_mut().poll(&mut context), Poll::Ready(Ok(())));
}

#[test]
fn futures_complete_under_any_executor() {
    let host = host(&place("futures"));
    let mut one = host.session(ONE).unwrap();
    let client_sequence = one.submit(order(Side::Buy, 7, 100)).unwrap();
    let answer = complete(one.next_event()).unwrap();
    assert_eq!(answer.answers(), Some(client_sequence));
    assert_eq!(complete(one.durable(answer.sequence)), Ok(()));
    complete(one.next_event()).unwrap();
    drop(host);
    assert_eq!(complete(one.next_event()), Err(PollError::Ended(SessionEnd::Stopped)));
    assert_eq!(complete(one.durable(Sequence(999))), Err(SessionEnd::Stopped));
}

#[test]
fn a_dropped_future_leaves_nothing_behind() {
    let host = host(&place("dropped"));
    let mut one = host.session(ONE).unwrap();
    let (count, waker) = counting();
    {
        let mut wait = pin!(one.next_event());
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(host.statistics().waiting_count, 1);
    }
    assert_eq!(host.statistics().waiting_count, 0);
    call(&mut one, order(Side::Buy, 7, 100), &mut Vec::new());
    assert_eq!(count.0.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&count), 2, "ours and the waker's");
}

#[test]
fn waits_end_when_their_time_is_over() {
    let host = host(&place("timeouts"));
    let mut one = host.session(ONE).unwrap();
    let moment = Duration::from_millis(2);
    assert_eq!(one.wait(moment), Err(WaitError::TimedOut));
    assert_eq!(one.wait(Duration::ZERO), Err(WaitError::TimedOut));
    assert_eq!(one.wait_durable(Sequence(999), moment), Err(WaitError::TimedOut));
    assert_eq!(host.statistics().waiting_count, 0);
}

#[test]
fn nothing_leaves_before_it_is_durable() {
    let platform = Gated::open();
    let host = host_on(platform, &config(&place("gate")));
    let mut one = host.session(ONE).unwrap();
    platform.set(Gate::Held);
    let before = host.statistics().durable;
    let client_sequence = one.submit(order(Side::Buy, 7, 100)).unwrap();
    while host.statistics().appended == before {
        thread::yield_now();
    }
    let moment = Duration::from_millis(20);
    assert_eq!(one.wait(moment), Err(WaitError::TimedOut), "it is appended and not durable");
    assert_eq!(one.is_durable(before.next()), Ok(false));
    assert_eq!(one.wait_durable(before.next(), moment), Err(WaitError::TimedOut));
    assert_eq!(host.statistics().released, before);
    platform.set(Gate::Open);
    let mut events = Vec::new();
    read(&mut one, 2, &mut events);
    assert_eq!(events[0].answers(), Some(client_sequence));
    assert_eq!(one.is_durable(before.next()), Ok(true));
    host.stop().unwrap();
}

/// A host with two sessions that lag and have commands waiting, and with nothing to do but those.
fn lagging(name: &str) -> (Host<Gated>, [Session<Gated>; 2]) {
    let platform = Gated::open();
    let host = host_on(platform, &config(&place(name)));
    let (one, two) = (host.session(ONE).unwrap(), host.session(TWO).unwrap());
    // Two events short of a full ring: the next order but one makes it lag.
    submit(&one, 511);
    wait_for(&host, |now| now.events_waiting == 1_022);
    platform.set(Gate::Held);
    submit(&one, 5);
    wait_for(&host, |now| now.rings.events == 10);
    // The engine's rings are finite, and so is what it takes while nothing becomes durable.
    loop {
        match two.submit(order(Side::Buy, 1 << 32 | next_number(&two), 100)) {
            Ok(_) => {}
            Err(SubmitError::Busy) if host.statistics().rings.events == 16_384 => break,
            Err(SubmitError::Busy) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
    submit(&one, 200);
    platform.set(Gate::Open);
    wait_for(&host, |now| {
        let rings = now.rings;
        let is_quiet = rings.input == 0 && rings.records == 0 && rings.events == 0;
        now.lagging_count == 2 && is_quiet && now.released == now.durable
    });
    assert!(host.statistics().submitted_waiting > 0, "what they submitted waits");
    (host, [one, two])
}

fn next_number(session: &Session<Gated>) -> u64 {
    session.last_client_sequence().unwrap().0 + 1
}

/// Submits so many orders, none of which may be given back for long.
fn submit(session: &Session<Gated>, count: usize) {
    let mut submitted = 0;
    while submitted < count {
        match session.submit(order(Side::Buy, next_number(session), 100)) {
            Ok(_) => submitted += 1,
            Err(SubmitError::Busy) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn wait_for(host: &Host<Gated>, is_so: impl Fn(&HostStatistics) -> bool) {
    while !is_so(&host.statistics()) {
        thread::yield_now();
    }
}

#[test]
fn a_full_engine_gives_commands_back_and_loses_none() {
    let (_host, sessions) = lagging("full");
    // Long enough for every thread of the engine to fall asleep: whoever is taken up wakes it.
    Linux.sleep(Duration::from_millis(50));
    for mut session in sessions {
        let last = session.last_client_sequence().unwrap();
        let mut events: Vec<Event> = Vec::new();
        while events.iter().filter_map(Event::answers).next_back() != Some(last) {
            session.catch_up(&mut |event: &Event| events.push(*event)).unwrap();
            thread::yield_now();
        }
        let answers: Vec<u64> = events.iter().filter_map(Event::answers).map(|n| n.0).collect();
        assert_eq!(answers, (1..=last.0).collect::<Vec<_>>());
    }
}

#[test]
fn stopping_takes_what_a_session_submitted_before_it_lagged() {
    let (host, sessions) = lagging("lagging_stop");
    let end = host.stop().unwrap();
    for session in sessions {
        let last = session.last_client_sequence().unwrap();
        assert_eq!(end.book.last_client_sequence(session.id()), last);
    }
}

/// What becomes of callers that wait when the gate is set so.
fn told_by(name: &str, gate: Gate, fault: Fault) {
    let data = place(name);
    let platform = Gated::open();
    let host = host_on(platform, &config(&data));
    let mut one = host.session(ONE).unwrap();
    let mut two = host.session(TWO).unwrap();
    let mut three = host.session(SessionId(3)).unwrap();
    call(&mut one, order(Side::Buy, 1, 100), &mut Vec::new());
    platform.set(Gate::Held);
    let waiting = [
        thread::spawn(move || match one.call(cancel(1), PATIENCE, &mut ()) {
            Err(CallError::Wait(_, error)) => error,
            other => panic!("{other:?}"),
        }),
        thread::spawn(move || two.wait_durable(Sequence(999), PATIENCE).unwrap_err()),
    ];
    while host.statistics().waiting_count < 2 {
        thread::yield_now();
    }
    platform.set(gate);
    let end = SessionEnd::Fault(fault);
    for waiting in waiting {
        assert_eq!(waiting.join().unwrap(), WaitError::Ended(end));
    }
    // Every later call says the same.
    assert_eq!(three.submit(cancel(1)), Err(SubmitError::Ended(end)));
    assert_eq!(three.poll(&mut ()), Err(PollError::Ended(end)));
    assert_eq!(three.wait(PATIENCE), Err(WaitError::Ended(end)));
    assert_eq!(three.sync_now(PATIENCE), Err(WaitError::Ended(end)));
    assert_eq!(host.end(), Some(end));
    assert!(host.session(SessionId(4)).is_err());
    let released = host.statistics().released;
    assert_eq!(host.stop().unwrap_err(), fault);
    // What was released is there, and the next host goes on.
    platform.set(Gate::Open);
    let again = host_on(platform, &config(&data));
    assert!(again.recovered() >= released);
}

#[test]
fn a_failed_sync_is_told_to_everybody_at_once() {
    let fault = Fault::Log(LogFault { operation: LogOperation::Sync, code: 5 });
    told_by("fails", Gate::Fails, fault);
}

#[test]
fn a_stage_that_panics_is_told_to_everybody_at_once() {
    told_by("panics", Gate::Panics, Fault::StagePanicked);
}

#[test]
fn a_sync_can_be_asked_for_in_every_mode() {
    let modes = [SyncMode::Full, SyncMode::GROUP, SyncMode::Checkpoint, SyncMode::Off];
    for mode in modes {
        let config = config(&place(&format!("sync_now_{}", mode.name())));
        let engine = config.engine.clone().sync(mode);
        let host = hosts::host_of(&HostConfig { engine, ..config });
        let mut one = host.session(ONE).unwrap();
        let answer = call(&mut one, order(Side::Buy, 7, 100), &mut Vec::new());
        let is_durable = one.is_durable(answer.sequence).unwrap();
        assert_eq!(is_durable, mode.answers_are_durable(), "{mode:?}");
        assert!(one.sync_now(PATIENCE).unwrap() >= answer.sequence);
        assert!(one.is_durable(answer.sequence).unwrap(), "{mode:?}");
        host.stop().unwrap();
    }
}

#[test]
fn a_caller_can_stop_waiting_when_the_host_is_dropped_elsewhere() {
    let host: Host<_> = host(&place("dropped_elsewhere"));
    let mut one = host.session(ONE).unwrap();
    let waiting = thread::spawn(move || one.wait(PATIENCE));
    while host.statistics().waiting_count == 0 {
        thread::yield_now();
    }
    drop(host);
    assert_eq!(waiting.join().unwrap(), Err(WaitError::Ended(SessionEnd::Stopped)));
}
