//! GLIMPSE 5.0: a snapshot of the books, as ITCH messages in a SoupBinTCP session of its own.
//!
//! A client buffers the feed, asks for the snapshot from sequence number 1, and goes on with the
//! feed at the number that [`EndOfSnapshot`] says.

use crate::alpha::AsciiNumber;
use crate::error::CodecError;
use crate::itch;
use crate::message::{Message, messages};

messages! {
    /// The snapshot is complete.
    EndOfSnapshot: b'G', 21 {
        /// The number of the feed's message to go on with.
        sequence_number: AsciiNumber<20> = 1,
    }
}

/// Any message of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AnyMessage {
    /// A message of ITCH: the state of the system, of a stock, or an open order.
    Itch(itch::AnyMessage),
    /// The end.
    EndOfSnapshot(EndOfSnapshot),
}

impl AnyMessage {
    /// The message that `bytes` are, all of them.
    ///
    /// # Errors
    ///
    /// [`CodecError::UnknownType`] when no message begins with that byte; any other when it is
    /// wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, CodecError> {
        if bytes.first() == Some(&EndOfSnapshot::TYPE) {
            EndOfSnapshot::parse(bytes).map(Self::EndOfSnapshot)
        } else {
            itch::AnyMessage::parse(bytes).map(Self::Itch)
        }
    }

    /// Exactly how many bytes it takes.
    pub fn length(&self) -> usize {
        match self {
            Self::Itch(message) => message.length(),
            Self::EndOfSnapshot(end) => end.length(),
        }
    }

    /// Writes the message to the beginning of `out`, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`] when `out` is shorter than [`length`](Self::length).
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError> {
        match self {
            Self::Itch(message) => message.emit(out),
            Self::EndOfSnapshot(end) => end.emit(out),
        }
    }
}
