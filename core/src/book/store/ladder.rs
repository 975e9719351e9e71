//! Ladders: the price levels of the orders of one side of one instrument that rest, or of the stops
//! that wait, the best of them at hand.

use super::index::{Index, Keyed};
use super::ladder_id::LadderId;
use super::pool::{Entry, NONE, Pool};
use super::span::{Spans, spans_max};
use crate::book::invariant::broken_invariant;
use crate::types::{Capacities, InstrumentId, Phase, Price, Side, Ticks, index_of};
use bytemuck::{Pod, Zeroable};

/// One ladder of an instrument. All zero while it has no levels.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Ladder {
    /// Which 128ths of the price range hold levels: the top of the spans.
    pub(in crate::book) root: [u64; 2],
    /// Price of the best level, in ticks; 0 when there is none.
    pub(in crate::book) best_price: u32,
    /// Slot of the best level.
    pub(in crate::book) best_level: u32,
}

/// How an instrument trades, in four bytes: 0 while it trades continuously and takes every order.
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Gate {
    /// 0 continuous, 1 auction, 2 collecting.
    phase: u8,
    /// 1 while it is halted.
    is_halted: u8,
    /// 1 when its terms leave anything out.
    pub(in crate::book) is_limited: u8,
    reserved: u8,
}

impl Gate {
    /// 0 while every order is taken, and trades as it comes in.
    #[inline]
    pub(in crate::book) fn word(self) -> u64 {
        u64::from(bytemuck::cast::<Self, u32>(self))
    }

    /// Whether stops trigger.
    pub(in crate::book) fn is_trading(self) -> bool {
        self.phase == 0 && self.is_halted == 0
    }

    /// Phase and halt as one number.
    pub(in crate::book) fn code(self) -> u64 {
        u64::from(self.phase) | u64::from(self.is_halted) << 8
    }

    /// Whether it is halted.
    pub(in crate::book) fn is_halted(self) -> bool {
        self.is_halted != 0
    }

    /// Takes no new orders.
    pub(in crate::book) fn halt(&mut self) {
        self.is_halted = 1;
    }

    /// Takes new orders again.
    pub(in crate::book) fn resume(&mut self) {
        self.is_halted = 0;
    }

    /// The phase.
    pub(in crate::book) fn phase(self) -> Phase {
        match self.phase {
            0 => Phase::Continuous,
            1 => Phase::Auction,
            2 => Phase::Collecting,
            _ => broken_invariant("an instrument without a phase"),
        }
    }

    /// Changes the phase.
    pub(in crate::book) fn set_phase(&mut self, phase: Phase) {
        self.phase = match phase {
            Phase::Continuous => 0,
            Phase::Auction => 1,
            Phase::Collecting => 2,
        };
    }
}

/// What an order looks at first on its instrument: one cache line, and another for its stops.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct InstrumentBook {
    /// Bids and asks.
    sides: [Ladder; 2],
    /// Price of the last trade, in ticks; 0 before the first.
    pub(in crate::book) last_trade: u32,
    /// How it trades.
    pub(in crate::book) gate: Gate,
    /// The stop that came first, of those that wait: the slot of its order.
    pub(in crate::book) first_stop: u32,
    /// The stop that came last.
    pub(in crate::book) last_stop: u32,
    /// Sell stops and buy stops.
    stops: [Ladder; 2],
    /// Fills the cache line.
    reserved: [u32; 4],
}

impl InstrumentBook {
    /// Whether an order on `side` with this limit would trade at once.
    #[inline]
    pub(in crate::book) fn would_trade(&self, side: Side, limit: Ticks) -> bool {
        // By number, not by a question: half of all orders buy, and a guess is wrong half the time.
        let best = self.opposite(side).map_or(0, |ladder| ladder.best_price);
        let (bid, ask) = match side {
            Side::Buy => (limit.0, best),
            Side::Sell => (best, limit.0),
        };
        // Without an ask the number before it is above every bid; without a bid nothing is below.
        ask.wrapping_sub(1) < bid
    }

    /// Slot of the best level that an order on `side` would trade with.
    #[inline]
    pub(in crate::book) fn best_opposite(&self, side: Side) -> u32 {
        self.opposite(side).map_or(NONE, |ladder| ladder.best_level)
    }

    #[inline]
    fn opposite(&self, side: Side) -> Option<&Ladder> {
        self.sides.get(usize::from(side == Side::Buy))
    }
}

const _: () =
    assert!(core::mem::offset_of!(InstrumentBook, stops) == 64, "stops have their own line");

/// One price and the queue of orders that rest at it.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(32))]
pub(in crate::book) struct Level {
    /// The price, in ticks.
    pub(in crate::book) price: u32,
    /// The [`LadderId`].
    pub(in crate::book) ladder: u32,
    /// The order that trades first.
    pub(in crate::book) head: u32,
    /// The order that came last.
    pub(in crate::book) tail: u32,
    /// Orders in the queue.
    pub(in crate::book) order_count: u32,
    /// Slot of the lowest span that marks the price.
    pub(in crate::book) span: u32,
    /// The level after it in its chain of the index, or the way to the next free slot.
    link: u32,
    /// Written in place of what stays as it is, and means nothing.
    spare: u32,
}

impl Level {
    /// The price.
    pub(in crate::book) fn valid_price(&self) -> Price {
        match Price::new(Ticks(self.price)) {
            Some(price) => price,
            None => broken_invariant("a level without a price"),
        }
    }

    /// Adds an order behind the last.
    #[inline]
    pub(in crate::book) fn add_last(&mut self, last: u32, slot: u32) {
        self.tail = slot;
        self.order_count += 1;
        *(if last == NONE { &mut self.head } else { &mut self.spare }) = slot;
    }

    /// Takes an order between these two out of the queue's count and ends.
    #[inline]
    pub(in crate::book) fn drop_between(&mut self, prev: u32, next: u32) {
        self.order_count -= 1;
        // Where to write is chosen, and not what: cheaper than a guess.
        *(if prev == NONE { &mut self.head } else { &mut self.spare }) = next;
        *(if next == NONE { &mut self.tail } else { &mut self.spare }) = prev;
    }
}

impl Entry for Level {
    #[inline]
    fn linked(&self) -> u32 {
        self.link
    }

    #[inline]
    fn link(&mut self, link: u32) {
        self.link = link;
    }
}

impl Keyed for Level {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.ladder), u64::from(self.price))
    }
}

/// The ladders of all instruments with their levels.
pub(in crate::book) struct Ladders<'m> {
    /// By instrument.
    pub(in crate::book) instrument_books: &'m mut [InstrumentBook],
    /// The levels.
    pub(in crate::book) levels: Pool<'m, Level>,
    /// Slots of the levels by ladder and price.
    pub(in crate::book) prices: Index<'m>,
    /// Which prices have levels.
    pub(in crate::book) spans: Spans<'m>,
}

/// How many levels and spans there may be.
#[derive(Clone, Copy)]
pub(in crate::book) struct LevelLimits {
    /// Levels in use, at most.
    pub(in crate::book) levels: u32,
    /// Spans in use, at most.
    pub(in crate::book) spans: u32,
}

impl LevelLimits {
    /// The limits of a book with these capacities.
    pub(in crate::book) const fn of(capacities: Capacities) -> Self {
        Self { levels: capacities.orders, spans: spans_max(capacities) }
    }
}

impl Ladders<'_> {
    /// What is known of a defined instrument.
    #[inline]
    pub(in crate::book) fn instrument_book(&self, instrument: InstrumentId) -> &InstrumentBook {
        match self.instrument_books.get(index_of(instrument.0)) {
            Some(instrument_book) => instrument_book,
            None => broken_invariant("an instrument without ladders"),
        }
    }

    /// What is known of a defined instrument, to be changed.
    #[inline]
    pub(in crate::book) fn instrument_book_mut(
        &mut self,
        instrument: InstrumentId,
    ) -> &mut InstrumentBook {
        match self.instrument_books.get_mut(index_of(instrument.0)) {
            Some(instrument_book) => instrument_book,
            None => broken_invariant("an instrument without ladders"),
        }
    }

    /// The ladder.
    #[inline]
    pub(in crate::book) fn ladder(&self, id: LadderId) -> &Ladder {
        let instrument_book = self.instrument_book(id.instrument());
        let [descending, ascending] =
            if id.is_of_stops() { &instrument_book.stops } else { &instrument_book.sides };
        if id.descends() { descending } else { ascending }
    }

    #[inline]
    pub(in crate::book) fn ladder_mut(&mut self, id: LadderId) -> &mut Ladder {
        let instrument_book = self.instrument_book_mut(id.instrument());
        let [descending, ascending] =
            if id.is_of_stops() { &mut instrument_book.stops } else { &mut instrument_book.sides };
        if id.descends() { descending } else { ascending }
    }

    /// Slot of the level at `price`.
    #[inline]
    pub(in crate::book) fn find(&self, id: LadderId, price: u32) -> Option<u32> {
        self.find_hashed(self.hash(id, price), id, price)
    }

    /// The hash of a price.
    #[inline]
    pub(in crate::book) fn hash(&self, id: LadderId, price: u32) -> u32 {
        self.prices.hash(u64::from(id.0), u64::from(price))
    }

    #[inline]
    fn find_hashed(&self, hash: u32, id: LadderId, price: u32) -> Option<u32> {
        let is_it = |level: &Level| level.price == price && level.ladder == id.0;
        self.prices.find(&self.levels, hash, is_it)
    }

    /// Slot of the level at `price`, which is made when there is none.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "half of all commands come through here")]
    pub(in crate::book) fn find_or_add(&mut self, id: LadderId, price: u32) -> u32 {
        let hash = self.hash(id, price);
        match self.find_hashed(hash, id, price) {
            Some(slot) => slot,
            None => self.add(hash, id, price),
        }
    }

    #[inline(never)]
    fn add(&mut self, hash: u32, id: LadderId, price: u32) -> u32 {
        let mut root = self.ladder(id).root;
        let span = self.spans.mark(&mut root, id, price);
        let level = Level { price, ladder: id.0, span, ..Level::zeroed() };
        let slot = self.levels.insert(level);
        self.prices.insert(&mut self.levels, hash, slot);
        let ladder = self.ladder_mut(id);
        ladder.root = root;
        if is_better(id, price, ladder.best_price) {
            ladder.best_price = price;
            ladder.best_level = slot;
        }
        slot
    }

    /// Takes out a level whose queue is empty.
    pub(in crate::book) fn remove(&mut self, slot: u32) {
        // Field by field: a copy of the whole would read in one piece what was just written in
        // several, which a processor can do only when they have left it.
        let Level { price, ladder, span, .. } = *self.levels.get(slot);
        let id = LadderId(ladder);
        let mut root = self.ladder(id).root;
        if self.ladder(id).best_level == slot {
            let best = self.after(self.levels.get(slot));
            let ladder = self.ladder_mut(id);
            (ladder.best_price, ladder.best_level) = best.unwrap_or((0, NONE));
        }
        self.spans.unmark(&mut root, span, price);
        self.ladder_mut(id).root = root;
        let hash = self.hash(id, price);
        self.prices.remove(&mut self.levels, hash, slot);
        self.levels.remove(slot);
    }

    /// Price and slot of the next level that is worse than `level`.
    pub(in crate::book) fn after(&self, level: &Level) -> Option<(u32, u32)> {
        let id = LadderId(level.ladder);
        let price = self.spans.after(self.ladder(id).root, id, level.span, level.price)?;
        match self.find(id, price) {
            Some(slot) => Some((price, slot)),
            None => broken_invariant("a marked price has no level"),
        }
    }

    /// Whether an order can rest at `price` within `limits`, once the level `leaving` is gone.
    ///
    /// A level that exists already needs nothing. A new one needs a place for itself, and for the
    /// spans that do not mark anything yet.
    #[inline]
    pub(in crate::book) fn has_room(
        &self,
        id: LadderId,
        price: u32,
        leaving: Option<u32>,
        limits: LevelLimits,
    ) -> bool {
        let plenty = self.levels.live() < limits.levels && self.spans.has_plenty(limits.spans);
        plenty || self.has_exact_room(id, price, leaving.map(|slot| self.levels.get(slot)), limits)
    }

    #[cold]
    fn has_exact_room(
        &self,
        id: LadderId,
        price: u32,
        leaving: Option<&Level>,
        limits: LevelLimits,
    ) -> bool {
        let is_leaving = |level: &Level| level.ladder == id.0 && level.price == price;
        if self.find(id, price).is_some() && !leaving.is_some_and(is_leaving) {
            return true;
        }
        let levels_live = self.levels.live() - u32::from(leaving.is_some());
        let leaving = leaving.map(|level| level.span);
        levels_live < limits.levels && self.spans.has_room(id, price, leaving, limits.spans)
    }
}

/// Whether `price` comes before `best`, which is 0 when there is no best.
#[inline]
fn is_better(id: LadderId, price: u32, best: u32) -> bool {
    if id.descends() { price > best } else { best == 0 || price < best }
}
