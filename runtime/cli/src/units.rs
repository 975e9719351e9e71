//! Sizes, lengths of time and shares as people write them, on the command line and in files.

use highwater_platform::Share;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A size in bytes: digits, and K, M, G or T, or the small letter, for powers of 1,024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize(pub u64);

/// Letters of the powers of 1,024, from the first.
const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit = text.chars().next_back().map(|letter| letter.to_ascii_uppercase());
        let power = UNITS.iter().position(|known| Some(*known) == unit);
        let (digits, shift) = match power {
            Some(power) => (&text[..text.len() - 1], 10 * (power + 1)),
            None => (text, 0),
        };
        let wrong = || "not a number of bytes, like 4096, 8K, 64M, 1G or 1T".to_owned();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        number.checked_mul(1 << shift).map(Self).ok_or_else(|| "too large".to_owned())
    }
}

impl fmt::Display for ByteSize {
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

impl<'de> Deserialize<'de> for ByteSize {
    /// From a text, or from a plain number of bytes.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;

        impl Visitor<'_> for SizeVisitor {
            type Value = ByteSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, like 4096 or \"64M\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
                read_text(text)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<ByteSize, E> {
                Ok(ByteSize(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<ByteSize, E> {
                u64::try_from(number).map(ByteSize).map_err(|_negative| {
                    E::custom(format!("'{number}': a number of bytes is not negative"))
                })
            }
        }

        deserializer.deserialize_any(SizeVisitor)
    }
}

/// Reads a number of bytes as it is written everywhere: `4096`, `8K`, `64M`, `1G`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>().map(|size| size.0)
}

/// A length of time: a number with its unit, like 10ms, 500us or 2s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan(pub Duration);

impl FromStr for TimeSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        let parsed = humantime::parse_duration(text);
        parsed.map(Self).map_err(|error| format!("{error}; write it like 10ms, 500us or 2s"))
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", humantime::format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(&String::deserialize(deserializer)?)
    }
}

/// Reads a value of a file; a fault names the text.
fn read_text<T: FromStr<Err = String>, E: Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(|error| E::custom(format!("'{text}': {error}")))
}

/// How long a group is held back: a length of time, or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupDelay {
    /// As the engine finds it useful.
    Auto,
    /// This long.
    Time(TimeSpan),
}

impl FromStr for GroupDelay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse().map(Self::Time).map_err(|error| format!("{error}, or auto"))
    }
}

impl fmt::Display for GroupDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Time(span) => span.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for GroupDelay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(&String::deserialize(deserializer)?)
    }
}

/// How much processor time a thread gets: a whole number of percent, from 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent(pub Share);

/// What a share is written as.
const PERCENTAGE: &str = "a whole number of percent from 1 to 100, like 10";

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
        let percent = text.parse().ok().filter(|_| is_whole);
        percent.and_then(Share::of_percent).map(Self).ok_or_else(|| format!("not {PERCENTAGE}"))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.percent().fmt(f)
    }
}

impl<'de> Deserialize<'de> for Percent {
    /// From a text, or from a plain number.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PercentVisitor;

        impl Visitor<'_> for PercentVisitor {
            type Value = Percent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(PERCENTAGE)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Percent, E> {
                read_text(text)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Percent, E> {
                let share = Share::of_percent(number).map(Percent);
                share.ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Percent, E> {
                let share = u64::try_from(number).ok().and_then(Share::of_percent).map(Percent);
                share.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
            }
        }

        deserializer.deserialize_any(PercentVisitor)
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
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for (power, unit) in [(10, "K"), (20, "M"), (30, "G"), (40, "T")] {
            for unit in [unit.to_owned(), unit.to_lowercase()] {
                assert_eq!(format!("3{unit}").parse(), Ok(ByteSize(3 << power)), "{unit}");
                assert_eq!(parse_bytes(&format!("3{unit}")), Ok(3 << power), "{unit}");
            }
        }
        for wrong in ["", "K", "x", "-1", "+1", "+1K", "1 K", "1KB", "1.5M", "99999999999T", "4é"]
        {
            assert!(wrong.parse::<ByteSize>().is_err(), "{wrong}");
        }
        for (bytes, text) in [(0, "0"), (4_097, "4097"), (8_192, "8K"), (1 << 40, "1T")] {
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
    }

    #[test]
    fn a_file_says_sizes_like_the_command_line_or_as_numbers() {
        #[derive(Deserialize)]
        struct File {
            size: ByteSize,
        }
        for (value, bytes) in
            [("\"64k\"", 65_536), ("\"64K\"", 65_536), ("65536", 65_536), ("\"1g\"", 1 << 30)]
        {
            let file: File = toml::from_str(&format!("size = {value}")).unwrap();
            assert_eq!(file.size, ByteSize(bytes), "{value}");
        }
        for wrong in ["-1", "1.5", "\"64 k\"", "true"] {
            assert!(toml::from_str::<File>(&format!("size = {wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_are_whole_percents_from_1_to_100() {
        #[derive(Deserialize)]
        struct File {
            share: Percent,
        }
        for (text, percent) in [("1", 1), ("10", 10), ("100", 100), ("050", 50)] {
            let share = Percent(Share::of_percent(percent).unwrap());
            assert_eq!(text.parse(), Ok(share), "{text}");
            for value in [format!("{percent}"), format!("'{text}'")] {
                let file: File = toml::from_str(&format!("share = {value}")).unwrap();
                assert_eq!(file.share, share, "{value}");
            }
            assert_eq!(share.to_string(), percent.to_string());
        }
        let huge = u64::MAX.to_string() + "0";
        for wrong in ["", "0", "101", "-1", "+10", "10%", "0.5", "ten", " 10", "266", &huge] {
            assert!(wrong.parse::<Percent>().unwrap_err().ends_with(PERCENTAGE), "{wrong}");
            assert!(toml::from_str::<File>(&format!("share = '{wrong}'")).is_err(), "{wrong}");
        }
        for wrong in ["0", "101", "-1", "266", "0.5", "true", "[10]"] {
            let error = toml::from_str::<File>(&format!("share = {wrong}")).err().unwrap();
            assert!(error.to_string().contains(PERCENTAGE), "{wrong}: {error}");
        }
    }

    #[test]
    fn spans_have_a_unit() {
        for (text, micros) in [("0", 0), ("10ms", 10_000), ("500us", 500), ("2s", 2_000_000)] {
            assert_eq!(text.parse(), Ok(TimeSpan(Duration::from_micros(micros))), "{text}");
        }
        for wrong in ["", "10", "ms", "-1s", "1 parsec"] {
            assert!(wrong.parse::<TimeSpan>().is_err(), "{wrong}");
        }
        assert_eq!(TimeSpan(Duration::from_millis(10)).to_string(), "10ms");
    }
}
