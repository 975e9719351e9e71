//! The files that a run writes besides its log: fills, events and acknowledgements.
//!
//! Each of them takes the place of what had its name before when recovery is over: a run that is
//! refused leaves all of them as they were. Until then they stand beside it, under names that
//! nobody else has. None decides anything: they are told what has been released. Whatever is
//! buffered reaches its file by an explicit flush, never by dropping.

mod acks;
mod durable;
mod error;
mod events;
mod fills;
pub mod partial;
pub mod text_file;

pub use acks::AcksWriter;
pub use durable::{DurableFile, OutputSync, RegisteredOutputs, SharedOutputs};
pub use error::OutputError;
pub use events::EventsWriter;
pub use fills::{FillsWriter, reaches};
pub use text_file::TextFile;
