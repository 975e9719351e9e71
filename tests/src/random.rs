//! Random numbers of the tests: the same seed gives the same numbers, on every machine.

/// A generator of random numbers.
#[derive(Clone, Debug)]
pub struct Random(highwater_flows::random::Random);

impl Random {
    /// The generator with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(highwater_flows::random::Random::from_seed(seed))
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0.number()
    }

    /// A number from 0 to `end` less one.
    ///
    /// # Panics
    /// When `end` is 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    /// An index into something of this length.
    ///
    /// # Panics
    /// When `length` is 0 or above 2^32.
    pub fn index(&mut self, length: usize) -> usize {
        let index = u32::try_from(self.below(length as u64)).expect("a length of the tests");
        index as usize
    }

    /// True in `percent` of 100 cases.
    pub const fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A generator of its own, which this one's later numbers do not depend on.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self::new(self.number())
    }
}
