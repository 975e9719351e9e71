//! The default flow: an endless, realistic stream of commands that follows from a seed, the same on
//! every machine.
//!
//! It has no beginning that matters: it is one epoch of 2^18 commands again and again, each time
//! with new numbers and order ids. The epoch follows from the seed alone, and begins and ends with
//! no order open, as a trading day does. So the stream can be taken up at any client sequence for
//! the price of one epoch. While it draws the epoch it keeps a book of its own as its model, so
//! that it cancels, reduces and replaces only what is open: nothing that it sends is rejected. What
//! was drawn is kept, so that from then on a command costs next to nothing beside what an engine
//! does with it. It reads no clock and uses no floating point.

mod market;
mod open_orders;
#[cfg(test)]
mod tests;

use crate::flow::{FlowKind, FlowLine, name_of};
use crate::random::Random;
use highwater::book::Book;
use highwater::command::{Action, Command, Definition, FlowIdentity};
use highwater::types::{
    Capacities, ClientSequence, InstrumentId, Lots, OrderId, Price, SessionId, Side, Ticks,
};
pub use market::SYMBOLS;
use market::SimulatedMarket;
use open_orders::OpenOrders;

/// Commands of an epoch.
pub const EPOCH_COMMANDS: u64 = 1 << 18;

/// The seed of the stream where nobody gives one.
pub const SEED_DEFAULT: u64 = 1;

/// Changes whenever the same seed gives another stream, so that an old log is not continued with
/// it.
const STREAM_VERSION: u64 = 2;

/// Instruments of the stream.
const MARKETS: usize = SYMBOLS.len();

/// What the model can hold: several times what is ever open.
const CAPACITIES: Capacities = Capacities { orders: 1 << 13, instruments: 4, sessions: 2 };

/// Above so many open orders it only cancels.
const OPEN_MAX: u32 = CAPACITIES.orders - 64;

/// Open orders of an instrument in the middle of an epoch.
const OPEN_TARGET: u64 = 1_000;

/// Towards the end of an epoch no instrument is to have more open orders than commands are left,
/// divided by this.
const WIND_DOWN: u64 = 12;

/// The session whose commands the model takes these for.
const SESSION: SessionId = SessionId(1);

/// 09:30 in nanoseconds after midnight: the stream's first timestamp.
const START_NS: u64 = 34_200_000_000_000;
/// From one command to the next on average, in nanoseconds.
const INTERVAL_NS: u32 = 1_000;

/// The stream of a seed, from some client sequence on. It never ends.
///
/// The memory of its model, 2 MiB, is never given back: a process follows one stream or a few. An
/// epoch takes 16 MiB.
#[derive(Debug)]
pub struct Stream {
    /// Client sequence of the next command, from 1.
    next: u64,
    /// What was drawn of the epoch so far, in order.
    epoch: Vec<Drawn>,
    random: Random,
    book: Book<'static>,
    open: OpenOrders,
    markets: [SimulatedMarket; MARKETS],
}

/// What the next command is to be.
#[derive(Clone, Copy)]
enum Intent {
    Passive,
    Aggressive,
    Cancel,
    Reduce,
    Replace,
}

/// A command of the epoch. Its number, from 1, is its place in the epoch; ids are such numbers too.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    draft: Draft,
    market: u8,
    /// How much later it comes than its number says, in nanoseconds.
    jitter_ns: u32,
}

/// A command without its number and time.
#[derive(Clone, Copy, Debug)]
struct Draft {
    order: OrderId,
    /// The same, but of a Replace that changes the name.
    new_order: OrderId,
    kind: FlowKind,
    price: Ticks,
    quantity: Lots,
}

const _: () = assert!(size_of::<Drawn>() <= 64, "a command of the epoch takes one cache line");

impl Stream {
    /// The stream of `seed` from its first command, client sequence 1.
    pub fn new(seed: u64) -> Self {
        Self::starting_at(seed, ClientSequence(1))
    }

    /// The stream of `seed` from the command with client sequence `first` on (0 counts as 1), which
    /// costs the commands of its epoch before it: some 50 ms at most.
    ///
    /// # Panics
    ///
    /// Never: the memory is as large as the model needs.
    pub fn starting_at(seed: u64, first: ClientSequence) -> Self {
        let memory = vec![0; Book::bytes_needed(CAPACITIES)].leak();
        let next = first.0.max(1);
        let room = usize::try_from(EPOCH_COMMANDS).unwrap_or(0);
        let mut stream = Self {
            next,
            epoch: Vec::with_capacity(room),
            random: Random::new(seed, 0),
            book: Book::new(memory, CAPACITIES, seed).expect("the memory fits the model"),
            open: OpenOrders::new(),
            markets: SimulatedMarket::all(),
        };
        stream.define_instruments();
        for _ in 0..place_of(next) {
            stream.draw();
        }
        stream
    }

    /// What a log remembers of the stream of `seed`, so that it is not continued with another flow.
    pub fn identity(seed: u64) -> FlowIdentity {
        FlowIdentity {
            name: name_of(format!("stream of seed {seed}")),
            head_bytes: 0,
            head_hash: Random::new(seed, STREAM_VERSION).number(),
        }
    }

    /// The client sequence of the next command.
    pub const fn next_client_sequence(&self) -> ClientSequence {
        ClientSequence(self.next)
    }

    /// The next command.
    #[inline]
    pub fn next_line(&mut self) -> FlowLine {
        let drawn = match self.epoch.get(place_of(self.next)) {
            Some(drawn) => *drawn,
            None => self.draw(),
        };
        let line = self.line(self.next, &drawn);
        self.next += 1;
        line
    }

    /// Draws the epoch's next command, and keeps it.
    fn draw(&mut self) -> Drawn {
        let (market, intent) = self.choose();
        let draft = match intent {
            Intent::Passive => self.passive(market),
            Intent::Aggressive => self.aggressive(market),
            Intent::Cancel | Intent::Reduce | Intent::Replace => self.change(market, intent),
        };
        let jitter_ns = self.random.below(INTERVAL_NS);
        let drawn = Drawn { draft, market: u8::try_from(market).unwrap_or(u8::MAX), jitter_ns };
        self.apply(&self.line(self.number(), &drawn).command(SESSION, instrument_of(market)));
        self.epoch.push(drawn);
        drawn
    }

    /// The number of the command that is drawn next, from 1.
    fn number(&self) -> u64 {
        u64::try_from(self.epoch.len()).unwrap_or(u64::MAX) + 1
    }

    /// Names the instruments in the model.
    fn define_instruments(&mut self) {
        for (number, symbol) in (1..).zip(market::symbols()) {
            self.apply(&Command {
                session: SessionId::OPERATOR,
                client_sequence: ClientSequence(number),
                action: Action::DefineInstrument(Definition::open(symbol)),
            });
        }
    }

    fn apply(&mut self, command: &Command) {
        let sequence = self.book.last_sequence().next();
        self.book.apply(sequence, command, &mut self.open);
    }

    /// Draws who does what next.
    fn choose(&mut self) -> (usize, Intent) {
        // The commands that are left of the epoch, this one included.
        let left = EPOCH_COMMANDS + 1 - self.number();
        let open = self.book.open_order_count();
        let drawn = self.random.below_usize(MARKETS);
        // So many orders are open that the commands left are just enough to cancel them.
        let is_closing = u64::from(open) + 2 > left;
        if is_closing || open >= OPEN_MAX {
            let intent = if open == 0 { Intent::Aggressive } else { Intent::Cancel };
            return (self.open.longest(), intent);
        }
        self.markets[drawn].walk(&mut self.random);
        let target = (left / WIND_DOWN).min(OPEN_TARGET);
        (drawn, self.intent(drawn, target))
    }

    /// Draws what a market does next, so that about `target` of its orders are open in the long
    /// run.
    fn intent(&mut self, market: usize, target: u64) -> Intent {
        let open = self.open.count(market);
        let surplus = i64::try_from(open).unwrap_or(0) - i64::try_from(target).unwrap_or(0);
        let cancels = u32::try_from((380 + surplus).clamp(30, 850)).unwrap_or(0);
        let drawn = self.random.below(1_000);
        if open == 0 {
            Intent::Passive
        } else if drawn < 80 {
            Intent::Aggressive
        } else if drawn < 120 {
            Intent::Replace
        } else if drawn < 140 {
            Intent::Reduce
        } else if drawn < 140 + cancels {
            Intent::Cancel
        } else {
            Intent::Passive
        }
    }

    /// An order that joins its side of the book.
    fn passive(&mut self, market: usize) -> Draft {
        let side = if self.random.chance(1, 2) { Side::Buy } else { Side::Sell };
        let price = self.passive_price(market, side);
        let quantity = market::quantity(&mut self.random);
        let order = OrderId(self.number());
        Draft { order, new_order: order, kind: FlowKind::New { side }, price, quantity }
    }

    /// An order that trades at once, as far as there is somebody to trade with.
    fn aggressive(&mut self, market: usize) -> Draft {
        let best = |side| self.book.best(instrument_of(market), side).map(Price::ticks);
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        let limit = self.markets[market].aggressive(bid, ask, &mut self.random);
        let kind = if self.random.chance(1, 2) || self.is_last() {
            FlowKind::Ioc { side: limit.side }
        } else {
            FlowKind::New { side: limit.side }
        };
        let order = OrderId(self.number());
        let (price, quantity) = (limit.price, limit.quantity);
        Draft { order, new_order: order, kind, price, quantity }
    }

    /// A cancel, reduce or replace of an order that is open.
    ///
    /// # Panics
    ///
    /// When the list of open orders and the model disagree: our bug.
    fn change(&mut self, market: usize, intent: Intent) -> Draft {
        let order = self.open.pick(market, &mut self.random);
        let found = self.book.order(instrument_of(market), order).expect("a listed order is open");
        let (side, remaining) = (Some(found.side), found.remaining.lots());
        let mut new_order = order;
        let (kind, price, quantity) = match intent {
            Intent::Replace => {
                if !self.random.chance(1, 4) {
                    new_order = OrderId(self.number());
                }
                let price = self.passive_price(market, found.side);
                let quantity = market::quantity(&mut self.random);
                (FlowKind::Replace { side }, price, quantity)
            }
            Intent::Reduce => {
                let half = u32::try_from(remaining / 2).unwrap_or(u32::MAX);
                let by = Lots(1 + u64::from(self.random.below(half)));
                (FlowKind::Reduce { side }, found.price.into(), by)
            }
            Intent::Passive | Intent::Aggressive | Intent::Cancel => {
                (FlowKind::Cancel { side }, found.price.into(), Lots(remaining))
            }
        };
        Draft { order, new_order, kind, price, quantity }
    }

    fn passive_price(&mut self, market: usize, side: Side) -> Ticks {
        let other = self.book.best(instrument_of(market), side.opposite());
        let other = other.map(Price::ticks);
        self.markets[market].passive_price(side, other, &mut self.random)
    }

    /// Whether this is the epoch's last command, of which nothing may rest.
    fn is_last(&self) -> bool {
        self.number() == EPOCH_COMMANDS
    }

    /// A command of the epoch as the stream's command `number`.
    #[inline]
    fn line(&self, number: u64, drawn: &Drawn) -> FlowLine {
        // What the epochs before have used up.
        let used = (number - 1) / EPOCH_COMMANDS * EPOCH_COMMANDS;
        let Drawn { draft, market, jitter_ns } = drawn;
        let id = |OrderId(place): OrderId| OrderId(place + used);
        let passed_ns = number.saturating_mul(u64::from(INTERVAL_NS));
        FlowLine {
            line: number.saturating_add(1),
            client_sequence: ClientSequence(number),
            timestamp_ns: START_NS.saturating_add(passed_ns).saturating_add(u64::from(*jitter_ns)),
            symbol: self.markets[usize::from(*market)].symbol,
            order: id(draft.order),
            new_order: id(draft.new_order),
            kind: draft.kind,
            price: draft.price,
            quantity: draft.quantity,
        }
    }
}

impl Iterator for Stream {
    type Item = FlowLine;

    fn next(&mut self) -> Option<FlowLine> {
        Some(self.next_line())
    }
}

/// The place in the epoch of the command with client sequence `next`, from 0.
fn place_of(next: u64) -> usize {
    usize::try_from((next - 1) % EPOCH_COMMANDS).unwrap_or(0)
}

/// The model's number of a market's instrument.
fn instrument_of(market: usize) -> InstrumentId {
    InstrumentId(u32::try_from(market).unwrap_or(u32::MAX))
}
