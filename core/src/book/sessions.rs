//! Exactly-once entry: the last client sequence of every session that was executed.

use super::bug::bug;
use crate::types::{ClientSequence, SessionId, index_of};

/// What becomes of a command, by its client sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is to be sequenced and executed.
    Fresh,
    /// It is not above the last one of its session: it was executed before, or never will be.
    Duplicate {
        /// The last client sequence of the session that was executed.
        last: ClientSequence,
    },
}

/// The last client sequence of every session, by its number; 0 before the first.
pub(super) struct Sessions<'m>(&'m mut [u64]);

impl<'m> Sessions<'m> {
    /// Sessions that sent nothing yet, as many as there are zeros.
    pub(super) fn new(last: &'m mut [u64]) -> Self {
        Self(last)
    }

    /// Whether a command is to be executed. One of a session at or above `count` is: it is
    /// rejected.
    #[inline]
    pub(super) fn admit(
        &self,
        session: SessionId,
        client_sequence: ClientSequence,
        count: u32,
    ) -> Admission {
        let last = self.last(session);
        if client_sequence > last || u32::from(session.0) >= count {
            Admission::Fresh
        } else {
            Admission::Duplicate { last }
        }
    }

    /// Notes the client sequence of a command to be executed; false when its session is at or above
    /// `count`.
    ///
    /// # Panics
    ///
    /// When the command is a duplicate.
    #[inline]
    pub(super) fn note(
        &mut self,
        session: SessionId,
        client_sequence: ClientSequence,
        count: u32,
    ) -> bool {
        if u32::from(session.0) >= count {
            return false;
        }
        let Some(last) = self.0.get_mut(index_of(u32::from(session.0))) else {
            bug("more sessions than memory")
        };
        assert!(client_sequence.0 > *last, "only fresh commands are applied");
        *last = client_sequence.0;
        true
    }

    /// The last client sequence of a session; 0 when it sent nothing yet.
    #[inline]
    pub(super) fn last(&self, session: SessionId) -> ClientSequence {
        ClientSequence(self.0.get(index_of(u32::from(session.0))).copied().unwrap_or(0))
    }

    /// The sessions that sent something, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionId, ClientSequence)> {
        let numbered = (0..=u16::MAX).map(SessionId).zip(self.0.iter());
        numbered.filter(|(_, last)| **last > 0).map(|(id, last)| (id, ClientSequence(*last)))
    }
}
