//! Replaying a log from its beginning or a snapshot, in memory that is large enough for it, which
//! only the log itself can tell.

use crate::candidates::{Beginning, Candidates, Halted, NotWalked, Walked, walk_from};
use crate::config::CAPACITIES_DEFAULT;
use crate::error::StartError;
use crate::fresh_book::FreshBook;
use highwater::book::Book;
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Replay, Start, Visitor};
use highwater::types::Sequence;
use highwater_platform::Platform;
use highwater_storage::LogDirectory;

/// A book after a replay, and what the replay found.
#[derive(Debug)]
pub struct Replayed<T> {
    /// The book and its memory.
    pub fresh: FreshBook,
    /// What the replay returned.
    pub found: T,
    /// The last sequence of the snapshot that the replay began at; 0 at the log's beginning.
    pub begun: Sequence,
    /// Which snapshots were not used, and why: a sentence each.
    pub notes: Vec<String>,
}

/// Lets `replay` go on with the first of the candidates that is to be trusted, and again with more
/// memory when it turns out that the log needs more.
///
/// # Errors
/// The log is corrupt, or the system has no room for the book.
pub fn replay_from<P, C, R, T>(
    platform: P,
    directory: &mut LogDirectory<P>,
    candidates: C,
    mut replay: R,
) -> Result<Replayed<T>, StartError>
where
    P: Platform,
    C: Fn(&LogDirectory<P>) -> Result<Candidates, StartError>,
    R: FnMut(&mut LogDirectory<P>, &mut Book<'static>, Start) -> Result<T, RecoveryFault>,
{
    let walk = |directory: &mut LogDirectory<P>, _: &Candidates, beginning| {
        let Beginning { mut fresh, start, snapshot } = beginning;
        let begun = snapshot.map(|header| header.sequence()).unwrap_or_default();
        let found = replay(directory, &mut fresh.book, start).map_err(Halted::Fault)?;
        Ok((fresh, found, begun))
    };
    match walk_from(platform, directory, candidates, CAPACITIES_DEFAULT, walk) {
        Ok(Walked { found: (fresh, found, begun), notes }) => {
            Ok(Replayed { fresh, found, begun, notes })
        }
        Err(NotWalked::Start(error)) => Err(error),
        Err(NotWalked::Fault(fault, _)) => {
            Err(StartError::recovery(platform, directory.path(), fault))
        }
    }
}

/// Replays the records up to a sequence, and tells nobody of their events.
#[derive(Debug)]
pub struct ReplayUpTo<'b> {
    replay: Replay<'b, 'static, ()>,
    upto: Sequence,
    rest: Rest,
}

/// What becomes of the records behind the last that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are scanned, so that whatever is wrong with them is found.
    Scanned,
    /// The first of them ends the scan with [`RecoveryFault::EndedByVisitor`].
    Left,
}

impl<'b> ReplayUpTo<'b> {
    /// Replays into `book` what has a sequence up to `upto`.
    pub fn new(book: &'b mut Book<'static>, upto: Sequence, rest: Rest) -> Self {
        // It has no bytes, so this takes no memory and leaks none.
        let nobody = Box::leak(Box::new(()));
        Self { replay: Replay::new(book, nobody), upto, rest }
    }

    /// True when the record has a sequence up to the last that is wanted.
    pub fn wants(&self, record: &Record) -> bool {
        record.sequence <= self.upto
    }
}

impl Visitor for ReplayUpTo<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.wants(record) {
            return self.replay.record(record);
        }
        match self.rest {
            Rest::Scanned => Ok(()),
            Rest::Left => Err(RecoveryFault::EndedByVisitor { sequence: record.sequence }),
        }
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }
}
