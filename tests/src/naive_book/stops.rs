//! When waiting stops are triggered, and in which order.

use super::{Flaw, NaiveBook, NaiveOrder};
use highwater::event::{CancelReason, EventKind};
use highwater::types::{InstrumentId, Side};
use std::cmp::Reverse;

impl NaiveBook {
    /// Triggers stops round by round until the last trade price triggers none.
    pub(super) fn cascade(&mut self, instrument: InstrumentId) {
        while self.is_trading(instrument) {
            let mut elected = self.elected(instrument);
            if elected.is_empty() {
                return;
            }
            if self.has(Flaw::ElectsOneByOne) {
                elected.truncate(1);
            }
            for stop in elected {
                let place = self.place_of(&stop);
                let stop = self.orders.remove(place);
                self.trigger(&stop);
            }
            if self.has(Flaw::OnePassCascade) {
                return;
            }
        }
    }

    /// The stops that the last trade price triggers, in the order in which they come in.
    fn elected(&self, instrument: InstrumentId) -> Vec<NaiveOrder> {
        let mut elected = self.stops(instrument);
        elected.retain(|stop| self.is_elected(stop));
        if self.has(Flaw::StopsByArrival) {
            return elected;
        }
        if self.has(Flaw::LastStopFirst) {
            elected.reverse();
        }
        let (mut buys, mut sells): (Vec<_>, Vec<_>) =
            elected.into_iter().partition(|stop| stop.side == Side::Buy);
        // Stable sorts: stops with the same trigger stay as they came.
        buys.sort_by_key(|stop| stop.trigger);
        sells.sort_by_key(|stop| Reverse(stop.trigger));
        if self.has(Flaw::SellStopsFirst) {
            std::mem::swap(&mut buys, &mut sells);
        }
        buys.append(&mut sells);
        buys
    }

    /// Whether the last trade price reaches the trigger of a stop.
    pub(super) fn is_elected(&self, stop: &NaiveOrder) -> bool {
        let last_trade = self.instruments[stop.instrument.0 as usize].last_trade;
        let (Some(last), Some(trigger)) = (last_trade, stop.trigger) else { return false };
        if last == trigger {
            return !self.has(Flaw::TriggersPast);
        }
        match stop.side {
            Side::Buy => last > trigger,
            Side::Sell => last < trigger,
        }
    }

    /// Lets a stop, which has left its queue, come in.
    pub(super) fn trigger(&mut self, stop: &NaiveOrder) {
        let stop = NaiveOrder { trigger: None, ..*stop };
        self.emit(&stop, EventKind::Triggered { order: stop.order });
        let is_post_only = stop.post_only && !self.has(Flaw::TriggerForgetsPostOnly);
        if is_post_only && self.would_trade(&stop) {
            self.emit_canceled(&stop, CancelReason::PostOnlyWouldCross);
        } else {
            self.execute(&stop);
        }
    }
}
