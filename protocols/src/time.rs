//! Times of the day, in nanoseconds and in seconds since midnight.

use crate::field::{Field, put};

/// A time in 6 bytes: nanoseconds since midnight, below 2^48 (78 hours).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time48(u64);

impl Time48 {
    /// This many nanoseconds since midnight; `None` from 2^48 on.
    pub const fn new(nanoseconds: u64) -> Option<Self> {
        if nanoseconds < 1 << 48 { Some(Self(nanoseconds)) } else { None }
    }

    /// Nanoseconds since midnight.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}

#[expect(clippy::big_endian_bytes, reason = "the protocols' numbers are big-endian")]
impl Field for Time48 {
    const BYTES: usize = 6;

    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        let (high, low) = (u16::read(bytes)?, u32::read(bytes.get(u16::BYTES..)?)?);
        Some(Self((u64::from(high) << 32) | u64::from(low)))
    }

    #[inline]
    fn write(self, out: &mut [u8]) -> Option<()> {
        let [_, _, low @ ..] = self.0.to_be_bytes();
        put::<6>(low, out)
    }
}

/// A time in 8 bytes: nanoseconds since midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time64(pub u64);

impl Field for Time64 {
    const BYTES: usize = u64::BYTES;

    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        u64::read(bytes).map(Self)
    }

    #[inline]
    fn write(self, out: &mut [u8]) -> Option<()> {
        self.0.write(out)
    }
}

/// A time or a span in 4 bytes: whole seconds; a time is counted from midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seconds(pub u32);

impl Field for Seconds {
    const BYTES: usize = u32::BYTES;

    #[inline]
    fn read(bytes: &[u8]) -> Option<Self> {
        u32::read(bytes).map(Self)
    }

    #[inline]
    fn write(self, out: &mut [u8]) -> Option<()> {
        self.0.write(out)
    }
}
