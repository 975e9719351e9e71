//! What a run of an engine can start from: the newest snapshot that is whole, or the log's
//! beginning.

use crate::maker::Proven;
use crate::oracle::{Violation, book_memory};
use crate::sim_log::SimLog;
use crate::sim_snapshots::SimSnapshots;
use crate::snapshots::{restored, small_book, small_book_seeded};
use highwater::book::Book;
use highwater::limits::BLOCK_BYTES;
use highwater::recovery::{RecoveryFault, Start, scan_from};
use highwater::snapshot::SnapshotHeader;
use highwater::types::Sequence;

/// What a start does wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartFlaw {
    /// Nothing.
    #[default]
    Nothing,
    /// It takes a snapshot that the log does not reach for one that is of no use.
    IgnoresAhead,
}

/// The snapshots that a start can begin at, the newest first.
#[derive(Clone, Debug)]
pub struct Candidates(Vec<(SnapshotHeader, Vec<u8>)>);

impl Candidates {
    /// Every snapshot that is whole.
    ///
    /// # Errors
    /// One is not, though nobody has damaged it.
    pub fn of(store: &SimSnapshots, log: &SimLog, flaw: StartFlaw) -> Result<Self, Violation> {
        let mut whole = Vec::new();
        for sequence in store.list() {
            let bytes = store.bytes(sequence);
            let mut memory = book_memory();
            match restored(&bytes, small_book(&mut memory)) {
                Ok((header, _)) if header.sequence() == sequence => whole.push((header, bytes)),
                Ok(_) | Err(_) if store.is_damaged(sequence) => {}
                Ok(_) | Err(_) => return Err(Violation::DamagedSnapshot(sequence)),
            }
        }
        if flaw == StartFlaw::IgnoresAhead {
            whole.retain(|(header, _)| reaches(log, header));
        }
        Ok(Self(whole))
    }

    /// A book in `memory`, and where the log goes on behind it.
    ///
    /// # Panics
    /// When a snapshot that was whole no longer is.
    pub fn begin<'m>(&self, memory: &'m mut [u8], seed: u64) -> (Book<'m>, Start) {
        let book = small_book_seeded(memory, seed);
        let Some((_, bytes)) = self.0.first() else { return (book, Start::Beginning) };
        let (header, book) = restored(bytes, book).expect("it was whole before");
        (book, Start::Snapshot(header.chain))
    }

    /// They as a maker knows them, the newest last.
    pub fn proven(&self) -> Vec<Proven> {
        let proven = self.0.iter().rev().map(|(header, _)| Proven {
            sequence: header.sequence(),
            segment: header.chain.segment.0,
        });
        proven.collect()
    }

    /// The last sequence of each, the newest first.
    pub fn sequences(&self) -> Vec<Sequence> {
        self.0.iter().map(|(header, _)| header.sequence()).collect()
    }

    /// The newest one's header.
    pub fn newest(&self) -> Option<&SnapshotHeader> {
        self.0.first().map(|(header, _)| header)
    }
}

fn reaches(log: &SimLog, header: &SnapshotHeader) -> bool {
    let mut buffer = vec![0; 2 * BLOCK_BYTES];
    let start = Start::Snapshot(header.chain);
    let scanned = scan_from(&mut log.clone(), &mut buffer, &mut (), start);
    !matches!(scanned, Err(RecoveryFault::SnapshotAhead { .. }))
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
