//! The book that owns its memory.

use crate::cell::Cell;
use crate::error::{BookError, RestoreError, SubmitError};
use crate::image::{image_of, parts_of, restore};
use alloc::vec::Vec;
use bytemuck::allocation::try_zeroed_slice_box;
use core::fmt;
use highwater::book::{Book, SubmissionFault};
use highwater::command::{Action, Command};
use highwater::event::{Event, EventSink};
use highwater::types::{Capacities, Sequence, SessionId};
use self_cell::MutBorrow;

/// What spreads the hash tables of a book whose maker names nothing else.
const SEED: u64 = 0x4869_6768_7761_7465;

/// An order book that owns its memory.
///
/// All memory is reserved when it is made, as zeros that the system gives a page only when it is
/// used: some 200 bytes an order. Nothing is allocated afterwards, but by
/// [`copy`](Self::copy), [`image`](Self::image) and [`restore`](Self::restore).
pub struct OwnedBook {
    cell: Cell,
    /// True while a command is executed, and for ever after a sink that panicked in it.
    is_interrupted: bool,
}

impl OwnedBook {
    /// An empty book.
    ///
    /// # Errors
    /// [`BookError`]: a capacity is 0 or too large, or there is no memory for it.
    pub fn new(capacities: Capacities) -> Result<Self, BookError> {
        Self::with_seed(capacities, SEED)
    }

    /// The same with a seed that spreads the hash tables. It changes no result; a secret one keeps
    /// strangers from choosing ids that collide.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn with_seed(capacities: Capacities, seed: u64) -> Result<Self, BookError> {
        Self::make(capacities, |memory| Ok(Book::new(memory, capacities, seed)?))
    }

    /// Passes an empty book with these capacities to `fill`, which returns it filled, for example
    /// from a snapshot of a log.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and those of `fill`.
    pub fn filled<E: From<BookError>>(
        capacities: Capacities,
        fill: impl for<'m> FnOnce(Book<'m>) -> Result<Book<'m>, E>,
    ) -> Result<Self, E> {
        Self::make(capacities, |memory| {
            fill(Book::new(memory, capacities, SEED).map_err(BookError::Fault)?)
        })
    }

    /// Reserves memory and has a book made in it.
    fn make<E: From<BookError>>(
        capacities: Capacities,
        book_in: impl for<'m> FnOnce(&'m mut [u8]) -> Result<Book<'m>, E>,
    ) -> Result<Self, E> {
        Book::check_capacities(capacities).map_err(BookError::Fault)?;
        let bytes = Book::bytes_needed(capacities);
        let memory = if is_allocatable(bytes) { try_zeroed_slice_box(bytes).ok() } else { None };
        let memory = memory.ok_or(BookError::OutOfMemory { bytes })?;
        let cell = Cell::try_new(MutBorrow::new(memory), |memory| book_in(memory.borrow_mut()))?;
        Ok(Self { cell, is_interrupted: false })
    }

    /// The book, to be asked.
    pub fn book(&self) -> &Book<'_> {
        self.cell.borrow_dependent()
    }

    /// Executes an action as the session's next command, gives its events to `on_event` in causal
    /// order, and returns its sequence. What cannot be executed is an event too:
    /// [`Rejected`](highwater::event::EventKind::Rejected).
    ///
    /// # Errors
    /// [`SubmitError`], and the book is as it was.
    pub fn submit(
        &mut self,
        session: SessionId,
        action: Action,
        mut on_event: impl FnMut(&Event),
    ) -> Result<Sequence, SubmitError> {
        self.submit_to(session, action, &mut |event: &Event| on_event(event))
    }

    /// The same for a sink.
    ///
    /// # Errors
    /// Those of [`submit`](Self::submit).
    pub fn submit_to(
        &mut self,
        session: SessionId,
        action: Action,
        sink: &mut impl EventSink,
    ) -> Result<Sequence, SubmitError> {
        let book = self.book();
        let client_sequence = book.next_client_sequence(session).ok_or_else(|| {
            SubmitError::NumbersUsed(Sequence(book.last_client_sequence(session).0))
        })?;
        self.apply(&Command { session, client_sequence, action }, sink)
    }

    /// Executes a command that has its client sequence, and returns its sequence.
    ///
    /// # Errors
    /// [`SubmitError`], and the book is as it was.
    pub fn apply(
        &mut self,
        command: &Command,
        sink: &mut impl EventSink,
    ) -> Result<Sequence, SubmitError> {
        let sequence = self.check(command)?;
        self.is_interrupted = true;
        self.cell.with_dependent_mut(|_, book| book.apply(sequence, command, sink));
        self.is_interrupted = false;
        Ok(sequence)
    }

    /// The sequence that a command gets, unless it is a mistake.
    fn check(&self, command: &Command) -> Result<Sequence, SubmitError> {
        if self.is_interrupted {
            return Err(SubmitError::Interrupted);
        }
        let book = self.book();
        book.next_sequence(command).map_err(|fault| match fault {
            SubmissionFault::NotFresh { last } => {
                SubmitError::NotFresh { client_sequence: command.client_sequence, last }
            }
            SubmissionFault::SequencesUsed => SubmitError::NumbersUsed(book.last_sequence()),
            SubmissionFault::NeedsMoreMemory => {
                SubmitError::NeedsMoreMemory(book.memory_capacities())
            }
        })
    }

    /// Makes the book empty, with its capacities and without instruments: as fast as writing zeros
    /// over what was used.
    pub fn reset(&mut self) {
        self.cell.with_dependent_mut(|_, book| book.reset());
        self.is_interrupted = false;
    }

    /// Another book in the same state, in memory of its own.
    ///
    /// # Errors
    /// [`BookError::OutOfMemory`].
    pub fn copy(&self) -> Result<Self, BookError> {
        let mut copy = Self::new(self.book().memory_capacities())?;
        copy.copy_from(self)?;
        Ok(copy)
    }

    /// Makes this book the same as another, in the memory that it has: as fast as copying what was
    /// used.
    ///
    /// # Errors
    /// [`BookError::Fault`] when the two were not made for the same capacities; this one is as it
    /// was then.
    pub fn copy_from(&mut self, other: &Self) -> Result<(), BookError> {
        self.cell.with_dependent_mut(|_, book| book.copy_from(other.book()))?;
        self.is_interrupted = other.is_interrupted;
        Ok(())
    }

    /// The state as bytes: a snapshot of the log format, uncompressed, of no log.
    pub fn image(&self) -> Vec<u8> {
        image_of(self.book())
    }

    /// A book in the state of an image, or of an uncompressed snapshot of a log.
    ///
    /// # Errors
    /// [`RestoreError`]: every value and the state hash are checked.
    pub fn restore(image: &[u8]) -> Result<Self, RestoreError> {
        let (header, body) = parts_of(image)?;
        Self::filled(header.image.needs(), |book| restore(book, &header, body))
    }
}

/// Whether a program can ask for so many bytes at all.
const fn is_allocatable(bytes: usize) -> bool {
    bytes <= isize::MAX.unsigned_abs()
}

impl fmt::Debug for OwnedBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let book = self.book();
        f.debug_struct("OwnedBook")
            .field("capacities", &book.memory_capacities())
            .field("last_sequence", &book.last_sequence())
            .field("open_orders", &book.open_order_count())
            .finish_non_exhaustive()
    }
}
