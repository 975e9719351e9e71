//! The instruments: their symbols in the order of definition, and what was last paid for them.

use super::bug::bug;
use super::index::Index;
use crate::types::{InstrumentId, Price, Symbol, Ticks, fold, index_of};
use bytemuck::{Pod, Zeroable};

/// An instrument.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Instrument {
    /// Its symbol, padded with zeros.
    symbol: [u8; 16],
    /// Price of the last trade, in ticks; 0 before the first.
    last_trade: u32,
}

/// All defined instruments.
pub(super) struct Symbols<'m> {
    /// By number.
    instruments: &'m mut [Instrument],
    /// The number after an instrument's, by its symbol.
    index: Index<'m>,
    /// How many are defined.
    count: u32,
}

impl<'m> Symbols<'m> {
    /// No instruments, with room for as many as there are zeros.
    pub(super) fn new(instruments: &'m mut [Instrument], index: Index<'m>) -> Self {
        Self { instruments, index, count: 0 }
    }

    /// How many are defined.
    #[inline]
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The instrument with this symbol.
    pub(super) fn find(&self, symbol: Symbol) -> Option<InstrumentId> {
        let following = self.index.find(self.hash(symbol), |following| {
            self.get(InstrumentId(following - 1)).is_some_and(|found| found == symbol)
        })?;
        Some(InstrumentId(following - 1))
    }

    /// The symbol of an instrument.
    pub(super) fn get(&self, instrument: InstrumentId) -> Option<Symbol> {
        Symbol::from_padded(self.entry(instrument)?.symbol)
    }

    /// Defines an instrument whose symbol is new; the caller has checked that there is room.
    pub(super) fn define(&mut self, symbol: Symbol) -> InstrumentId {
        let instrument = InstrumentId(self.count);
        let Some(entry) = self.instruments.get_mut(index_of(instrument.0)) else {
            bug("too many instruments")
        };
        entry.symbol = *symbol.padded();
        self.count += 1;
        self.index.insert(self.hash(symbol), self.count);
        instrument
    }

    /// Price of the last trade.
    pub(super) fn last_trade(&self, instrument: InstrumentId) -> Option<Price> {
        Price::new(Ticks(self.entry(instrument)?.last_trade))
    }

    /// Notes the price of a trade.
    #[inline]
    pub(super) fn set_last_trade(&mut self, instrument: InstrumentId, price: Price) {
        match self.instruments.get_mut(index_of(instrument.0)) {
            Some(entry) => entry.last_trade = price.ticks(),
            None => bug("a trade of no instrument"),
        }
    }

    fn entry(&self, instrument: InstrumentId) -> Option<&Instrument> {
        if instrument.0 < self.count { self.instruments.get(index_of(instrument.0)) } else { None }
    }

    fn hash(&self, symbol: Symbol) -> u32 {
        let word = u128::from_le_bytes(*symbol.padded());
        let [low, high] = bytemuck::cast::<u128, [u64; 2]>(word);
        self.index.hash(high, fold(low, 0x9fb2_1c65_1e98_df25))
    }
}
