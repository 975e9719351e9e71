//! Codecs for the protocols that Nasdaq's markets speak: SoupBinTCP, OUCH 5.0, ITCH 5.0, MoldUDP64
//! and GLIMPSE.
//!
//! Bytes become values, and values become bytes. There is no socket, no file, no clock, no
//! allocation and no session here: whoever has the bytes calls these functions.
//!
//! ```
//! use highwater_protocols::Message;
//! use highwater_protocols::ouch::{self, Inbound};
//!
//! let bytes = [b'X', 0, 0, 0, 7, 0, 0, 0, 0];
//! let Inbound::CancelOrder(cancel) = Inbound::parse(&bytes)? else { unreachable!() };
//! assert_eq!((cancel.user_ref_num, cancel.quantity), (7, 0));
//!
//! let mut out = [0; ouch::MESSAGE_BYTES_MAX];
//! let length = cancel.emit(&mut out)?;
//! assert_eq!(out[..length], bytes);
//! # Ok::<(), highwater_protocols::CodecError>(())
//! ```
//!
//! Each message has two layers. A [`View`] checks type and length once and reads single fields; it
//! can still say which order a message is about when another field is wrong. The value, like
//! [`itch::AddOrder`], is valid by construction: whatever can be written in its type can be sent.
//!
//! What decodes is encoded to the same bytes again. The one exception is numbers in ASCII digits
//! (of SoupBinTCP and GLIMPSE), whose padding may differ.
//!
//! | protocol | module |
//! |---|---|
//! | SoupBinTCP 3.00 and 4.x | [`soup`] |
//! | OUCH 5.0 | [`ouch`] |
//! | ITCH 5.0, and its files | [`itch`] |
//! | MoldUDP64 1.00 | [`mold`] |
//! | GLIMPSE 5.0 | [`glimpse`] |
//!
//! No lengths are taken on trust: any bytes give a value or a [`CodecError`], never a panic.

#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::float_arithmetic
)]

#[cfg(test)]
extern crate alloc;

mod alpha;
mod block;
mod code;
mod error;
mod field;
mod message;
mod price;
mod time;

pub mod glimpse;
pub mod itch;
pub mod mold;
pub mod ouch;
pub mod soup;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use alpha::{Alpha, AsciiNumber};
pub use code::{Code, Open, YesNo};
pub use error::{AppendageError, CodecError};
pub use field::Field;
pub use message::{Message, View};
pub use price::{Price4, Price8, SignedPrice4, WidePrice4};
pub use time::{Seconds, Time48, Time64};
