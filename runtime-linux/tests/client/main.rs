//! The commands that connect to a venue do what they say: scripts in and lines out, through crashes
//! of the venue, and a load whose counts are the venue's.
#![cfg(target_os = "linux")]

#[path = "../common/program.rs"]
pub mod program;

mod loads;
mod lost;
mod proxy;
mod scripts;
mod venue;
