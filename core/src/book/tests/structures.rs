//! Tests of the index and of the ladders with their spans, each against an ordinary collection.

use super::super::{Book, Ladders, LevelLimits};
use super::alloc::collections::{BTreeMap, BTreeSet};
use super::alloc::vec;
use super::alloc::vec::Vec;
use crate::book::store::index::named::Named;
use crate::book::store::index::{Index, cells_for};
use crate::book::store::ladder_id::LadderId;
use crate::book::store::memory::Memory;
use crate::book::store::pool::{NONE, Pool};
use crate::limits::PRICE_MAX;
use crate::types::{Capacities, InstrumentId, Side, fold};
use bytemuck::Zeroable;

/// Random numbers that are the same each time.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        fold(self.0, 0xd6e8_feb8_6659_fd93) % bound
    }
}

/// Runs random insertions and removals of keys below `key_max`, whose hashes are cut off by
/// `hash_mask`, on an index of `capacity` entries.
fn exercise_index(capacity: usize, key_max: u64, hash_mask: u32, seed: u64) {
    let mut random = Random(seed);
    let mut entries = vec![Named::zeroed(); capacity + 1];
    let mut pool = Pool::new(&mut entries);
    let mut cells = vec![0; cells_for(capacity)];
    let mut index = Index::new(&mut cells, seed);
    let mut slots = BTreeMap::new();
    for _ in 0..20_000 {
        let key = random.below(key_max);
        let hash = index.hash(0, key) & hash_mask;
        let found = index.find(&pool, hash, |named| named.key == key);
        assert_eq!(found, slots.get(&key).copied(), "key {key}");
        if let Some(slot) = found {
            index.remove(&mut pool, hash, slot);
            pool.remove(slot);
            slots.remove(&key);
        } else if slots.len() < capacity {
            let slot = pool.insert(Named::new(key));
            index.insert(&mut pool, hash, slot);
            slots.insert(key, slot);
        }
        let count = u32::try_from(slots.len()).expect("few");
        assert_eq!((index.count(&pool, count), pool.adds_up(count)), (count, true));
    }
}

#[test]
fn an_index_finds_what_a_map_finds() {
    for seed in 1..5 {
        // Full and crowded, half empty, and as sparse as in a fresh engine.
        exercise_index(4, 9, u32::MAX, seed);
        exercise_index(64, 70, u32::MAX, seed);
        exercise_index(64, 1 << 40, u32::MAX, seed);
        exercise_index(512, 600, u32::MAX, seed);
        // So many that the table grows.
        exercise_index(4_000, 9_000, u32::MAX, seed);
    }
}

#[test]
fn entries_of_one_chain_are_told_apart() {
    for seed in 1..5 {
        exercise_index(16, 20, 0, seed);
        exercise_index(64, 100, 3, seed);
    }
}

#[test]
fn neighbours_in_number_are_neighbours_in_memory() {
    let mut cells = vec![0; cells_for(1_024)];
    let index = Index::new(&mut cells, 3);
    let first = index.hash(5, 4_096);
    for key in 0..4_096 {
        let hash = index.hash(5, 4_096 + key);
        assert_eq!(hash, first + u32::try_from(key).expect("small"));
    }
    assert_ne!(index.hash(5, 2 * 4_096), first + 4_096);
}

/// Prices that meet each other: ends, borders of spans, and near and far ones.
fn random_price(random: &mut Random) -> u32 {
    let border = [0, 64, 4_096, 262_144, 16_777_216, 1 << 30];
    let price = match random.below(4) {
        0 => random.below(u64::from(PRICE_MAX)) + 1,
        1 => random.below(200) + 1,
        2 => u64::from(PRICE_MAX) - random.below(100),
        _ => {
            let chosen = usize::try_from(random.below(6)).expect("small");
            border.get(chosen).copied().unwrap_or(0) + random.below(3)
        }
    };
    u32::try_from(price).expect("31 bits").clamp(1, PRICE_MAX)
}

#[test]
fn ladders_find_the_next_price_as_a_set_does() {
    let capacities = Capacities { orders: 4_000, instruments: 2, sessions: 2 };
    for (seed, side) in [(1, Side::Buy), (2, Side::Sell), (3, Side::Buy), (4, Side::Sell)] {
        let mut memory = vec![0; Book::bytes_needed(capacities)];
        let memory = Memory::new(&mut memory);
        let mut book = Book::cut(memory, capacities, seed).expect("enough memory");
        let id = LadderId::new(InstrumentId(1), side);
        let mut random = Random(seed);
        let mut prices = BTreeSet::new();
        for step in 0..6_000_u32 {
            let price = random_price(&mut random);
            if prices.remove(&price) || (step > 3_000 && random.below(2) == 0) {
                take_out(&mut book, id, price, &mut prices);
            } else if prices.len() < 1_000 {
                add(&mut book.ladders, id, price);
                prices.insert(price);
            }
            assert_eq!(book.ladders.ladder(id).best_price, best(side, &prices).unwrap_or(0));
        }
        compare_walk(&book, id, &prices);
        while let Some(price) = best(side, &prices) {
            take_out(&mut book, id, price, &mut prices);
            assert_eq!(book.ladders.ladder(id).best_price, best(side, &prices).unwrap_or(0));
        }
        assert_eq!(book.ladders.ladder(id).root, [0, 0]);
        let Ladders { rows, spans, levels_live, .. } = &book.ladders;
        assert_eq!((*levels_live, spans.live), (0, 0));
        // The row that lost its last level at the end is kept.
        assert_eq!((rows.live(), spans.pool.live()), (1, 4));
        assert_eq!(index_counts(&book), (1, 4));
    }
}

/// The best of these prices.
fn best(side: Side, prices: &BTreeSet<u32>) -> Option<u32> {
    match side {
        Side::Buy => prices.last().copied(),
        Side::Sell => prices.first().copied(),
    }
}

/// Makes a level with an order, which is nowhere else.
fn add(ladders: &mut Ladders<'_>, id: LadderId, price: u32) {
    let (_, queue) = ladders.find_or_add(id, price);
    queue.order_count = 1;
}

fn take_out(book: &mut Book<'_>, id: LadderId, price: u32, prices: &mut BTreeSet<u32>) {
    prices.remove(&price);
    if let Some(level) = book.ladders.find(id, price) {
        book.ladders.remove(level);
    }
}

/// Walks from the best price to the worst.
fn compare_walk(book: &Book<'_>, id: LadderId, prices: &BTreeSet<u32>) {
    let mut walked = Vec::new();
    let mut slot = book.ladders.ladder(id).best_level;
    while slot != NONE {
        walked.push(book.ladders.level(slot).price);
        slot = book.ladders.after(slot).map_or(NONE, |level| level.slot);
    }
    if id.side() == Side::Buy {
        walked.reverse();
    }
    assert_eq!(walked, prices.iter().copied().collect::<Vec<_>>());
}

#[test]
fn room_is_counted_as_it_is_used() {
    let capacities = Capacities { orders: 4_000, instruments: 1, sessions: 2 };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 1).expect("enough memory");
    let id = LadderId::new(InstrumentId(0), Side::Sell);
    let mut random = Random(9);
    for _ in 0..500 {
        let price = random_price(&mut random);
        let Book { ladders, .. } = &mut book;
        let live = |ladders: &Ladders<'_>| (ladders.levels_live, ladders.spans.live);
        let (levels, spans) = live(ladders);
        let is_new = ladders.find(id, price).is_none();
        let answers: Vec<_> = (0..5)
            .map(|more| LevelLimits { levels: levels + 1, spans: spans + more })
            .map(|limits| ladders.has_room(id, price, None, limits))
            .collect();
        add(ladders, id, price);
        let used = live(ladders).1 - spans;
        let expected: Vec<_> = (0..5).map(|more| more >= used).collect();
        assert_eq!(answers, expected, "price {price}");
        assert_eq!(live(ladders).0, levels + u32::from(is_new));
    }
}

#[test]
fn room_beside_a_leaving_price_is_counted_as_it_is_used() {
    let capacities = Capacities { orders: 4_000, instruments: 1, sessions: 2 };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 1).expect("enough memory");
    let id = LadderId::new(InstrumentId(0), Side::Sell);
    let mut random = Random(9);
    let mut prices = BTreeSet::new();
    let Book { ladders, .. } = &mut book;
    for _ in 0..3_000 {
        while prices.len() < 60 {
            let price = random_price(&mut random);
            add(ladders, id, price);
            prices.insert(price);
        }
        let leaving = one_of(&prices, &mut random);
        let price = match random.below(3) {
            0 => random_price(&mut random),
            1 => (leaving ^ 1 << random.below(14)).clamp(1, PRICE_MAX),
            _ => one_of(&prices, &mut random),
        };
        let slot = ladders.find(id, leaving).expect("a level");
        let limits = limits_around(ladders);
        let has_room = |limits: &LevelLimits| ladders.has_room(id, price, Some(slot), *limits);
        let answers: Vec<_> = limits.iter().map(has_room).collect();
        ladders.remove(slot);
        prices.remove(&leaving);
        let (levels, spans) = (ladders.levels_live, ladders.spans.live);
        add(ladders, id, price);
        let is_new = prices.insert(price);
        let used = ladders.spans.live;
        let fits = |limits: &LevelLimits| {
            !is_new || (levels < limits.levels && (used == spans || used <= limits.spans))
        };
        let expected: Vec<_> = limits.iter().map(fits).collect();
        assert_eq!(answers, expected, "price {price} for {leaving}");
    }
}

fn one_of(prices: &BTreeSet<u32>, random: &mut Random) -> u32 {
    let place = usize::try_from(random.below(crate::types::length_of(prices.len())));
    *prices.iter().nth(place.expect("few prices")).expect("a price")
}

/// Rows and spans that the indexes hold.
fn index_counts(book: &Book<'_>) -> (u32, u32) {
    let Ladders { rows, row_numbers, spans, .. } = &book.ladders;
    (row_numbers.count(rows, u32::MAX - 1), spans.prefixes.count(&spans.pool, u32::MAX - 1))
}

/// Limits at, below and above what is in use.
fn limits_around(ladders: &Ladders<'_>) -> Vec<LevelLimits> {
    let (levels, spans) = (ladders.levels_live, ladders.spans.live);
    let levels = [0, levels - 2, levels - 1, levels, levels + 1];
    let spans = (0..10).map(|less| (spans + 5).saturating_sub(less));
    levels
        .into_iter()
        .flat_map(|levels| spans.clone().map(move |spans| LevelLimits { levels, spans }))
        .collect()
}
