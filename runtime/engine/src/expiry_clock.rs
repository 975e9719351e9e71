//! When the engine needs a clock command: an order is about to expire.

use std::time::Duration;

/// What the last clock command said, in nanoseconds since the Unix epoch; 0 before the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExpiryClock(u64);

impl ExpiryClock {
    /// Whether the engine is to be told the time now: the next order's expiry has come.
    ///
    /// It is told once for each expiry, whether or not it has got round to it: an order that is
    /// still open behind a clock command expires later than that command says.
    pub fn is_due(&mut self, next_expiry_ns: Option<u64>, now_ns: u64) -> bool {
        let came = next_expiry_ns.filter(|at_ns| self.0 < *at_ns && *at_ns <= now_ns);
        if came.is_some() {
            self.0 = now_ns;
        }
        came.is_some()
    }

    /// How long it is at `now_ns` until the engine is to be told the time; `None` when no order
    /// expires, or it was told already. At most a second: the system's clock may be set meanwhile.
    pub fn until_due(self, next_expiry_ns: Option<u64>, now_ns: u64) -> Option<Duration> {
        let at_ns = next_expiry_ns.filter(|at_ns| self.0 < *at_ns)?;
        Some(Duration::from_nanos(at_ns.saturating_sub(now_ns)).min(LOOKED_EVERY))
    }
}

/// How often the system's clock is looked at, at least, while an order is going to expire.
const LOOKED_EVERY: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_once_when_an_expiry_has_come() {
        let mut told = ExpiryClock::default();
        assert!(!told.is_due(None, 50), "nothing expires");
        assert!(!told.is_due(Some(100), 99), "it has not come");
        assert!(told.is_due(Some(100), 100));
        assert!(!told.is_due(Some(100), 101), "the engine has not got round to it");
        assert!(!told.is_due(Some(101), 100), "the system's clock went back");
        assert!(told.is_due(Some(101), 150), "an order that came since");
        assert!(!told.is_due(Some(150), 200), "that was told too");
        assert!(told.is_due(Some(151), 200));
    }

    #[test]
    fn the_time_is_due_when_the_next_expiry_comes() {
        let mut told = ExpiryClock::default();
        assert_eq!(told.until_due(None, 50), None, "nothing expires");
        assert_eq!(told.until_due(Some(100), 40), Some(Duration::from_nanos(60)));
        assert_eq!(told.until_due(Some(100), 400), Some(Duration::ZERO), "it has come");
        assert_eq!(told.until_due(Some(u64::MAX), 0), Some(LOOKED_EVERY), "clocks are set");
        assert!(told.is_due(Some(100), 400));
        assert_eq!(told.until_due(Some(100), 400), None, "the engine is on its way to it");
        assert_eq!(told.until_due(Some(450), 400), Some(Duration::from_nanos(50)));
    }
}
