//! What a ring can carry.

pub use crate::atomic::{Alone, Stored};
use core::convert::Infallible;

/// A value that a ring can carry: it is taken apart into what fills its slot, and put together
/// again.
///
/// A slot is a word with a free mark and a rest, on cache lines of its own. A value with a number
/// that stays below 2^63 - 1 gives it as its word, and then takes no more room than it has bytes;
/// any other one is [`Whole`]. Values of a kind that are mostly short may keep their slots to one
/// line: the long ones lie outside it, and only they cost more than that line.
pub trait Carried: Copy {
    /// A short value without its word. A slot is 8 bytes longer, rounded up to whole cache lines of
    /// 64 bytes. Words are stored in the fewest pieces.
    type Rest: Stored;

    /// What lies outside its slot, for which a ring has as many places as slots: [`Infallible`],
    /// and no places, where every value is short.
    type OutOfLine: Copy;

    /// The word of a short value, at most [`WORD_MAX`], and the rest; `None` for a long one.
    fn apart(&self) -> Option<(u64, Self::Rest)>;

    /// The short value that was taken apart into these.
    fn together(word: u64, rest: Self::Rest) -> Self;

    /// What a long value has outside its slot; nobody asks a short one.
    fn out_of_line(&self) -> Self::OutOfLine;

    /// The long value that has this outside its slot.
    fn from_out_of_line(out_of_line: Self::OutOfLine) -> Self;
}

/// The highest word of a [`Carried`] value: 2^63 - 2.
pub const WORD_MAX: u64 = OUT_OF_LINE - 1;

/// The word in the slot of a value that lies outside it.
pub(super) const OUT_OF_LINE: u64 = (1 << 63) - 1;

/// A value that a ring carries whole: it gives no word, and is its own rest.
pub trait Whole: Copy {}

impl<T: Whole> Carried for T {
    type Rest = Alone<Self>;
    type OutOfLine = Infallible;

    #[inline]
    fn apart(&self) -> Option<(u64, Alone<Self>)> {
        Some((0, Alone(*self)))
    }

    #[inline]
    fn together(_: u64, Alone(value): Alone<Self>) -> Self {
        value
    }

    fn out_of_line(&self) -> Infallible {
        unreachable!("it is its own rest")
    }

    fn from_out_of_line(out_of_line: Infallible) -> Self {
        match out_of_line {}
    }
}
