//! What clients do to their open orders: cancel, reduce, replace.

use super::ladder::LadderId;
use super::matching::Incoming;
use super::{Book, Origin, quantity_of};
use crate::command::ReplaceOrder;
use crate::event::{CancelReason, EventKind, EventSink, RejectReason};
use crate::limits::QUANTITY_MAX;
use crate::types::{AccountId, Lots, OrderId, Price, Quantity, ReplaceRule, TimeInForce};

/// What a Replace, checked, does.
enum Change {
    /// The order leaves the book.
    Cancel,
    /// The order is renamed and may shrink where it is.
    Keep(Price, Quantity),
    /// The order leaves its place and comes in again.
    Move(Incoming),
}

impl Book<'_> {
    /// Cancels an open order.
    #[inline]
    pub(super) fn cancel(
        &mut self,
        origin: &Origin,
        (order, account): (OrderId, AccountId),
        sink: &mut impl EventSink,
    ) {
        match self.find_own(origin, order, account) {
            Ok(slot) => self.cancel_slot(origin, slot, sink),
            Err(reason) => self.reject(origin, order, reason, sink),
        }
    }

    /// Takes lots off an open order, or cancels it when that is all of them.
    pub(super) fn reduce(
        &mut self,
        origin: &Origin,
        (order, account): (OrderId, AccountId),
        by: Lots,
        sink: &mut impl EventSink,
    ) {
        let slot = match self.find_own(origin, order, account) {
            Ok(slot) if by.0 > 0 => slot,
            Ok(_) => return self.reject(origin, order, RejectReason::BadQuantity, sink),
            Err(reason) => return self.reject(origin, order, reason, sink),
        };
        let open = self.orders.pool.get_mut(slot);
        if by.0 >= open.remaining {
            return self.cancel_slot(origin, slot, sink);
        }
        open.remaining -= by.0;
        let remaining = quantity_of(open.remaining);
        let client_sequence = origin.client_sequence;
        self.emit(origin, EventKind::Reduced { client_sequence, order, remaining }, sink);
    }

    /// Changes id, price and quantity of an open order.
    pub(super) fn replace(
        &mut self,
        origin: &Origin,
        replace: &ReplaceOrder,
        sink: &mut impl EventSink,
    ) {
        let slot = match self.find_own(origin, replace.order, replace.account) {
            Ok(slot) => slot,
            Err(reason) => return self.reject(origin, replace.order, reason, sink),
        };
        match self.check_replace(slot, replace) {
            Err(reason) => self.reject(origin, replace.order, reason, sink),
            Ok(Change::Cancel) => self.cancel_slot(origin, slot, sink),
            Ok(Change::Keep(price, quantity)) => {
                self.keep(origin, slot, replace.new_order, quantity);
                self.emit_replaced(origin, replace, (price, quantity, true), sink);
            }
            Ok(Change::Move(incoming)) => {
                self.leave(slot);
                let now = (incoming.limit, incoming.quantity, false);
                self.emit_replaced(origin, replace, now, sink);
                self.execute(origin, &incoming, sink);
            }
        }
    }

    fn check_replace(&self, slot: u32, replace: &ReplaceOrder) -> Result<Change, RejectReason> {
        let order = self.orders.pool.get(slot);
        let ladder = LadderId(order.ladder);
        let price = Price::new(replace.price).ok_or(RejectReason::BadPrice)?;
        if replace.quantity.0 > QUANTITY_MAX {
            return Err(RejectReason::BadQuantity);
        }
        let is_renamed = replace.new_order != replace.order;
        if is_renamed && self.orders.find(ladder.instrument(), replace.new_order).is_some() {
            return Err(RejectReason::DuplicateId);
        }
        let Some(quantity) = Quantity::new(replace.quantity) else {
            return Ok(Change::Cancel);
        };
        let level = self.ladders.levels.get(order.level);
        if replace.rule == ReplaceRule::Modify
            && level.price == price.ticks()
            && quantity.lots() <= order.remaining
        {
            return Ok(Change::Keep(price, quantity));
        }
        let leaving = (level.order_count == 1).then_some(order.level);
        if !self.ladders.has_room(ladder, price.ticks(), leaving, self.level_limits()) {
            return Err(RejectReason::LevelsFull);
        }
        Ok(Change::Move(Incoming {
            order: replace.new_order,
            account: AccountId(order.account),
            side: ladder.side(),
            time_in_force: TimeInForce::GoodTillCancel,
            limit: price,
            quantity,
        }))
    }

    /// Changes an order where it is.
    fn keep(&mut self, origin: &Origin, slot: u32, id: OrderId, quantity: Quantity) {
        let order = self.orders.pool.get_mut(slot);
        order.remaining = quantity.lots();
        order.session = origin.session.0;
        if order.id != id.0 {
            self.orders.rename(slot, id);
        }
    }

    fn emit_replaced(
        &mut self,
        origin: &Origin,
        replace: &ReplaceOrder,
        (price, quantity, kept_priority): (Price, Quantity, bool),
        sink: &mut impl EventSink,
    ) {
        let replaced = EventKind::Replaced {
            client_sequence: origin.client_sequence,
            order: replace.order,
            new_order: replace.new_order,
            price,
            quantity,
            kept_priority,
        };
        self.emit(origin, replaced, sink);
    }

    /// Cancels the order in `slot` for its client.
    #[inline]
    fn cancel_slot(&mut self, origin: &Origin, slot: u32, sink: &mut impl EventSink) {
        let order = self.orders.pool.get(slot);
        let canceled = (OrderId(order.id), order.remaining);
        self.leave(slot);
        self.emit_canceled(origin, canceled, CancelReason::User, sink);
    }

    /// The slot of an open order of the account.
    #[inline]
    fn find_own(
        &self,
        origin: &Origin,
        order: OrderId,
        account: AccountId,
    ) -> Result<u32, RejectReason> {
        if origin.instrument.0 >= self.symbols.count() {
            return Err(RejectReason::UnknownInstrument);
        }
        match self.orders.find(origin.instrument, order) {
            Some(slot) if self.orders.pool.get(slot).account == account.0 => Ok(slot),
            Some(_) | None => Err(RejectReason::UnknownOrder),
        }
    }
}
