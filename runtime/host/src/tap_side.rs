//! The reader's side of a tap: a ring of its own, and what it shares with the release thread.

use super::inbox::Inbox;
use super::slot::EventSide;
use arrayvec::ArrayVec;
use highwater::event::{EventOrEnd, EventSink};
use highwater::ring::{Consumer, Ring};

/// Events of one tap that may wait for it to read them, the ends of commands counted with them.
pub(super) const EVENTS_PER_TAP: usize = 16_384;
/// What is copied out of the ring before it is handed over.
const HANDED_TOGETHER: usize = 64;

type EventRing = Ring<EventOrEnd, EVENTS_PER_TAP>;

/// The reader's side of a tap.
#[derive(Debug)]
pub(super) struct TapSide {
    /// The stream of the fan-out.
    pub(super) index: u16,
    pub(super) inbox: &'static Inbox,
    pub(super) events: Consumer<'static, EventOrEnd>,
}

impl TapSide {
    /// A new tap of the stream `index`, in memory that is never given back.
    ///
    /// # Panics
    /// Never: a new ring has not been split.
    pub(super) fn new(index: u16) -> (Self, EventSide) {
        let ring: &'static EventRing = Ring::new_in(Box::leak(Box::new_uninit()));
        let (pushed, events) = ring.split().expect("it is new");
        let inbox = Box::leak(Box::new(Inbox::new()));
        (Self { index, inbox, events }, (pushed, inbox))
    }

    /// Takes up to `max` out of the ring and hands it to `sink`.
    pub(super) fn drain(&mut self, max: usize, sink: &mut impl EventSink) {
        let mut taken = 0;
        while taken < max {
            // Copied out first: what a sink that panics was given is gone from the ring.
            let mut chunk = ArrayVec::<EventOrEnd, HANDED_TOGETHER>::new();
            self.events.for_each(HANDED_TOGETHER.min(max - taken), |one| chunk.push(*one));
            if chunk.is_empty() {
                break;
            }
            chunk.iter().for_each(|one| one.tell(sink));
            taken += chunk.len();
        }
    }

    /// Hands over what is in the ring: all of it if the reader lags, because then nothing more
    /// comes. Tells whether it does.
    pub(super) fn drain_fairly(&mut self, sink: &mut impl EventSink) -> bool {
        // Read before the ring: what was delivered before is there.
        let is_lagging = self.inbox.is_lagging();
        let max = if is_lagging { usize::MAX } else { EVENTS_PER_TAP };
        self.drain(max, sink);
        is_lagging
    }
}
