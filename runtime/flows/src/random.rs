//! Pseudo-random numbers without floats and without state beyond one word: the same on every
//! machine.
//!
//! The generator is `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number
//! generators, 2014): a counter that steps by the golden ratio, mixed on the way out.

/// 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers that a seed determines.
#[derive(Clone, Debug)]
pub struct Random {
    counter: u64,
}

impl Random {
    /// The numbers of one `lane` of `seed`; lanes have nothing in common.
    pub fn new(seed: u64, lane: u64) -> Self {
        Self { counter: mix(mix(seed.wrapping_add(STEP)) ^ lane.wrapping_mul(STEP)) }
    }

    /// The numbers of a seed, as the reference implementation gives them.
    pub const fn from_seed(seed: u64) -> Self {
        Self { counter: seed }
    }

    /// 64 random bits.
    pub const fn number(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(STEP);
        mix(self.counter)
    }

    /// A number below `end`; 0 when `end` is 0. The bias is below `end` / 2^32.
    pub fn below(&mut self, end: u32) -> u32 {
        let product = (self.number() >> 32) * u64::from(end);
        u32::try_from(product >> 32).unwrap_or(0)
    }

    /// An index below `end`, which must be below 2^32.
    pub fn below_usize(&mut self, end: usize) -> usize {
        let index = self.below(u32::try_from(end).unwrap_or(u32::MAX));
        usize::try_from(index).unwrap_or(0)
    }

    /// True `count` times in `of` on average.
    pub fn chance(&mut self, count: u32, of: u32) -> bool {
        self.below(of) < count
    }

    /// Puts `items` in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below_usize(end));
        }
    }

    #[cfg(test)]
    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or(0)
    }
}

/// The finalizer: every bit of the input moves every bit of the output.
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_numbers() {
        // The reference implementation's first outputs from state 0.
        let mut random = Random::from_seed(0);
        assert_eq!(random.number(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.number(), 0x6e78_9e6a_a1b9_65f4);
        assert_eq!(random.number(), 0x06c4_5d18_8009_454f);
    }

    #[test]
    fn stays_below_and_reaches_everything() {
        let mut random = Random::new(1, 2);
        let mut seen = [0; 10];
        for _ in 0..10_000 {
            seen[random.below_usize(10)] += 1;
        }
        assert!(seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn shuffled_items_are_all_there_and_any_may_be_first() {
        let mut random = Random::new(7, 0);
        let mut firsts = [0; 5];
        for _ in 0..1_000 {
            let mut items = [0, 1, 2, 3, 4];
            random.shuffle(&mut items);
            firsts[items[0]] += 1;
            items.sort_unstable();
            assert_eq!(items, [0, 1, 2, 3, 4]);
        }
        assert!(firsts.iter().all(|count| (150..250).contains(count)), "{firsts:?}");
    }

    #[test]
    fn lanes_differ() {
        let first = |seed, lane| Random::new(seed, lane).number();
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
        assert_eq!(first(1, 0), first(1, 0));
    }
}
