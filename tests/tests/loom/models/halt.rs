//! The halt under loom: the first fault wins and is kept, and who sees it sees what led to it.

use crate::atomic::{AtomicU64, Ordering, Weak, begin_side};
use crate::checked::log_file::{LogFault, LogOperation};
use crate::checked::stage::{Fault, Halt, State};
use crate::explore::{assert_fails, executions};
use loom::thread;

#[test]
fn the_first_fault_wins() {
    assert!(executions(|| fault_twice([None, None])) > 15);
}

#[test]
fn a_fault_is_seen_with_its_cause_and_no_stop_undoes_it() {
    assert!(executions(|| fault_and_stop([None, None, None])) > 1_000);
}

#[test]
fn fails_when_a_later_fault_replaces_the_first() {
    assert_fails(CHANGED, || fault_twice([Some(Weak::Exchanges), None]));
    assert_fails(CHANGED, || fault_twice([None, Some(Weak::Exchanges)]));
}

#[test]
fn fails_when_a_stop_replaces_a_fault() {
    assert_fails(CHANGED, || {
        fault_and_stop([None, Some(Weak::Exchanges), None]);
    });
}

#[test]
fn fails_when_a_fault_does_not_release() {
    assert_fails(UNSEEN, || fault_and_stop([Some(Weak::Stores), None, None]));
}

#[test]
fn fails_when_a_fault_is_seen_without_acquire() {
    assert_fails(UNSEEN, || fault_and_stop([None, None, Some(Weak::Loads)]));
}

const CHANGED: &str = "the first fault is kept";
const UNSEEN: &str = "the cause is seen";
const FAILED_SYNC: Fault = Fault::Log(LogFault { operation: LogOperation::Sync, code: -5 });

/// A failed sync on one thread and a panic on another.
fn fault_twice(weak: [Option<Weak>; 2]) {
    loom::lazy_static! {
        static ref HALT: Halt = Halt::new();
    }
    assert_eq!(HALT.state(), State::Running);
    let faults = [(weak[0], FAILED_SYNC), (weak[1], Fault::StagePanicked)];
    let threads = faults.map(|(weak, fault)| {
        thread::spawn(move || {
            begin_side(weak);
            HALT.fault(fault);
            assert!(HALT.is_faulted());
            HALT.state()
        })
    });
    let seen = threads.map(|thread| thread.join().expect("it does not panic"));
    assert_eq!(seen[0], seen[1], "{CHANGED}");
    assert_eq!(HALT.state(), seen[0], "{CHANGED}");
    assert!(faults.iter().any(|(_, fault)| State::Faulted(*fault) == seen[0]));
}

/// A failed sync on one thread, a stop on another, and a third that looks twice.
fn fault_and_stop(weak: [Option<Weak>; 3]) {
    loom::lazy_static! {
        static ref HALT: Halt = Halt::new();
        static ref CAUSE: AtomicU64 = AtomicU64::new(0);
    }
    assert_eq!((HALT.state(), CAUSE.load(Ordering::Relaxed)), (State::Running, 0));
    let log_writer = thread::spawn(move || {
        begin_side(weak[0]);
        CAUSE.store(1, Ordering::Relaxed);
        HALT.fault(FAILED_SYNC);
    });
    let host = thread::spawn(move || {
        begin_side(weak[1]);
        HALT.stop();
    });
    let looker = thread::spawn(move || {
        begin_side(weak[2]);
        if HALT.is_faulted() {
            assert_eq!(CAUSE.load(Ordering::Relaxed), 1, "{UNSEEN}");
            assert_eq!(HALT.state(), State::Faulted(FAILED_SYNC), "{CHANGED}");
        }
    });
    log_writer.join().expect("it does not panic");
    host.join().expect("it does not panic");
    looker.join().expect("it does not panic");
    assert_eq!(HALT.state(), State::Faulted(FAILED_SYNC), "{CHANGED}");
}
