//! What a host tells about itself while it runs, at no cost to the sequencer: every number is one
//! that its thread keeps anyway, or that the asker counts.

use super::common::Common;
use highwater::engine::Occupancy;
use highwater::types::Sequence;
use highwater_engine::snapshots::SnapshotTotals;
use highwater_platform::Platform;
use highwater_platform::latency::Quantiles;
use highwater_storage::LogTotals;
use highwater_storage::history_cache::CacheTotals;
use std::sync::atomic::Ordering;

/// The state of a host at one moment; the numbers may be some nanoseconds apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostStatistics {
    /// The last sequence handed to the system.
    pub appended: Sequence,
    /// The last sequence on stable storage.
    pub durable: Sequence,
    /// The last sequence whose events were all delivered.
    pub released: Sequence,
    /// Appends and syncs.
    pub log: LogTotals,
    /// How long syncs took; each quantile is at most an eighth too long. `None` before the first.
    pub sync_time: Option<Quantiles>,
    /// What catch-ups read, and how much of it was in memory.
    pub cache: CacheTotals,
    /// Snapshots made, and what became of the log below them, which is nothing after the host's
    /// end; and how far the log has grown behind the newest.
    pub snapshots: SnapshotTotals,
    /// The last sequence in the book that snapshots are made of and [`Questions`](super::Questions)
    /// are answered from.
    pub questions_at: Sequence,
    /// How full the engine's own rings are.
    pub rings: Occupancy,
    /// Commands that wait in the sessions' rings.
    pub submitted_waiting: usize,
    /// Events that wait in the sessions' rings.
    pub events_waiting: usize,
    /// Slots that sessions other than the operator's may take.
    pub slots: usize,
    /// Those that are taken.
    pub slots_taken: usize,
    /// Taps that are taken.
    pub taps_taken: usize,
    /// Sessions and taps that miss events.
    pub lagging_count: u64,
    /// Callers that are asleep until something comes.
    pub waiting_count: usize,
    /// Callers that were woken.
    pub wake_count: u64,
}

impl HostStatistics {
    pub(super) fn of<P: Platform>(common: &Common<P>, rings: Occupancy) -> Self {
        let shared = common.context.shared;
        let delivery_counters = common.delivery_counters;
        let mut statistics = Self {
            appended: shared.appended.get(),
            durable: shared.durable.get(),
            released: delivery_counters.delivered(),
            log: common.counters.get().map(|counters| counters.totals()).unwrap_or_default(),
            sync_time: common.counters.get().and_then(|counters| counters.sync_quantiles()),
            rings,
            cache: common.cache.totals(),
            snapshots: SnapshotTotals {
                lag: common.context.lag.totals(),
                ..SnapshotTotals::default()
            },
            slots: common.slots.len() - 1,
            slots_taken: common.registry().taken.len(),
            taps_taken: common.tap_inboxes.len() - common.free_taps().len(),
            lagging_count: delivery_counters.lagging_count.load(Ordering::Relaxed),
            wake_count: delivery_counters.wake_count.load(Ordering::Relaxed),
            ..Self::default()
        };
        for slot in &common.slots[..common.used_count()] {
            let mut endpoint = slot.endpoint();
            statistics.submitted_waiting += endpoint.input.capacity() - endpoint.input.room();
            statistics.events_waiting += endpoint.events.waiting();
            drop(endpoint);
            statistics.waiting_count += usize::from(slot.inbox.waiter.is_waiting());
        }
        statistics
    }

    /// Commands that shared one sync, on average since the start.
    pub fn commands_per_sync(&self, since: Sequence) -> u64 {
        self.durable.0.saturating_sub(since.0).checked_div(self.log.sync_count).unwrap_or(0)
    }
}
