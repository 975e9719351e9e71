//! Snapshots, decided: which one a walk along a log begins at, when the next one is made, and what
//! becomes of the log below them.
//!
//! Nothing in here reads a file or a clock. The host lists what there is, and says how much has
//! grown and what time it is; it is told what to do next, and does it.

mod choice;
mod due;
mod retention;

pub use choice::{AfterFault, Choice, SnapshotChoice, SnapshotRefusal, Wanted};
pub use due::{COMMAND_BYTES_MAX, Commands, SnapshotDue, SnapshotPlan};
pub use retention::{Anchor, Clearing, Keep, Left, Need, Retention, Treatment};
