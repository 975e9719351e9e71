//! The steps by which what rests at a price changes, told to a sink that adds them up.
//!
//! Where the sink wants none, nothing of this is left: what only steps need is worked out behind
//! the question whether they are wanted.

use super::context::Context;
use crate::book::{Book, Leaving};
use crate::event::{EventSink, LevelStep};
use crate::types::{Price, Side, Ticks};

/// How one order changes what rests at its price.
#[derive(Clone, Copy)]
pub(super) struct Step {
    side: Side,
    price: Price,
    /// 1 when it joined, -1 when it left.
    order_count: i32,
    /// What it shows more, in lots.
    visible: i64,
    /// What is open of it more, in lots.
    open: i64,
}

impl Step {
    /// An order joins the level.
    #[inline]
    pub(super) const fn joined(side: Side, price: Price, visible: u64, open: u64) -> Self {
        let (visible, open) = (visible.cast_signed(), open.cast_signed());
        Self { side, price, order_count: 1, visible, open }
    }

    /// An order that showed so much has traded some lots, the shown ones first; when none is left
    /// open it leaves.
    #[inline]
    pub(super) fn traded(side: Side, price: Price, shown: u64, lots: u64, left: u64) -> Self {
        let (visible, open) = (-shown.min(lots).cast_signed(), -lots.cast_signed());
        Self { side, price, order_count: -i32::from(left == 0), visible, open }
    }

    /// An iceberg shows so much anew.
    #[inline]
    pub(super) const fn replenished(side: Side, price: Price, visible: u64) -> Self {
        Self { side, price, order_count: 0, visible: visible.cast_signed(), open: 0 }
    }
}

impl Book<'_> {
    /// Tells a step, if anybody wants it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "mostly nobody listens, and then it is nothing")]
    pub(super) fn tell_step(&self, context: Context, step: Step, sink: &mut impl EventSink) {
        if sink.wants_levels() {
            sink.level(&LevelStep {
                sequence: self.last_sequence,
                instrument: context.instrument(),
                side: step.side,
                price: step.price,
                order_count: step.order_count,
                visible_lots: step.visible,
                quantity_lots: step.open,
            });
        }
    }

    /// The order in `slot` as it is now, if steps are wanted: for those that follow its change.
    #[inline]
    pub(super) fn before_step(&self, slot: u32, sink: &impl EventSink) -> Option<Leaving> {
        sink.wants_levels().then(|| self.as_it_leaves(slot))
    }

    /// Tells that an order which was so has left its level; one that waited was in none.
    #[inline]
    pub(super) fn tell_left(
        &self,
        context: Context,
        before: Option<Leaving>,
        sink: &mut impl EventSink,
    ) {
        if sink.wants_levels()
            && let Some(before) = before.filter(|before| before.visible > 0)
        {
            self.tell_difference(context, before, Leaving { open: 0, visible: 0, ..before }, sink);
        }
    }

    /// Tells that the order in `slot`, which was so, shows less or less of it is open.
    #[inline]
    pub(super) fn tell_shrunk(
        &self,
        context: Context,
        before: Option<Leaving>,
        slot: u32,
        sink: &mut impl EventSink,
    ) {
        if let Some(before) = before.filter(|before| before.visible > 0) {
            self.tell_difference(context, before, self.as_it_leaves(slot), sink);
        }
    }

    fn tell_difference(
        &self,
        context: Context,
        before: Leaving,
        after: Leaving,
        sink: &mut impl EventSink,
    ) {
        let Leaving { side, price: Ticks(price), visible, open, .. } = before;
        // What rests has a price.
        if let Some(price) = Price::new(Ticks(price)) {
            let step = Step {
                side,
                price,
                order_count: -i32::from(after.visible == 0),
                visible: after.visible.cast_signed() - visible.cast_signed(),
                open: after.open.cast_signed() - open.cast_signed(),
            };
            self.tell_step(context, step, sink);
        }
    }
}
