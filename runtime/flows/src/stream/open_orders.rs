//! Which orders of the stream are open, kept from the model's events, so that one of them can be
//! drawn.

use super::{CAPACITIES, EPOCH_COMMANDS, MARKETS};
use crate::random::Random;
use highwater::event::{CancelReason, Event, EventKind, EventSink};
use highwater::types::{InstrumentId, Lots, OrderId};
use std::fmt;

/// Every second order that is drawn is one of the last so many in its list, roughly the youngest.
const YOUNG: usize = 64;

/// The open orders of each market. Order ids are places in the epoch, from 1.
pub(super) struct OpenOrders {
    lists: [Vec<OrderId>; MARKETS],
    /// For each id of the epoch, its index in its list.
    places: Box<[u32]>,
}

impl OpenOrders {
    pub(super) fn new() -> Self {
        let room = usize::try_from(CAPACITIES.orders).unwrap_or(0);
        let ids = usize::try_from(EPOCH_COMMANDS).unwrap_or(0);
        Self {
            lists: std::array::from_fn(|_market| Vec::with_capacity(room)),
            places: vec![0; ids].into_boxed_slice(),
        }
    }

    /// Open orders of a market.
    pub(super) fn count(&self, market: usize) -> usize {
        self.lists[market].len()
    }

    /// The market with the most open orders.
    pub(super) fn longest(&self) -> usize {
        (0..MARKETS).max_by_key(|market| self.lists[*market].len()).unwrap_or(0)
    }

    /// Draws an open order of a market, which has one: mostly a young one.
    pub(super) fn pick(&self, market: usize, random: &mut Random) -> OrderId {
        let list = &self.lists[market];
        let oldest = if random.chance(1, 2) { list.len().saturating_sub(YOUNG) } else { 0 };
        list[oldest + random.below_usize(list.len() - oldest)]
    }

    fn add(&mut self, instrument: InstrumentId, order: OrderId) {
        let place = Self::place(order);
        let list = &mut self.lists[index_of(instrument)];
        self.places[place] = u32::try_from(list.len()).unwrap_or(u32::MAX);
        list.push(order);
    }

    fn remove(&mut self, instrument: InstrumentId, order: OrderId) {
        let gap = self.places[Self::place(order)];
        let index = usize::try_from(gap).unwrap_or(usize::MAX);
        let list = &mut self.lists[index_of(instrument)];
        list.swap_remove(index);
        if let Some(moved) = list.get(index).copied() {
            let place = Self::place(moved);
            self.places[place] = gap;
        }
    }

    fn place(order: OrderId) -> usize {
        usize::try_from(order.0 - 1).unwrap_or(usize::MAX)
    }
}

impl EventSink for OpenOrders {
    fn event(&mut self, event: &Event) {
        let instrument = event.instrument;
        let kind = event.kind;
        if let EventKind::Rested { order, .. } = kind {
            self.add(instrument, order);
        } else if let EventKind::Trade { maker: order, maker_remaining: Lots(0), .. }
        | EventKind::Canceled { order, reason: CancelReason::User, .. }
        | EventKind::Replaced { order, .. } = kind
        {
            self.remove(instrument, order);
        } else {
            assert!(changes_nothing(&kind), "nothing that the stream sends leads to it: {event:?}");
        }
    }
}

/// Whether the event is one that the stream's commands lead to, and leaves the open orders as they
/// are.
const fn changes_nothing(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Accepted { .. }
            | EventKind::Trade { .. }
            | EventKind::Canceled { reason: CancelReason::IocRemainder, .. }
            | EventKind::Reduced { .. }
            | EventKind::InstrumentDefined { .. }
    )
}

impl fmt::Debug for OpenOrders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.lists.iter().map(Vec::len);
        f.debug_list().entries(counts).finish()
    }
}

fn index_of(instrument: InstrumentId) -> usize {
    usize::try_from(instrument.0).unwrap_or(usize::MAX)
}
