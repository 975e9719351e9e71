//! Prices as decimal numbers: text to ticks and back, exactly or not at all; no floats.
//!
//! The engine knows ticks only. How many [`PriceDecimals`] an instrument has, its terms say
//! ([`Book::terms`](crate::book::Book::terms)); a host reads and writes its prices with them.
//!
//! ```
//! use highwater::types::{PriceDecimals, Ticks};
//!
//! let decimals = PriceDecimals(2);
//! assert_eq!(decimals.ticks("101.25"), Ok(Ticks(10_125)));
//! assert_eq!(decimals.price(Ticks(10_150)).to_string(), "101.50");
//!
//! let refused = decimals.ticks("101.255").unwrap_err();
//! assert_eq!(
//!     refused.to_string(),
//!     "a price of this instrument has at most 2 digits behind the point"
//! );
//! ```

use crate::limits::{PRICE_DECIMALS_MAX, PRICE_MAX};
use crate::types::{PriceDecimals, Ticks};
use core::fmt;

impl PriceDecimals {
    /// A price in ticks as the decimal number that it is, to be shown or compared.
    pub fn price(self, ticks: Ticks) -> DecimalPrice {
        DecimalPrice { units: u64::from(ticks.0), scale: self.0 }
    }

    /// The ticks of a price that is written as a decimal number.
    ///
    /// # Errors
    /// The text is no decimal number, no whole number of ticks, or above the highest price.
    pub fn ticks(self, text: impl AsRef<[u8]>) -> Result<Ticks, DecimalFault> {
        DecimalPrice::parse(text.as_ref()).and_then(|price| price.ticks(self)).map_err(|fault| {
            match fault {
                DecimalFault::NoDecimal => DecimalFault::NoDecimal,
                DecimalFault::TooFine(_) => DecimalFault::TooFine(self),
                DecimalFault::TooHigh(_) => DecimalFault::TooHigh(self),
            }
        })
    }
}

/// A decimal number that is not below 0, exact: so many units of a power of ten.
///
/// It is shown with a digit for each power of ten, zeros at the end too: the prices of an
/// instrument all have the same digits behind the point.
#[derive(Clone, Copy, Debug)]
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
    TooFine(PriceDecimals),
    /// It is above the highest price.
    TooHigh(PriceDecimals),
}

impl DecimalPrice {
    /// Reads digits, with or without a point between them. Zeros at the end say nothing.
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
        let scale = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        let scale = u8::try_from(scale).ok().filter(|scale| *scale <= PRICE_DECIMALS_MAX);
        let scale = scale.ok_or(DecimalFault::TooFine(PriceDecimals(PRICE_DECIMALS_MAX)))?;
        let mut units = 0u64;
        for digit in whole.iter().chain(fraction.iter().take(usize::from(scale))) {
            units = units
                .checked_mul(10)
                .and_then(|units| units.checked_add(u64::from(digit - b'0')))
                .ok_or(DecimalFault::TooHigh(PriceDecimals(0)))?;
        }
        Ok(Self { units, scale })
    }

    /// So many units of 10^-`scale`.
    pub const fn of_units(units: u64, scale: PriceDecimals) -> Self {
        Self { units, scale: scale.0 }
    }

    /// The price in ticks of an instrument with these decimals: the same number exactly.
    ///
    /// # Errors
    /// It is no whole number of ticks, or above the highest price.
    pub fn ticks(self, decimals: PriceDecimals) -> Result<Ticks, DecimalFault> {
        let too_high = DecimalFault::TooHigh(decimals);
        let ticks = if let Some(missing) = decimals.0.checked_sub(self.scale) {
            times_power_of_ten(self.units, missing).ok_or(too_high)?
        } else {
            let (ticks, rest) = parts(self.units, self.scale.saturating_sub(decimals.0));
            if rest != 0 {
                return Err(DecimalFault::TooFine(decimals));
            }
            ticks
        };
        let ticks = u32::try_from(ticks).ok().filter(|ticks| *ticks <= PRICE_MAX);
        ticks.map(Ticks).ok_or(too_high)
    }
}

/// `None` above 2^64 - 1.
fn times_power_of_ten(units: u64, exponent: u8) -> Option<u64> {
    if units == 0 {
        return Some(0);
    }
    10u64.checked_pow(u32::from(exponent)).and_then(|power| units.checked_mul(power))
}

/// What stands before the point when `scale` digits stand behind it, and these digits.
fn parts(units: u64, scale: u8) -> (u64, u64) {
    // A larger power is larger than any number of units.
    10u64
        .checked_pow(u32::from(scale))
        .map_or((0, units), |per_unit| (units / per_unit, units % per_unit))
}

impl fmt::Display for DecimalPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = parts(self.units, self.scale);
        if self.scale == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{fraction:0width$}", width = usize::from(self.scale))
    }
}

impl fmt::Display for DecimalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDecimal => f.write_str(
                "a decimal price is digits with or without a point between them, such as 12.34: \
                 no sign, no exponent, no space",
            ),
            Self::TooFine(PriceDecimals(0)) => {
                f.write_str("a price of this instrument has no digits behind the point")
            }
            Self::TooFine(PriceDecimals(1)) => {
                f.write_str("a price of this instrument has at most 1 digit behind the point")
            }
            Self::TooFine(PriceDecimals(digits)) => {
                write!(f, "a price of this instrument has at most {digits} digits behind the point")
            }
            Self::TooHigh(decimals) => {
                let highest = decimals.price(Ticks(PRICE_MAX));
                write!(f, "a price of this instrument is at most {highest}")
            }
        }
    }
}

impl core::error::Error for DecimalFault {}

#[cfg(test)]
mod tests {
    extern crate alloc;

    use super::*;
    use alloc::string::{String, ToString};

    fn ticks(text: &str, digits: u8) -> Result<u32, DecimalFault> {
        PriceDecimals(digits).ticks(text).map(|ticks| ticks.0)
    }

    fn written(ticks: u32, digits: u8) -> String {
        PriceDecimals(digits).price(Ticks(ticks)).to_string()
    }

    #[test]
    fn what_is_exact_is_taken() {
        let taken = [
            ("0", 2, 0),
            ("0.01", 2, 1),
            ("12.3", 2, 1_230),
            ("12.3400000000000000000000000", 2, 1_234),
            ("1.000000000000", 0, 1),
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
        for text in [
            "", ".", ".5", "5.", "1.", "-1", "+1", "1e2", "1e3", "1.2.3", "1,5", " 1", "1 ", "nan",
            "0x1", "1_0", "1\0", "\u{ff11}",
        ] {
            assert_eq!(ticks(text, 2), Err(DecimalFault::NoDecimal), "{text}");
        }
        for (text, digits) in [("0.001", 2), ("1.5", 0), ("1.0000000001", 9), ("1.01", 1)] {
            let expected = DecimalFault::TooFine(PriceDecimals(digits));
            assert_eq!(ticks(text, digits), Err(expected), "{text}");
        }
        for (text, digits) in [
            ("21474836.48", 2),
            ("99999999999999999999999", 2),
            ("184467440737095516.16", 2),
            ("2147483648", 0),
            ("2.147483648", 9),
        ] {
            let expected = DecimalFault::TooHigh(PriceDecimals(digits));
            assert_eq!(ticks(text, digits), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_refusal_is_a_sentence() {
        for (fault, expected) in [
            (DecimalFault::TooHigh(PriceDecimals(2)), "is at most 21474836.47"),
            (DecimalFault::TooHigh(PriceDecimals(0)), "is at most 2147483647"),
            (DecimalFault::TooFine(PriceDecimals(4)), "has at most 4 digits behind the point"),
            (DecimalFault::TooFine(PriceDecimals(1)), "has at most 1 digit behind the point"),
            (DecimalFault::TooFine(PriceDecimals(0)), "has no digits behind the point"),
        ] {
            let sentence = fault.to_string();
            assert_eq!(sentence.strip_prefix("a price of this instrument "), Some(expected));
        }
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
            (7, 12, "0.000000000007"),
        ] {
            assert_eq!(written(ticks, digits), expected);
        }
    }

    #[test]
    fn units_lose_only_zeros() {
        let price = DecimalPrice::of_units(5_560_250_000_000, PriceDecimals(9));
        assert_eq!(price.ticks(PriceDecimals(2)), Ok(Ticks(556_025)));
        let fine = DecimalPrice::of_units(1_234_567, PriceDecimals(4));
        assert_eq!(fine.ticks(PriceDecimals(2)), Err(DecimalFault::TooFine(PriceDecimals(2))));
    }

    /// Decimals that no instrument can have are no reason to stop.
    #[test]
    fn impossible_decimals_are_harmless() {
        for digits in [10, 19, 20, 38, u8::MAX] {
            let decimals = PriceDecimals(digits);
            assert_eq!(decimals.ticks("0"), Ok(Ticks(0)));
            assert_eq!(decimals.ticks("1"), Err(DecimalFault::TooHigh(decimals)));
            assert!(written(u32::MAX, digits).ends_with("4294967295"));
            let least = DecimalPrice::of_units(1, decimals);
            assert_eq!(least.ticks(PriceDecimals(0)), Err(DecimalFault::TooFine(PriceDecimals(0))));
        }
    }
}
