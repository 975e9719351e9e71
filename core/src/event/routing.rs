//! The routing of an event: its instrument, the session that sent the command, and the owner of the
//! order, in one word.

use crate::types::{InstrumentId, SessionId, low_half, low_quarter};

/// The instrument from bit 0, the session from bit 32, the owner from bit 48: what the running hash
/// weighs, and what goes into a slot of a ring in one store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routing(u64);

impl Routing {
    /// Of these three.
    #[inline]
    pub(crate) fn new(instrument: InstrumentId, session: SessionId, owner: SessionId) -> Self {
        Self(u64::from(instrument.0) | u64::from(session.0) << 32 | u64::from(owner.0) << 48)
    }

    /// The same with another owner.
    #[inline]
    pub(crate) fn of(self, owner: SessionId) -> Self {
        Self(self.0 & (u64::MAX >> 16) | u64::from(owner.0) << 48)
    }

    /// The same with another instrument.
    #[inline]
    pub(crate) fn at(self, instrument: InstrumentId) -> Self {
        Self(self.0 & !u64::from(u32::MAX) | u64::from(instrument.0))
    }

    /// The instrument.
    #[inline]
    pub(crate) const fn instrument(self) -> InstrumentId {
        InstrumentId(low_half(self.0))
    }

    /// The session that sent the command.
    #[inline]
    pub(crate) const fn session(self) -> SessionId {
        SessionId(low_quarter(self.0 >> 32))
    }

    /// The session of the order.
    #[inline]
    pub(crate) const fn owner(self) -> SessionId {
        SessionId(low_quarter(self.0 >> 48))
    }

    /// All three as they are.
    #[inline]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }
}
