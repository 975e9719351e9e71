//! Trade copies: what readers of a log that cannot replay it need to know of a trade.

use crate::event::{Event, EventKind};
use crate::types::{InstrumentId, Lots, OrderId, SessionId, Ticks, fold};

/// A copy of a trade, as it may stand in a log behind the command that caused it.
///
/// It decides nothing: the trade follows from the commands, and replay compares the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeCopy {
    /// How the two orders met.
    pub kind: TradeKind,
    /// The instrument.
    pub instrument: InstrumentId,
    /// The order that had rested; in an uncross the buying one.
    pub maker: OrderId,
    /// The order that came in; in an uncross the selling one.
    pub taker: OrderId,
    /// The session of the maker.
    pub maker_session: SessionId,
    /// The session of the taker.
    pub taker_session: SessionId,
    /// The price, in ticks; not 0.
    pub price: Ticks,
    /// How much was traded, in lots; not 0.
    pub quantity: Lots,
}

/// How two orders meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeKind {
    /// One came in while the other rested.
    Continuous,
    /// In the uncross of an auction.
    Auction,
}

impl TradeCopy {
    /// The copy of the trade that an event tells of; `None` for every other event.
    #[inline]
    pub fn of(event: &Event) -> Option<Self> {
        let Event { owner, instrument, kind, .. } = *event;
        if let EventKind::Trade { maker, taker, maker_session, price, quantity, .. } = kind {
            return Some(Self {
                kind: TradeKind::Continuous,
                instrument,
                maker,
                taker,
                maker_session,
                taker_session: owner,
                price: price.into(),
                quantity: Lots(quantity.lots()),
            });
        }
        if let EventKind::AuctionTrade { buy, sell, sell_session, price, quantity, .. } = kind {
            return Some(Self {
                kind: TradeKind::Auction,
                instrument,
                maker: buy,
                taker: sell,
                maker_session: owner,
                taker_session: sell_session,
                price: price.into(),
                quantity: Lots(quantity.lots()),
            });
        }
        None
    }

    /// Goes on with a hash over trades in their order.
    pub(crate) fn fold_into(&self, hash: u64) -> u64 {
        let sessions = u64::from(self.maker_session.0) | u64::from(self.taker_session.0) << 16;
        let kind = match self.kind {
            TradeKind::Continuous => 0,
            TradeKind::Auction => 1 << 32,
        };
        let words = [
            self.maker.0,
            self.taker.0,
            self.quantity.0,
            u64::from(self.price.0) | u64::from(self.instrument.0) << 32,
            sessions | kind,
        ];
        words.into_iter().fold(hash, |hash, word| fold(hash ^ word, ODD).wrapping_add(word))
    }
}

/// An odd constant without structure: digits of pi.
const ODD: u64 = 0x2438_6a88_85a3_08d3;
