//! Tests of keys that share a hash: ids and prices whose 32 bits are the same are told apart.

use super::super::Book;
use super::alloc::collections::BTreeMap;
use super::alloc::vec;
use super::alloc::vec::Vec;
use super::{limit, say};
use crate::book::store::ladder_id::LadderId;
use crate::book::store::row::PART_BITS;
use crate::command::{Action, Definition, NewOrder};
use crate::limits::PRICE_MAX;
use crate::types::{AccountId, Capacities, InstrumentId, OrderId, Side, Symbol};

const CAPACITIES: Capacities = Capacities { orders: 64, instruments: 2, sessions: 2 };

/// Pairs of keys in the groups 0 and 1 that have the same hash, among `count` multiples of `step`:
/// enough of them hold some.
fn pairs(count: u32, step: u32, hash: impl Fn(u32, u32) -> u32) -> Vec<[(u32, u32); 2]> {
    let mut seen: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    let keys = (1..count).flat_map(|number| [(0, number * step), (1, number * step)]);
    let pairs: Vec<_> = keys
        .filter_map(|(group, key)| {
            seen.insert(hash(group, key), (group, key)).map(|other| [other, (group, key)])
        })
        .collect();
    assert!(pairs.iter().any(|[one, other]| one.0 == other.0), "in one group");
    assert!(pairs.iter().any(|[one, other]| one.0 != other.0), "in two");
    pairs
}

fn book(memory: &mut [u8]) -> Book<'_> {
    let mut book = Book::new(memory, CAPACITIES, 1).expect("enough memory");
    for name in [b"AAA", b"BBB"] {
        let definition = Definition::open(Symbol::new(name).expect("a symbol"));
        say(&mut book, 0, Action::DefineInstrument(definition));
    }
    book
}

#[test]
fn ids_with_the_same_hash_are_different_orders() {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = book(&mut memory);
    let hash = |group, key: u32| book.orders.hash(InstrumentId(group), OrderId(u64::from(key)));
    let name = |(group, key): (u32, u32)| (InstrumentId(group), OrderId(u64::from(key)));
    for [one, other] in pairs(250_000, 4_096, hash).map_both(name) {
        for (instrument, order) in [one, other] {
            let new = NewOrder { instrument, ..limit(order.0, Side::Buy, 5) };
            assert_eq!(say(&mut book, 1, Action::New(new)).len(), 2, "it is no duplicate");
        }
        book.check().expect("sound");
        for ((instrument, order), is_left) in [(other, true), (one, false)] {
            say(&mut book, 1, Action::Cancel { instrument, order, account: AccountId(0) });
            assert!(book.order(instrument, order).is_none());
            assert_eq!(book.order(one.0, one.1).is_some(), is_left);
        }
    }
}

#[test]
fn prices_with_the_same_hash_are_different_levels() {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = book(&mut memory);
    let rank = |row: u32| row << PART_BITS;
    let hash = |group: u32, row: u32| book.ladders.hash(LadderId(group), rank(row));
    let priced = |(group, row)| (LadderId(group), LadderId(group).price(rank(row)));
    let rows = PRICE_MAX >> PART_BITS;
    for [one, other] in pairs(rows / 1_024, 1_024, hash).map_both(priced) {
        let slots = [one, other].map(|(ladder, price)| {
            let (slot, queue) = book.ladders.find_or_add(ladder, price);
            queue.order_count = 1;
            slot
        });
        for (slot, (ladder, price)) in slots.into_iter().zip([one, other]) {
            assert_eq!(book.ladders.find(ladder, price), Some(slot));
        }
        assert_ne!(slots[0], slots[1]);
        for slot in slots {
            book.ladders.remove(slot);
        }
        assert_eq!(book.ladders.find(one.0, one.1), None);
    }
}

/// Changes both members of every pair.
trait MapBoth<T> {
    fn map_both<U>(self, change: impl Fn(T) -> U + Copy) -> Vec<[U; 2]>;
}

impl<T> MapBoth<T> for Vec<[T; 2]> {
    fn map_both<U>(self, change: impl Fn(T) -> U + Copy) -> Vec<[U; 2]> {
        self.into_iter().map(|pair| pair.map(change)).collect()
    }
}
