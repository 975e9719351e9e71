//! The engine as threads: its configuration, its start and recovery, its stages, its snapshots.
//!
//! Decisions are the core's. What is in here opens the log, recovers the book in memory that is
//! large enough, and steps each stage on a thread of its own.

#![forbid(unsafe_code)]

pub mod candidates;
pub mod config;
pub mod context;
pub mod decimals;
pub mod error;
pub mod expiry_clock;
pub mod figures;
pub mod fills;
pub mod fresh_book;
pub mod lag;
pub mod notices;
pub mod ports;
pub mod replay;
pub mod runner;
pub mod snapshots;
pub mod start;
pub mod text;
pub mod threads;
