//! What the host asks of an operating system, and how its threads wait: files and memory behind
//! [`Platform`], clocks, idling, wake-ups and signals.
//!
//! An OS runtime implements [`Platform`]; nothing in here makes a system call of its own beyond the
//! standard library's.

#![forbid(unsafe_code)]

mod atomic;
pub mod idle;
pub mod latency;
mod platform;
pub mod signals;
pub mod wakeup;

pub use platform::{
    FileSystem, Granted, HostMemory, IoMode, Keeper, MemoryWishes, Pinning, Platform, ProbeAccess,
    SegmentFile, Sharing, ThreadRole,
};
