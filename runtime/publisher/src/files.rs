//! The streams in files: an ITCH file for each day with a sidecar, a file for each session and day,
//! and checkpoints from which they are continued.
//!
//! ```text
//! FILE                     the ITCH file of the first day; FILE.2, FILE.3 of the next
//! FILE.positions           the sidecar: what ends where, and checksums
//! FILE.checkpoint          the state at some sequence; FILE.checkpoint-old the one before
//! DIR/day-1/session-7.ouch the answers to session 7 on the first day
//! DIR/day-1/sessions.csv   when the day is over: its sessions, messages, bytes, checksums
//! ```
//!
//! Everything here follows from the log, so nothing needs to be synced but for a checkpoint: before
//! it is written, what it stands behind is made durable. Long files are synced early, next to the
//! walk, so that the checkpoint waits less. Where files and checkpoints are not as they
//! should be, they are made again, up to the same bytes.

mod append_file;
mod appended;
mod checkpoint;
mod early_sync;
mod error;
mod feed_files;
mod live;
mod pending;
mod publication;
mod publishing;
mod session_files;
mod sidecar;

pub use appended::Appended;
pub use error::FilesError;
pub use live::StreamFile;
pub use pending::{PendingCheckpoint, WrittenCheckpoint};
pub use publication::{Begun, Publication, Source, Targets, Trust};
pub use publishing::{Published, Publishing, Until};
