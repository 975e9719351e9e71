//! What a summary counts of released events.

use highwater::event::{Event, RejectReason};
use highwater::types::{InstrumentId, Quantity};
use std::collections::BTreeMap;

/// Counts of events.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Trades, those of auctions too.
    pub trade_count: u64,
    /// Commands that the engine had executed before.
    pub duplicate_count: u64,
    rejects: BTreeMap<RejectReason, u64>,
    /// Lots traded, by the number of the instrument; as long as the instruments that traded need.
    volumes: Vec<u128>,
}

impl Tally {
    /// Counts one event.
    #[inline]
    pub fn count(&mut self, event: &Event) {
        if let Some(quantity) = event.kind.traded() {
            self.trade_count += 1;
            self.count_lots(event.instrument, quantity);
        } else if let Some(reason) = event.kind.reject_reason() {
            *self.rejects.entry(reason).or_default() += 1;
        } else if event.kind.is_duplicate() {
            self.duplicate_count += 1;
        }
    }

    #[inline]
    fn count_lots(&mut self, instrument: InstrumentId, quantity: Quantity) {
        let place = usize::try_from(instrument.0).unwrap_or(usize::MAX);
        if place >= self.volumes.len() {
            self.volumes.resize(place + 1, 0);
        }
        self.volumes[place] += u128::from(quantity.lots());
    }

    /// Lots of an instrument that were traded.
    pub fn volume_lots(&self, instrument: InstrumentId) -> u128 {
        let place = usize::try_from(instrument.0).unwrap_or(usize::MAX);
        self.volumes.get(place).copied().unwrap_or(0)
    }

    /// All rejects.
    pub fn reject_count(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Rejects by reason, in the order of the reasons' list.
    pub fn rejects(&self) -> impl Iterator<Item = (RejectReason, u64)> {
        self.rejects.iter().map(|(reason, count)| (*reason, *count))
    }
}
