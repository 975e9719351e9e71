//! `highwater serve`: clients trade, are killed under, send garbage, and lose nothing.
#![cfg(target_os = "linux")]

#[path = "../common/calls.rs"]
pub mod calls;
mod faults;
mod feed;
mod files;
mod logins;
mod messages;
mod operator;
mod orders;
mod page;
#[path = "../common/power.rs"]
pub mod power;
mod power_cut;
#[path = "../common/program.rs"]
pub mod program;
mod real_flows;
mod resume;
#[path = "../common/sectors.rs"]
pub mod sectors;
#[path = "../common/shared.rs"]
pub mod shared;
#[cfg(feature = "tls")]
mod tls;
#[path = "../common/trace.rs"]
pub mod trace;
mod venue;
