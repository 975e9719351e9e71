//! The number of a ladder: its instrument, its side, and whether its orders rest or wait.

use crate::limits::PRICE_MAX;
use crate::types::{InstrumentId, Side};

/// Number of a ladder: instrument, side, and whether its orders rest or wait.
///
/// The last two bits are 0 for bids, 1 for asks, 2 for sell stops and 3 for buy stops: the first of
/// them tells in which order the prices come, the second that they are triggers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::book) struct LadderId(pub(in crate::book) u32);

impl LadderId {
    /// The orders of `side` that rest; of a defined instrument, whose number has at most 24 bits.
    #[inline]
    pub(in crate::book) const fn new(instrument: InstrumentId, side: Side) -> Self {
        let side = match side {
            Side::Buy => 0,
            Side::Sell => 1,
        };
        Self(instrument.0 << 2 | side)
    }

    /// The stops of `side` that wait. A falling price triggers the highest sell stop first, a
    /// rising one the lowest buy stop.
    #[inline]
    pub(in crate::book) const fn of_stops(instrument: InstrumentId, side: Side) -> Self {
        let side = match side {
            Side::Sell => 2,
            Side::Buy => 3,
        };
        Self(instrument.0 << 2 | side)
    }

    /// The ladder with this number within an instrument, 0 to 3.
    pub(in crate::book) fn in_instrument(instrument: InstrumentId, number: u8) -> Option<Self> {
        (number <= 3).then_some(Self(instrument.0 << 2 | u32::from(number)))
    }

    /// The instrument.
    #[inline]
    pub(in crate::book) const fn instrument(self) -> InstrumentId {
        InstrumentId(self.0 >> 2)
    }

    /// The side of its orders.
    #[inline]
    pub(in crate::book) const fn side(self) -> Side {
        if (self.0 ^ self.0 >> 1) & 1 == 0 { Side::Buy } else { Side::Sell }
    }

    /// The side of its orders, where they rest.
    #[inline]
    pub(in crate::book) const fn side_of_resting(self) -> Side {
        if self.descends() { Side::Buy } else { Side::Sell }
    }

    /// Whether its orders wait for a trigger.
    #[inline]
    pub(in crate::book) const fn is_of_stops(self) -> bool {
        self.0 >> 1 & 1 == 1
    }

    /// Whether the highest price is the best.
    #[inline]
    pub(in crate::book) const fn descends(self) -> bool {
        self.0 & 1 == 0
    }

    /// How far a price is from the best end of the range: 0 for the highest price where prices
    /// descend, the price itself where they ascend.
    #[inline]
    pub(in crate::book) const fn rank(self, price: u32) -> u32 {
        price ^ self.flipped() & PRICE_MAX
    }

    /// The price of a rank.
    #[inline]
    pub(in crate::book) const fn price(self, rank: u32) -> u32 {
        rank ^ self.flipped() & PRICE_MAX
    }

    /// Whether `price` comes before `best`, which is 0 when there is no best.
    #[inline]
    pub(super) const fn is_better(self, price: u32, best: u32) -> bool {
        // No price is behind every other one on either side.
        self.place(price) < self.place(best)
    }

    /// The order of prices, and of none, from the best.
    #[inline]
    const fn place(self, price: u32) -> u32 {
        (price ^ self.flipped()).wrapping_sub(self.0 & 1)
    }

    /// All bits where the highest price is the best, else none. A number and not a question: half
    /// of all orders buy, and a guess is wrong half the time.
    #[inline]
    const fn flipped(self) -> u32 {
        (self.0 & 1).wrapping_sub(1)
    }
}

const _: () = assert!(PRICE_MAX == u32::MAX >> 1, "a rank has the bits of a price");
