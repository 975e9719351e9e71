//! Rings of a capacity that is chosen when the program runs: one engine type for each of them.

use crate::host::Callbacks;
use core::ffi::c_void;
use highwater::book::Book;
use highwater::engine::{Engine, SplitFault, Stages};
use highwater::log_writer::OpenedLog;

/// Does the same for every capacity that rings can have.
macro_rules! with_capacities {
    ($($capacity:literal)*) => {
        /// Bytes of the rings; `None` for a capacity that they cannot have.
        pub(crate) const fn bytes(capacity: u32) -> Option<usize> {
            match capacity {
                $($capacity => Some(size_of::<Engine<$capacity, $capacity, $capacity>>()),)*
                _ => None,
            }
        }

        /// Splits an engine whose rings lie at `place`; `None` for a capacity that they cannot
        /// have.
        ///
        /// # Safety
        /// As many bytes as [`bytes`] says lie at `place`, all of them zero, aligned to a page;
        /// nobody else uses them, and they stay.
        pub(crate) unsafe fn split(
            capacity: u32,
            place: *mut c_void,
            book: Book<'static>,
            log: OpenedLog<'static, Callbacks>,
        ) -> Option<Result<Stages<'static, Callbacks>, SplitFault>> {
            match capacity {
                $($capacity => {
                    let place = place.cast::<Engine<$capacity, $capacity, $capacity>>();
                    // SAFETY: the caller guarantees place and room, and the initial bytes of an
                    // engine are all zero: its documentation says so, and tests/bss proves it.
                    let engine = unsafe { &*place };
                    Some(engine.split(book, log))
                })*
                _ => None,
            }
        }
    };
}

with_capacities!(16 32 64 128 256 512 1_024 2_048 4_096 8_192 16_384 32_768 65_536);
