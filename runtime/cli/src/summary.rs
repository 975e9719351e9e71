//! The summary of a run: what a person reads at its end, and the same as one JSON object.

mod instruments;

pub use instruments::InstrumentSummary;

use highwater_engine::figures::{Nanoseconds, grouped};
use highwater_platform::latency::Quantiles;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// What a run did. The JSON names are the field names; times are nanoseconds, sizes bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// `finished`, `limit_reached`, `stopped` or `failed`.
    pub ended: &'static str,
    /// The data directory.
    pub data: String,
    /// The sync mode.
    pub sync: &'static str,
    /// False when an answer may have been released before it was on stable storage.
    pub durable: bool,
    /// What of the released answers a power cut can take in this mode.
    pub loss: &'static str,
    /// The most commands that were released and not durable at one time: what a power cut could
    /// have taken at its worst.
    pub released_not_durable_max: u64,
    /// How the files were written.
    pub io: String,
    /// The file system of the data directory.
    pub file_system: String,
    /// Commands that recovery replayed.
    pub recovered_commands: u64,
    /// The flow's last client sequence that recovery found.
    pub recovered_client_sequence: u64,
    /// How long recovery took.
    pub recovery_ns: u64,
    /// Bytes of a torn tail that recovery cut off.
    pub torn_tail_bytes: u64,
    /// The last sequence of the snapshot that recovery began at; 0 at the log's beginning.
    pub snapshot_sequence: u64,
    /// Snapshots made in this run.
    pub snapshots_made: u64,
    /// Bytes of log behind the newest snapshot at the end: what the next start reads.
    pub snapshot_lag_bytes: u64,
    /// The most that there were in this run.
    pub snapshot_lag_bytes_max: u64,
    /// How often no command was taken until a snapshot was made.
    pub snapshot_holds: u64,
    /// Bytes of the segments that were packed in this run, as they are now.
    pub packed_bytes: u64,
    /// The same before.
    pub plain_bytes: u64,
    /// Bytes of the segments that were retired in this run.
    pub retired_bytes: u64,
    /// Lines of the flow that the log held already.
    pub skipped_lines: u64,
    /// Fresh commands of the flow in this run.
    pub commands: u64,
    /// Trades in this run.
    pub trades: u64,
    /// Commands that were rejected in this run.
    pub rejects: u64,
    /// Rejects by reason, where there are any.
    pub rejects_by_reason: BTreeMap<&'static str, u64>,
    /// Commands that the engine had executed before and did not execute again.
    pub duplicates: u64,
    /// From the first push to the last release.
    pub elapsed_ns: u64,
    /// Fresh commands a second.
    pub commands_per_second: u64,
    /// From taking a command from the input ring to having published its record and events; one
    /// command in 16.
    pub critical_path: Option<Quantiles>,
    /// Commands a second that were offered; nothing when they were offered as fast as the engine
    /// took them.
    pub rate: Option<u64>,
    /// From offering a command to its answer.
    pub acknowledgement: Option<Quantiles>,
    /// Syncs of the log.
    pub syncs: u64,
    /// Average length of a sync.
    pub sync_ns_avg: u64,
    /// The longest sync.
    pub sync_ns_max: u64,
    /// How long syncs took; each quantile is at most an eighth too long.
    pub sync_time: Option<Quantiles>,
    /// How often the log's next segment was not ready when the one before was full.
    pub spare_waits: u64,
    /// Time that the log writer waited then.
    pub spare_wait_ns_total: u64,
    /// Commands that shared a sync, on average.
    pub commands_per_sync: u64,
    /// Bytes appended to the log.
    pub log_bytes: u64,
    /// The last sequence released.
    pub last_sequence: u64,
    /// The flow's last client sequence.
    pub last_client_sequence: u64,
    /// Open orders at the end.
    pub open_orders: u32,
    /// The full hash of the engine's state, 16 hexadecimal digits.
    pub state_hash: String,
    /// Memory reserved for book, rings and buffers; what is never used is never touched.
    pub reserved_bytes: usize,
    /// Each instrument at the end.
    pub instruments: Vec<InstrumentSummary>,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let durability = if self.durable {
            format!("sync {}: every answer waited for stable storage", self.sync)
        } else {
            format!(
                "sync {}: a power cut loses {}; {} commands at most",
                self.sync,
                self.loss,
                grouped(self.released_not_durable_max)
            )
        };
        writeln!(f, "commands            {}", grouped(self.commands))?;
        writeln!(f, "trades              {}", grouped(self.trades))?;
        write!(f, "rejects             {}", grouped(self.rejects))?;
        for (index, (reason, count)) in self.rejects_by_reason.iter().enumerate() {
            write!(f, "{} {reason} {}", if index == 0 { ":" } else { "," }, grouped(*count))?;
        }
        writeln!(f)?;
        if self.duplicates > 0 {
            writeln!(f, "duplicates          {} (not executed again)", grouped(self.duplicates))?;
        }
        // Of no command there is nothing to tell: what was measured is the operator's.
        if self.commands > 0 {
            self.write_latencies(f)?;
        }
        self.write_syncs(f)?;
        writeln!(f, "log                 {} bytes appended, {}", grouped(self.log_bytes), self.io)?;
        writeln!(f, "durability          {durability}, on {}", self.file_system)?;
        if self.snapshots_made > 0 {
            writeln!(
                f,
                "snapshots           {} made; below them {} bytes packed to {}, {} retired",
                self.snapshots_made,
                grouped(self.plain_bytes),
                grouped(self.packed_bytes),
                grouped(self.retired_bytes)
            )?;
        }
        self.write_lag(f)?;
        self.write_memory(f)?;
        writeln!(
            f,
            "state               sequence {}, {} open orders, hash {}",
            grouped(self.last_sequence),
            grouped(u64::from(self.open_orders)),
            self.state_hash
        )?;
        instruments::write(&self.instruments, f)
    }
}

impl Summary {
    fn write_latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "throughput          {} commands/s, {} in all",
            grouped(self.commands_per_second),
            Nanoseconds(self.elapsed_ns)
        )?;
        write_quantiles(f, "critical path      ", self.critical_path)?;
        let answer = if self.durable { "durable answer     " } else { "answer             " };
        write_quantiles(f, answer, self.acknowledgement)?;
        if self.rate.is_none() {
            writeln!(
                f,
                "                    (offered without pause, so mostly time in the queue; see --rate)"
            )?;
        }
        Ok(())
    }

    fn write_syncs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "syncs               {}, {} on average, {} at most, {} commands a sync",
            grouped(self.syncs),
            Nanoseconds(self.sync_ns_avg),
            Nanoseconds(self.sync_ns_max),
            grouped(self.commands_per_sync)
        )?;
        if self.spare_waits > 0 {
            writeln!(
                f,
                "segments            {} were not ready when they were needed: waited {} for them",
                grouped(self.spare_waits),
                Nanoseconds(self.spare_wait_ns_total)
            )?;
        }
        Ok(())
    }

    fn write_lag(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "snapshot lag        {} bytes of log, {} at most",
            grouped(self.snapshot_lag_bytes),
            grouped(self.snapshot_lag_bytes_max)
        )?;
        if self.snapshot_holds > 0 {
            write!(f, "; commands held for one {} times", grouped(self.snapshot_holds))?;
        }
        writeln!(f)
    }

    fn write_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mebibytes = self.reserved_bytes.div_ceil(1 << 20);
        let fits = if mebibytes <= 256 { ", fits in 256 MiB" } else { "" };
        writeln!(f, "memory              {mebibytes} MiB reserved{fits}")
    }
}

fn write_quantiles(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    quantiles: Option<Quantiles>,
) -> fmt::Result {
    let Some(q) = quantiles else {
        return writeln!(f, "{label} nothing measured");
    };
    writeln!(
        f,
        "{label} p50 {}, p90 {}, p99 {}, p99.9 {}, max {}",
        Nanoseconds(q.p50_ns),
        Nanoseconds(q.p90_ns),
        Nanoseconds(q.p99_ns),
        Nanoseconds(q.p99_9_ns),
        Nanoseconds(q.max_ns)
    )
}
