//! What a book cannot apply, as errors: the caller's mistakes at which `apply` panics.

use super::Book;
use super::store::sessions::Admission;
use crate::command::{Action, Command};
use crate::limits::SEQUENCE_MAX;
use crate::types::{ClientSequence, Sequence, SessionId};
use core::fmt;

/// Why a book cannot apply a command next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionFault {
    /// Its client sequence is not above the session's last one.
    NotFresh {
        /// The last one.
        last: ClientSequence,
    },
    /// Every sequence was given to a command.
    SequencesUsed,
    /// It is a `Configure` for which the book's memory is too small.
    NeedsMoreMemory,
}

impl Book<'_> {
    /// The sequence that `command` has to be [applied](Self::apply) with now.
    ///
    /// # Errors
    /// [`SubmissionFault`]: `apply` would panic.
    pub fn next_sequence(&self, command: &Command) -> Result<Sequence, SubmissionFault> {
        let Command { session, client_sequence, action } = command;
        match self.admit(*session, *client_sequence) {
            Admission::Fresh => {}
            Admission::Duplicate { last } => return Err(SubmissionFault::NotFresh { last }),
        }
        if let Action::Configure(wanted) = action
            && !self.fits(*wanted)
        {
            return Err(SubmissionFault::NeedsMoreMemory);
        }
        let last = self.last_sequence();
        if last.0 < SEQUENCE_MAX { Ok(last.next()) } else { Err(SubmissionFault::SequencesUsed) }
    }

    /// The client sequence after the last one that a session used; `None` when that is the highest.
    pub fn next_client_sequence(&self, session: SessionId) -> Option<ClientSequence> {
        self.last_client_sequence(session).0.checked_add(1).map(ClientSequence)
    }
}

impl fmt::Display for SubmissionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFresh { last } => {
                write!(f, "the client sequence is not above {}, the session's last", last.0)
            }
            Self::SequencesUsed => f.write_str("every sequence is used"),
            Self::NeedsMoreMemory => f.write_str("the memory of the book is too small for it"),
        }
    }
}

impl core::error::Error for SubmissionFault {}
