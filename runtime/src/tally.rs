//! What a summary counts of released events.

use highwater::event::{Event, EventKind, RejectReason};
use std::collections::BTreeMap;

/// Counts of events.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Trades, those of auctions too.
    pub trade_count: u64,
    /// Commands that the engine had executed before.
    pub duplicate_count: u64,
    rejects: BTreeMap<RejectReason, u64>,
}

impl Tally {
    /// Counts one event.
    #[inline]
    pub fn count(&mut self, event: &Event) {
        match event.kind {
            EventKind::Trade { .. } | EventKind::AuctionTrade { .. } => self.trade_count += 1,
            EventKind::Duplicate { .. } => self.duplicate_count += 1,
            EventKind::Rejected { reason, .. } => *self.rejects.entry(reason).or_default() += 1,
            EventKind::Accepted { .. }
            | EventKind::Rested { .. }
            | EventKind::Canceled { .. }
            | EventKind::Reduced { .. }
            | EventKind::Replaced { .. }
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

    /// All rejects.
    pub fn reject_count(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Rejects by reason, in the order of the reasons' list.
    pub fn rejects(&self) -> impl Iterator<Item = (RejectReason, u64)> {
        self.rejects.iter().map(|(reason, count)| (*reason, *count))
    }
}
