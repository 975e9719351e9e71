//! The releaser: hands out events once the commands that caused them are durable.

use crate::event::{EventOrEnd, EventSink};
use crate::limits::RELEASER_STEP_MAX;
use crate::ring::Consumer;
use crate::stage::{Shared, Step};
use crate::sync_mode::SyncMode;
use crate::types::Sequence;

/// Events whose slots the sequencer gets back at once, so that its side of the ring is disturbed
/// seldom.
const GIVEN_BACK_TOGETHER: usize = 64;

/// The stage between the event ring and whoever is told.
#[derive(Debug)]
pub struct Releaser<'a> {
    pub(crate) events: Consumer<'a, EventOrEnd>,
    pub(crate) shared: &'a Shared,
    pub(crate) mode: SyncMode,
    /// The last releasable sequence that was seen.
    pub(crate) releasable: Sequence,
    /// What was durable then.
    pub(crate) durable: Sequence,
    /// The most commands that were released and not durable.
    pub(crate) exposed_count_max: u64,
    /// The highest sequence that has been released whole.
    pub(crate) released: Sequence,
}

impl Releaser<'_> {
    /// Hands over the events that may be released, some thousands at most. Done after a fault, and
    /// when the log writer is done and every event is released.
    pub fn step(&mut self, sink: &mut impl EventSink) -> Step {
        self.step_up_to(RELEASER_STEP_MAX, sink)
    }

    /// The same, for a sink that has room for so many events, the ends of commands counted with
    /// them.
    pub fn step_up_to(&mut self, event_count_max: usize, sink: &mut impl EventSink) -> Step {
        if self.shared.halt.is_faulted() {
            return Step::Done;
        }
        // Both are read before the ring: no watermark rises once the log is complete, and what was
        // applied by now is in the ring by now.
        let no_more = self.shared.is_log_complete(self.mode);
        let applied = self.shared.applied.get();
        let mut count = 0;
        let mut held = 0;
        let complete = loop {
            if !self.events.has(held) {
                break applied;
            }
            let told = self.events.value(held);
            let sequence = told.sequence();
            let is_enough = count == event_count_max;
            if is_enough || !self.may_leave(sequence) {
                break Sequence(sequence.0.saturating_sub(1));
            }
            self.exposed_count_max =
                self.exposed_count_max.max(sequence.0.saturating_sub(self.durable.0));
            told.tell(sink);
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

    /// The most commands whose events had been released at one time while they were not durable:
    /// what a power cut could have taken at its worst. 0 in the modes that release nothing before
    /// it is durable.
    pub const fn exposed_count_max(&self) -> u64 {
        self.exposed_count_max
    }

    /// What this engine is for: no answer leaves before its command is on stable storage, unless
    /// the mode says so.
    #[inline]
    fn may_leave(&mut self, sequence: Sequence) -> bool {
        if sequence > self.releasable {
            self.durable = self.shared.durable.get();
            self.releasable = self.mode.releasable(self.durable, self.shared.appended.get());
            match self.mode {
                SyncMode::Full | SyncMode::Group(_) => {
                    let durable = self.shared.durable.get();
                    assert!(self.releasable <= durable, "only what is durable may be released");
                }
                SyncMode::Interval(exposure) => {
                    let exposed = self.releasable.0.saturating_sub(self.shared.durable.get().0);
                    assert!(
                        exposed <= exposure.count.get(),
                        "no more is released than may be lost"
                    );
                }
                SyncMode::Checkpoint | SyncMode::Off => {}
            }
        }
        sequence <= self.releasable
    }
}
