//! The latch under loom: who sees it set sees what was done before it was set.

use crate::atomic::{AtomicU64, Ordering, Weak, begin_side};
use crate::checked::stage::Latch;
use crate::explore::{assert_fails, executions};
use loom::thread;

#[test]
fn what_was_done_before_it_is_set_is_seen() {
    assert!(executions(|| set_and_look([None, None])) > 4);
}

#[test]
fn fails_when_it_is_set_without_release() {
    assert_fails(UNSEEN, || set_and_look([Some(Weak::Stores), None]));
}

#[test]
fn fails_when_it_is_read_without_acquire() {
    assert_fails(UNSEEN, || set_and_look([None, Some(Weak::Loads)]));
}

const UNSEEN: &str = "set, but not seen";

/// Finishes some work and sets the latch, on one thread; looks, on another.
fn set_and_look(weak: [Option<Weak>; 2]) {
    loom::lazy_static! {
        static ref DONE: Latch = Latch::new();
        static ref WORK: AtomicU64 = AtomicU64::new(0);
    }
    assert_eq!((DONE.is_set(), WORK.load(Ordering::Relaxed)), (false, 0));
    let worker = thread::spawn(move || {
        begin_side(weak[0]);
        WORK.store(1, Ordering::Relaxed);
        DONE.set();
    });
    let looker = thread::spawn(move || {
        begin_side(weak[1]);
        if DONE.is_set() {
            assert_eq!(WORK.load(Ordering::Relaxed), 1, "{UNSEEN}");
            assert!(DONE.is_set(), "it stays set");
        }
    });
    worker.join().expect("the worker does not panic");
    looker.join().expect("the looker does not panic");
    assert!(DONE.is_set());
}
