//! When orders expire: a binary heap of their extras, the earliest first, from which any can be
//! taken.

use super::memory::copy;
use super::order::{Extra, Order};
use super::pool::{NONE, Pool};
use crate::book::invariant::broken_invariant;
use crate::types::index_of;

/// Slots of the extras that expire; the parent of place `n` is place `n / 2`, counted from 1.
pub(in crate::book) struct Expiries<'m> {
    slots: &'m mut [u32],
    count: u32,
}

impl<'m> Expiries<'m> {
    /// None, with room for as many as there are zeros.
    pub(in crate::book) fn new(slots: &'m mut [u32]) -> Self {
        Self { slots, count: 0 }
    }

    /// Makes it as it was at first, but for what nobody reads.
    pub(in crate::book) fn reset(&mut self) {
        self.count = 0;
    }

    /// Makes it the same as `other`, which has room for as many.
    pub(in crate::book) fn copy_from(&mut self, other: &Expiries<'_>) {
        copy(self.slots, 0, other.slots, index_of(other.count));
        self.count = other.count;
    }

    /// The extra at a place, from 1.
    pub(super) fn get(&self, place: u32) -> u32 {
        match self.slots.get(index_of(place - 1)) {
            Some(slot) => *slot,
            None => broken_invariant("a place beyond the expiries"),
        }
    }

    fn set(&mut self, place: u32, slot: u32) {
        match self.slots.get_mut(index_of(place - 1)) {
            Some(kept) => *kept = slot,
            None => broken_invariant("more expiries than memory"),
        }
    }

    /// The extras that the last [`Expiries::take_due`] took, to be put in order.
    pub(in crate::book) fn taken_mut(&mut self, taken: u32) -> &mut [u32] {
        let (first, end) = (index_of(self.count), index_of(self.count + taken));
        match self.slots.get_mut(first..end) {
            Some(slots) => slots,
            None => broken_invariant("more expired than there were"),
        }
    }

    /// The extra that was taken as number `n`, from 0.
    pub(in crate::book) fn taken(&self, n: u32) -> u32 {
        self.get(self.count + n + 1)
    }
}

impl Expiries<'_> {
    /// The earliest expiry, in nanoseconds of the clock.
    pub(in crate::book) fn next_ns(&self, pool: &Pool<'_, Order>) -> Option<u64> {
        (self.count > 0).then(|| self.expiry_at(pool, 1))
    }

    /// Takes every extra whose expiry is reached out of the heap, and says how many they are.
    /// They lie behind the heap until the next one is scheduled.
    pub(in crate::book) fn take_due(&mut self, pool: &mut Pool<'_, Order>, now_ns: u64) -> u32 {
        let mut taken = 0;
        while self.next_ns(pool).is_some_and(|expiry_ns| expiry_ns <= now_ns) {
            let slot = self.get(1);
            let freed = self.count;
            self.unschedule(pool, slot);
            self.set(freed, slot);
            taken += 1;
        }
        taken
    }

    /// Lets the order of an extra expire.
    pub(in crate::book) fn schedule(&mut self, pool: &mut Pool<'_, Order>, extra_slot: u32) {
        self.count += 1;
        self.rise(pool, self.count, extra_slot);
    }

    /// Lets it no longer expire.
    pub(super) fn unschedule(&mut self, pool: &mut Pool<'_, Order>, extra_slot: u32) {
        let place = core::mem::take(&mut Extra::at_mut(pool, extra_slot).expiry_place);
        let last = self.get(self.count);
        self.count -= 1;
        if last != extra_slot {
            self.sink(pool, place, last);
        }
    }

    /// Puts an extra where `place` is free, or nearer to the top.
    fn rise(&mut self, pool: &mut Pool<'_, Order>, mut place: u32, extra_slot: u32) {
        let expiry_ns = Extra::at(pool, extra_slot).expiry_ns;
        while place > 1 && self.expiry_at(pool, place / 2) > expiry_ns {
            self.place(pool, place, self.get(place / 2));
            place /= 2;
        }
        self.place(pool, place, extra_slot);
    }

    /// Puts an extra where `place` is free, or farther from the top, or nearer to it.
    fn sink(&mut self, pool: &mut Pool<'_, Order>, mut place: u32, extra_slot: u32) {
        let expiry_ns = Extra::at(pool, extra_slot).expiry_ns;
        while let Some(child) = self.earlier_child(pool, place) {
            if self.expiry_at(pool, child) >= expiry_ns {
                break;
            }
            self.place(pool, place, self.get(child));
            place = child;
        }
        self.rise(pool, place, extra_slot);
    }

    /// The place below `place` that expires first.
    fn earlier_child(&self, pool: &Pool<'_, Order>, place: u32) -> Option<u32> {
        let (left, right) = (place * 2, place * 2 + 1);
        let count = self.count;
        if left > count {
            None
        } else if right <= count && self.expiry_at(pool, right) < self.expiry_at(pool, left) {
            Some(right)
        } else {
            Some(left)
        }
    }

    fn place(&mut self, pool: &mut Pool<'_, Order>, place: u32, extra_slot: u32) {
        self.set(place, extra_slot);
        Extra::at_mut(pool, extra_slot).expiry_place = place;
    }

    fn expiry_at(&self, pool: &Pool<'_, Order>, place: u32) -> u64 {
        Extra::at(pool, self.get(place)).expiry_ns
    }

    /// Whether the heap is one, and holds as many as `expiring`.
    pub(in crate::book) fn add_up(&self, pool: &Pool<'_, Order>, expiring: u32) -> bool {
        let is_kept = |place: u32| {
            let slot = self.get(place);
            slot != NONE
                && Extra::at(pool, slot).expiry_place == place
                && (place == 1 || self.expiry_at(pool, place / 2) <= self.expiry_at(pool, place))
        };
        self.count == expiring && (1..=expiring).all(is_kept)
    }
}
