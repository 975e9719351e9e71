//! A tap: a reader of every event, for market data, drop copies and surveillance.

use super::common::Common;
use super::errors::{CatchUpError, SessionEnd, TapError};
use super::history::{Audience, Backlog};
use super::request::{Joined, Request};
use super::tap_side::TapSide;
use super::waiter::Until;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::types::Sequence;
use highwater_platform::Platform;
use highwater_storage::{Consumer, ConsumerKind, Consumers, ConsumersError};
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// A tap has one handle at a time: the next one gets its ring when the one before is dropped.
const GENERATION: u64 = 0;

/// A reader of every event that follows from a record, in order, with the end of each command and
/// its time. Made by [`Host::tap`](super::Host::tap) and [`tap_after`](super::Host::tap_after).
///
/// It delays nobody. One that does not read falls behind and reads what it missed from the log.
/// Answers without a record (Duplicate) are not in it: so it is the same live and from the log.
pub struct Tap<P: Platform> {
    common: &'static Common<P>,
    /// `None` once it was given back.
    side: Option<TapSide>,
    /// What is to be read from the log before the ring goes on.
    backlog: Option<Backlog>,
    /// The last command of which everything was handed over.
    position: Sequence,
}

impl<P: Platform> Tap<P> {
    /// A reader that has seen everything up to `seen`, or wants what comes from now on.
    pub(super) fn new(
        common: &'static Common<P>,
        seen: Option<Sequence>,
    ) -> Result<Self, TapError> {
        common.check_open()?;
        let taps = common.tap_inboxes.len();
        let Some(mut side) = common.free_taps().pop() else {
            return Err(TapError::AllTaken { taps });
        };
        let index = side.index;
        let request = |reply| Request::Tap { index, seen, reply };
        let joined = match common.ask_and_wait(SessionEnd::Stopped, request) {
            Ok(joined) => joined,
            Err(end) => {
                common.free_taps().push(side);
                return Err(end.into());
            }
        };
        let stale = joined.published.saturating_sub(side.events.consumed());
        side.drain(usize::try_from(stale).unwrap_or(usize::MAX), &mut ());
        // A log that lost its end, which only weak modes do, has other commands behind it now.
        let position = seen.map_or(joined.live_after, |seen| seen.min(joined.live_after));
        let backlog = Backlog::of(common, Audience::Everybody, joined);
        Ok(Self { common, side: Some(side), backlog, position })
    }

    /// A reader that goes on where `name` was registered last, or at the log's beginning.
    pub(super) fn registered(common: &'static Common<P>, name: &str) -> Result<Self, TapError> {
        let known = Consumers::of(common.platform, &common.data).list()?;
        let is_named = |it: &&Consumer| it.is(ConsumerKind::Tap, Path::new(name));
        let position = known.iter().find(is_named).map_or(Sequence(0), |it| it.durable);
        Self::new(common, Some(position))
    }

    /// Hands over what is there, in order, and returns how many events that were. Waits up to
    /// `timeout` where there is nothing, and returns 0 when there is nothing then either.
    ///
    /// What lies before the ring, and what was missed, is read from the log first: for as long as
    /// the reader is behind, in one call. That costs a replay, behind the newest snapshot that is
    /// old enough, with memory for a second book until the call returns.
    ///
    /// # Errors
    /// The host has ended and everything that was delivered is handed over, or the log cannot be
    /// read. What was handed over is not handed over again.
    pub fn read(
        &mut self,
        timeout: Duration,
        sink: &mut impl EventSink,
    ) -> Result<usize, CatchUpError> {
        let Self { common, side: Some(side), backlog, position } = self else {
            unreachable!("it is given back when it is dropped");
        };
        let mut sink = Noting { position, sink, event_count: 0 };
        if backlog.is_none() {
            if !has_something(common, side, timeout)? {
                return Ok(0);
            }
            if !side.drain_fairly(&mut sink) {
                return Ok(sink.event_count);
            }
            *backlog = Backlog::of(common, Audience::Everybody, rejoin(common, side.index)?);
        }
        if let Some(owed) = backlog {
            owed.pay(common, &mut sink, &mut |owed, sink| {
                // The ring goes on here, and while it was not read it may have overflowed.
                side.drain_fairly(sink)
                    && rejoin(common, side.index).is_ok_and(|joined| owed.extend(&joined))
            })?;
            *backlog = None;
        }
        Ok(sink.event_count)
    }

    /// The last command of which everything was handed over: where to go on after a restart.
    pub const fn position(&self) -> Sequence {
        self.position
    }

    /// Whether the next [`read`](Self::read) reads the log.
    pub fn is_lagging(&self) -> bool {
        self.backlog.is_some() || self.side.as_ref().is_some_and(|side| side.inbox.is_lagging())
    }

    /// Registers the reader at its [`position`](Self::position) under `name`, durably, among the
    /// consumers of the log. [`Host::tap_registered`](super::Host::tap_registered) goes on there
    /// after a restart, and with `--keep snapshot` no segment is retired that is needed for it.
    ///
    /// To be called now and then: each call syncs a file. `highwater consumers forget tap:NAME`
    /// ends it.
    ///
    /// # Errors
    /// It is not known whether it is registered.
    pub fn register(&self, name: &str) -> Result<(), ConsumersError> {
        let Common { platform, data, .. } = self.common;
        let consumer =
            Consumer { kind: ConsumerKind::Tap, path: name.into(), durable: self.position };
        Consumers::of(*platform, data).note(&[consumer])
    }
}

impl<P: Platform> Drop for Tap<P> {
    /// Gives the ring back for the next reader.
    fn drop(&mut self) {
        let Some(side) = self.side.take() else {
            return;
        };
        // Before the next handle asks: requests are done in order.
        self.common.ask(Request::Leave { index: side.index, generation: GENERATION });
        self.common.free_taps().push(side);
    }
}

impl<P: Platform> fmt::Debug for Tap<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("position", &self.position).finish_non_exhaustive()
    }
}

/// Waits until the ring has something, or the reader lags; `false` when the time is over.
fn has_something<P: Platform>(
    common: &Common<P>,
    side: &TapSide,
    timeout: Duration,
) -> Result<bool, SessionEnd> {
    let inbox = side.inbox;
    let found = inbox.waiter.block(common.platform, GENERATION, Until::Event, timeout, || {
        // Both are read before the ring: what was delivered before is there.
        let (is_lagging, end) = (inbox.is_lagging(), common.end());
        match end {
            _ if !side.events.is_empty() => Ok(Some(())),
            Some(end) => Err(end),
            None => Ok(is_lagging.then_some(())),
        }
    })?;
    Ok(found.is_some())
}

fn rejoin<P: Platform>(common: &Common<P>, index: u16) -> Result<Joined, SessionEnd> {
    let request = |reply| Request::Rejoin { index, generation: GENERATION, reply };
    common.ask_and_wait(SessionEnd::Stopped, request)
}

/// Hands everything on, and notes what was handed over.
struct Noting<'t, S> {
    position: &'t mut Sequence,
    sink: &'t mut S,
    event_count: usize,
}

impl<S: EventSink> EventSink for Noting<'_, S> {
    fn event(&mut self, event: &Event) {
        self.event_count += 1;
        self.sink.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        *self.position = end.sequence;
        self.sink.end(end);
    }
}
