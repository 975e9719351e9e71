//! The newtypes that everything else is said in: prices, quantities, names and places.
//!
//! What a client sent and what the book holds are different types: [`Ticks`] and [`Lots`] may be
//! anything, a [`Price`] and a [`Quantity`] are valid by construction.

use crate::limits::{PRICE_MAX, QUANTITY_MAX, SYMBOL_BYTES_MAX};
use core::fmt;

/// Declares a `Copy` newtype over an unsigned number that may have any value.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// A price in ticks as a client sent it: unchecked, so 0 and numbers above 2^31 - 1 occur.
    Ticks(u32)
}
number! {
    /// A number of lots, unchecked: what a client sent, or what remains of an order, which may be
    /// 0.
    Lots(u64)
}
number! {
    /// Name of an order, chosen by its client; unique among the open orders of one instrument.
    OrderId(u64)
}
number! {
    /// Whom an order belongs to; 0 where nobody says.
    AccountId(u32)
}
number! {
    /// Number of a session, from 0 ([`SessionId::OPERATOR`]) to the engine's number of sessions
    /// less one.
    #[doc(alias = "client")]
    SessionId(u16)
}
number! {
    /// A session's own number for a command, from 1 and strictly increasing; gaps are allowed.
    ClientSequence(u64)
}
number! {
    /// Number of an instrument, from 0, in the order of definition.
    InstrumentId(u32)
}
number! {
    /// Place of a command in the total order, from 1 without gaps; 0 stands before the first.
    #[doc(alias = "LSN")]
    Sequence(u64)
}
number! {
    /// Number of a segment file, from 1 without gaps.
    SegmentNumber(u64)
}
number! {
    /// Offset in a segment file, in bytes.
    #[doc(alias = "offset")]
    LogPosition(u64)
}

impl SessionId {
    /// The session whose commands set the engine up: instruments, capacities, the flow that a log
    /// belongs to.
    pub const OPERATOR: Self = Self(0);
}

impl Sequence {
    /// The sequence after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl SegmentNumber {
    /// The first segment of a log.
    pub const FIRST: Self = Self(1);

    /// The segment after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Identity of a log: 16 random bytes that its host chose when it was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogId(pub [u8; 16]);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A valid price: 1 to 2^31 - 1 ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u32);

impl Price {
    /// The price of `ticks` ticks; `None` unless it is 1 to 2^31 - 1.
    pub const fn new(ticks: Ticks) -> Option<Self> {
        if ticks.0 >= 1 && ticks.0 <= PRICE_MAX { Some(Self(ticks.0)) } else { None }
    }

    /// The price in ticks, 1 to 2^31 - 1.
    pub const fn ticks(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A valid quantity: 1 to 2^62 lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u64);

impl Quantity {
    /// The quantity of `lots` lots; `None` unless it is 1 to 2^62.
    pub const fn new(lots: Lots) -> Option<Self> {
        if lots.0 >= 1 && lots.0 <= QUANTITY_MAX { Some(Self(lots.0)) } else { None }
    }

    /// The quantity in lots, 1 to 2^62.
    pub const fn lots(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Name of an instrument: 1 to 16 bytes without a zero byte, padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol([u8; SYMBOL_BYTES_MAX]);

impl Symbol {
    /// The symbol with these bytes; `None` when there are none, more than 16, or a zero byte among
    /// them.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; SYMBOL_BYTES_MAX];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        if bytes.is_empty() || bytes.contains(&0) {
            return None;
        }
        Some(Self(padded))
    }

    /// The symbol from its padded form; `None` when a byte follows a zero or the first is one.
    pub fn from_padded(padded: [u8; SYMBOL_BYTES_MAX]) -> Option<Self> {
        let length = padded.iter().position(|byte| *byte == 0).unwrap_or(SYMBOL_BYTES_MAX);
        let (name, padding) = padded.split_at_checked(length)?;
        (!name.is_empty() && padding.iter().all(|byte| *byte == 0)).then_some(Self(padded))
    }

    /// All 16 bytes, the padding too.
    pub const fn padded(&self) -> &[u8; SYMBOL_BYTES_MAX] {
        &self.0
    }

    /// The bytes of the name, without padding.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or(&self.0)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("?")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({self})")
    }
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Buys at its price or lower.
    Buy,
    /// Sells at its price or higher.
    Sell,
}

impl Side {
    /// The side that this one trades with.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// What limits the price of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderType {
    /// Trades at its price or better.
    Limit,
}

/// How long an order stays (FIX tag 59).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeInForce {
    /// What does not trade at once rests until it trades or is canceled.
    GoodTillCancel,
    /// What does not trade at once is canceled.
    ImmediateOrCancel,
}

/// What a Replace does to an order's place in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplaceRule {
    /// The same price and the same or a smaller quantity keep the place; anything else loses it.
    Modify,
    /// A cancel and a new order in one step: always the back of the queue (OUCH Replace Order).
    CancelReplace,
}

/// How much an engine may hold; part of its logged state, because what is rejected depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capacities {
    /// Open orders, 1 to 2^28.
    pub orders: u32,
    /// Instruments, 1 to 2^24.
    pub instruments: u32,
    /// Sessions, the operator's included, 2 to 65,536.
    pub sessions: u32,
}

/// Converts a 32-bit number to an index; lossless, because the core needs 32-bit addresses or
/// wider.
#[expect(clippy::as_conversions, reason = "usize holds 32 bits: asserted in limits.rs")]
pub(crate) const fn index_of(number: u32) -> usize {
    number as usize
}

/// Converts a length to 64 bits; lossless, because no supported target has wider addresses.
#[expect(clippy::as_conversions, reason = "usize has at most 64 bits on every target")]
pub(crate) const fn length_of(length: usize) -> u64 {
    length as u64
}

/// Multiplies two words and folds the product's halves together: the mixing step of every hash in
/// the core.
#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let (low, high) = a.carrying_mul(b, 0);
    low ^ high
}
