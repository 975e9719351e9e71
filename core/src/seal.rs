//! Seals: how the blocks of a log carry a checksum over all their bytes, and how one flipped bit is
//! told from a tear.
//!
//! A sealed block begins with four bytes of magic and four of checksum, which covers the magic and
//! everything behind itself. A write that a crash tore leaves some of a block's bytes as they were
//! before; one bit that flipped later leaves all of them but one bit. Both break the checksum, but
//! only the second can be mended by turning one bit.

use crate::checksum::{checksum, single_flipped_bit};

/// Bytes of the magic that a sealed block begins with.
pub(crate) const MAGIC_BYTES: usize = 4;
/// What fills a block behind its bytes. Not zero, so that no sector of a written block looks like
/// one that was not; and more than one bit a byte, so that wherever a crash tears the block, more
/// than one bit of it is missing.
pub(crate) const PADDING: u8 = 0xa5;
/// Where the bytes behind the checksum begin.
const COVERED_AT: usize = 8;
/// Bytes of the checksum.
const CHECKSUM_BYTES: usize = COVERED_AT - MAGIC_BYTES;

/// Writes the checksum into a block that is otherwise complete; returns it.
pub(crate) fn seal(block: &mut [u8]) -> u32 {
    let sum = checksum_of(block);
    if let Some(field) = block.get_mut(MAGIC_BYTES..COVERED_AT) {
        field.copy_from_slice(&sum.to_le_bytes());
    }
    sum
}

/// True when the checksum fits the block.
pub(crate) fn is_whole(block: &[u8]) -> bool {
    sealed_with(block) == Some(checksum_of(block))
}

/// True when turning one bit of `block` makes its checksum fit and `is_right` agree. `block` is
/// left as it was.
///
/// `is_right` looks at everything else that must hold of the block: a checksum alone fits a torn
/// block by chance in one case of 130 thousand.
pub(crate) fn is_one_bit_from(block: &mut [u8], is_right: impl FnOnce(&[u8]) -> bool) -> bool {
    let Some(bit) = flipped_bit(block) else {
        return false;
    };
    flip(block, bit);
    let right = is_whole(block) && is_right(block);
    flip(block, bit);
    right
}

/// True when a block holds a single set bit. No write leaves that behind, however it is torn: the
/// first byte of the magic has two bits, and no sector of a block is nearly empty.
pub(crate) fn one_bit_set(block: &[u8]) -> bool {
    let mut set = 0;
    for byte in block {
        set += byte.count_ones();
        if set > 1 {
            return false;
        }
    }
    set == 1
}

/// The index, from the block's first bit, of the bit that explains why the checksum does not fit.
fn flipped_bit(block: &[u8]) -> Option<usize> {
    let difference = checksum_of(block) ^ sealed_with(block)?;
    if difference.is_power_of_two() {
        // The flipped bit stands in the checksum itself.
        return Some(MAGIC_BYTES * 8 + usize::try_from(difference.trailing_zeros()).ok()?);
    }
    let covered_bytes = block.len().checked_sub(CHECKSUM_BYTES)?;
    let distance = single_flipped_bit(difference, 0, covered_bytes)?;
    let bit = (covered_bytes * 8).checked_sub(distance + 1)?;
    Some(if bit < MAGIC_BYTES * 8 { bit } else { bit + CHECKSUM_BYTES * 8 })
}

fn flip(block: &mut [u8], bit: usize) {
    if let Some(byte) = block.get_mut(bit / 8) {
        *byte ^= 1 << (bit % 8);
    }
}

/// The checksum that a block carries.
fn sealed_with(block: &[u8]) -> Option<u32> {
    let field = block.get(MAGIC_BYTES..COVERED_AT)?;
    field.try_into().ok().map(u32::from_le_bytes)
}

/// The checksum of a block: of the magic and of everything behind the field.
fn checksum_of(block: &[u8]) -> u32 {
    let magic = block.get(..MAGIC_BYTES).unwrap_or_default();
    checksum(&[magic, block.get(COVERED_AT..).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_sealed_block_is_recognised() {
        let mut block = [0_u8; 256];
        for (index, byte) in block.iter_mut().enumerate() {
            *byte = u8::try_from(index * 7 % 251).unwrap();
        }
        seal(&mut block);
        assert!(is_whole(&block));
        for bit in 0..256 * 8 {
            flip(&mut block, bit);
            assert!(!is_whole(&block), "bit {bit}");
            let before = block;
            assert!(is_one_bit_from(&mut block, |_| true), "bit {bit}");
            assert!(!is_one_bit_from(&mut block, |_| false), "bit {bit}");
            assert_eq!(block, before);
            flip(&mut block, bit);
        }
    }

    #[test]
    fn a_torn_block_is_not_one_bit_from_whole() {
        let mut block = [0x77_u8; 256];
        seal(&mut block);
        for kept in 0..256 {
            let mut torn = block;
            torn[kept..].fill(0);
            assert!(!is_one_bit_from(&mut torn, |_| true), "{kept} bytes kept");
        }
    }
}
