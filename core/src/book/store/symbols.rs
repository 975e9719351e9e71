//! The instruments: their symbols in the order of definition, and what they take.

use super::index::{Index, Keyed};
use super::pool::{NONE, Pool, entry_by_link};
use crate::command::Definition;
use crate::types::{
    Band, InstrumentId, InstrumentTerms, Lots, Notional, PriceDecimals, Symbol, Ticks, fold,
};
use bytemuck::{Pod, Zeroable};

/// An instrument: its symbol and its terms, but for the decimals, which no order asks for.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Instrument {
    /// Its symbol, padded with zeros.
    symbol: [u8; 16],
    /// Halves of the largest notional of an order.
    notional_max: [u64; 2],
    /// The largest quantity of an order, in lots.
    quantity_max: u64,
    /// The step between quantities, in lots.
    lot: u64,
    /// The step between prices, in ticks.
    tick: u32,
    /// The lowest price that is taken, in ticks.
    band_low: u32,
    /// The highest.
    band_high: u32,
    /// The instrument after it in its chain of the index.
    link: u32,
}

entry_by_link!(Instrument);

impl Keyed for Instrument {
    fn key(&self) -> (u64, u64) {
        key_of(self.symbol)
    }
}

const _: () = assert!(size_of::<Instrument>() == 64, "an instrument fills one cache line");

/// All defined instruments.
pub(in crate::book) struct Symbols<'m> {
    /// By number: each in the slot after its number.
    pool: Pool<'m, Instrument>,
    /// Their slots by their symbols.
    index: Index<'m>,
}

impl<'m> Symbols<'m> {
    /// No instruments, with room for as many as there are zeros behind the first.
    pub(in crate::book) fn new(instruments: &'m mut [Instrument], index: Index<'m>) -> Self {
        Self { pool: Pool::new(instruments), index }
    }

    /// Makes them as they were at first.
    pub(in crate::book) fn reset(&mut self) {
        self.pool.reset();
        self.index.reset();
    }

    /// Makes them the same as `other`, with room for as many.
    pub(in crate::book) fn copy_from(&mut self, other: &Symbols<'_>) {
        self.pool.copy_from(&other.pool);
        self.index.copy_from(&other.index);
    }

    /// How many are defined.
    #[inline]
    pub(in crate::book) fn count(&self) -> u32 {
        self.pool.live()
    }

    /// The instrument with this symbol.
    pub(in crate::book) fn find(&self, symbol: Symbol) -> Option<InstrumentId> {
        let is_it = |instrument: &Instrument| instrument.symbol == *symbol.padded();
        let slot = self.index.find(&self.pool, self.hash(symbol), is_it)?;
        Some(InstrumentId(slot - 1))
    }

    /// The symbol of an instrument.
    pub(in crate::book) fn get(&self, instrument: InstrumentId) -> Option<Symbol> {
        Symbol::from_padded(self.entry(instrument)?.symbol)
    }

    /// Defines an instrument whose symbol is new; the caller has checked that there is room.
    pub(in crate::book) fn define(&mut self, definition: &Definition) -> InstrumentId {
        let Definition { symbol, terms } = definition;
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals: _ } = terms;
        let slot = self.pool.insert(Instrument {
            symbol: *symbol.padded(),
            notional_max: notional_max.halves(),
            quantity_max: quantity_max.0,
            lot: lot.0,
            tick: tick.0,
            band_low: band.low.0,
            band_high: band.high.0,
            link: NONE,
        });
        let hash = self.hash(*symbol);
        self.index.insert(&mut self.pool, hash, slot);
        InstrumentId(slot - 1)
    }

    /// What a defined instrument takes; its prices have so many decimals.
    pub(in crate::book) fn terms(
        &self,
        instrument: InstrumentId,
        decimals: PriceDecimals,
    ) -> Option<InstrumentTerms> {
        let entry = self.entry(instrument)?;
        Some(InstrumentTerms {
            tick: Ticks(entry.tick),
            lot: Lots(entry.lot),
            band: Band { low: Ticks(entry.band_low), high: Ticks(entry.band_high) },
            quantity_max: Lots(entry.quantity_max),
            notional_max: Notional::from_halves(entry.notional_max),
            decimals,
        })
    }

    /// Changes the band of a defined instrument.
    pub(in crate::book) fn set_band(&mut self, instrument: InstrumentId, band: Band) {
        let entry = self.pool.get_mut(instrument.0 + 1);
        (entry.band_low, entry.band_high) = (band.low.0, band.high.0);
    }

    fn entry(&self, instrument: InstrumentId) -> Option<&Instrument> {
        (instrument.0 < self.count()).then(|| self.pool.get(instrument.0 + 1))
    }

    fn hash(&self, symbol: Symbol) -> u32 {
        let (group, key) = key_of(*symbol.padded());
        self.index.hash(group, key)
    }
}

/// What the index finds a padded symbol by.
fn key_of(padded: [u8; 16]) -> (u64, u64) {
    let [low, high] = bytemuck::cast::<u128, [u64; 2]>(u128::from_le_bytes(padded));
    (high, fold(low, 0x9fb2_1c65_1e98_df25))
}
