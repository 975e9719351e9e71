//! The instruments: their symbols in the order of definition, and what they take.

use super::bug::bug;
use super::index::Index;
use crate::command::Definition;
use crate::types::{
    Band, InstrumentId, InstrumentTerms, Lots, Notional, Symbol, Ticks, fold, index_of,
};
use bytemuck::{Pod, Zeroable};

/// An instrument: its symbol and its terms.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Instrument {
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
    /// Fills the cache line.
    reserved: u32,
}

const _: () = assert!(size_of::<Instrument>() == 64, "an instrument fills one cache line");

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
    pub(super) fn define(&mut self, definition: &Definition) -> InstrumentId {
        let instrument = InstrumentId(self.count);
        let Definition { symbol, terms } = definition;
        let InstrumentTerms { tick, lot, band, quantity_max, notional_max } = terms;
        let Some(entry) = self.instruments.get_mut(index_of(instrument.0)) else {
            bug("too many instruments")
        };
        *entry = Instrument {
            symbol: *symbol.padded(),
            notional_max: notional_max.halves(),
            quantity_max: quantity_max.0,
            lot: lot.0,
            tick: tick.0,
            band_low: band.low.0,
            band_high: band.high.0,
            reserved: 0,
        };
        self.count += 1;
        self.index.insert(self.hash(*symbol), self.count);
        instrument
    }

    /// What a defined instrument takes.
    pub(super) fn terms(&self, instrument: InstrumentId) -> Option<InstrumentTerms> {
        let entry = self.entry(instrument)?;
        Some(InstrumentTerms {
            tick: Ticks(entry.tick),
            lot: Lots(entry.lot),
            band: Band { low: Ticks(entry.band_low), high: Ticks(entry.band_high) },
            quantity_max: Lots(entry.quantity_max),
            notional_max: Notional::from_halves(entry.notional_max),
        })
    }

    /// Changes the band of a defined instrument.
    pub(super) fn set_band(&mut self, instrument: InstrumentId, band: Band) {
        match self.instruments.get_mut(index_of(instrument.0)) {
            Some(entry) => (entry.band_low, entry.band_high) = (band.low.0, band.high.0),
            None => bug("a band of no instrument"),
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
