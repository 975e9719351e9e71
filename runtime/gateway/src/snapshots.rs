//! Snapshots of the books, for those who begin to read the feed in the middle of a day.

use highwater_publisher::Publisher;
use std::sync::{Arc, Weak};

/// A snapshot that is not older is given again.
const FRESH_NS: u64 = 1_000_000_000;

/// Snapshots that are kept at a time, for slow readers: where there are as many, the newest of them
/// is given again. Its reader goes on with an earlier number of the feed.
const KEPT_MAX: usize = 2;

/// The snapshots that are being read.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Vec<(u64, Weak<Vec<u8>>)>);

impl Snapshots {
    /// The books as they are, or were a moment ago: messages behind their lengths.
    pub(crate) fn newest(&mut self, publisher: &Publisher, now_ns: u64) -> Arc<Vec<u8>> {
        self.0.retain(|(_, kept)| kept.strong_count() > 0);
        if let Some((made_ns, kept)) = self.0.last()
            && let Some(kept) = kept.upgrade()
            && (now_ns.saturating_sub(*made_ns) < FRESH_NS || self.0.len() >= KEPT_MAX)
        {
            return kept;
        }
        let made = Arc::new(publisher.snapshot());
        self.0.push((now_ns, Arc::downgrade(&made)));
        made
    }
}
