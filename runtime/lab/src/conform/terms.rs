//! What instruments take: terms and bands as scenario files have them, and as the engine has them.

use super::integer::Integer;
use super::json::present;
use highwater::types::{Band, InstrumentTerms, Lots, Notional, PriceDecimals, Symbol, Ticks};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// What an instrument takes, as the file has it; `None` where the file sets no bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) tick: Integer,
    pub(super) lot: Integer,
    pub(super) band: Option<Ends>,
    pub(super) quantity_max: Option<Integer>,
    pub(super) notional_max: Option<Integer>,
    pub(super) decimals: Integer,
}

impl Terms {
    /// Takes everything.
    pub(super) const OPEN: Self = Self {
        tick: Integer(1),
        lot: Integer(1),
        band: None,
        quantity_max: None,
        notional_max: None,
        decimals: Integer(2),
    };

    /// The terms as the engine has them.
    pub(super) fn of_engine(&self) -> InstrumentTerms {
        let quantity_max = self
            .quantity_max
            .map_or(InstrumentTerms::OPEN.quantity_max, |quantity| Lots(quantity.nearest()));
        let notional_max = self.notional_max.map_or(Notional::UNLIMITED, |notional| {
            Notional::new(u128::try_from(notional.0).unwrap_or_default())
        });
        InstrumentTerms {
            tick: Ticks(self.tick.nearest_32()),
            lot: Lots(self.lot.nearest()),
            band: band_of(self.band),
            quantity_max,
            notional_max,
            decimals: PriceDecimals(u8::try_from(self.decimals.0).unwrap_or(u8::MAX)),
        }
    }
}

/// The lowest and the highest price of a band.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    low: Integer,
    high: Integer,
}

impl<'de> Deserialize<'de> for Ends {
    /// Reads a list of two integers; null for no bound.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ends: Vec<Option<Integer>> = Vec::deserialize(deserializer)?;
        let [low, high] = ends.as_slice() else {
            let (wanted, found) = ("expected a list of two integers", ends.len());
            return Err(D::Error::custom(format_args!("{wanted}, found a list of {found}")));
        };
        Ok(Self {
            low: low.unwrap_or(Integer(i128::MIN)),
            high: high.unwrap_or(Integer(i128::MAX)),
        })
    }
}

/// A band as the engine has it; `None` takes every price.
pub(super) fn band_of(ends: Option<Ends>) -> Band {
    ends.map_or(Band::ALL, |Ends { low, high }| {
        // A band that is upside down takes no price: 0 is none.
        let ends = if low <= high { [low, high] } else { [Integer(0); 2] };
        let [low, high] = ends.map(|end| Ticks(end.nearest_32()));
        Band { low, high }
    })
}

/// Declares an object of a file that gives terms of an instrument, and more.
macro_rules! given_terms {
    ($(#[$about:meta])* struct $name:ident { $($more:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct $name {
            #[serde(deserialize_with = "present")]
            tick: Option<Integer>,
            #[serde(deserialize_with = "present")]
            lot: Option<Integer>,
            #[serde(rename = "price_band", deserialize_with = "present")]
            band: Option<Option<Ends>>,
            #[serde(rename = "max_qty", deserialize_with = "present")]
            quantity_max: Option<Option<Integer>>,
            #[serde(rename = "max_notional", deserialize_with = "present")]
            notional_max: Option<Option<Integer>>,
            #[serde(deserialize_with = "present")]
            decimals: Option<Integer>,
            $($more)*
        }

        impl $name {
            /// The terms that are given, and those of `otherwise` where none are.
            pub(super) fn terms(&self, otherwise: &Terms) -> Terms {
                Terms {
                    tick: self.tick.unwrap_or(otherwise.tick),
                    lot: self.lot.unwrap_or(otherwise.lot),
                    band: self.band.unwrap_or(otherwise.band),
                    quantity_max: self.quantity_max.unwrap_or(otherwise.quantity_max),
                    notional_max: self.notional_max.unwrap_or(otherwise.notional_max),
                    decimals: self.decimals.unwrap_or(otherwise.decimals),
                }
            }
        }
    };
}
pub(super) use given_terms;

given_terms! {
    /// An instrument of a file.
    struct GivenInstrument {
        #[serde(deserialize_with = "symbol")]
        pub(super) symbol: Option<Symbol>,
    }
}

/// The name of an instrument.
fn symbol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Symbol>, D::Error> {
    let symbol = Symbol::new(String::deserialize(deserializer)?.as_bytes());
    let problem = || D::Error::custom("a symbol has 1 to 16 bytes, none of them zero");
    symbol.ok_or_else(problem).map(Some)
}
