//! A data directory: the segment files of one log, behind the core's
//! [`LogFile`](highwater::log_file::LogFile).
//!
//! It holds a file `lock`, segments named `<number, 16 digits>.log` or, packed, `.packed`, files
//! named `.packing` that are becoming packed ones, `.spare` ones that are becoming segments,
//! `.retired` ones that wait to, and nothing else of this module's. The last segment may be
//! prepared and not begun: all zeros. What is written where and when is the core's decision; what
//! is done here is to make each step safe against a crash in its middle, and to never touch a file
//! again after a write or sync failed.

#![forbid(unsafe_code)]

mod aligned;
mod consumers;
mod copying;
mod counters;
mod directory;
mod error;
mod history;
pub mod history_cache;
mod layout;
mod leftovers;
mod locks;
mod open;
mod options;
mod packed;
mod packing;
mod pieces;
mod preparation;
mod probes;
mod retired;
mod spares;
mod sync_times;
mod syncer;
mod writer;

pub use aligned::Aligned;
pub use consumers::{Consumer, ConsumerKind, Consumers, ConsumersError};
pub use copying::{Copier, Unreadable, segment_files};
pub use counters::{LogCounters, LogTotals};
pub use directory::{LZ4, LogDirectory, Removal, SnapshotError, SnapshotFile};
pub use error::{OpenError, explain_fault};
pub use layout::{is_log_name, looks_like_log};
pub use leftovers::{Leftovers, RenamedSegment};
pub use locks::Lease;
pub use options::{IoChoice, LogOptions, SpareFault};
pub use packed::{DamageSign, PackedDamage, packed_damage};
pub use packing::{PackFault, PackedReport, Packing, PackingStep, pack_segment};
pub use probes::{ProbeDirectory, ProbeFile};

pub use syncer::LogSyncer;
