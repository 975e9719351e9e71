//! Replaying a log into a book that owns its memory, which is given back with it.

use crate::event_rows::EventRows;
use crate::system::{SYSTEM, System};
use highwater::command::Action;
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Start, Visitor, scan_from};
use highwater::types::{Capacities, Sequence};
use highwater_book::{BookError, OwnedBook, SubmitError};
use highwater_cli::inspect::Inspected;
use highwater_console::CommandError;
use highwater_engine::config::larger;
use highwater_engine::error::StartError;
use highwater_storage::SnapshotError;
use std::path::Path;

/// A book behind a replay.
pub(crate) struct Replayed {
    pub(crate) book: OwnedBook,
}

/// Why a log is refused.
pub(crate) fn refusal(path: &Path, fault: RecoveryFault) -> CommandError {
    StartError::recovery(SYSTEM, path, fault).into()
}

/// Replays records into a book, and hands their events over from time to time.
struct Replaying<'r> {
    book: &'r mut OwnedBook,
    to: Sequence,
    events: &'r mut EventRows,
    /// Is called behind each command; true ends the replay.
    is_enough: &'r mut dyn FnMut(&mut EventRows) -> bool,
}

impl Visitor for Replaying<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        let Record { sequence, timestamp_ns, body } = *record;
        if sequence > self.to {
            return Err(RecoveryFault::EndedByVisitor { sequence });
        }
        match body {
            Body::Command(command) => {
                self.events.time_ns = timestamp_ns;
                self.book
                    .apply(&command, self.events)
                    .map_err(|error| fault_of(error, command.action, sequence))?;
                if (self.is_enough)(self.events) {
                    return Err(RecoveryFault::EndedByVisitor { sequence });
                }
                Ok(())
            }
            Body::RunningHash(hash) if hash != self.book.book().running_hash() => {
                Err(RecoveryFault::HashMismatch { sequence })
            }
            Body::RunningHash(_) | Body::Trade(_) => Ok(()),
        }
    }
}

/// Why a record is not executed: the book is too small for it, or it is none that an engine wrote.
fn fault_of(error: SubmitError, action: Action, sequence: Sequence) -> RecoveryFault {
    if let (SubmitError::NeedsMoreMemory(_), Action::Configure(wanted)) = (error, action) {
        return RecoveryFault::NeedsCapacities(wanted);
    }
    RecoveryFault::Repeated { sequence }
}

/// The events that a replay gives.
pub(crate) type Enough<'r> = dyn FnMut(&mut EventRows) -> bool + 'r;

/// Replays a log up to `to`, and hands over the events at least of what comes behind `before`.
///
/// # Errors
/// The log is damaged up to there, or there is no memory for the book.
pub(crate) fn replay(
    log: &mut Inspected<System>,
    before: Sequence,
    to: Sequence,
    events: &mut EventRows,
    is_enough: &mut Enough<'_>,
) -> Result<Replayed, CommandError> {
    let mut room = Capacities { orders: 1, instruments: 1, sessions: 2 };
    loop {
        let (mut book, start) = beginning(log, before, room)?;
        let Inspected { directory, buffer, .. } = log;
        let mut visitor = Replaying { book: &mut book, to, events, is_enough };
        let scanned = scan_from(directory, buffer, &mut visitor, start);
        match scanned {
            Ok(_) | Err(RecoveryFault::EndedByVisitor { .. }) => return Ok(Replayed { book }),
            Err(RecoveryFault::NeedsCapacities(needed)) => {
                room = larger(room, needed);
                // They come again.
                events.rows.clear();
            }
            Err(fault) => return Err(refusal(log.directory.path(), fault)),
        }
    }
}

/// Where a replay begins: at the newest sound snapshot that covers no more than `before`, or where
/// the log's records begin.
fn beginning(
    log: &Inspected<System>,
    before: Sequence,
    room: Capacities,
) -> Result<(OwnedBook, Start), CommandError> {
    let least = match log.start {
        Start::Beginning => Sequence(0),
        Start::Snapshot(chain) => chain.last_sequence(),
    };
    let listed = log.directory.snapshots().unwrap_or_default();
    let usable = listed.into_iter().filter(|at| *at >= least && *at <= before.max(least));
    let mut why = None;
    for at in usable {
        match restored(log, at, room) {
            Ok(restored) => return Ok(restored),
            Err(error) => why = Some(error),
        }
    }
    match (log.start, why) {
        (Start::Beginning, _) => {
            Ok((OwnedBook::new(room).map_err(CommandError::failed)?, Start::Beginning))
        }
        (Start::Snapshot(_), why) => Err(CommandError::failed(format!(
            "the log's beginning was retired, and no snapshot can be restored{}",
            why.map_or_else(String::new, |why| format!(": {why}"))
        ))),
    }
}

/// Why a snapshot was not restored.
struct NotRestored(String);

impl From<BookError> for NotRestored {
    fn from(error: BookError) -> Self {
        Self(error.to_string())
    }
}

impl From<SnapshotError> for NotRestored {
    fn from(error: SnapshotError) -> Self {
        Self(error.to_string())
    }
}

fn restored(
    log: &Inspected<System>,
    at: Sequence,
    room: Capacities,
) -> Result<(OwnedBook, Start), String> {
    let file = log.directory.open_snapshot(at).map_err(|error| error.to_string())?;
    let header = *file.header();
    if Some(header.chain.log_id) != log.directory.log_id() {
        return Err("it is a snapshot of another log".to_owned());
    }
    let capacities = larger(room, header.image.needs());
    let book = OwnedBook::filled(capacities, |book| Ok(file.restore(book)?));
    book.map(|book| (book, Start::Snapshot(header.chain))).map_err(|NotRestored(why)| why)
}
