//! What a gateway has to say of its clients, for who keeps a record of it.

use highwater_protocols::Alpha;
use std::mem::take;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Notices that wait for somebody to take them, at most; later ones are counted only.
const WAITING_MAX: usize = 1_024;

/// Something that has happened to a client; the gateway goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayNotice {
    /// A user has logged in.
    LoggedIn {
        /// Who.
        user: Alpha<6>,
        /// From where.
        peer: Peer,
        /// The number of the first message that it is sent.
        next: u64,
    },
    /// A login was refused.
    LoginRefused {
        /// The name that was given, where it is one of a user.
        user: Option<Alpha<6>>,
        /// From where.
        peer: Peer,
        /// Why, in some words.
        why: &'static str,
    },
    /// A connection has ended.
    Closed {
        /// Who had logged in, if anybody.
        user: Option<Alpha<6>>,
        /// From where.
        peer: Peer,
        /// What the client was told; `None` where it left, or its line was lost.
        reason: Option<String>,
    },
    /// A connection was closed without a word.
    TurnedAway {
        /// From where.
        peer: Peer,
    },
    /// A trader did not come back in time, and its open orders are canceled.
    OrdersCanceled {
        /// Who.
        user: Alpha<6>,
    },
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What it is connected to: orders, feed or snapshot.
    pub service: &'static str,
    /// Its address.
    pub address: IpAddr,
}

/// Notices that were taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayNotices {
    /// The oldest first.
    pub notices: Vec<GatewayNotice>,
    /// How many came behind them and were not kept, because nobody took any.
    pub lost: u64,
}

/// Notices between the gateway's thread and who takes them.
#[derive(Debug, Default)]
pub(crate) struct NoticeQueue(Mutex<GatewayNotices>);

impl NoticeQueue {
    pub(crate) fn add(&self, notice: GatewayNotice) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.notices.len() < WAITING_MAX {
            waiting.notices.push(notice);
        } else {
            waiting.lost += 1;
        }
    }

    pub(crate) fn take(&self) -> GatewayNotices {
        take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_that_nobody_takes_are_counted() {
        let queue = NoticeQueue::default();
        let notice = GatewayNotice::OrdersCanceled { user: Alpha::BLANK };
        for _ in 0..WAITING_MAX + 3 {
            queue.add(notice.clone());
        }
        let taken = queue.take();
        assert_eq!((taken.notices.len(), taken.lost), (WAITING_MAX, 3));
        assert_eq!(queue.take(), GatewayNotices::default());
    }
}
