//! What trials came by: a trial that never meets a thing shows nothing about it.

use crate::engine_run::{End, RunOutcome};
use crate::sim_log::{Happening, Met};
use crate::sim_snapshots::{StorePlan, StoreStep};
use highwater::log_file::LogOperation;
use highwater::types::Sequence;

/// Counts of many trials.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Trials.
    pub trial_count: u64,
    /// What happened in which operation.
    pub met: Vec<(Met, u64)>,
    /// Lives that ended before recovery was over.
    pub in_recovery_count: u64,
    /// Lives that were stopped cleanly.
    pub stopped_count: u64,
    /// Recoveries that cut something off.
    pub torn_count: u64,
    /// Segments begun.
    pub segment_count: u64,
    /// Commands that were in the log at the end.
    pub command_count: u64,
    /// Events released.
    pub released_count: u64,
    /// What happened in which step of making snapshots.
    pub met_in_store: Vec<(StoreStep, Happening, u64)>,
    /// Lives that began at a snapshot.
    pub from_snapshot_count: u64,
    /// Lives that began at a snapshot, or at the log's beginning, because a newer one was damaged.
    pub fallback_count: u64,
    /// Logs whose first segments were retired.
    pub retired_count: u64,
    /// Segments that were prepared and never begun when a life began.
    pub prepared_count: u64,
    /// How often a sequencer waited for room.
    pub wait_count: u64,
    /// Syncs during which something was appended.
    pub overlap_count: u64,
}

impl Tally {
    /// Counts a life, and what it met.
    pub fn count(&mut self, lived: &RunOutcome, met: Option<Met>) {
        if let Some(met) = met {
            match self.met.iter_mut().find(|(known, _)| *known == met) {
                Some((_, count)) => *count += 1,
                None => self.met.push((met, 1)),
            }
        }
        self.in_recovery_count += u64::from(lived.end == End::InRecovery);
        self.stopped_count += u64::from(lived.end == End::Stopped);
        self.torn_count += u64::from(lived.torn_tail_bytes > 0);
        self.released_count += lived.released.len() as u64;
        self.wait_count += lived.wait_count;
        self.overlap_count += lived.overlap_count;
    }

    /// Counts where a life began, and what the making of snapshots met.
    pub fn count_store(&mut self, lived: &RunOutcome, met: Option<StorePlan>) {
        if let Some(StorePlan { step, happening, .. }) = met {
            let is_same = |(known, what, _): &&mut (_, _, _)| (*known, *what) == (step, happening);
            match self.met_in_store.iter_mut().find(is_same) {
                Some((_, _, count)) => *count += 1,
                None => self.met_in_store.push((step, happening, 1)),
            }
        }
        self.from_snapshot_count += u64::from(lived.begun_at > Sequence(0));
    }

    /// How often something happened in a step of making snapshots.
    pub fn met_in_store_count(&self, happening: Happening, step: StoreStep) -> u64 {
        let is_wanted = |met: &&(StoreStep, Happening, u64)| (met.0, met.1) == (step, happening);
        self.met_in_store.iter().filter(is_wanted).map(|(_, _, count)| count).sum()
    }

    /// How often something happened in an operation.
    pub fn met_count(&self, happening: Happening, operation: LogOperation) -> u64 {
        let wanted = Met { happening, operation };
        self.met.iter().filter(|(met, _)| *met == wanted).map(|(_, count)| count).sum()
    }
}
