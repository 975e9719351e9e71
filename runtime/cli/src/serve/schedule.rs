//! The schedule of a venue: what the operator does at which time of the day.

use highwater::types::Symbol;

const NS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Do {
    /// An auction begins to collect orders.
    StartAuction,
    /// It ends, and continuous trading begins.
    Uncross,
    /// Trading halts.
    Halt,
    /// It goes on.
    Resume,
    /// The day ends, for all instruments: orders of the day expire, and the streams begin anew.
    EndOfDay,
}

/// A step of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// When, in seconds since midnight (UTC).
    pub(super) at: u32,
    pub(super) what: Do,
    /// Of which instruments; empty: of all.
    pub(super) symbols: Vec<Symbol>,
}

/// The steps of every day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schedule {
    steps: Vec<Step>,
    /// Steps up to this second since the Unix epoch were done, or were due before it began.
    seen: u64,
}

impl Schedule {
    /// A schedule of these steps, in any order; those of one second are done in the given one.
    pub(super) fn new(mut steps: Vec<Step>) -> Self {
        steps.sort_by_key(|step| step.at);
        Self { steps, seen: 0 }
    }

    /// Whether any step begins an auction.
    pub(super) fn auctions(&self) -> Auctions {
        let has_any = self.steps.iter().any(|step| step.what == Do::StartAuction);
        if has_any { Auctions::Some } else { Auctions::None }
    }

    /// Nothing before this time is due.
    pub(super) const fn begin(&mut self, now_ns: u64) {
        self.seen = now_ns / NS_PER_SECOND;
    }

    /// The steps that became due since it was asked last. Of a time of more than a day only the
    /// last day's are.
    pub(super) fn due(&mut self, now_ns: u64) -> Vec<Step> {
        let now = now_ns / NS_PER_SECOND;
        let from = self.seen.max(now.saturating_sub(SECONDS_PER_DAY));
        let mut due = Vec::new();
        for day in from / SECONDS_PER_DAY..=now / SECONDS_PER_DAY {
            let at = |step: &&Step| {
                let second = day * SECONDS_PER_DAY + u64::from(step.at);
                from < second && second <= now
            };
            due.extend(self.steps.iter().filter(at).cloned());
        }
        // A clock that was set back does nothing twice.
        self.seen = self.seen.max(now);
        due
    }
}

/// Whether there are auctions in a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auctions {
    /// There are.
    Some,
    /// There are none.
    None,
}

/// The second of a day, of text like 09:30 or 09:30:05.
pub(super) fn second_of(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let mut number = |below: u32| {
        let part = parts.next()?;
        let number = part.parse().ok().filter(|number| *number < below)?;
        (part.len() == 2).then_some(number)
    };
    let (hour, minute) = (number(24)?, number(60)?);
    let second = if text.len() > 5 { number(60)? } else { 0 };
    parts.next().is_none().then_some((hour * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(at: &str, what: Do) -> Step {
        Step { at: second_of(at).unwrap(), what, symbols: Vec::new() }
    }

    #[test]
    fn steps_are_due_once_and_in_order() {
        let mut schedule =
            Schedule::new(vec![step("17:00", Do::EndOfDay), step("00:00:02", Do::Uncross)]);
        let at = |second: u64| second * NS_PER_SECOND;
        schedule.begin(at(10 * SECONDS_PER_DAY));
        let mut due =
            |second| schedule.due(at(second)).iter().map(|step| step.what).collect::<Vec<_>>();
        let day = 10 * SECONDS_PER_DAY;
        assert_eq!(due(day + 1), []);
        assert_eq!(due(day + 2), [Do::Uncross]);
        assert_eq!(due(day + 2), []);
        assert_eq!(due(day + 1), [], "the clock was set back");
        assert_eq!(due(day + 3), []);
        assert_eq!(due(day + SECONDS_PER_DAY + 2), [Do::EndOfDay, Do::Uncross]);
        assert_eq!(due(day + 9 * SECONDS_PER_DAY), [Do::Uncross, Do::EndOfDay], "of the last day");
    }

    #[test]
    fn times_of_a_day_are_read() {
        assert_eq!(second_of("09:30"), Some(34_200));
        assert_eq!(second_of("23:59:59"), Some(86_399));
        for wrong in ["", "9:30", "24:00", "09:60", "09:30:60", "09:30:5", "09:30:05:01", "a:b"] {
            assert_eq!(second_of(wrong), None, "{wrong}");
        }
    }
}
