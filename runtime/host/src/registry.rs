//! Which session has which place.

use highwater::types::{ClientSequence, SessionId};
use std::collections::{BTreeMap, BTreeSet};

/// Who has which place, and what is remembered of those who have none.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// The places of the sessions that have one, but for the operator's.
    pub(super) taken: BTreeMap<SessionId, u16>,
    /// The others.
    pub(super) free: BTreeSet<u16>,
    /// The last client sequence of every session that ever sent a command and has no place now.
    pub(super) records: BTreeMap<SessionId, ClientSequence>,
}
