//! Highwater's host: everything around the core that is the same on every operating system.
//!
//! An OS runtime hands its [`platform::Platform`] over; nothing in here makes a system call of its
//! own beyond the standard library's.

#![forbid(unsafe_code)]

mod atomic;
pub mod auction;
pub mod backup;
pub mod bell;
pub mod bench;
pub mod book;
pub mod cli;
pub mod config;
pub mod conform;
pub mod console;
pub mod consumers;
pub mod diff;
pub mod disk;
pub mod dump;
pub mod feed;
pub mod flow;
pub mod gateway;
pub mod generate;
mod gzip;
pub mod history_cache;
pub mod host;
pub mod idle;
pub mod inspect;
pub mod intake;
pub mod latency;
pub mod log_directory;
pub mod outputs;
mod paths;
pub mod platform;
pub mod progress;
pub mod random;
pub mod replay;
pub mod run;
pub mod signals;
pub mod snapshots;
pub mod stages;
pub mod start;
pub mod stream;
pub mod summary;
pub mod tally;
mod text;
pub mod told;
pub mod truncate;
pub mod verify;
