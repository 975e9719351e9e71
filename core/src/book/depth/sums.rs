//! What is kept of a level, and of an instrument's best prices.

use crate::book::invariant::broken_invariant;
use crate::book::store::index::Keyed;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::entry_by_link;
use crate::book::views::view::LevelView;
use crate::event::LevelStep;
use crate::types::{Price, Ticks};
use bytemuck::{Pod, Zeroable};

/// What rests at a price, and what rested there before the last command that touched it.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Sums {
    pub(super) visible: u128,
    pub(super) open: u128,
    visible_before: u128,
    open_before: u128,
    /// The [`LadderId`].
    pub(super) ladder: u32,
    /// In ticks.
    pub(super) price: u32,
    /// The level after it in its chain of the index, or the way to the next free slot.
    link: u32,
    /// The level that the command touched next.
    pub(super) next_touched: u32,
    pub(super) order_count: u32,
    pub(super) order_count_before: u32,
    /// 1 while it is on the list of what the command touched.
    pub(super) is_touched: u32,
    reserved: u32,
}

/// The best prices of an instrument that were told, in ticks; 0 for an empty side.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Best {
    pub(super) bid: u32,
    pub(super) ask: u32,
    /// The last command for which the instrument was looked at.
    pub(super) looked_at: u64,
}

impl Sums {
    /// A level at which nothing rests yet.
    pub(super) fn new(ladder: LadderId, price: Price) -> Self {
        Self { ladder: ladder.0, price: price.ticks(), ..Self::zeroed() }
    }

    /// Notes what it is before a command changes it.
    pub(super) const fn touch(&mut self) {
        self.is_touched = 1;
        self.visible_before = self.visible;
        self.open_before = self.open;
        self.order_count_before = self.order_count;
    }

    /// Takes a step.
    pub(super) fn take(&mut self, step: &LevelStep) {
        self.visible = self.visible.wrapping_add_signed(i128::from(step.visible_lots));
        self.open = self.open.wrapping_add_signed(i128::from(step.quantity_lots));
        self.order_count = self.order_count.wrapping_add_signed(step.order_count);
    }

    /// Whether it is another than before the command.
    pub(super) fn has_changed(&self) -> bool {
        self.visible != self.visible_before
            || self.open != self.open_before
            || self.order_count != self.order_count_before
    }

    /// Sets what rests there.
    pub(super) const fn set(&mut self, level: &LevelView) {
        self.visible = level.visible_lots;
        self.open = level.quantity_lots;
        self.order_count = level.order_count;
    }

    /// The level as it is seen from outside.
    pub(super) fn view(&self) -> LevelView {
        LevelView {
            price: self.valid_price(),
            visible_lots: self.visible,
            quantity_lots: self.open,
            order_count: self.order_count,
        }
    }

    pub(super) fn valid_price(&self) -> Price {
        match Price::new(Ticks(self.price)) {
            Some(price) => price,
            None => broken_invariant("a level without a price"),
        }
    }
}

entry_by_link!(Sums);

impl Keyed for Sums {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.ladder), u64::from(self.price))
    }
}
