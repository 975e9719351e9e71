//! Whom an event concerns: its sessions, and those that an instrument's state matters to.

mod open_orders;

pub(super) use open_orders::OpenOrders;

use arrayvec::ArrayVec;
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, SessionId};
use std::collections::BTreeSet;

/// The sessions that an event concerns, each once: whose command caused it, whose order it is
/// about, and whose orders traded.
pub(super) fn concerned(event: &Event) -> ArrayVec<SessionId, 3> {
    let mut sessions = ArrayVec::new();
    let counterparty = event.kind.counterparty().unwrap_or(event.session);
    for session in [event.session, event.owner, counterparty] {
        if !sessions.contains(&session) {
            sessions.push(session);
        }
    }
    sessions
}

/// The instrument whose way of trading an event changes; `None` for every other event.
pub(super) const fn changed_state(event: &Event) -> Option<InstrumentId> {
    if let EventKind::StateChanged { .. } | EventKind::Uncrossed { .. } = event.kind {
        Some(event.instrument)
    } else {
        None
    }
}

/// Whether an event concerns a session that follows these instruments.
pub(super) fn concerns(
    event: &Event,
    session: SessionId,
    follows: &BTreeSet<InstrumentId>,
    open_orders: &OpenOrders,
) -> bool {
    concerned(event).contains(&session)
        || changed_state(event).is_some_and(|instrument| {
            follows.contains(&instrument) || open_orders.has(session, instrument)
        })
}
