//! The memory of a book as a plain `static`: zeros in .bss, taken once.

#![expect(unsafe_code, reason = "a static that is handed out once, to be written, without a copy")]

use super::{Book, BookFault};
use crate::types::Capacities;
use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

/// Memory for one book, to be declared as a `static`.
///
/// ```
/// use highwater::book::{Book, StaticBook};
/// use highwater::types::Capacities;
///
/// const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 4, sessions: 2 };
/// static BOOK: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
///
/// let book = BOOK.take(CAPACITIES, 1)?;
/// assert_eq!(book.open_order_count(), 0);
/// # Ok::<(), highwater::book::BookFault>(())
/// ```
///
/// All its initial bytes are zero, so that it takes no room in the program's file and no memory
/// until it is used. A `static` is made where it stays; do not put one of these into a local
/// variable.
#[repr(C, align(4096))]
pub struct StaticBook<const BYTES: usize> {
    bytes: UnsafeCell<[u8; BYTES]>,
    is_taken: AtomicBool,
}

// SAFETY: the bytes are reached only through the one exclusive reference that `take` gives out.
unsafe impl<const BYTES: usize> Sync for StaticBook<BYTES> {}

impl<const BYTES: usize> StaticBook<BYTES> {
    /// Memory that nobody has taken.
    pub const fn new() -> Self {
        Self { bytes: UnsafeCell::new([0; BYTES]), is_taken: AtomicBool::new(false) }
    }

    /// Makes the book of this memory, once.
    ///
    /// # Errors
    ///
    /// Those of [`Book::new`], which leave the memory to another call, and [`BookFault::Taken`]
    /// when there is a book in it already.
    pub fn take(
        &'static self,
        capacities: Capacities,
        seed: u64,
    ) -> Result<Book<'static>, BookFault> {
        Book::check_memory(BYTES, capacities)?;
        if self.is_taken.swap(true, Ordering::AcqRel) {
            return Err(BookFault::Taken);
        }
        // SAFETY: only the one call that found `is_taken` false comes here, and nothing else reads
        // or writes the bytes; the reference lives as long as the static.
        let bytes = unsafe { &mut *self.bytes.get() };
        Book::new(bytes, capacities, seed)
    }
}

impl<const BYTES: usize> Default for StaticBook<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> fmt::Debug for StaticBook<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticBook").field("bytes", &BYTES).finish_non_exhaustive()
    }
}
