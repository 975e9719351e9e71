//! What can go wrong between a host and its callers: a sentence each that says what to do.

use highwater::stage::Fault;
use highwater::types::{ClientSequence, Sequence, SessionId};
use highwater_engine::error::StartError;
use highwater_storage::ConsumersError;
use std::io;
use thiserror::Error;

/// Why a host did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The log could not be recovered.
    #[error(transparent)]
    Start(StartError),
    /// A host has 1 to 4,096 slots, and was asked for this many.
    #[error("a host has 1 to 4096 slots, not {0}: choose another number")]
    Slots(usize),
    /// A host has up to 64 taps, and was asked for this many.
    #[error("a host has 0 to 64 taps, not {0}: choose another number")]
    Taps(usize),
    /// The system gave no thread.
    #[error("the system gave the host no thread: {0}")]
    Thread(io::Error),
}

/// Why nobody got a tap.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TapError {
    /// All taps are taken.
    #[error("all {taps} taps of the host are taken: drop one, or start the host with more")]
    AllTaken {
        /// How many there are.
        taps: usize,
    },
    /// It is not known where it was registered.
    #[error(transparent)]
    Consumers(#[from] ConsumersError),
    /// The host has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
}

/// Why nobody got the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the host has no trunk, or somebody took it: start the host with one, and take it once")]
pub struct TrunkError;

/// Why nobody got a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SlotError {
    /// All slots are taken.
    #[error(
        "all {slots} slots of the host are taken: drop a session that is no longer needed, name \
         one that a lost handle holds, or start the host with more slots"
    )]
    AllTaken {
        /// How many there are.
        slots: usize,
    },
    /// The engine has no session of this number.
    #[error(
        "there is no session {session}: the engine holds {sessions}, numbered from 0; let the \
         operator configure more"
    )]
    NoSuchSession {
        /// The number asked for.
        session: SessionId,
        /// How many sessions the engine may hold: the highest number is one less.
        sessions: u32,
    },
    /// The host has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
}

/// Why every call of a session fails from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionEnd {
    /// A later caller named the same session.
    #[error(
        "a later caller named this session and took its slot: use that handle, or name the session \
         again"
    )]
    Superseded,
    /// The host was stopped.
    #[error("the host was stopped: start it again")]
    Stopped,
    /// The host stopped cleanly by itself: the log had grown as far behind the newest snapshot as
    /// it may, and none could be made.
    #[error(
        "the host stopped, because the log after the newest snapshot reached its bound and no \
         snapshot could be made; everything that was accepted is durable: correct what the notices \
         name, or raise the bound, and start it again"
    )]
    SnapshotsBehind,
    /// The engine stopped by itself.
    #[error(
        "the engine stopped: {0}; everything acknowledged is in the log: correct the cause and \
         start again"
    )]
    Fault(Fault),
}

/// Why a command was not taken. The caller still has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The session's ring has no room for all of it: the engine is behind. Nothing of it was taken.
    #[error("the session's ring is full: poll its events and try again")]
    Busy,
    /// The session does not read its events; [`catch_up`](super::Session::catch_up) mends that.
    #[error("{LAGGING}")]
    Lagging,
    /// A batch has 1 to 64 commands.
    #[error("a batch has 1 to 64 commands, not {0}: split it")]
    BatchLength(usize),
    /// The session has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
}

/// Why a session has no events to hand over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PollError {
    /// The session missed events: [`catch_up`](super::Session::catch_up) reads them from the log.
    #[error("{LAGGING}")]
    Lagging,
    /// The session has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
}

/// Why a wait ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The time is over.
    #[error("the wait timed out: wait again, or look at the statistics")]
    TimedOut,
    /// The session missed events: [`catch_up`](super::Session::catch_up) reads them from the log.
    #[error("{LAGGING}")]
    Lagging,
    /// The session has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The log is being read for the first time, or could not be read; the notices say why.
    #[error("the book for questions is not there: ask again, and look at the host's notices")]
    NotThere,
    /// The sequence is not durable, or was not read, within the time.
    #[error("the book for questions is at sequence {reached} and not yet at {wanted}: ask again")]
    TimedOut {
        /// The sequence that was to be reached.
        wanted: Sequence,
        /// The last one that was.
        reached: Sequence,
    },
    /// The host has ended before that.
    #[error(
        "the host ended when the book for questions was at sequence {reached} and not yet at \
         {wanted}: start it again"
    )]
    Ended {
        /// The sequence that was to be reached.
        wanted: Sequence,
        /// The last one that was.
        reached: Sequence,
    },
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The command was not taken.
    #[error(transparent)]
    Submit(SubmitError),
    /// The command was taken with this client sequence; not all of its events were there in time,
    /// and they may still come.
    #[error("command {0} of the session is not answered in full yet: {1}")]
    Wait(ClientSequence, WaitError),
}

/// Why what was missed could not be handed over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// The session has ended.
    #[error(transparent)]
    Ended(#[from] SessionEnd),
    /// The log could not be read; what was handed over is not handed over again.
    #[error(transparent)]
    History(StartError),
    /// The log ends before what was missed does.
    #[error("the log could not be read up to sequence {wanted}: verify it, and catch up again")]
    TooShort {
        /// The sequence that was to be reached.
        wanted: Sequence,
    },
    /// What was missed is no longer in the log.
    #[error(
        "the log no longer holds sequence {from}, which was missed; the first that it holds is \
         {first}: begin there or at what comes next, and keep more of the log (--keep all)"
    )]
    Retired {
        /// The first sequence that was missed.
        from: Sequence,
        /// The first one whose events can still be read.
        first: Sequence,
    },
}

const LAGGING: &str = "the session did not read its events and missed some: catch up first";

impl From<PollError> for WaitError {
    fn from(error: PollError) -> Self {
        match error {
            PollError::Lagging => Self::Lagging,
            PollError::Ended(end) => Self::Ended(end),
        }
    }
}
