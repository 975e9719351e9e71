//! The mix flow: seeded adds, cancels and aggressive orders around a wandering price, and the
//! trades that a right book makes of them.

use crate::floor::Trades;
use highwater::types::Side;
use highwater_flows::random::Random;
use std::collections::{BTreeMap, VecDeque};

/// What the flow does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It comes in.
    Add,
    /// It is canceled.
    Cancel,
    /// It is canceled and comes in again, with another price and quantity.
    Replace,
}

/// One operation of a flow: 32 bytes, whatever engine reads it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Operation {
    /// Names the order; counts from 1.
    pub order: u64,
    /// In ticks; of a cancel 0.
    pub price: u32,
    /// In lots; of a cancel 0.
    pub quantity: u32,
    /// What is done.
    pub deed: Deed,
    /// The order's side.
    pub side: Side,
    /// Whether what does not trade at once is canceled.
    pub is_immediate: bool,
    /// Fills the 32 bytes.
    pub reserved: [u64; 1],
}

const _: () = assert!(size_of::<Operation>() == 32, "as large as the flow files' records");

/// Where a flow quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Within 100 ticks of a middle that wanders among 2,000 ticks.
    Mix,
    /// Within 2,000 ticks of a middle that runs up and down 100,000 ticks, a tick an operation.
    Swing,
    /// Within 30 ticks of a middle that stands still.
    Dense,
    /// Half within 12 ticks of the middle, half anywhere within a million.
    Far,
}

/// What a flow is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Operations, those that fill the book first not counted.
    pub operations: usize,
    /// Open orders, about.
    pub live: u32,
    /// Where it quotes.
    pub place: Place,
    /// Seed of the generator.
    pub seed: u64,
    /// Whether aggressive orders are immediate or cancel.
    pub is_immediate: bool,
    /// Replaces among 100 operations.
    pub replace_percent: u32,
}

impl Shape {
    /// The mix: 48 % adds, 42 % cancels, 10 % aggressive.
    pub const fn mix(live: u32) -> Self {
        let (operations, seed) = (2_000_000, 20_240_607);
        let place = Place::Mix;
        Self { operations, live, place, seed, is_immediate: false, replace_percent: 0 }
    }
}

/// A flow and its right result.
#[derive(Debug)]
pub struct Flow {
    /// All operations.
    pub operations: Vec<Operation>,
    /// How many of them only fill the book.
    pub preload: usize,
    /// Above every order's number.
    pub order_end: u64,
    /// The trades that they make.
    pub trades: Trades,
}

impl Flow {
    /// Makes the flow with a naive book beside it.
    ///
    /// # Panics
    ///
    /// When the naive book contradicts itself.
    pub fn new(shape: &Shape) -> Self {
        let mut maker = Maker::new(shape);
        while maker.live.len() < index(shape.live) {
            maker.step(Maker::passive);
        }
        let preload = maker.operations.len();
        for _ in 0..shape.operations {
            maker.step(Maker::draw);
        }
        Self {
            operations: maker.operations,
            preload,
            order_end: maker.order_next,
            trades: maker.trades,
        }
    }
}

fn side(random: &mut Random) -> Side {
    if random.number() & 1 == 1 { Side::Sell } else { Side::Buy }
}

/// An order of the naive book.
#[derive(Clone, Copy)]
struct Open {
    side: Side,
    price: u32,
    remaining: u32,
    /// Its place among the live ones.
    place: usize,
}

/// Prices and the orders at them, first come first.
type Levels = BTreeMap<u32, VecDeque<u64>>;

/// The generator and its naive book.
struct Maker<'s> {
    shape: &'s Shape,
    random: Random,
    middle: u32,
    order_next: u64,
    operations: Vec<Operation>,
    bids: Levels,
    asks: Levels,
    open: Vec<Open>,
    /// The open orders, in no order that means anything.
    live: Vec<u64>,
    trades: Trades,
}

impl<'s> Maker<'s> {
    fn new(shape: &'s Shape) -> Self {
        Self {
            shape,
            random: Random::from_seed(shape.seed),
            middle: 10_000,
            order_next: 1,
            operations: Vec::new(),
            bids: Levels::new(),
            asks: Levels::new(),
            open: vec![Open { side: Side::Buy, price: 0, remaining: 0, place: 0 }],
            live: Vec::new(),
            trades: Trades::default(),
        }
    }

    /// Executes the next operation, which `draw` makes of a number.
    fn step(&mut self, draw: impl Fn(&mut Self, u32) -> Operation) {
        self.move_middle();
        let drawn = self.random.below(10_000);
        let operation = draw(self, drawn);
        self.operations.push(operation);
        match operation.deed {
            Deed::Add => self.submit(&operation),
            Deed::Cancel => self.unlink(operation.order),
            Deed::Replace => {
                self.unlink(operation.order);
                self.submit(&operation);
            }
        }
    }

    fn move_middle(&mut self) {
        let drawn = self.random.below(64);
        match self.shape.place {
            Place::Mix => match drawn {
                0 if self.middle < 11_000 => self.middle += 1,
                1 if self.middle > 9_000 => self.middle -= 1,
                _ => {}
            },
            Place::Swing => {
                let phase = u32::try_from(self.operations.len() % 200_000).expect("32 bits");
                self.middle = 10_000 + phase.min(200_000 - phase);
            }
            Place::Dense => {}
            Place::Far => self.middle = 2_000_000,
        }
    }

    /// Draws one operation: 1,000 of 10,000 are aggressive, and the more adds there are, the fewer
    /// orders are open.
    fn draw(&mut self, drawn: u32) -> Operation {
        let live = i64::try_from(self.live.len()).expect("fewer orders");
        let wanted = i64::from(self.shape.live);
        let pull = (1_500 * (wanted - live) / wanted).clamp(-3_000, 3_000);
        let replaces = i64::from(self.shape.replace_percent) * 100;
        let adds = 4_850 + pull - replaces / 2;
        match i64::from(drawn) {
            drawn if drawn < 1_000 => self.aggressive(),
            drawn if drawn < 1_000 + replaces && live > 0 => self.replace(),
            drawn if drawn < 1_000 + replaces + adds || live == 0 => self.passive(0),
            _ => self.cancel(),
        }
    }

    /// An order that trades, up to 5 ticks beyond the best price.
    fn aggressive(&mut self) -> Operation {
        let side = side(&mut self.random);
        let Some(best) = self.best_opposite(side) else { return self.passive(0) };
        let beyond = self.random.below(6);
        let price = match side {
            Side::Buy => best + beyond,
            Side::Sell => best - beyond,
        };
        let mut quantity = 1 + self.random.below(50);
        if self.random.below(10) == 0 {
            quantity *= 5;
        }
        Operation { is_immediate: self.shape.is_immediate, ..self.add(side, price, quantity) }
    }

    /// An order that does not trade: most of them are near the middle.
    fn passive(&mut self, _: u32) -> Operation {
        let side = side(&mut self.random);
        let drawn = self.random.number();
        let ticks = match (self.shape.place, drawn % 10) {
            (Place::Mix, 0..6) | (Place::Far, 0..5) => 12,
            (Place::Mix, 6..9) => 40,
            (Place::Mix, _) => 100,
            (Place::Swing, _) => 2_000,
            (Place::Dense, _) => 30,
            (Place::Far, _) => 1_000_000,
        };
        let distance = u32::try_from((drawn >> 8) % ticks).expect("a small number");
        let price = self.beside(side, distance);
        let quantity = 1 + self.random.below(100);
        self.add(side, price, quantity)
    }

    fn add(&mut self, side: Side, price: u32, quantity: u32) -> Operation {
        let order = self.order_next;
        self.order_next += 1;
        // Until it rests, a place for it.
        self.open.push(Open { side, price, remaining: 0, place: 0 });
        let (deed, reserved) = (Deed::Add, [0]);
        Operation { order, price, quantity, deed, side, is_immediate: false, reserved }
    }

    fn cancel(&mut self) -> Operation {
        let order = self.pick();
        let side = self.order(order).side;
        let (deed, reserved) = (Deed::Cancel, [0]);
        Operation { order, price: 0, quantity: 0, deed, side, is_immediate: false, reserved }
    }

    fn replace(&mut self) -> Operation {
        let order = self.pick();
        let side = self.order(order).side;
        let distance = self.random.below(20);
        let price = self.beside(side, distance);
        let quantity = 1 + self.random.below(100);
        let (deed, reserved) = (Deed::Replace, [0]);
        Operation { order, price, quantity, deed, side, is_immediate: false, reserved }
    }

    /// The price so far from the middle that does not trade.
    fn beside(&self, side: Side, distance: u32) -> u32 {
        let best = self.best_opposite(side);
        match side {
            Side::Buy => {
                let price = self.middle - 1 - distance;
                best.map_or(price, |ask| price.min(ask - 1))
            }
            Side::Sell => {
                let price = self.middle + 1 + distance;
                best.map_or(price, |bid| price.max(bid + 1))
            }
        }
    }

    /// One of the open orders.
    fn pick(&mut self) -> u64 {
        let count = u32::try_from(self.live.len()).expect("fewer orders");
        self.live[index(self.random.below(count))]
    }

    /// The best price that an order of `side` can trade at.
    fn best_opposite(&self, side: Side) -> Option<u32> {
        let best = match side {
            Side::Buy => self.asks.first_key_value(),
            Side::Sell => self.bids.last_key_value(),
        };
        best.map(|(price, _)| *price)
    }

    fn levels(&mut self, side: Side) -> &mut Levels {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    fn order(&mut self, order: u64) -> &mut Open {
        &mut self.open[usize::try_from(order).expect("fewer orders")]
    }

    /// Trades an order, and lets the rest rest.
    fn submit(&mut self, operation: &Operation) {
        let Operation { order, price, side, is_immediate, .. } = *operation;
        let mut remaining = operation.quantity;
        while remaining > 0 {
            let reaches = |best: &u32| match side {
                Side::Buy => *best <= price,
                Side::Sell => *best >= price,
            };
            let Some(best) = self.best_opposite(side).filter(reaches) else { break };
            let maker = self.levels(side.opposite())[&best][0];
            let open = self.order(maker);
            let traded = remaining.min(open.remaining);
            open.remaining -= traded;
            let is_filled = open.remaining == 0;
            remaining -= traded;
            self.trades.add(maker, order, best, u64::from(traded));
            if is_filled {
                self.unlink(maker);
            }
        }
        if remaining > 0 && !is_immediate {
            let place = self.live.len();
            *self.order(order) = Open { side, price, remaining, place };
            self.live.push(order);
            self.levels(side).entry(price).or_default().push_back(order);
        }
    }

    /// Takes an open order out.
    fn unlink(&mut self, order: u64) {
        let Open { side, price, place, .. } = *self.order(order);
        let levels = self.levels(side);
        let queue = levels.get_mut(&price).expect("its level");
        queue.retain(|queued| *queued != order);
        if queue.is_empty() {
            levels.remove(&price);
        }
        self.live.swap_remove(place);
        if let Some(moved) = self.live.get(place).copied() {
            self.order(moved).place = place;
        }
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).expect("at least 32 bits")
}

#[cfg(test)]
mod tests {
    use super::{Flow, Shape};
    use crate::floor::{Floor, Trades};

    /// What the generator that the mix was first described by makes of the same seeds.
    const KNOWN: [(u32, bool, u32, Trades); 4] = [
        (1_000, false, 0, known(3_374, 71_807, 0x5f3d_1a16_bbfa_9c95)),
        (10_000, false, 0, known(3_417, 72_452, 0x1b1a_f9d1_7f04_aa1d)),
        (1_000, true, 20, known(3_420, 73_735, 0x795a_f512_c714_42a8)),
        (10_000, true, 20, known(3_446, 73_731, 0x6f56_24ac_35ed_ba97)),
    ];

    const fn known(count: u64, volume: u64, hash: u64) -> Trades {
        Trades { count, volume, hash }
    }

    #[test]
    fn the_flows_are_the_known_ones() {
        for (live, is_immediate, replace_percent, trades) in KNOWN {
            let shape =
                Shape { operations: 20_000, is_immediate, replace_percent, ..Shape::mix(live) };
            let flow = Flow::new(&shape);
            assert_eq!(flow.trades, trades);
            let mut floor = Floor::new(flow.order_end);
            flow.operations.iter().for_each(|operation| floor.apply(operation));
            assert_eq!(floor.trades(), trades);
        }
    }
}
