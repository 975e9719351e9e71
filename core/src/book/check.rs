//! Whether a book agrees with itself: links, counts, indexes and marks, for tests and for verifying
//! a log.

use super::Book;
use super::ladder::LadderId;
use super::pool::NONE;
use super::span::{DEPTHS, SPAN_BITS, map_of};
use crate::types::{InstrumentId, OrderId, Side};
use core::fmt;

/// What a book contradicts itself about: our bug, or memory that was not zero when the book was
/// made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckFault {
    /// A mark without a level, or a span with wrong links.
    Marks(InstrumentId, Side),
    /// A level's own fields, or which level comes next or is the best.
    Levels(InstrumentId, Side),
    /// The links of a queue, its first, last or number of orders.
    Queue(InstrumentId, Side),
    /// An order without quantity, in the wrong queue, or not found by its id.
    Order(InstrumentId, OrderId),
    /// The best bid is not below the best ask.
    Crossed(InstrumentId),
    /// A symbol that does not lead to its instrument.
    Symbol(InstrumentId),
    /// What is in use, what is free and what is in an index do not add up.
    Counts,
}

impl fmt::Display for CheckFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the book contradicts itself: ")?;
        match self {
            Self::Marks(instrument, side) => {
                write!(f, "marks of instrument {instrument}, {side:?}")
            }
            Self::Levels(instrument, side) => {
                write!(f, "levels of instrument {instrument}, {side:?}")
            }
            Self::Queue(instrument, side) => {
                write!(f, "a queue of instrument {instrument}, {side:?}")
            }
            Self::Order(instrument, order) => write!(f, "order {order} of instrument {instrument}"),
            Self::Crossed(instrument) => write!(f, "instrument {instrument} is crossed"),
            Self::Symbol(instrument) => write!(f, "the symbol of instrument {instrument}"),
            Self::Counts => f.write_str("what is in use, free and indexed does not add up"),
        }
    }
}

impl core::error::Error for CheckFault {}

impl Book<'_> {
    /// Checks all links, counts, totals, indexes and marks, and that no instrument is crossed.
    ///
    /// Takes a walk over everything that the memory holds. Not for the way of a command.
    ///
    /// # Errors
    ///
    /// The first contradiction that is found.
    ///
    /// # Panics
    ///
    /// When a link leads out of its pool.
    pub fn check(&self) -> Result<(), CheckFault> {
        let mut tally = Tally::default();
        for instrument in (0..self.symbols.count()).map(InstrumentId) {
            let symbol = self.symbol(instrument).ok_or(CheckFault::Symbol(instrument))?;
            ensure(self.instrument(symbol) == Some(instrument), CheckFault::Symbol(instrument))?;
            for side in [Side::Buy, Side::Sell] {
                self.check_ladder(instrument, side, &mut tally)?;
            }
            if let (Some(bid), Some(ask)) =
                (self.best(instrument, Side::Buy), self.best(instrument, Side::Sell))
            {
                ensure(bid < ask, CheckFault::Crossed(instrument))?;
            }
        }
        ensure(self.adds_up(&tally), CheckFault::Counts)
    }

    fn adds_up(&self, tally: &Tally) -> bool {
        let Self { orders, ladders, .. } = self;
        orders.pool.adds_up(tally.orders)
            && ladders.levels.adds_up(tally.levels)
            && ladders.spans.pool.adds_up(tally.spans)
            && orders.ids.count() == u64::from(tally.orders)
            && ladders.prices.count() == u64::from(tally.levels)
            && ladders.spans.prefixes.count() == u64::from(tally.spans)
    }

    fn check_ladder(
        &self,
        instrument: InstrumentId,
        side: Side,
        tally: &mut Tally,
    ) -> Result<(), CheckFault> {
        let id = LadderId::new(instrument, side);
        let ladder = *self.ladders.ladder(id);
        let mut walk = Walk { book: self, id, tally, first: NONE, last: NONE };
        for part in 0..u128::BITS {
            if map_of(ladder.root) >> part & 1 == 1 {
                walk.span(DEPTHS, part, NONE)?;
            }
        }
        let best = match side {
            Side::Buy => walk.last,
            Side::Sell => walk.first,
        };
        ensure(ladder.best_level == best, CheckFault::Levels(instrument, side))?;
        let best_price = if best == NONE { 0 } else { self.ladders.levels.get(best).price };
        ensure(ladder.best_price == best_price, CheckFault::Levels(instrument, side))
    }
}

/// What was found by walking.
#[derive(Default)]
struct Tally {
    orders: u32,
    levels: u32,
    spans: u32,
}

/// A walk over a ladder from its lowest price to its highest.
struct Walk<'a> {
    book: &'a Book<'a>,
    id: LadderId,
    tally: &'a mut Tally,
    /// Slot of the level with the lowest price.
    first: u32,
    /// Slot of the level that was found last.
    last: u32,
}

impl Walk<'_> {
    /// Checks a span that its parent marks, and everything in it.
    fn span(&mut self, depth: u32, prefix: u32, parent: u32) -> Result<(), CheckFault> {
        let spans = &self.book.ladders.spans;
        let slot = spans.find(self.id, depth, prefix).ok_or_else(|| self.bad_marks())?;
        let span = *spans.pool.get(slot);
        ensure(span.parent == parent && span.map != 0, self.bad_marks())?;
        self.tally.spans += 1;
        for part in 0..u64::BITS {
            if span.map >> part & 1 == 0 {
                continue;
            }
            let below = prefix << SPAN_BITS | part;
            if depth == 1 {
                self.level(below, slot)?;
            } else {
                self.span(depth - 1, below, slot)?;
            }
        }
        Ok(())
    }

    /// Checks the level at a marked price.
    fn level(&mut self, price: u32, span: u32) -> Result<(), CheckFault> {
        let ladders = &self.book.ladders;
        let slot = ladders.find(self.id, price).ok_or_else(|| self.bad_marks())?;
        let level = ladders.levels.get(slot);
        ensure(level.span == span && level.order_count > 0, self.bad_levels())?;
        if self.last == NONE {
            self.first = slot;
        } else {
            let neighbour = ladders.levels.get(self.last);
            let is_next = match self.id.side() {
                Side::Buy => ladders.after(level) == Some((neighbour.price, self.last)),
                Side::Sell => ladders.after(neighbour) == Some((price, slot)),
            };
            ensure(is_next, self.bad_levels())?;
        }
        self.last = slot;
        self.tally.levels += 1;
        self.queue(slot)
    }

    /// Checks the queue of a level.
    fn queue(&mut self, level_slot: u32) -> Result<(), CheckFault> {
        let orders = &self.book.orders;
        let level = self.book.ladders.levels.get(level_slot);
        let (mut slot, mut prev, mut count) = (level.head, NONE, 0);
        while slot != NONE {
            let order = orders.pool.get(slot);
            count += 1;
            ensure(order.prev == prev && count <= level.order_count, self.bad_queue())?;
            let is_right = order.level == level_slot
                && order.ladder == self.id.0
                && order.remaining > 0
                && orders.find(self.id.instrument(), OrderId(order.id)) == Some(slot);
            ensure(is_right, CheckFault::Order(self.id.instrument(), OrderId(order.id)))?;
            (prev, slot) = (slot, order.next);
        }
        self.tally.orders += count;
        ensure(level.tail == prev && level.order_count == count, self.bad_queue())
    }

    fn bad_marks(&self) -> CheckFault {
        CheckFault::Marks(self.id.instrument(), self.id.side())
    }

    fn bad_levels(&self) -> CheckFault {
        CheckFault::Levels(self.id.instrument(), self.id.side())
    }

    fn bad_queue(&self) -> CheckFault {
        CheckFault::Queue(self.id.instrument(), self.id.side())
    }
}

/// The fault, unless the book is sound here.
#[expect(clippy::fn_params_excessive_bools, reason = "reads like an assert")]
fn ensure(sound: bool, fault: CheckFault) -> Result<(), CheckFault> {
    if sound { Ok(()) } else { Err(fault) }
}
