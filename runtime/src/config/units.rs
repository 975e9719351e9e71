//! Sizes and lengths of time as people write them, on the command line and in files.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A size in bytes: digits, and K, M, G or T for powers of 1,024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

/// Letters of the powers of 1,024, from the first.
const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit = text.chars().next_back().map(|letter| letter.to_ascii_uppercase());
        let power = UNITS.iter().position(|known| Some(*known) == unit);
        let (digits, shift) = match power {
            Some(power) => (&text[..text.len() - 1], 10 * (power + 1)),
            None => (text, 0),
        };
        let number: u64 =
            digits.parse().map_err(|_| "not a number of bytes, like 4M".to_owned())?;
        number.checked_mul(1 << shift).map(Self).ok_or_else(|| "too large".to_owned())
    }
}

impl fmt::Display for Size {
    /// As the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut number, mut unit) = (self.0, None);
        for next in UNITS {
            if number == 0 || !number.is_multiple_of(1 << 10) {
                break;
            }
            (number, unit) = (number >> 10, Some(next));
        }
        write!(f, "{number}")?;
        unit.map_or(Ok(()), |letter| write!(f, "{letter}"))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| D::Error::custom(format!("'{text}': {error}")))
    }
}

/// A length of time: a number with its unit, like 10ms, 500us or 2s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let parsed = humantime::parse_duration(text);
        parsed.map(Self).map_err(|error| format!("{error}; say it like 10ms, 500us or 2s"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", humantime::format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error| D::Error::custom(format!("'{text}': {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes) in
            [("0", 0), ("4096", 4_096), ("8k", 8_192), ("4M", 4 << 20), ("1G", 1 << 30)]
        {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for wrong in ["", "K", "x", "-1", "1.5M", "99999999999T", "4é"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
        for (bytes, text) in [(0, "0"), (4_097, "4097"), (8_192, "8K"), (1 << 40, "1T")] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, micros) in [("0", 0), ("10ms", 10_000), ("500us", 500), ("2s", 2_000_000)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_micros(micros))), "{text}");
        }
        for wrong in ["", "10", "ms", "-1s", "1 parsec"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
        assert_eq!(Span(Duration::from_millis(10)).to_string(), "10ms");
    }
}
