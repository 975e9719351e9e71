//! What a caller of an owned book can do wrong, each with what to do next.

use highwater::book::BookFault;
use highwater::snapshot::SnapshotFault;
use highwater::types::{Capacities, ClientSequence, Sequence};

/// Why there is no book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// A capacity is out of range.
    #[error(transparent)]
    Fault(#[from] BookFault),
    /// The system gave no memory.
    #[error("there are no {bytes} bytes of memory for the book; ask for smaller capacities")]
    OutOfMemory {
        /// How much was needed.
        bytes: usize,
    },
}

/// Why a command was not submitted: the book is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The client sequence is not above the session's last one.
    #[error(
        "client sequence {} is not above {}, the session's last; use a higher one, or `submit`, \
         which numbers by itself", .client_sequence.0, .last.0
    )]
    NotFresh {
        /// What was submitted.
        client_sequence: ClientSequence,
        /// The session's last one.
        last: ClientSequence,
    },
    /// All sequences, or the session's client sequences, are used.
    #[error("no number is left for the command: the last was {}; begin a new book", .0.0)]
    NumbersUsed(Sequence),
    /// The command wants capacities that the book's memory has no room for.
    #[error(
        "the book was made for {} orders, {} instruments and {} sessions, and its memory cannot \
         grow; make a larger one and `restore` an image of this one into it",
        .0.orders, .0.instruments, .0.sessions
    )]
    NeedsMoreMemory(Capacities),
    /// A sink panicked in the middle of a command.
    #[error(
        "a sink panicked in the middle of a command, so that the book may hold half of it; \
         `reset` it, or restore an image"
    )]
    Interrupted,
}

/// Why a book was not restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The bytes are no image of a book.
    #[error("this is no sound image of a book: {0:?}; take another one")]
    Image(SnapshotFault),
    /// It is a snapshot of a log, compressed.
    #[error("the image is compressed, as snapshots of a log are; give the bytes uncompressed")]
    Compressed,
    /// There is no memory for the book.
    #[error(transparent)]
    Book(#[from] BookError),
}
