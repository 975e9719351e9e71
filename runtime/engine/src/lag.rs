//! How far the log has grown behind the newest snapshot, and whether commands are held for it.
//!
//! The log writer raises it, the thread that makes snapshots lowers it, and whoever takes commands
//! asks whether there is room for more. What follows from the numbers is decided by the core's
//! [`SnapshotPlan`].

use crate::config::SnapshotPlan;
use crate::figures::grouped;
use crate::notices::{Notice, NoticeSink};
use highwater_storage::LogCounters;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// What is behind the newest snapshot of one engine's log, for all of its threads.
#[derive(Debug, Default)]
pub struct SnapshotLag {
    log: OnceLock<FollowedLog>,
    /// Bytes of the log, counted like [`log_bytes`](Self::log_bytes), that the newest snapshot
    /// stands behind.
    covered_bytes: AtomicU64,
    lag_bytes_max: AtomicU64,
    /// From where on the user is warned; 0 before the first warning.
    warned_bytes: AtomicU64,
    /// No command is taken until a snapshot is made.
    is_held: AtomicBool,
    hold_count: AtomicU64,
    /// Somebody waits until what is on its way is appended.
    is_tight: AtomicBool,
    given_up: OnceLock<String>,
}

/// The log that an engine writes, as far as snapshots are concerned.
#[derive(Debug)]
pub struct FollowedLog {
    /// What is appended to it.
    pub counters: Arc<LogCounters>,
    /// Bytes of it that stood behind the newest snapshot when the engine started.
    pub behind_bytes: u64,
    /// When snapshots are made.
    pub plan: SnapshotPlan,
}

/// What the lag came to at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LagTotals {
    /// Bytes of log behind the newest snapshot.
    pub bytes: u64,
    /// The most that there were.
    pub bytes_max: u64,
    /// How often commands were held until a snapshot was made.
    pub hold_count: u64,
}

impl SnapshotLag {
    /// Counts the growth of this log from now on. Before that there is none.
    ///
    /// # Panics
    /// When it counts another one already.
    pub fn follow(&self, log: FollowedLog) {
        self.lag_bytes_max.store(log.behind_bytes, Ordering::Relaxed);
        assert!(self.log.set(log).is_ok(), "an engine has one log");
    }

    /// Bytes of log behind the snapshot that was the newest when the engine started.
    pub fn log_bytes(&self) -> u64 {
        self.log.get().map_or(0, |log| log.behind_bytes + log.counters.appended_bytes())
    }

    /// Bytes of log behind the newest snapshot.
    pub fn bytes(&self) -> u64 {
        self.log_bytes().saturating_sub(self.covered_bytes.load(Ordering::Acquire))
    }

    /// What it came to by now.
    pub fn totals(&self) -> LagTotals {
        let bytes = self.bytes();
        LagTotals {
            bytes,
            bytes_max: bytes.max(self.lag_bytes_max.load(Ordering::Relaxed)),
            hold_count: self.hold_count.load(Ordering::Relaxed),
        }
    }

    /// Something was appended; returns [`log_bytes`](Self::log_bytes). The log writer calls this.
    pub fn appended(&self) -> u64 {
        self.lag_bytes_max.fetch_max(self.bytes(), Ordering::Relaxed);
        self.log_bytes()
    }

    /// How many more commands may be on their way when `under_way` are, so that the lag stays below
    /// its bound however they are logged; a number beyond all bounds where there is none.
    pub fn room(&self, under_way: u64) -> usize {
        let room = self.plan().map_or(u64::MAX, |plan| plan.room(self.bytes(), under_way));
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Whether commands are to be held until a snapshot is made, by a caller that takes `at_once`
    /// of them together.
    pub fn holds(&self, at_once: u64) -> bool {
        self.plan().is_some_and(|plan| plan.holds(self.bytes(), at_once))
    }

    /// No more commands are taken until a snapshot is made; true when that is new, and the thread
    /// that makes snapshots is to be told.
    pub fn hold(&self) -> bool {
        let is_new = !self.is_held.swap(true, Ordering::AcqRel);
        if is_new {
            self.hold_count.fetch_add(1, Ordering::Relaxed);
        }
        is_new
    }

    /// Commands are taken.
    pub fn let_go(&self) {
        if self.is_held() {
            self.is_held.store(false, Ordering::Release);
        }
    }

    /// Whether no commands are taken until a snapshot is made.
    pub fn is_held(&self) -> bool {
        self.is_held.load(Ordering::Acquire)
    }

    /// Whether whoever takes commands waits until those on their way are appended.
    pub fn is_tight(&self) -> bool {
        self.is_tight.load(Ordering::Relaxed)
    }

    /// Says that it waits for them.
    pub fn tighten(&self) {
        self.is_tight.store(true, Ordering::Relaxed);
    }

    /// Commands are taken.
    pub fn loosen(&self) {
        if self.is_tight() {
            self.is_tight.store(false, Ordering::Relaxed);
        }
        self.let_go();
    }

    /// A snapshot covers the log up to `covered_bytes` of [`log_bytes`](Self::log_bytes).
    pub fn made(&self, covered_bytes: u64) {
        self.covered_bytes.fetch_max(covered_bytes, Ordering::AcqRel);
        self.let_go();
    }

    /// Warns when the log has fallen behind, and again whenever that has doubled.
    pub fn warn(&self, notices: &NoticeSink) {
        let (bytes, warned) = (self.bytes(), self.warned_bytes.load(Ordering::Relaxed));
        let behind = self.plan().filter(|plan| plan.is_behind(bytes, warned));
        if let Some(wanted_bytes) = behind.and_then(|plan| plan.bytes) {
            self.warned_bytes.store(bytes, Ordering::Relaxed);
            notices.give(&Notice::SnapshotsBehind { bytes, wanted_bytes });
        }
    }

    /// No snapshot can be made though commands are held for it: the engine is to stop.
    pub fn give_up(&self, why: &str) {
        self.given_up.get_or_init(|| {
            format!(
                "the log after the newest snapshot has {} bytes, the most that --snapshot-lag-max \
                 allows, and no snapshot can be made: {why}\nevery accepted command is answered \
                 and durable; correct the cause or raise the bound, and run again",
                grouped(self.bytes())
            )
        });
    }

    /// Why the engine stops for want of a snapshot, in a sentence.
    pub fn given_up(&self) -> Option<&str> {
        self.given_up.get().map(String::as_str)
    }

    fn plan(&self) -> Option<&SnapshotPlan> {
        self.log.get().map(|log| &log.plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Keep;

    fn lag_of(behind_bytes: u64, lag_max_bytes: Option<u64>) -> SnapshotLag {
        let plan =
            SnapshotPlan { bytes: Some(100_000), interval: None, keep: Keep::All, lag_max_bytes };
        let lag = SnapshotLag::default();
        lag.follow(FollowedLog { counters: Arc::default(), behind_bytes, plan });
        lag
    }

    #[test]
    fn what_is_on_its_way_counts_as_if_each_had_blocks_of_its_own() {
        let lag = lag_of(81_920, Some(163_840));
        assert_eq!((lag.room(0), lag.room(4), lag.room(11)), (10, 6, 0));
        lag.made(40_960);
        assert_eq!((lag.bytes(), lag.room(0)), (40_960, 15));
        assert_eq!(lag.totals(), LagTotals { bytes: 40_960, bytes_max: 81_920, hold_count: 0 });
        assert!(!lag.holds(15) && lag.holds(16));
    }

    #[test]
    fn without_a_bound_there_is_room() {
        let lag = lag_of(u64::MAX / 2, None);
        assert_eq!((lag.room(1 << 40), lag.holds(u64::MAX)), (usize::MAX, false));
        let lag = SnapshotLag::default();
        assert_eq!((lag.room(0), lag.holds(1)), (usize::MAX, false), "before there is a log");
    }

    #[test]
    fn a_hold_is_new_once_and_ends_with_a_snapshot() {
        let lag = lag_of(163_840, Some(163_840));
        assert!(lag.hold() && !lag.hold() && lag.is_held());
        lag.made(163_840);
        assert!(!lag.is_held());
        assert!(lag.hold(), "it is new again");
        assert_eq!(lag.totals().hold_count, 2);
    }
}
