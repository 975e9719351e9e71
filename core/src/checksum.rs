//! CRC-32C, the checksum of records, blocks and segment headers, and what it says about a single
//! flipped bit.

use crc::{CRC_32_ISCSI, Crc, Table};

/// CRC-32C as of iSCSI (RFC 3720, appendix B.4): finds every error of up to three bits in a block.
static CRC_32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// The reflected polynomial of CRC-32C.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The checksum of the bytes of `parts`, one after the other.
pub fn checksum(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC_32C.digest();
    for part in parts {
        digest.update(part);
    }
    digest.finalize()
}

/// Where one flipped bit would explain that the checksum of `length` bytes is `computed` and not
/// `expected`.
///
/// Returns the bit's distance from the end of the bytes, in bits: 0 is the most significant bit of
/// the last byte. A checksum is linear, so each single bit changes it by a value of its own,
/// whatever the bytes are.
pub fn single_flipped_bit(computed: u32, expected: u32, length: usize) -> Option<usize> {
    let difference = computed ^ expected;
    let mut change = POLYNOMIAL;
    for distance in 0..length.checked_mul(8)? {
        if change == difference {
            return Some(distance);
        }
        let shifted = change >> 1;
        change = if change & 1 == 1 { shifted ^ POLYNOMIAL } else { shifted };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(checksum(&[b"1234", b"56789"]), 0xe306_9283);
    }

    #[test]
    fn every_flipped_bit_is_located() {
        let mut bytes = [0x5a_u8; 96];
        let expected = checksum(&[&bytes]);
        for bit in 0..96 * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let computed = checksum(&[&bytes]);
            assert_eq!(single_flipped_bit(computed, expected, 96), Some(96 * 8 - 1 - bit));
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn two_flipped_bits_are_not_one() {
        let mut bytes = [0_u8; 64];
        let expected = checksum(&[&bytes]);
        bytes[3] ^= 0x11;
        assert_eq!(single_flipped_bit(checksum(&[&bytes]), expected, 64), None);
    }
}
