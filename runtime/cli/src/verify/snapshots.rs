//! Judging snapshots: each is restored into a book of its own, and its place is looked for in the
//! log.

use crate::inspect::Inspected;
use highwater::block::Chain;
use highwater::book::Book;
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Start, Visitor, scan_from};
use highwater::snapshot_plan::{AfterFault, SnapshotChoice, Wanted};
use highwater::types::Sequence;
use highwater_console::CommandError;
use highwater_engine::error::StartError;
use highwater_engine::figures::grouped;
use highwater_platform::Platform;
use highwater_storage::{LogDirectory, SnapshotError};
use serde::Serialize;
use std::fmt;
use std::io;

/// A snapshot. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub struct SnapshotReport {
    /// The name of its file.
    pub file: String,
    /// The last sequence in it, as its name says.
    pub sequence: u64,
    /// Whether a start can begin at it.
    pub is_usable: bool,
    /// Why not; null when it can.
    pub why: Option<String>,
    /// Open orders in it; null when it can't be restored.
    pub open_orders: Option<u32>,
}

/// A snapshot that was judged.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    file: String,
    sequence: Sequence,
    verdict: Verdict,
}

/// What a start would do with a snapshot.
#[derive(Clone, Debug)]
enum Verdict {
    /// Begin at it.
    Usable(Chain, u32),
    /// Try the next one: it is not whole, or not of this log.
    Passed(String),
    /// Refuse the log: it is whole, and the log does not hold the place at which it was made.
    Refused(RecoveryFault, u32),
}

/// Judges every snapshot in a data directory, the newest first.
pub(super) fn judge_all<P: Platform>(
    platform: P,
    log: &mut Inspected<P>,
) -> Result<Vec<Judged>, CommandError> {
    let path = log.directory.path();
    let sequences = log.directory.snapshots().map_err(|error| {
        let data = path.display();
        CommandError::failed(format!("could not list the snapshots in '{data}': {error}"))
    })?;
    let choice = SnapshotChoice::new(log.directory.log_id(), Wanted::NEWEST);
    let mut all = Vec::new();
    for sequence in sequences {
        let verdict = match restored(platform, &log.directory, sequence, &choice)? {
            // The engine, or who made another one, has removed it meanwhile.
            None => continue,
            Some(Err(why)) => Verdict::Passed(why),
            Some(Ok((chain, open_orders))) => placed(log, chain, open_orders),
        };
        let path = log.directory.snapshot_path(sequence);
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        all.push(Judged { file, sequence, verdict });
    }
    Ok(all)
}

/// The snapshot that the next start begins at, of all that were judged; `None` for the log's
/// beginning.
///
/// # Errors
/// Why it refuses the log.
pub(super) fn used_by_a_start(judged: &[Judged]) -> Result<Option<Sequence>, RecoveryFault> {
    let taken = judged.iter().find_map(|judged| match &judged.verdict {
        Verdict::Usable(..) => Some(Ok(judged.sequence)),
        Verdict::Passed(_) => None,
        Verdict::Refused(fault, _) => Some(Err(*fault)),
    });
    taken.transpose()
}

/// The place of a snapshot that can be restored, and the open orders in it; or why it can't be.
type Restored = Result<(Chain, u32), String>;

/// Restores a snapshot; `None` when it is gone.
fn restored<P: Platform>(
    platform: P,
    directory: &LogDirectory<P>,
    sequence: Sequence,
    choice: &SnapshotChoice,
) -> Result<Option<Restored>, StartError> {
    let file = match directory.open_snapshot(sequence) {
        Err(SnapshotError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Ok(Some(Err(error.to_string()))),
        Ok(file) => file,
    };
    let header = *file.header();
    if let Err(refusal) = choice.judge(sequence, &header) {
        return Ok(Some(Err(refusal.to_string())));
    }
    let capacities = header.image.needs();
    // Of its own, so that it is given back: there may be many snapshots.
    let mut memory = zeroed(Book::bytes_needed(capacities))?;
    let seed = platform.random().map_err(StartError::Random)?;
    let seed = u64::from_le_bytes(seed[..8].try_into().unwrap_or_default());
    let book = Book::new(&mut memory, capacities, seed)
        .map_err(|fault| StartError::Book(fault.to_string()))?;
    let book = file.restore(book).map(|book| (header.chain, book.open_order_count()));
    Ok(Some(book.map_err(|error| error.to_string())))
}

/// Memory that is all zeros; what is never used is never touched.
fn zeroed(bytes: usize) -> Result<Vec<u8>, StartError> {
    let mut asked = Vec::<u8>::new();
    asked
        .try_reserve_exact(bytes)
        .map_err(|error| StartError::Memory { bytes, error: io::Error::other(error) })?;
    drop(asked);
    Ok(vec![0; bytes])
}

/// What a start does with a snapshot that is whole.
fn placed<P: Platform>(log: &mut Inspected<P>, chain: Chain, open_orders: u32) -> Verdict {
    let Inspected { directory, buffer, .. } = log;
    match scan_from(directory, buffer, &mut Place, Start::Snapshot(chain)) {
        Ok(_) | Err(RecoveryFault::EndedByVisitor { .. }) => Verdict::Usable(chain, open_orders),
        Err(fault) => match AfterFault::of(&fault) {
            AfterFault::TryNext => Verdict::Passed(fault.to_string()),
            AfterFault::BeginLarger(_) | AfterFault::Refuse => Verdict::Refused(fault, open_orders),
        },
    }
}

/// Wants to know no more than whether the walk can begin.
struct Place;

impl Visitor for Place {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.looks_behind(record.sequence)
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        Err(RecoveryFault::EndedByVisitor { sequence: last })
    }
}

impl Judged {
    /// Its place in the log, when a start can begin at it.
    pub(super) fn usable(&self) -> Option<Chain> {
        match &self.verdict {
            Verdict::Usable(chain, _) => Some(*chain),
            Verdict::Passed(_) | Verdict::Refused(..) => None,
        }
    }

    /// What is told of it.
    pub(super) fn into_report(self) -> SnapshotReport {
        let Self { file, sequence, verdict } = self;
        let (why, open_orders) = match verdict {
            Verdict::Usable(_, open_orders) => (None, Some(open_orders)),
            Verdict::Passed(why) => (Some(why), None),
            Verdict::Refused(fault, open_orders) => (Some(fault.to_string()), Some(open_orders)),
        };
        SnapshotReport { file, sequence: sequence.0, is_usable: why.is_none(), why, open_orders }
    }
}

impl fmt::Display for SnapshotReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sequence = grouped(self.sequence);
        let orders = grouped(u64::from(self.open_orders.unwrap_or_default()));
        match &self.why {
            None => write!(f, "snapshot {sequence:<11}whole, {orders} open orders"),
            Some(why) => write!(f, "snapshot {sequence:<11}'{}' can't be used: {why}", self.file),
        }
    }
}
