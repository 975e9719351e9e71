//! The command that events follow from, and whose order they are about: in two words, so that it
//! stays in registers on the way through the book.

use crate::types::{ClientSequence, InstrumentId, SessionId, low_half, low_quarter};

/// The session's number for a command, and where its events are placed. Its sequence is the
/// book's last.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub(super) client_sequence: ClientSequence,
    /// Instrument, session and owner, from the lowest bit: the word that the running hash weighs.
    place: u64,
}

impl Origin {
    /// A command of this session, about an order of its own.
    #[inline]
    pub(super) fn new(
        session: SessionId,
        client_sequence: ClientSequence,
        instrument: InstrumentId,
    ) -> Self {
        let sessions = u64::from(session.0) << 32 | u64::from(session.0) << 48;
        Self { client_sequence, place: u64::from(instrument.0) | sessions }
    }

    /// The same command, about an order of this session.
    #[inline]
    pub(super) fn about(self, owner: SessionId) -> Self {
        Self { place: self.place & (u64::MAX >> 16) | u64::from(owner.0) << 48, ..self }
    }

    /// The same command, at this instrument.
    #[inline]
    pub(super) fn at(self, instrument: InstrumentId) -> Self {
        Self { place: self.place & !u64::from(u32::MAX) | u64::from(instrument.0), ..self }
    }

    /// The session that sent the command.
    #[inline]
    pub(super) fn session(self) -> SessionId {
        SessionId(low_quarter(self.place >> 32))
    }

    /// The session of the order.
    #[inline]
    pub(super) fn owner(self) -> SessionId {
        SessionId(low_quarter(self.place >> 48))
    }

    /// Where it trades.
    #[inline]
    pub(super) fn instrument(self) -> InstrumentId {
        InstrumentId(low_half(self.place))
    }
}
