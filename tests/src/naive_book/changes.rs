//! How open orders change and leave: cancel, reduce, replace, and many of them at once.

use super::{Flaw, NaiveBook, NaiveOrder, Rejection, quantity};
use highwater::command::{MassCancel, ReplaceOrder, ReplaceSizing};
use highwater::event::{CancelReason, EventKind, RejectReason};
use highwater::types::{InstrumentId, InstrumentTerms, Lots, ReplaceRule, SessionId, Side, Ticks};

impl NaiveBook {
    /// Takes an order out.
    pub(super) fn cancel(&mut self, place: usize, reason: CancelReason) {
        let order = self.orders.remove(place);
        self.emit_left(&order, order.visible, reason);
    }

    /// Says that all that is open of an order, which was in no queue, is canceled.
    pub(super) fn emit_canceled(&mut self, order: &NaiveOrder, reason: CancelReason) {
        self.emit_left(order, 0, reason);
    }

    /// Says that all that is open of an order, which showed so much, is canceled.
    fn emit_left(&mut self, order: &NaiveOrder, visible: u64, reason: CancelReason) {
        let canceled = EventKind::Canceled {
            client_sequence: self.command.client_sequence,
            order: order.order,
            side: order.side,
            price: order.limit_ticks(),
            quantity: quantity(order.remaining),
            visible: Lots(visible),
            reason,
        };
        self.emit(order, canceled);
    }

    pub(super) fn reduce(&mut self, place: usize, by: u64) -> Rejection<()> {
        let terms = self.instrument(self.orders[place].instrument)?.terms;
        let order = &mut self.orders[place];
        if by == 0 || by < order.remaining && !by.is_multiple_of(terms.lot.0) {
            return Err(RejectReason::BadQuantity);
        }
        if by >= order.remaining {
            self.cancel(place, CancelReason::User);
            return Ok(());
        }
        order.remaining -= by;
        order.visible = order.visible.min(order.remaining);
        order.minimum = order.minimum.min(order.remaining);
        if self.flaw == Flaw::ReduceTakesShown && order.visible > by {
            order.visible -= by;
        }
        let order = *order;
        if self.has(Flaw::ReduceLosesPlace) {
            self.send_to_the_back(place);
        }
        let reduced = EventKind::Reduced {
            client_sequence: self.command.client_sequence,
            order: order.order,
            side: order.side,
            price: order.limit_ticks(),
            remaining: quantity(order.remaining),
            visible: Lots(order.visible),
        };
        self.emit(&order, reduced);
        Ok(())
    }

    pub(super) fn replace(&mut self, replace: &ReplaceOrder) -> Rejection<()> {
        let place = self.find_own(replace.instrument, replace.order, replace.account)?;
        let replace = &self.sized(replace, place);
        if replace.quantity.0 == 0 {
            self.cancel(place, CancelReason::User);
            return Ok(());
        }
        let checked = self.check_replace(replace, place);
        if checked.is_err() && self.has(Flaw::RejectCancels) {
            self.orders.remove(place);
        }
        let (new, kept_priority) = checked?;
        let replaced = EventKind::Replaced {
            client_sequence: self.command.client_sequence,
            order: replace.order,
            new_order: new.order,
            side: new.side,
            price: new.limit_ticks(),
            quantity: quantity(new.remaining),
            visible: Lots(if kept_priority { new.visible } else { 0 }),
            kept_priority,
        };
        let old = self.orders[place];
        self.emit(&old, replaced);
        if kept_priority {
            self.orders[place] = new;
        } else {
            self.orders.remove(place);
            self.enter(&new);
        }
        self.cascade(replace.instrument);
        Ok(())
    }

    /// The Replace, to what is to be open of the order at this place.
    fn sized(&self, replace: &ReplaceOrder, place: usize) -> ReplaceOrder {
        let order = &self.orders[place];
        let forgets = self.has(Flaw::DifferenceForgetsHidden) && !order.is_waiting();
        let open = i128::from(if forgets { order.visible } else { order.remaining });
        let by = match replace.sizing {
            ReplaceSizing::Open => return *replace,
            ReplaceSizing::More => i128::from(replace.quantity.0),
            ReplaceSizing::Less => -i128::from(replace.quantity.0),
        };
        let left = if self.has(Flaw::DifferenceIsSwapped) { open - by } else { open + by };
        let left = match u64::try_from(left.max(0)) {
            Ok(0) if left == 0 && self.has(Flaw::DifferenceOfAllIsRejected) => u64::MAX,
            Ok(left) => left,
            Err(_) if self.has(Flaw::DifferenceWraps) => {
                order.remaining.wrapping_add(replace.quantity.0)
            }
            Err(_) => u64::MAX,
        };
        ReplaceOrder { sizing: ReplaceSizing::Open, quantity: Lots(left), ..*replace }
    }

    /// The order as a Replace leaves it, and whether it keeps its place.
    fn check_replace(&self, replace: &ReplaceOrder, place: usize) -> Rejection<(NaiveOrder, bool)> {
        let old = self.orders[place];
        let instrument = self.instrument(old.instrument)?;
        if instrument.is_halted && !self.has(Flaw::HaltAllowsReplace) {
            return Err(RejectReason::Halted);
        }
        let new = self.read_replace(replace, &old, &instrument.terms)?;
        let holder = self.find(old.instrument, replace.new_order);
        if holder.is_some_and(|holder| holder != place) {
            return Err(RejectReason::DuplicateId);
        }
        if !self.has(Flaw::ReplaceSkipsRisk) {
            self.check_risk(&new, &instrument.terms)?;
        }
        let comes_from_another = new.session != old.session;
        if (comes_from_another || self.has(Flaw::ReplaceCountsItself)) && self.is_at_limit() {
            return Err(RejectReason::MaxOrders);
        }
        if self.keeps_place(&old, &new, replace.rule) {
            return Ok((new, true));
        }
        if !new.is_waiting() && !self.has(Flaw::ReplaceIgnoresPhase) {
            self.check_phase(&new, &instrument)?;
        }
        let mut others = self.orders.clone();
        if !self.has(Flaw::ReplaceKeepsSpans) {
            others.remove(place);
        }
        if !self.has_level_room(&others, &new) {
            return Err(RejectReason::LevelsFull);
        }
        if self.has(Flaw::ReplaceNeedsRoom) && self.is_full(&new) {
            return Err(RejectReason::OrdersFull);
        }
        Ok((new, false))
    }

    /// The order that a Replace describes, its numbers checked.
    fn read_replace(
        &self,
        replace: &ReplaceOrder,
        old: &NaiveOrder,
        terms: &InstrumentTerms,
    ) -> Rejection<NaiveOrder> {
        let limit = match old.limit {
            Some(_) => Some(self.read_price(replace.price, terms)?),
            None => None,
        };
        let trigger = match old.trigger {
            Some(_) if replace.trigger != Ticks(0) => {
                Some(self.read_price(replace.trigger, terms)?)
            }
            kept => kept,
        };
        let Lots(remaining) = replace.quantity;
        let has_parts = self.has_too_many_parts(remaining, old.display);
        if has_parts || !self.is_quantity(replace.quantity, terms) {
            return Err(RejectReason::BadQuantity);
        }
        let is_stuck = self.has(Flaw::ReplaceKeepsMinimum);
        let stays = self.has(Flaw::SessionStays);
        Ok(NaiveOrder {
            order: replace.new_order,
            session: if stays { old.session } else { self.command.session },
            limit,
            trigger,
            remaining,
            visible: old.visible.min(remaining),
            minimum: if is_stuck { old.minimum } else { old.minimum.min(remaining) },
            ..*old
        })
    }

    fn keeps_place(&self, old: &NaiveOrder, new: &NaiveOrder, rule: ReplaceRule) -> bool {
        if self.has(Flaw::StopKeepsPlace) && old.is_waiting() {
            return old.trigger == new.trigger;
        }
        if old.limit != new.limit || old.trigger != new.trigger {
            return false;
        }
        match rule {
            ReplaceRule::Modify if new.remaining > old.remaining => {
                self.has(Flaw::IncreaseKeepsPlace)
            }
            ReplaceRule::Modify if new.remaining < old.remaining => {
                !self.has(Flaw::DecreaseLosesPlace)
            }
            ReplaceRule::Modify => true,
            ReplaceRule::CancelReplace => {
                self.has(Flaw::CancelReplaceKeepsPlace) && new.remaining == old.remaining
            }
        }
    }

    pub(super) fn mass_cancel(&mut self, wanted: &MassCancel) -> Rejection<()> {
        let session = self.command.session;
        let is_allowed = session == SessionId::OPERATOR
            || wanted.account.is_some()
            || wanted.session == Some(session)
            || self.has(Flaw::AnybodyMassCancels);
        if !is_allowed {
            return Err(RejectReason::NotOperator);
        }
        if let Some(instrument) = wanted.instrument {
            self.instrument(instrument)?;
        }
        let skips_stops = self.has(Flaw::MassCancelForgetsStops);
        let orders = self.in_bulk_order(|order| {
            wanted.instrument.is_none_or(|instrument| instrument == order.instrument)
                && wanted.account.is_none_or(|account| account == order.account)
                && wanted.side.is_none_or(|side| side == order.side)
                && wanted.session.is_none_or(|session| session == order.session)
                && !(skips_stops && order.is_waiting())
        });
        let mass_canceled = EventKind::MassCanceled {
            client_sequence: self.command.client_sequence,
            order_count: orders.len() as u64,
        };
        self.emit_own(wanted.instrument.unwrap_or_default(), mass_canceled);
        self.cancel_all(&orders, CancelReason::MassCancel);
        Ok(())
    }

    /// Some orders in the order in which many leave at once: by instrument, there bids, asks, then
    /// waiting stops.
    pub(super) fn in_bulk_order(&self, is_wanted: impl Fn(&NaiveOrder) -> bool) -> Vec<NaiveOrder> {
        if self.has(Flaw::BulkByArrival) {
            return self.orders.iter().filter(|order| is_wanted(order)).copied().collect();
        }
        let mut orders = Vec::new();
        for (number, _) in (0..).zip(&self.instruments) {
            let instrument = InstrumentId(number);
            orders.extend(self.side(instrument, Side::Buy));
            orders.extend(self.side(instrument, Side::Sell));
            orders.extend(self.stops(instrument));
        }
        orders.retain(is_wanted);
        orders
    }

    pub(super) fn cancel_all(&mut self, orders: &[NaiveOrder], reason: CancelReason) {
        for order in orders {
            self.cancel(self.place_of(order), reason);
        }
    }
}
