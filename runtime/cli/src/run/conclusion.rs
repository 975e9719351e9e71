//! The end of a run: its summary, and the sentence that says how it ended.

use super::{Finished, RunSettings};
use crate::summary::{InstrumentSummary, Summary};
use highwater::stage::Fault;
use highwater::types::ClientSequence;
use highwater_console::{CommandError, Console, note};
use highwater_engine::figures::{Nanoseconds, grouped, per_second};
use highwater_engine::fills::FLOW_SESSION;
use highwater_engine::start::Started;
use highwater_flows::feed::FeedEnd;
use highwater_flows::gateway::GatewayEnd;
use highwater_platform::Platform;
use highwater_storage::explain_fault;
use std::fmt;

/// What recovery found, as a sentence and for the summary.
#[derive(Clone, Debug)]
pub(super) struct RecoverySummary {
    data: String,
    last_sequence: u64,
    last_client_sequence: u64,
    recovery_ns: u64,
    torn_tail_bytes: u64,
    /// The last sequence of the snapshot that recovery began at; 0 at the log's beginning.
    snapshot_sequence: u64,
}

impl RecoverySummary {
    /// What recovery found, and the flow's last `seq` among it.
    pub(super) fn of<P: Platform>(started: &Started<P>, last: ClientSequence) -> Self {
        let book = started.book();
        Self {
            data: started.directory().path().display().to_string(),
            last_sequence: book.last_sequence().0,
            last_client_sequence: last.0,
            recovery_ns: started.recovery_ns,
            torn_tail_bytes: started.scanned.torn_tail_bytes,
            snapshot_sequence: started.snapshot.map_or(0, |header| header.sequence().0),
        }
    }
}

impl fmt::Display for RecoverySummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.last_sequence == 0 {
            write!(f, "a new log in '{}'", self.data)?;
        } else {
            write!(
                f,
                "recovered {} commands from '{}' in {}, up to seq {}",
                grouped(self.last_sequence),
                self.data,
                Nanoseconds(self.recovery_ns),
                self.last_client_sequence
            )?;
        }
        if self.snapshot_sequence > 0 {
            write!(f, "; from the snapshot at sequence {}", grouped(self.snapshot_sequence))?;
        }
        if self.torn_tail_bytes > 0 {
            write!(f, "; cut off a torn tail of {} bytes", grouped(self.torn_tail_bytes))?;
        }
        Ok(())
    }
}

/// Says how a run ended, and prints its summary.
///
/// Why it failed is told first, and of a run that failed before it took anything there is no text.
pub(super) fn conclude<P: Platform>(
    platform: P,
    settings: RunSettings<'_>,
    console: Console,
    recovered: &RecoverySummary,
    finished: Finished<P>,
) -> Result<(), CommandError> {
    let RunSettings { args, config } = settings;
    if let Some(notice) = &finished.engine.output.notice {
        note(&format!("note: {notice}"));
    }
    let summary = summary_of(settings, recovered, &finished);
    let last = summary.last_client_sequence;
    let verdict = match finished.engine.output.end {
        GatewayEnd::Fed(FeedEnd::Finished | FeedEnd::LimitReached) => Ok(()),
        GatewayEnd::Stopped => {
            note(&format!("stopped at seq {last}; run again to continue"));
            Ok(())
        }
        GatewayEnd::Fed(FeedEnd::BadLine(error)) => {
            note(&format!(
                "{error}\nthe lines before it are durable, up to seq {last}; correct it and run \
                 again"
            ));
            Err(CommandError::Reported)
        }
        GatewayEnd::Output(error) => {
            note(&error.to_string());
            Err(CommandError::Reported)
        }
        GatewayEnd::SnapshotsBehind(sentence) => {
            note(&sentence);
            Err(CommandError::Reported)
        }
        GatewayEnd::Fault(Fault::Log(fault)) => {
            return Err(CommandError::failed(explain_fault(platform, &config.data, fault)));
        }
        GatewayEnd::Fault(fault @ (Fault::StagePanicked | Fault::ReplayDiffers)) => {
            return Err(CommandError::failed(fault));
        }
    };
    if args.json {
        console.report_json(&summary, verdict)
    } else if verdict.is_err() && summary.commands == 0 {
        verdict
    } else {
        console.report(&summary.to_string(), verdict)
    }
}

fn summary_of<P: Platform>(
    settings: RunSettings<'_>,
    recovered: &RecoverySummary,
    finished: &Finished<P>,
) -> Summary {
    let RunSettings { args, config } = settings;
    let report = &finished.engine.output;
    let event_counts = report.run_outputs.event_counts();
    let totals = &finished.engine.log;
    let book = &finished.engine.sequencer.book;
    let sequences = report.released.0.saturating_sub(recovered.last_sequence);
    Summary {
        ended: ended(&report.end),
        data: config.data.display().to_string(),
        sync: config.sync.name(),
        durable: config.sync.answers_are_durable(),
        loss: config.sync.loss(),
        released_not_durable_max: report.exposed_count_max,
        io: finished.engine.directory.io_note().to_owned(),
        file_system: finished.engine.directory.file_system().name.clone(),
        recovered_commands: recovered.last_sequence,
        recovered_client_sequence: recovered.last_client_sequence,
        recovery_ns: recovered.recovery_ns,
        torn_tail_bytes: recovered.torn_tail_bytes,
        snapshot_sequence: recovered.snapshot_sequence,
        snapshots_made: finished.engine.snapshots.made_count,
        snapshot_lag_bytes: finished.engine.snapshots.lag.bytes,
        snapshot_lag_bytes_max: finished.engine.snapshots.lag.bytes_max,
        snapshot_holds: finished.engine.snapshots.lag.hold_count,
        packed_bytes: finished.engine.snapshots.packed_bytes,
        plain_bytes: finished.engine.snapshots.plain_bytes,
        retired_bytes: finished.engine.snapshots.retired_bytes,
        skipped_lines: report.skipped_count,
        commands: report.pushed_count,
        trades: event_counts.trade_count,
        rejects: event_counts.reject_count(),
        rejects_by_reason: event_counts
            .rejects()
            .map(|(reason, count)| (reason.name(), count))
            .collect(),
        duplicates: event_counts.duplicate_count,
        elapsed_ns: report.elapsed_ns,
        commands_per_second: per_second(report.pushed_count, report.elapsed_ns),
        critical_path: finished.engine.sequencer.critical_path.quantiles(),
        rate: args.rate,
        acknowledgement: report.acknowledgement.quantiles(),
        syncs: totals.sync_count,
        sync_ns_avg: totals.sync_ns_total.checked_div(totals.sync_count).unwrap_or(0),
        sync_ns_max: totals.sync_ns_max,
        sync_time: finished.engine.sync_time,
        spare_waits: totals.spare_wait_count,
        spare_wait_ns_total: totals.spare_wait_ns_total,
        commands_per_sync: sequences.checked_div(totals.sync_count).unwrap_or(0),
        log_bytes: totals.appended_bytes,
        last_sequence: report.released.0,
        last_client_sequence: book.last_client_sequence(FLOW_SESSION).max(report.last_seq).0,
        open_orders: book.open_order_count(),
        state_hash: format!("{:016x}", book.state_hash()),
        reserved_bytes: finished.reserved_bytes,
        instruments: InstrumentSummary::all_of(book, event_counts, args.prices.form()),
    }
}

const fn ended(end: &GatewayEnd) -> &'static str {
    match end {
        GatewayEnd::Fed(FeedEnd::Finished) => "finished",
        GatewayEnd::Fed(FeedEnd::LimitReached) => "limit_reached",
        GatewayEnd::Stopped => "stopped",
        GatewayEnd::Fed(FeedEnd::BadLine(_))
        | GatewayEnd::Output(_)
        | GatewayEnd::SnapshotsBehind(_)
        | GatewayEnd::Fault(_) => "failed",
    }
}
