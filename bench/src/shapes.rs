//! Market shapes: orders near a middle that stands still, of which few trade, or one that drifts,
//! swings or crashes, and runs through those that rest ahead of it.

use crate::SEED;
use crate::book_flow::define_instruments;
use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::event::{Event, EventKind};
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    SessionId, Side, Ticks, TimeInForce,
};
use highwater_flows::random::Random;
use std::f64::consts::PI;
use std::ops::Range;

/// The way of the middle of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It stands still.
    Static,
    /// It swings by 2 %.
    Normal,
    /// It swings by 25 %.
    Swing25,
    /// It swings by 40 %.
    Swing40,
    /// It falls by 60 % within a hundredth of the flow, and comes back in a tenth.
    FlashCrash,
}

/// Where the middle begins, in ticks.
const MIDDLE: f64 = 100_000.0;
/// Open orders that the flow begins with and keeps.
const LIVE: usize = 4_000;
/// The furthest distance from the middle, in ticks.
const DISTANCE_MAX: f64 = 2_000.0;
const INSTRUMENT: InstrumentId = InstrumentId(0);
const ACCOUNT: AccountId = AccountId(7);
/// What a book for these flows has to hold.
pub const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 4 };

impl Shape {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Static, Self::Normal, Self::Swing25, Self::Swing40, Self::FlashCrash];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Normal => "normal",
            Self::Swing25 => "swing-25",
            Self::Swing40 => "swing-40",
            Self::FlashCrash => "flash-crash",
        }
    }

    /// The middle when `part` of the flow (0 to 1) is over, in ticks.
    fn middle(self, part: f64) -> f64 {
        let swing = |by: f64| MIDDLE * (1.0 + by * (2.0 * PI * 4.0 * part).sin());
        match self {
            Self::Static => MIDDLE,
            Self::Normal => swing(0.02),
            Self::Swing25 => swing(0.25),
            Self::Swing40 => swing(0.40),
            Self::FlashCrash => {
                let fallen = ((part - 0.5) / 0.01).clamp(0.0, 1.0);
                let risen = ((part - 0.51) / 0.1).clamp(0.0, 1.0);
                MIDDLE * (1.0 - 0.6 * (fallen - risen))
            }
        }
    }
}

/// The commands of a shape, and how many of them only fill the book.
///
/// Of 100 commands 20 change an order, 40 are new, of which 6 are immediate or cancel, and 40
/// cancel; while fewer than 4,000 orders are open, these 40 rest another one instead. Without that
/// the book would soon be empty, because trades and immediate orders take their part. A book beside
/// the generator tells it which orders are still open.
///
/// # Panics
/// When the book contradicts itself.
pub fn commands(shape: Shape, count: usize) -> (Vec<Command>, usize) {
    commands_within(shape, count, 0..count)
}

/// As [`commands`], but only those numbered `within` a flow of `count`. A short flow of its own
/// would swing as far within fewer commands: here the middle moves as fast as in the whole one.
///
/// # Panics
/// When the book contradicts itself.
pub fn commands_within(shape: Shape, count: usize, within: Range<usize>) -> (Vec<Command>, usize) {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("the memory is large enough");
    define_instruments(&mut book, 1);
    let mut maker =
        Maker { shape, random: Random::from_seed(SEED), live: Vec::new(), places: vec![NONE] };
    let mut made = Vec::with_capacity(within.len() + LIVE);
    for number in 0..LIVE + within.len() {
        let part = part_of(within.start + number.saturating_sub(LIVE), count);
        let action = if number < LIVE { maker.passive(part) } else { maker.draw(part) };
        let client_sequence = ClientSequence(number as u64 + 1);
        let command = Command { session: SessionId(1), client_sequence, action };
        let sequence = book.last_sequence().next();
        book.apply(sequence, &command, &mut |event: &Event| maker.hear(event));
        made.push(command);
    }
    (made, LIVE)
}

#[expect(clippy::cast_precision_loss, reason = "flows are short")]
fn part_of(number: usize, count: usize) -> f64 {
    number as f64 / count as f64
}

/// An open order.
#[derive(Clone, Copy)]
struct Open {
    order: OrderId,
    side: Side,
}

struct Maker {
    shape: Shape,
    /// Of the random numbers.
    random: Random,
    live: Vec<Open>,
    /// Where each order stands among the live ones, by its number; [`NONE`] when it does not.
    places: Vec<usize>,
}

const NONE: usize = usize::MAX;

impl Maker {
    fn draw(&mut self, part: f64) -> Action {
        match self.random.below(100) {
            _ if self.live.is_empty() => self.passive(part),
            0..20 => self.replace(part),
            20..60 if self.random.below(100) < 15 => self.immediate(part),
            20..60 => self.passive(part),
            _ if self.live.len() < LIVE => self.passive(part),
            _ => self.cancel(),
        }
    }

    fn passive(&mut self, part: f64) -> Action {
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let price = self.price(side, part);
        self.new_order(side, price, TimeInForce::GoodTillCancel)
    }

    /// An order that takes what is best on the other side.
    fn immediate(&mut self, part: f64) -> Action {
        let side = if self.random.below(2) == 0 { Side::Buy } else { Side::Sell };
        let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
        let price = self.price(other, part);
        self.new_order(side, price, TimeInForce::ImmediateOrCancel)
    }

    fn new_order(&mut self, side: Side, price: Ticks, time_in_force: TimeInForce) -> Action {
        let order = OrderId(self.places.len() as u64);
        self.places.push(NONE);
        Action::New(NewOrder {
            instrument: INSTRUMENT,
            order,
            account: ACCOUNT,
            side,
            order_type: OrderType::Limit,
            time_in_force,
            price,
            quantity: Lots(1 + u64::from(self.random.below(100))),
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        })
    }

    fn replace(&mut self, part: f64) -> Action {
        let place = self.place();
        let Open { order, side } = self.live[place];
        Action::Replace(ReplaceOrder {
            instrument: INSTRUMENT,
            order,
            new_order: order,
            account: ACCOUNT,
            rule: ReplaceRule::Modify,
            price: self.price(side, part),
            sizing: ReplaceSizing::Open,
            quantity: Lots(1 + u64::from(self.random.below(100))),
            trigger: Ticks(0),
            client_bytes: ClientBytes::EMPTY,
        })
    }

    fn cancel(&mut self) -> Action {
        let place = self.place();
        let order = self.live[place].order;
        Action::Cancel { instrument: INSTRUMENT, order, account: ACCOUNT }
    }

    fn place(&mut self) -> usize {
        let count = u32::try_from(self.live.len()).expect("few orders are live");
        usize::try_from(self.random.below(count)).expect("a place in memory")
    }

    /// A price on its own side of the middle, whose distance has a power-law tail.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a price in ticks")]
    fn price(&mut self, side: Side, part: f64) -> Ticks {
        let uniform = f64::from(self.random.below(u32::MAX) + 1) / f64::from(u32::MAX);
        let distance = uniform.powf(-1.0 / 1.5).min(DISTANCE_MAX);
        let middle = self.shape.middle(part);
        let price = if side == Side::Buy { middle - distance } else { middle + distance };
        Ticks(price.round().max(1.0) as u32)
    }

    /// Follows which orders are open.
    fn hear(&mut self, event: &Event) {
        if let EventKind::Rested { order, side, .. } = event.kind {
            self.close(order);
            self.places[place_of(order)] = self.live.len();
            self.live.push(Open { order, side });
        } else if let EventKind::Trade { maker: order, maker_remaining: Lots(0), .. }
        | EventKind::Canceled { order, .. }
        | EventKind::Replaced { order, kept_priority: false, .. } = event.kind
        {
            self.close(order);
        }
    }

    fn close(&mut self, order: OrderId) {
        let place = std::mem::replace(&mut self.places[place_of(order)], NONE);
        if place != NONE {
            self.live.swap_remove(place);
            if let Some(moved) = self.live.get(place) {
                self.places[place_of(moved.order)] = place;
            }
        }
    }
}

fn place_of(order: OrderId) -> usize {
    usize::try_from(order.0).expect("orders are counted from 1")
}
