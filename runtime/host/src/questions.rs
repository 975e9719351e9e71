//! Questions about the book: asked by any thread, answered about what is durable.

use super::common::Common;
use super::errors::AskError;
use highwater::book::Book;
use highwater::types::Sequence;
use highwater_engine::snapshots::{FollowedBook, Waited};
use highwater_platform::Platform;
use std::fmt;
use std::time::Duration;

/// A book that answers questions about what is durable: best prices, depth, an order, an auction as
/// it stands. Made by [`Host::questions`](super::Host::questions); any thread may have a copy.
///
/// It is the book that snapshots are made of, so a question disturbs nothing else of the engine. It
/// is behind by the lag that was configured, and by more while every core is busy or a snapshot is
/// written.
pub struct Questions<P: Platform> {
    common: &'static Common<P>,
    book: FollowedBook,
}

impl<P: Platform> Questions<P> {
    pub(super) const fn new(common: &'static Common<P>, book: FollowedBook) -> Self {
        Self { common, book }
    }

    /// The last sequence that the book has applied; 0 before it is there.
    pub fn sequence(&self) -> Sequence {
        self.book.sequence()
    }

    /// Puts a question to the book as it is; its [`last_sequence`](Book::last_sequence) says what
    /// the answer is about. The book stays as it is until `question` returns, and snapshots wait so
    /// long.
    ///
    /// ```
    /// use highwater::types::{InstrumentId, Price, Side};
    /// use highwater_host::{AskError, Questions};
    /// use highwater_platform::Platform;
    ///
    /// fn best<P: Platform>(
    ///     questions: &Questions<P>,
    ///     instrument: InstrumentId,
    /// ) -> Result<[Option<Price>; 2], AskError> {
    ///     questions.ask(|book| [Side::Buy, Side::Sell].map(|side| book.best(instrument, side)))
    /// }
    /// ```
    ///
    /// # Errors
    /// [`AskError::NotThere`].
    pub fn ask<T>(&self, question: impl FnOnce(&Book<'static>) -> T) -> Result<T, AskError> {
        self.book.ask(question).ok_or(AskError::NotThere)
    }

    /// The same, once the book is at `sequence` or behind it: after an answer to a command, the
    /// book knows of that command. Makes it durable in every mode, and has it followed at once.
    ///
    /// # Errors
    /// The time is over, or the host has ended before that.
    pub fn ask_after<T>(
        &self,
        sequence: Sequence,
        timeout: Duration,
        question: impl FnOnce(&Book<'static>) -> T,
    ) -> Result<T, AskError> {
        let context = self.common.context;
        if self.book.sequence() < sequence {
            self.book.hurry(sequence);
            let applied = context.shared.applied.get();
            context.ask_sync(sequence.min(applied));
            context.wakeups.snapshot.wakeup().wake();
        }
        let now_ns = || self.common.platform.monotonic_ns();
        let (wanted, reached) = (sequence, || self.book.sequence());
        match self.book.wait_for(sequence, timeout, now_ns) {
            Waited::Reached => self.ask(question),
            Waited::TimedOut => Err(AskError::TimedOut { wanted, reached: reached() }),
            Waited::Over => Err(AskError::Ended { wanted, reached: reached() }),
        }
    }
}

impl<P: Platform> Clone for Questions<P> {
    fn clone(&self) -> Self {
        Self { common: self.common, book: self.book.clone() }
    }
}

impl<P: Platform> fmt::Debug for Questions<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Questions").field("sequence", &self.sequence()).finish_non_exhaustive()
    }
}
