//! What handles ask of the release thread, and the answers.

use highwater::event::Event;
use highwater::types::{InstrumentId, Sequence, SessionId};
use std::sync::mpsc::SyncSender;

/// What a handle asks of the release thread. Streams are those of the slots, then those of taps.
#[derive(Debug)]
pub(super) enum Request {
    /// Deliver to this handle from now on.
    Join {
        /// The slot.
        index: u16,
        /// The handle.
        generation: u64,
        /// Whose events.
        session: SessionId,
        /// What the session has seen; what came since it misses. `None`: it misses nothing.
        seen: Option<Sequence>,
        /// Where the answer goes.
        reply: SyncSender<Joined>,
    },
    /// Deliver everything to this tap from now on.
    Tap {
        /// The stream.
        index: u16,
        /// What its reader has seen; what came since it misses. `None`: it misses nothing.
        seen: Option<Sequence>,
        /// Where the answer goes.
        reply: SyncSender<Joined>,
    },
    /// Tell a session how an instrument trades, or do so no longer unless it has orders there.
    Follow {
        /// The slot.
        index: u16,
        /// The handle; another's request is passed over.
        generation: u64,
        /// The instrument.
        instrument: InstrumentId,
        /// Which of the two.
        interest: Interest,
        /// Where the answer goes: the sequence behind which it holds.
        reply: SyncSender<Sequence>,
    },
    /// Take a lagging reader up again.
    Rejoin {
        /// The stream.
        index: u16,
        /// The handle; another's request is passed over.
        generation: u64,
        /// Where the answer goes.
        reply: SyncSender<Joined>,
    },
    /// Nobody reads these events any more.
    Leave {
        /// The stream.
        index: u16,
        /// The handle; another's request is passed over.
        generation: u64,
    },
}

/// Whether a session follows an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interest {
    /// It does.
    Follows,
    /// It does no longer.
    Ignores,
}

/// From where on events are delivered, and what was missed before.
#[derive(Debug)]
pub(super) struct Joined {
    /// Events of commands behind this one are delivered.
    pub(super) live_after: Sequence,
    /// Values of the event ring before this number are not for this handle, where it is new.
    pub(super) published: u64,
    /// Where the reader's events stopped; `None` when it misses nothing.
    pub(super) missed: Option<Missed>,
    /// Answers that it missed and that the log does not hold, in order.
    pub(super) unlogged: Vec<Event>,
}

/// Where a reader's events stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missed {
    /// The first command of which events are missing.
    pub(super) sequence: Sequence,
    /// How many events of that command, whomever they concern, came before the first that is
    /// missing.
    pub(super) event_index: u64,
}
