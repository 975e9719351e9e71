//! Text fields: letters padded with spaces, and numbers in ASCII digits.

use crate::field::{Field, put};
use core::fmt;

/// Text of `N` printable ASCII characters, which is padded with spaces.
///
/// The padding is kept as it came, so that the field is written as it was read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alpha<const N: usize>([u8; N]);

impl<const N: usize> Alpha<N> {
    /// Nothing but spaces.
    pub const BLANK: Self = Self([b' '; N]);

    /// `text` on the left and spaces behind it; `None` when it is longer than the field, or has
    /// characters that are not printable ASCII.
    pub fn new(text: &[u8]) -> Option<Self> {
        let mut padded = [b' '; N];
        padded.get_mut(..text.len())?.copy_from_slice(text);
        Self::from_bytes(padded)
    }

    /// `text` on the right and spaces before it; `None` as for [`new`](Self::new).
    pub fn right_justified(text: &[u8]) -> Option<Self> {
        let mut padded = [b' '; N];
        let before = N.checked_sub(text.len())?;
        padded.get_mut(before..)?.copy_from_slice(text);
        Self::from_bytes(padded)
    }

    /// The field with these bytes; `None` when one of them is not printable ASCII.
    #[inline]
    pub fn from_bytes(bytes: [u8; N]) -> Option<Self> {
        are_printable(&bytes).then_some(Self(bytes))
    }

    /// All bytes of the field.
    pub const fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// The text without the spaces on both sides.
    pub fn text(&self) -> &[u8] {
        without_spaces(&self.0)
    }

    /// Whether there is nothing but spaces.
    pub fn is_blank(&self) -> bool {
        self.text().is_empty()
    }
}

impl<const N: usize> Field for Alpha<N> {
    const BYTES: usize = N;

    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        // Checked where they are, and only then copied.
        let bytes = bytes.first_chunk()?;
        if are_printable(bytes) { Some(Self(*bytes)) } else { None }
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        put(self.0, out)
    }
}

impl<const N: usize> Default for Alpha<N> {
    fn default() -> Self {
        Self::BLANK
    }
}

impl<const N: usize> fmt::Display for Alpha<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Printable ASCII is always UTF-8.
        f.pad(core::str::from_utf8(self.text()).unwrap_or_default())
    }
}

impl<const N: usize> fmt::Debug for Alpha<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(core::str::from_utf8(&self.0).unwrap_or_default(), f)
    }
}

/// Whether all bytes are printable ASCII: eight at a time, without a branch for each.
#[inline]
fn are_printable<const N: usize>(bytes: &[u8; N]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    // The last eight bytes, some of them a second time, or fewer with spaces behind them.
    let last = bytes.last_chunk::<8>().copied().unwrap_or_else(|| {
        let mut padded = [b' '; 8];
        padded.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        padded
    });
    words.iter().fold(unprintable(last), |found, word| found | unprintable(*word)) == 0
}

/// 0 when all eight bytes are printable ASCII, and something else when one is not.
///
/// A sum may carry into the next byte, but only out of a wrong byte. So the lowest wrong one, which
/// nothing carries into, is always found.
#[inline]
const fn unprintable(bytes: [u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(bytes);
    // The highest bit of each byte: set here from 0x7F to 0xFE,
    let above = word.wrapping_add(EACH);
    // and here below a space and from 0xA0 on.
    let below = !word.wrapping_add(EACH * (0x80 - 0x20));
    (above | below) & (EACH * 0x80)
}

/// `bytes` without the spaces on both sides, and with every other white space.
fn without_spaces(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// A number in `N` ASCII digits.
///
/// It is read with spaces on either side or zeros before it, and written on the right, with spaces
/// before it. A blank field is no number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AsciiNumber<const N: usize>(u64);

impl<const N: usize> AsciiNumber<N> {
    /// This number; `None` when it has more than `N` digits.
    pub fn new(number: u64) -> Option<Self> {
        digits::<N>(number).map(|_| Self(number))
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl AsciiNumber<20> {
    /// This number: every number of 64 bits has 20 digits at most.
    pub const fn of(number: u64) -> Self {
        Self(number)
    }
}

impl<const N: usize> Field for AsciiNumber<N> {
    const BYTES: usize = N;

    fn read(bytes: &[u8]) -> Option<Self> {
        let digits = without_spaces(bytes.first_chunk::<N>()?);
        if digits.is_empty() {
            return None;
        }
        digits
            .iter()
            .try_fold(0_u64, |number, byte| {
                let digit = byte.is_ascii_digit().then(|| u64::from(byte & 0x0F))?;
                number.checked_mul(10)?.checked_add(digit)
            })
            .map(Self)
    }

    fn write(self, out: &mut [u8]) -> Option<()> {
        put(digits::<N>(self.0)?, out)
    }
}

/// The digits of a number on the right of `N` characters; `None` when there are more.
fn digits<const N: usize>(number: u64) -> Option<[u8; N]> {
    let mut text = [b' '; N];
    let mut rest = number;
    for place in text.iter_mut().rev() {
        // A remainder of 10 is a digit.
        *place = b'0' | u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place, the others being the smallest and the largest good ones.
    fn check_every_byte_at_every_place<const N: usize>() {
        for (other, place) in [b' ', b'~'].into_iter().flat_map(|o| (0..N).map(move |p| (o, p))) {
            for byte in 0..=u8::MAX {
                let mut bytes = [other; N];
                bytes[place] = byte;
                let good = (b' '..=b'~').contains(&byte);
                assert_eq!(Alpha::from_bytes(bytes).is_some(), good, "{byte} at {place} of {N}");
                assert_eq!(Alpha::<N>::read(&bytes).is_some(), good, "{byte} at {place} of {N}");
            }
        }
    }

    /// Every pair of bytes next to each other: the sums of one must not hide the other.
    fn check_every_pair<const N: usize>(place: usize) {
        for (first, second) in (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| (a, b))) {
            let mut bytes = [b'A'; N];
            bytes[place..place + 2].copy_from_slice(&[first, second]);
            let good = bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
            assert_eq!(Alpha::from_bytes(bytes).is_some(), good, "{first} {second} of {N}");
        }
    }

    #[test]
    fn printable_bytes_are_good_and_no_others() {
        check_every_byte_at_every_place::<1>();
        check_every_byte_at_every_place::<4>();
        check_every_byte_at_every_place::<6>();
        check_every_byte_at_every_place::<7>();
        check_every_byte_at_every_place::<8>();
        check_every_byte_at_every_place::<9>();
        check_every_byte_at_every_place::<10>();
        check_every_byte_at_every_place::<14>();
        check_every_byte_at_every_place::<16>();
        check_every_byte_at_every_place::<20>();
        check_every_byte_at_every_place::<30>();
        assert!(Alpha::from_bytes([]).is_some(), "nothing is nothing wrong");
    }

    #[test]
    fn no_byte_hides_the_next_one() {
        (0..3).for_each(check_every_pair::<4>);
        (0..7).for_each(check_every_pair::<8>);
        (0..13).for_each(check_every_pair::<14>);
    }
}
