//! The Arrow C data interface: events and commands as record batches, and batches as commands.
//!
//! Source: arrow.apache.org, The Arrow C data interface, The Arrow C stream interface, The Arrow
//! `PyCapsule` Interface.

mod columns;
mod export;
mod import;
mod layout;
mod stream;

pub(crate) use columns::{Batch, command_batch, event_batch};
pub(crate) use export::{array_capsule, schema_capsule};
pub(crate) use import::commands_of;
pub(crate) use stream::{Batches, stream_capsule};
