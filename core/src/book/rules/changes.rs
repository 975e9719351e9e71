//! What clients do to their open orders: cancel, reduce, replace.

use super::conditional::Conditional;
use super::context::Context;
use super::entry::{check_price, check_risk, has_too_many_parts};
use super::matching::Incoming;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::NONE;
use crate::book::{Book, Leaving, quantity_of};
use crate::command::{ReplaceOrder, ReplaceSizing};
use crate::event::{CancelReason, EventKind, EventSink, RejectReason};
use crate::types::{
    AccountId, InstrumentId, InstrumentTerms, Lots, OrderId, Price, Quantity, ReplaceRule,
    SessionId, Side, Ticks,
};

/// What a Replace, checked, does.
enum Change<T> {
    /// The order is renamed and may shrink where it is.
    Keep(Quantity),
    /// The order leaves its place and comes in again; a stop to wait behind the others, unless it
    /// is triggered.
    Move(T),
}

/// An order as a Replace leaves it.
#[derive(Clone, Copy)]
struct Changed {
    /// The session that had it before.
    owner: SessionId,
    side: Side,
    /// Its limit; 0 when it has none.
    price: Ticks,
    quantity: Quantity,
    /// What it shows, when it kept its place.
    kept: Option<Lots>,
}

impl Book<'_> {
    /// Cancels an open order; a plain one in one walk.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly half of all commands: one piece of code")]
    pub(in crate::book) fn cancel(
        &mut self,
        context: Context,
        order: OrderId,
        account: AccountId,
        sink: &mut impl EventSink,
    ) {
        let instrument = context.instrument();
        let hash = self.orders.hash(instrument, order);
        let Some(left) = self.take_plain(hash, instrument, order, account) else {
            return self.cancel_conditional(context, order, account, sink);
        };
        let (owner, open) = (SessionId(left.session), left.remaining);
        let side = LadderId(left.ladder).side_of_resting();
        let leaving = Leaving { order, side, price: Ticks(left.limit), open, visible: open };
        self.tell_left(context, Some(leaving), sink);
        // Told first: what it says is still in registers.
        self.emit_canceled(context.about(owner), leaving, CancelReason::User, sink);
        self.unlink_from_level(&left);
    }

    /// Cancels an open order that is not plain, or rejects the command.
    #[inline(never)]
    fn cancel_conditional(
        &mut self,
        context: Context,
        order: OrderId,
        account: AccountId,
        sink: &mut impl EventSink,
    ) {
        match self.find_own(context, order, account) {
            Ok((slot, _)) => self.cancel_slot(context, slot, CancelReason::User, sink),
            Err(reason) => self.reject(context, order, reason, sink),
        }
    }

    /// Takes lots off an open order, the hidden ones first, or cancels it when that is all of them.
    #[inline(never)]
    pub(in crate::book) fn reduce(
        &mut self,
        context: Context,
        order: OrderId,
        account: AccountId,
        by: Lots,
        sink: &mut impl EventSink,
    ) {
        let slot = match self.find_own(context, order, account) {
            Ok((slot, _)) => slot,
            Err(reason) => return self.reject(context, order, reason, sink),
        };
        let open = self.orders.open(slot);
        if by.0 >= open {
            return self.cancel_slot(context, slot, CancelReason::User, sink);
        }
        let lot = self.terms_of(context.instrument()).lot;
        if by.0 == 0 || !by.0.is_multiple_of(lot.0) {
            return self.reject(context, order, RejectReason::BadQuantity, sink);
        }
        let before = self.before_step(slot, sink);
        self.shrink(slot, open - by.0);
        self.tell_shrunk(context, before, slot, sink);
        let Leaving { side, price, visible, .. } = self.as_it_leaves(slot);
        let owner = SessionId(self.orders.pool.get(slot).session);
        let reduced = EventKind::Reduced {
            client_sequence: context.client_sequence,
            order,
            side,
            price,
            remaining: quantity_of(open - by.0),
            visible: Lots(visible),
        };
        self.emit(context.about(owner), reduced, sink);
    }

    /// Changes an open order by a difference of quantity: a Replace to what is open afterwards.
    ///
    /// Apart from [`replace`](Self::replace), so that who says the open quantity pays nothing.
    #[cold]
    #[inline(never)]
    pub(in crate::book) fn replace_by(
        &mut self,
        context: Context,
        replace: &ReplaceOrder,
        sink: &mut impl EventSink,
    ) {
        let open = match self.find_own(context, replace.order, replace.account) {
            Ok((slot, _)) => self.orders.open(slot),
            Err(reason) => return self.reject(context, replace.order, reason, sink),
        };
        let by = replace.quantity.0;
        let quantity = Lots(match replace.sizing {
            ReplaceSizing::Open => by,
            // The largest number is no quantity: what does not fit is rejected.
            ReplaceSizing::More => open.saturating_add(by),
            ReplaceSizing::Less => open.saturating_sub(by),
        });
        let sized = ReplaceOrder { sizing: ReplaceSizing::Open, quantity, ..*replace };
        self.replace(context, &sized, sink);
    }

    /// Changes id, price, trigger and quantity of an open order; the quantity that is said is the
    /// open one.
    #[inline(never)]
    pub(in crate::book) fn replace(
        &mut self,
        context: Context,
        replace: &ReplaceOrder,
        sink: &mut impl EventSink,
    ) {
        let (slot, hash) = match self.find_own(context, replace.order, replace.account) {
            Ok(found) => found,
            Err(reason) => return self.reject(context, replace.order, reason, sink),
        };
        if replace.quantity.0 == 0 {
            return self.cancel_slot(context, slot, CancelReason::User, sink);
        }
        let order = self.orders.pool.get(slot);
        let owner = SessionId(order.session);
        if u64::from(order.extra)
            | u64::from(order.terms)
            | self.ladders.instrument_book(context.instrument()).gate.word()
            != 0
        {
            return self.replace_conditional(context, slot, replace, sink);
        }
        match self.check_plain_replace(context, (slot, hash), replace) {
            Err(reason) => self.reject(context, replace.order, reason, sink),
            Ok(Change::Keep(quantity)) => {
                let side = LadderId(order.ladder).side();
                self.keep(context, slot, replace.new_order, quantity, sink);
                let change = Changed {
                    owner,
                    side,
                    price: replace.price,
                    quantity,
                    kept: Some(Lots(quantity.lots())),
                };
                self.emit_replaced(context, replace, change, sink);
            }
            Ok(Change::Move(incoming)) => {
                let before = self.before_step(slot, sink);
                self.orders.forget_hash(slot, hash);
                self.unlink_from_queue(slot);
                self.tell_left(context, before, sink);
                let Incoming { side, quantity, .. } = incoming;
                let change = Changed { owner, side, price: replace.price, quantity, kept: None };
                self.emit_replaced(context, replace, change, sink);
                self.execute_again(context, &incoming, sink);
            }
        }
    }

    /// The checks of [`check_replace`](Self::check_replace) that can fail for a plain order; its id
    /// has this hash.
    fn check_plain_replace(
        &self,
        context: Context,
        (slot, hash): (u32, u32),
        replace: &ReplaceOrder,
    ) -> Result<Change<Incoming>, RejectReason> {
        let order = self.orders.pool.get(slot);
        let limit = Price::new(replace.price).ok_or(RejectReason::BadPrice)?;
        let quantity = Quantity::new(replace.quantity).ok_or(RejectReason::BadQuantity)?;
        let hash = if replace.new_order == replace.order {
            hash
        } else {
            self.hash_of_unused(context.instrument(), replace.new_order)?
        };
        if context.session().0 != order.session {
            self.check_session(context.session())?;
        }
        let price = self.ladders.level(order.level).price;
        if replace.rule == ReplaceRule::Modify
            && price == limit.ticks()
            && quantity.lots() <= order.remaining
        {
            return Ok(Change::Keep(quantity));
        }
        let ladder = LadderId(order.ladder);
        self.check_level(ladder, limit, order.level)?;
        Ok(Change::Move(Incoming {
            order: replace.new_order,
            hash,
            account: AccountId(order.account),
            side: ladder.side(),
            may_rest: true,
            limit,
            quantity,
        }))
    }

    /// The hash of an id that no open order of the instrument has.
    fn hash_of_unused(
        &self,
        instrument: InstrumentId,
        order: OrderId,
    ) -> Result<u32, RejectReason> {
        let hash = self.orders.hash(instrument, order);
        match self.orders.find_hashed(hash, instrument, order) {
            None => Ok(hash),
            Some(_) => Err(RejectReason::DuplicateId),
        }
    }

    /// Changes an order that is not plain, or one on an instrument that does not take everything.
    #[inline(never)]
    fn replace_conditional(
        &mut self,
        context: Context,
        slot: u32,
        replace: &ReplaceOrder,
        sink: &mut impl EventSink,
    ) {
        let owner = SessionId(self.orders.pool.get(slot).session);
        match self.check_replace(context, slot, replace) {
            Err(reason) => self.reject(context, replace.order, reason, sink),
            Ok(Change::Keep(quantity)) => {
                self.keep(context, slot, replace.new_order, quantity, sink);
                let Leaving { side, price, visible, .. } = self.as_it_leaves(slot);
                let kept = Some(Lots(visible));
                let change = Changed { owner, side, price, quantity, kept };
                self.tell_replaced(context, replace, change, sink);
            }
            Ok(Change::Move(incoming)) => {
                let before = self.before_step(slot, sink);
                self.remove(slot);
                self.tell_left(context, before, sink);
                let Conditional { side, quantity, .. } = incoming;
                let price = incoming.limit_ticks();
                let change = Changed { owner, side, price, quantity, kept: None };
                self.tell_replaced(context, replace, change, sink);
                if incoming.trigger.is_some() {
                    self.wait(context, &incoming);
                } else {
                    self.execute_conditional(context, &incoming, sink);
                }
                self.run_stops(context, sink);
            }
        }
    }

    /// All checks of a Replace, in the documented order.
    fn check_replace(
        &self,
        context: Context,
        slot: u32,
        replace: &ReplaceOrder,
    ) -> Result<Change<Conditional>, RejectReason> {
        let instrument_book = self.ladders.instrument_book(context.instrument());
        if instrument_book.gate.is_halted() {
            return Err(RejectReason::Halted);
        }
        let terms = self.terms_of(context.instrument());
        let old = self.as_it_is(slot);
        let new = Self::changed(&old, replace, &terms)?;
        let is_renamed = replace.new_order != replace.order;
        if is_renamed && self.orders.find(context.instrument(), replace.new_order).is_some() {
            return Err(RejectReason::DuplicateId);
        }
        let quantity = new.quantity;
        check_risk(&terms, new.limit, quantity)?;
        if context.session().0 != self.orders.pool.get(slot).session {
            self.check_session(context.session())?;
        }
        if replace.rule == ReplaceRule::Modify
            && (new.limit, new.trigger) == (old.limit, old.trigger)
            && quantity <= old.quantity
        {
            return Ok(Change::Keep(quantity));
        }
        self.check_move(context, slot, &new)?;
        Ok(Change::Move(new))
    }

    /// An order, resting or waiting, as a Replace describes it.
    fn changed(
        old: &Conditional,
        replace: &ReplaceOrder,
        terms: &InstrumentTerms,
    ) -> Result<Conditional, RejectReason> {
        let limit = match old.limit {
            Some(_) => Some(check_price(replace.price, terms)?),
            None => None,
        };
        let trigger = match old.trigger {
            Some(_) if replace.trigger.0 != 0 => Some(check_price(replace.trigger, terms)?),
            trigger => trigger,
        };
        let quantity = Quantity::new(replace.quantity).ok_or(RejectReason::BadQuantity)?;
        if !quantity.lots().is_multiple_of(terms.lot.0)
            || has_too_many_parts(quantity, Lots(old.display))
        {
            return Err(RejectReason::BadQuantity);
        }
        let minimum = old.minimum.min(quantity.lots());
        Ok(Conditional { order: replace.new_order, limit, trigger, quantity, minimum, ..*old })
    }

    /// Whether an order can leave its place and come in as `new`.
    fn check_move(
        &self,
        context: Context,
        slot: u32,
        new: &Conditional,
    ) -> Result<(), RejectReason> {
        let (instrument, side) = (context.instrument(), new.side);
        let (ladder, price) = match new.trigger {
            Some(trigger) => (LadderId::of_stops(instrument, side), trigger),
            None => (LadderId::new(instrument, side), new.worst()),
        };
        if new.trigger.is_none() {
            self.check_phase(instrument, new)?;
        }
        self.check_level(ladder, price, self.orders.pool.get(slot).level)
    }

    /// Whether there is a level at `price` for an order of `level_slot`, once it has left that.
    fn check_level(
        &self,
        ladder: LadderId,
        price: Price,
        level_slot: u32,
    ) -> Result<(), RejectReason> {
        let leaving = (self.ladders.queue(level_slot).order_count == 1).then_some(level_slot);
        if self.ladders.has_room(ladder, price.ticks(), leaving, self.level_limits) {
            Ok(())
        } else {
            Err(RejectReason::LevelsFull)
        }
    }

    /// The order in `slot`, resting or waiting, as one that comes in.
    fn as_it_is(&self, slot: u32) -> Conditional {
        let order = self.orders.pool.get(slot);
        if LadderId(order.ladder).is_of_stops() {
            return self.waiting(slot);
        }
        let price = self.ladders.level(order.level).valid_price();
        self.again(slot, price, quantity_of(self.orders.open(slot)))
    }

    /// Changes an order where it is.
    fn keep(
        &mut self,
        context: Context,
        slot: u32,
        id: OrderId,
        quantity: Quantity,
        sink: &mut impl EventSink,
    ) {
        let before = self.before_step(slot, sink);
        self.shrink(slot, quantity.lots());
        self.tell_shrunk(context, before, slot, sink);
        let order = self.orders.pool.get_mut(slot);
        let old_session = core::mem::replace(&mut order.session, context.session().0);
        if order.id != id.0 {
            self.orders.rename(slot, id);
        }
        self.sessions.closed(SessionId(old_session));
        self.sessions.opened(context.session());
    }

    /// Leaves `open` lots of an order open, no more than there are; hidden ones go first.
    fn shrink(&mut self, slot: u32, open: u64) {
        let order = self.orders.pool.get_mut(slot);
        order.remaining = order.remaining.min(open);
        let (shown, extra) = (order.remaining, order.extra);
        if extra != NONE {
            let extra = self.orders.extra_mut(extra);
            extra.hidden = open - shown;
            extra.minimum = extra.minimum.min(open);
        }
    }

    /// What is told of the order in `slot` when it leaves: a stop that waits shows nothing, and has
    /// the limit that it will have.
    pub(super) fn as_it_leaves(&self, slot: u32) -> Leaving {
        let order = self.orders.pool.get(slot);
        let ladder = LadderId(order.ladder);
        Leaving {
            order: OrderId(order.id),
            side: ladder.side(),
            price: Ticks(order.limit),
            open: order.remaining + self.orders.hidden(order),
            visible: if ladder.is_of_stops() { 0 } else { order.remaining },
        }
    }

    /// Answers a Replace with the order as it is now; in one copy.
    #[inline(never)]
    fn tell_replaced(
        &mut self,
        context: Context,
        replace: &ReplaceOrder,
        change: Changed,
        sink: &mut impl EventSink,
    ) {
        self.emit_replaced(context, replace, change, sink);
    }

    /// The same, for the orders that are replaced most.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it tells is at hand where a plain order is")]
    fn emit_replaced(
        &mut self,
        context: Context,
        replace: &ReplaceOrder,
        change: Changed,
        sink: &mut impl EventSink,
    ) {
        let Changed { owner, side, price, quantity, kept } = change;
        let replaced = EventKind::Replaced {
            client_sequence: context.client_sequence,
            order: replace.order,
            new_order: replace.new_order,
            side,
            price,
            quantity,
            visible: kept.unwrap_or_default(),
            kept_priority: kept.is_some(),
        };
        self.emit(context.about(owner), replaced, sink);
    }

    /// Cancels the order in `slot`.
    #[inline(never)]
    pub(super) fn cancel_slot(
        &mut self,
        context: Context,
        slot: u32,
        reason: CancelReason,
        sink: &mut impl EventSink,
    ) {
        let leaving = self.as_it_leaves(slot);
        let owner = SessionId(self.orders.pool.get(slot).session);
        self.remove(slot);
        self.tell_left(context, Some(leaving), sink);
        self.emit_canceled(context.about(owner), leaving, reason, sink);
    }

    /// The slot of an open order of the account, and the hash of its id.
    fn find_own(
        &self,
        context: Context,
        order: OrderId,
        account: AccountId,
    ) -> Result<(u32, u32), RejectReason> {
        if context.instrument().0 >= self.symbols.count() {
            return Err(RejectReason::UnknownInstrument);
        }
        let hash = self.orders.hash(context.instrument(), order);
        match self.orders.find_hashed(hash, context.instrument(), order) {
            Some(slot) if self.orders.pool.get(slot).account == account.0 => Ok((slot, hash)),
            Some(_) | None => Err(RejectReason::UnknownOrder),
        }
    }
}
