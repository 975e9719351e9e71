//! A hash of everything that can matter: two books with the same one answer every command alike.
//!
//! It is canonical: slots, seeds and the size of the memory do not enter it.

use crate::book::Book;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::types::{InstrumentId, InstrumentTerms, PriceDecimals, Side, fold, length_of};

/// Odd constants without structure: digits of pi.
const SALT: [u64; 2] = [0x2438_6a88_85a3_08d3, 0x1319_8a2e_0370_7345];

impl Book<'_> {
    /// The hash of the whole state: capacities, clock, sessions with their limits, flow,
    /// instruments with their terms, phases and last trades, open orders in the order in which they
    /// trade with what they hide and when they expire, stops in the order in which they came, last
    /// sequence and running hash. Takes a walk over all of them.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = Hasher(SALT[0]);
        hasher.words([self.last_sequence.0, self.running_hash, self.clock_ns]);
        let capacities = self.capacities;
        hasher
            .words([capacities.orders, capacities.instruments, capacities.sessions].map(u64::from));
        hasher.word(length_of(self.sessions().count()));
        for (session, last) in self.sessions() {
            hasher.words([u64::from(session.0), last.0]);
        }
        hasher.word(length_of(self.sessions.counted().count()));
        for (session, counts) in self.sessions.counted() {
            hasher.word(u64::from(session.0));
            hasher.words(counts.map(u64::from));
        }
        self.hash_flow(&mut hasher);
        hasher.word(u64::from(self.symbols.count()));
        for instrument in (0..self.symbols.count()).map(InstrumentId) {
            self.hash_instrument(instrument, &mut hasher);
        }
        hasher.0
    }

    fn hash_flow(&self, hasher: &mut Hasher) {
        hasher.word(u64::from(self.flow.is_some()));
        if let Some(flow) = &self.flow {
            hasher.bytes(&flow.name);
            hasher.words([u64::from(flow.head_bytes), flow.head_hash]);
        }
    }

    fn hash_instrument(&self, instrument: InstrumentId, hasher: &mut Hasher) {
        if let Some(symbol) = self.symbol(instrument) {
            hasher.bytes(symbol.padded());
        }
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals } =
            self.terms_of(instrument);
        hasher.words([tick, band.low, band.high].map(|ticks| u64::from(ticks.0)));
        hasher.words([lot.0, quantity_max.0]);
        hasher.words(notional_max.halves());
        // Logs of version 2 have the default everywhere, and their hashes stay what they were.
        if decimals != PriceDecimals::default() {
            hasher.word(u64::from(decimals.0));
        }
        let instrument_book = self.ladders.instrument_book(instrument);
        hasher.words([u64::from(instrument_book.last_trade), instrument_book.gate.code()]);
        for side in [Side::Buy, Side::Sell] {
            let ladder = LadderId::new(instrument, side);
            let levels = || self.raw_levels(ladder);
            hasher.word(levels().map(|level| u64::from(level.order_count)).sum());
            for slot in levels().flat_map(|level| self.slots(level.head)) {
                self.hash_order(slot, hasher);
            }
        }
        hasher.word(length_of(self.stop_slots(instrument).count()));
        for slot in self.stop_slots(instrument) {
            self.hash_order(slot, hasher);
        }
    }

    /// An order with the price of its level, or its trigger while it waits.
    fn hash_order(&self, slot: u32, hasher: &mut Hasher) {
        let order = self.orders.pool.get(slot);
        let Order { id, remaining, level, ladder, account, session, terms, .. } = *order;
        let price = self.ladders.level(level).price;
        // The two bits of the ladder's number within its instrument.
        let kind = u64::from(ladder & 3);
        hasher.words([id, remaining]);
        hasher.word(u64::from(account) | u64::from(session) << 32 | u64::from(terms) << 48);
        hasher.word(u64::from(price) | kind << 32);
        let Extra { display, hidden, expiry_ns, minimum, limit, .. } = self.orders.extra_of(order);
        hasher.words([display, hidden, expiry_ns, minimum, u64::from(limit)]);
    }
}

/// What was hashed so far.
struct Hasher(u64);

impl Hasher {
    fn word(&mut self, word: u64) {
        self.0 = fold(self.0 ^ word, SALT[1]).wrapping_add(SALT[0] ^ word.rotate_left(32));
    }

    fn words<const N: usize>(&mut self, words: [u64; N]) {
        for word in words {
            self.word(word);
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.word(u64::from(*byte));
        }
    }
}
