//! Finds the slot of an entry by the hash of its key: a table of chains that run through the
//! entries of a pool.
//!
//! A cell holds the first slot of its chain, or none; an entry holds the next. So the table is
//! small, and taking an entry out leaves no trace: a long-lived table is as fast as a fresh one.
//! Keys are compared by the caller, in the entry.
//!
//! Only as many cells are in use as the entries that there were at one time need, so that few
//! entries lie close together however many there is room for. When a pool has given out more slots
//! than a quarter of them, the next cells are taken into use with each insertion, one after the
//! other and each with its share of one chain, until there are twice as many: linear hashing
//! (Litwin, 1980). No command ever pays for more than a few chains.

#[cfg(test)]
pub(in crate::book) mod named;

use super::memory::{copy, zero};
use super::pool::{Entry, NONE, Pool, entry, entry_mut};
use crate::book::invariant::broken_invariant;
use crate::types::{fold, index_of, low_half};
use core::hint::select_unpredictable;

/// An entry that an [`Index`] finds.
pub(in crate::book) trait Keyed: Entry {
    /// What it is found by: a group and a number in it.
    fn key(&self) -> (u64, u64);
}

/// A table of chains, of which there are four for each slot that was ever given out, or soon will
/// be, and two where the pool is full.
pub(in crate::book) struct Index<'m> {
    /// The first slot of each chain; a power of two of them. Those not in use are zeros.
    heads: &'m mut [u32],
    /// How many cells are in use: a power of two, or on the way to the next.
    used: u32,
    /// The last slot that can be added without taking more of them into use; 0 while each insertion
    /// takes some.
    slot_max: u32,
    /// The lowest 2^n - 1 that is not below the number of any cell in use.
    mask: u32,
    /// What the keys are mixed with, so that nobody outside can choose keys that collide.
    seed: u64,
}

/// Cells that a table for `entries` entries has.
pub(in crate::book) const fn cells_for(entries: usize) -> usize {
    match entries.saturating_mul(2).checked_next_power_of_two() {
        Some(cells) if cells >= CELLS_MIN => cells,
        Some(_) => CELLS_MIN,
        None => usize::MAX,
    }
}

/// One cache line of cells.
const CELLS_MIN: usize = 16;

/// Cells that are in use from the beginning, where there are so many: a page.
const CELLS_FIRST: u32 = 1_024;

/// Cells in use for each slot that was ever given out, as far as there are so many: a chain seldom
/// has a second entry, which nothing fetches ahead.
const CELLS_PER_SLOT: u32 = 4;

/// Cells that one insertion takes into use at most, while there are too few. As many as it brings:
/// so there are enough by the time there are twice as many slots.
const SPLITS_MAX: u32 = CELLS_PER_SLOT;

/// The low bits of a key that are not mixed, so that neighbours in number are neighbours in memory.
///
/// Ids mostly count upwards: most then fall on a line that is at hand, or that the processor has
/// fetched ahead. The cells of 4,096 of them are four pages.
const KEPT_BITS: u32 = 12;
const KEPT_MASK: u64 = (1 << KEPT_BITS) - 1;

impl<'m> Index<'m> {
    /// An empty index over `heads` zeros, as many as [`cells_for`] says.
    pub(in crate::book) fn new(heads: &'m mut [u32], seed: u64) -> Self {
        let seed = fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93);
        let mut index = Self { heads, used: 0, slot_max: 0, mask: 0, seed };
        index.begin();
        index
    }

    /// Takes as many cells into use as there are at first.
    fn begin(&mut self) {
        self.used = self.cells().min(CELLS_FIRST);
        self.slot_max = self.slots_served();
        self.mask = self.used.saturating_sub(1);
    }

    /// Makes it as it was at first.
    pub(in crate::book) fn reset(&mut self) {
        zero(self.heads, index_of(self.used));
        self.begin();
    }

    /// Makes it the same as `other`, which has as many cells.
    pub(in crate::book) fn copy_from(&mut self, other: &Index<'_>) {
        copy(self.heads, index_of(self.used), other.heads, index_of(other.used));
        let Index { used, slot_max, mask, seed, .. } = *other;
        (self.used, self.slot_max, self.mask, self.seed) = (used, slot_max, mask, seed);
    }

    /// How many cells there are.
    fn cells(&self) -> u32 {
        u32::try_from(self.heads.len()).unwrap_or(u32::MAX)
    }

    /// The last slot for which there are enough cells in use; 0 on the way to the next power of
    /// two.
    fn slots_served(&self) -> u32 {
        if self.used == self.cells() {
            u32::MAX
        } else if self.used.is_power_of_two() {
            self.used / CELLS_PER_SLOT
        } else {
            0
        }
    }

    /// The hash of an entry.
    fn hash_of<T: Keyed>(&self, entry: &T) -> u32 {
        let (group, key) = entry.key();
        self.hash(group, key)
    }

    /// The hash of the number `key` in the group `group`: 4,096 consecutive numbers are
    /// neighbours.
    #[inline]
    pub(in crate::book) fn hash(&self, group: u64, key: u64) -> u32 {
        let mixed = fold((key >> KEPT_BITS) ^ self.seed, group ^ 0xa076_1d64_78bd_642f);
        low_half(mixed.wrapping_add(key & KEPT_MASK))
    }

    /// The slot of the entry with this hash that `is_key` recognises.
    #[inline]
    pub(in crate::book) fn find<T: Entry>(
        &self,
        pool: &Pool<'_, T>,
        hash: u32,
        is_key: impl Fn(&T) -> bool,
    ) -> Option<u32> {
        find_in(*self.cell(self.place(hash)), |slot| pool.get(slot), is_key)
    }

    /// The chain of `hash`, to be changed.
    #[inline]
    pub(in crate::book) fn chain(&mut self, hash: u32) -> Chain<'_> {
        Chain { head: self.head_mut(hash) }
    }

    /// Adds an entry, whose key is not in the index, under its hash.
    #[inline]
    pub(in crate::book) fn insert<T: Keyed>(
        &mut self,
        pool: &mut Pool<'_, T>,
        hash: u32,
        slot: u32,
    ) {
        self.make_room(pool, slot);
        let Chain { head } = self.chain(hash);
        pool.get_mut(slot).link(*head);
        *head = slot;
    }

    /// Takes cells into use where the entry in `slot`, which is about to be added, needs some.
    #[inline]
    pub(in crate::book) fn make_room<T: Keyed>(&mut self, pool: &mut Pool<'_, T>, slot: u32) {
        if slot > self.slot_max {
            self.grow(pool, slot);
        }
    }

    /// Takes out an entry that was added under `hash`.
    #[inline]
    pub(in crate::book) fn remove<T: Entry>(
        &mut self,
        pool: &mut Pool<'_, T>,
        hash: u32,
        slot: u32,
    ) {
        self.chain(hash).remove(pool.parts().0, slot);
    }

    /// Takes some cells into use. Once begun it goes on with every insertion until there are twice
    /// as many as before, because cells are found soonest while their number is a power of two.
    #[inline(never)]
    fn grow<T: Keyed>(&mut self, pool: &mut Pool<'_, T>, slot: u32) {
        for _ in 0..SPLITS_MAX {
            if slot <= self.slots_served() {
                break;
            }
            self.fetch_chain(pool, self.used + SPLITS_MAX);
            self.split(pool);
        }
        self.slot_max = if slot <= self.slots_served() { self.slots_served() } else { 0 };
    }

    /// Has the processor fetch what a cell that is soon taken into use gets its share of.
    fn fetch_chain<T: Entry>(&self, pool: &Pool<'_, T>, cell: u32) {
        if let Some(head) = self.heads.get(index_of(self.place(cell))) {
            pool.fetch(*head);
        }
    }

    /// Takes the next cell into use, for the entries that so far shared a chain with others only
    /// because it was not.
    fn split<T: Keyed>(&mut self, pool: &mut Pool<'_, T>) {
        let added = self.used;
        let shared = self.place(added);
        self.used += 1;
        self.mask |= added;
        let mut slot = core::mem::replace(self.head_mut(shared), NONE);
        while slot != NONE {
            let entry = pool.get(slot);
            let (hash, next) = (self.hash_of(entry), entry.linked());
            let head = self.head_mut(hash);
            pool.get_mut(slot).link(*head);
            *head = slot;
            slot = next;
        }
    }

    /// Entries in all chains; walks over all of them, but no farther than `count_max` entries.
    pub(in crate::book) fn count<T: Entry>(&self, pool: &Pool<'_, T>, count_max: u32) -> u32 {
        let mut count = 0;
        for head in self.heads.iter().take(index_of(self.used)) {
            let mut slot = *head;
            while slot != NONE && count <= count_max {
                count += 1;
                slot = pool.get(slot).linked();
            }
        }
        count
    }

    /// The cell at a place that some hash had: the first slot of a chain.
    #[inline]
    pub(in crate::book) fn cell(&self, place: u32) -> &u32 {
        match self.heads.get(index_of(place)) {
            Some(head) => head,
            None => broken_invariant("an index has too few cells"),
        }
    }

    #[inline]
    fn head_mut(&mut self, hash: u32) -> &mut u32 {
        match self.heads.get_mut(index_of(self.place(hash))) {
            Some(head) => head,
            None => broken_invariant("an index has too few cells"),
        }
    }

    /// The cell of a hash: as many of its low bits as number a cell in use.
    #[inline]
    fn place(&self, hash: u32) -> u32 {
        let place = hash & self.mask;
        if place < self.used {
            return place;
        }
        // Only while cells are being taken into use.
        core::hint::cold_path();
        place & (self.mask >> 1)
    }

    /// The same without a question, which would be guessed wrong while cells are being taken into
    /// use.
    #[inline]
    pub(in crate::book) fn place_ahead(&self, hash: u32) -> u32 {
        let place = hash & self.mask;
        select_unpredictable(place < self.used, place, place & (self.mask >> 1))
    }
}

/// One chain of an index.
pub(in crate::book) struct Chain<'a> {
    /// Its first slot.
    pub(in crate::book) head: &'a mut u32,
}

impl Chain<'_> {
    /// The slot of the entry that `is_key` recognises.
    #[inline]
    pub(in crate::book) fn find<T: Entry>(
        &self,
        entries: &[T],
        is_key: impl Fn(&T) -> bool,
    ) -> Option<u32> {
        find_in(*self.head, |slot| entry(entries, slot), is_key)
    }

    /// Takes out an entry that is in the chain.
    #[inline]
    pub(in crate::book) fn remove<T: Entry>(self, entries: &mut [T], slot: u32) {
        let next = entry(entries, slot).linked();
        if *self.head == slot {
            *self.head = next;
        } else {
            unlink(entries, *self.head, slot, next);
        }
    }
}

/// The slot of the entry that `is_key` recognises, from `slot` on.
#[inline]
fn find_in<'a, T: Entry>(
    mut slot: u32,
    entry_in: impl Fn(u32) -> &'a T,
    is_key: impl Fn(&T) -> bool,
) -> Option<u32> {
    while slot != NONE {
        let entry = entry_in(slot);
        if is_key(entry) {
            return Some(slot);
        }
        slot = entry.linked();
    }
    None
}

/// Takes an entry that is not the first out of its chain.
#[inline(never)]
fn unlink<T: Entry>(entries: &mut [T], head: u32, slot: u32, next: u32) {
    let mut before = head;
    while entry(entries, before).linked() != slot {
        before = entry(entries, before).linked();
        if before == NONE {
            broken_invariant("an entry is missing from its index");
        }
    }
    entry_mut(entries, before).link(next);
}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::named::Named;
    use super::*;
    use alloc::vec;
    use bytemuck::Zeroable;

    const ENTRIES: usize = 6_000;

    #[test]
    fn it_soon_has_four_cells_for_each_slot_that_was_ever_given_out() {
        let mut items = vec![Named::zeroed(); ENTRIES + 1];
        let mut heads = vec![0; cells_for(4 * ENTRIES)];
        let (mut pool, mut index) = (Pool::new(&mut items), Index::new(&mut heads, 7));
        let mut most = 0;
        for number in 1..=u32::try_from(ENTRIES).unwrap() {
            let slot = pool.insert(Named::new(u64::from(number)));
            let hash = index.hash_of(pool.get(slot));
            index.insert(&mut pool, hash, slot);
            most = most.max(slot);
            let begun = number.saturating_sub(CELLS_FIRST / CELLS_PER_SLOT);
            let least = (CELLS_PER_SLOT * most).min(CELLS_FIRST + SPLITS_MAX * begun);
            assert!(index.used >= least, "{} cells at number {number}", index.used);
            let most = 2 * CELLS_PER_SLOT * most;
            assert!(index.used <= most.max(CELLS_FIRST), "{} at {number}", index.used);
            if number % 3 == 0 {
                index.remove(&mut pool, hash, slot);
                pool.remove(slot);
            }
        }
        assert_eq!((most, index.used, index.slot_max), (4_001, 16_384, 4_096));
    }

    #[test]
    fn a_table_without_more_cells_serves_every_slot_of_its_pool() {
        let mut items = vec![Named::zeroed(); ENTRIES + 1];
        let mut heads = vec![0; cells_for(ENTRIES)];
        let (mut pool, mut index) = (Pool::new(&mut items), Index::new(&mut heads, 7));
        for number in 1..=u64::try_from(ENTRIES).unwrap() {
            let slot = pool.insert(Named::new(number));
            let hash = index.hash_of(pool.get(slot));
            index.insert(&mut pool, hash, slot);
        }
        assert_eq!((index.used, index.slot_max), (16_384, u32::MAX));
        let entries = u32::try_from(ENTRIES).unwrap();
        assert_eq!(index.count(&pool, entries), entries);
    }

    #[test]
    fn one_insertion_takes_few_cells_into_use() {
        let mut items = vec![Named::zeroed(); ENTRIES + 1];
        let mut heads = vec![0; cells_for(ENTRIES)];
        let (mut pool, mut index) = (Pool::new(&mut items), Index::new(&mut heads, 7));
        let mut last = 0;
        // Slots that others took and that no chain leads to.
        for number in 1..4_000 {
            last = pool.insert(Named::new(number));
        }
        let hash = index.hash_of(pool.get(last));
        index.insert(&mut pool, hash, last);
        assert_eq!(index.used, CELLS_FIRST + SPLITS_MAX);
        assert_eq!(index.find(&pool, hash, |named| named.key == 3_999), Some(last));
    }

    #[test]
    fn the_smallest_tables_are_used_whole() {
        let mut heads = [0; cells_for(1)];
        let index = Index::new(&mut heads, 7);
        assert_eq!((index.used, index.mask), (16, 15));
    }
}
