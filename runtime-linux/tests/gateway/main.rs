//! `highwater serve`: clients trade, are killed under, send garbage, and lose nothing.
#![cfg(target_os = "linux")]

mod faults;
mod feed;
mod files;
mod logins;
mod messages;
mod operator;
mod orders;
mod page;
mod real_flows;
mod resume;
#[path = "../common/shared.rs"]
pub mod shared;
#[cfg(feature = "tls")]
mod tls;
mod venue;
