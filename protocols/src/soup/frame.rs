//! Packets in a stream of bytes: where each ends, and whether it may be there at all.

use crate::error::CodecError;
use crate::field::Field;
use core::marker::PhantomData;

/// Bytes of a packet's length.
pub const LENGTH_BYTES: usize = 2;

/// Bytes before a packet's body: its length and its type.
pub const HEADER_BYTES: usize = LENGTH_BYTES + 1;

/// Bytes of the longest body.
pub const BODY_BYTES_MAX: usize = 65_534;

/// A packet of one direction.
pub trait Packet<'a>: Copy {
    /// Whether a packet may have this type and this length, the type included; its data may have
    /// `body_bytes_max` bytes at most.
    ///
    /// # Errors
    ///
    /// [`CodecError::UnknownType`] for no type of this direction, [`CodecError::TooShort`] and
    /// [`CodecError::TooLong`] for another length than the type's.
    fn check(code: u8, length: usize, body_bytes_max: usize) -> Result<(), CodecError>;

    /// The packet that `bytes` are: type and body, without the length.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check); [`CodecError::BadValue`] for a wrong field of a login.
    fn parse(bytes: &'a [u8]) -> Result<Self, CodecError>;

    /// Exactly how many bytes it takes, the length included.
    fn length(&self) -> usize;

    /// Writes the packet behind its length to the beginning of `out`, and says how many bytes both
    /// took.
    ///
    /// # Errors
    ///
    /// [`CodecError::NoRoom`]; [`CodecError::TooLong`] when the body is above [`BODY_BYTES_MAX`].
    fn emit(&self, out: &mut [u8]) -> Result<usize, CodecError>;

    /// The packet at the beginning of `bytes`.
    ///
    /// What is wrong is said as soon as length and type are there, before the body has come.
    ///
    /// # Errors
    ///
    /// Those of [`parse`](Self::parse), and [`CodecError::TooShort`] for a length of 0.
    fn read(bytes: &'a [u8], body_bytes_max: usize) -> Result<Frame<Self>, CodecError> {
        let length = u16::read(bytes).map(usize::from);
        if length == Some(0) {
            return Err(CodecError::TooShort { needed: 1 });
        }
        let (Some(length), Some(code)) = (length, bytes.get(LENGTH_BYTES)) else {
            return Ok(Frame::Incomplete { needed: HEADER_BYTES });
        };
        Self::check(*code, length, body_bytes_max)?;
        let end = LENGTH_BYTES + length;
        match bytes.get(LENGTH_BYTES..end) {
            Some(packet) => Ok(Frame::Whole { packet: Self::parse(packet)?, bytes: end }),
            None => Ok(Frame::Incomplete { needed: end }),
        }
    }
}

/// What the beginning of received bytes is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Frame<P> {
    /// A whole packet.
    Whole {
        /// The packet.
        packet: P,
        /// Bytes that it took, its length included.
        bytes: usize,
    },
    /// A part of one: so many bytes must be there to go on.
    Incomplete {
        /// Bytes from the beginning, those that are there included.
        needed: usize,
    },
}

/// The whole packets at the beginning of received bytes. An error is the last item: nothing says
/// where the next packet would begin.
#[derive(Clone, Debug)]
pub struct Packets<'a, P> {
    bytes: &'a [u8],
    body_bytes_max: usize,
    consumed: usize,
    needed: usize,
    is_broken: bool,
    of: PhantomData<P>,
}

impl<'a, P: Packet<'a>> Packets<'a, P> {
    /// The packets in `bytes`, whose data has `body_bytes_max` bytes at most.
    pub const fn new(bytes: &'a [u8], body_bytes_max: usize) -> Self {
        let (consumed, needed, is_broken) = (0, HEADER_BYTES, false);
        Self { bytes, body_bytes_max, consumed, needed, is_broken, of: PhantomData }
    }

    /// Bytes of the packets so far: the next begins there.
    pub const fn consumed_bytes(&self) -> usize {
        self.consumed
    }

    /// When there are no more packets: bytes that must be there, from the next packet's beginning,
    /// to go on. The packet may take more.
    pub const fn needed_bytes(&self) -> usize {
        self.needed
    }
}

impl<'a, P: Packet<'a>> Iterator for Packets<'a, P> {
    type Item = Result<P, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_broken {
            return None;
        }
        match P::read(self.bytes.get(self.consumed..)?, self.body_bytes_max) {
            Ok(Frame::Whole { packet, bytes }) => {
                self.consumed += bytes;
                Some(Ok(packet))
            }
            Ok(Frame::Incomplete { needed }) => {
                self.needed = needed;
                None
            }
            Err(error) => {
                self.is_broken = true;
                Some(Err(error))
            }
        }
    }
}

/// Whether a length, the type included, is from `least` to `most`.
pub(super) fn check_length(length: usize, least: usize, most: usize) -> Result<(), CodecError> {
    if length < least {
        Err(CodecError::TooShort { needed: least })
    } else if length > most {
        Err(CodecError::TooLong { most })
    } else {
        Ok(())
    }
}

/// Writes a packet of a type and a body.
pub(super) fn emit(code: u8, body: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
    let length = u16::try_from(1 + body.len());
    let length = length.map_err(|_| CodecError::TooLong { most: BODY_BYTES_MAX })?;
    let needed = HEADER_BYTES + body.len();
    let write = |out: &mut [u8]| {
        length.write(out)?;
        *out.get_mut(LENGTH_BYTES)? = code;
        out.get_mut(HEADER_BYTES..)?.copy_from_slice(body);
        Some(needed)
    };
    out.get_mut(..needed).and_then(write).ok_or(CodecError::NoRoom { needed })
}

/// Writes a packet whose type and body are a message.
pub(super) fn emit_message(
    message: &impl crate::Message,
    out: &mut [u8],
) -> Result<usize, CodecError> {
    let bytes = message.length();
    let needed = LENGTH_BYTES + bytes;
    let (out, length) = (out.get_mut(..needed), u16::try_from(bytes));
    let (Some(out), Ok(length)) = (out, length) else { return Err(CodecError::NoRoom { needed }) };
    length.write(out).ok_or(CodecError::NoRoom { needed })?;
    message.emit(out.get_mut(LENGTH_BYTES..).unwrap_or_default())?;
    Ok(needed)
}
