//! The book that follows the durable log, which any thread may ask.

use crate::config::nanoseconds;
use highwater::book::Book;
use highwater::types::Sequence;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// How often the thread that follows the log gives its core away for those who wait to ask.
const TURNS_MAX: u32 = 64;

/// Answers questions about what is durable: best price, depth, an order, an auction as it stands.
///
/// It is the book that snapshots are made of, so a question disturbs neither the sequencer nor
/// anything else of the engine. It is behind by the lag that was configured, and by more while
/// every core is busy or a snapshot is written.
#[derive(Clone, Debug)]
pub struct FollowedBook(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether anybody will ask.
    audience: Audience,
    /// `None` until the log is read up to its newest snapshot, and after a fault.
    book: RwLock<Option<Book<'static>>>,
    /// Who waits to ask. The thread that follows the log lets them go first.
    waiting_count: AtomicUsize,
    /// The last sequence that the book has applied.
    followed: AtomicU64,
    /// The highest sequence that somebody waits for.
    wanted: AtomicU64,
    /// Whether the book is followed no further.
    is_over: Mutex<bool>,
    changed: Condvar,
}

/// Whether anybody will ask a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// It is there for snapshots only.
    #[default]
    Nobody,
    /// Any thread may ask.
    Anybody,
}

/// How a wait for the book ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// It is at the sequence, or behind it.
    Reached,
    /// The time is over.
    TimedOut,
    /// It is followed no further: the engine has ended.
    Over,
}

impl FollowedBook {
    /// A book that is not there yet.
    pub fn new(audience: Audience) -> Self {
        Self(Arc::new(Inner { audience, ..Inner::default() }))
    }

    /// Whether anybody may ask it.
    pub fn is_asked(&self) -> bool {
        self.0.audience == Audience::Anybody
    }

    /// How many sequences are followed before the book may be asked again: some milliseconds of
    /// replay where somebody may. More at once reads the log with fewer calls.
    pub(super) fn at_once(&self) -> u64 {
        match self.0.audience {
            Audience::Nobody => 1 << 19,
            Audience::Anybody => 1 << 15,
        }
    }

    /// The last sequence that is known to the book; 0 before it is there.
    pub fn sequence(&self) -> Sequence {
        Sequence(self.0.followed.load(Ordering::Acquire))
    }

    /// Puts a question to the book as it is; its [`last_sequence`](Book::last_sequence) says what
    /// it is about. The book stays as it is until `question` returns, and the snapshot thread
    /// waits so long. `None` when there is no book: the log is being read for the first time, or
    /// could not be read.
    pub fn ask<T>(&self, question: impl FnOnce(&Book<'static>) -> T) -> Option<T> {
        self.0.waiting_count.fetch_add(1, Ordering::SeqCst);
        let book = self.0.book.read().unwrap_or_else(PoisonError::into_inner);
        self.0.waiting_count.fetch_sub(1, Ordering::SeqCst);
        book.as_ref().map(question)
    }

    /// Waits until the book is at `wanted` or behind it; `now_ns` is a clock that only rises. Who
    /// follows the log is to be woken behind [`hurry`](Self::hurry), before this.
    pub fn wait_for(
        &self,
        wanted: Sequence,
        timeout: Duration,
        now_ns: impl Fn() -> u64,
    ) -> Waited {
        let deadline_ns = now_ns().saturating_add(nanoseconds(timeout));
        let mut is_over = self.0.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left_ns = deadline_ns.saturating_sub(now_ns());
            if self.sequence() >= wanted {
                return Waited::Reached;
            } else if *is_over {
                return Waited::Over;
            } else if left_ns == 0 {
                return Waited::TimedOut;
            }
            let left = Duration::from_nanos(left_ns);
            let woken = self.0.changed.wait_timeout(is_over, left);
            is_over = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Somebody is about to wait for `wanted`.
    pub fn hurry(&self, wanted: Sequence) {
        self.0.wanted.fetch_max(wanted.0, Ordering::SeqCst);
    }

    /// Whether somebody waits for what is not followed yet.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.wanted.load(Ordering::SeqCst) > self.sequence().0
    }

    /// The book, for the thread that follows the log; `None` before there is one.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Option<Book<'static>>> {
        self.0.book.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the book, behind those who wait to ask now.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Option<Book<'static>>) -> T) -> T {
        // A new writer could get in before readers that wait, again and again.
        for _ in 0..TURNS_MAX {
            if self.0.waiting_count.load(Ordering::SeqCst) == 0 {
                break;
            }
            std::thread::yield_now();
        }
        let mut book = self.0.book.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut book);
        let followed = book.as_ref().map_or(Sequence(0), Book::last_sequence);
        self.0.followed.store(followed.0, Ordering::Release);
        drop(book);
        // Under the lock: who waits has either seen it or is asleep.
        drop(self.0.is_over.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.changed.notify_all();
        changed
    }

    /// The book is not to be trusted, or not to be used again.
    pub(super) fn discard(&self) {
        self.change(|book| *book = None);
    }

    /// The book is followed no further: nobody need wait.
    pub(super) fn close(&self) {
        *self.0.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}
