//! The times of messages: nanoseconds since midnight (UTC) of the day's first record.
//!
//! A day of a stream begins with a record and ends with the operator's `EndOfDay`, whatever the
//! calendar says. Its times never decrease, and do not begin anew at midnight.

use highwater_protocols::{Time48, Time64};

const DAY_NS: u64 = 86_400_000_000_000;

/// The last time that ITCH can say: 78 hours behind midnight. A day that is longer stays there.
const LAST_NS: u64 = (1 << 48) - 1;

/// The time within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DayClock {
    /// Midnight before the first record, in nanoseconds since the Unix epoch.
    pub(crate) midnight_ns: u64,
    /// The time of the last record, in nanoseconds since that midnight.
    pub(crate) now_ns: u64,
}

impl DayClock {
    /// The clock of a day whose first record has this time, in nanoseconds since the Unix epoch.
    pub(crate) const fn starting(timestamp_ns: u64) -> Self {
        let now_ns = timestamp_ns % DAY_NS;
        Self { midnight_ns: timestamp_ns - now_ns, now_ns }
    }

    /// Whether a day can have this time.
    pub(crate) const fn is_possible(self) -> bool {
        self.now_ns <= LAST_NS
    }

    /// A record of this time comes. A host's clock may have been set back: then it stays.
    pub(crate) fn advance(&mut self, timestamp_ns: u64) {
        let since_midnight = timestamp_ns.saturating_sub(self.midnight_ns).min(LAST_NS);
        self.now_ns = self.now_ns.max(since_midnight);
    }

    /// The time in nanoseconds since the Unix epoch.
    pub(crate) const fn since_epoch_ns(self) -> u64 {
        self.midnight_ns.saturating_add(self.now_ns)
    }

    /// The time of a message of the feed.
    pub(crate) fn time48(self) -> Time48 {
        Time48::new(self.now_ns).expect("no time is later than the last")
    }

    /// The time of an answer.
    pub(crate) const fn time64(self) -> Time64 {
        Time64(self.now_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_goes_on_behind_midnight() {
        let mut clock = DayClock::starting(5 * DAY_NS + 7);
        assert_eq!(clock, DayClock { midnight_ns: 5 * DAY_NS, now_ns: 7 });
        clock.advance(5 * DAY_NS + 9);
        clock.advance(5 * DAY_NS + 8);
        clock.advance(0);
        assert_eq!(clock.now_ns, 9);
        clock.advance(6 * DAY_NS + 1);
        assert_eq!(clock.time64(), Time64(DAY_NS + 1));
        clock.advance(u64::MAX);
        assert_eq!(clock.time48().nanoseconds(), LAST_NS);
    }
}
