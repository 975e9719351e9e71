//! Numbers that are little-endian in memory and need no alignment: what the layouts of the log are
//! made of.

use bytemuck::{Pod, Zeroable};

/// Declares a number that is little-endian in memory and needs no alignment.
macro_rules! little_endian {
    ($name:ident, $number:ty, $bytes:literal) => {
        #[derive(Clone, Copy, Debug, Pod, Zeroable)]
        #[repr(transparent)]
        pub(crate) struct $name([u8; $bytes]);

        impl $name {
            pub(crate) const fn new(number: $number) -> Self {
                Self(number.to_le_bytes())
            }

            pub(crate) const fn get(self) -> $number {
                <$number>::from_le_bytes(self.0)
            }
        }
    };
}

little_endian!(Le16, u16, 2);
little_endian!(Le32, u32, 4);
little_endian!(Le64, u64, 8);

/// Two numbers of 4 bytes in one word. A checksum takes whole words, and a word is read back fast
/// only when it was written as one.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct LePair(Le64);

impl LePair {
    pub(crate) fn new(first: u32, second: u32) -> Self {
        Self(Le64::new(u64::from(first) | u64::from(second) << 32))
    }

    pub(crate) fn get(self) -> [u32; 2] {
        bytemuck::cast::<Self, [Le32; 2]>(self).map(Le32::get)
    }
}

/// A number of 4 bytes, one of 2 and two of 1 byte in one word, for the same reason.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct LeMix(Le64);

impl LeMix {
    pub(crate) fn new(long: u32, short: u16, [first, second]: [u8; 2]) -> Self {
        let low = u64::from(long) | u64::from(short) << 32;
        Self(Le64::new(low | u64::from(first) << 48 | u64::from(second) << 56))
    }

    pub(crate) fn get(self) -> (u32, u16, [u8; 2]) {
        let [long, rest]: [Le32; 2] = bytemuck::cast(self);
        let [short, bytes]: [Le16; 2] = bytemuck::cast(rest);
        (long.get(), short.get(), bytes.0)
    }
}
