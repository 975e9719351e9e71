//! Where what lies in the memory of an engine: its stages, its rings, its buffer, its book.

use crate::engine::HwEngine;
use highwater::book::Book;
use highwater::limits::BLOCK_BYTES;
use highwater::types::Capacities;

/// What the address of an engine's memory is a multiple of, and the offset of each of its parts: a
/// page, so that the buffer is fit for direct I/O.
pub const HW_MEMORY_ALIGN: usize = 4_096;

const _: () = assert!(align_of::<HwEngine>() <= HW_MEMORY_ALIGN);

/// Offsets and lengths in bytes; the stages lie at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) rings: usize,
    pub(crate) buffer: usize,
    pub(crate) buffer_bytes: usize,
    pub(crate) book: usize,
    pub(crate) book_bytes: usize,
    /// All of it.
    pub(crate) bytes: usize,
}

impl Layout {
    /// The layout of an engine; `None` when this machine cannot address as much.
    pub(crate) fn of(capacities: Capacities, ring_bytes: usize, batch_blocks: u32) -> Option<Self> {
        let rings = aligned(size_of::<HwEngine>())?;
        let buffer = aligned(rings.checked_add(ring_bytes)?)?;
        let buffer_bytes = usize::try_from(batch_blocks).ok()?.checked_mul(BLOCK_BYTES)?;
        let book = aligned(buffer.checked_add(buffer_bytes)?)?;
        // A book that saturates does not fit either.
        let book_bytes = Book::bytes_needed(capacities);
        let bytes = aligned(book.checked_add(book_bytes)?)?;
        (isize::try_from(bytes).is_ok()).then_some(Self {
            rings,
            buffer,
            buffer_bytes,
            book,
            book_bytes,
            bytes,
        })
    }
}

/// The next offset that is aligned.
fn aligned(offset: usize) -> Option<usize> {
    offset.checked_next_multiple_of(HW_MEMORY_ALIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_do_not_overlap_and_are_aligned() {
        let capacities = Capacities { orders: 100, instruments: 2, sessions: 2 };
        let layout = Layout::of(capacities, 12_345, 3).expect("it can be addressed");
        assert!(size_of::<HwEngine>() <= layout.rings);
        assert!(layout.rings + 12_345 <= layout.buffer);
        assert!(layout.buffer + layout.buffer_bytes <= layout.book);
        assert!(layout.book + layout.book_bytes <= layout.bytes);
        for offset in [layout.rings, layout.buffer, layout.book, layout.bytes] {
            assert_eq!(offset % HW_MEMORY_ALIGN, 0);
        }
    }

    #[test]
    fn what_cannot_be_addressed_has_no_layout() {
        let capacities = Capacities { orders: 1, instruments: 1, sessions: 2 };
        assert_eq!(Layout::of(capacities, usize::MAX, 1), None);
        assert_eq!(Layout::of(capacities, usize::MAX / 2, 1), None);
    }
}
