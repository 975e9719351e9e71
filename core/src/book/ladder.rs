//! Ladders: the price levels of one side of one instrument, the best of them at hand.

use super::bug::bug;
use super::index::Index;
use super::pool::{Entry, NONE, Pool};
use super::span::Spans;
use crate::types::{InstrumentId, Side, index_of};
use bytemuck::{Pod, Zeroable};

/// Number of a ladder: instrument and side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct LadderId(pub(super) u32);

impl LadderId {
    /// The ladder of `side`; of a defined instrument, whose number has at most 24 bits.
    #[inline]
    pub(super) const fn new(instrument: InstrumentId, side: Side) -> Self {
        let side = match side {
            Side::Buy => 0,
            Side::Sell => 1,
        };
        Self(instrument.0 << 1 | side)
    }

    /// The instrument.
    #[inline]
    pub(super) const fn instrument(self) -> InstrumentId {
        InstrumentId(self.0 >> 1)
    }

    /// The side.
    #[inline]
    pub(super) const fn side(self) -> Side {
        if self.0 & 1 == 0 { Side::Buy } else { Side::Sell }
    }
}

/// One side of one instrument. All zero while it has no levels.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(32))]
pub(super) struct Ladder {
    /// Which 128ths of the price range hold levels: the top of the spans.
    pub(super) root: [u64; 2],
    /// Price of the best level, in ticks; 0 when there is none.
    pub(super) best_price: u32,
    /// Slot of the best level.
    pub(super) best_level: u32,
    /// Fills half a cache line.
    reserved: [u32; 2],
}

/// One price and the queue of orders that rest at it.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(32))]
pub(super) struct Level {
    /// The price, in ticks.
    pub(super) price: u32,
    /// The [`LadderId`].
    pub(super) ladder: u32,
    /// The order that trades first.
    pub(super) head: u32,
    /// The order that came last, or the free slot after this free one.
    pub(super) tail: u32,
    /// Orders in the queue.
    pub(super) order_count: u32,
    /// Slot of the lowest span that marks the price.
    pub(super) span: u32,
    /// Fills half a cache line.
    reserved: [u32; 2],
}

impl Entry for Level {
    #[inline]
    fn linked(&self) -> u32 {
        self.tail
    }

    #[inline]
    fn link(&mut self, slot: u32) {
        self.tail = slot;
    }
}

/// The ladders of all instruments with their levels.
pub(super) struct Ladders<'m> {
    /// By [`LadderId`].
    pub(super) sides: &'m mut [Ladder],
    /// The levels.
    pub(super) levels: Pool<'m, Level>,
    /// Slots of the levels by ladder and price.
    pub(super) prices: Index<'m>,
    /// Which prices have levels.
    pub(super) spans: Spans<'m>,
}

/// How many levels and spans there may be.
#[derive(Clone, Copy)]
pub(super) struct LevelLimits {
    /// Levels in use, at most.
    pub(super) levels: u32,
    /// Spans in use, at most.
    pub(super) spans: u32,
}

impl Ladders<'_> {
    /// The ladder.
    #[inline]
    pub(super) fn ladder(&self, id: LadderId) -> &Ladder {
        match self.sides.get(index_of(id.0)) {
            Some(ladder) => ladder,
            None => bug("an instrument without ladders"),
        }
    }

    #[inline]
    fn ladder_mut(&mut self, id: LadderId) -> &mut Ladder {
        match self.sides.get_mut(index_of(id.0)) {
            Some(ladder) => ladder,
            None => bug("an instrument without ladders"),
        }
    }

    /// Slot of the level at `price`.
    #[inline]
    pub(super) fn find(&self, id: LadderId, price: u32) -> Option<u32> {
        let hash = self.prices.hash(u64::from(id.0), u64::from(price));
        self.find_hashed(hash, id, price)
    }

    #[inline]
    fn find_hashed(&self, hash: u32, id: LadderId, price: u32) -> Option<u32> {
        self.prices.find(hash, |slot| {
            let level = self.levels.get(slot);
            level.price == price && level.ladder == id.0
        })
    }

    /// Slot of the level at `price`, which is made when there is none.
    #[inline]
    pub(super) fn find_or_add(&mut self, id: LadderId, price: u32) -> u32 {
        let hash = self.prices.hash(u64::from(id.0), u64::from(price));
        match self.find_hashed(hash, id, price) {
            Some(slot) => slot,
            None => self.add(hash, id, price),
        }
    }

    fn add(&mut self, hash: u32, id: LadderId, price: u32) -> u32 {
        let mut root = self.ladder(id).root;
        let span = self.spans.mark(&mut root, id, price);
        let level = Level { price, ladder: id.0, span, ..Level::zeroed() };
        let slot = self.levels.insert(level);
        self.prices.insert(hash, slot);
        let ladder = self.ladder_mut(id);
        ladder.root = root;
        if is_better(id.side(), price, ladder.best_price) {
            ladder.best_price = price;
            ladder.best_level = slot;
        }
        slot
    }

    /// Takes out a level whose queue is empty.
    pub(super) fn remove(&mut self, slot: u32) {
        let level = *self.levels.get(slot);
        let id = LadderId(level.ladder);
        let mut root = self.ladder(id).root;
        if self.ladder(id).best_level == slot {
            let best = self.after(&level);
            let ladder = self.ladder_mut(id);
            (ladder.best_price, ladder.best_level) = best.unwrap_or((0, NONE));
        }
        self.spans.unmark(&mut root, level.span, level.price);
        self.ladder_mut(id).root = root;
        let hash = self.prices.hash(u64::from(id.0), u64::from(level.price));
        self.prices.remove(hash, slot);
        self.levels.remove(slot);
    }

    /// Price and slot of the next level that is worse than `level`.
    pub(super) fn after(&self, level: &Level) -> Option<(u32, u32)> {
        let id = LadderId(level.ladder);
        let price = self.spans.after(self.ladder(id).root, id, (level.span, level.price))?;
        match self.find(id, price) {
            Some(slot) => Some((price, slot)),
            None => bug("a marked price has no level"),
        }
    }

    /// Whether an order can rest at `price` within `limits`, once the level `leaving` is gone.
    ///
    /// A level that exists already needs nothing. A new one needs a place for itself, and for the
    /// spans that do not mark anything yet.
    #[inline]
    pub(super) fn has_room(
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

/// Whether an order on `side` would rather trade at `price` than at `best`, which is 0 when there
/// is no best.
#[inline]
fn is_better(side: Side, price: u32, best: u32) -> bool {
    match side {
        Side::Buy => price > best,
        Side::Sell => best == 0 || price < best,
    }
}
