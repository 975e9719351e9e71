//! Numbers and times as people read them.

use std::fmt;

/// A time as people read it.
#[derive(Clone, Copy, Debug)]
pub struct Nanoseconds(pub u64);

impl fmt::Display for Nanoseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit_ns, unit) = match self.0 {
            0..1_000 => return write!(f, "{} ns", self.0),
            1_000..1_000_000 => (1_000, "us"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        write!(f, "{}.{} {unit}", self.0 / unit_ns, self.0 % unit_ns * 10 / unit_ns)
    }
}

/// How many a second `count` in so many nanoseconds are.
pub fn per_second(count: u64, elapsed_ns: u64) -> u64 {
    let scaled = u128::from(count) * 1_000_000_000 / u128::from(elapsed_ns.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// A number with its thousands set apart; as it is beyond 64 bits.
pub fn grouped_wide(number: u128) -> String {
    u64::try_from(number).map_or_else(|_wide| number.to_string(), grouped)
}

/// A number with its thousands set apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn times_have_a_unit_and_one_decimal() {
        for (ns, text) in
            [(7, "7 ns"), (1_250, "1.2 us"), (90_000_000, "90.0 ms"), (61_500_000_000, "61.5 s")]
        {
            assert_eq!(Nanoseconds(ns).to_string(), text);
        }
    }
}
