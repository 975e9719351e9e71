//! A wake-up (event count): wakes one thread that sleeps until there is work, and costs next to
//! nothing while it does not sleep.
//!
//! Whoever gives the thread work publishes it first and wakes it then. The thread announces that it
//! is about to sleep, looks for work once more, and only then sleeps. Between the two stands a
//! fence on either side, so that at least one sees the other: work is never left lying beside a
//! sleeper.

mod announcement;
mod list;
mod threshold;

pub use list::WakeupList;
pub use threshold::ThresholdWakeup;

use crate::atomic::{Ordering, fence};
use announcement::Announcement;
use std::sync::OnceLock;
use std::thread::{Thread, current, park, park_timeout};
use std::time::Duration;

/// Wakes one thread.
#[derive(Debug, Default)]
pub struct Wakeup {
    announcement: Announcement,
    sleeper: OnceLock<Thread>,
}

impl Wakeup {
    /// A wake-up that no thread uses yet.
    pub const fn new() -> Self {
        Self { announcement: Announcement::new(), sleeper: OnceLock::new() }
    }

    /// Wakes the thread if it sleeps or is about to. What was published before is seen by it.
    #[inline]
    pub fn wake(&self) {
        fence(Ordering::SeqCst);
        self.wake_after_fence();
    }

    /// The same, for a caller between which and what it published stands a fence already.
    #[inline]
    fn wake_after_fence(&self) {
        if self.announcement.is_made() {
            self.unpark_sleeper();
        }
    }

    /// Says that the calling thread is about to sleep. It looks for work once more afterwards, and
    /// then either [`cancel`](Self::cancel)s or [`sleep`](Self::sleep)s. One thread does this,
    /// always the same.
    pub fn announce(&self) {
        self.sleeper.get_or_init(current);
        self.announcement.make();
    }

    /// Takes the announcement back: there is work.
    pub fn cancel(&self) {
        self.announcement.cancel();
    }

    /// Sleeps until it is woken, unless it was since [`announce`](Self::announce); at
    /// most so long, where a limit is given. True when it was woken.
    pub fn sleep(&self, at_most: Option<Duration>) -> bool {
        // A wake-up without a reason only costs another look.
        if self.announcement.stands() {
            match at_most {
                Some(at_most) => park_timeout(at_most),
                None => park(),
            }
        }
        !self.announcement.end()
    }

    #[cold]
    fn unpark_sleeper(&self) {
        // Of several callers only one makes the system call.
        if self.announcement.answer()
            && let Some(sleeper) = self.sleeper.get()
        {
            sleeper.unpark();
        }
    }
}

/// The threads of an engine that sleep and may be woken: a wake-up for each.
#[derive(Debug, Default)]
pub struct Wakeups {
    /// Of the sequencer's thread.
    pub sequencer: Wakeup,
    /// Of the log writer's.
    pub log: Wakeup,
    /// Of the thread that releases events.
    pub release: Wakeup,
    /// Of the syncer's, which waits for a sequence to be appended.
    pub sync: ThresholdWakeup,
    /// Of the thread that makes snapshots, which waits for so many bytes to be appended.
    pub snapshot: ThresholdWakeup,
}

impl Wakeups {
    /// Wakes those who are needed for a command: what the sequencer gives the log writer soon is
    /// found by one that is awake already.
    #[inline]
    pub fn wake_for_command(&self) {
        fence(Ordering::SeqCst);
        self.sequencer.wake_after_fence();
        self.log.wake_after_fence();
    }

    /// Wakes those who are needed for a sync that was wished for: the log writer, and where the
    /// mode has one the syncer.
    pub fn wake_for_sync(&self) {
        self.log.wake();
        self.sync.wakeup().wake();
    }

    /// Wakes all of them.
    pub fn wake_all(&self) {
        self.each().into_iter().for_each(Wakeup::wake);
    }

    /// All of them.
    const fn each(&self) -> [&Wakeup; 5] {
        let Self { sequencer, log, release, sync, snapshot } = self;
        [sequencer, log, release, sync.wakeup(), snapshot.wakeup()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::atomic::AtomicU64;
    use std::sync::Arc;

    /// How often each side gives the other work.
    const ROUNDS: u64 = 20_000;

    /// Two threads that hand a number back and forth, each asleep while the other has it.
    #[derive(Default)]
    struct Court {
        number: AtomicU64,
        wakeups: [Wakeup; 2],
    }

    fn play(court: &Court, side: usize) -> u64 {
        let mut slept = 0;
        for round in 0..ROUNDS {
            let mine = 2 * round + side as u64;
            while court.number.load(Ordering::Acquire) != mine {
                court.wakeups[side].announce();
                if court.number.load(Ordering::Acquire) == mine {
                    court.wakeups[side].cancel();
                    break;
                }
                slept += 1;
                let _woken = court.wakeups[side].sleep(None);
            }
            court.number.store(mine + 1, Ordering::Release);
            court.wakeups[1 - side].wake();
        }
        slept
    }

    #[test]
    fn no_wake_up_is_lost() {
        let court = Arc::new(Court::default());
        let other = Arc::clone(&court);
        let thread = std::thread::spawn(move || play(&other, 1));
        let slept = play(&court, 0) + thread.join().unwrap();
        assert_eq!(court.number.load(Ordering::Acquire), 2 * ROUNDS);
        assert!(slept > 0, "nobody ever slept, so nothing was tried");
    }

    #[test]
    fn a_ring_between_announcement_and_sleep_is_kept() {
        let wakeup = Wakeup::new();
        wakeup.announce();
        wakeup.wake();
        // Would never return.
        assert!(wakeup.sleep(None), "it was woken");
    }

    #[test]
    fn a_sleep_with_a_limit_ends() {
        let wakeup = Wakeup::new();
        wakeup.announce();
        assert!(!wakeup.sleep(Some(Duration::from_millis(1))), "nobody woke it");
        wakeup.wake();
    }
}
