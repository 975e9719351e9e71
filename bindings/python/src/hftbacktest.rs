//! Events as hftbacktest's level-3 rows: what is visible of each order of one instrument, and trades.
//!
//! Source: hftbacktest.readthedocs.io, Data; its converter for Databento's MBO. A fill changes
//! nothing by itself: behind it stands what is left of the order, or that it is gone.

use crate::buffers::RowBuffer;
use crate::codes::{AUCTION_TRADE, CANCELED, REDUCED, REPLACED, REPLENISHED, RESTED, TRADE};
use crate::errors::failed;
use crate::rows::EventRow;
use crate::tables::events_in;
use bytemuck::{Pod, Zeroable};
use pyo3::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const TRADE_EVENT: u64 = 2;
const ADD_EVENT: u64 = 10;
const CANCEL_EVENT: u64 = 11;
const MODIFY_EVENT: u64 = 12;
const FILL_EVENT: u64 = 13;
const SELL_FLAG: u64 = 1 << 28;
const BUY_FLAG: u64 = 1 << 29;
/// Both the exchange and whoever listens see it.
const SEEN_FLAGS: u64 = 1 << 31 | 1 << 30;

/// A row, as hftbacktest's `event_dtype` has it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct FeedRow {
    ev: u64,
    exch_ts: i64,
    local_ts: i64,
    px: f64,
    qty: f64,
    order_id: u64,
    ival: i64,
    fval: f64,
}

/// What is shown of an order.
#[derive(Clone, Copy)]
struct Shown {
    /// The id that it has in the feed: a Replace that keeps its place keeps it.
    id: u64,
    side: u8,
    price: u32,
    visible: u64,
}

/// The orders of the feed, and its rows.
struct FeedRows {
    rows: Vec<FeedRow>,
    /// By their ids in the book.
    shown: BTreeMap<u64, Shown>,
    /// Ids of the feed whose orders have others in the book.
    renamed: BTreeSet<u64>,
    ticks_per_unit: f64,
    lot: f64,
    latency_ns: i64,
}

impl FeedRows {
    #[expect(clippy::cast_precision_loss, reason = "the format has no whole quantities")]
    fn push(&mut self, kind: u64, event: &EventRow, shown: Shown, lots: u64) {
        let side = match shown.side {
            1 => BUY_FLAG,
            2 => SELL_FLAG,
            _ => 0,
        };
        let exch_ts = event.time_ns as i64;
        self.rows.push(FeedRow {
            ev: kind | side | SEEN_FLAGS,
            exch_ts,
            local_ts: exch_ts.saturating_add(self.latency_ns),
            px: f64::from(shown.price) / self.ticks_per_unit,
            qty: lots as f64 * self.lot,
            order_id: shown.id,
            ival: 0,
            fval: 0.0,
        });
    }

    /// An order appears at the back of its level.
    fn add(&mut self, event: &EventRow, visible: u64) {
        self.remove(event, event.order);
        let mut id = event.order;
        if self.renamed.contains(&id) {
            // An order that was renamed has this id in the feed: this one gets one of its own.
            let is_free = |id: &u64| !self.renamed.contains(id) && !self.shown.contains_key(id);
            id = (1 << 63..=u64::MAX).find(is_free).unwrap_or(id);
            self.renamed.insert(id);
        }
        let shown = Shown { id, side: event.side, price: event.price, visible };
        self.shown.insert(event.order, shown);
        self.push(ADD_EVENT, event, shown, visible);
    }

    /// An order that was shown goes.
    fn remove(&mut self, event: &EventRow, order: u64) {
        if let Some(shown) = self.shown.remove(&order) {
            self.renamed.remove(&shown.id);
            self.push(CANCEL_EVENT, event, shown, shown.visible);
        }
    }

    /// Another quantity is shown, and the place is kept.
    fn show(&mut self, event: &EventRow, order: u64, visible: u64) {
        if visible == 0 {
            return self.remove(event, order);
        }
        let Some(shown) = self.shown.get_mut(&order) else { return };
        if shown.visible != visible {
            shown.visible = visible;
            let shown = *shown;
            self.push(MODIFY_EVENT, event, shown, visible);
        }
    }

    /// An order that rested traded.
    fn fill(&mut self, event: &EventRow, order: u64) {
        let Some(shown) = self.shown.get(&order).copied() else { return };
        self.push(FILL_EVENT, event, Shown { price: event.price, ..shown }, event.quantity);
        self.show(event, order, shown.visible.saturating_sub(event.quantity));
    }

    fn replace(&mut self, event: &EventRow) {
        let (old, new, keeps) = (event.order, event.other_order, event.detail != 0);
        if !keeps {
            return self.remove(event, old);
        }
        if let Some(shown) = self.shown.remove(&old) {
            if shown.id == new {
                self.renamed.remove(&new);
            } else {
                self.renamed.insert(shown.id);
            }
            self.shown.insert(new, shown);
            self.show(event, new, event.remaining);
        }
    }

    fn trade(&mut self, event: &EventRow) {
        // An auction has no side that came last.
        let side = if event.kind == TRADE { event.side } else { 0 };
        let trade = Shown { id: 0, side, price: event.price, visible: 0 };
        self.push(TRADE_EVENT, event, trade, event.quantity);
        self.fill(event, event.order);
        self.fill(event, event.other_order);
    }

    fn event(&mut self, event: &EventRow) {
        match event.kind {
            TRADE | AUCTION_TRADE => self.trade(event),
            RESTED | REPLENISHED => self.add(event, event.remaining),
            CANCELED => self.remove(event, event.order),
            REDUCED => self.show(event, event.order, event.remaining),
            REPLACED => self.replace(event),
            _ => {}
        }
    }
}

/// The rows of an instrument.
#[pyfunction]
pub(crate) fn hftbacktest_rows(
    events: &Bound<'_, PyAny>,
    instrument: u32,
    ticks_per_unit: f64,
    lot: f64,
    latency_ns: i64,
) -> PyResult<RowBuffer> {
    let events = events_in(events)?;
    let mut feed = FeedRows {
        rows: Vec::new(),
        shown: BTreeMap::new(),
        renamed: BTreeSet::new(),
        ticks_per_unit,
        lot,
        latency_ns,
    };
    for event in events.iter().filter(|event| event.instrument == instrument) {
        feed.rows
            .try_reserve(8)
            .map_err(|_| failed("there is no memory for the rows: give fewer events"))?;
        feed.event(event);
    }
    Ok(RowBuffer::writable(feed.rows))
}
