//! MoldUDP64 1.00: numbered messages in datagrams, and requests for those that were lost.
//!
//! A packet is a [`Header`] of 20 bytes and blocks, each a length in 2 bytes and a message. The
//! header's number is that of the first message; without one it is the next message's.
//!
//! ```
//! use highwater_protocols::mold::{PACKET_BYTES_MAX, Packet, PacketBuilder, Session};
//!
//! let session = Session::new(b"DAY1").expect("at most 10 characters");
//! let mut room = [0; PACKET_BYTES_MAX];
//! let mut builder = PacketBuilder::new(&mut room, session, 8)?;
//! builder.push(b"eight")?;
//! builder.push(b"nine")?;
//!
//! let packet = Packet::parse(builder.packet())?;
//! let messages: Vec<(u64, &[u8])> = packet.messages().collect();
//! assert_eq!(messages, [(8, &b"eight"[..]), (9, b"nine")]);
//! # Ok::<(), highwater_protocols::CodecError>(())
//! ```

mod builder;
mod packet;

pub use builder::{PacketBuilder, write_end_of_session};
pub use packet::{Blocks, Content, Packet, Request};

use crate::alpha::Alpha;
use crate::field::{Field, put};
use core::fmt;

/// Bytes of the header, and of a request.
pub const HEADER_BYTES: usize = 20;

/// Bytes before each message.
pub const LENGTH_BYTES: usize = 2;

/// Bytes of a packet that a network with the usual limits takes whole.
pub const PACKET_BYTES_MAX: usize = 1_400;

/// The count that says that the session has ended.
pub const END_OF_SESSION: u16 = 0xFFFF;

/// The session of a stream.
///
/// It should be text; but it is only compared and sent back, so any ten bytes are taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Session(pub [u8; 10]);

impl Session {
    /// `name` and spaces behind it; `None` when it is longer than 10 characters, or has some that
    /// are not printable ASCII.
    pub fn new(name: &[u8]) -> Option<Self> {
        Alpha::<10>::new(name).map(|name| Self(*name.as_bytes()))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Field for Session {
    const BYTES: usize = 10;

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().map(|bytes| Self(*bytes))
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        put(self.0, out)
    }
}

/// What a packet or a request begins with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Header {
    /// The session.
    pub session: Session,
    /// The number of the first message, or of the next where there is none.
    pub sequence_number: u64,
    /// How many messages there are, or are asked for; 0 in a heartbeat, [`END_OF_SESSION`] at the
    /// end.
    pub count: u16,
}

impl Field for Header {
    const BYTES: usize = HEADER_BYTES;

    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            session: Session::read(bytes)?,
            sequence_number: u64::read(bytes.get(10..)?)?,
            count: u16::read(bytes.get(18..)?)?,
        })
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        self.session.write(out)?;
        self.sequence_number.write(out.get_mut(10..)?)?;
        self.count.write(out.get_mut(18..)?)
    }
}
