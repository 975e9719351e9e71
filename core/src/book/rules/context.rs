//! The context of a command: its number, and the routing of the events that follow from it; in two
//! words, so that it stays in registers on the way through the book.

use crate::event::Routing;
use crate::types::{ClientSequence, InstrumentId, SessionId};

/// The session's number for a command, and the routing of its events. Its sequence is the book's
/// last.
#[derive(Clone, Copy)]
pub(in crate::book) struct Context {
    pub(in crate::book) client_sequence: ClientSequence,
    routing: Routing,
}

impl Context {
    /// A command of this session, about an order of its own.
    #[inline]
    pub(in crate::book) fn new(
        session: SessionId,
        client_sequence: ClientSequence,
        instrument: InstrumentId,
    ) -> Self {
        Self { client_sequence, routing: Routing::new(instrument, session, session) }
    }

    /// The same command, about an order of this session.
    #[inline]
    pub(super) fn about(self, owner: SessionId) -> Self {
        Self { routing: self.routing.of(owner), ..self }
    }

    /// The same command, at this instrument.
    #[inline]
    pub(super) fn at(self, instrument: InstrumentId) -> Self {
        Self { routing: self.routing.at(instrument), ..self }
    }

    /// The session that sent the command.
    #[inline]
    pub(in crate::book) fn session(self) -> SessionId {
        self.routing.session()
    }

    /// The session of the order.
    #[inline]
    pub(in crate::book) fn owner(self) -> SessionId {
        self.routing.owner()
    }

    /// Where it trades.
    #[inline]
    pub(in crate::book) fn instrument(self) -> InstrumentId {
        self.routing.instrument()
    }
}
