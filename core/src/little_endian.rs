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
