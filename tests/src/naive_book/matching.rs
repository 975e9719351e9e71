//! How an order that does not wait trades, and what becomes of the rest.

use super::{Flaw, NaiveBook, NaiveOrder, quantity};
use highwater::event::{CancelReason, EventKind};
use highwater::types::{
    InstrumentTerms, Lots, OrderType, Phase, Price, SelfTrade, Side, TimeInForce,
};

impl NaiveBook {
    /// Lets an order trade as far as it goes; the rest rests or is canceled.
    pub(super) fn execute(&mut self, order: &NaiveOrder) {
        if let Some(reason) = self.why_unfillable(order) {
            self.emit_canceled(order, reason);
            return;
        }
        let mut order = *order;
        let phase = self.instruments[order.instrument.0 as usize].phase;
        if phase == Phase::Continuous
            || phase == Phase::Auction && self.has(Flaw::AuctionTrades)
            || phase == Phase::Collecting
        {
            self.cross(&mut order);
        }
        if self.has(Flaw::CascadeBeforeRest) && !order.order_type.is_stop() {
            self.cascade(order.instrument);
        }
        if order.remaining > 0 {
            self.settle(&order);
        }
    }

    /// Why an order is canceled as a whole before it trades.
    fn why_unfillable(&self, order: &NaiveOrder) -> Option<CancelReason> {
        let is_all_or_none = order.time_in_force == TimeInForce::FillOrKill;
        if is_all_or_none
            && self.tradable(order) < order.remaining
            && !self.has(Flaw::FokTradesFirst)
        {
            return Some(CancelReason::FokUnfillable);
        }
        if order.minimum > 0 && self.tradable(order) < order.minimum {
            return (!self.has(Flaw::MinimumIgnored)).then_some(CancelReason::MinimumUnfillable);
        }
        None
    }

    /// What the order would trade, found out by trading it in a copy of the book.
    fn tradable(&self, order: &NaiveOrder) -> u64 {
        let (mut trial, mut order) = (self.clone(), *order);
        trial.events.clear();
        if self.has(Flaw::FokIgnoresHidden) {
            trial.orders.iter_mut().for_each(|order| order.remaining = order.visible);
            trial.orders.retain(|order| order.remaining > 0);
        }
        let prevention = order.self_trade;
        if self.has(Flaw::FokCountsOwn) {
            order.self_trade = SelfTrade::Allow;
        }
        if self.has(Flaw::FokCountsBehindOwn) && prevention != SelfTrade::Allow {
            order.self_trade = SelfTrade::CancelOldest;
        }
        trial.cross(&mut order);
        let traded = trial.events.iter().map(|event| {
            if let EventKind::Trade { quantity, .. } = event.kind { quantity.lots() } else { 0 }
        });
        traded.sum()
    }

    /// Trades with one maker after the other while the limit reaches.
    fn cross(&mut self, taker: &mut NaiveOrder) {
        let whole = taker.remaining;
        while let Some(maker) = self.best_opposite(taker) {
            let walks_on = self.has(Flaw::IgnoresLimit) && taker.remaining < whole;
            if taker.remaining == 0 || !(walks_on || self.reaches(taker, maker.price())) {
                return;
            }
            if self.has(Flaw::BandBlocksTrading) && self.is_outside(&maker) {
                return;
            }
            if self.is_own(taker, &maker) && self.prevention(taker, &maker) != SelfTrade::Allow {
                self.prevent(taker, &maker);
            } else {
                self.trade(taker, &maker);
            }
        }
    }

    /// Whether an incoming order trades at the price.
    pub(super) fn reaches(&self, incoming: &NaiveOrder, best: Price) -> bool {
        let Some(limit) = incoming.limit else { return true };
        if best == limit {
            return !self.has(Flaw::StrictCrossing);
        }
        match incoming.side {
            Side::Buy => best < limit,
            Side::Sell => best > limit,
        }
    }

    fn is_outside(&self, maker: &NaiveOrder) -> bool {
        let InstrumentTerms { band, .. } = self.instruments[maker.instrument.0 as usize].terms;
        !band.takes(maker.price())
    }

    /// Whether two orders belong to the same account.
    pub(super) fn is_own(&self, one: &NaiveOrder, other: &NaiveOrder) -> bool {
        one.account == other.account && !(one.account.0 == 0 && self.has(Flaw::NobodyIsNoAccount))
    }

    fn prevention(&self, taker: &NaiveOrder, maker: &NaiveOrder) -> SelfTrade {
        let said = if self.has(Flaw::MakerPrevents) { maker.self_trade } else { taker.self_trade };
        match (said, self.flaw) {
            (SelfTrade::CancelNewest, Flaw::CancelNewestGoesOn)
            | (SelfTrade::CancelBoth, Flaw::CancelBothGoesOn) => SelfTrade::CancelOldest,
            (SelfTrade::CancelOldest, Flaw::CancelOldestStops) => SelfTrade::CancelBoth,
            (SelfTrade::CancelBoth, Flaw::CancelBothKeepsMaker) => SelfTrade::CancelNewest,
            (said, _) => said,
        }
    }

    /// Cancels one of two orders of an account, or both, the maker first.
    fn prevent(&mut self, taker: &mut NaiveOrder, maker: &NaiveOrder) {
        let mode = self.prevention(taker, maker);
        if mode != SelfTrade::CancelNewest {
            self.cancel(self.place_of(maker), CancelReason::SelfTrade);
        }
        if mode != SelfTrade::CancelOldest {
            self.emit_canceled(taker, CancelReason::SelfTrade);
            taker.remaining = 0;
        }
    }

    fn trade(&mut self, taker: &mut NaiveOrder, maker: &NaiveOrder) {
        let place = self.place_of(maker);
        let offered = if self.has(Flaw::HiddenTrades) { maker.remaining } else { maker.visible };
        let traded = offered.min(taker.remaining);
        taker.remaining -= traded;
        let maker = &mut self.orders[place];
        maker.remaining -= traded;
        maker.visible = maker.visible.saturating_sub(traded);
        let maker = *maker;
        let is_takers = self.has(Flaw::TakersPrice);
        let price = taker.limit.filter(|_| is_takers).unwrap_or_else(|| maker.price());
        self.instrument_mut(taker.instrument).last_trade = Some(price);
        let trade = EventKind::Trade {
            maker: maker.order,
            taker: taker.order,
            side: taker.side,
            maker_session: maker.session,
            price,
            quantity: quantity(traded),
            maker_remaining: Lots(maker.remaining),
            taker_remaining: Lots(taker.remaining),
        };
        self.emit(taker, trade);
        if maker.remaining == 0 {
            self.orders.remove(place);
        } else if maker.visible == 0 {
            self.replenish(place, Flaw::ReplenishedKeepsPlace);
        } else if self.has(Flaw::PartialFillLosesPlace) {
            self.send_to_the_back(place);
        }
    }

    /// Shows a new part of an iceberg, at the back of its level unless the flaw is there.
    pub(super) fn replenish(&mut self, place: usize, keeps_place: Flaw) {
        self.orders[place].visible = self.shown(&self.orders[place]);
        let order = self.orders[place];
        if !self.has(keeps_place) {
            self.send_to_the_back(place);
        }
        let replenished = EventKind::Replenished {
            order: order.order,
            side: order.side,
            price: order.price(),
            visible: quantity(order.visible),
        };
        self.emit(&order, replenished);
    }

    /// What becomes of the rest of an order.
    fn settle(&mut self, order: &NaiveOrder) {
        let rests = order.time_in_force.may_rest() || self.has(Flaw::RestRests);
        let Some(price) = order.limit else {
            let reason = if self.has(Flaw::MarketRestIsIoc) {
                CancelReason::IocRemainder
            } else {
                CancelReason::NoLiquidity
            };
            return self.emit_canceled(order, reason);
        };
        if !rests {
            return self.emit_canceled(order, CancelReason::IocRemainder);
        }
        // A triggered order comes in unchecked; for the others there was room on entry.
        let is_triggered = order.order_type.is_stop();
        let visible = self.shown(order);
        let order = NaiveOrder { order_type: OrderType::Limit, minimum: 0, visible, ..*order };
        if is_triggered
            && !self.has(Flaw::TriggeredNeedsNoRoom)
            && !self.has_level_room(&self.orders, &order)
        {
            return self.emit_canceled(&order, CancelReason::LevelsFull);
        }
        self.orders.push(order);
        let rested = EventKind::Rested {
            order: order.order,
            side: order.side,
            price,
            quantity: quantity(order.remaining),
            visible: quantity(order.visible),
        };
        self.emit(&order, rested);
    }
}
