//! What is written down of released events.

use crate::told::Told;
use highwater::event::Event;
use highwater::types::{ClientSequence, Sequence};
use highwater_platform::latency::Latencies;

/// What is written down of released events.
#[derive(Debug)]
pub struct Ledger {
    pub(super) told: Told,
    pub(super) acknowledgement: Latencies,
    /// Answers to the flow's commands.
    pub(super) answer_count: u64,
    /// The last two of them that have a sequence of their own.
    latest: (Sequence, ClientSequence),
    before: (Sequence, ClientSequence),
}

impl Ledger {
    /// Goes on writing to `told` where recovery ended: with this sequence, and this client sequence
    /// of the flow.
    pub fn new(told: Told, recovered: (Sequence, ClientSequence)) -> Self {
        Self {
            told,
            acknowledgement: Latencies::new(),
            answer_count: 0,
            latest: recovered,
            before: recovered,
        }
    }

    /// Notes the answer to one of the flow's commands.
    #[inline]
    pub(super) fn answered(&mut self, event: &Event, client_sequence: ClientSequence) {
        self.answer_count += 1;
        // A duplicate has no sequence of its own.
        if !event.kind.is_duplicate() {
            self.before = self.latest;
            self.latest = (event.sequence, client_sequence);
        }
    }

    /// The last client sequence whose events have all been released, when `released` is released
    /// whole.
    pub(super) fn whole(&self, released: Sequence) -> ClientSequence {
        if self.latest.0 <= released { self.latest.1 } else { self.before.1 }
    }
}
