//! What can go wrong between a host and its callers: a sentence each that says what to do.

use highwater::stage::Fault;
use highwater::types::{ClientSequence, Sequence, SessionId};
use highwater_engine::error::StartError;
use std::fmt;
use std::io;

/// Why a host did not start.
#[derive(Debug)]
pub enum HostError {
    /// The log could not be recovered.
    Start(StartError),
    /// A host has 1 to 4,096 places, and was asked for this many.
    Places(usize),
    /// The system gave no thread.
    Thread(io::Error),
}

/// Why nobody got a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceError {
    /// All places are taken.
    AllTaken {
        /// How many there are.
        places: usize,
    },
    /// The engine has no session of this number.
    NoSuchSession {
        /// The number asked for.
        session: SessionId,
        /// How many sessions the engine may hold: the highest number is one less.
        sessions: u32,
    },
    /// The host has ended.
    Ended(SessionEnd),
}

/// Why every call of a session fails from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// A later caller named the same session.
    Superseded,
    /// The host was stopped.
    Stopped,
    /// The host stopped cleanly by itself: the log had grown as far behind the newest snapshot as
    /// it may, and none could be made.
    SnapshotsBehind,
    /// The engine stopped by itself.
    Fault(Fault),
}

/// Why a command was not taken. The caller still has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitError {
    /// The session's ring has no room for all of it: the engine is behind. Nothing of it was taken.
    Busy,
    /// The session does not read its events; [`catch_up`](super::Session::catch_up) mends that.
    Lagging,
    /// A batch has 1 to 64 commands.
    BatchLength(usize),
    /// The session has ended.
    Ended(SessionEnd),
}

/// Why a session has no events to hand over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollError {
    /// The session missed events: [`catch_up`](super::Session::catch_up) reads them from the log.
    Lagging,
    /// The session has ended.
    Ended(SessionEnd),
}

/// Why a wait ended without what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The time is over.
    TimedOut,
    /// The session missed events: [`catch_up`](super::Session::catch_up) reads them from the log.
    Lagging,
    /// The session has ended.
    Ended(SessionEnd),
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The command was not taken.
    Submit(SubmitError),
    /// The command was taken with this client sequence; its answer was not there in time, and may
    /// still come.
    Wait(ClientSequence, WaitError),
}

/// Why a session could not be caught up.
#[derive(Debug)]
pub enum CatchUpError {
    /// The session has ended.
    Ended(SessionEnd),
    /// The log could not be read; what was handed over is not handed over again.
    History(StartError),
    /// The log ends before what was missed does.
    TooShort {
        /// The sequence that was to be reached.
        wanted: Sequence,
    },
    /// What was missed is no longer in the log.
    Retired {
        /// The first sequence of it.
        from: Sequence,
    },
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => error.fmt(f),
            Self::Places(places) => {
                write!(f, "a host has 1 to 4096 places, not {places}: choose another number")
            }
            Self::Thread(error) => write!(f, "the system gave the host no thread: {error}"),
        }
    }
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllTaken { places } => write!(
                f,
                "all {places} places of the host are taken: drop a session that is no longer needed, name \
                 one that a lost handle holds, or start the host with more places"
            ),
            Self::NoSuchSession { session, sessions } => write!(
                f,
                "there is no session {session}: the engine holds {sessions}, from 0 on; let the operator \
                 configure more"
            ),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl fmt::Display for SessionEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Superseded => f.write_str(
                "a later caller named this session and took its place: use that handle, or name the \
                 session again",
            ),
            Self::Stopped => f.write_str("the host was stopped: start it again"),
            Self::SnapshotsBehind => f.write_str(
                "the host stopped, because the log had grown as far behind the newest snapshot as it \
                 may and none could be made; everything that was accepted is durable: mend what \
                 standard error tells, or allow more, and start it again",
            ),
            Self::Fault(fault) => write!(
                f,
                "the engine stopped: {fault}; everything acknowledged is in the log: mend the cause and \
                 start again"
            ),
        }
    }
}

impl fmt::Display for SubmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the session's ring is full: poll its events and try again"),
            Self::Lagging => LAGGING.fmt(f),
            Self::BatchLength(length) => {
                write!(f, "a batch has 1 to 64 commands, not {length}: split it")
            }
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lagging => LAGGING.fmt(f),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("the time is over: wait on, or look at the statistics"),
            Self::Lagging => LAGGING.fmt(f),
            Self::Ended(end) => end.fmt(f),
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Submit(error) => error.fmt(f),
            Self::Wait(client_sequence, error) => {
                write!(f, "command {client_sequence} of the session has no answer yet: {error}")
            }
        }
    }
}

impl fmt::Display for CatchUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(end) => end.fmt(f),
            Self::History(error) => error.fmt(f),
            Self::TooShort { wanted } => write!(
                f,
                "the log could not be read up to sequence {wanted}: verify it, and catch up again"
            ),
            Self::Retired { from } => write!(
                f,
                "the log no longer holds sequence {from}, which the session missed: name the session \
                 again to go on without, and keep more of the log (--keep all)"
            ),
        }
    }
}

const LAGGING: &str = "the session did not read its events and missed some: catch up first";

impl std::error::Error for HostError {}
impl std::error::Error for PlaceError {}
impl std::error::Error for SessionEnd {}
impl std::error::Error for SubmitError {}
impl std::error::Error for PollError {}
impl std::error::Error for WaitError {}
impl std::error::Error for CallError {}
impl std::error::Error for CatchUpError {}

impl From<SessionEnd> for PlaceError {
    fn from(end: SessionEnd) -> Self {
        Self::Ended(end)
    }
}

impl From<SessionEnd> for SubmitError {
    fn from(end: SessionEnd) -> Self {
        Self::Ended(end)
    }
}

impl From<SessionEnd> for PollError {
    fn from(end: SessionEnd) -> Self {
        Self::Ended(end)
    }
}

impl From<SessionEnd> for WaitError {
    fn from(end: SessionEnd) -> Self {
        Self::Ended(end)
    }
}

impl From<SessionEnd> for CatchUpError {
    fn from(end: SessionEnd) -> Self {
        Self::Ended(end)
    }
}

impl From<PollError> for WaitError {
    fn from(error: PollError) -> Self {
        match error {
            PollError::Lagging => Self::Lagging,
            PollError::Ended(end) => Self::Ended(end),
        }
    }
}
