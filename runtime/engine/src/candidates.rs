//! What a book can begin with: the newest snapshot that is to be trusted, or the log's beginning.

use crate::config::larger;
use crate::error::StartError;
use crate::fresh_book::{FreshBook, fresh_book};
use highwater::recovery::{RecoveryFault, Start};
use highwater::snapshot::SnapshotHeader;
use highwater::types::{Capacities, LogId, Sequence};
use highwater_platform::Platform;
use highwater_storage::LogDirectory;
use std::vec;

/// The snapshots of a log in the order in which they are tried, and behind them the log's
/// beginning.
#[derive(Debug)]
pub struct Candidates {
    sequences: vec::IntoIter<Sequence>,
    /// The log's id, where it can be read: a snapshot of another log is none of this one.
    log_id: Option<LogId>,
    is_beginning_left: bool,
    notes: Vec<String>,
}

/// A book, and where the log goes on behind it.
#[derive(Debug)]
pub struct Beginning {
    /// The book and its memory.
    pub fresh: FreshBook,
    /// Where the walk along the log begins.
    pub start: Start,
    /// The header of the snapshot that the book is from; `None` at the log's beginning.
    pub snapshot: Option<SnapshotHeader>,
}

impl Candidates {
    /// The snapshots in a data directory, the newest first, and the log's beginning.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn of<P: Platform>(directory: &LogDirectory<P>) -> Result<Self, StartError> {
        Self::upto(directory, Sequence(u64::MAX))
    }

    /// Those of them that hold nothing behind `upto`.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn upto<P: Platform>(
        directory: &LogDirectory<P>,
        upto: Sequence,
    ) -> Result<Self, StartError> {
        let mut sequences = listed(directory)?;
        sequences.retain(|sequence| *sequence <= upto);
        let (sequences, log_id) = (sequences.into_iter(), directory.log_id());
        Ok(Self { sequences, log_id, ..Self::beginning() })
    }

    /// One snapshot only.
    pub fn only<P: Platform>(directory: &LogDirectory<P>, sequence: Sequence) -> Self {
        let (sequences, log_id) = (vec![sequence].into_iter(), directory.log_id());
        Self { sequences, log_id, is_beginning_left: false, ..Self::beginning() }
    }

    /// The log's beginning only.
    pub fn beginning() -> Self {
        let sequences = Vec::new().into_iter();
        Self { sequences, log_id: None, is_beginning_left: true, notes: Vec::new() }
    }

    /// The next of them that is to be trusted, restored into memory with room for `room` at least;
    /// `None` when even the log's beginning was given out.
    ///
    /// # Errors
    /// The system has no memory for a book.
    pub fn next<P: Platform>(
        &mut self,
        platform: P,
        directory: &LogDirectory<P>,
        room: Capacities,
    ) -> Result<Option<Beginning>, StartError> {
        while let Some(sequence) = self.sequences.next() {
            match self.restored(platform, directory, sequence, room)? {
                Ok(beginning) => return Ok(Some(beginning)),
                Err(why) => self.refuse(directory, sequence, &why),
            }
        }
        if !std::mem::take(&mut self.is_beginning_left) {
            return Ok(None);
        }
        let fresh = fresh_book(platform, room)?;
        Ok(Some(Beginning { fresh, start: Start::Beginning, snapshot: None }))
    }

    /// Whether the last snapshot was given out: what follows is the log's beginning.
    pub fn are_snapshots_over(&self) -> bool {
        self.sequences.len() == 0
    }

    /// The header of the snapshot of this log that covers most of those that were not given out
    /// yet. A whole header is a witness of what was durable, whatever became of the rest of its
    /// file, and of its name.
    pub fn witness<P: Platform>(&self, directory: &LogDirectory<P>) -> Option<SnapshotHeader> {
        let header = |sequence: &Sequence| Some(*directory.open_snapshot(*sequence).ok()?.header());
        let headers = self.sequences.as_slice().iter().filter_map(header);
        headers
            .filter(|header| self.log_id.is_none_or(|log_id| header.chain.log_id == log_id))
            .max_by_key(SnapshotHeader::sequence)
    }

    /// Notes that a snapshot is not used, and why.
    pub fn refuse<P: Platform>(
        &mut self,
        directory: &LogDirectory<P>,
        sequence: Sequence,
        why: &str,
    ) {
        let instead = if self.sequences.len() > 0 {
            "the one before it is tried"
        } else {
            "the log is read from its beginning"
        };
        let path = directory.snapshot_path(sequence);
        self.notes.push(format!("the snapshot '{}' is not used: {why}; {instead}", path.display()));
    }

    /// Which snapshots were not used, and why: a sentence each.
    pub fn into_notes(self) -> Vec<String> {
        self.notes
    }

    /// A book from a snapshot, or why there is none.
    fn restored<P: Platform>(
        &self,
        platform: P,
        directory: &LogDirectory<P>,
        sequence: Sequence,
        room: Capacities,
    ) -> Result<Result<Beginning, String>, StartError> {
        let file = match directory.open_snapshot(sequence) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let header = *file.header();
        if header.sequence() != sequence {
            return Ok(Err("it has the name of another one".to_owned()));
        }
        if self.log_id.is_some_and(|log_id| header.chain.log_id != log_id) {
            return Ok(Err(RecoveryFault::SnapshotOfOtherLog.to_string()));
        }
        let FreshBook { book, bytes, warnings } =
            fresh_book(platform, larger(room, header.image.needs()))?;
        Ok(match file.restore(book) {
            Err(error) => Err(error.to_string()),
            Ok(book) => Ok(Beginning {
                fresh: FreshBook { book, bytes, warnings },
                start: Start::Snapshot(header.chain),
                snapshot: Some(header),
            }),
        })
    }
}

/// The snapshots in a data directory, the newest first.
fn listed<P: Platform>(directory: &LogDirectory<P>) -> Result<Vec<Sequence>, StartError> {
    directory.snapshots().map_err(|error| {
        StartError::Log(format!(
            "could not list the snapshots in '{}': {error}",
            directory.path().display()
        ))
    })
}
