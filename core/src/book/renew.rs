//! A book in memory that a book was in: empty again, or the copy of another.

use super::{Book, BookFault};
use crate::types::Sequence;

impl Book<'_> {
    /// Makes the book empty, as [`Book::new`] made it: with the capacities of its memory, without
    /// instruments, and with no sequence applied.
    ///
    /// Takes as long as writing zeros over what was ever used; memory that was never used stays
    /// untouched. The seed stays.
    pub fn reset(&mut self) {
        let instruments = self.symbols.count();
        self.ladders.reset(instruments);
        self.orders.reset();
        self.symbols.reset();
        self.sessions.reset();
        self.set_capacities(self.memory_capacities);
        self.flow = None;
        self.clock_ns = 0;
        self.last_sequence = Sequence(0);
        self.running_hash = 0;
    }

    /// Makes the book a copy of `other`: both answer every command alike from here on.
    ///
    /// Takes as long as copying what either ever used.
    ///
    /// # Errors
    /// [`BookFault::OtherCapacities`] when the memory of the two was not made for the same
    /// capacities; this book stays as it was.
    pub fn copy_from(&mut self, other: &Book<'_>) -> Result<(), BookFault> {
        if self.memory_capacities != other.memory_capacities {
            return Err(BookFault::OtherCapacities(other.memory_capacities));
        }
        let (ours, theirs) = (self.symbols.count(), other.symbols.count());
        self.ladders.copy_from(ours, &other.ladders, theirs);
        self.orders.copy_from(&other.orders);
        self.symbols.copy_from(&other.symbols);
        self.sessions.copy_from(&other.sessions);
        self.set_capacities(other.capacities);
        self.flow = other.flow;
        self.clock_ns = other.clock_ns;
        self.last_sequence = other.last_sequence;
        self.running_hash = other.running_hash;
        Ok(())
    }
}
