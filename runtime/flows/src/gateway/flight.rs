//! The commands on their way: when each was meant to go, and when the next one is.

use super::{PUSHED_AT_ONCE, Pace, ToldTime};
use highwater::command::TimedCommand;
use std::collections::VecDeque;
use std::time::Duration;

const NS_PER_SECOND: u128 = 1_000_000_000;

/// The commands that have been pushed and not answered.
pub(super) struct Flight {
    pace: Pace,
    pub(super) start_ns: u64,
    /// Fresh commands of the flow.
    pub(super) pushed_count: u64,
    /// Those of them that have an answer.
    answered_count: u64,
    /// The flow's commands that have no answer yet, in order.
    unanswered: VecDeque<Meant>,
    /// True while the feed has nothing, or there is no room for more: who changes that rings.
    pub(super) waits_for_others: bool,
    pub(super) told_time: ToldTime,
    /// Commands that are pushed together. A processor can copy what was put together from small
    /// pieces only when these are in memory, and behind stores into a ring that takes long: so all
    /// are put together first.
    pub(super) batch: Vec<TimedCommand>,
}

/// Commands in a row that were meant to go at the same time.
struct Meant {
    /// In nanoseconds of the monotonic clock.
    at_ns: u64,
    /// At least 1.
    count: u32,
}

impl Flight {
    /// Nothing has been pushed; the first command is due at `start_ns`, in nanoseconds of the
    /// monotonic clock.
    pub(super) fn new(pace: Pace, start_ns: u64) -> Self {
        Self {
            pace,
            start_ns,
            pushed_count: 0,
            answered_count: 0,
            unanswered: VecDeque::new(),
            waits_for_others: false,
            told_time: ToldTime::default(),
            batch: Vec::with_capacity(PUSHED_AT_ONCE),
        }
    }

    /// The flow's commands that have no answer yet.
    pub(super) const fn under_way(&self) -> u64 {
        self.pushed_count - self.answered_count
    }

    /// How many commands may go at `now_ns`, at most [`PUSHED_AT_ONCE`].
    pub(super) fn due(&self, now_ns: u64) -> usize {
        let Pace::PerSecond(rate) = self.pace else {
            return PUSHED_AT_ONCE;
        };
        let passed_ns = u128::from(now_ns.saturating_sub(self.start_ns));
        let meant = passed_ns * u128::from(rate) / NS_PER_SECOND;
        let due = meant.saturating_sub(u128::from(self.pushed_count));
        usize::try_from(due).map_or(PUSHED_AT_ONCE, |due| due.min(PUSHED_AT_ONCE))
    }

    /// How long it is at `now_ns` until the next command is to go; `None` when somebody else tells:
    /// the flow when it goes on, the engine when it has answered.
    pub(super) fn until_due(&self, now_ns: u64) -> Option<Duration> {
        match self.pace {
            Pace::PerSecond(rate) if !self.waits_for_others => {
                let due_ns = self.intended_ns(rate);
                Some(Duration::from_nanos(due_ns.saturating_sub(now_ns)))
            }
            Pace::PerSecond(_) | Pace::Unlimited => None,
        }
    }

    /// When the next command is meant to go at `rate` commands a second.
    fn intended_ns(&self, rate: u64) -> u64 {
        let offset_ns = u128::from(self.pushed_count + 1) * NS_PER_SECOND / u128::from(rate);
        self.start_ns + u64::try_from(offset_ns).unwrap_or(u64::MAX - self.start_ns)
    }

    /// A command of the flow goes at `now_ns`.
    #[inline]
    pub(super) fn pushed(&mut self, now_ns: u64) {
        let at_ns = match self.pace {
            Pace::Unlimited => now_ns,
            Pace::PerSecond(rate) => self.intended_ns(rate),
        };
        self.pushed_count += 1;
        match self.unanswered.back_mut() {
            Some(meant) if meant.at_ns == at_ns && meant.count < u32::MAX => meant.count += 1,
            _ => self.unanswered.push_back(Meant { at_ns, count: 1 }),
        }
    }

    /// The oldest command of the flow without an answer has one now; returns when it was meant to
    /// go.
    #[inline]
    pub(super) fn answered(&mut self) -> Option<u64> {
        let meant = self.unanswered.front_mut()?;
        let at_ns = meant.at_ns;
        self.answered_count += 1;
        meant.count -= 1;
        if meant.count == 0 {
            self.unanswered.pop_front();
        }
        Some(at_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_finds_when_its_command_was_meant_to_go() {
        let mut flight = Flight::new(Pace::Unlimited, 0);
        for now_ns in [5, 5, 5, 7, 5] {
            flight.pushed(now_ns);
        }
        let answered: Vec<_> = std::iter::from_fn(|| flight.answered()).collect();
        assert_eq!(answered, [5, 5, 5, 7, 5]);
        assert_eq!(flight.pushed_count, 5);
    }

    #[test]
    fn a_command_is_meant_to_go_when_its_pace_says() {
        let mut flight = Flight::new(Pace::PerSecond(1_000_000), 100);
        assert_eq!(flight.due(100), 0);
        assert_eq!(flight.due(3_150), 3);
        // Later than it was meant to.
        flight.pushed(3_150);
        flight.pushed(3_150);
        assert_eq!(flight.due(3_150), 1);
        assert_eq!((flight.answered(), flight.answered()), (Some(1_100), Some(2_100)));
        assert_eq!(flight.answered(), None);
    }
}
