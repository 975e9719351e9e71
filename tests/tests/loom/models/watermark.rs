//! The watermark under loom: who sees a sequence sees what was done before it was reached.

use crate::atomic::{AtomicU64, Ordering, Weak, begin_side};
use crate::checked::types::Sequence;
use crate::checked::watermark::Watermark;
use crate::explore::{assert_fails, executions};
use loom::thread;

#[test]
fn what_was_done_before_a_raise_is_seen_after_a_get() {
    assert!(executions(|| raise_and_get([None, None])) > 60);
}

#[test]
fn fails_when_it_is_raised_without_release() {
    assert_fails(UNSEEN, || raise_and_get([Some(Weak::Stores), None]));
}

#[test]
fn fails_when_it_is_read_without_acquire() {
    assert_fails(UNSEEN, || raise_and_get([None, Some(Weak::Loads)]));
}

const UNSEEN: &str = "reached, but not seen";

/// Marks a page before each of two raises, on one thread; looks twice at all the pages that the
/// watermark has reached, on another.
fn raise_and_get(weak: [Option<Weak>; 2]) {
    loom::lazy_static! {
        static ref DURABLE: Watermark = Watermark::new();
        static ref PAGES: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    }
    // The atomics are made here.
    assert_eq!(DURABLE.get(), Sequence(0));
    assert!(PAGES.iter().all(|page| page.load(Ordering::Relaxed) == 0));
    let writer = thread::spawn(move || {
        begin_side(weak[0]);
        for (page, sequence) in PAGES.iter().zip(1..) {
            page.store(sequence, Ordering::Relaxed);
            DURABLE.raise(Sequence(sequence));
        }
    });
    let reader = thread::spawn(move || {
        begin_side(weak[1]);
        let mut before = Sequence(0);
        for _ in 0..2 {
            let reached = DURABLE.get();
            assert!(before <= reached, "a watermark only grows");
            for (page, sequence) in PAGES.iter().zip(1..=reached.0) {
                assert_eq!(page.load(Ordering::Relaxed), sequence, "{UNSEEN}");
            }
            before = reached;
        }
    });
    writer.join().expect("the writer does not panic");
    reader.join().expect("the reader does not panic");
}
