//! Finds the slot of an entry by the hash of its key: one open-addressed table of small cells,
//! without tombstones.
//!
//! A cell holds a 32-bit hash and a slot. A walk goes on by a fixed step, cells stand along it in
//! the order of their homes (Robin Hood hashing, Celis 1986), and a removal shifts what follows
//! back by one step, so that a walk is short and ends early, and a long-lived table is as fast as a
//! fresh one. Where a cell's home is follows from its hash alone; keys are compared by the caller,
//! in the entry.

use super::bug::bug;
use crate::types::{fold, index_of, length_of};

/// A table of `hash << 32 | slot`; 0 is an empty cell. At most half of its cells are in use.
pub(super) struct Index<'m> {
    /// A power of two of them.
    cells: &'m mut [u64],
    /// What the keys are mixed with, so that nobody outside can choose keys that collide.
    seed: u64,
}

/// A slot, and the place of its cell until the table changes.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub(super) slot: u32,
    pub(super) place: usize,
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
const CELLS_MIN: usize = 8;

/// The low bits of a key that are not mixed, so that 64 neighbours in number are neighbours in
/// memory.
///
/// Ids mostly count upwards: most then fall on a line that is at hand, or that the processor has
/// fetched ahead.
const KEPT_BITS: u32 = 6;
const KEPT_MASK: u64 = (1 << KEPT_BITS) - 1;

/// How far a walk steps: odd, so that it comes to every cell, and farther than a run of neighbours
/// is long, so that a run which meets another one steps over it and does not push it along.
const STRIDE: usize = (1 << KEPT_BITS) + 1;

/// What the distance between two cells is multiplied by, modulo a power of two, to count the steps
/// between them.
const STRIDE_INVERSE: usize = inverse(STRIDE);

/// The number that gives 1 modulo the words of the machine when it is multiplied by `odd`.
const fn inverse(odd: usize) -> usize {
    // Newton's steps double the low bits that are right: an odd number is its own inverse in 3.
    let mut inverse = odd;
    let mut right_bits = 3;
    while right_bits < usize::BITS {
        inverse = inverse.wrapping_mul(2_usize.wrapping_sub(odd.wrapping_mul(inverse)));
        right_bits *= 2;
    }
    inverse
}

const _: () = assert!(STRIDE.wrapping_mul(STRIDE_INVERSE) == 1, "steps are counted");

impl<'m> Index<'m> {
    /// An empty index over `cells` zeros, as many as [`cells_for`] says.
    pub(super) fn new(cells: &'m mut [u64], seed: u64) -> Self {
        Self { cells, seed: fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93) }
    }

    /// The hash of the number `key` in the group `group`: 64 consecutive numbers are neighbours.
    #[inline]
    pub(super) fn hash(&self, group: u64, key: u64) -> u32 {
        let mixed = fold((key >> KEPT_BITS) ^ self.seed, group ^ 0xa076_1d64_78bd_642f);
        let (low, _) = split(mixed.wrapping_add(key & KEPT_MASK));
        low
    }

    /// The slot with this hash that `is_key` recognises.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_key: impl Fn(u32) -> bool) -> Option<u32> {
        self.locate(hash, is_key).map(|found| found.slot)
    }

    /// The same, and where it stands.
    #[inline]
    pub(super) fn locate(&self, hash: u32, is_key: impl Fn(u32) -> bool) -> Option<Found> {
        let place = index_of(hash);
        let cell = self.cell(place);
        if cell == 0 {
            return None;
        }
        let (slot, found) = split(cell);
        if found == hash && is_key(slot) {
            return Some(Found { slot, place });
        }
        self.locate_behind(hash, is_key)
    }

    /// The same for one that does not stand at its home: few do not.
    #[inline(never)]
    fn locate_behind(&self, hash: u32, is_key: impl Fn(u32) -> bool) -> Option<Found> {
        let mut place = index_of(hash);
        for walked in 1.. {
            place = place.wrapping_add(STRIDE);
            let cell = self.cell(place);
            if self.ends_walk(cell, place, walked) {
                return None;
            }
            let (slot, found) = split(cell);
            if found == hash && is_key(slot) {
                return Some(Found { slot, place });
            }
        }
        None
    }

    /// Adds a slot, which is not 0, under the hash of its key, which is not in the index.
    #[inline]
    pub(super) fn insert(&mut self, hash: u32, slot: u32) {
        let home = index_of(hash);
        if self.cell(home) == 0 {
            return self.set(home, join(hash, slot));
        }
        self.insert_behind(home, join(hash, slot));
    }

    /// Adds a cell whose home is taken.
    #[inline(never)]
    fn insert_behind(&mut self, home: usize, mut carried: u64) {
        let mut place = home;
        let mut walked = 0;
        loop {
            let cell = self.cell(place);
            if cell == 0 {
                return self.set(place, carried);
            }
            if self.ends_walk(cell, place, walked) {
                // This cell is nearer to its home than the carried one: it gives way and is carried
                // on.
                walked = self.walked(cell, place);
                self.set(place, carried);
                carried = cell;
            }
            place = place.wrapping_add(STRIDE);
            walked += 1;
        }
    }

    /// Takes out a slot that was added under `hash`, and closes the gap.
    #[inline]
    pub(super) fn remove(&mut self, hash: u32, slot: u32) {
        let cell = join(hash, slot);
        let mut place = index_of(hash);
        while self.cell(place) != cell {
            if self.cell(place) == 0 {
                bug("an entry is missing from its index");
            }
            place = place.wrapping_add(STRIDE);
        }
        self.remove_at(place);
    }

    /// Takes out the slot that was found at `place`, with no change in between, and closes the gap.
    #[inline]
    pub(super) fn remove_at(&mut self, gap: usize) {
        let next = gap.wrapping_add(STRIDE);
        if self.ends_walk(self.cell(next), next, 1) {
            return self.set(gap, 0);
        }
        self.close_gap(gap);
    }

    /// Everything up to the next cell that is empty or at home moves one place nearer to its home.
    #[inline(never)]
    fn close_gap(&mut self, mut gap: usize) {
        loop {
            let next = gap.wrapping_add(STRIDE);
            let cell = self.cell(next);
            if self.ends_walk(cell, next, 1) {
                return self.set(gap, 0);
            }
            self.set(gap, cell);
            gap = next;
        }
    }

    /// Whether a cell that has walked `walked` places to `place` would not have walked past the one
    /// there.
    #[inline]
    fn ends_walk(&self, cell: u64, place: usize, walked: usize) -> bool {
        // Both are asked at once: which of them it is cannot be foreseen.
        (cell == 0) | (self.walked(cell, place) < walked)
    }

    /// How many steps a cell at `place` has walked from its home.
    #[inline]
    fn walked(&self, cell: u64, place: usize) -> usize {
        let (_, hash) = split(cell);
        place.wrapping_sub(index_of(hash)).wrapping_mul(STRIDE_INVERSE) & (self.cells.len() - 1)
    }

    /// Cells in use; walks over all of them.
    pub(super) fn count(&self) -> u64 {
        length_of(self.cells.iter().filter(|cell| **cell != 0).count())
    }

    /// The cell at `place`, counted around.
    #[inline]
    fn cell(&self, place: usize) -> u64 {
        match self.cells.get(place & (self.cells.len() - 1)) {
            Some(cell) => *cell,
            None => bug("an index has no cells"),
        }
    }

    /// Changes the cell at `place`, counted around.
    #[inline]
    fn set(&mut self, place: usize, cell: u64) {
        let mask = self.cells.len() - 1;
        match self.cells.get_mut(place & mask) {
            Some(place) => *place = cell,
            None => bug("an index has no cells"),
        }
    }
}

/// The cell of a hash and a slot.
#[inline]
fn join(hash: u32, slot: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(slot)
}

/// The low and the high half of a word: slot and hash of a cell.
#[inline]
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "halves of a word")]
fn split(cell: u64) -> (u32, u32) {
    (cell as u32, (cell >> 32) as u32)
}
