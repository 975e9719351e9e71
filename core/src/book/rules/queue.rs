//! The queues of the levels: first in, first out, doubly linked by slots.

use crate::book::Book;
use crate::book::store::index::Chain;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::book::store::pool::{FreeList, NONE, entry, entry_mut};
use crate::types::{AccountId, InstrumentId, OrderId, Price, SessionId};

impl Book<'_> {
    /// Puts an order at the back of the queue of its price, or of its trigger; its links and level
    /// are filled in here. `hash` is its id's. Returns its slot.
    ///
    /// The caller has checked that there is room, and that its id is not open.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of all commands end here")]
    pub(in crate::book) fn join(&mut self, hash: u32, order: Order, price: Price) -> u32 {
        let next_slot = self.orders.pool.next_slot();
        self.orders.ids.make_room(&mut self.orders.pool, next_slot);
        let Chain { head } = self.orders.ids.chain(hash);
        let (entries, free) = self.orders.pool.parts();
        self.sessions.opened(SessionId(order.session));
        let id = LadderId(order.ladder);
        let (level, queue) = self.ladders.find_or_add(id, price.ticks());
        let last = queue.tail;
        let order = Order { level, prev: last, next: NONE, link: *head, ..order };
        let slot = free.insert(entries, order);
        // Without a last order this writes to slot 0, which nobody reads: cheaper than a guess.
        entry_mut(entries, last).next = slot;
        *head = slot;
        queue.add_last(last, slot);
        slot
    }

    /// The same, for orders with conditions.
    #[inline(never)]
    pub(in crate::book) fn join_conditional(&mut self, order: Order, price: Price) -> u32 {
        self.join(self.orders.hash_of(&order), order, price)
    }

    /// Gives the order in `slot`, which has joined its queue, its extra; as the last of the stops
    /// when it waits.
    pub(in crate::book) fn attach(&mut self, slot: u32, extra: Extra) {
        let order = self.orders.pool.get(slot);
        let (id, instrument) = (LadderId(order.ladder), order.instrument());
        if !id.is_of_stops() {
            return self.orders.attach(slot, extra);
        }
        let instrument_book = self.ladders.instrument_book_mut(instrument);
        let last = core::mem::replace(&mut instrument_book.last_stop, slot);
        if last == NONE {
            instrument_book.first_stop = slot;
        } else {
            let last_extra = self.orders.pool.get(last).extra;
            self.orders.extra_mut(last_extra).stop_next = slot;
        }
        self.orders.attach(slot, Extra { stop_prev: last, stop_next: NONE, ..extra });
    }

    /// Takes an open order, resting or waiting, out of its queue and out of the book, and its level
    /// with it when it was the last.
    #[inline]
    pub(in crate::book) fn remove(&mut self, slot: u32) {
        self.orders.forget_id(slot);
        self.unlink_from_queue(slot);
    }

    /// Takes an open order whose id is not in the index any more out of its queue and of the book.
    #[inline]
    pub(super) fn unlink_from_queue(&mut self, slot: u32) {
        if self.orders.pool.get(slot).extra != NONE {
            self.detach(slot);
        }
        let (entries, free) = self.orders.pool.parts();
        let left = take_out(entries, free, slot);
        self.unlink_from_level(&left);
    }

    /// Takes a plain order of an account by its id, whose hash is given, out of its queue and the
    /// book; [`unlink_from_level`](Self::unlink_from_level) is the caller's business. None when
    /// there is no such order, or when it is not plain.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly half of all commands: one piece of code")]
    pub(super) fn take_plain(
        &mut self,
        hash: u32,
        instrument: InstrumentId,
        id: OrderId,
        account: AccountId,
    ) -> Option<Order> {
        let (entries, free) = self.orders.pool.parts();
        let chain = self.orders.ids.chain(hash);
        let slot =
            chain.find(entries, |order| order.id == id.0 && order.instrument() == instrument)?;
        let order = entry(entries, slot);
        if order.account != account.0 || order.extra != NONE {
            return None;
        }
        chain.remove(entries, slot);
        Some(take_out(entries, free, slot))
    }

    /// Takes an order that has left its queue out of its level and its session.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "nearly half of all commands end here")]
    pub(super) fn unlink_from_level(&mut self, left: &Order) {
        let queue = self.ladders.queue_mut(left.level);
        queue.drop_between(left.prev, left.next);
        if queue.order_count == 0 {
            self.ladders.remove(left.level);
        }
        self.sessions.closed(SessionId(left.session));
    }

    /// Takes the extra of an order that leaves away.
    #[inline(never)]
    pub(super) fn detach(&mut self, slot: u32) {
        let order = self.orders.pool.get(slot);
        if LadderId(order.ladder).is_of_stops() {
            let Extra { stop_prev: prev, stop_next: next, .. } = *self.orders.extra(order.extra);
            let instrument = order.instrument();
            self.link_stops(prev, next);
            let instrument_book = self.ladders.instrument_book_mut(instrument);
            instrument_book.first_stop =
                if prev == NONE { next } else { instrument_book.first_stop };
            instrument_book.last_stop = if next == NONE { prev } else { instrument_book.last_stop };
        }
        self.orders.detach(slot);
    }

    /// Lets two stops follow each other.
    fn link_stops(&mut self, prev: u32, next: u32) {
        if prev != NONE {
            let extra = self.orders.pool.get(prev).extra;
            self.orders.extra_mut(extra).stop_next = next;
        }
        if next != NONE {
            let extra = self.orders.pool.get(next).extra;
            self.orders.extra_mut(extra).stop_prev = prev;
        }
    }

    /// Sends the first order of a level, which has an extra, to the back of its queue.
    pub(super) fn send_to_the_back(&mut self, slot: u32) {
        let Order { next, level: level_slot, extra, .. } = *self.orders.pool.get(slot);
        self.orders.note_joined(extra);
        if next == NONE {
            return;
        }
        let queue = self.ladders.queue_mut(level_slot);
        let last = core::mem::replace(&mut queue.tail, slot);
        queue.head = next;
        let pool = &mut self.orders.pool;
        pool.get_mut(next).prev = NONE;
        pool.get_mut(last).next = slot;
        let order = pool.get_mut(slot);
        (order.prev, order.next) = (last, NONE);
    }
}

/// Takes an order without an extra out of its slot and lets its neighbours follow each other.
#[inline(always)]
#[expect(clippy::inline_always, reason = "nearly half of all commands come through here")]
fn take_out(entries: &mut [Order], free: &mut FreeList, slot: u32) -> Order {
    let order = entry_mut(entries, slot);
    let left = *order;
    free.give_back(order, slot);
    // Without a neighbour this writes to slot 0, which nobody reads: cheaper than a guess.
    entry_mut(entries, left.prev).next = left.next;
    entry_mut(entries, left.next).prev = left.prev;
    left
}
