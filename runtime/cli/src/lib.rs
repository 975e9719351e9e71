//! The program `highwater`: its settings, and one file for each command.
//!
//! An OS runtime hands its [`Platform`](highwater_platform::Platform) over to [`cli::main`].

#![forbid(unsafe_code)]

pub mod admin;
pub mod backup;
pub mod book;
mod catch_up;
pub mod choices;
pub mod cli;
pub mod client;
pub mod config;
pub mod consumers;
pub mod diff;
pub mod doctor;
pub mod dump;
pub mod generate;
pub mod inspect;
pub mod load;
pub mod password;
pub mod publish;
pub mod run;
pub mod serve;
pub mod settings;
pub mod snapshot;
pub mod soup_client;
pub mod summary;
pub mod tls_args;
#[cfg(feature = "monitor")]
pub mod top;
pub mod truncate;
pub mod units;
pub mod verify;
