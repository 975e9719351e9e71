//! When snapshots are made, and what becomes of the log below them.

use std::time::Duration;

/// When snapshots are made, and what becomes of the log below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotPlan {
    /// Behind this many bytes of log; `None` for never.
    pub bytes: Option<u64>,
    /// When this much time has passed and something has come; `None` for never.
    pub interval: Option<Duration>,
    /// What becomes of the segments below.
    pub keep: Keep,
    /// No command is taken while about so many bytes of log stand behind the newest snapshot;
    /// `None` for no bound.
    pub lag_max_bytes: Option<u64>,
}

/// What becomes of the segments below a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// They are kept, compressed.
    #[default]
    All,
    /// Those that no kept snapshot needs are retired: the history before is gone.
    Snapshot,
}
