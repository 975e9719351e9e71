//! The sessions: the last client sequence of each that was executed, for exactly-once entry, and
//! how many orders it has open.

use super::memory::{copy, zero};
use crate::book::invariant::broken_invariant;
use crate::types::{ClientSequence, SessionId, index_of};
use bytemuck::{Pod, Zeroable};

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

/// What is known of a session. All zero before it says anything.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Session {
    /// The last client sequence that was executed; 0 before the first.
    last: u64,
    /// Its open orders, those of waiting stops too.
    open: u32,
    /// How far below `u32::MAX` the number of its open orders has to stay.
    withheld: u32,
}

/// What is known of every session, by its number.
pub(in crate::book) struct Sessions<'m>(&'m mut [Session]);

impl<'m> Sessions<'m> {
    /// Sessions that sent nothing yet, as many as there are zeros.
    pub(in crate::book) fn new(sessions: &'m mut [Session]) -> Self {
        Self(sessions)
    }

    /// Forgets all.
    pub(in crate::book) fn reset(&mut self) {
        zero(self.0, self.0.len());
    }

    /// Makes them the same as `other`, of which there are as many.
    pub(in crate::book) fn copy_from(&mut self, other: &Sessions<'_>) {
        copy(self.0, 0, other.0, other.0.len());
    }

    /// Whether a command is to be executed. One of a session at or above `count` is: it is
    /// rejected.
    #[inline]
    pub(in crate::book) fn admit(
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
    pub(in crate::book) fn note(
        &mut self,
        session: SessionId,
        client_sequence: ClientSequence,
        count: u32,
    ) -> bool {
        if u32::from(session.0) >= count {
            return false;
        }
        let session = self.get_mut(session);
        assert!(client_sequence.0 > session.last, "only fresh commands are applied");
        session.last = client_sequence.0;
        true
    }

    /// Notes that an order of a session is open.
    #[inline]
    pub(in crate::book) fn opened(&mut self, session: SessionId) {
        self.get_mut(session).open += 1;
    }

    /// Notes that an order of a session is open no more.
    #[inline]
    pub(in crate::book) fn closed(&mut self, session: SessionId) {
        self.get_mut(session).open -= 1;
    }

    /// Whether a session that sent a command may have one more order open.
    #[inline]
    pub(in crate::book) fn has_room(&self, session: SessionId) -> bool {
        match self.0.get(index_of(u32::from(session.0))) {
            Some(Session { open, withheld, .. }) => *open < u32::MAX - withheld,
            None => broken_invariant("more sessions than memory"),
        }
    }

    /// Orders of a session that are open.
    pub(in crate::book) fn open(&self, session: SessionId) -> u32 {
        self.get(session).open
    }

    /// Orders that a session may have open; `u32::MAX` for no limit.
    pub(in crate::book) fn open_max(&self, session: SessionId) -> u32 {
        u32::MAX - self.get(session).withheld
    }

    /// Changes how many orders a session may have open.
    pub(in crate::book) fn limit(&mut self, session: SessionId, open_max: u32) {
        self.get_mut(session).withheld = u32::MAX - open_max;
    }

    /// The last client sequence of a session; 0 when it sent nothing yet.
    #[inline]
    pub(in crate::book) fn last(&self, session: SessionId) -> ClientSequence {
        ClientSequence(self.get(session).last)
    }

    /// The sessions that sent something, by number.
    pub(in crate::book) fn iter(&self) -> impl Iterator<Item = (SessionId, ClientSequence)> {
        let sent = self.numbered().filter(|(_, session)| session.last > 0);
        sent.map(|(id, session)| (id, ClientSequence(session.last)))
    }

    /// The sessions with an open order or a limit, by number, with both numbers.
    pub(in crate::book) fn counted(&self) -> impl Iterator<Item = (SessionId, [u32; 2])> {
        let counted = self.numbered().filter(|(_, session)| session.open | session.withheld > 0);
        counted.map(|(id, session)| (id, [session.open, session.withheld]))
    }

    /// The sessions that sent something or have a limit, by number, each with its last client
    /// sequence and how many orders it may have open.
    pub(in crate::book) fn known(&self) -> impl Iterator<Item = (SessionId, ClientSequence, u32)> {
        let known = self.numbered().filter(|(_, session)| session.last > 0 || session.withheld > 0);
        known.map(|(id, session)| (id, ClientSequence(session.last), u32::MAX - session.withheld))
    }

    /// Notes what was known of a session that has said nothing yet here.
    pub(in crate::book) fn restore(
        &mut self,
        session: SessionId,
        last: ClientSequence,
        open_max: u32,
    ) {
        self.get_mut(session).last = last.0;
        self.limit(session, open_max);
    }

    fn numbered(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        (0..=u16::MAX).map(SessionId).zip(self.0.iter())
    }

    /// A session; one that is not there is as good as one that never said anything.
    #[inline]
    fn get(&self, session: SessionId) -> Session {
        self.0.get(index_of(u32::from(session.0))).copied().unwrap_or_else(Session::zeroed)
    }

    #[inline]
    fn get_mut(&mut self, session: SessionId) -> &mut Session {
        match self.0.get_mut(index_of(u32::from(session.0))) {
            Some(session) => session,
            None => broken_invariant("more sessions than memory"),
        }
    }
}
