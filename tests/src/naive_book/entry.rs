//! How a new order comes in, and what it is checked for at the door.

use super::{Flaw, NaiveBook, NaiveInstrument, NaiveOrder, Rejection, quantity};
use highwater::command::NewOrder;
use highwater::event::{EventKind, RejectReason};
use highwater::limits::{CLOCK_NS_MAX, ICEBERG_PARTS_MAX, QUANTITY_MAX};
use highwater::types::{InstrumentTerms, Lots, OrderType, Phase, Price, Ticks, TimeInForce};

impl NaiveBook {
    pub(super) fn new_order(&mut self, new: &NewOrder) -> Rejection<()> {
        let instrument = self.instrument(new.instrument)?;
        if instrument.is_halted {
            return Err(RejectReason::Halted);
        }
        let order = self.read_new(new, &instrument)?;
        self.check_new(&order, &instrument)?;
        let accepted = EventKind::Accepted {
            client_sequence: self.command.client_sequence,
            order: new.order,
            side: new.side,
            price: order.limit_ticks(),
            trigger: Ticks(order.trigger.map_or(0, Price::ticks)),
            quantity: quantity(new.quantity.0),
        };
        self.emit_own(new.instrument, accepted);
        self.enter(&order);
        if !(order.is_waiting() && self.has(Flaw::StopAlwaysWaits)) {
            self.cascade(new.instrument);
        }
        Ok(())
    }

    /// Lets an order trade or, when it is a stop whose time has not come, wait.
    pub(super) fn enter(&mut self, order: &NaiveOrder) {
        if !order.is_waiting() {
            self.execute(order);
        } else if self.is_trading(order.instrument)
            && self.is_elected(order)
            && !self.has(Flaw::StopAlwaysWaits)
        {
            self.trigger(order);
        } else {
            self.orders.push(*order);
        }
    }

    /// The order that a command describes, its numbers checked.
    fn read_new(&self, new: &NewOrder, instrument: &NaiveInstrument) -> Rejection<NaiveOrder> {
        let NewOrder { order_type, conditions, .. } = *new;
        let terms = &instrument.terms;
        let has_limit = order_type.has_limit() || self.has(Flaw::MarketNeedsPrice);
        let limit = if has_limit { Some(self.read_price(new.price, terms)?) } else { None };
        let is_stop = order_type.is_stop();
        let trigger =
            if is_stop { Some(self.read_price(conditions.trigger, terms)?) } else { None };
        let Lots(remaining) = new.quantity;
        if remaining == 0 || !self.is_quantity(new.quantity, terms) {
            return Err(RejectReason::BadQuantity);
        }
        if !self.is_quantity(conditions.display, terms)
            || !self.is_quantity(conditions.minimum, terms)
            || conditions.minimum > new.quantity
            || self.has_too_many_parts(remaining, conditions.display.0)
        {
            return Err(RejectReason::BadQuantity);
        }
        let is_dated = new.time_in_force == TimeInForce::GoodTillDate;
        let expiry_ns = conditions.expiry_ns;
        let is_idle = !is_dated && expiry_ns != 0 && !self.has(Flaw::ExpiryAnywhere);
        if is_dated && !self.is_expiry(expiry_ns) || is_idle {
            return Err(RejectReason::BadExpiry);
        }
        Ok(NaiveOrder {
            instrument: new.instrument,
            order: new.order,
            account: new.account,
            session: self.command.session,
            side: new.side,
            order_type,
            limit: if order_type.has_limit() { limit } else { None },
            trigger,
            remaining,
            visible: 0,
            display: conditions.display.0,
            minimum: conditions.minimum.0,
            time_in_force: new.time_in_force,
            expiry_ns: if is_dated { expiry_ns } else { 0 },
            self_trade: conditions.self_trade,
            post_only: conditions.post_only,
        })
    }

    fn check_new(&self, order: &NaiveOrder, instrument: &NaiveInstrument) -> Rejection<()> {
        if let Some(place) = self.find(order.instrument, order.order) {
            let is_waiting = self.orders[place].is_waiting();
            let is_taken = is_waiting && self.has(Flaw::StopIdsAreFree);
            if !is_taken && !self.has(Flaw::DuplicateId) {
                return Err(RejectReason::DuplicateId);
            }
        }
        self.check_risk(order, &instrument.terms)?;
        let may_rest = order.time_in_force.may_rest() && order.order_type != OrderType::Market;
        let may_be_open = may_rest || order.order_type.is_stop();
        if (may_be_open || self.has(Flaw::MaxOrdersCountsAll)) && self.is_at_limit() {
            return Err(RejectReason::MaxOrders);
        }
        if !order.is_waiting() {
            self.check_phase(order, instrument)?;
        }
        if (may_be_open || self.has(Flaw::IocNeedsRoom)) && self.is_full(order) {
            return Err(RejectReason::OrdersFull);
        }
        if may_be_open && !self.has_level_room(&self.orders, order) {
            return Err(RejectReason::LevelsFull);
        }
        Ok(())
    }

    /// The price, which must be one, in the instrument's steps.
    pub(super) fn read_price(&self, price: Ticks, terms: &InstrumentTerms) -> Rejection<Price> {
        let is_step = price.0.is_multiple_of(terms.tick.0) || self.has(Flaw::TickIgnored);
        Price::new(price).filter(|_| is_step).ok_or(RejectReason::BadPrice)
    }

    /// Whether it is no more than any order may have, in the instrument's steps.
    pub(super) fn is_quantity(&self, lots: Lots, terms: &InstrumentTerms) -> bool {
        let is_step = lots.0.is_multiple_of(terms.lot.0) || self.has(Flaw::LotIgnored);
        lots.0 <= QUANTITY_MAX && is_step
    }

    /// Whether an iceberg would show itself in too many parts.
    pub(super) fn has_too_many_parts(&self, lots: u64, display: u64) -> bool {
        let is_short = u128::from(lots) <= u128::from(display) * u128::from(ICEBERG_PARTS_MAX);
        display > 0 && !is_short && !self.has(Flaw::EndlessParts)
    }

    fn is_expiry(&self, expiry_ns: u64) -> bool {
        let is_ahead = if self.has(Flaw::ExpiryAtTheClock) {
            expiry_ns >= self.clock_ns
        } else {
            expiry_ns > self.clock_ns
        };
        is_ahead && expiry_ns <= CLOCK_NS_MAX
    }

    /// Checks the order against what its instrument takes.
    pub(super) fn check_risk(&self, order: &NaiveOrder, terms: &InstrumentTerms) -> Rejection<()> {
        let banded = if self.has(Flaw::BandOnTriggers) {
            order.limit.into_iter().chain(order.trigger).all(|price| self.is_in_band(price, terms))
        } else {
            order.limit.is_none_or(|price| self.is_in_band(price, terms))
        };
        if !banded {
            return Err(RejectReason::PriceBand);
        }
        if order.remaining > terms.quantity_max.0 {
            return Err(RejectReason::MaxQuantity);
        }
        let Some(price) = order.limit else { return Ok(()) };
        let (ticks, lots) = (u64::from(price.ticks()), order.remaining);
        let notional = if self.has(Flaw::NotionalWraps) {
            u128::from(ticks.wrapping_mul(lots))
        } else {
            u128::from(ticks) * u128::from(lots)
        };
        if notional > terms.notional_max.get() {
            return Err(RejectReason::MaxNotional);
        }
        Ok(())
    }

    fn is_in_band(&self, price: Price, terms: &InstrumentTerms) -> bool {
        let (low, high) = (terms.band.low.0, terms.band.high.0);
        if self.has(Flaw::BandWithoutEnds) {
            return low < price.ticks() && price.ticks() < high;
        }
        low <= price.ticks() && price.ticks() <= high
    }

    /// Whether the session that sent the command has as many open orders as it may.
    pub(super) fn is_at_limit(&self) -> bool {
        let session = self.command.session;
        let open_orders_max = self.open_orders_max.get(&session).copied().unwrap_or(u32::MAX);
        self.open_orders(session) >= open_orders_max
    }

    /// Checks an order that does not wait against the phase, and post-only.
    pub(super) fn check_phase(
        &self,
        order: &NaiveOrder,
        instrument: &NaiveInstrument,
    ) -> Rejection<()> {
        let is_market = order.order_type == OrderType::Market;
        let needs_matching = match instrument.phase {
            Phase::Continuous => false,
            Phase::Collecting => {
                is_market || self.would_trade(order) && !self.has(Flaw::CollectingTakesCrossing)
            }
            Phase::Auction => {
                is_market
                    || !order.time_in_force.may_rest()
                    || order.minimum > 0 && !self.has(Flaw::AuctionTakesMinimum)
            }
        };
        if needs_matching {
            return Err(RejectReason::NoMatching);
        }
        let is_continuous =
            instrument.phase == Phase::Continuous || self.has(Flaw::PostOnlyInAuctions);
        if is_continuous && order.post_only && self.would_break_post_only(order) {
            return Err(RejectReason::PostOnlyWouldCross);
        }
        Ok(())
    }

    fn would_break_post_only(&self, order: &NaiveOrder) -> bool {
        let meets_own = self.best_opposite(order).is_some_and(|best| self.is_own(order, &best));
        self.would_trade(order) && !(self.has(Flaw::PostOnlyAfterSelfTrade) && meets_own)
    }

    /// Whether an order would trade at once, were orders traded as they come in.
    pub(super) fn would_trade(&self, order: &NaiveOrder) -> bool {
        self.best_opposite(order).is_some_and(|best| self.reaches(order, best.price()))
    }

    /// What an order shows that joins the back of its level.
    pub(super) fn shown(&self, order: &NaiveOrder) -> u64 {
        if order.display == 0 || self.has(Flaw::ShowsAll) {
            return order.remaining;
        }
        quantity(order.display.min(order.remaining)).lots()
    }
}
