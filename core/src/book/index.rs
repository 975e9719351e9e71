//! Finds the slot of an entry by the hash of its key: a table of chains that run through the
//! entries of a pool.
//!
//! A cell holds the first slot of its chain, or none; an entry holds the next. So the table is
//! small, nothing in it ever moves, and taking an entry out leaves no trace: a long-lived table is
//! as fast as a fresh one. Keys are compared by the caller, in the entry.

use super::bug::bug;
use super::pool::{Entry, NONE, Pool, entry, entry_mut};
use crate::types::{fold, index_of, length_of};

/// A table of chains, on average at most half as many as it has cells.
pub(super) struct Index<'m> {
    /// The first slot of each chain; a power of two of them.
    heads: &'m mut [u32],
    /// One less than their number.
    mask: u32,
    /// What the keys are mixed with, so that nobody outside can choose keys that collide.
    seed: u64,
}

/// Cells that a table for `entries` entries has.
pub(super) const fn cells_for(entries: usize) -> usize {
    match entries.saturating_mul(2).checked_next_power_of_two() {
        Some(cells) if cells >= CELLS_MIN => cells,
        Some(_) => CELLS_MIN,
        None => usize::MAX,
    }
}

/// One cache line of cells.
const CELLS_MIN: usize = 16;

/// The low bits of a key that are not mixed, so that neighbours in number are neighbours in memory.
///
/// Ids mostly count upwards: most then fall on a line that is at hand, or that the processor has
/// fetched ahead. The cells of 4,096 of them are four pages.
const KEPT_BITS: u32 = 12;
const KEPT_MASK: u64 = (1 << KEPT_BITS) - 1;

impl<'m> Index<'m> {
    /// An empty index over `heads` zeros, as many as [`cells_for`] says.
    pub(super) fn new(heads: &'m mut [u32], seed: u64) -> Self {
        let mask = low_half(length_of(heads.len()) - 1);
        Self { heads, mask, seed: fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93) }
    }

    /// The hash of the number `key` in the group `group`: 4,096 consecutive numbers are
    /// neighbours.
    #[inline]
    pub(super) fn hash(&self, group: u64, key: u64) -> u32 {
        let mixed = fold((key >> KEPT_BITS) ^ self.seed, group ^ 0xa076_1d64_78bd_642f);
        low_half(mixed.wrapping_add(key & KEPT_MASK))
    }

    /// The slot of the entry with this hash that `is_key` recognises.
    #[inline]
    pub(super) fn find<T: Entry>(
        &self,
        pool: &Pool<'_, T>,
        hash: u32,
        is_key: impl Fn(&T) -> bool,
    ) -> Option<u32> {
        find_in(*self.head(hash), |slot| pool.get(slot), is_key)
    }

    /// The chain of `hash`, to be changed.
    #[inline]
    pub(super) fn chain(&mut self, hash: u32) -> Chain<'_> {
        Chain { head: self.head_mut(hash) }
    }

    /// Adds an entry, whose key is not in the index, under its hash.
    #[inline]
    pub(super) fn insert<T: Entry>(&mut self, pool: &mut Pool<'_, T>, hash: u32, slot: u32) {
        let Chain { head } = self.chain(hash);
        pool.get_mut(slot).link(*head);
        *head = slot;
    }

    /// Takes out an entry that was added under `hash`.
    #[inline]
    pub(super) fn remove<T: Entry>(&mut self, pool: &mut Pool<'_, T>, hash: u32, slot: u32) {
        self.chain(hash).remove(pool.parts().0, slot);
    }

    /// Entries in all chains; walks over all of them, but no farther than `count_max` entries.
    pub(super) fn count<T: Entry>(&self, pool: &Pool<'_, T>, count_max: u32) -> u32 {
        let mut count = 0;
        for head in self.heads.iter() {
            let mut slot = *head;
            while slot != NONE && count <= count_max {
                count += 1;
                slot = pool.get(slot).linked();
            }
        }
        count
    }

    /// The first slot of the chain of `hash`.
    #[inline]
    pub(super) fn head(&self, hash: u32) -> &u32 {
        match self.heads.get(index_of(hash & self.mask)) {
            Some(head) => head,
            None => bug("an index has no cells"),
        }
    }

    #[inline]
    fn head_mut(&mut self, hash: u32) -> &mut u32 {
        match self.heads.get_mut(index_of(hash & self.mask)) {
            Some(head) => head,
            None => bug("an index has no cells"),
        }
    }
}

/// One chain of an index.
pub(super) struct Chain<'a> {
    /// Its first slot.
    pub(super) head: &'a mut u32,
}

impl Chain<'_> {
    /// The slot of the entry that `is_key` recognises.
    #[inline]
    pub(super) fn find<T: Entry>(&self, entries: &[T], is_key: impl Fn(&T) -> bool) -> Option<u32> {
        find_in(*self.head, |slot| entry(entries, slot), is_key)
    }

    /// Takes out an entry that is in the chain.
    #[inline]
    pub(super) fn remove<T: Entry>(self, entries: &mut [T], slot: u32) {
        let next = entry(entries, slot).linked();
        if *self.head == slot {
            *self.head = next;
        } else {
            unlink(entries, *self.head, (slot, next));
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
fn unlink<T: Entry>(entries: &mut [T], head: u32, (slot, next): (u32, u32)) {
    let mut before = head;
    while entry(entries, before).linked() != slot {
        before = entry(entries, before).linked();
        if before == NONE {
            bug("an entry is missing from its index");
        }
    }
    entry_mut(entries, before).link(next);
}

/// The low half of a word.
#[inline]
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "half of a word")]
fn low_half(word: u64) -> u32 {
    word as u32
}
