//! Snapshots beside the engine: who makes them, when, and what becomes of the log below them.
//!
//! A background reader replays the durable log into a second book and writes that out. The
//! sequencer knows nothing of it and never pauses; every snapshot checks on the way that replay
//! comes to the running hashes that the engine logged.

mod followed_book;
mod maker;
mod pace;
mod requests;
mod retention;
mod settle;
mod thread;

pub use followed_book::{Audience, FollowedBook, Waited};
pub use maker::{Made, SnapshotMaker, SnapshotTrouble};
pub use requests::{SnapshotCounters, SnapshotRequests, SnapshotTotals};
pub use retention::Kept;
pub use retention::held_by;
pub use settle::SettleOutputs;
pub use thread::SnapshotThread;
