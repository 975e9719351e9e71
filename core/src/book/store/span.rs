//! Spans: a sparse tree of 64-bit maps that finds the next rank with a level in a bounded number of
//! steps.
//!
//! Ranks have the 31 bits of prices. A span of depth 1 covers 64 ticks and has a bit for each of
//! them; one of depth 2, 3 and 4 covers 64 spans of the depth below: 4,096, 262,144 and 16,777,216
//! ticks. The root of a ladder has the 128 bits that are left: 31 = 4 * 6 + 7. Only spans that mark
//! something exist, but for a few that are kept for later, and an index finds them: any price costs
//! the same, at 1 tick as at 2^31 - 1.

use super::index::{Index, Keyed};
use super::ladder_id::LadderId;
use super::pool::{NONE, Pool, entry_by_link};
use crate::book::invariant::broken_invariant;
use crate::types::Capacities;
use bytemuck::{Pod, Zeroable};

/// Depths of spans between a rank and the root.
pub(in crate::book) const DEPTHS: u32 = 4;
/// Bits of a rank that one span decides.
pub(in crate::book) const SPAN_BITS: u32 = 6;
const SPAN_MASK: u32 = (1 << SPAN_BITS) - 1;

const _: () = assert!(crate::limits::PRICE_MAX >> (SPAN_BITS * DEPTHS) == 127, "128 root parts");
const _: () =
    assert!(size_of::<Span>() == 24, "a span is small: there may be three for two orders");

/// Spans that the orders of an engine may use: three for two orders, one chain of four for every
/// ladder, and 64.
///
/// Orders near each other share spans, so that only prices strewn over the whole range come near
/// this limit.
pub(in crate::book) const fn spans_max(capacities: Capacities) -> u32 {
    let chains = capacities.instruments.saturating_mul(2 * DEPTHS);
    let shared = capacities.orders.saturating_add(capacities.orders / 2);
    shared.saturating_add(chains).saturating_add(64)
}

/// Orders that an engine with so many instruments has at least when it may use so many spans.
pub(in crate::book) const fn orders_for_spans(spans: u32, instruments: u32) -> u32 {
    let others = spans_max(Capacities { orders: 0, instruments, sessions: 0 });
    // Three spans for two orders, rounded up.
    let shared = spans.saturating_sub(others);
    shared - shared / 3
}

/// A map of which of its 64 equal parts hold levels; empty only while it is kept for later.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Span {
    /// Bit `n` stands for part `n`, from the lowest rank.
    pub(in crate::book) map: u64,
    /// Its group: the ladder, and how many times the span is divided into 64 until a part is one
    /// tick, 1 to 4.
    group: u32,
    /// The ranks of the span, without the bits that it and the depths below it decide.
    prefix: u32,
    /// Slot of the span that this one is a part of; none at the last depth.
    pub(in crate::book) parent: u32,
    /// The span after it in its chain of the index, or the way to the next free slot.
    link: u32,
}

entry_by_link!(Span);

impl Keyed for Span {
    #[inline]
    fn key(&self) -> (u64, u64) {
        (u64::from(self.group), u64::from(self.prefix))
    }
}

/// The spans of all ladders.
pub(in crate::book) struct Spans<'m> {
    /// The spans, and some that mark nothing and are kept for later.
    pub(in crate::book) pool: Pool<'m, Span>,
    /// Their slots by ladder, depth and prefix.
    pub(in crate::book) prefixes: Index<'m>,
    /// How many of them mark something.
    pub(in crate::book) live: u32,
}

impl Spans<'_> {
    /// Makes them as they were at first.
    pub(super) fn reset(&mut self) {
        self.pool.reset();
        self.prefixes.reset();
        self.live = 0;
    }

    /// Makes them the same as `other`, with room for as many.
    pub(super) fn copy_from(&mut self, other: &Spans<'_>) {
        self.pool.copy_from(&other.pool);
        self.prefixes.copy_from(&other.prefixes);
        self.live = other.live;
    }

    /// Marks `rank` in its span of depth 1; returns what that marked before.
    #[inline]
    pub(super) fn mark(&mut self, slot: u32, rank: u32) -> u64 {
        let map = &mut self.pool.get_mut(slot).map;
        let before = *map;
        *map = before | bit_of(rank);
        before
    }

    /// Takes the mark of `rank` away from its span of depth 1; returns what that still marks.
    #[inline]
    pub(super) fn unmark(&mut self, slot: u32, rank: u32) -> u64 {
        let map = &mut self.pool.get_mut(slot).map;
        *map &= !bit_of(rank);
        *map
    }

    /// Marks a span of depth 1, which marks its first rank now, in those above it.
    pub(super) fn mark_above(&mut self, root: &mut [u64; 2], mut slot: u32, rank: u32) {
        self.live += 1;
        let mut prefix = rank >> SPAN_BITS;
        for _ in 1..DEPTHS {
            slot = self.pool.get(slot).parent;
            if self.mark(slot, prefix) != 0 {
                return;
            }
            self.live += 1;
            prefix >>= SPAN_BITS;
        }
        set_map(root, map_of(*root) | 1 << prefix);
    }

    /// Takes the marks of a span of depth 1, which marks nothing now, away from those above it.
    pub(super) fn unmark_above(&mut self, root: &mut [u64; 2], mut slot: u32, rank: u32) {
        self.live -= 1;
        let mut prefix = rank >> SPAN_BITS;
        for _ in 1..DEPTHS {
            slot = self.pool.get(slot).parent;
            if self.unmark(slot, prefix) != 0 {
                return;
            }
            self.live -= 1;
            prefix >>= SPAN_BITS;
        }
        set_map(root, map_of(*root) & !(1 << prefix));
    }

    /// Whether `rank` is marked in its span of depth 1.
    pub(in crate::book) fn is_marked(&self, slot: u32, rank: u32) -> bool {
        self.pool.get(slot).map & bit_of(rank) != 0
    }

    /// Slot of the span of depth 1 of `rank`, which is made, with those above it, when there is
    /// none.
    pub(super) fn find_or_add(&mut self, id: LadderId, rank: u32) -> u32 {
        let (mut lowest, mut child) = (NONE, NONE);
        for depth in 1..=DEPTHS {
            let prefix = rank >> (SPAN_BITS * depth);
            let found = self.find(id, depth, prefix);
            let slot = match found {
                Some(slot) => slot,
                None => self.add(id, depth, prefix),
            };
            if depth == 1 {
                lowest = slot;
            } else {
                self.pool.get_mut(child).parent = slot;
            }
            if found.is_some() {
                break;
            }
            child = slot;
        }
        lowest
    }

    /// Takes out those of the spans of `rank` that mark nothing, from `slot` of depth 1 upwards, as
    /// far as they are not those of the rank `kept` too.
    pub(super) fn remove(&mut self, id: LadderId, rank: u32, mut slot: u32, kept: Option<u32>) {
        for depth in 1..=DEPTHS {
            let prefix = rank >> (SPAN_BITS * depth);
            let Span { map, parent, .. } = *self.pool.get(slot);
            if map != 0 || kept.is_some_and(|kept| kept >> (SPAN_BITS * depth) == prefix) {
                return;
            }
            let hash = self.hash(id, depth, prefix);
            self.prefixes.remove(&mut self.pool, hash, slot);
            self.pool.remove(slot);
            slot = parent;
        }
    }

    /// How many of the spans above and at `slot`, of depth 1, mark nothing.
    pub(in crate::book) fn count_idle(&self, mut slot: u32) -> u32 {
        let mut count = 0;
        while slot != NONE && self.pool.get(slot).map == 0 {
            count += 1;
            slot = self.pool.get(slot).parent;
        }
        count
    }

    fn add(&mut self, id: LadderId, depth: u32, prefix: u32) -> u32 {
        let hash = self.hash(id, depth, prefix);
        let slot = self.pool.insert(Span { group: group_of(id, depth), prefix, ..Span::zeroed() });
        self.prefixes.insert(&mut self.pool, hash, slot);
        slot
    }

    /// The next marked rank after the one whose span of depth 1 is `slot`.
    pub(super) fn after(
        &self,
        root: [u64; 2],
        id: LadderId,
        mut slot: u32,
        rank: u32,
    ) -> Option<u32> {
        let mut prefix = rank;
        for depth in 1..=DEPTHS {
            let span = self.pool.get(slot);
            let map = span.map & u64::MAX << (prefix & SPAN_MASK) << 1;
            if let Some(part) = first_in(prefix, map) {
                return Some(self.first_rank(id, depth, part));
            }
            prefix >>= SPAN_BITS;
            slot = span.parent;
        }
        let map = map_of(root) & u128::MAX << prefix << 1;
        (map != 0).then(|| self.first_rank(id, DEPTHS + 1, map.trailing_zeros()))
    }

    /// The first marked rank in the part `prefix` of a span of `depth`.
    fn first_rank(&self, id: LadderId, depth: u32, mut prefix: u32) -> u32 {
        for depth in (1..depth).rev() {
            let Some(slot) = self.find(id, depth, prefix) else {
                broken_invariant("a marked span is missing")
            };
            prefix = prefix << SPAN_BITS | self.pool.get(slot).map.trailing_zeros();
        }
        prefix
    }

    /// Slot of the span of this depth and prefix.
    #[inline]
    pub(in crate::book) fn find(&self, id: LadderId, depth: u32, prefix: u32) -> Option<u32> {
        let group = group_of(id, depth);
        self.prefixes.find(&self.pool, self.hash(id, depth, prefix), |span| {
            span.prefix == prefix && span.group == group
        })
    }

    /// The hash of the span of depth 1 around a rank.
    #[inline]
    pub(in crate::book) fn lowest_hash(&self, id: LadderId, rank: u32) -> u32 {
        self.hash(id, 1, rank >> SPAN_BITS)
    }

    #[inline]
    fn hash(&self, id: LadderId, depth: u32, prefix: u32) -> u32 {
        self.prefixes.hash(u64::from(group_of(id, depth)), u64::from(prefix))
    }

    /// Whether any price can be marked within the limit.
    #[inline]
    pub(in crate::book) fn has_plenty(&self, spans_max: u32) -> bool {
        self.live + DEPTHS <= spans_max
    }

    /// Whether `rank` can be marked within the limit, once the one rank whose span of depth 1 is
    /// `leaving` is unmarked.
    pub(super) fn has_room(
        &self,
        id: LadderId,
        rank: u32,
        leaving: Option<u32>,
        spans_max: u32,
    ) -> bool {
        let freed = leaving.map_or(0, |lowest| self.count_single(lowest));
        let mut needed = 0;
        for depth in 1..=DEPTHS {
            let prefix = rank >> (SPAN_BITS * depth);
            let exists = self.find(id, depth, prefix).is_some_and(|slot| {
                // Of the leaving rank's spans, the ones that mark nothing else go with it.
                let goes = depth <= freed
                    && leaving.is_some_and(|lowest| self.is_above(lowest, depth, slot));
                self.pool.get(slot).map != 0 && !goes
            });
            if exists {
                break;
            }
            needed += 1;
        }
        needed == 0 || self.live - freed + needed <= spans_max
    }

    /// How many spans, from `slot` upwards, mark one part only.
    fn count_single(&self, mut slot: u32) -> u32 {
        let mut count = 0;
        while slot != NONE && self.pool.get(slot).map.is_power_of_two() {
            count += 1;
            slot = self.pool.get(slot).parent;
        }
        count
    }

    /// Whether `slot` is the span of `depth` above (or at) the span of depth 1 in `lowest`.
    fn is_above(&self, lowest: u32, depth: u32, slot: u32) -> bool {
        let mut above = lowest;
        for _ in 1..depth {
            above = self.pool.get(above).parent;
        }
        above == slot
    }
}

/// The spans of a ladder at one depth, as one number.
#[inline]
const fn group_of(id: LadderId, depth: u32) -> u32 {
    id.0 | depth << LADDER_BITS
}

/// Bits of a ladder's number: those of an instrument's, and two.
const LADDER_BITS: u32 = 26;
const _: () = assert!(crate::limits::INSTRUMENTS_MAX <= 1 << (LADDER_BITS - 2), "they suffice");

/// The bit of a rank, or of a prefix, in its span.
#[inline]
const fn bit_of(rank: u32) -> u64 {
    1 << (rank & SPAN_MASK)
}

/// The first part that `map` marks of the span that `rank`, or a prefix, is in.
#[inline]
pub(super) fn first_in(rank: u32, map: u64) -> Option<u32> {
    (map != 0).then(|| rank & !SPAN_MASK | map.trailing_zeros())
}

/// The root's two words as one map.
#[inline]
pub(in crate::book) fn map_of(root: [u64; 2]) -> u128 {
    let [low, high] = root;
    u128::from(low) | u128::from(high) << 64
}

/// Changes the root's two words.
#[inline]
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "halves of a map")]
fn set_map(root: &mut [u64; 2], map: u128) {
    *root = [map as u64, (map >> 64) as u64];
}
