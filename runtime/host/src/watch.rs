//! A look at a host from other threads: what is counted, how long syncs took, the book.

use super::HostEngine;
use super::common::Common;
use super::errors::SessionEnd;
use super::questions::Questions;
use super::statistics::HostStatistics;
use highwater_engine::snapshots::SnapshotRequests;
use highwater_platform::Platform;

/// A look at a host, from any thread, also behind its end.
#[derive(Debug)]
pub struct HostWatch<P: Platform> {
    pub(super) common: &'static Common<P>,
    pub(super) engine: &'static HostEngine,
    pub(super) snapshots: SnapshotRequests,
}

impl<P: Platform> Clone for HostWatch<P> {
    fn clone(&self) -> Self {
        let Self { common, engine, snapshots } = self;
        Self { common, engine, snapshots: snapshots.clone() }
    }
}

impl<P: Platform> HostWatch<P> {
    /// What is counted, now.
    pub fn statistics(&self) -> HostStatistics {
        HostStatistics {
            snapshots: self.snapshots.totals(),
            questions_at: self.snapshots.book().sequence(),
            ..HostStatistics::of(self.common, self.engine.occupancy())
        }
    }

    /// How many syncs took at most each of `bounds_ns`, which grow, and longer than the one before.
    pub fn sync_classes<const N: usize>(&self, bounds_ns: &[u64; N]) -> [u64; N] {
        self.common.counters.get().map_or([0; N], |counters| counters.sync_classes(bounds_ns))
    }

    /// Why the host has ended; `None` while it runs.
    pub fn end(&self) -> Option<SessionEnd> {
        self.common.end()
    }

    /// The book that answers questions, like [`Host::questions`](super::Host::questions).
    pub fn questions(&self) -> Option<Questions<P>> {
        let book = self.snapshots.book();
        book.is_asked().then(|| Questions::new(self.common, book.clone()))
    }
}
