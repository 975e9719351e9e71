//! A wake-up under loom: none is lost, whoever wakes and however high a number has to be.

use crate::announcement::{Announcement, Height};
use crate::atomic::{AtomicU64, Ordering, Weak, begin_side, fence};
use crate::explore::{assert_fails, executions};
use loom::thread;

#[test]
fn work_never_lies_beside_a_sleeper() {
    assert!(executions(|| sleep_until_all_is_given([None, None])) > 100);
}

#[test]
fn a_height_that_is_reached_is_never_slept_through() {
    assert!(executions(|| sleep_until_it_is_high([None, None])) > 20);
}

#[test]
fn fails_when_the_sleeper_looks_without_a_fence() {
    assert_fails(ASLEEP, || sleep_until_all_is_given([Some(Weak::Fences), None]));
    assert_fails(ASLEEP, || sleep_until_it_is_high([Some(Weak::Fences), None]));
}

#[test]
fn fails_when_it_is_rung_without_a_fence() {
    assert_fails(ASLEEP, || sleep_until_all_is_given([None, Some(Weak::Fences)]));
    assert_fails(ASLEEP, || sleep_until_it_is_high([None, Some(Weak::Fences)]));
}

/// What loom says when a thread is parked and nobody is left to wake it.
const ASLEEP: &str = "deadlock";

/// Sleeps like the thread that is woken, until `is_there`.
fn sleep_until(announcement: &Announcement, before: impl Fn(), is_there: impl Fn() -> bool) {
    loop {
        before();
        announcement.make();
        if is_there() {
            return announcement.cancel();
        }
        if announcement.stands() {
            thread::park();
        }
        let _nobody_rang = announcement.end();
    }
}

/// Wakes like whoever rings.
fn wake(announcement: &Announcement, sleeper: &thread::Thread) {
    if announcement.is_made() && announcement.answer() {
        sleeper.unpark();
    }
}

/// One gives work in two pieces, and rings for each; another sleeps until both are there.
fn sleep_until_all_is_given(weak: [Option<Weak>; 2]) {
    loom::lazy_static! {
        static ref ANNOUNCED: Announcement = Announcement::new();
        static ref GIVEN: AtomicU64 = AtomicU64::new(0);
    }
    assert!(!ANNOUNCED.is_made() && GIVEN.load(Ordering::Relaxed) == 0);
    let sleeper = thread::spawn(move || {
        begin_side(weak[0]);
        sleep_until(&ANNOUNCED, || (), || GIVEN.load(Ordering::Acquire) == 2);
    });
    let asleep = sleeper.thread().clone();
    let giver = thread::spawn(move || {
        begin_side(weak[1]);
        for given in 1..=2 {
            GIVEN.store(given, Ordering::Release);
            fence(Ordering::SeqCst);
            wake(&ANNOUNCED, &asleep);
        }
    });
    giver.join().expect("it does not panic");
    sleeper.join().expect("it does not panic");
}

/// One raises a number twice; another sleeps until it is 2.
fn sleep_until_it_is_high(weak: [Option<Weak>; 2]) {
    loom::lazy_static! {
        static ref ANNOUNCED: Announcement = Announcement::new();
        static ref HEIGHT: Height = Height::new();
        static ref NUMBER: AtomicU64 = AtomicU64::new(0);
    }
    assert!(!ANNOUNCED.is_made() && !HEIGHT.is_reached(NUMBER.load(Ordering::Relaxed)));
    let listener = thread::spawn(move || {
        begin_side(weak[0]);
        sleep_until(&ANNOUNCED, || HEIGHT.set(2), || NUMBER.load(Ordering::Acquire) >= 2);
    });
    let sleeper = listener.thread().clone();
    let raiser = thread::spawn(move || {
        begin_side(weak[1]);
        for number in 1..=2 {
            NUMBER.store(number, Ordering::Release);
            fence(Ordering::SeqCst);
            if HEIGHT.is_reached(number) {
                wake(&ANNOUNCED, &sleeper);
            }
        }
    });
    raiser.join().expect("it does not panic");
    listener.join().expect("it does not panic");
}
