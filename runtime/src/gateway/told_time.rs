//! What the engine was told of the time.

/// What the last clock command said, in nanoseconds since the Unix epoch; 0 before the first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ToldTime(u64);

impl ToldTime {
    /// Whether the engine is to be told the time now: the next order's expiry has come.
    ///
    /// It is told once for each expiry, whether or not it has got round to it: an order that is
    /// still open behind a clock command expires later than that command says.
    pub(crate) fn tells(&mut self, next_expiry_ns: Option<u64>, now_ns: u64) -> bool {
        let came = next_expiry_ns.filter(|at_ns| self.0 < *at_ns && *at_ns <= now_ns);
        if came.is_some() {
            self.0 = now_ns;
        }
        came.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_told_once_when_an_expiry_has_come() {
        let mut told = ToldTime::default();
        assert!(!told.tells(None, 50), "nothing expires");
        assert!(!told.tells(Some(100), 99), "it has not come");
        assert!(told.tells(Some(100), 100));
        assert!(!told.tells(Some(100), 101), "the engine has not got round to it");
        assert!(!told.tells(Some(101), 100), "the system's clock went back");
        assert!(told.tells(Some(101), 150), "an order that came since");
        assert!(!told.tells(Some(150), 200), "that was told too");
        assert!(told.tells(Some(151), 200));
    }
}
