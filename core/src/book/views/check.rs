//! Whether a book agrees with itself: links, counts, indexes and marks, for tests and for verifying
//! a log.

use crate::book::Book;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::Order;
use crate::book::store::pool::NONE;
use crate::book::store::row::{PART_BITS, Queue, row_of};
use crate::book::store::span::{DEPTHS, SPAN_BITS, map_of};
use crate::types::{InstrumentId, OrderId, Phase, Side, TimeInForce};
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
    /// The best bid is not below the best ask, and the instrument is not in an auction.
    Crossed(InstrumentId),
    /// The stops that wait are not linked in the order in which they came.
    Stops(InstrumentId),
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
            Self::Stops(instrument) => write!(f, "the stops of instrument {instrument}"),
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
                self.check_ladder(LadderId::new(instrument, side), &mut tally)?;
                self.check_ladder(LadderId::of_stops(instrument, side), &mut tally)?;
            }
            self.check_stops(instrument)?;
            if self.phase(instrument) != Some(Phase::Auction)
                && let (Some(bid), Some(ask)) =
                    (self.best(instrument, Side::Buy), self.best(instrument, Side::Sell))
            {
                ensure(bid < ask, CheckFault::Crossed(instrument))?;
            }
        }
        ensure(self.adds_up(&tally), CheckFault::Counts)
    }

    fn adds_up(&self, tally: &Tally) -> bool {
        let Self { orders, ladders, .. } = self;
        let open = self.sessions.counted().map(|(session, [open, _])| (session, open));
        let open = open.fold([0_u64; 2], |[all, weighed], (session, open)| {
            [all + u64::from(open), weighed.wrapping_add(weight(session.0) * u64::from(open))]
        });
        let (mut rows, mut spans) = (tally.rows, tally.spans);
        for row in ladders.idle_rows.into_iter().filter(|row| *row != NONE) {
            if !ladders.has_levels(row) {
                rows += 1;
                spans += ladders.spans.count_idle(ladders.rows.get(row).span);
            }
        }
        orders.pool.adds_up(tally.orders + tally.extras)
            && ladders.rows.adds_up(rows)
            && ladders.levels_live == tally.levels
            && ladders.spans.pool.adds_up(spans)
            && ladders.spans.live == tally.spans
            && orders.ids.count(&orders.pool, tally.orders) == tally.orders
            && ladders.row_numbers.count(&ladders.rows, rows) == rows
            && ladders.spans.prefixes.count(&ladders.spans.pool, spans) == spans
            && orders.extra_count == tally.extras
            && orders.expiries.add_up(&orders.pool, tally.expiring)
            && open == [u64::from(tally.orders), tally.sessions]
    }

    /// Checks the order in which the stops of an instrument came.
    fn check_stops(&self, instrument: InstrumentId) -> Result<(), CheckFault> {
        let bad_stops = CheckFault::Stops(instrument);
        let instrument_book = self.ladders.instrument_book(instrument);
        let sides = [Side::Buy, Side::Sell].map(|side| LadderId::of_stops(instrument, side));
        let levels = sides.into_iter().flat_map(|ladder| self.raw_levels(ladder));
        let mut left: u32 = levels.map(|level| level.order_count).sum();
        let (mut slot, mut prev, mut joined) = (instrument_book.first_stop, NONE, 0);
        while slot != NONE {
            let order = self.orders.pool.get(slot);
            let extra = self.orders.extra_of(order);
            let is_right = LadderId(order.ladder).is_of_stops()
                && order.instrument() == instrument
                && extra.stop_prev == prev
                && extra.joined > joined
                && left > 0;
            ensure(is_right, bad_stops)?;
            left -= 1;
            (prev, joined, slot) = (slot, extra.joined, extra.stop_next);
        }
        ensure(left == 0 && instrument_book.last_stop == prev, bad_stops)
    }

    fn check_ladder(&self, id: LadderId, tally: &mut Tally) -> Result<(), CheckFault> {
        let (instrument, side) = (id.instrument(), id.side());
        let ladder = *self.ladders.ladder(id);
        let mut walk = Walk { book: self, id, tally, first: NONE, last: NONE };
        for part in 0..u128::BITS {
            if map_of(ladder.root) >> part & 1 == 1 {
                walk.span(DEPTHS, part, NONE)?;
            }
        }
        let best = walk.first;
        ensure(ladder.best_level == best, CheckFault::Levels(instrument, side))?;
        let best_price = if best == NONE { 0 } else { self.ladders.level(best).price };
        ensure(ladder.best_price == best_price, CheckFault::Levels(instrument, side))
    }
}

/// What was found by walking.
#[derive(Default)]
struct Tally {
    orders: u32,
    extras: u32,
    /// Extras of orders that expire.
    expiring: u32,
    levels: u32,
    rows: u32,
    spans: u32,
    /// The weights of the orders' sessions, added up.
    sessions: u64,
}

/// A walk over a ladder from its best price to its worst.
struct Walk<'a> {
    book: &'a Book<'a>,
    id: LadderId,
    tally: &'a mut Tally,
    /// Slot of the level with the best price.
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

    /// Checks the level at a marked rank.
    fn level(&mut self, rank: u32, span: u32) -> Result<(), CheckFault> {
        let ladders = &self.book.ladders;
        let price = self.id.price(rank);
        let slot = ladders.slot_at(self.id, rank).ok_or_else(|| self.bad_marks())?;
        let row = ladders.rows.get(row_of(slot));
        ensure(row.span == span && ladders.queue(slot).order_count > 0, self.bad_levels())?;
        if self.last == NONE {
            self.first = slot;
        } else {
            let next = ladders.after(self.last).map(|level| (level.slot, level.price));
            ensure(next == Some((slot, price)), self.bad_levels())?;
        }
        if self.last == NONE || row_of(self.last) != row_of(slot) {
            ensure(self.has_only_marked_levels(slot), self.bad_levels())?;
            self.tally.rows += 1;
        }
        self.last = slot;
        self.tally.levels += 1;
        self.queue(slot)
    }

    /// Whether the prices without a mark in the row of a level have no order.
    fn has_only_marked_levels(&self, slot: u32) -> bool {
        let ladders = &self.book.ladders;
        let row = ladders.rows.get(row_of(slot));
        (row_of(slot) << PART_BITS..).take(1 << PART_BITS).all(|neighbour| {
            let is_marked = ladders.spans.is_marked(row.span, row.rank(neighbour));
            is_marked || *row.queue(neighbour) == Queue::EMPTY
        })
    }

    /// Checks the queue of a level.
    fn queue(&mut self, level_slot: u32) -> Result<(), CheckFault> {
        let orders = &self.book.orders;
        let level = *self.book.ladders.queue(level_slot);
        let (mut slot, mut prev, mut count) = (level.head, NONE, 0);
        while slot != NONE {
            let order = orders.pool.get(slot);
            count += 1;
            ensure(order.prev == prev && count <= level.order_count, self.bad_queue())?;
            let is_right = order.level == level_slot
                && order.ladder == self.id.0
                && order.remaining > 0
                && order.limit == self.limit_of(level_slot, order)
                && orders.find(self.id.instrument(), OrderId(order.id)) == Some(slot)
                && self.has_its_extra(slot);
            ensure(is_right, CheckFault::Order(self.id.instrument(), OrderId(order.id)))?;
            self.tally.sessions = self.tally.sessions.wrapping_add(weight(order.session));
            (prev, slot) = (slot, order.next);
        }
        self.tally.orders += count;
        ensure(level.tail == prev && level.order_count == count, self.bad_queue())
    }

    /// The limit that an order of a level has: the level's price, or its extra's while it waits.
    fn limit_of(&self, level_slot: u32, order: &Order) -> u32 {
        if self.id.is_of_stops() {
            self.book.orders.extra_of(order).limit
        } else {
            self.book.ladders.level(level_slot).price
        }
    }

    /// Whether an order has the extra that it needs, and no other, and counts it.
    fn has_its_extra(&mut self, slot: u32) -> bool {
        let orders = &self.book.orders;
        let order = orders.pool.get(slot);
        let (waits, expires) =
            (self.id.is_of_stops(), order.terms().time_in_force == TimeInForce::GoodTillDate);
        if order.extra == NONE {
            return !waits && !expires;
        }
        let extra = orders.extra(order.extra);
        self.tally.extras += 1;
        self.tally.expiring += u32::from(expires);
        extra.order == slot
            && (waits || expires || extra.display > 0)
            && expires == (extra.expiry_place != 0)
            && expires == (extra.expiry_ns > self.book.clock_ns)
            && (extra.display == 0 || waits || order.remaining <= extra.display)
            && (extra.hidden == 0 || (extra.display > 0 && !waits))
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

/// A number by which the orders of a session are added up, so that no two sessions' orders can
/// stand for each other.
fn weight(session: u16) -> u64 {
    (u64::from(session) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

/// The fault, unless the book is sound here.
#[expect(clippy::fn_params_excessive_bools, reason = "reads like an assert")]
fn ensure(sound: bool, fault: CheckFault) -> Result<(), CheckFault> {
    if sound { Ok(()) } else { Err(fault) }
}
