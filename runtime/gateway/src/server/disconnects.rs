//! Traders that are gone: when their orders are canceled.

use crate::entry::Submission;
use crate::port::{Port, Sizes};
use crate::settings::{OnDisconnect, Settings, Trader, nanos};
use highwater::command::{Action, MassCancel};
use std::collections::BTreeMap;

/// When the orders of each port that is gone are canceled, where they are.
#[derive(Debug, Default)]
pub(super) struct Disconnects(BTreeMap<usize, u64>);

impl Disconnects {
    /// Nobody is logged in when a gateway begins, whoever was before.
    pub(super) fn all_are_gone(settings: &Settings, now_ns: u64) -> Self {
        let mut disconnects = Self::default();
        for (port, (_, trader)) in settings.traders().enumerate() {
            disconnects.is_gone(port, &trader, now_ns);
        }
        disconnects
    }

    /// A port's connection is gone.
    pub(super) fn is_gone(&mut self, port: usize, trader: &Trader, now_ns: u64) {
        match trader.on_disconnect {
            OnDisconnect::Keep => {}
            OnDisconnect::CancelSession { grace } | OnDisconnect::CancelAccount { grace } => {
                self.0.insert(port, now_ns.saturating_add(nanos(grace)));
            }
        }
    }

    /// A port has logged in.
    pub(super) fn is_back(&mut self, port: usize) {
        self.0.remove(&port);
    }

    /// A port whose time is over; it is to be told [`is_back`](Self::is_back) when its orders are
    /// canceled.
    pub(super) fn due(&self, now_ns: u64) -> Option<usize> {
        self.0.iter().find(|(_, due_ns)| **due_ns <= now_ns).map(|(port, _)| *port)
    }
}

/// The cancel of everything that a port has open; `None` where it has no number for that.
pub(super) fn cancel_all(port: &Port) -> Option<Submission> {
    if port.last_number() == 0 {
        // It never entered an order.
        return None;
    }
    let Trader { session, account, on_disconnect, .. } = port.trader;
    let (session, account) = match on_disconnect {
        OnDisconnect::Keep => return None,
        OnDisconnect::CancelSession { .. } => (Some(session), None),
        OnDisconnect::CancelAccount { .. } => (None, Some(account)),
    };
    let action = Action::MassCancel(MassCancel { instrument: None, account, side: None, session });
    Some(Submission { client_sequence: port.next_unnumbered()?, action, sizes: Sizes::None })
}
