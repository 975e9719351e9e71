//! Files of ITCH messages (BinaryFILE): each message behind its length in 2 bytes, and a length of
//! 0 at the end.

use crate::error::CodecError;
use crate::field::Field;

/// Bytes of the length before each message.
pub const LENGTH_BYTES: usize = 2;

/// What the beginning of some bytes of a file is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Piece<'a> {
    /// A whole message. It takes [`LENGTH_BYTES`] more than it has bytes.
    Message(&'a [u8]),
    /// The end of the messages, [`LENGTH_BYTES`] long.
    End,
    /// A part of a message: so many bytes must be there to go on.
    Incomplete {
        /// Bytes from the beginning, those that are there included.
        needed: usize,
    },
}

/// The first piece of `bytes`.
pub fn first_piece(bytes: &[u8]) -> Piece<'_> {
    let Some(length) = u16::read(bytes) else {
        return Piece::Incomplete { needed: LENGTH_BYTES };
    };
    let needed = LENGTH_BYTES + usize::from(length);
    match bytes.get(LENGTH_BYTES..needed) {
        Some([]) => Piece::End,
        Some(message) => Piece::Message(message),
        None => Piece::Incomplete { needed },
    }
}

/// The messages of a file, or of a part of it that begins with one.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// The messages in `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes behind the messages so far: when there are no more, the mark of the end and what
    /// is behind it, a part of a message, or nothing.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match first_piece(self.rest) {
            Piece::Message(message) => {
                self.rest = self.rest.get(LENGTH_BYTES + message.len()..)?;
                Some(message)
            }
            Piece::End | Piece::Incomplete { .. } => None,
        }
    }
}

/// Writes a message behind its length, and says how many bytes both took.
///
/// # Errors
///
/// [`CodecError::NoRoom`]; [`CodecError::TooShort`] for no message at all, whose length would be
/// the mark of the end; [`CodecError::TooLong`] for more than 65,535 bytes.
pub fn write_message(message: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
    if message.is_empty() {
        return Err(CodecError::TooShort { needed: 1 });
    }
    crate::block::write(message, out)
}

/// Writes the mark of the end, and says how many bytes it took.
///
/// # Errors
///
/// [`CodecError::NoRoom`].
pub fn write_end(out: &mut [u8]) -> Result<usize, CodecError> {
    crate::block::write(&[], out)
}
