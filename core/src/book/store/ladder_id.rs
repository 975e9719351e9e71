//! The number of a ladder: its instrument, its side, and whether its orders rest or wait.

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
}
