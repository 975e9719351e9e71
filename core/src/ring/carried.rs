//! What a ring can carry.

/// A value that a ring can carry: it is taken apart into a word with a free highest bit and the
/// rest, and put together again.
///
/// A value with a number that never reaches 2^63 gives it as its word, and then takes no more room
/// than it has bytes; any other one is [`Whole`].
pub trait Carried: Copy {
    /// The value without its word. A slot is 8 bytes longer, rounded up to whole cache lines of 64
    /// bytes.
    type Rest: Copy;

    /// The word, at most [`WORD_MAX`], and the rest.
    fn apart(self) -> (u64, Self::Rest);

    /// The value that was taken apart into these.
    fn together(word: u64, rest: Self::Rest) -> Self;
}

/// The highest word of a [`Carried`] value: 2^63 - 1.
pub const WORD_MAX: u64 = (1 << 63) - 1;

/// A value that a ring carries whole: it gives no word, and is its own rest.
pub trait Whole: Copy {}

impl<T: Whole> Carried for T {
    type Rest = Self;

    #[inline]
    fn apart(self) -> (u64, Self) {
        (0, self)
    }

    #[inline]
    fn together(_: u64, rest: Self) -> Self {
        rest
    }
}
