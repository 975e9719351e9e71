//! `highwater verify`: scans a whole log, checks everything that can be checked, replays it, and
//! restores its snapshots.

mod snapshots;

use crate::inspect::{CacheArgs, Inspected, looked_at_again, open_log, say_notes, walk};
use highwater::log_file::LogFile;
use highwater::record::{Record, RecordType};
use highwater::recovery::{RecoveryFault, Scanned, Start, Visitor};
use highwater::snapshot_plan::Wanted;
use highwater::types::{SegmentNumber, Sequence};
use highwater_console::{CommandError, Console};
use highwater_engine::candidates::Candidates;
use highwater_engine::error::StartError;
use highwater_engine::figures::grouped;
use highwater_engine::replay::{ReplayUpTo, Replayed, Rest, replay_from};
use highwater_platform::Platform;
use highwater_storage::LogDirectory;
use serde::Serialize;
pub use snapshots::SnapshotReport;
use snapshots::{Judged, judge_all, used_by_a_start};
use std::fmt;
use std::path::PathBuf;

/// Check the whole log, replay it, and restore its snapshots.
///
/// The command takes no exclusive lock and creates nothing. While an engine runs, it reports what
/// is durable now. It names the snapshot at which the next start begins. Exit code 0: the log is
/// sound (it may have a torn tail, or a damaged snapshot that no start needs); 1: a start would
/// refuse the log, or there is none.
#[derive(Clone, Debug, clap::Args)]
pub struct VerifyArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// How much of it is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// What a verification found. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// The data directory.
    pub data: String,
    /// `running`: an engine writes the log, and the report is of what is durable now. `stopped`:
    /// the last thing in the log is the marker of a clean stop. `interrupted`: the next start
    /// recovers it.
    pub state: LogState,
    /// First sequence in the log, or after the oldest snapshot where the log before it is gone; 0
    /// when there is none.
    pub first_sequence: u64,
    /// Last sequence in the log; 0 when there is none.
    pub last_sequence: u64,
    /// The last client sequence of every session that sent a command.
    pub sessions: Vec<SessionReport>,
    /// Records by type.
    pub records: Vec<RecordCount>,
    /// Segment files.
    pub segments: u64,
    /// Bytes of headers and blocks.
    pub log_bytes: u64,
    /// Bytes after the break that a crash left: the next start cuts them off.
    pub torn_tail_bytes: u64,
    /// Open orders.
    pub open_orders: u32,
    /// The full hash of the engine's state, 16 hexadecimal digits.
    pub state_hash: String,
    /// The running hash over all events, 16 hexadecimal digits.
    pub running_hash: String,
    /// The last sequence of the snapshot that the next start begins at; null when it begins at the
    /// log's beginning.
    pub start_snapshot: Option<u64>,
    /// The snapshots, the newest first.
    pub snapshots: Vec<SnapshotReport>,
}

/// What a log is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    /// An engine writes it.
    Running,
    /// Its engine stopped cleanly.
    Stopped,
    /// Its engine did not stop cleanly.
    Interrupted,
}

/// One session.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SessionReport {
    /// Its number; 0 is the operator's.
    pub session: u16,
    /// Its last client sequence that was executed.
    pub last_client_sequence: u64,
}

/// How many records there are of one type.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecordCount {
    /// The type.
    pub record: &'static str,
    /// How many.
    pub count: u64,
}

/// Verifies a log and prints the report.
///
/// # Errors
/// The log is corrupt, or there is none.
pub fn verify<P: Platform>(
    platform: P,
    args: &VerifyArgs,
    console: Console,
) -> Result<(), CommandError> {
    let report = looked_at_again(|| {
        let mut log = open_log(platform, &args.data, args.cache)?;
        examine(platform, &mut log)
    })?;
    if args.json { console.print_json(&report) } else { console.print(&report.to_string()) }
}

/// Judges the snapshots, and replays what there is of the log: from its beginning, or where that
/// was retired from the oldest snapshot that can be used.
fn examine<P: Platform>(platform: P, log: &mut Inspected<P>) -> Result<VerifyReport, CommandError> {
    let (judged, used) = judge_snapshots(platform, log)?;
    let upto = log.durable_end()?;
    let begun = match log.start {
        Start::Beginning => None,
        Start::Snapshot(chain) => Some(chain.last_sequence()),
    };
    let covered = log.reaches_its_snapshots()?;
    let Inspected { directory, buffer, is_running, .. } = log;
    let candidates = |directory: &LogDirectory<P>| {
        Candidates::of(directory, begun.map_or(Wanted::EveryRecord, Wanted::Behind))
    };
    let replayed = replay_from(platform, directory, candidates, |directory, book, start| {
        let replay = ReplayUpTo::new(book, upto, Rest::Scanned);
        let mut counted = Counted { replay, counts: [0; RecordType::ALL.len()] };
        let scanned = walk(directory, buffer, "verified", start, &mut counted)?;
        if scanned.last_sequence < covered {
            return Err(RecoveryFault::SnapshotAhead { sequence: covered });
        }
        Ok((scanned, counted.counts))
    })?;
    say_notes(&replayed.notes);
    let book = &replayed.fresh.book;
    book.check().map_err(|fault| {
        CommandError::failed(format!("the replayed book is inconsistent: {fault}"))
    })?;
    if !*is_running
        && let Some(renamed) = directory
            .leftovers()
            .renamed_segment(replayed.found.0.chain().as_ref())
            .map_err(StartError::from)?
    {
        return Err(CommandError::failed(renamed));
    }
    let report = log.report(&replayed);
    Ok(VerifyReport {
        start_snapshot: used.map(|sequence| sequence.0),
        snapshots: judged.into_iter().map(Judged::into_report).collect(),
        ..report
    })
}

/// Judges every snapshot, and lets the walk along a log whose beginning was retired begin at the
/// oldest that can be used; returns also the one that the next start begins at.
fn judge_snapshots<P: Platform>(
    platform: P,
    log: &mut Inspected<P>,
) -> Result<(Vec<Judged>, Option<Sequence>), CommandError> {
    let data = log.directory.path().to_owned();
    let refused = |fault| StartError::recovery(platform, &data, fault);
    let judged = judge_all(platform, log)?;
    let used = used_by_a_start(&judged).map_err(refused)?;
    let range = log.directory.segments().map_err(RecoveryFault::Log).map_err(refused)?;
    if let Some((first, _)) = range
        && first > SegmentNumber::FIRST
    {
        let oldest = judged.iter().rev().find_map(Judged::usable);
        let chain = oldest.ok_or_else(|| StartError::retired(&data, first))?;
        log.start = Start::Snapshot(chain);
    }
    Ok((judged, used))
}

/// Counts the records that are replayed.
struct Counted<'b> {
    replay: ReplayUpTo<'b>,
    counts: [u64; RecordType::ALL.len()],
}

impl Visitor for Counted<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.replay.wants(record) {
            self.counts[record.record_type().index()] += 1;
        }
        self.replay.record(record)
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }
}

impl<P: Platform> Inspected<P> {
    fn report(&self, replayed: &Replayed<(Scanned, [u64; RecordType::ALL.len()])>) -> VerifyReport {
        let (book, (scanned, counts)) = (&replayed.fresh.book, &replayed.found);
        let last_sequence = book.last_sequence().0;
        let sessions = book.sessions().map(|(session, last)| SessionReport {
            session: session.0,
            last_client_sequence: last.0,
        });
        let records = RecordType::ALL.iter().zip(counts.iter().copied());
        VerifyReport {
            data: self.directory.path().display().to_string(),
            state: match (self.is_running, scanned.stopped_cleanly) {
                (true, _) => LogState::Running,
                (false, true) => LogState::Stopped,
                (false, false) => LogState::Interrupted,
            },
            first_sequence: last_sequence.min(replayed.begun.0 + 1),
            last_sequence,
            sessions: sessions.collect(),
            records: records
                .map(|(record, count)| RecordCount { record: record.name(), count })
                .collect(),
            segments: scanned.segment_count,
            log_bytes: scanned.log_bytes,
            // What a running engine is just writing is not a tear.
            torn_tail_bytes: if self.is_running { 0 } else { scanned.torn_tail_bytes },
            open_orders: book.open_order_count(),
            state_hash: format!("{:016x}", book.state_hash()),
            running_hash: format!("{:016x}", book.running_hash()),
            start_snapshot: None,
            snapshots: Vec::new(),
        }
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            LogState::Running => "written by a running engine; this is what is durable now",
            LogState::Stopped => "stopped cleanly",
            LogState::Interrupted => "not stopped cleanly; the next start recovers it",
        };
        writeln!(f, "log in '{}': sound, {state}", self.data)?;
        writeln!(
            f,
            "sequences           {} to {}",
            grouped(self.first_sequence),
            grouped(self.last_sequence)
        )?;
        for session in &self.sessions {
            let who = if session.session == 0 { " (operator)" } else { "" };
            let last = grouped(session.last_client_sequence);
            writeln!(f, "session {:<12}last client sequence {last}{who}", session.session)?;
        }
        for RecordCount { record, count } in self.records.iter().filter(|record| record.count > 0) {
            writeln!(f, "{record:<20}{}", grouped(*count))?;
        }
        writeln!(f, "segments            {}, {} bytes", self.segments, grouped(self.log_bytes))?;
        writeln!(f, "torn tail           {} bytes", grouped(self.torn_tail_bytes))?;
        writeln!(f, "open orders         {}", grouped(u64::from(self.open_orders)))?;
        writeln!(f, "state hash          {}", self.state_hash)?;
        writeln!(f, "running hash        {}", self.running_hash)?;
        self.write_snapshots(f)
    }
}

impl VerifyReport {
    /// Which snapshots there are, and where starts begin.
    fn write_snapshots(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for snapshot in &self.snapshots {
            writeln!(f, "{snapshot}")?;
        }
        let reads_all = if self.first_sequence > 1 || self.snapshots.is_empty() {
            ""
        } else {
            "; with --fills or --events it reads the whole log"
        };
        let newest = self.snapshots.first().map(|snapshot| snapshot.sequence);
        match self.start_snapshot {
            None => writeln!(f, "next start          at the log's beginning"),
            Some(used) => {
                let which = if newest == Some(used) { "the newest" } else { "an older" };
                let at = grouped(used);
                writeln!(f, "next start          at {which} snapshot, sequence {at}{reads_all}")
            }
        }
    }
}
