//! What an open order keeps of how it came in, as one number: 0 for a plain one.

use crate::book::invariant::broken_invariant;
use crate::types::{SelfTrade, TimeInForce};

/// How long an order stays, and what it does when it meets others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::book) struct Terms {
    pub(in crate::book) time_in_force: TimeInForce,
    pub(in crate::book) self_trade: SelfTrade,
    pub(in crate::book) post_only: bool,
}

impl Terms {
    /// The terms as they are kept in an order.
    pub(in crate::book) fn bits(self) -> u16 {
        let (time_in_force, self_trade) = (self.time_in_force.code(), self.self_trade.code());
        u16::from(time_in_force) | u16::from(self_trade) << 3 | u16::from(self.post_only) << 5
    }

    /// The terms that these bits stand for; `None` when they stand for none.
    pub(in crate::book) fn read(bits: u16) -> Option<Self> {
        (bits & 7 <= 4 && bits >> 6 == 0).then(|| Self::from_bits(bits))
    }

    /// The terms of an order.
    pub(super) fn from_bits(bits: u16) -> Self {
        let [low, _] = bits.to_le_bytes();
        Self {
            time_in_force: match TimeInForce::of_code(low & 7) {
                Some(time_in_force) => time_in_force,
                None => broken_invariant("an order without a time in force"),
            },
            self_trade: match bits >> 3 & 3 {
                0 => SelfTrade::Allow,
                1 => SelfTrade::CancelNewest,
                2 => SelfTrade::CancelOldest,
                _ => SelfTrade::CancelBoth,
            },
            post_only: bits >> 5 & 1 == 1,
        }
    }
}
