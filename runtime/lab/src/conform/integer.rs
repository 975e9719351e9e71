//! Integers of any size, as scenario files have them, and the engine's fields that take them.

use super::json::{Raw, expected};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// An integer of any size; beyond 128 bits the nearest that has so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Integer(pub(super) i128);

impl Integer {
    /// The nearest number that a field of 64 bits holds.
    pub(super) fn nearest(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }

    /// The number, or one that is too large for everything.
    pub(super) fn or_too_large(self) -> u64 {
        u64::try_from(self.0).unwrap_or(u64::MAX)
    }

    /// The nearest number that a field of 32 bits holds.
    pub(super) fn nearest_32(self) -> u32 {
        u32::try_from(self.0.max(0)).unwrap_or(u32::MAX)
    }
}

impl<N: Into<i128>> From<N> for Integer {
    fn from(number: N) -> Self {
        Self(number.into())
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let text = raw.get();
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(expected("an integer", raw));
        }
        let nearest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
        Ok(Self(text.parse().unwrap_or(nearest)))
    }
}

/// A number of things as a length.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).expect("addresses have 32 bits or more")
}
