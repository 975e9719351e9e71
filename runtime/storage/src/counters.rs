//! Counters of what is done to the files of a log, for any thread to read.

use super::sync_times::SyncTimes;
use highwater_platform::latency::Quantiles;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that only grow. Each has one writer at a time: the thread that appends, the one that
/// syncs, or the one that prepares segments.
#[derive(Debug, Default)]
pub struct LogCounters {
    append_count: AtomicU64,
    appended_bytes: AtomicU64,
    write_count: AtomicU64,
    sync_count: AtomicU64,
    sync_ns_total: AtomicU64,
    sync_ns_max: AtomicU64,
    sync_times: SyncTimes,
    begin_count: AtomicU64,
    spare_wait_count: AtomicU64,
    spare_wait_ns_total: AtomicU64,
    prepared_count: AtomicU64,
    reused_count: AtomicU64,
    zeroed_bytes: AtomicU64,
}

/// What the counters said at one moment; each is right, but they may be some nanoseconds apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogTotals {
    /// Appends handed to the system.
    pub append_count: u64,
    /// Bytes in them; whole blocks, segment headers left out.
    pub appended_bytes: u64,
    /// Writes of blocks and headers.
    pub write_count: u64,
    /// Syncs that succeeded.
    pub sync_count: u64,
    /// Time that they took together, in nanoseconds.
    pub sync_ns_total: u64,
    /// The longest of them, in nanoseconds.
    pub sync_ns_max: u64,
    /// Segments begun.
    pub begin_count: u64,
    /// How often the next segment was not ready when the one before was full.
    pub spare_wait_count: u64,
    /// Time that the log writer waited then, in nanoseconds.
    pub spare_wait_ns_total: u64,
    /// Segments prepared ahead.
    pub prepared_count: u64,
    /// How many of them were made of retired ones.
    pub reused_count: u64,
    /// Bytes of zeros written to prepare them.
    pub zeroed_bytes: u64,
}

impl LogCounters {
    /// What was counted so far.
    pub fn totals(&self) -> LogTotals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        LogTotals {
            append_count: read(&self.append_count),
            appended_bytes: read(&self.appended_bytes),
            write_count: read(&self.write_count),
            sync_count: read(&self.sync_count),
            sync_ns_total: read(&self.sync_ns_total),
            sync_ns_max: read(&self.sync_ns_max),
            begin_count: read(&self.begin_count),
            spare_wait_count: read(&self.spare_wait_count),
            spare_wait_ns_total: read(&self.spare_wait_ns_total),
            prepared_count: read(&self.prepared_count),
            reused_count: read(&self.reused_count),
            zeroed_bytes: read(&self.zeroed_bytes),
        }
    }

    /// Bytes of all appends so far, like [`LogTotals::appended_bytes`].
    pub fn appended_bytes(&self) -> u64 {
        self.appended_bytes.load(Ordering::Relaxed)
    }

    /// How long syncs took so far; at most an eighth too long each. `None` before the first.
    pub fn sync_quantiles(&self) -> Option<Quantiles> {
        self.sync_times.quantiles(self.sync_ns_max.load(Ordering::Relaxed))
    }

    /// How many syncs took at most each of `bounds_ns`, which grow, and longer than the one before;
    /// a sync that is an eighth shorter than a bound may be counted above it.
    pub fn sync_classes<const N: usize>(&self, bounds_ns: &[u64; N]) -> [u64; N] {
        self.sync_times.classes(bounds_ns)
    }

    /// Counts an append of `bytes` bytes.
    pub(super) fn appended(&self, bytes: usize) {
        add(&self.append_count, 1);
        add(&self.write_count, 1);
        add(&self.appended_bytes, bytes as u64);
    }

    /// Counts a sync that took `ns` nanoseconds.
    pub(super) fn synced(&self, ns: u64) {
        add(&self.sync_count, 1);
        add(&self.sync_ns_total, ns);
        self.sync_ns_max.fetch_max(ns, Ordering::Relaxed);
        self.sync_times.count(ns);
    }

    /// Counts a segment, and its header.
    pub(super) fn begun(&self) {
        add(&self.begin_count, 1);
        add(&self.write_count, 1);
    }

    /// Counts that the log writer waited `ns` nanoseconds for a segment.
    pub(super) fn waited(&self, ns: u64) {
        add(&self.spare_wait_count, 1);
        add(&self.spare_wait_ns_total, ns);
    }

    /// Counts a segment of `bytes` bytes that was prepared.
    pub(super) fn prepared(&self, bytes: u64) {
        add(&self.prepared_count, 1);
        add(&self.zeroed_bytes, bytes);
    }

    /// Counts a retired segment that a new one is made of.
    pub(super) fn reused(&self) {
        add(&self.reused_count, 1);
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}
