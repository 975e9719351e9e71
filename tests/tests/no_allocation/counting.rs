//! The allocator of the test program: the system's, and a count of its calls for each thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts how often a thread comes to it.
struct Counting;

thread_local! {
    /// Where this thread's allocations are added up for others to see. Constant at first and
    /// without a destructor, so that reaching it never allocates.
    static TOTAL: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
    /// Calls of this thread; likewise.
    static CALLS: Cell<Calls> = const { Cell::new(Calls { allocated: 0, freed: 0 }) };
}

/// How often a thread came to the allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    /// To get memory, or other memory in place of some.
    pub(crate) allocated: u64,
    /// To give memory back.
    pub(crate) freed: u64,
}

pub(crate) const NONE: Calls = Calls { allocated: 0, freed: 0 };

fn count(allocated: u64, freed: u64) {
    if let Some(total) = TOTAL.get() {
        total.fetch_add(allocated, Ordering::Relaxed);
    }
    let calls = CALLS.get();
    CALLS.set(Calls { allocated: calls.allocated + allocated, freed: calls.freed + freed });
}

// SAFETY: every call is handed on as it is to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, 0);
        // SAFETY: what the caller guarantees.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, 1);
        // SAFETY: what the caller guarantees; the memory came from the system's allocator.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, 0);
        // SAFETY: what the caller guarantees.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(1, 1);
        // SAFETY: what the caller guarantees; the memory came from the system's allocator.
        unsafe { System.realloc(memory, layout, bytes) }
    }
}

/// From now on and until it ends, this thread's allocations are added up in `total`.
pub(crate) fn watch(total: &'static AtomicU64) {
    TOTAL.set(Some(total));
}

/// What `work` returns, and how often it came to the allocator.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Calls) {
    let before = CALLS.get();
    let result = work();
    let after = CALLS.get();
    let calls =
        Calls { allocated: after.allocated - before.allocated, freed: after.freed - before.freed };
    (result, calls)
}
