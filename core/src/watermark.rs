//! A watermark: a sequence that only grows, with one writer and any number of readers.

use crate::atomic::{AtomicU64, Ordering};
use crate::padded::Padded;
use crate::types::Sequence;

/// A sequence that only grows.
///
/// Whoever reads a watermark also sees everything that its writer did before raising it.
#[derive(Debug)]
pub struct Watermark(Padded<AtomicU64>);

impl Watermark {
    /// A watermark below every sequence.
    pub const fn new() -> Self {
        Self(Padded::new(AtomicU64::new(0)))
    }

    /// The sequence reached.
    pub fn get(&self) -> Sequence {
        // Acquire pairs with the Release of `raise`.
        Sequence(self.0.load(Ordering::Acquire))
    }

    /// Raises the watermark; only its one writer calls this.
    ///
    /// # Panics
    /// When `to` lies below the watermark: a durable sequence cannot become undone.
    pub fn raise(&self, to: Sequence) {
        assert!(self.0.load(Ordering::Relaxed) <= to.0, "a watermark only grows");
        // Release: what happened before the sequence was reached is seen by whoever sees the
        // sequence.
        self.0.store(to.0, Ordering::Release);
    }
}

impl Default for Watermark {
    fn default() -> Self {
        Self::new()
    }
}
