//! What an operator has done to a user, and how it is asked for from another thread.

use highwater_protocols::Alpha;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is done to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserOrder {
    /// Its connections are closed. It may log in again.
    Disconnect,
    /// No orders of its are taken until they are allowed again, also behind a restart.
    StopEntry,
    /// Its orders are taken again.
    AllowEntry,
    /// No orders of its are taken, and all that its session has open are canceled.
    Kill,
}

/// Why it was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserFault {
    /// Nobody has this name.
    #[error("there is no such user; name one of the venue's file")]
    Unknown,
    /// Only traders can be stopped.
    #[error("the user enters no orders")]
    NoTrader,
    /// It has no connection.
    #[error("the user is not logged in")]
    NotLoggedIn,
    /// A session has 2^31 - 1 commands without a number between two numbers of its client.
    #[error("the session has no number left for it; the client must enter an order first")]
    NoNumber,
    /// The gateway has ended, or is about to.
    #[error("the gateway has ended")]
    Ended,
}

/// Something that is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) user: Alpha<6>,
    pub(crate) order: UserOrder,
    reply: Sender<Result<(), UserFault>>,
}

impl Asked {
    /// Says what became of it.
    pub(crate) fn answer(self, result: Result<(), UserFault>) {
        // Who has asked may wait no more.
        let _is_gone = self.reply.send(result);
    }
}

/// What is asked for and not done yet.
#[derive(Debug, Default)]
pub(crate) struct Wishes(Mutex<VecDeque<Asked>>);

impl Wishes {
    pub(crate) fn ask(&self, user: Alpha<6>, order: UserOrder) -> Receiver<Result<(), UserFault>> {
        let (reply, answer) = channel();
        self.lock().push_back(Asked { user, order, reply });
        answer
    }

    pub(crate) fn next(&self) -> Option<Asked> {
        self.lock().pop_front()
    }

    /// It is to be done later.
    pub(crate) fn put_back(&self, asked: Asked) {
        self.lock().push_front(asked);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
