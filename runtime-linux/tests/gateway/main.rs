//! `highwater serve`: clients trade, are killed under, send garbage, and lose nothing.
#![cfg(target_os = "linux")]

mod faults;
mod feed;
mod files;
mod logins;
mod orders;
mod resume;
mod venue;
