//! Messages behind their lengths, as files hold them.

use highwater_protocols::itch::file::LENGTH_BYTES;
use highwater_protocols::{Field, Message};

/// Bytes of a message and of the length before it.
#[inline]
pub(crate) fn bytes_of(message: &impl Message) -> usize {
    LENGTH_BYTES + message.length()
}

/// Writes a message behind its length into room of exactly its bytes.
#[inline]
pub(crate) fn write(message: &impl Message, room: &mut [u8]) {
    let (length, body) = room.split_at_mut(LENGTH_BYTES);
    let written = message.emit(body).expect("there is room for its length");
    let written = u16::try_from(written).expect("a message is short");
    written.write(length).expect("a length has two bytes");
}
