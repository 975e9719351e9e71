//! The publisher: a log as streams of messages, an ITCH feed for all and OUCH answers for each
//! session.
//!
//! Every byte follows from the records of the log: the same log gives the same streams, whenever
//! and however often they are made. There is no clock here, no connection, and no setting that
//! changes a message. `docs/protocols.md` says which message each event becomes.
//!
//! - [`Publisher`] takes each record and the events that follow from it, and leaves messages in its
//!   [`Feed`] and [`Answers`]. It does no I/O.
//! - [`files`] keeps these streams in files, with checkpoints from which they are continued.

#![forbid(unsafe_code)]

mod answers;
mod client_fields;
mod day;
mod fault;
mod feed;
pub mod files;
mod framed;
mod image;
mod instruments;
pub mod notes;
mod open_orders;
mod publisher;

pub use answers::{Answers, Stream};
pub use client_fields::ClientFields;
pub use fault::{Protocol, PublishFault, Unfit};
pub use feed::Feed;
pub use image::ImageFault;
pub use instruments::Instrument;
pub use publisher::{Auctions, DayState, Publisher};
