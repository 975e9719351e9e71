//! `--prices`: how a command writes prices.

use clap::ValueEnum;
use highwater_engine::decimals::PriceForm;

/// `--prices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prices {
    /// Whole numbers of ticks
    Ticks,
    /// Decimal numbers, exact, with the decimals of each instrument
    Decimal,
}

impl Prices {
    /// The same, as outputs know it.
    pub const fn form(self) -> PriceForm {
        match self {
            Self::Ticks => PriceForm::Ticks,
            Self::Decimal => PriceForm::Decimal,
        }
    }
}
