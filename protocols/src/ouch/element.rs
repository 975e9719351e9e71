//! The optional values of an appendage, each with its tag.

use super::codes::{CustomerType, PostOnly, PriceType, Side};
use crate::alpha::Alpha;
use crate::code::YesNo;
use crate::error::AppendageError;
use crate::field::Field;
use crate::price::{SignedPrice4, WidePrice4};
use crate::time::Seconds;

/// Makes the enumeration of optional values: `Name(Type) = tag`.
macro_rules! elements {
    ($( $(#[$doc:meta])* $name:ident($kind:ty) = $tag:literal, )*) => {
        /// An optional value of a message.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Element { $(
            $(#[$doc])*
            #[doc = concat!("\n\nTag ", stringify!($tag), ".")]
            $name($kind),
        )* }

        impl Element {
            /// Every tag there is.
            pub const TAGS: &'static [u8] = &[$($tag),*];

            /// Its tag.
            pub const fn tag(&self) -> u8 {
                match self { $( Self::$name(_) => $tag, )* }
            }

            /// Bytes of its value.
            pub const fn value_bytes(&self) -> usize {
                match self { $( Self::$name(_) => <$kind>::BYTES, )* }
            }

            /// The element with this tag and this value.
            ///
            /// # Errors
            ///
            /// The tag is unknown, or the value has the wrong length or can't be.
            pub fn parse(tag: u8, value: &[u8]) -> Result<Self, AppendageError> {
                match tag {
                    $( $tag => exact(tag, value).map(Self::$name), )*
                    _ => Err(AppendageError::UnknownTag(tag)),
                }
            }

            /// Checks what [`parse`](Self::parse) checks, and makes no element.
            #[inline]
            pub(super) fn check(tag: u8, value: &[u8]) -> Result<(), AppendageError> {
                match tag {
                    $( $tag => exact::<$kind>(tag, value).map(|_| ()), )*
                    _ => Err(AppendageError::UnknownTag(tag)),
                }
            }

            /// Writes its value to the beginning of `out`; `None` when that is too short.
            pub(super) fn write_value(&self, out: &mut [u8]) -> Option<()> {
                match self { $( Self::$name(value) => value.write(out), )* }
            }
        }

        /// Every tag, and the bytes of its value.
        pub(super) const VALUE_BYTES: &[(u8, usize)] = &[$( ($tag, <$kind>::BYTES) ),*];

        #[cfg(test)]
        impl Element {
            /// One of each.
            pub(crate) fn samples(source: &mut crate::sample::Source) -> alloc::vec::Vec<Self> {
                alloc::vec![$( Self::$name(crate::sample::Sample::sample(source)), )*]
            }
        }
    };
}

elements! {
    /// The order's second reference number.
    SecondaryOrderReference(u64) = 1,
    /// The firm.
    Firm(Alpha<4>) = 2,
    /// The smallest quantity that may trade, in shares.
    MinQuantity(u32) = 3,
    /// Whether the customer is a retail customer.
    CustomerType(CustomerType) = 4,
    /// The part of a reserve order that is shown, in shares.
    MaxFloor(u32) = 5,
    /// What the price follows.
    PriceType(PriceType) = 6,
    /// How far from it, in 0.0001.
    PegOffset(SignedPrice4) = 7,
    /// The price up to which it may trade unseen, in 0.0001.
    DiscretionPrice(WidePrice4) = 9,
    /// What that price follows.
    DiscretionPriceType(PriceType) = 10,
    /// How far from it, in 0.0001.
    DiscretionPegOffset(SignedPrice4) = 11,
    /// Whether it may only add liquidity.
    PostOnly(PostOnly) = 12,
    /// By how much the shown part may vary, in shares.
    RandomReserves(u32) = 13,
    /// Where it is routed to.
    Route(Alpha<4>) = 14,
    /// How long it lives, in seconds.
    ExpireTime(Seconds) = 15,
    /// Whether it removes liquidity when it can.
    TradeNow(YesNo) = 16,
    /// How it is handled: `I` imbalance only, and other letters.
    HandleInst(Alpha<1>) = 17,
    /// What it did for the best price, as the venue lists it.
    BboWeight(Alpha<1>) = 18,
    /// The price that a trade refers to, in 0.0001.
    ReferencePrice(WidePrice4) = 19,
    /// What that price is, as the venue lists it.
    ReferencePriceType(Alpha<1>) = 20,
    /// The quantity that is shown, in shares.
    DisplayQuantity(u32) = 22,
    /// The price that is shown, in 0.0001.
    DisplayPrice(WidePrice4) = 23,
    /// The group of orders that it belongs to.
    GroupId(u16) = 24,
    /// Whether the shares of a short sale are located.
    SharesLocated(YesNo) = 25,
    /// Who located them.
    LocateBroker(Alpha<4>) = 26,
    /// The side of an order.
    Side(Side) = 27,
    /// The channel of the flow of orders; without it, channel 0.
    UserRefIdx(u8) = 28,
    /// How trades with own orders are prevented, as the venue lists it.
    AiqStrategy(Alpha<1>) = 29,
    /// Among which orders.
    AiqGroupId(u16) = 30,
}

fn exact<T: Field>(tag: u8, value: &[u8]) -> Result<T, AppendageError> {
    if value.len() == T::BYTES {
        T::read(value).ok_or(AppendageError::BadElement(tag))
    } else {
        Err(AppendageError::BadElementLength(tag))
    }
}
