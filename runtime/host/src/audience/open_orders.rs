//! How many orders each session has open in each instrument, counted from events.

#[cfg(test)]
mod tests;

use highwater::book::Book;
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, Lots, SessionId, Side};
use std::collections::BTreeMap;

/// Open orders by session and instrument; waiting stops are open.
///
/// Counted the same way live and on a replay, so that a session is told the same in both.
#[derive(Debug, Default)]
pub(in super::super) struct OpenOrders {
    counts: BTreeMap<(SessionId, InstrumentId), u32>,
}

impl OpenOrders {
    /// Those of a book. Walks over all of its orders.
    pub(in super::super) fn of(book: &Book<'_>) -> Self {
        let mut open = Self::default();
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            for side in [Side::Buy, Side::Sell] {
                book.orders(instrument, side).for_each(|it| open.add(it.session, instrument));
            }
            book.stops(instrument).for_each(|it| open.add(it.session, instrument));
        }
        open
    }

    /// Counts an event. All are shown, in order, but answers that follow from no record.
    pub(in super::super) fn event(&mut self, event: &Event) {
        let Event { session, owner, instrument, .. } = *event;
        let mut has_left = |session, remaining: Lots| {
            if remaining.0 == 0 {
                self.remove(session, instrument);
            }
        };
        match event.kind {
            EventKind::Trade { maker_session, maker_remaining, taker_remaining, .. } => {
                has_left(maker_session, maker_remaining);
                has_left(owner, taker_remaining);
            }
            EventKind::AuctionTrade { sell_session, buy_remaining, sell_remaining, .. } => {
                has_left(owner, buy_remaining);
                has_left(sell_session, sell_remaining);
            }
            // The rest of an order, or all of it: nothing of it stays.
            EventKind::Canceled { .. } => self.remove(owner, instrument),
            EventKind::Accepted { .. } => self.add(owner, instrument),
            // It belongs to the session that replaced it.
            EventKind::Replaced { .. } => {
                self.remove(owner, instrument);
                self.add(session, instrument);
            }
            EventKind::Rejected { .. }
            | EventKind::Noted { .. }
            | EventKind::Rested { .. }
            | EventKind::Reduced { .. }
            | EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::StateChanged { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => {}
        }
    }

    /// Whether a session has an order open in an instrument.
    pub(in super::super) fn has(&self, session: SessionId, instrument: InstrumentId) -> bool {
        self.counts.contains_key(&(session, instrument))
    }

    fn add(&mut self, session: SessionId, instrument: InstrumentId) {
        *self.counts.entry((session, instrument)).or_insert(0) += 1;
    }

    fn remove(&mut self, session: SessionId, instrument: InstrumentId) {
        let key = (session, instrument);
        let Some(count) = self.counts.get_mut(&key) else {
            debug_assert!(false, "an order leaves that was not counted: {key:?}");
            return;
        };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&key);
        }
    }
}
