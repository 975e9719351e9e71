//! What a run of an engine can start from: the newest snapshot that is whole, or the log's
//! beginning.

use crate::oracle::{Violation, book_memory};
use crate::sim_log::SimLog;
use crate::sim_snapshots::SimSnapshots;
use crate::snapshots::{restored, small_book, small_book_seeded};
use highwater::book::Book;
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{RecoveryFault, Start, scan_from};
use highwater::snapshot::{SnapshotHeader, read_snapshot_header};
use highwater::snapshot_plan::{AfterFault, Choice, SnapshotChoice, Wanted};
use highwater::types::{LogId, Sequence};

/// The id of the log that engines write.
pub const LOG_ID: LogId = LogId([7; 16]);

/// What a start does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartFlaw {
    /// Nothing.
    #[default]
    Nothing,
    /// It takes a snapshot that the log does not reach for one that is of no use.
    IgnoresAhead,
    /// It takes for evidence only the snapshot that it begins at.
    ForgetsEvidence,
}

impl StartFlaw {
    /// What follows from a fault behind a snapshot.
    fn after(self, fault: &RecoveryFault) -> AfterFault {
        let is_ahead = matches!(fault, RecoveryFault::SnapshotAhead { .. });
        if self == Self::IgnoresAhead && is_ahead {
            AfterFault::TryNext
        } else {
            AfterFault::of(fault)
        }
    }
}

/// The snapshots that a start can begin at, the newest first.
#[derive(Clone, Debug)]
pub struct Candidates {
    whole: Vec<(SnapshotHeader, Vec<u8>)>,
    /// The last sequence that the log must reach.
    covered: Sequence,
}

impl Candidates {
    /// Every snapshot that is whole, but for those that the log has nothing to do with.
    ///
    /// # Errors
    /// One is not, though nobody has damaged it.
    pub fn of(store: &SimSnapshots, log: &SimLog, flaw: StartFlaw) -> Result<Self, Violation> {
        let mut choice = SnapshotChoice::new(Some(LOG_ID), Wanted::NEWEST);
        let (listed, mut whole) = (store.list(), Vec::new());
        while let Choice::Snapshot(sequence) = choice.next(&listed) {
            let bytes = store.bytes(sequence);
            let mut memory = book_memory();
            match restored(&bytes, small_book(&mut memory)) {
                Ok((header, _)) if choice.judge(sequence, &header).is_ok() => {
                    whole.push((header, bytes));
                }
                Ok(_) | Err(_) if store.is_damaged(sequence) => {}
                Ok(_) | Err(_) => return Err(Violation::DamagedSnapshot(sequence)),
            }
        }
        let unfit = |(header, _): &(SnapshotHeader, _)| is_passed_over(log, header, flaw);
        let passed_count = whole.iter().take_while(|it| unfit(it)).count();
        whole.drain(..passed_count);
        let header = |sequence: &Sequence| read_snapshot_header(&store.bytes(*sequence)).ok();
        // Who ignores a snapshot ignores what it is evidence of.
        let evidence = if flaw == StartFlaw::Nothing {
            choice.evidence(listed.iter().filter_map(header))
        } else {
            whole.first().map(|(header, _)| *header)
        };
        let covered = evidence.map(|header| header.sequence()).unwrap_or_default();
        Ok(Self { whole, covered })
    }

    /// The last sequence that any snapshot covers; 0 when there is none.
    pub const fn covered(&self) -> Sequence {
        self.covered
    }

    /// A book in `memory`, and where the log goes on behind it.
    ///
    /// # Panics
    /// When a snapshot that was whole no longer is.
    pub fn begin<'m>(&self, memory: &'m mut [u8], seed: u64) -> (Book<'m>, Start) {
        let book = small_book_seeded(memory, seed);
        let Some((_, bytes)) = self.whole.first() else { return (book, Start::Beginning) };
        let (header, book) = restored(bytes, book).expect("it was whole before");
        (book, Start::Snapshot(header.chain))
    }

    /// The headers, the newest first.
    pub fn headers(&self) -> impl Iterator<Item = &SnapshotHeader> {
        self.whole.iter().map(|(header, _)| header)
    }
}

/// Whether a start that walks on from a snapshot comes to a fault behind which it tries another. A
/// copy of the log is asked, so that nothing happens in it.
fn is_passed_over(log: &SimLog, header: &SnapshotHeader, flaw: StartFlaw) -> bool {
    let mut log = log.fork();
    log.start(None);
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    let start = Start::Snapshot(header.chain);
    let fault = scan_from(&mut log, &mut buffer, &mut (), start).err();
    match fault.map(|fault| flaw.after(&fault)) {
        Some(AfterFault::TryNext) => true,
        Some(AfterFault::BeginLarger(_) | AfterFault::Refuse) | None => false,
    }
}

/// The last sequence that a log calls durable from a start on.
///
/// # Errors
/// What is wrong with it.
pub fn confirmed(log: &SimLog, start: Start) -> Result<Sequence, RecoveryFault> {
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    let scanned = scan_from(&mut log.clone(), &mut buffer, &mut (), start)?;
    Ok(scanned.confirmed)
}
