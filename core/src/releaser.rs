//! The releaser: hands out events once the commands that caused them are durable.

use crate::event::{Event, EventSink};
use crate::limits::RELEASER_STEP_MAX;
use crate::ring::Consumer;
use crate::stage::{Shared, Step, SyncMode};
use crate::types::Sequence;

/// Events whose slots the sequencer gets back at once, so that its side of the ring is disturbed
/// seldom.
const GIVEN_BACK_TOGETHER: usize = 64;

/// The stage between the event ring and whoever is told.
#[derive(Debug)]
pub struct Releaser<'a> {
    pub(crate) events: Consumer<'a, Event>,
    pub(crate) shared: &'a Shared,
    pub(crate) mode: SyncMode,
    /// The last releasable sequence that was seen.
    pub(crate) releasable: Sequence,
    /// The highest sequence that has been released whole.
    pub(crate) released: Sequence,
}

impl Releaser<'_> {
    /// Hands over the events that may be released, some thousands at most. Done after a fault, and
    /// when the log writer is done and every event is released.
    pub fn step(&mut self, sink: &mut impl EventSink) -> Step {
        if self.shared.halt.is_faulted() {
            return Step::Done;
        }
        // Both are read before the ring: no watermark rises once the log writer is done, and what
        // was applied by now is in the ring by now.
        let no_more = self.shared.log_writer_done.is_set();
        let applied = self.shared.applied.get();
        let mut count = 0;
        let mut held = 0;
        let complete = loop {
            let Some(event) = self.events.get(held).copied() else {
                break applied;
            };
            let is_enough = count == RELEASER_STEP_MAX;
            if is_enough || !self.may_leave(event.sequence) {
                break Sequence(event.sequence.0.saturating_sub(1));
            }
            sink.event(&event);
            count += 1;
            held += 1;
            if held == GIVEN_BACK_TOGETHER {
                self.events.release(held);
                held = 0;
            }
        };
        self.events.release(held);
        self.released = self.released.max(complete);
        match count {
            0 if no_more && self.events.is_empty() => Step::Done,
            0 => Step::Idle,
            _ => Step::Worked(count),
        }
    }

    /// The highest sequence all of whose events have been handed over.
    pub const fn released(&self) -> Sequence {
        self.released
    }

    /// What this engine is for: no answer leaves before its command is on stable storage, unless
    /// the mode says so.
    #[inline]
    fn may_leave(&mut self, sequence: Sequence) -> bool {
        if sequence > self.releasable {
            self.releasable = self.shared.releasable(self.mode).get();
            match self.mode {
                SyncMode::Group => {
                    let durable = self.shared.durable.get();
                    assert!(self.releasable <= durable, "only what is durable may be released");
                }
                SyncMode::Off => {}
            }
        }
        sequence <= self.releasable
    }
}
