//! What the host asks of an operating system, and how its threads wait: files and memory behind
//! [`Platform`], clocks, idling, wake-ups and signals.
//!
//! An OS runtime implements [`Platform`]; nothing in here makes a system call of its own beyond the
//! standard library's.

#![forbid(unsafe_code)]

mod atomic;
mod file_system;
mod findings;
pub mod idle;
pub mod latency;
mod manager;
mod memory;
mod platform;
mod segment_file;
pub mod signals;
mod threads;
pub mod wakeup;

pub use file_system::{FileSystem, IoMode, Keeper, ProbeAccess, Sharing};
pub use findings::{Finding, Needs, Verdict};
pub use manager::ServiceState;
pub use memory::{Granted, HostMemory, MemoryWishes};
pub use platform::Platform;
pub use segment_file::SegmentFile;
pub use threads::{Pinning, Share, ThreadRole};
