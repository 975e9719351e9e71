//! How many decimals the instruments have that a flow names.

use super::{FlowStep, RuleLine};
use highwater::book::Book;
use highwater::types::{InstrumentId, PriceDecimals, Symbol};
use std::collections::BTreeMap;

/// The decimals of each symbol that is defined: in the log where the flow goes on, or by a line of
/// the flow. The first definition counts, as in the engine.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownDecimals(BTreeMap<Symbol, PriceDecimals>);

impl KnownDecimals {
    /// Learns those of the instruments in `book`.
    pub(super) fn learn(&mut self, book: &Book<'_>) {
        for id in (0..book.instrument_count()).map(InstrumentId) {
            if let (Some(symbol), Some(terms)) = (book.symbol(id), book.terms(id)) {
                self.0.insert(symbol, terms.decimals);
            }
        }
    }

    /// Those of a symbol; 2 of one that is not known, with which its first line defines it.
    pub(super) fn of(&self, symbol: Symbol) -> PriceDecimals {
        self.0.get(&symbol).copied().unwrap_or_default()
    }

    /// The engine gets this definition as the symbol's first.
    pub(super) fn define(&mut self, symbol: Symbol, decimals: PriceDecimals) {
        self.0.insert(symbol, decimals);
    }

    /// Learns what a line defines; returns the symbol and its decimals when the line is a later
    /// definition with others, which changes nothing.
    pub(super) fn take(&mut self, step: &FlowStep) -> Option<(Symbol, PriceDecimals)> {
        let (symbol, decimals) = match step {
            FlowStep::Line(line) => (line.symbol, PriceDecimals::default()),
            FlowStep::Rule(line) => (line.symbol?, decimals_by(line)?),
            FlowStep::Pending | FlowStep::End => return None,
        };
        let known = *self.0.entry(symbol).or_insert(decimals);
        let FlowStep::Rule(line) = step else { return None };
        (line.defines() && known != decimals).then_some((symbol, known))
    }
}

/// The decimals of a symbol that is new in this line; `None` when the engine refuses to define it.
fn decimals_by(line: &RuleLine) -> Option<PriceDecimals> {
    if line.defines() { line.defined_decimals() } else { Some(PriceDecimals::default()) }
}
