//! Applying many commands: without the interpreter's lock, in pieces between which signals are
//! heard, and with an account of how much was applied.

use crate::buffers::{ForeignMemory, ForeignRows, RowBuffer};
use crate::errors::{ApplyError, submit_sentence, with_applied};
use crate::event_rows::EventRows;
use crate::rows::CommandRow;
use bytemuck::Zeroable;
use highwater::book::Prefetcher;
use highwater::command::Command;
use highwater::types::ClientSequence;
use highwater_book::{OwnedBook, SubmitError};
use pyo3::prelude::*;
use std::mem::take;

/// Rows that are copied at once, and after which signals are heard.
const PIECE_ROWS: usize = 8_192;
/// Commands that are read of rows before they are applied: enough to fetch ahead.
const GROUP: usize = 64;

/// What ended the work early.
enum Stop {
    /// A row that is no command, or one that the book cannot take.
    Row(String),
    /// The rows changed while they were applied.
    Changed,
    /// There is no memory for the events.
    NoMemory,
}

/// Commands that are being applied to a book.
struct Work<'w> {
    book: &'w mut OwnedBook,
    events: EventRows,
    prefetcher: Prefetcher,
    piece: Vec<CommandRow>,
    group: Vec<Command>,
    applied: usize,
}

/// Applies all rows of `foreign` to `book`, and returns the events.
///
/// # Errors
/// An exception that says how much was applied.
pub(crate) fn apply(
    py: Python<'_>,
    book: &mut OwnedBook,
    foreign: &ForeignRows,
) -> PyResult<RowBuffer> {
    let total = foreign.rows;
    let mut work = Work::new(book);
    let sums = sums_of(py, foreign.memory())?;
    let mut ended = Ok(());
    for (index, sum) in sums.iter().enumerate() {
        if index > 0
            && let Err(interrupt) = py.check_signals()
        {
            ended = Err(interrupt);
            break;
        }
        let memory = foreign.memory();
        let first = index * PIECE_ROWS;
        let taken = py.detach(|| work.take_piece(memory, first, total, *sum));
        if let Err(stop) = taken {
            ended = Err(work.exception(stop));
            break;
        }
    }
    let (applied, events) = (work.applied, take(&mut work.events.rows));
    let events = RowBuffer::read_only(events);
    match ended {
        Ok(()) => Ok(events),
        Err(error) => {
            let events = Bound::new(py, events)?;
            Err(with_applied(py, error, applied, total, events.as_any()))
        }
    }
}

/// A sum of each piece as it is now, so that a change is noticed.
fn sums_of(py: Python<'_>, memory: ForeignMemory<'_>) -> PyResult<Vec<u64>> {
    let total = memory.rows();
    let mut room = vec![CommandRow::zeroed(); PIECE_ROWS.min(total)];
    let mut sums = Vec::new();
    for first in (0..total).step_by(PIECE_ROWS) {
        let room = &mut room[..PIECE_ROWS.min(total - first)];
        sums.push(py.detach(|| memory.copy(first, room)));
        py.check_signals()?;
    }
    Ok(sums)
}

impl<'w> Work<'w> {
    fn new(book: &'w mut OwnedBook) -> Self {
        Self {
            book,
            events: EventRows::default(),
            prefetcher: Prefetcher::new(),
            piece: vec![CommandRow::zeroed(); PIECE_ROWS],
            group: Vec::with_capacity(GROUP),
            applied: 0,
        }
    }

    /// Copies a piece, and applies it.
    fn take_piece(
        &mut self,
        memory: ForeignMemory<'_>,
        first: usize,
        total: usize,
        sum: u64,
    ) -> Result<(), Stop> {
        let mut piece = take(&mut self.piece);
        let rows = &mut piece[..PIECE_ROWS.min(total - first)];
        let applied = if memory.copy(first, rows) == sum {
            rows.chunks(GROUP).try_for_each(|rows| self.take_group(rows))
        } else {
            Err(Stop::Changed)
        };
        self.piece = piece;
        applied
    }

    /// Reads a few commands, and applies those before the first that is none.
    fn take_group(&mut self, rows: &[CommandRow]) -> Result<(), Stop> {
        self.group.clear();
        let mut wrong = None;
        for row in rows {
            match row.command() {
                Ok(command) => self.group.push(command),
                Err(sentence) => {
                    wrong = Some(sentence);
                    break;
                }
            }
        }
        let group = take(&mut self.group);
        for (index, (command, row)) in group.iter().zip(rows).enumerate() {
            let waiting = |distance: usize| group.get(index + distance).copied();
            self.book.book().prefetch(&mut self.prefetcher, waiting);
            self.events.time_ns = row.time_ns;
            submit(self.book, command, &mut self.events)
                .map_err(|error| Stop::Row(submit_sentence(&error)))?;
            self.applied += 1;
            if self.events.is_full {
                return Err(Stop::NoMemory);
            }
        }
        self.group = group;
        wrong.map_or(Ok(()), |sentence| Err(Stop::Row(sentence)))
    }

    /// What there is to say of an early end.
    #[cold]
    fn exception(&self, stop: Stop) -> PyErr {
        let at = self.applied;
        ApplyError::new_err(match stop {
            Stop::Row(sentence) => format!("commands[{at}]: {sentence}"),
            Stop::Changed => format!(
                "the commands from {at} on were changed while they were applied: write to the \
                 array only after apply has returned, or give it a copy"
            ),
            Stop::NoMemory => format!(
                "there is no memory for the events of command {}: some of them are lost; apply \
                 fewer commands at a time",
                at.saturating_sub(1)
            ),
        })
    }
}

/// Submits a command; one whose client sequence is 0 gets its session's next.
#[inline]
pub(crate) fn submit(
    book: &mut OwnedBook,
    command: &Command,
    events: &mut EventRows,
) -> Result<(), SubmitError> {
    if command.client_sequence == ClientSequence(0) {
        return book.submit_to(command.session, command.action, events).map(drop);
    }
    book.apply(command, events).map(drop)
}
