//! A fixed number of slots for entries of one kind: fresh slots in order, then the ones given back,
//! last first.

use super::memory::{copy, zero};
use crate::book::invariant::broken_invariant;
use crate::prefetch::prefetch;
use crate::types::index_of;
use bytemuck::Pod;

/// Number of the slot that does not exist: the end of every list.
pub(in crate::book) const NONE: u32 = 0;

/// An entry that can stand in a list: in the free list or, while it is in use, in a chain of an
/// [`Index`](super::index::Index).
pub(in crate::book) trait Entry: Pod {
    /// What was noted with [`link`](Self::link); 0 in an entry that is all zero.
    fn linked(&self) -> u32;

    /// Notes the way to the next entry of the list.
    fn link(&mut self, link: u32);
}

/// Makes a type an [`Entry`] that stands in lists through its field `link`.
macro_rules! entry_by_link {
    ($entry:ty) => {
        impl $crate::book::store::pool::Entry for $entry {
            #[inline]
            fn linked(&self) -> u32 {
                self.link
            }

            #[inline]
            fn link(&mut self, link: u32) {
                self.link = link;
            }
        }
    };
}
pub(in crate::book) use entry_by_link;

/// Slots 1 to the pool's capacity. Memory that was never needed stays untouched.
///
/// An entry of the free list holds how far behind the slot after its own the next free slot is: the
/// zeros of fresh memory are a free list of all slots in order.
pub(in crate::book) struct Pool<'m, T> {
    /// Entry 0 stands for no entry: it is never given out; it may be written, but means nothing.
    entries: &'m mut [T],
    free: FreeList,
}

/// Which slots of a pool are free.
#[derive(Clone, Copy)]
pub(in crate::book) struct FreeList {
    /// Highest slot that was ever given out.
    touched: u32,
    /// First slot of the list.
    first: u32,
    /// Slots that are in use.
    live: u32,
}

impl<'m, T: Entry> Pool<'m, T> {
    /// A pool over all-zero entries, the first of which is not used.
    pub(in crate::book) fn new(entries: &'m mut [T]) -> Self {
        Self { entries, free: FreeList::UNTOUCHED }
    }

    /// Makes it as it was at first: the entries are zeros again.
    pub(in crate::book) fn reset(&mut self) {
        zero(self.entries, self.used());
        self.free = FreeList::UNTOUCHED;
    }

    /// How many entries may be other than zero, the one that stands for none among them.
    fn used(&self) -> usize {
        index_of(self.free.touched) + 1
    }

    /// Makes it the same as `other`, which has room for as many entries.
    pub(in crate::book) fn copy_from(&mut self, other: &Pool<'_, T>) {
        copy(self.entries, self.used(), other.entries, other.used());
        self.free = other.free;
    }

    /// Slots that are in use.
    #[inline]
    pub(in crate::book) fn live(&self) -> u32 {
        self.free.live
    }

    /// The slot that is given out next.
    #[inline]
    pub(in crate::book) fn next_slot(&self) -> u32 {
        self.free.first
    }

    /// The entries and which of them are free, apart: who looks at several entries tells the
    /// compiler so that nothing moves them meanwhile.
    #[inline]
    pub(in crate::book) fn parts(&mut self) -> (&mut [T], &mut FreeList) {
        (&mut *self.entries, &mut self.free)
    }

    /// Puts `entry` into a slot.
    ///
    /// # Panics
    ///
    /// When no slot is free: the caller has checked the book's capacities.
    #[inline]
    pub(in crate::book) fn insert(&mut self, entry: T) -> u32 {
        self.free.insert(self.entries, entry)
    }

    /// Takes the entry out of `slot`, which is the next to be given out.
    #[inline]
    pub(in crate::book) fn remove(&mut self, slot: u32) {
        self.free.give_back(entry_mut(self.entries, slot), slot);
    }

    /// The entry in `slot`.
    #[inline]
    pub(in crate::book) fn get(&self, slot: u32) -> &T {
        entry(self.entries, slot)
    }

    /// Has the processor fetch what is in `slot`, if there is such a slot.
    #[inline]
    pub(in crate::book) fn fetch(&self, slot: u32) {
        if let Some(entry) = self.entries.get(index_of(slot)) {
            prefetch(entry);
        }
    }

    /// The entry in `slot`, to be changed.
    #[inline]
    pub(in crate::book) fn get_mut(&mut self, slot: u32) -> &mut T {
        entry_mut(self.entries, slot)
    }

    /// Whether `live` slots are in use and the rest of those ever given out is in the free list,
    /// which leads to the slots that never were.
    pub(in crate::book) fn adds_up(&self, live: u32) -> bool {
        let FreeList { touched, first: mut slot, live: counted } = self.free;
        let mut free = 0;
        while slot <= touched && slot != NONE && free < touched {
            free += 1;
            slot = after(slot).wrapping_add(self.get(slot).linked());
        }
        counted == live && slot == after(touched) && live + free == touched
    }
}

impl FreeList {
    /// All slots, and none was ever given out.
    const UNTOUCHED: Self = Self { touched: 0, first: 1, live: 0 };

    /// Puts `entry` into a slot.
    #[inline]
    pub(in crate::book) fn insert<T: Entry>(&mut self, entries: &mut [T], entry: T) -> u32 {
        let slot = self.first;
        let Some(place) = entries.get_mut(index_of(slot)) else {
            broken_invariant("a pool is overfull")
        };
        let link = place.linked();
        *place = entry;
        self.first = after(slot).wrapping_add(link);
        self.live += 1;
        if link == 0 {
            self.touched = self.touched.max(slot);
        }
        slot
    }

    /// Takes `entry` out of `slot`, which is the next to be given out.
    #[inline]
    pub(in crate::book) fn give_back<T: Entry>(&mut self, entry: &mut T, slot: u32) {
        entry.link(self.first.wrapping_sub(after(slot)));
        self.first = slot;
        self.live -= 1;
    }
}

/// The entry in `slot`.
#[inline]
pub(in crate::book) fn entry<T>(entries: &[T], slot: u32) -> &T {
    match entries.get(index_of(slot)) {
        Some(entry) => entry,
        None => broken_invariant("a link leads out of its pool"),
    }
}

/// The entry in `slot`, to be changed.
#[inline]
pub(in crate::book) fn entry_mut<T>(entries: &mut [T], slot: u32) -> &mut T {
    match entries.get_mut(index_of(slot)) {
        Some(entry) => entry,
        None => broken_invariant("a link leads out of its pool"),
    }
}

/// The slot after another one in number.
#[inline]
const fn after(slot: u32) -> u32 {
    slot.wrapping_add(1)
}
