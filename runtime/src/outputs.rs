//! The files that a run writes besides its log: fills, events and acknowledgements.
//!
//! Each of them is created, or emptied, when it is opened. None decides anything: they are told what
//! has been released. Whatever is buffered reaches its file by an explicit flush, never by dropping.

mod acks;
mod error;
mod events;
mod fills;
mod text_file;

pub use acks::AcksWriter;
pub use error::OutputError;
pub use events::EventsWriter;
pub use fills::{FILLS_HEADER, FillsWriter};
pub(crate) use text_file::TextFile;
