//! How outputs write prices: as ticks, or as decimals of each instrument.

use highwater::book::Book;
use highwater::types::{InstrumentId, PriceDecimals, Ticks};
use std::io::Write;

/// How a file or a report writes prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceForm {
    /// Ticks, whole numbers.
    #[default]
    Ticks,
    /// Decimals of the instrument.
    Decimal,
}

/// How many decimals the prices of each instrument have. They never change: a second definition of
/// an instrument changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstrumentDecimals(Vec<PriceDecimals>);

impl InstrumentDecimals {
    /// Those of the instruments in `book`.
    pub fn of_book(book: &Book<'_>) -> Self {
        let ids = (0..book.instrument_count()).map(InstrumentId);
        let decimals = |id| book.terms(id).map_or_else(PriceDecimals::default, |it| it.decimals);
        Self(ids.map(decimals).collect())
    }

    /// Notes those of an instrument that the engine has just taken.
    pub fn define(&mut self, instrument: InstrumentId, decimals: PriceDecimals) {
        let index = index_of(instrument);
        if self.0.len() <= index {
            self.0.resize(index + 1, PriceDecimals::default());
        }
        self.0[index] = decimals;
    }

    /// Those of an instrument; 2 of one that is not known.
    pub fn of(&self, instrument: InstrumentId) -> PriceDecimals {
        self.0.get(index_of(instrument)).copied().unwrap_or_default()
    }
}

fn index_of(instrument: InstrumentId) -> usize {
    usize::try_from(instrument.0).unwrap_or(usize::MAX)
}

/// Appends a price as a decimal number with all digits behind the point.
pub fn push_decimal(text: &mut Vec<u8>, ticks: Ticks, decimals: PriceDecimals) {
    // A vector takes everything.
    let _taken = write!(text, "{}", decimals.price(ticks));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instrument_has_its_own_decimals() {
        let mut decimals = InstrumentDecimals::default();
        decimals.define(InstrumentId(2), PriceDecimals(0));
        decimals.define(InstrumentId(0), PriceDecimals(9));
        let texts = [0, 1, 2, 3].map(|number| {
            let mut text = b"<".to_vec();
            push_decimal(&mut text, Ticks(1_234), decimals.of(InstrumentId(number)));
            String::from_utf8(text).unwrap()
        });
        assert_eq!(texts, ["<0.000001234", "<12.34", "<1234", "<12.34"]);
    }
}
