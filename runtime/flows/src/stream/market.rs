//! One instrument of the stream: where its middle is, and at what prices and in what quantities
//! people order.

use crate::random::Random;
use highwater::types::{Lots, Side, Symbol, Ticks};

/// The stream's instruments, in the order of their numbers; invented.
pub const SYMBOLS: [&str; 4] = ["AURORA", "BOREAL", "CINDER", "DRIFT"];

/// Where the middles begin, in ticks.
const MIDDLES: [u32; SYMBOLS.len()] = [10_000, 25_000, 6_000, 120_000];

/// Furthest distance from the middle that anybody orders at, in ticks.
const DISTANCE_MAX: u32 = 2_000;
/// Half of the passive orders stand at most this far from the middle, in ticks.
const DISTANCE_MEDIAN: u32 = 4;

/// Largest quantity of an ordinary order, in lots.
const QUANTITY_ORDINARY_MAX: u32 = 500;

// A middle may fall by a quarter; the furthest buyer still names a valid price.
const _: () = assert!(MIDDLES[2] / 4 * 3 > DISTANCE_MAX + 64);

/// One instrument.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimulatedMarket {
    pub(super) symbol: Symbol,
    /// The middle of the walk, in ticks.
    start: u32,
    /// Where people think that the price is, in ticks.
    middle: u32,
}

/// An order that is meant to trade.
pub(super) struct Limit {
    pub(super) side: Side,
    pub(super) price: Ticks,
    pub(super) quantity: Lots,
}

/// The instruments' symbols.
pub(super) fn symbols() -> [Symbol; SYMBOLS.len()] {
    SYMBOLS.map(|name| Symbol::new(name.as_bytes()).expect("the names are short"))
}

impl SimulatedMarket {
    /// All instruments, as they are at the beginning of an epoch.
    pub(super) fn all() -> [Self; SYMBOLS.len()] {
        let symbols = symbols();
        std::array::from_fn(|at| Self {
            symbol: symbols[at],
            start: MIDDLES[at],
            middle: MIDDLES[at],
        })
    }

    /// One step of the middle's walk, which stays within a quarter of where it began.
    pub(super) fn walk(&mut self, random: &mut Random) {
        match random.below(64) {
            0 => self.middle = (self.middle - 1).max(self.start / 4 * 3),
            1 => self.middle = (self.middle + 1).min(self.start / 4 * 5),
            _ => {}
        }
    }

    /// A price near the middle that does not cross the other side, whose best price is `other`.
    pub(super) fn passive_price(
        &self,
        side: Side,
        other: Option<u32>,
        random: &mut Random,
    ) -> Ticks {
        let distance = 1 + distance(random);
        Ticks(match side {
            Side::Buy => {
                let highest = other.map_or(u32::MAX, |ask| ask - 1);
                (self.middle - distance).min(highest).max(1)
            }
            Side::Sell => (self.middle + distance).max(other.map_or(1, |bid| bid + 1)),
        })
    }

    /// An order that crosses the other side's best price, if there is one; one in 32 is large and
    /// sweeps several levels.
    pub(super) fn aggressive(
        &self,
        bid: Option<u32>,
        ask: Option<u32>,
        random: &mut Random,
    ) -> Limit {
        // Prices that the middle has left behind are taken first.
        let side = if ask.is_some_and(|ask| ask <= self.middle) {
            Side::Buy
        } else if bid.is_some_and(|bid| bid >= self.middle) || random.chance(1, 2) {
            Side::Sell
        } else {
            Side::Buy
        };
        let is_large = random.chance(1, 32);
        let beyond = if is_large { 8 + random.below(24) } else { random.below(3) };
        let price = match side {
            Side::Buy => ask.unwrap_or(self.middle) + beyond,
            Side::Sell => bid.unwrap_or(self.middle).saturating_sub(beyond).max(1),
        };
        let Lots(ordinary) = quantity(random);
        let quantity = Lots(if is_large { ordinary * 16 } else { ordinary.div_ceil(2) });
        Limit { side, price: Ticks(price), quantity }
    }
}

/// Lots of an ordinary order, 1 to 500: a quarter are round lots, the rest is skewed to small ones.
pub(super) fn quantity(random: &mut Random) -> Lots {
    if random.chance(1, 4) {
        return Lots(u64::from(100 * (1 + random.below(3))));
    }
    let at_most = 1 + random.below(QUANTITY_ORDINARY_MAX);
    Lots(u64::from(1 + random.below(at_most)))
}

/// A distance in ticks, from 0, with a power-law tail: beyond `x` it is about as rare as 1 / x, as
/// on real venues (Bouchaud, Mezard, Potters: Statistical properties of stock order books, 2002).
fn distance(random: &mut Random) -> u32 {
    let part = 1 + random.below(1 << 16);
    ((DISTANCE_MEDIAN << 16) / part - DISTANCE_MEDIAN).min(DISTANCE_MAX)
}
