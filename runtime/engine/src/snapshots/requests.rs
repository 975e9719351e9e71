//! Asking for snapshots, and what was counted of them.

use super::followed_book::FollowedBook;
use super::maker::{Made, SnapshotTrouble};
use crate::context::EngineContext;
use crate::lag::{LagTotals, SnapshotLag};
use highwater::types::Sequence;
use highwater_platform::wakeup::ThresholdWakeup;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What was counted of snapshots; written by their thread, read by any.
#[derive(Debug, Default)]
pub struct SnapshotCounters {
    made_count: AtomicU64,
    failed_count: AtomicU64,
    newest: AtomicU64,
    packed_bytes: AtomicU64,
    plain_bytes: AtomicU64,
    retired_bytes: AtomicU64,
}

/// What the counters said at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SnapshotTotals {
    /// Snapshots made.
    pub made_count: u64,
    /// Snapshots that could not be made, for a reason that may pass.
    pub failed_count: u64,
    /// The last sequence of the newest one made; 0 when there is none.
    pub newest: Sequence,
    /// Bytes that segments had before they were packed.
    pub plain_bytes: u64,
    /// Bytes that they have now.
    pub packed_bytes: u64,
    /// Bytes of segments that were retired.
    pub retired_bytes: u64,
    /// How far the log has grown behind the newest one.
    pub lag: LagTotals,
}

impl SnapshotCounters {
    /// What was counted so far, of a log that is so far behind.
    pub fn totals(&self, lag: LagTotals) -> SnapshotTotals {
        SnapshotTotals {
            made_count: self.made_count.load(Ordering::Relaxed),
            failed_count: self.failed_count.load(Ordering::Relaxed),
            newest: Sequence(self.newest.load(Ordering::Relaxed)),
            plain_bytes: self.plain_bytes.load(Ordering::Relaxed),
            packed_bytes: self.packed_bytes.load(Ordering::Relaxed),
            retired_bytes: self.retired_bytes.load(Ordering::Relaxed),
            lag,
        }
    }

    fn made(&self, made: &Made) {
        self.made_count.fetch_add(1, Ordering::Relaxed);
        self.newest.store(made.sequence.0, Ordering::Relaxed);
        self.plain_bytes.fetch_add(made.kept.plain_bytes, Ordering::Relaxed);
        self.packed_bytes.fetch_add(made.kept.packed_bytes, Ordering::Relaxed);
        self.retired_bytes.fetch_add(made.kept.retired_bytes, Ordering::Relaxed);
    }
}

/// Asks for snapshots and is told of them; any thread may.
#[derive(Clone, Debug)]
pub struct SnapshotRequests(Arc<SharedRequests>);

#[derive(Debug)]
struct SharedRequests {
    /// Of the thread that makes them.
    alarm: &'static ThresholdWakeup,
    lag: &'static SnapshotLag,
    requests: Mutex<Requests>,
    changed: Condvar,
    counters: SnapshotCounters,
    book: FollowedBook,
}

#[derive(Debug, Default)]
struct Requests {
    /// How many were asked for, and how many are answered.
    asked: u64,
    answered: u64,
    answer: Option<Result<Option<Made>, String>>,
    is_over: bool,
}

impl SnapshotRequests {
    /// Makes a snapshot of everything that is applied by now, and waits for it; `None` when nothing
    /// has come since the newest.
    ///
    /// # Errors
    /// Why none was made, in words; the engine stopped, for example.
    pub fn make_now(&self) -> Result<Option<Made>, String> {
        let mut requests = self.lock();
        requests.asked += 1;
        let mine = requests.asked;
        drop(requests);
        self.0.alarm.wakeup().wake();
        let mut requests = self.lock();
        while requests.answered < mine && !requests.is_over {
            requests = self.0.changed.wait(requests).unwrap_or_else(PoisonError::into_inner);
        }
        match &requests.answer {
            Some(answer) if requests.answered >= mine => answer.clone(),
            Some(_) | None => Err("the engine stops".to_owned()),
        }
    }

    /// The book that follows the log.
    pub fn book(&self) -> &FollowedBook {
        &self.0.book
    }

    /// What was counted so far.
    pub fn totals(&self) -> SnapshotTotals {
        self.0.counters.totals(self.0.lag.totals())
    }

    /// Requests to the snapshot thread of an engine, which follows the log with `book`.
    pub(super) fn new(context: &'static EngineContext, book: FollowedBook) -> Self {
        Self(Arc::new(SharedRequests {
            alarm: &context.wakeups.snapshot,
            lag: &context.lag,
            requests: Mutex::default(),
            changed: Condvar::new(),
            counters: SnapshotCounters::default(),
            book,
        }))
    }

    /// The number of the last who asked and has no answer.
    pub(super) fn asked(&self) -> Option<u64> {
        let requests = self.lock();
        (requests.asked > requests.answered).then_some(requests.asked)
    }

    /// Counts an outcome.
    pub(super) fn count(&self, answer: &Result<Option<Made>, SnapshotTrouble>) {
        match answer {
            Ok(Some(made)) => self.0.counters.made(made),
            Ok(None) => {}
            Err(_) => {
                self.0.counters.failed_count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Answers everybody who had asked up to this number.
    pub(super) fn answer(&self, asked: u64, answer: Result<Option<Made>, SnapshotTrouble>) {
        let mut requests = self.lock();
        requests.answered = asked;
        requests.answer = Some(answer.map_err(|trouble| trouble.to_string()));
        self.0.changed.notify_all();
    }

    /// Nobody is answered any more.
    pub(super) fn close(&self) {
        self.lock().is_over = true;
        self.0.changed.notify_all();
        self.0.book.close();
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
