//! Blocks: bytes behind their length in 2 bytes, as MoldUDP64 and files of ITCH have them.

use crate::error::CodecError;
use crate::field::Field;

/// Writes the length and the bytes, and says how many that were.
pub(crate) fn write(bytes: &[u8], out: &mut [u8]) -> Result<usize, CodecError> {
    let length = u16::try_from(bytes.len())
        .map_err(|_| CodecError::TooLong { most: usize::from(u16::MAX) })?;
    let needed = u16::BYTES + bytes.len();
    let write = |out: &mut [u8]| {
        length.write(out)?;
        out.get_mut(u16::BYTES..)?.copy_from_slice(bytes);
        Some(needed)
    };
    out.get_mut(..needed).and_then(write).ok_or(CodecError::NoRoom { needed })
}
