//! The plan of a load: when each request is due, and what it is.

use crate::client::commands::price;
use highwater_flows::random::Random;
use highwater_protocols::ouch::Side;
use highwater_protocols::{Alpha, WidePrice4};
use std::ops::RangeInclusive;
use std::str::FromStr;

const NS_PER_SECOND: u128 = 1_000_000_000;

/// How many requests a second are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// So many, all connections together.
    PerSecond(u64),
    /// As many as the window lets through.
    Max,
}

/// Requests a second are below this.
const RATE_END: u64 = 100_000_001;

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let number = text.parse().ok().filter(|number| (1..RATE_END).contains(number));
        let sentence = "not a number of requests a second from 1 to 100000000, or max";
        number.map(Self::PerSecond).ok_or_else(|| sentence.to_owned())
    }
}

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    New,
    Cancel,
    Replace,
}

/// How often each kind of request comes, as weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    new: u32,
    cancel: u32,
    replace: u32,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "not a mix, like new=70,cancel=20,replace=10".to_owned();
        let mut mix = Self { new: 0, cancel: 0, replace: 0 };
        for part in text.split(',') {
            let (name, weight) = part.split_once('=').ok_or_else(wrong)?;
            let weight: u32 = weight.parse().map_err(|_| wrong())?;
            let place = match name {
                "new" => &mut mix.new,
                "cancel" => &mut mix.cancel,
                "replace" => &mut mix.replace,
                _ => return Err(wrong()),
            };
            *place = weight;
        }
        if mix.new == 0 || [mix.new, mix.cancel, mix.replace].iter().any(|it| *it > 1_000_000) {
            return Err("a weight is at most 1000000, and that of new at least 1".to_owned());
        }
        Ok(mix)
    }
}

impl Mix {
    pub(super) fn choose(self, random: &mut Random) -> Kind {
        let chosen = random.below(self.new + self.cancel + self.replace);
        if chosen < self.new {
            Kind::New
        } else if chosen < self.new + self.cancel {
            Kind::Cancel
        } else {
            Kind::Replace
        }
    }
}

/// Shares of an order: a number, or a range like 1-500.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantities(RangeInclusive<u32>);

impl FromStr for Quantities {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        match (low.parse(), high.parse()) {
            (Ok(low), Ok(high)) if 1 <= low && low <= high && high <= 999_999 => {
                Ok(Self(low..=high))
            }
            _ => Err("not a quantity from 1 to 999999, or a range like 1-500".to_owned()),
        }
    }
}

/// Where orders are priced: whole ticks around a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prices {
    lowest: u64,
    tick: u64,
    count: u32,
}

impl Prices {
    /// Prices from `depth` ticks below `middle` to as many above it.
    ///
    /// # Errors
    /// One of them cannot be; a sentence that says so.
    pub(super) fn around(middle: &str, tick: &str, depth: u32) -> Result<Self, String> {
        let limit = |text: &str| match price(text)? {
            WidePrice4::MARKET => Err("--price and --tick are decimal numbers".to_owned()),
            limit => Ok(limit.0),
        };
        let (middle, tick) = (limit(middle)?, limit(tick)?);
        let reach = tick.saturating_mul(depth.into());
        let lowest = middle.checked_sub(reach).filter(|lowest| *lowest > 0 && tick > 0);
        let is_too_high = middle.saturating_add(reach) >= WidePrice4::MARKET.0;
        match (lowest, depth.checked_mul(2).and_then(|twice| twice.checked_add(1))) {
            (Some(lowest), Some(count)) if !is_too_high => Ok(Self { lowest, tick, count }),
            _ => {
                Err("--price, and --depth times --tick around it, are no prices: they are above 0 \
                      and below 214748.3647, and --tick is above 0"
                    .to_owned())
            }
        }
    }

    pub(super) fn choose(self, random: &mut Random) -> WidePrice4 {
        WidePrice4(self.lowest + self.tick * u64::from(random.below(self.count)))
    }
}

/// A plan.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) start_ns: u64,
    pub(super) rate: Rate,
    /// Connections.
    pub(super) lanes: u64,
    /// Requests that are due in the whole time.
    pub(super) count: u64,
    pub(super) window: usize,
    pub(super) mix: Mix,
    pub(super) symbols: Vec<Alpha<8>>,
    pub(super) quantities: Quantities,
    pub(super) prices: Prices,
}

impl Plan {
    /// How many requests are due in so many nanoseconds.
    pub(super) fn count_in(rate: Rate, duration_ns: u64) -> u64 {
        match rate {
            Rate::Max => u64::MAX,
            Rate::PerSecond(rate) => {
                let count = u128::from(duration_ns) * u128::from(rate) / NS_PER_SECOND;
                u64::try_from(count).unwrap_or(u64::MAX)
            }
        }
    }

    /// Requests that are due by now.
    pub(super) fn due_by(&self, now_ns: u64) -> u64 {
        let passed_ns = now_ns.saturating_sub(self.start_ns);
        // The first is due at the start.
        Self::count_in(self.rate, passed_ns).saturating_add(1).min(self.count)
    }

    /// When a request is due, of those of all connections; `None` with the highest rate.
    pub(super) fn due_ns(&self, index: u64) -> Option<u64> {
        match self.rate {
            Rate::Max => None,
            Rate::PerSecond(rate) => {
                // Rounded up, so that what is due by a time is due at it.
                let after_ns = (u128::from(index) * NS_PER_SECOND).div_ceil(u128::from(rate));
                Some(self.start_ns.saturating_add(u64::try_from(after_ns).unwrap_or(u64::MAX)))
            }
        }
    }

    pub(super) fn symbol(&self, random: &mut Random) -> Alpha<8> {
        self.symbols[random.below_usize(self.symbols.len())]
    }

    pub(super) fn quantity(&self, random: &mut Random) -> u32 {
        let (low, high) = (*self.quantities.0.start(), *self.quantities.0.end());
        low + random.below(high - low + 1)
    }

    pub(super) fn side(random: &mut Random) -> Side {
        if random.chance(1, 2) { Side::Buy } else { Side::Sell }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused() {
        for text in ["0", "-1", "1.5", "fast", "100000001", ""] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        for text in
            ["", "new", "new=0", "cancel=5", "new=1,old=2", "new=-1", "new=1,", "new=9999999"]
        {
            assert!(text.parse::<Mix>().is_err(), "{text}");
        }
        for text in ["", "0", "5-1", "1-", "-", "1-1000000", "a"] {
            assert!(text.parse::<Quantities>().is_err(), "{text}");
        }
        for (middle, tick, depth) in [
            ("1", "0.1", 10),
            ("1", "0", 0),
            ("MKT", "1", 1),
            ("214748", "1", 1),
            ("1", "1", u32::MAX),
        ] {
            assert!(Prices::around(middle, tick, depth).is_err(), "{middle} {tick} {depth}");
        }
    }

    #[test]
    fn choices_are_within_what_was_asked_for_and_reach_its_ends() {
        let mut random = Random::from_seed(1);
        let prices = Prices::around("100", "0.01", 2).unwrap();
        let mut seen: Vec<u64> = (0..1_000).map(|_| prices.choose(&mut random).0).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [999_800, 999_900, 1_000_000, 1_000_100, 1_000_200]);
        let mix: Mix = "new=70,cancel=20,replace=10".parse().unwrap();
        let kinds: Vec<Kind> = (0..10_000).map(|_| mix.choose(&mut random)).collect();
        let count = |kind| kinds.iter().filter(|it| **it == kind).count();
        assert!((6_800..7_200).contains(&count(Kind::New)), "{}", count(Kind::New));
        assert!((1_850..2_150).contains(&count(Kind::Cancel)), "{}", count(Kind::Cancel));
    }

    #[test]
    fn requests_are_due_at_their_times() {
        let plan = |rate| Plan {
            start_ns: 1_000,
            rate,
            lanes: 2,
            count: Plan::count_in(rate, 2_000_000_000),
            window: 1,
            mix: "new=1".parse().unwrap(),
            symbols: vec![Alpha::BLANK],
            quantities: "1".parse().unwrap(),
            prices: Prices::around("1", "1", 0).unwrap(),
        };
        let three = plan(Rate::PerSecond(3));
        assert_eq!((three.count, three.due_by(0), three.due_by(1_000)), (6, 1, 1));
        for index in 0..three.count {
            let due_ns = three.due_ns(index).unwrap();
            assert_eq!(
                (three.due_by(due_ns), three.due_by(due_ns - 1).max(1)),
                (index + 1, index.max(1))
            );
        }
        assert_eq!(three.due_by(u64::MAX), 6, "no more than planned");
        assert_eq!(plan(Rate::Max).due_ns(5), None);
    }
}
