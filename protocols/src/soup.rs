//! SoupBinTCP 3.00 and 4.x: a numbered stream of messages from a server, and messages to it, over
//! one connection.
//!
//! A packet is a length in 2 bytes, which counts what follows, a type and a body. A
//! [`ServerPacket`] comes from the server, a [`ClientPacket`] from the client; each side takes the
//! other's packets only. [`Packets`] takes whole packets from the beginning of what was received
//! and leaves the rest.
//!
//! The number of a sequenced message is not sent: it is 1 above that of the one before, and the
//! first is the one that [`LoginAccepted`] says. Time-outs and sessions are not here.
//!
//! ```
//! use highwater_protocols::soup::{BODY_BYTES_MAX, Packet, Packets, ServerPacket};
//!
//! // Two packets, and the first byte of a third.
//! let mut packets = Packets::<ServerPacket<'_>>::new(b"\0\x03SHi\0\x01H\0", BODY_BYTES_MAX);
//! assert_eq!(packets.next(), Some(Ok(ServerPacket::SequencedData(b"Hi"))));
//! assert_eq!(packets.next(), Some(Ok(ServerPacket::Heartbeat)));
//! assert_eq!(packets.next(), None);
//! assert_eq!(packets.consumed_bytes(), 8);
//! assert_eq!(packets.needed_bytes(), 3);
//!
//! let mut out = [0; 16];
//! assert_eq!(ServerPacket::SequencedData(b"Hi").emit(&mut out), Ok(5));
//! ```

mod client;
mod frame;
mod login;
mod server;

pub use client::ClientPacket;
pub use frame::{BODY_BYTES_MAX, Frame, HEADER_BYTES, LENGTH_BYTES, Packet, Packets};
pub use login::{LoginAccepted, LoginRejected, LoginRequest, Password, RejectCode};
pub use server::ServerPacket;
