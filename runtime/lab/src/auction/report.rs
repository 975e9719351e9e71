//! What an auction came to: what a person reads, and the same as one JSON object.

use super::Outcome;
use highwater_console::prices::{ReportedPrice, shown_decimals};
use highwater_engine::decimals::PriceForm;
use highwater_engine::figures::{grouped, grouped_wide};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What an auction came to. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AuctionReport {
    /// Orders that were open before the uncross.
    pub(super) orders: u32,
    /// The price of all trades; nothing when there are none.
    #[serde(flatten)]
    pub(super) price: ReportedPrice,
    /// What the trades add up to, in lots.
    pub(super) volume_lots: u128,
    /// What could not trade at the price, in lots.
    pub(super) imbalance_lots: u128,
    /// The side that has it: `buy` or `sell`; nothing when there is none.
    pub(super) imbalance_side: Option<&'static str>,
    /// Trades.
    pub(super) trades: u64,
    /// Lines that were rejected.
    pub(super) rejects: u64,
    /// Rejected lines by reason, where there are any.
    pub(super) rejects_by_reason: BTreeMap<&'static str, u64>,
    /// Lines whose `seq` was not above the one before, which were not executed.
    pub(super) duplicates: u64,
}

impl AuctionReport {
    pub(super) fn of(outcome: &Outcome, form: PriceForm) -> Self {
        let indicative = outcome.indicative;
        let imbalance_lots = indicative.map_or(0, |indicative| indicative.imbalance_lots);
        let event_counts = &outcome.event_counts;
        let rejects = event_counts.rejects().map(|(reason, count)| (reason.name(), count));
        Self {
            orders: outcome.order_count,
            price: ReportedPrice::new(
                "price_ticks",
                indicative.map(|indicative| indicative.price),
                shown_decimals(form, outcome.decimals),
            ),
            volume_lots: indicative.map_or(0, |indicative| indicative.volume_lots),
            imbalance_lots: imbalance_lots.unsigned_abs(),
            imbalance_side: match imbalance_lots {
                0 => None,
                1.. => Some("buy"),
                _ => Some("sell"),
            },
            trades: event_counts.trade_count,
            rejects: event_counts.reject_count(),
            rejects_by_reason: rejects.collect(),
            duplicates: event_counts.duplicate_count,
        }
    }
}

impl fmt::Display for AuctionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "orders              {}", grouped(u64::from(self.orders)))?;
        match self.price.with_unit() {
            None => writeln!(f, "price               none: no buyer meets a seller")?,
            Some(price) => writeln!(f, "price               {price}")?,
        }
        writeln!(f, "volume              {} lots", grouped_wide(self.volume_lots))?;
        write!(f, "imbalance           {} lots", grouped_wide(self.imbalance_lots))?;
        match self.imbalance_side {
            None => writeln!(f)?,
            Some(side) => writeln!(f, " to {side}")?,
        }
        writeln!(f, "trades              {}", grouped(self.trades))?;
        write!(f, "rejects             {}", grouped(self.rejects))?;
        for (index, (reason, count)) in self.rejects_by_reason.iter().enumerate() {
            write!(f, "{} {reason} {}", if index == 0 { ":" } else { "," }, grouped(*count))?;
        }
        writeln!(f)?;
        if self.duplicates > 0 {
            let count = grouped(self.duplicates);
            writeln!(f, "duplicates          {count} (a seq not above the one before)")?;
        }
        Ok(())
    }
}
