//! CRC-32C by the processor's own instruction.
//!
//! The instruction takes 8 bytes and answers three cycles later, but takes the next 8 bytes after
//! one. So long bytes are cut into three lanes that advance together; what the first two come to is
//! moved past the bytes behind them by a multiplication, which is four lookups.

#[cfg(target_arch = "aarch64")]
use core::arch::aarch64::{__crc32cb as add_byte, __crc32cd as add_word, __crc32cw as add_half};
#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_mm_crc32_u8 as add_byte, _mm_crc32_u32 as add_half, _mm_crc32_u64};

use super::POLYNOMIAL;

/// Bytes of one of three lanes: together the most of a block, so that one block is one round.
const LANE_BYTES: usize = 1_360;

const _: () = assert!(LANE_BYTES.is_multiple_of(8) && 3 * LANE_BYTES < crate::limits::BLOCK_BYTES);

/// The register after `bytes`, which was `register` before.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.2"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "crc"))]
pub(super) fn update(mut register: u32, bytes: &[u8]) -> u32 {
    let mut rest = bytes;
    while let Some((lanes, behind)) = rest.split_at_checked(3 * LANE_BYTES) {
        register = add_lanes(register, lanes);
        rest = behind;
    }
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        register = add_word(register, u64::from_le_bytes(*word));
    }
    let (halves, rest) = rest.as_chunks::<4>();
    for half in halves {
        register = add_half(register, u32::from_le_bytes(*half));
    }
    for byte in rest {
        register = add_byte(register, *byte);
    }
    register
}

/// The checksum of `kind` and of the words behind it, which lie as a record has them: they are
/// read as they were written, whole words.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.2"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "crc"))]
pub(super) fn checksum_of_record(kind: u32, words: &[[u8; 8]]) -> u32 {
    let mut register = add_half(u32::MAX, kind);
    let mut rest = words;
    // A Cancel has 6 words here, a New and a Reduce 7: without a loop they take half the time.
    if let Some((six, behind)) = words.split_first_chunk::<6>() {
        for word in six {
            register = add_word(register, u64::from_le_bytes(*word));
        }
        rest = behind;
    }
    for word in rest {
        register = add_word(register, u64::from_le_bytes(*word));
    }
    !register
}

/// The register after three lanes, each of which advances while the others wait.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse4.2"))]
#[cfg_attr(target_arch = "aarch64", target_feature(enable = "crc"))]
fn add_lanes(register: u32, lanes: &[u8]) -> u32 {
    let (first, rest) = lanes.split_at(LANE_BYTES);
    let (second, third) = rest.split_at(LANE_BYTES);
    let (mut a, mut b, mut c) = (register, 0, 0);
    let words = |lane| <[u8]>::as_chunks::<8>(lane).0;
    for ((of_a, of_b), of_c) in words(first).iter().zip(words(second)).zip(words(third)) {
        a = add_word(a, u64::from_le_bytes(*of_a));
        b = add_word(b, u64::from_le_bytes(*of_b));
        c = add_word(c, u64::from_le_bytes(*of_c));
    }
    past_a_lane(past_a_lane(a) ^ b) ^ c
}

/// The register after 8 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse4.2")]
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the instruction leaves the upper half 0"
)]
fn add_word(register: u32, word: u64) -> u32 {
    _mm_crc32_u64(u64::from(register), word) as u32
}

/// What `register` becomes when as many zeros follow as a lane has bytes.
fn past_a_lane(register: u32) -> u32 {
    let mut moved = 0;
    for (byte, table) in register.to_le_bytes().into_iter().zip(&PAST_A_LANE) {
        moved ^= table.get(usize::from(byte)).copied().unwrap_or_default();
    }
    moved
}

/// What each byte of a register adds to it a lane later.
static PAST_A_LANE: [[u32; 256]; 4] = tables();

const fn tables() -> [[u32; 256]; 4] {
    let lane = power_of_x(8 * LANE_BYTES);
    let mut tables = [[0; 256]; 4];
    let mut of_byte: &mut [[u32; 256]] = &mut tables;
    let mut byte = 0;
    while let [table, rest @ ..] = of_byte {
        fill(table, byte, lane);
        byte += 1;
        of_byte = rest;
    }
    tables
}

/// Multiplies every value of one byte of a register by `factor`.
const fn fill(table: &mut [u32; 256], byte: u32, factor: u32) {
    let mut entries: &mut [u32] = table;
    let mut value: u32 = 0;
    while let [entry, rest @ ..] = entries {
        *entry = product(value << (8 * byte), factor);
        value += 1;
        entries = rest;
    }
}

/// x to the power of `exponent`, modulo the polynomial.
const fn power_of_x(exponent: usize) -> u32 {
    let mut power = ONE;
    let mut left = exponent;
    while left > 0 {
        power = times_x(power);
        left -= 1;
    }
    power
}

/// The product of two polynomials, modulo the polynomial.
const fn product(a: u32, b: u32) -> u32 {
    let mut sum = 0;
    let mut shifted = b;
    let mut bit = ONE;
    while bit != 0 {
        if a & bit != 0 {
            sum ^= shifted;
        }
        shifted = times_x(shifted);
        bit >>= 1;
    }
    sum
}

/// The polynomial 1: the highest bit is that of the lowest power.
const ONE: u32 = 1 << 31;

const fn times_x(polynomial: u32) -> u32 {
    let shifted = polynomial >> 1;
    if polynomial & 1 == 1 { shifted ^ POLYNOMIAL } else { shifted }
}
