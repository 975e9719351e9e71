//! What a session's handle asks of the release thread, and the answers.

use highwater::event::Event;
use highwater::types::{Sequence, SessionId};
use std::sync::mpsc::SyncSender;

/// What a session's handle asks of the release thread.
#[derive(Debug)]
pub(super) enum Request {
    /// Deliver to this handle from now on.
    Join {
        /// The place.
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
    /// Take a lagging session up again.
    Rejoin {
        /// The place.
        index: u16,
        /// The handle; another's request is passed over.
        generation: u64,
        /// Where the answer goes.
        reply: SyncSender<Joined>,
    },
    /// Nobody reads these events any more.
    Leave {
        /// The place.
        index: u16,
        /// The handle; another's request is passed over.
        generation: u64,
    },
}

/// From where on events are delivered, and what was missed before.
#[derive(Debug)]
pub(super) struct Joined {
    /// Events of commands behind this one are delivered.
    pub(super) live_after: Sequence,
    /// Values of the event ring before this number are not for this handle, where it is new.
    pub(super) published: u64,
    /// Where the session's events stopped; `None` when it misses nothing.
    pub(super) missed: Option<Missed>,
    /// Answers that it missed and that the log does not hold, in order.
    pub(super) unlogged: Vec<Event>,
}

/// Where a session's events stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// The first command of which events are missing.
    pub(super) sequence: Sequence,
    /// How many of the session's events of that command were delivered.
    pub(super) delivered_count: u64,
}
