//! CRC-32C, the checksum of records, blocks and segment headers, and what it says about a single
//! flipped bit.

#![cfg_attr(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    expect(
        unsafe_code,
        reason = "only who has asked knows that the processor has the instruction"
    )
)]

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod hardware;
mod portable;

/// The reflected polynomial of CRC-32C.
const POLYNOMIAL: u32 = 0x82f6_3b78;

/// The checksum of the bytes of `parts`, one after the other.
pub fn checksum(parts: &[&[u8]]) -> u32 {
    let mut running = RunningChecksum::new();
    for part in parts {
        running.update(part);
    }
    running.get()
}

/// The checksum of bytes that come in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningChecksum(u32);

impl RunningChecksum {
    /// Of no bytes.
    pub const fn new() -> Self {
        Self(u32::MAX)
    }

    /// Goes on behind bytes that had this checksum.
    pub const fn behind(checksum: u32) -> Self {
        Self(!checksum)
    }

    /// More bytes come.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0 = update(self.0, bytes);
    }

    /// The checksum of all bytes so far.
    pub const fn get(self) -> u32 {
        !self.0
    }
}

impl Default for RunningChecksum {
    fn default() -> Self {
        Self::new()
    }
}

/// The checksum of a record's bytes behind its own: of `kind`, the half of its first word, and of
/// the words that follow.
// Not inlined, so that asking the processor stands in the program once.
#[inline(never)]
pub(crate) fn checksum_of_record(kind: u32, words: &[[u8; 8]]) -> u32 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if has_instruction() {
        // SAFETY: this processor has the instruction.
        return unsafe { hardware::checksum_of_record(kind, words) };
    }
    !portable::update(portable::update(u32::MAX, &kind.to_le_bytes()), words.as_flattened())
}

/// The register after `bytes`, by the processor's instruction where it has one.
#[inline(never)]
fn update(register: u32, bytes: &[u8]) -> u32 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if has_instruction() {
        // SAFETY: this processor has the instruction.
        return unsafe { hardware::update(register, bytes) };
    }
    portable::update(register, bytes)
}

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(instruction, "sse4.2");

/// Whether this processor has the instruction: it is asked once.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_instruction() -> bool {
    instruction::get()
}

/// Whether every processor that this is compiled for has the instruction: Apple Silicon does, and
/// no user program can ask portably.
#[cfg(target_arch = "aarch64")]
#[inline]
const fn has_instruction() -> bool {
    cfg!(target_feature = "crc")
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
    use proptest::prelude::*;

    /// The register after each of the pieces that `cuts` make of the bytes, one after the other.
    fn in_pieces(update: fn(u32, &[u8]) -> u32, first: u32, bytes: &[u8], cuts: &[usize]) -> u32 {
        let mut register = first;
        let mut rest = bytes;
        for cut in cuts {
            let (piece, behind) = rest.split_at(*cut % (rest.len() + 1));
            register = update(register, piece);
            rest = behind;
        }
        update(register, rest)
    }

    /// A checksum by the definition: a bit at a time.
    fn bit_by_bit(first: u32, bytes: &[u8]) -> u32 {
        bytes.iter().fold(first, |register, byte| {
            (0..8).fold(register ^ u32::from(*byte), |register, _| {
                let shifted = register >> 1;
                if register & 1 == 1 { shifted ^ POLYNOMIAL } else { shifted }
            })
        })
    }

    proptest! {
        #[test]
        fn instruction_and_tables_agree_with_the_definition(
            bytes in prop::collection::vec(any::<u8>(), 0..9_000),
            skipped in 0_usize..16,
            cuts in prop::collection::vec(any::<usize>(), 0..4),
            first in any::<u32>(),
        ) {
            let bytes = bytes.get(skipped..).unwrap_or_default();
            let expected = bit_by_bit(first, bytes);
            prop_assert_eq!(in_pieces(portable::update, first, bytes, &cuts), expected);
            prop_assert_eq!(in_pieces(update, first, bytes, &cuts), expected);
        }
    }

    /// The first length at which `update` is not what the definition says.
    fn first_wrong_length(update: fn(u32, &[u8]) -> u32) -> Option<usize> {
        let bytes: [u8; 9_000] = core::array::from_fn(|index| (index * 131 % 251).to_le_bytes()[0]);
        let mut expected = 0x1234_5678;
        (0..=bytes.len()).find(|length| {
            if let Some(last) = length.checked_sub(1) {
                expected = bit_by_bit(expected, &bytes[last..*length]);
            }
            update(0x1234_5678, &bytes[..*length]) != expected
        })
    }

    #[test]
    fn every_length_up_to_two_blocks_agrees() {
        assert_eq!(first_wrong_length(update), None);
        assert_eq!(first_wrong_length(portable::update), None);
    }

    #[test]
    fn what_is_broken_is_noticed() {
        let forgets_the_register: fn(u32, &[u8]) -> u32 = |_, bytes| update(0, bytes);
        let forgets_the_tail: fn(u32, &[u8]) -> u32 =
            |register, bytes| update(register, &bytes[..bytes.len() & !3]);
        let forgets_a_lane: fn(u32, &[u8]) -> u32 = |register, bytes| {
            let lanes = if bytes.len() < 4_080 { 0 } else { 1_360 };
            update(update(register, &bytes[..lanes]), &bytes[lanes..]) ^ u32::from(lanes > 0)
        };
        assert_eq!(first_wrong_length(forgets_the_register), Some(0));
        assert_eq!(first_wrong_length(forgets_the_tail), Some(1));
        assert_eq!(first_wrong_length(forgets_a_lane), Some(4_080));
    }

    #[test]
    fn a_record_s_checksum_is_that_of_its_bytes() {
        let bytes: [u8; 92] = core::array::from_fn(|index| (index * 77 % 253).to_le_bytes()[0]);
        let (kind, rest) = bytes.split_first_chunk().unwrap();
        for (count, words) in (0..=11).map(|count| (count, &rest.as_chunks().0[..count])) {
            let expected = !bit_by_bit(u32::MAX, &bytes[..4 + 8 * count]);
            assert_eq!(checksum_of_record(u32::from_le_bytes(*kind), words), expected, "{count}");
        }
    }

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
