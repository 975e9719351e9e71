//! The queues of the levels: first in, first out, doubly linked by slots.

use super::Book;
use super::order::Order;
use super::pool::NONE;
use crate::types::Price;

impl Book<'_> {
    /// Puts an order at the back of the queue of its price; its links and level are filled in here.
    ///
    /// The caller has checked that there is room, and that its id is not open.
    #[inline]
    pub(super) fn join(&mut self, order: Order, price: Price) {
        let id = super::ladder::LadderId(order.ladder);
        let level_slot = self.ladders.find_or_add(id, price.ticks());
        let level = self.ladders.levels.get_mut(level_slot);
        let last = level.tail;
        let slot = self.orders.insert(Order { level: level_slot, prev: last, next: NONE, ..order });
        level.tail = slot;
        level.order_count += 1;
        level.head = if last == NONE { slot } else { level.head };
        // Without a last order this writes to slot 0, which nobody reads: cheaper than a guess.
        self.orders.pool.get_mut(last).next = slot;
    }

    /// Takes an open order out of its queue and out of the book, and its level with it when it was
    /// the last.
    #[inline]
    pub(super) fn leave(&mut self, slot: u32) {
        let Order { prev, next, level: level_slot, .. } = *self.orders.pool.get(slot);
        self.orders.remove(slot);
        let level = self.ladders.levels.get_mut(level_slot);
        level.order_count -= 1;
        level.head = if prev == NONE { next } else { level.head };
        level.tail = if next == NONE { prev } else { level.tail };
        // Without a neighbour this writes to slot 0, which nobody reads: cheaper than a guess.
        self.orders.pool.get_mut(prev).next = next;
        self.orders.pool.get_mut(next).prev = prev;
        if level.order_count == 0 {
            self.ladders.remove(level_slot);
        }
    }
}
