//! A price as a report shows it: in ticks, or as a decimal number.

use highwater::types::{Price, PriceDecimals, Ticks};
use highwater_engine::decimals::PriceForm;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// A price of a report, if there is one. In JSON it is a field: ticks are a number called
/// `..._ticks`, a decimal price is a string without that ending, and no price is null.
#[derive(Clone, Copy, Debug)]
pub struct ReportedPrice {
    /// The name of the field with ticks.
    name: &'static str,
    ticks: Option<Ticks>,
    /// `None` for ticks.
    decimals: Option<PriceDecimals>,
}

/// What a name of a field with ticks ends in.
const TICKS_ENDING: &str = "_ticks";

impl ReportedPrice {
    /// A price of an instrument with `decimals`, which are `None` where prices are shown in ticks.
    /// `name` is that of the field with ticks.
    pub fn new(name: &'static str, price: Option<Price>, decimals: Option<PriceDecimals>) -> Self {
        Self { name, ticks: price.map(Ticks::from), decimals }
    }

    /// The price in ticks.
    pub const fn ticks(&self) -> Option<Ticks> {
        self.ticks
    }

    /// Whether it is shown in ticks.
    pub const fn is_in_ticks(&self) -> bool {
        self.decimals.is_none()
    }

    /// The price with its unit, which a decimal price needs none of; nothing where there is none.
    pub fn with_unit(&self) -> Option<String> {
        let unit = if self.is_in_ticks() { " ticks" } else { "" };
        self.ticks.map(|_| format!("{self}{unit}"))
    }
}

/// The decimals of an instrument where prices are shown so.
pub const fn shown_decimals(form: PriceForm, decimals: PriceDecimals) -> Option<PriceDecimals> {
    match form {
        PriceForm::Ticks => None,
        PriceForm::Decimal => Some(decimals),
    }
}

/// The price alone, `-` where there is none.
impl fmt::Display for ReportedPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.ticks, self.decimals) {
            (None, _) => "-".to_owned(),
            (Some(ticks), None) => ticks.to_string(),
            (Some(ticks), Some(decimals)) => decimals.price(ticks).to_string(),
        };
        f.pad(&text)
    }
}

impl Serialize for ReportedPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self.decimals {
            None => map.serialize_entry(self.name, &self.ticks.map(|ticks| ticks.0))?,
            Some(decimals) => {
                let name = self.name.strip_suffix(TICKS_ENDING).unwrap_or(self.name);
                let text = self.ticks.map(|ticks| decimals.price(ticks).to_string());
                map.serialize_entry(name, &text)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(ticks: Option<u32>, decimals: Option<u8>) -> [String; 2] {
        let price = ticks.and_then(|ticks| Price::new(Ticks(ticks)));
        let shown = ReportedPrice::new("bid_ticks", price, decimals.map(PriceDecimals));
        [format!("{shown:>6}"), serde_json::to_string(&shown).unwrap()]
    }

    #[test]
    fn a_price_is_shown_in_its_form() {
        assert_eq!(shown(Some(125), None), ["   125", r#"{"bid_ticks":125}"#]);
        assert_eq!(shown(Some(125), Some(2)), ["  1.25", r#"{"bid":"1.25"}"#]);
        assert_eq!(shown(Some(125), Some(0)), ["   125", r#"{"bid":"125"}"#]);
        assert_eq!(shown(None, None), ["     -", r#"{"bid_ticks":null}"#]);
        assert_eq!(shown(None, Some(2)), ["     -", r#"{"bid":null}"#]);
    }
}
