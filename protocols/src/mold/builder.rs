//! Packets as they are filled.

use super::{END_OF_SESSION, HEADER_BYTES, Header, LENGTH_BYTES, Request, Session};
use crate::error::CodecError;
use crate::field::Field;

/// A packet that messages are put into, as many as fit.
///
/// Without a message it is a heartbeat.
#[derive(Debug)]
pub struct PacketBuilder<'a> {
    out: &'a mut [u8],
    header: Header,
    length: usize,
}

impl<'a> PacketBuilder<'a> {
    /// A packet in `out`, whose length is the bound of the packet's:
    /// [`PACKET_BYTES_MAX`](super::PACKET_BYTES_MAX) is usual. Its first message will have the
    /// number `sequence_number`.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`] when `out` has no room for the header.
    pub fn new(
        out: &'a mut [u8],
        session: Session,
        sequence_number: u64,
    ) -> Result<Self, CodecError> {
        let header = Header { session, sequence_number, count: 0 };
        header.write(out).ok_or(CodecError::NoRoom { needed: HEADER_BYTES })?;
        Ok(Self { out, header, length: HEADER_BYTES })
    }

    /// Puts a message behind the others.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`] when it does not fit any more, or the packet has as many messages as
    /// one can have: it belongs in the next packet. [`CodecError::TooLong`] when it would not fit
    /// an empty packet of this bound either. [`CodecError::BadValue`] when its number would be
    /// beyond 64 bits. The packet is as before then.
    pub fn push(&mut self, message: &[u8]) -> Result<(), CodecError> {
        let empty = self.out.len() - HEADER_BYTES;
        let most = empty.saturating_sub(LENGTH_BYTES).min(usize::from(u16::MAX));
        if message.len() > most {
            return Err(CodecError::TooLong { most });
        }
        let count = self.header.count + 1;
        if self.header.sequence_number.checked_add(count.into()).is_none() {
            return Err(CodecError::BadValue { field: "sequence_number" });
        }
        let needed = self.length + LENGTH_BYTES + message.len();
        if count == END_OF_SESSION {
            return Err(CodecError::NoRoom { needed });
        }
        let place = self.out.get_mut(self.length..).ok_or(CodecError::NoRoom { needed })?;
        let taken =
            crate::block::write(message, place).map_err(|_| CodecError::NoRoom { needed })?;
        let header = Header { count, ..self.header };
        header.write(self.out).ok_or(CodecError::NoRoom { needed })?;
        (self.header, self.length) = (header, self.length + taken);
        Ok(())
    }

    /// How many messages it has.
    pub const fn message_count(&self) -> u16 {
        self.header.count
    }

    /// The packet so far.
    pub fn packet(&self) -> &[u8] {
        self.out.get(..self.length).unwrap_or_default()
    }
}

/// Writes the packet that says that the session has ended, and says how many bytes it took: 20.
/// `sequence_number` is the one behind the last message.
///
/// # Errors
///
/// [`CodecError::NoRoom`].
pub fn write_end_of_session(
    session: Session,
    sequence_number: u64,
    out: &mut [u8],
) -> Result<usize, CodecError> {
    Request { session, sequence_number, count: END_OF_SESSION }.emit(out)
}
