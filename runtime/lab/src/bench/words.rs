//! Numbers of summaries in the words of the report; no number where nothing was measured.

use highwater_engine::figures::Nanoseconds;
use serde_json::Value;
use std::fmt;

/// A count of a run's summary; 0 when it has none.
pub(super) fn number(run: &Value, name: &str) -> u64 {
    run[name].as_u64().unwrap_or(0)
}

/// A time of a latency in a run's summary, with its unit.
pub(super) fn time(latency: &Value, name: &str) -> String {
    shown(latency[name].as_u64())
}

/// A time with its unit.
pub(super) fn shown(time_ns: Option<u64>) -> String {
    time_ns.map_or_else(|| "none".to_owned(), |time_ns| Nanoseconds(time_ns).to_string())
}

/// How many times one number is another, with two decimals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio(pub(super) u64, pub(super) u64);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (u128::from(self.0) * 100).checked_div(u128::from(self.1)) {
            Some(hundredths) => write!(f, "{}.{:02}", hundredths / 100, hundredths % 100),
            None => f.write_str("none"),
        }
    }
}
