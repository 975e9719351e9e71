//! Call auctions: the one price, found by trying every order's price, and its trades.

use super::{Flaw, NaiveBook, NaiveOrder, quantity};
use highwater::book::Indicative;
use highwater::event::EventKind;
use highwater::types::{InstrumentId, Lots, Phase, Price, SelfTrade, Side, Ticks};
use std::collections::BTreeSet;

impl NaiveBook {
    /// What an uncross would do now; none when nothing would trade.
    pub fn indicative(&self, instrument: InstrumentId) -> Option<Indicative> {
        let orders = [Side::Buy, Side::Sell].map(|side| self.side(instrument, side));
        let mut prices: BTreeSet<Price> = orders.iter().flatten().map(NaiveOrder::price).collect();
        let most = prices.iter().map(|price| self.volume(instrument, *price)).max()?;
        if most == 0 {
            return None;
        }
        prices.retain(|price| self.volume(instrument, *price) == most);
        let imbalance = |price: &Price| self.imbalance(instrument, *price).unsigned_abs();
        let least = prices.iter().map(imbalance).min()?;
        if !self.has(Flaw::UncrossIgnoresImbalance) {
            prices.retain(|price| imbalance(price) == least);
        }
        let price = self.choose(instrument, &prices)?;
        Some(Indicative {
            price,
            volume_lots: self.volume(instrument, price),
            imbalance_lots: self.imbalance(instrument, price),
        })
    }

    /// The one of several prices with the same volume and imbalance. Where buyers are left over it
    /// is the highest, where sellers are it is the lowest; between those two, or where nobody is
    /// left over, it is the middle.
    fn choose(&self, instrument: InstrumentId, prices: &BTreeSet<Price>) -> Option<Price> {
        let (lowest, highest) = (*prices.first()?, *prices.last()?);
        let leaves = |price: &&Price| self.imbalance(instrument, **price).signum();
        let buyers_highest = prices.iter().rfind(|price| leaves(price) > 0).copied();
        let sellers_lowest = prices.iter().find(|price| leaves(price) < 0).copied();
        if self.has(Flaw::UncrossHighest) {
            return Some(highest);
        }
        Some(match (buyers_highest, sellers_lowest) {
            _ if self.has(Flaw::UncrossMiddle) => self.middle(instrument, lowest, highest),
            (None, None) => self.middle(instrument, lowest, highest),
            (Some(price), None) | (None, Some(price)) => price,
            (Some(buyers), Some(sellers)) => self.middle(instrument, buyers, sellers),
        })
    }

    /// The middle of two prices, rounded up to the instrument's tick.
    fn middle(&self, instrument: InstrumentId, lowest: Price, highest: Price) -> Price {
        let tick = u64::from(self.instruments[instrument.0 as usize].terms.tick.0);
        let sum = u64::from(lowest.ticks()) + u64::from(highest.ticks());
        let ticks = if self.has(Flaw::UncrossRoundsDown) {
            sum / (2 * tick) * tick
        } else {
            sum.div_ceil(2 * tick) * tick
        };
        let ticks = Ticks(u32::try_from(ticks).expect("not above the highest"));
        Price::new(ticks).expect("between two prices")
    }

    /// What would trade at a price.
    fn volume(&self, instrument: InstrumentId, price: Price) -> u128 {
        let [bought, sold] = self.wanted_at(instrument, price);
        bought.min(sold)
    }

    /// What buys at a price, less what sells at it.
    fn imbalance(&self, instrument: InstrumentId, price: Price) -> i128 {
        let [bought, sold] = self.wanted_at(instrument, price);
        bought.cast_signed() - sold.cast_signed()
    }

    /// What buys at a price or higher, and what sells at it or lower.
    fn wanted_at(&self, instrument: InstrumentId, price: Price) -> [u128; 2] {
        [Side::Buy, Side::Sell].map(|side| {
            let mut orders = self.side(instrument, side);
            orders.retain(|order| match side {
                Side::Buy => order.price() >= price,
                Side::Sell => order.price() <= price,
            });
            let hides = self.has(Flaw::UncrossIgnoresHidden);
            let lots = |order: &NaiveOrder| {
                u128::from(if hides { order.visible } else { order.remaining })
            };
            orders.iter().map(lots).sum()
        })
    }

    /// Trades at the one price, then lets the instrument trade continuously.
    pub(super) fn uncross(&mut self, instrument: InstrumentId) {
        let found = self.indicative(instrument);
        let volume_lots = found.map_or(0, |found| found.volume_lots);
        let uncrossed = EventKind::Uncrossed {
            client_sequence: self.command.client_sequence,
            price: Ticks(found.map_or(0, |found| found.price.ticks())),
            volume: Lots(u64::try_from(volume_lots).unwrap_or(u64::MAX)),
        };
        self.emit_own(instrument, uncrossed);
        if let Some(found) = found {
            self.trade_auction(instrument, found.price, volume_lots);
        }
        for side in [Side::Buy, Side::Sell] {
            let orders = self.side(instrument, side);
            if let Some(order) = orders.iter().find(|order| order.visible == 0) {
                self.replenish(self.place_of(order), Flaw::UncrossKeepsPlace);
            }
        }
        self.instrument_mut(instrument).phase = Phase::Continuous;
    }

    fn trade_auction(&mut self, instrument: InstrumentId, price: Price, volume_lots: u128) {
        let mut left = volume_lots;
        while left > 0 {
            let [bid, ask] = [Side::Buy, Side::Sell].map(|side| self.side(instrument, side)[0]);
            if bid.account == ask.account
                && bid.self_trade != SelfTrade::Allow
                && self.has(Flaw::UncrossPreventsSelfTrade)
            {
                return;
            }
            let traded = u128::from(bid.remaining.min(ask.remaining)).min(left);
            left -= traded;
            let traded = u64::try_from(traded).expect("not above an order's quantity");
            let auction_trade = EventKind::AuctionTrade {
                buy: bid.order,
                sell: ask.order,
                sell_session: ask.session,
                price,
                quantity: quantity(traded),
                buy_remaining: Lots(bid.remaining - traded),
                sell_remaining: Lots(ask.remaining - traded),
            };
            self.emit(&bid, auction_trade);
            for order in [bid, ask] {
                let place = self.place_of(&order);
                let order = &mut self.orders[place];
                order.remaining -= traded;
                order.visible = order.visible.saturating_sub(traded);
                if order.remaining == 0 {
                    self.orders.remove(place);
                }
            }
        }
        if !self.has(Flaw::UncrossIsNoTrade) {
            self.instrument_mut(instrument).last_trade = Some(price);
        }
    }
}
