//! How the monitor's thread is woken, and told to end.

use mio::{Poll, Token, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// The token of the waker.
pub(crate) const WAKE: Token = Token(0);

/// The thread's end and everybody else's.
#[derive(Debug)]
pub(crate) struct Stop {
    waker: Waker,
    is_raised: AtomicBool,
}

impl Stop {
    pub(crate) fn new(poll: &Poll) -> io::Result<Self> {
        let waker = Waker::new(poll.registry(), WAKE)?;
        Ok(Self { waker, is_raised: AtomicBool::new(false) })
    }

    /// Has the thread end.
    pub(crate) fn raise(&self) {
        self.is_raised.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.is_raised.load(Ordering::Acquire)
    }

    /// Wakes the thread; a wake-up that fails is made up for by its next look at the time.
    pub(crate) fn wake(&self) {
        drop(self.waker.wake());
    }
}
