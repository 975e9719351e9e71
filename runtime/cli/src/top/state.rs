//! The state of a venue as its page tells it.

use highwater::types::{PriceDecimals, Ticks};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A level: price in ticks, quantity that is shown, quantity that is open, orders.
pub(super) type Level = (u32, u64, u64, u32);

/// The state of a venue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) now_ms: u64,
    /// `None` while the books are being recovered.
    pub(super) book_sequence: Option<u64>,
    pub(super) ended: Option<String>,
    /// Which instrument's book it is.
    pub(super) instrument: usize,
    pub(super) instruments: Vec<Row>,
    pub(super) book: Option<Ladder>,
    pub(super) trades: Vec<Trade>,
    pub(super) logins: Vec<Login>,
    pub(super) figures: Figures,
    pub(super) about: About,
    pub(super) points: Vec<Point>,
}

/// An instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) symbol: String,
    pub(super) decimals: u8,
    pub(super) phase: String,
    pub(super) is_halted: bool,
    pub(super) bid: Option<u32>,
    pub(super) ask: Option<u32>,
    pub(super) last: Option<u32>,
    pub(super) first: Option<u32>,
    pub(super) volume: u64,
    pub(super) trades: u64,
}

/// The best levels, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Ladder {
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
}

/// A trade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Trade {
    pub(super) sequence: u64,
    pub(super) price: u32,
    pub(super) quantity: u64,
    pub(super) side: Option<String>,
}

/// Who is logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) service: String,
    pub(super) address: String,
    pub(super) behind: u64,
}

/// The engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Figures {
    pub(super) appended: u64,
    pub(super) durable: u64,
    pub(super) released: u64,
    pub(super) log_bytes: u64,
    pub(super) syncs: u64,
    pub(super) newest_snapshot: u64,
    pub(super) behind_snapshot_bytes: u64,
    pub(super) input_ring: u64,
    pub(super) record_ring: u64,
    pub(super) event_ring: u64,
    pub(super) connections: u64,
    pub(super) replaying: u64,
    pub(super) rejects: BTreeMap<String, u64>,
}

/// What does not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct About {
    pub(super) version: String,
    pub(super) data: String,
    pub(super) sync: String,
    pub(super) started_ms: u64,
}

/// A second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Point {
    pub(super) commands: u64,
    pub(super) lag: u64,
    pub(super) answer_p50_ns: u64,
    pub(super) answer_p99_ns: u64,
    pub(super) sync_p50_ns: u64,
    pub(super) sync_p99_ns: u64,
}

impl Row {
    /// A price of the instrument as people write it; `-` for none.
    pub(super) fn price(&self, ticks: Option<u32>) -> String {
        let decimals = PriceDecimals(self.decimals);
        let text = |ticks| decimals.price(Ticks(ticks)).to_string();
        ticks.map_or_else(|| "-".to_owned(), text)
    }
}
