//! Random numbers of the tests: the same seed gives the same numbers, on every machine.

/// A generator of random numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator with this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
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
        Self(self.number())
    }
}
