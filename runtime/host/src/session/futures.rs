//! The same waits as futures, for any executor; a future that is dropped leaves nothing behind.

use super::Session;
use crate::errors::{PollError, SessionEnd};
use crate::waiter::Until;
use highwater::event::{Event, EventOrEnd};
use highwater::types::Sequence;
use highwater_platform::Platform;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

impl<P: Platform> Session<P> {
    /// Completes when everything up to `sequence` is durable, or when the session has ended.
    pub const fn durable(&mut self, sequence: Sequence) -> Durable<'_, P> {
        Durable { session: self, sequence }
    }

    /// Completes with the session's next event, or when there will be none. The ends of commands
    /// are passed over.
    pub const fn next_event(&mut self) -> NextEvent<'_, P> {
        NextEvent { session: self }
    }
}

/// The future of [`Session::durable`].
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Durable<'s, P: Platform> {
    session: &'s mut Session<P>,
    sequence: Sequence,
}

impl<P: Platform> Future for Durable<'_, P> {
    type Output = Result<(), SessionEnd>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { session, sequence } = &*self;
        let look = || session.is_durable(*sequence).map(|is_durable| is_durable.then_some(()));
        session.poll_for(Until::Durable(*sequence), context, look)
    }
}

impl<P: Platform> Drop for Durable<'_, P> {
    fn drop(&mut self) {
        self.session.slot.inbox.waiter.clear(self.session.generation);
    }
}

/// The future of [`Session::next_event`].
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct NextEvent<'s, P: Platform> {
    session: &'s mut Session<P>,
}

impl<P: Platform> Future for NextEvent<'_, P> {
    type Output = Result<Event, PollError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let session = &*self.session;
        session.poll_for(Until::Event, context, || {
            loop {
                match session.take(1)?.first() {
                    Some(EventOrEnd::Event(event)) => return Ok(Some(*event)),
                    Some(EventOrEnd::End(_)) => {}
                    None => return Ok(None),
                }
            }
        })
    }
}

impl<P: Platform> Drop for NextEvent<'_, P> {
    fn drop(&mut self) {
        self.session.slot.inbox.waiter.clear(self.session.generation);
    }
}

impl<P: Platform> Session<P> {
    /// Looks, and when there is nothing lets the task be woken, and looks once more.
    fn poll_for<T, E>(
        &self,
        until: Until,
        context: &Context<'_>,
        look: impl Fn() -> Result<Option<T>, E>,
    ) -> Poll<Result<T, E>> {
        let found = look().transpose().or_else(|| {
            self.slot.inbox.waiter.register(self.generation, until, context.waker());
            look().transpose()
        });
        found.map_or(Poll::Pending, Poll::Ready)
    }
}
