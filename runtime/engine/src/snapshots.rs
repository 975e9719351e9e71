//! Snapshots beside the engine: who makes them, when, and what becomes of the log below them.
//!
//! A background reader replays the durable log into a second book and writes that out. The
//! sequencer knows nothing of it and never pauses; every snapshot checks on the way that replay
//! comes to the running hashes that the engine logged.

mod lag;
mod maker;
mod restore;
mod retention;
mod settle;
mod thread;

pub use lag::{FollowedLog, LagTotals, SnapshotLag};
pub use maker::{Made, SnapshotMaker, SnapshotTrouble};
pub use restore::{Beginning, Candidates};
pub use retention::held_by;
pub use retention::{Keep, Kept};
pub use settle::SettleOutputs;
pub use thread::{
    SnapshotCounters, SnapshotPlan, SnapshotRequests, SnapshotThread, SnapshotTotals,
};
