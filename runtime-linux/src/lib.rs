//! Highwater on Linux: one system call a method, everything else is in `runtime`.

#![deny(unsafe_code)]
#![cfg(target_os = "linux")]

mod directory;
mod machine;
mod manager;
mod memory;
mod segment_file;
mod signals;
mod system;
mod threads;

pub use directory::DirectoryLock;
pub use segment_file::Segment;
pub use system::Linux;
