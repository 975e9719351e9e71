//! What the release thread and the reader of one ring of events share.

use super::waiter::Waiter;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a reader misses events, and its wait for them.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Set by the release thread when it delivers nothing more, until the reader has caught up.
    lagging: AtomicBool,
    /// The reader's wait.
    pub(super) waiter: Waiter,
}

impl Inbox {
    pub(super) const fn new() -> Self {
        Self { lagging: AtomicBool::new(false), waiter: Waiter::new() }
    }

    /// Whether the reader misses events. Read before the ring: what was delivered before is there.
    pub(super) fn is_lagging(&self) -> bool {
        self.lagging.load(Ordering::Acquire)
    }

    /// Nothing more is delivered to the reader; only the release thread says so.
    pub(super) fn mark_lagging(&self) {
        self.lagging.store(true, Ordering::Release);
    }

    /// Events are delivered again, or nobody needs them; only the release thread says so.
    pub(super) fn mark_live(&self) {
        self.lagging.store(false, Ordering::Release);
    }
}
