//! A hash of everything that can matter: two books with the same one answer every command alike.
//!
//! It is canonical: slots, seeds and the size of the memory do not enter it.

use super::{Book, OrderView};
use crate::types::{InstrumentId, Side, fold, length_of};

/// Odd constants without structure: digits of pi.
const SALT: [u64; 2] = [0x2438_6a88_85a3_08d3, 0x1319_8a2e_0370_7345];

impl Book<'_> {
    /// The hash of the whole state: capacities, sessions, flow, instruments with their last trades,
    /// open orders in the order in which they trade, last sequence and running hash. Takes a walk
    /// over all of them.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = Hasher(SALT[0]);
        hasher.words([self.last_sequence.0, self.running_hash]);
        let capacities = self.capacities;
        hasher
            .words([capacities.orders, capacities.instruments, capacities.sessions].map(u64::from));
        hasher.word(length_of(self.sessions().count()));
        for (session, last) in self.sessions() {
            hasher.words([u64::from(session.0), last.0]);
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
        hasher.word(self.last_trade(instrument).map_or(0, |price| u64::from(price.ticks())));
        for side in [Side::Buy, Side::Sell] {
            hasher.word(length_of(self.orders(instrument, side).count()));
            for order in self.orders(instrument, side) {
                let OrderView { order, account, session, side: _, price, remaining } = order;
                hasher.words([order.0, remaining.lots()]);
                hasher.word(u64::from(account.0) | u64::from(session.0) << 32);
                hasher.word(u64::from(price.ticks()));
            }
        }
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
