//! The announcement of a thread that is about to sleep, and how high a number must be to wake it:
//! what it and those who wake it share.
//!
//! The sleeper makes it, looks for work once more, and sleeps while it stands. Whoever publishes
//! work looks for it behind a fence, and answers it. A test compiles this file with the atomics of
//! a model checker.

use crate::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// Says whether a thread sleeps or is about to.
#[derive(Debug)]
pub(super) struct Announcement(AtomicBool);

impl Announcement {
    /// Nobody is about to sleep.
    pub(super) const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// The sleeper is about to sleep, and looks for work once more after this.
    pub(super) fn make(&self) {
        self.0.store(true, Ordering::Relaxed);
        // Pairs with the fence of whoever published work: either the sleeper finds what was
        // published, or its announcement is found.
        fence(Ordering::SeqCst);
    }

    /// The sleeper found work.
    pub(super) fn cancel(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether nobody has answered it: the sleeper may sleep.
    pub(super) fn stands(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The sleeper is awake; tells whether nobody had answered.
    pub(super) fn end(&self) -> bool {
        self.0.swap(false, Ordering::Acquire)
    }

    /// Whether there is one; asked behind a fence that stands behind what was published.
    #[inline]
    pub(super) fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Answers it; true for the one who has to wake the sleeper.
    pub(super) fn answer(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Default for Announcement {
    fn default() -> Self {
        Self::new()
    }
}

/// The height of a number for which a thread sleeps.
#[derive(Debug)]
pub(super) struct Height(AtomicU64);

impl Height {
    /// No number is so high.
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    /// The sleeper waits for this; said before its announcement, and found with it.
    pub(super) fn set(&self, height: u64) {
        self.0.store(height, Ordering::Relaxed);
    }

    /// Whether `number` is so high; asked behind a fence that stands behind what was published.
    #[inline]
    pub(super) fn is_reached(&self, number: u64) -> bool {
        number >= self.0.load(Ordering::Relaxed)
    }
}
