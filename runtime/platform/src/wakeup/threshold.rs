//! A wake-up for a thread that waits until a number has grown to some height.
//!
//! The listener sets the height and announces, in this order; whoever raises the number publishes
//! it first and compares then, behind a fence. So the thread is not woken for every step of the
//! number, and never missed for the one that counts.

use super::Wakeup;
use super::announcement::Height;
use crate::atomic::{Ordering, fence};
use std::time::Duration;

/// Wakes a thread when a number has come to what it waits for.
#[derive(Debug)]
pub struct ThresholdWakeup {
    wakeup: Wakeup,
    height: Height,
}

impl ThresholdWakeup {
    /// An alarm that nobody has set.
    pub const fn new() -> Self {
        Self { wakeup: Wakeup::new(), height: Height::new() }
    }

    /// The wake-up itself, for those who have another reason to wake the thread.
    pub const fn wakeup(&self) -> &Wakeup {
        &self.wakeup
    }

    /// Says that the calling thread is about to sleep until the number is `height` or more. It
    /// looks once more afterwards, and then [`sleep`](Self::sleep)s or
    /// [`cancel`](Self::cancel)s. One thread does this, always the same.
    pub fn announce(&self, height: u64) {
        self.height.set(height);
        self.wakeup.announce();
    }

    /// Takes the announcement back.
    pub fn cancel(&self) {
        self.wakeup.cancel();
    }

    /// Sleeps until the number is as high as was announced, somebody wakes it, or `at_most` has
    /// passed. True when it was woken.
    pub fn sleep(&self, at_most: Option<Duration>) -> bool {
        self.wakeup.sleep(at_most)
    }

    /// The number is `reached` now, which was published before: wakes a listener that waits for no
    /// more.
    #[inline]
    pub fn reach(&self, reached: u64) {
        // Pairs with the fence of the announcement: the height is seen with it.
        fence(Ordering::SeqCst);
        if self.height.is_reached(reached) {
            self.wakeup.wake_after_fence();
        }
    }
}

impl Default for ThresholdWakeup {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atomic::AtomicU64;
    use std::sync::Arc;

    #[test]
    fn it_rings_at_its_height_and_not_before() {
        let alarm = ThresholdWakeup::new();
        alarm.announce(10);
        alarm.reach(9);
        assert!(!alarm.sleep(Some(Duration::ZERO)), "it was not high enough");
        alarm.announce(10);
        alarm.reach(10);
        // Would never return.
        assert!(alarm.sleep(None), "it was");
    }

    #[test]
    fn no_height_is_missed() {
        const ROUNDS: u64 = 20_000;
        let shared = Arc::new((ThresholdWakeup::new(), AtomicU64::new(0)));
        let given = Arc::clone(&shared);
        let raiser = std::thread::spawn(move || {
            for number in 1..=3 * ROUNDS {
                given.1.store(number, Ordering::Release);
                given.0.reach(number);
            }
        });
        let (alarm, number) = &*shared;
        for round in 1..=ROUNDS {
            while number.load(Ordering::Acquire) < 3 * round {
                alarm.announce(3 * round);
                if number.load(Ordering::Acquire) >= 3 * round {
                    alarm.cancel();
                    break;
                }
                // Would never return, were it missed.
                let _rung = alarm.sleep(None);
            }
        }
        raiser.join().unwrap();
    }
}
