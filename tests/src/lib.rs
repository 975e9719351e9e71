//! Instruments of the tests: what a promise is measured with.
//!
//! The promises stand in `tests/`, one a file.

pub mod batch_writer;
pub mod comparison;
pub mod concurrent_maker;
pub mod depth_watch;
mod driver;
pub mod engine_run;
pub mod flawed_log;
pub mod from_bytes;
pub mod hooked_log;
pub mod itch_reader;
pub mod log_builder;
pub mod log_judge;
pub mod maker;
pub mod naive_book;
pub mod oracle;
pub mod ouch_reader;
pub mod random;
pub mod sim_disk;
pub mod sim_log;
pub mod sim_snapshots;
pub mod snapshot_judge;
pub mod snapshots;
pub mod start_point;
pub mod tally;
pub mod trial;
pub mod version_two;
pub mod wire;
pub mod workload;
