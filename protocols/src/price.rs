//! Prices as whole numbers of the smallest unit, and as decimal text.

use crate::field::Field;
use core::fmt;

/// A price of 4 bytes: whole numbers of 0.0001.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Price4(pub u32);

/// A price of 8 bytes: whole numbers of 0.0001.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct WidePrice4(pub u64);

/// A price of 8 bytes: whole numbers of 0.00000001.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Price8(pub u64);

/// A difference of prices, 4 bytes with a sign: whole numbers of 0.0001.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SignedPrice4(pub i32);

impl WidePrice4 {
    /// The price of a market order: 214,748.3647.
    pub const MARKET: Self = Self(0x7FFF_FFFF);
}

macro_rules! fields {
    ($($price:ident($raw:ty)),*) => { $(
        impl Field for $price {
            const BYTES: usize = <$raw>::BYTES;

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                <$raw>::read(bytes).map(Self)
            }

            #[inline]
            fn write(self, out: &mut [u8]) -> Option<()> {
                self.0.write(out)
            }
        }
    )* };
}

fields!(Price4(u32), WidePrice4(u64), Price8(u64), SignedPrice4(i32));

impl fmt::Display for Price4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        WidePrice4(self.0.into()).fmt(f)
    }
}

impl fmt::Display for WidePrice4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

impl fmt::Display for Price8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08}", self.0 / 100_000_000, self.0 % 100_000_000)
    }
}

impl fmt::Display for SignedPrice4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}", Price4(self.0.unsigned_abs()))
    }
}
