//! Stands in the place of the core's `atomic`: the same names, watched by loom, and breakable.
//!
//! The slots are the core's own, but for their words; beside each stands a cell through which loom
//! learns who touches it. The core makes its atomics in constants, and loom cannot: they are made
//! at their first use, which is on the model's first thread, before it starts the sides.

#![expect(unsafe_code, reason = "it has the interface of the core's module, which is unsafe")]

use loom::cell::UnsafeCell;
use loom::sync::atomic;
use std::cell::Cell;
use std::sync::OnceLock;

pub(crate) use loom::sync::atomic::Ordering;

#[expect(unreachable_pub, reason = "the core's ring shows them to everyone")]
pub use product::{Alone, Stored};

#[path = "../../../core/src/atomic.rs"]
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "only the rests in its slots are wanted, and here nobody else wants them"
)]
mod product;

/// Which orderings of a thread are weakened, to see that the model depends on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weak {
    /// Loads no longer acquire.
    Loads,
    /// Stores no longer release.
    Stores,
    /// There are no fences.
    Fences,
    /// A compare-and-exchange no longer compares, a swap is a load and a store.
    Exchanges,
}

loom::thread_local! {
    static WEAK: Cell<Option<Weak>> = Cell::new(None);
    static IS_SIDE: Cell<bool> = Cell::new(false);
}

/// Tells that the running thread is a side of the model, and what is broken in it.
pub(crate) fn begin_side(weak: Option<Weak>) {
    IS_SIDE.with(|cell| cell.set(true));
    weaken(weak);
}

/// Tells what is broken in the running thread.
pub(crate) fn weaken(weak: Option<Weak>) {
    WEAK.with(|cell| cell.set(weak));
}

/// Makes what loom watches, which is a write for loom: it must not be left to one of the sides.
fn make<W>(new: impl FnOnce() -> W) -> W {
    assert!(!IS_SIDE.with(Cell::get), "the model's first thread has to touch each atomic");
    new()
}

/// The ordering that the running thread uses where the core says `ordering`.
fn weakened(ordering: Ordering) -> Ordering {
    match (WEAK.with(Cell::get), ordering) {
        (Some(Weak::Loads), Ordering::Acquire) | (Some(Weak::Stores), Ordering::Release) => {
            Ordering::Relaxed
        }
        (Some(Weak::Loads), Ordering::AcqRel) => Ordering::Release,
        (Some(Weak::Stores), Ordering::AcqRel) => Ordering::Acquire,
        (_, same) => same,
    }
}

/// A number that threads share.
#[derive(Debug)]
pub(crate) struct AtomicU64 {
    first: u64,
    watched: OnceLock<atomic::AtomicU64>,
}

impl AtomicU64 {
    pub(crate) const fn new(first: u64) -> Self {
        Self { first, watched: OnceLock::new() }
    }

    pub(crate) fn load(&self, ordering: Ordering) -> u64 {
        self.watched().load(weakened(ordering))
    }

    pub(crate) fn store(&self, value: u64, ordering: Ordering) {
        self.watched().store(value, weakened(ordering));
    }

    pub(crate) fn compare_exchange(
        &self,
        current: u64,
        new: u64,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u64, u64> {
        if WEAK.with(Cell::get) == Some(Weak::Exchanges) {
            return Ok(self.watched().swap(new, success));
        }
        let (success, failure) = (weakened(success), weakened(failure));
        self.watched().compare_exchange(current, new, success, failure)
    }

    pub(crate) fn fetch_max(&self, value: u64, ordering: Ordering) -> u64 {
        self.watched().fetch_max(value, weakened(ordering))
    }

    fn watched(&self) -> &atomic::AtomicU64 {
        self.watched.get_or_init(|| make(|| atomic::AtomicU64::new(self.first)))
    }
}

/// A yes or no that threads share.
#[derive(Debug)]
pub(crate) struct AtomicBool {
    first: bool,
    watched: OnceLock<atomic::AtomicBool>,
}

#[expect(clippy::fn_params_excessive_bools, reason = "so it is in the core library")]
impl AtomicBool {
    pub(crate) const fn new(first: bool) -> Self {
        Self { first, watched: OnceLock::new() }
    }

    pub(crate) fn load(&self, ordering: Ordering) -> bool {
        self.watched().load(weakened(ordering))
    }

    pub(crate) fn store(&self, value: bool, ordering: Ordering) {
        self.watched().store(value, weakened(ordering));
    }

    pub(crate) fn swap(&self, value: bool, ordering: Ordering) -> bool {
        let watched = self.watched();
        if WEAK.with(Cell::get) == Some(Weak::Exchanges) {
            let before = watched.load(Ordering::Relaxed);
            watched.store(value, Ordering::Relaxed);
            return before;
        }
        watched.swap(value, weakened(ordering))
    }

    fn watched(&self) -> &atomic::AtomicBool {
        self.watched.get_or_init(|| make(|| atomic::AtomicBool::new(self.first)))
    }
}

/// A fence between what a thread did before and what it does afterwards.
pub(crate) fn fence(ordering: Ordering) {
    if WEAK.with(Cell::get) != Some(Weak::Fences) {
        atomic::fence(ordering);
    }
}

/// The core's memory for `N` values, and who touches which of them; the words are loom's.
pub(crate) struct Storage<R, B, const N: usize> {
    product: product::Storage<R, B, N>,
    watched: OnceLock<Box<[Watched]>>,
}

/// The word of one slot, and cells through which loom learns of reads and writes of the rest and of
/// what lies outside it.
struct Watched {
    word: AtomicU64,
    rest: UnsafeCell<()>,
    out_of_line: UnsafeCell<()>,
}

// SAFETY: there is nothing in it to race for; loom's own bookkeeping is done by one thread.
unsafe impl Sync for Watched {}
// SAFETY: as above.
unsafe impl Send for Watched {}

impl<R: Copy, B: Copy, const N: usize> Storage<R, B, N> {
    pub(crate) const fn new() -> Self {
        Self { product: product::Storage::new(), watched: OnceLock::new() }
    }

    pub(crate) fn slots(&self) -> Slots<'_, R, B> {
        let new = || {
            let (rest, out_of_line) = (UnsafeCell::new(()), UnsafeCell::new(()));
            let slot = Watched { word: AtomicU64::new(0), rest, out_of_line };
            slot.word.watched();
            slot
        };
        let watched = self.watched.get_or_init(|| (0..N).map(|_| new()).collect());
        Slots { product: self.product.slots(), watched }
    }
}

/// The core's slots, and who touches which of them.
pub(crate) struct Slots<'a, R, B> {
    product: product::Slots<'a, R, B>,
    watched: &'a [Watched],
}

impl<R, B> Clone for Slots<'_, R, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, B> Copy for Slots<'_, R, B> {}

impl<R: Stored, B: Copy> Slots<'_, R, B> {
    pub(crate) const fn capacity(self) -> usize {
        self.product.capacity()
    }

    pub(crate) fn word(self, number: u64, ordering: Ordering) -> u64 {
        self.slot(number).word.load(ordering)
    }

    pub(crate) fn set_word(self, number: u64, word: u64, ordering: Ordering) {
        self.slot(number).word.store(word, ordering);
    }

    /// Touches nothing, as in the core.
    pub(crate) fn fetch_for_writing(self, number: u64) {
        let _ = self.slot(number);
    }

    /// # Safety
    /// As in the core.
    pub(crate) unsafe fn write(self, number: u64, rest: R) {
        self.slot(number).rest.with_mut(|_| ());
        // SAFETY: the caller keeps the core's conditions.
        unsafe { self.product.write(number, rest) };
    }

    /// # Safety
    /// As in the core.
    pub(crate) unsafe fn write_with_word(self, number: u64, rest: R, word: u64) {
        // SAFETY: the caller keeps the core's conditions.
        unsafe { self.write(number, rest) };
        self.set_word(number, word, Ordering::Relaxed);
    }

    /// # Safety
    /// As in the core.
    pub(crate) unsafe fn read(self, number: u64) -> R {
        self.slot(number).rest.with(|_| ());
        // SAFETY: the caller keeps the core's conditions.
        unsafe { self.product.read(number) }
    }

    /// # Safety
    /// As in the core.
    pub(crate) unsafe fn write_out_of_line(self, number: u64, out_of_line: B) {
        self.slot(number).out_of_line.with_mut(|_| ());
        // SAFETY: the caller keeps the core's conditions.
        unsafe { self.product.write_out_of_line(number, out_of_line) };
    }

    /// # Safety
    /// As in the core.
    pub(crate) unsafe fn read_out_of_line(self, number: u64) -> B {
        self.slot(number).out_of_line.with(|_| ());
        // SAFETY: the caller keeps the core's conditions.
        unsafe { self.product.read_out_of_line(number) }
    }

    fn slot(&self, number: u64) -> &Watched {
        let number = usize::try_from(number).expect("models are short");
        &self.watched[number % self.capacity()]
    }
}
