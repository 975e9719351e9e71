//! Seeded commands of every kind, in a market that lives: what the logs of earlier versions hold.
#![expect(clippy::missing_panics_doc, reason = "its numbers are small")]

use crate::program::Random;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Control, Definition, FlowIdentity, MassCancel,
    NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, Notional,
    OrderId, OrderType, ReplaceRule, SelfTrade, SessionId, Side, Symbol, Ticks, TimeInForce,
};

/// What the engine may hold.
pub const CAPACITIES: Capacities = Capacities { orders: 4_096, instruments: 8, sessions: 8 };

/// Instruments that are defined; orders name one more, which is not.
const INSTRUMENTS: u64 = 6;

/// Draws commands, one after the other.
#[derive(Debug)]
pub struct EveryKind {
    random: Random,
    /// The last client sequence of each session.
    last: [u64; CAPACITIES.sessions as usize],
    /// The highest order id that was used.
    newest: u64,
    /// The engine's clock.
    now_ns: u64,
    drawn: u64,
}

impl EveryKind {
    /// The commands of this seed.
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), last: [0; 8], newest: 0, now_ns: 1_000, drawn: 0 }
    }

    /// The commands of this seed that may stand behind others: none sets the market up, and its
    /// sessions go on above this client sequence.
    pub fn behind(seed: u64, last: u64) -> impl Iterator<Item = Command> {
        let mut commands = Self { last: [last; 8], newest: last, drawn: 8, ..Self::new(seed) };
        std::iter::repeat_with(move || commands.draw())
    }

    /// The next command.
    pub fn draw(&mut self) -> Command {
        self.drawn += 1;
        let number = self.drawn;
        let is_operators = self.one_in(12);
        let (session, action) = match number {
            1 => (0, Action::Configure(CAPACITIES)),
            2..8 => (0, Self::define(number - 2)),
            8 => (0, Action::BindFlow(flow(1))),
            _ if is_operators => (0, self.operators()),
            _ => (1 + self.below(7), self.clients()),
        };
        let last = &mut self.last[usize::try_from(session).unwrap()];
        // A session may leave numbers out.
        *last += 1 + u64::from(self.drawn.is_multiple_of(97));
        let client_sequence = ClientSequence(*last);
        let session = SessionId(u16::try_from(session).unwrap());
        Command { session, client_sequence, action }
    }

    fn clients(&mut self) -> Action {
        let (instrument, order, account) = (self.instrument(), self.order(), self.account());
        match self.below(100) {
            0..56 => Action::New(self.new_order()),
            56..70 => Action::Cancel { instrument, order, account },
            70..80 => {
                let by = Lots(self.below(8));
                Action::Reduce { instrument, order, account, by }
            }
            80..98 => Action::Replace(self.replace()),
            98 => Action::MassCancel(self.mass_cancel()),
            // Said by who may not.
            _ => self.operators(),
        }
    }

    fn operators(&mut self) -> Action {
        let instrument = self.instrument();
        match self.below(100) {
            0..58 => Action::Control { instrument, control: self.control() },
            58..72 => {
                self.now_ns += self.below(5_000);
                Action::Clock { now_ns: self.now_ns }
            }
            72..75 => Action::EndOfDay,
            75..83 => Action::SetBand { instrument, band: self.band() },
            83..88 => {
                let session = SessionId(u16::try_from(self.below(9)).unwrap());
                let most = [40, 200, u32::MAX][usize::try_from(self.below(3)).unwrap()];
                Action::LimitSession { session, open_orders_max: most }
            }
            88..90 => Action::MassCancel(self.mass_cancel()),
            90..96 => Self::define(self.below(INSTRUMENTS + 3)),
            96..98 => Action::BindFlow(flow(self.below(3))),
            _ => Action::Configure(Capacities {
                orders: 4_096 - u32::try_from(self.below(64)).unwrap(),
                ..CAPACITIES
            }),
        }
    }

    /// Mostly such a one that trading goes on.
    fn control(&mut self) -> Control {
        match self.below(20) {
            0 => Control::Halt,
            1..6 => Control::Resume,
            6 => Control::MatchingOff,
            7..12 => Control::MatchingOn,
            12..14 => Control::StartAuction,
            _ => Control::Uncross,
        }
    }

    fn define(number: u64) -> Action {
        let names: [&[u8]; 9] =
            [b"600519.SH", b"AAA", b"BBB", b"CCC", b"DDD", b"EEE", b"FFF", b"GGG", b"HHH"];
        let symbol = Symbol::new(names[usize::try_from(number).unwrap()]).unwrap();
        let mut terms = InstrumentTerms::OPEN;
        match number {
            1 => terms.band = Band { low: Ticks(900), high: Ticks(1_100) },
            2 => (terms.tick, terms.lot) = (Ticks(5), Lots(2)),
            3 => terms.quantity_max = Lots(30),
            4 => terms.notional_max = Notional::new(25_000),
            // Terms that no instrument has.
            8 => terms.lot = Lots(0),
            _ => {}
        }
        Action::DefineInstrument(Definition { symbol, terms })
    }

    fn band(&mut self) -> Band {
        match self.below(6) {
            0 => Band { low: Ticks(1_200), high: Ticks(900) },
            1 | 2 => Band { low: Ticks(985), high: Ticks(1_015) },
            _ => Band::ALL,
        }
    }

    fn mass_cancel(&mut self) -> MassCancel {
        MassCancel {
            instrument: (!self.one_in(12)).then(|| self.instrument()),
            account: (!self.one_in(4)).then(|| self.account()),
            side: self.one_in(2).then(|| self.side()),
            session: self.one_in(2).then(|| SessionId(u16::try_from(self.below(8)).unwrap())),
        }
    }

    fn new_order(&mut self) -> NewOrder {
        let order_type = match self.below(100) {
            0..76 => OrderType::Limit,
            76..84 => OrderType::Market,
            84..92 => OrderType::Stop,
            _ => OrderType::StopLimit,
        };
        let time_in_force = match self.below(20) {
            0..13 => TimeInForce::GoodTillCancel,
            13 | 14 => TimeInForce::ImmediateOrCancel,
            15 => TimeInForce::FillOrKill,
            16 | 17 => TimeInForce::Day,
            _ => TimeInForce::GoodTillDate,
        };
        let is_stop = matches!(order_type, OrderType::Stop | OrderType::StopLimit);
        let is_dated = time_in_force == TimeInForce::GoodTillDate;
        let order = if self.one_in(60) { self.order() } else { self.next_order() };
        // Most orders rest: the two sides meet in the middle only.
        let side = self.side();
        let lowest = if side == Side::Buy { 0 } else { 15 };
        let conditions = if is_stop || is_dated || self.one_in(3) {
            let trigger = if is_stop { self.price() } else { Ticks(0) };
            let expiry_ns = if is_dated { self.now_ns + self.below(40_000) } else { 0 };
            Conditions { trigger, expiry_ns, ..self.conditions() }
        } else {
            Conditions::NONE
        };
        NewOrder {
            instrument: self.instrument(),
            order,
            account: self.account(),
            side,
            order_type,
            time_in_force,
            price: Ticks(self.price().0 + lowest),
            quantity: Lots(if self.one_in(30) { 200 } else { 2 * self.below(12) }),
            conditions,
            client_bytes: ClientBytes::EMPTY,
        }
    }

    fn conditions(&mut self) -> Conditions {
        Conditions {
            self_trade: match self.below(6) {
                0 => SelfTrade::CancelNewest,
                1 => SelfTrade::CancelOldest,
                2 => SelfTrade::CancelBoth,
                _ => SelfTrade::Allow,
            },
            post_only: self.one_in(10),
            display: Lots(if self.one_in(3) { 2 + 2 * self.below(3) } else { 0 }),
            minimum: Lots(if self.one_in(10) { 2 * self.below(6) } else { 0 }),
            ..Conditions::NONE
        }
    }

    fn replace(&mut self) -> ReplaceOrder {
        let order = self.order();
        ReplaceOrder {
            instrument: self.instrument(),
            order,
            new_order: if self.one_in(2) { order } else { self.next_order() },
            account: self.account(),
            rule: if self.one_in(2) { ReplaceRule::Modify } else { ReplaceRule::CancelReplace },
            price: self.price(),
            sizing: ReplaceSizing::Open,
            quantity: Lots(2 * self.below(12)),
            trigger: if self.one_in(8) { self.price() } else { Ticks(0) },
            client_bytes: ClientBytes::EMPTY,
        }
    }

    fn next_order(&mut self) -> OrderId {
        self.newest += 1;
        OrderId(self.newest)
    }

    /// An order that came not long ago.
    fn order(&mut self) -> OrderId {
        OrderId(self.newest.saturating_sub(self.below(120)))
    }

    /// The instrument that trades now, mostly, so that orders are found and meet each other.
    fn instrument(&mut self) -> InstrumentId {
        let current = self.drawn / 400 % INSTRUMENTS;
        let number = if self.one_in(8) { self.below(INSTRUMENTS + 1) } else { current };
        InstrumentId(u32::try_from(number).unwrap())
    }

    /// One account owns most, for the same reason.
    fn account(&mut self) -> AccountId {
        AccountId(if self.one_in(6) { u32::try_from(self.below(3)).unwrap() } else { 0 })
    }

    fn side(&mut self) -> Side {
        if self.one_in(2) { Side::Buy } else { Side::Sell }
    }

    fn price(&mut self) -> Ticks {
        let price = if self.one_in(60) { 0 } else { 975 + 5 * self.below(8) };
        Ticks(u32::try_from(price).unwrap())
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random.below(end)
    }
}

/// A flow that a log may be bound to.
fn flow(number: u64) -> FlowIdentity {
    let mut name = [0; 32];
    name[..12].copy_from_slice(b"venue-one.gz");
    FlowIdentity { name, head_bytes: 4_096, head_hash: number }
}
