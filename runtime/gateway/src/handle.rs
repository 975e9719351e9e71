//! What a gateway's thread and everybody else share: how it is woken, and told to end.

use crate::notices::NoticeQueue;
use crate::operator::AskedFor;
use crate::seen::Window;
use mio::{Poll, Token, Waker};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Wake;

/// The token of the waker.
const WAKE: Token = Token(0);

/// The thread's end and everybody else's.
#[derive(Debug)]
pub(crate) struct Handle {
    waker: Waker,
    is_closing: AtomicBool,
    is_given_up: AtomicBool,
    turns: AtomicU64,
    /// What is shown to others.
    pub(crate) window: Window,
    /// What the operator asks for.
    pub(crate) asked: AskedFor,
    /// What there is to say of clients.
    pub(crate) notices: NoticeQueue,
}

impl Handle {
    pub(crate) fn new(poll: &Poll) -> io::Result<Self> {
        let (is_closing, is_given_up) = (AtomicBool::new(false), AtomicBool::new(false));
        let waker = Waker::new(poll.registry(), WAKE)?;
        Ok(Self {
            waker,
            is_closing,
            is_given_up,
            turns: AtomicU64::new(0),
            window: Window::default(),
            asked: AskedFor::default(),
            notices: NoticeQueue::default(),
        })
    }

    /// Nothing is taken from clients any more.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.wake();
    }

    /// Nobody waits for the thread: it ends at once.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Acquire)
    }

    /// The thread begins a turn.
    pub(crate) fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// How many turns the thread has begun.
    pub(crate) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Wakes the thread. A wake-up that fails is made up for by its next look at the time.
    pub(crate) fn wake(&self) {
        drop(self.waker.wake());
    }
}

/// Wakes the thread from others.
pub(crate) struct WakeHandle(pub(crate) Arc<Handle>);

impl Wake for WakeHandle {
    fn wake(self: Arc<Self>) {
        self.0.wake();
    }
}
