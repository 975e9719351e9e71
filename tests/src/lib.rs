//! Instruments of the tests: what a promise is measured with.
//!
//! The promises stand in `tests/`, one a file.

pub mod beginning;
pub mod beside;
pub mod comparison;
mod driver;
pub mod flawed_log;
pub mod forge;
pub mod from_bytes;
pub mod hooked_log;
pub mod life;
pub mod log_judge;
pub mod maker;
pub mod naive_book;
pub mod oracle;
pub mod random;
pub mod scribe;
pub mod sim_disk;
pub mod sim_log;
pub mod sim_snapshots;
pub mod snapshot_judge;
pub mod snapshots;
pub mod tally;
pub mod trial;
pub mod workload;
