//! The command that events follow from, and whose order they are about: in two words, so that it
//! stays in registers on the way through the book.

use crate::event::Place;
use crate::types::{ClientSequence, InstrumentId, SessionId};

/// The session's number for a command, and where its events are placed. Its sequence is the
/// book's last.
#[derive(Clone, Copy)]
pub(in crate::book) struct Origin {
    pub(in crate::book) client_sequence: ClientSequence,
    place: Place,
}

impl Origin {
    /// A command of this session, about an order of its own.
    #[inline]
    pub(in crate::book) fn new(
        session: SessionId,
        client_sequence: ClientSequence,
        instrument: InstrumentId,
    ) -> Self {
        Self { client_sequence, place: Place::new(instrument, session, session) }
    }

    /// The same command, about an order of this session.
    #[inline]
    pub(super) fn about(self, owner: SessionId) -> Self {
        Self { place: self.place.of(owner), ..self }
    }

    /// The same command, at this instrument.
    #[inline]
    pub(super) fn at(self, instrument: InstrumentId) -> Self {
        Self { place: self.place.at(instrument), ..self }
    }

    /// The session that sent the command.
    #[inline]
    pub(in crate::book) fn session(self) -> SessionId {
        self.place.session()
    }

    /// The session of the order.
    #[inline]
    pub(in crate::book) fn owner(self) -> SessionId {
        self.place.owner()
    }

    /// Where it trades.
    #[inline]
    pub(in crate::book) fn instrument(self) -> InstrumentId {
        self.place.instrument()
    }
}
