//! The fan-in: takes the commands of all sessions, fairly, and pushes them into the engine's one
//! input ring.
//!
//! The order it chooses is the log. Slots are visited in turn, and a visit takes so many commands
//! at most: a session that always has more cannot keep another waiting for longer than a round.

use super::slot::Slot;
use highwater::command::TimedCommand;
use highwater::ring::{Consumer, Producer};

/// Commands of the trunk that one visit takes at most: it carries those of many sessions.
const TRUNK_VISIT_MAX: usize = 256;

/// Commands that one visit takes at most; a batch is no longer, so that it is taken whole.
pub(super) const VISIT_MAX: usize = 64;

/// The sequencer's side of all slots.
#[derive(Debug)]
pub(super) struct FanIn {
    visits: Vec<Visit>,
    /// The trunk's commands, where there is one: visited once in a round.
    trunk: Option<Consumer<'static, TimedCommand>>,
    /// Where the next round begins.
    next: usize,
    into: Producer<'static, TimedCommand>,
}

/// One slot, as the sequencer's thread sees it.
#[derive(Debug)]
struct Visit {
    input: Consumer<'static, TimedCommand>,
    slot: &'static Slot,
    /// The operator's commands are taken though it reads no events: the clock is among them.
    is_operators: bool,
}

/// Whose commands a round takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Those of sessions that read their events.
    Readers,
    /// All that were accepted: the host stops.
    All,
}

impl FanIn {
    /// Visits the slots of these rings, the operator's first, and the trunk.
    pub(super) fn new(
        sides: impl IntoIterator<Item = (Consumer<'static, TimedCommand>, &'static Slot)>,
        trunk: Option<Consumer<'static, TimedCommand>>,
        into: Producer<'static, TimedCommand>,
    ) -> Self {
        let visits = sides.into_iter().enumerate().map(|(index, (input, slot))| Visit {
            input,
            slot,
            is_operators: index == 0,
        });
        Self { visits: visits.collect(), trunk, next: 0, into }
    }

    /// Commands that were taken and that the sequencer has not got round to.
    pub(super) fn under_way(&mut self) -> usize {
        self.into.capacity() - self.into.room()
    }

    /// Visits the first `slot_count` slots once, or as many as the engine's ring has room for,
    /// and takes `count_max` commands at most; returns how many were taken.
    pub(super) fn round(&mut self, slot_count: usize, takes: Takes, count_max: usize) -> usize {
        let mut count = 0;
        for _ in 0..slot_count {
            if self.next == 0 {
                count += self.take_from_trunk(count_max - count);
            }
            let room = self.into.room().min(count_max - count);
            if room < VISIT_MAX {
                // The next round begins with the slot that this one did not come to.
                return count;
            }
            let visit = &mut self.visits[self.next];
            self.next = (self.next + 1) % slot_count;
            count += visit.take(takes, &mut self.into);
        }
        // Who is visited first changes too.
        self.next = (self.next + 1) % slot_count;
        count
    }

    fn take_from_trunk(&mut self, count_max: usize) -> usize {
        let Some(commands) = &mut self.trunk else { return 0 };
        let room = self.into.room().min(count_max);
        commands.for_each(room.min(TRUNK_VISIT_MAX), |timed| {
            let is_pushed = self.into.push_copy(timed);
            assert!(is_pushed, "no more is taken than there is room for");
        })
    }

    /// True when no session has a command waiting.
    pub(super) fn is_empty(&mut self) -> bool {
        self.trunk.as_ref().is_none_or(Consumer::is_empty)
            && self.visits.iter_mut().all(|visit| visit.input.is_empty())
    }
}

impl Visit {
    fn take(&mut self, takes: Takes, into: &mut Producer<'static, TimedCommand>) -> usize {
        if self.input.is_empty() {
            return 0;
        }
        if takes == Takes::Readers && self.slot.inbox.is_lagging() && !self.is_operators {
            return 0;
        }
        // There is room for all of them.
        self.input.for_each(VISIT_MAX, |timed| {
            let pushed = into.push(*timed);
            assert!(pushed.is_ok(), "the round made sure of room for a visit");
        })
    }
}
