//! Counters of what the log writer did to its files, for any thread to read.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters with one writer, the thread that appends.
#[derive(Debug, Default)]
pub struct LogCounters {
    append_count: AtomicU64,
    appended_bytes: AtomicU64,
    sync_count: AtomicU64,
    sync_ns_total: AtomicU64,
    sync_ns_max: AtomicU64,
    begin_count: AtomicU64,
}

/// What the counters said at one moment; each is right, but they may be some nanoseconds apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogTotals {
    /// Appends handed to the system.
    pub append_count: u64,
    /// Bytes in them; whole blocks, segment headers left out.
    pub appended_bytes: u64,
    /// Syncs that succeeded.
    pub sync_count: u64,
    /// Time that they took together, in nanoseconds.
    pub sync_ns_total: u64,
    /// The longest of them, in nanoseconds.
    pub sync_ns_max: u64,
    /// Segments begun.
    pub begin_count: u64,
}

impl LogCounters {
    /// What was counted so far.
    pub fn totals(&self) -> LogTotals {
        LogTotals {
            append_count: self.append_count.load(Ordering::Relaxed),
            appended_bytes: self.appended_bytes.load(Ordering::Relaxed),
            sync_count: self.sync_count.load(Ordering::Relaxed),
            sync_ns_total: self.sync_ns_total.load(Ordering::Relaxed),
            sync_ns_max: self.sync_ns_max.load(Ordering::Relaxed),
            begin_count: self.begin_count.load(Ordering::Relaxed),
        }
    }

    /// Counts an append of `bytes` bytes.
    pub(super) fn appended(&self, bytes: usize) {
        self.append_count.fetch_add(1, Ordering::Relaxed);
        self.appended_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Counts a sync that took `ns` nanoseconds.
    pub(super) fn synced(&self, ns: u64) {
        self.sync_count.fetch_add(1, Ordering::Relaxed);
        self.sync_ns_total.fetch_add(ns, Ordering::Relaxed);
        self.sync_ns_max.fetch_max(ns, Ordering::Relaxed);
    }

    /// Counts a segment.
    pub(super) fn begun(&self) {
        self.begin_count.fetch_add(1, Ordering::Relaxed);
    }
}
