//! Packets and requests as they were received.

use super::{END_OF_SESSION, HEADER_BYTES, Header, LENGTH_BYTES, Session};
use crate::error::CodecError;
use crate::field::Field;

/// A packet whose blocks fill it exactly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Packet<'a> {
    header: Header,
    blocks: &'a [u8],
}

/// What a packet is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Content {
    /// It has so many messages, 1 at least.
    Messages(u16),
    /// The sender is there, and the next message has the packet's number.
    Heartbeat,
    /// The session has ended; its last message had the number before the packet's.
    EndOfSession,
}

impl<'a> Packet<'a> {
    /// The packet that a datagram is, all of it.
    ///
    /// # Errors
    ///
    /// [`CodecError::TooShort`] and [`CodecError::TooLong`] when the blocks do not fill it exactly;
    /// [`CodecError::BadValue`] for numbers beyond 64 bits.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let header = read_header(bytes)?;
        let blocks = bytes.get(HEADER_BYTES..).unwrap_or_default();
        let packet = Self { header, blocks };
        let count = packet.message_count();
        let mut inside = Blocks { rest: blocks, count, sequence_number: header.sequence_number };
        for _ in 0..count {
            if inside.next().is_none() {
                let there = bytes.len() - inside.rest.len();
                let length = u16::read(inside.rest).map_or(0, usize::from);
                return Err(CodecError::TooShort { needed: there + LENGTH_BYTES + length });
            }
        }
        if inside.rest.is_empty() {
            Ok(packet)
        } else {
            Err(CodecError::TooLong { most: bytes.len() - inside.rest.len() })
        }
    }

    /// The session.
    pub const fn session(&self) -> Session {
        self.header.session
    }

    /// The number of the first message, or of the next where there is none.
    pub const fn sequence_number(&self) -> u64 {
        self.header.sequence_number
    }

    /// The number behind the packet's messages: the first of the packet that is to follow.
    pub const fn next_sequence_number(&self) -> u64 {
        // It was checked to be within 64 bits.
        self.header.sequence_number.saturating_add(widened(self.message_count()))
    }

    /// What the packet is for.
    pub const fn content(&self) -> Content {
        match self.header.count {
            0 => Content::Heartbeat,
            END_OF_SESSION => Content::EndOfSession,
            count => Content::Messages(count),
        }
    }

    /// The messages with their numbers.
    pub const fn messages(&self) -> Blocks<'a> {
        let (rest, count) = (self.blocks, self.message_count());
        Blocks { rest, count, sequence_number: self.header.sequence_number }
    }

    /// How many messages there are.
    const fn message_count(&self) -> u16 {
        if self.header.count == END_OF_SESSION { 0 } else { self.header.count }
    }

    /// Bytes that it takes.
    pub const fn length(&self) -> usize {
        HEADER_BYTES + self.blocks.len()
    }

    /// Writes the packet to the beginning of `out`, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`].
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        let needed = self.length();
        let write = |out: &mut [u8]| {
            self.header.write(out)?;
            out.get_mut(HEADER_BYTES..)?.copy_from_slice(self.blocks);
            Some(needed)
        };
        out.get_mut(..needed).and_then(write).ok_or(CodecError::NoRoom { needed })
    }
}

/// The messages of a packet, each with its number.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    rest: &'a [u8],
    count: u16,
    sequence_number: u64,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<(u64, &'a [u8])> {
        let count = self.count.checked_sub(1)?;
        let length = u16::read(self.rest).map(usize::from)?;
        let (message, rest) = self.rest.get(LENGTH_BYTES..)?.split_at_checked(length)?;
        let number = self.sequence_number;
        (self.rest, self.count) = (rest, count);
        self.sequence_number = number.saturating_add(1);
        Some((number, message))
    }
}

/// A client asks for messages again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// The session.
    pub session: Session,
    /// The number of the first message that is asked for.
    pub sequence_number: u64,
    /// How many are asked for. The answer may have fewer.
    pub count: u16,
}

impl Request {
    /// The request that a datagram is, all of it.
    ///
    /// # Errors
    ///
    /// [`CodecError::TooShort`] and [`CodecError::TooLong`] unless it has 20 bytes;
    /// [`CodecError::BadValue`] for numbers beyond 64 bits.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        let Header { session, sequence_number, count } = read_header(bytes)?;
        if bytes.len() > HEADER_BYTES {
            return Err(CodecError::TooLong { most: HEADER_BYTES });
        }
        Ok(Self { session, sequence_number, count })
    }

    /// Writes the request to the beginning of `out`, and says how many bytes it took: 20.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`].
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        let Self { session, sequence_number, count } = *self;
        let header = Header { session, sequence_number, count };
        header.write(out).map(|()| HEADER_BYTES).ok_or(CodecError::NoRoom { needed: HEADER_BYTES })
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, CodecError> {
    let header = Header::read(bytes).ok_or(CodecError::TooShort { needed: HEADER_BYTES })?;
    match header.sequence_number.checked_add(widened(header.count)) {
        Some(_) => Ok(header),
        None => Err(CodecError::BadValue { field: "sequence_number" }),
    }
}

#[expect(clippy::as_conversions, reason = "from() is not const; 16 bits fit")]
const fn widened(count: u16) -> u64 {
    count as u64
}
