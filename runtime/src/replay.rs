//! Replaying a log in memory that is large enough for it, which only the log itself can tell.

use crate::platform::Platform;
use crate::start::{FreshBook, StartError, fresh_book, larger};
use highwater::book::Book;
use highwater::event::{Event, EventSink};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Replay, Visitor};
use highwater::types::{Capacities, Sequence};
use std::path::Path;

/// A book after a replay, and what the replay found.
#[derive(Debug)]
pub struct Replayed<T> {
    /// The book and its memory.
    pub fresh: FreshBook,
    /// What the replay returned.
    pub found: T,
    /// Bytes of memory that were reserved: a book that turned out too small keeps its own.
    pub reserved_bytes: usize,
}

/// Lets `replay` fill a new book with room for `room`, and again one with more when it turns out
/// that the log in `data` needs more.
///
/// # Errors
/// The log is corrupt, or the system has no room for the book.
pub fn replay_with_room<P: Platform, T>(
    platform: P,
    data: &Path,
    mut room: Capacities,
    mut replay: impl FnMut(&mut Book<'static>) -> Result<T, RecoveryFault>,
) -> Result<Replayed<T>, StartError> {
    let mut reserved_bytes = 0;
    loop {
        let mut fresh = fresh_book(platform, room)?;
        reserved_bytes += fresh.bytes;
        match replay(&mut fresh.book) {
            Ok(found) => return Ok(Replayed { fresh, found, reserved_bytes }),
            Err(RecoveryFault::NeedsCapacities(needed)) => room = larger(room, needed),
            Err(fault) => return Err(StartError::recovery(platform, data, fault)),
        }
    }
}

/// Replays the records up to a sequence, and tells nobody of their events.
#[derive(Debug)]
pub struct ReplayUpTo<'b> {
    book: &'b mut Book<'static>,
    upto: Sequence,
    rest: Rest,
}

/// What becomes of the records behind the last that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// They are scanned, so that whatever is wrong with them is found.
    Scanned,
    /// The first of them ends the scan with [`RecoveryFault::Unwanted`].
    Left,
}

impl<'b> ReplayUpTo<'b> {
    /// Replays into `book` what has a sequence up to `upto`.
    pub fn new(book: &'b mut Book<'static>, upto: Sequence, rest: Rest) -> Self {
        Self { book, upto, rest }
    }

    /// True when the record has a sequence up to the last that is wanted.
    pub fn wants(&self, record: &Record) -> bool {
        record.sequence <= self.upto
    }
}

impl Visitor for ReplayUpTo<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.wants(record) {
            return Replay::new(self.book, &mut Nobody).record(record);
        }
        match self.rest {
            Rest::Scanned => Ok(()),
            Rest::Left => Err(RecoveryFault::Unwanted { sequence: record.sequence }),
        }
    }
}

/// Listens to no event.
struct Nobody;

impl EventSink for Nobody {
    fn event(&mut self, _: &Event) {}
}
