//! Decimal prices: decimal text to ticks and back, exactly or not at all; no floats.

use crate::text::push_number;
use highwater::limits::PRICE_MAX;
use highwater::types::{InstrumentTerms, Ticks};
use std::fmt;

/// How many digits the prices of an instrument have behind the point: one tick is the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimals(u8);

/// How a file writes prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PriceForm {
    /// Ticks, whole numbers.
    #[default]
    Ticks,
    /// Decimals of the instrument.
    Decimal,
}

impl Decimals {
    /// Those of an instrument whose definition says nothing else, and of all prices in flows and
    /// fills: a run refuses a log whose instruments have others.
    pub const DEFAULT: Self = Self(InstrumentTerms::OPEN.decimals.0);

    /// So many digits behind the point; `None` above 9.
    pub const fn new(digits: u8) -> Option<Self> {
        if digits <= 9 { Some(Self(digits)) } else { None }
    }

    /// Digits behind the point, 0 to 9.
    pub const fn digits(self) -> u8 {
        self.0
    }

    /// The ticks of a price of 1.
    const fn ticks_per_unit(self) -> u64 {
        // At most 10^9.
        10u64.pow(self.0 as u32)
    }

    /// Appends the decimal text of `ticks`: always with all digits behind the point.
    pub fn push_price(self, text: &mut Vec<u8>, ticks: Ticks) {
        let (per_unit, ticks) = (self.ticks_per_unit(), u64::from(ticks.0));
        push_number(text, ticks / per_unit);
        if self.0 == 0 {
            return;
        }
        text.push(b'.');
        let fraction = ticks % per_unit;
        let digits = fraction.checked_ilog10().unwrap_or(0) + 1;
        text.extend((digits..u32::from(self.0)).map(|_| b'0'));
        push_number(text, fraction);
    }
}

/// A decimal number that is not below 0, exact: so many units of a power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalPrice {
    units: u64,
    /// Digits of the units that stand behind the point.
    scale: u8,
}

/// Why a text is no price of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalFault {
    /// It is not digits, with or without a point between them.
    NoDecimal,
    /// It has more digits behind the point than the instrument.
    TooFine(Decimals),
    /// It is above the highest price.
    TooHigh(Decimals),
}

impl DecimalPrice {
    /// Reads digits, with or without a point between them.
    ///
    /// # Errors
    /// The text is something else, or has more digits than any price.
    pub fn parse(text: &[u8]) -> Result<Self, DecimalFault> {
        let mut parts = text.splitn(2, |byte| *byte == b'.');
        let whole = parts.next().unwrap_or_default();
        let fraction = parts.next();
        let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        if !is_number(whole) || !fraction.is_none_or(is_number) {
            return Err(DecimalFault::NoDecimal);
        }
        let fraction = fraction.unwrap_or_default();
        let last = fraction.iter().rposition(|digit| *digit != b'0');
        let fraction = &fraction[..last.map_or(0, |at| at + 1)];
        let finest = Decimals(9);
        let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= finest.0);
        let scale = scale.ok_or(DecimalFault::TooFine(finest))?;
        let mut units = 0u64;
        for digit in whole.iter().chain(fraction) {
            units = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(u64::from(digit - b'0')))
                .ok_or(DecimalFault::TooHigh(Decimals::DEFAULT))?;
        }
        Ok(Self { units, scale })
    }

    /// The ticks that a text says, of an instrument with these decimals.
    ///
    /// # Errors
    /// The text is no decimal number, no whole number of ticks, or above the highest price.
    pub fn ticks_of(text: &[u8], decimals: Decimals) -> Result<Ticks, DecimalFault> {
        Self::parse(text).and_then(|price| price.ticks(decimals)).map_err(|fault| match fault {
            DecimalFault::NoDecimal => DecimalFault::NoDecimal,
            DecimalFault::TooFine(_) => DecimalFault::TooFine(decimals),
            DecimalFault::TooHigh(_) => DecimalFault::TooHigh(decimals),
        })
    }

    /// So many units of 10^-`scale`.
    pub fn of_units(mut units: u64, scale: Decimals) -> Self {
        let mut scale = scale.0;
        while scale > 0 && units.is_multiple_of(10) {
            (units, scale) = (units / 10, scale - 1);
        }
        Self { units, scale }
    }

    /// The price in ticks of an instrument with these decimals: the same number exactly.
    ///
    /// # Errors
    /// It is no whole number of ticks, or above the highest price.
    pub fn ticks(self, decimals: Decimals) -> Result<Ticks, DecimalFault> {
        let missing = decimals.0.checked_sub(self.scale).ok_or(DecimalFault::TooFine(decimals))?;
        let ticks = self.units.checked_mul(10u64.pow(u32::from(missing)));
        ticks
            .and_then(|ticks| u32::try_from(ticks).ok())
            .filter(|ticks| *ticks <= PRICE_MAX)
            .map(Ticks)
            .ok_or(DecimalFault::TooHigh(decimals))
    }
}

impl fmt::Display for DecimalFault {
    /// What was expected instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDecimal => {
                f.write_str("a decimal price such as 12.34, without sign or exponent, or nothing")
            }
            Self::TooFine(decimals) => {
                write!(f, "at most {} digits behind the point", decimals.digits())
            }
            Self::TooHigh(decimals) => {
                let mut highest = Vec::new();
                decimals.push_price(&mut highest, Ticks(PRICE_MAX));
                write!(f, "at most {}, the highest price", highest.escape_ascii())
            }
        }
    }
}

impl std::error::Error for DecimalFault {}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(text: &str, digits: u8) -> Result<u32, DecimalFault> {
        let decimals = Decimals::new(digits).unwrap();
        DecimalPrice::parse(text.as_bytes())?.ticks(decimals).map(|ticks| ticks.0)
    }

    fn written(ticks: u32, digits: u8) -> String {
        let mut text = Vec::new();
        Decimals::new(digits).unwrap().push_price(&mut text, Ticks(ticks));
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_is_exact_is_taken() {
        let taken = [
            ("0", 2, 0),
            ("0.01", 2, 1),
            ("12.3", 2, 1_230),
            ("12.3400000000000000000000000", 2, 1_234),
            ("000000000000000000000000012", 0, 12),
            ("21474836.47", 2, PRICE_MAX),
            ("2.147483647", 9, PRICE_MAX),
        ];
        for (text, digits, expected) in taken {
            assert_eq!(ticks(text, digits), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in
            ["", ".", ".5", "5.", "-1", "+1", "1e2", "1.2.3", "1,5", " 1", "nan", "\u{ff11}"]
        {
            assert_eq!(ticks(text, 2), Err(DecimalFault::NoDecimal), "{text}");
        }
        for (text, digits) in [("0.001", 2), ("1.5", 0), ("1.0000000001", 9)] {
            let expected = DecimalFault::TooFine(Decimals::new(digits).unwrap());
            assert_eq!(ticks(text, digits), Err(expected), "{text}");
        }
        for text in ["21474836.48", "99999999999999999999999", "184467440737095516.16"] {
            let expected = DecimalFault::TooHigh(Decimals::DEFAULT);
            assert_eq!(ticks(text, 2), Err(expected), "{text}");
        }
        let said = DecimalFault::TooHigh(Decimals::DEFAULT).to_string();
        assert_eq!(said, "at most 21474836.47, the highest price");
    }

    #[test]
    fn what_is_written_has_all_digits() {
        for (ticks, digits, expected) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (50, 2, "0.50"),
            (1_234, 2, "12.34"),
            (1_234, 0, "1234"),
            (u32::MAX, 9, "4.294967295"),
        ] {
            assert_eq!(written(ticks, digits), expected);
        }
    }

    #[test]
    fn units_lose_only_zeros() {
        let price = DecimalPrice::of_units(5_560_250_000_000, Decimals::new(9).unwrap());
        assert_eq!(price.ticks(Decimals::DEFAULT), Ok(Ticks(556_025)));
        let fine = DecimalPrice::of_units(1_234_567, Decimals::new(4).unwrap());
        assert_eq!(fine.ticks(Decimals::DEFAULT), Err(DecimalFault::TooFine(Decimals::DEFAULT)));
    }
}
