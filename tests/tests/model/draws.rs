//! Draws: how a world makes a command of a random number, for the book as it is.

use super::{Kind, NARROW, World, symbol};
use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Conditions, Definition, FlowIdentity, MassCancel, NewOrder, Note,
    ReplaceOrder, ReplaceSizing,
};
use highwater::limits::{CLOCK_NS_MAX, ICEBERG_PARTS_MAX};
use highwater::types::{
    AccountId, Band, Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId,
    OrderType, PriceDecimals, Quantity, ReplaceRule, SelfTrade, SessionId, Side, Ticks,
    TimeInForce,
};
use tests::random::Random;

/// An order's instrument, id and account.
type Names = (InstrumentId, OrderId, AccountId);

/// Parts of an iceberg that is taken, at most.
const PARTS_MAX: u64 = 100;

impl World {
    /// A command for the book as it is.
    pub(crate) fn command(&self, random: &mut Random, book: &Book<'_>) -> Command {
        let kind = weighted(random, &self.kinds);
        let action = self.action(kind, random, book);
        let is_operators = match kind {
            Kind::New
            | Kind::Cancel
            | Kind::Reduce
            | Kind::Replace
            | Kind::MassCancel
            | Kind::Note => false,
            Kind::Define
            | Kind::SetBand
            | Kind::Control
            | Kind::Clock
            | Kind::EndOfDay
            | Kind::LimitSession
            | Kind::BindFlow
            | Kind::Configure => true,
        };
        let session = if is_operators && random.chance(90) {
            SessionId::OPERATOR
        } else {
            self.session(random)
        };
        let last = book.last_client_sequence(session).0;
        let client_sequence = match random.below(40) {
            0 => last,
            1 => last.saturating_sub(1),
            2 => last + 3,
            _ => last + 1,
        };
        Command { session, client_sequence: ClientSequence(client_sequence), action }
    }

    fn action(&self, kind: Kind, random: &mut Random, book: &Book<'_>) -> Action {
        match kind {
            Kind::New => Action::New(self.new_order(random, book)),
            Kind::Cancel => {
                let (instrument, order, account) = self.aim(random, book);
                Action::Cancel { instrument, order, account }
            }
            Kind::Reduce => {
                let (instrument, order, account) = self.aim(random, book);
                let steps = Steps::of(random, book, instrument);
                let by = steps.quantity(self.quantity(random));
                Action::Reduce { instrument, order, account, by }
            }
            Kind::Replace => Action::Replace(self.replace(random, book)),
            Kind::MassCancel => Action::MassCancel(self.mass_cancel(random)),
            Kind::Note => Action::Note(Note {
                code: one(random, &[0, 1, u16::MAX]),
                order: OrderId(one(random, &self.ids)),
                bytes: client_bytes(random),
            }),
            Kind::Define => Action::DefineInstrument(self.definition(random)),
            Kind::SetBand => {
                Action::SetBand { instrument: instrument(random), band: self.band(random) }
            }
            Kind::Control => Action::Control {
                instrument: instrument(random),
                control: weighted(random, &self.controls),
            },
            Kind::Clock => Action::Clock {
                now_ns: match random.below(200) {
                    0 => u64::MAX,
                    1 => CLOCK_NS_MAX + 1,
                    2 => CLOCK_NS_MAX,
                    3 => 0,
                    4..30 => book.clock_ns() + 8,
                    _ => (book.clock_ns() + random.below(5)).saturating_sub(1),
                },
            },
            Kind::EndOfDay => Action::EndOfDay,
            Kind::LimitSession => Action::LimitSession {
                session: self.session(random),
                open_orders_max: one(random, &[0, 1, 2, 3, 5, u32::MAX, u32::MAX]),
            },
            Kind::BindFlow => {
                let head_hash = random.below(2);
                Action::BindFlow(FlowIdentity { name: [b'x'; 32], head_bytes: 9, head_hash })
            }
            Kind::Configure => Action::Configure(self.less(random)),
        }
    }

    fn new_order(&self, random: &mut Random, book: &Book<'_>) -> NewOrder {
        let is_rich = random.chance(self.rich_percent);
        let order_type = if random.chance(self.stop_percent) {
            one(random, &[OrderType::Stop, OrderType::StopLimit, OrderType::StopLimit])
        } else if random.chance(if is_rich { 12 } else { 1 }) {
            OrderType::Market
        } else {
            OrderType::Limit
        };
        let [cancel, immediate, all, day, date] =
            if is_rich { self.stays } else { [16, 4, 0, 0, 0] };
        let stays = [
            (cancel, TimeInForce::GoodTillCancel),
            (immediate, TimeInForce::ImmediateOrCancel),
            (all, TimeInForce::FillOrKill),
            (day, TimeInForce::Day),
            (date, TimeInForce::GoodTillDate),
        ];
        let time_in_force = weighted(random, &stays);
        let instrument = instrument(random);
        let steps = Steps::of(random, book, instrument);
        let quantity = steps.quantity(self.quantity(random));
        let is_selling = random.chance(self.sell_percent);
        NewOrder {
            instrument,
            order: OrderId(one(random, &self.ids)),
            account: account(random),
            side: if is_selling { Side::Sell } else { Side::Buy },
            order_type,
            time_in_force,
            price: steps.price(one(random, &self.prices)),
            quantity,
            conditions: Conditions {
                trigger: steps.price(one(random, &self.triggers)),
                expiry_ns: expiry_ns(random, book, time_in_force),
                ..if is_rich { self.conditions(random, quantity, steps) } else { Conditions::NONE }
            },
            client_bytes: client_bytes(random),
        }
    }

    fn conditions(&self, random: &mut Random, quantity: Lots, steps: Steps) -> Conditions {
        let modes = [
            (5, SelfTrade::Allow),
            (2, SelfTrade::CancelNewest),
            (2, SelfTrade::CancelOldest),
            (2, SelfTrade::CancelBoth),
        ];
        let display = steps.quantity(self.quantity(random));
        let minimum = steps.quantity(self.quantity(random));
        let minimum = if random.chance(90) { minimum.min(quantity) } else { minimum };
        let shows_part = random.chance(self.iceberg_percent) && has_few_parts(quantity, display);
        let has_minimum = random.chance(12);
        Conditions {
            self_trade: weighted(random, &modes),
            post_only: random.chance(8),
            display: if shows_part { display } else { Lots(0) },
            minimum: if has_minimum { minimum } else { Lots(0) },
            ..Conditions::NONE
        }
    }

    fn replace(&self, random: &mut Random, book: &Book<'_>) -> ReplaceOrder {
        let (instrument, order, account) = self.aim(random, book);
        let steps = Steps::of(random, book, instrument);
        let other_id = OrderId(one(random, &self.ids));
        let resting = book.order(instrument, order);
        let waiting = book.stop(instrument, order);
        let limit = resting.map(|order| order.price).or_else(|| waiting?.limit);
        let kept_price = limit.filter(|_| random.chance(40)).map(|price| Ticks(price.ticks()));
        let display = resting.map(|order| order.display).or_else(|| Some(waiting?.display));
        let open = resting.map(|order| order.remaining).or_else(|| Some(waiting?.remaining));
        let open = open.map_or(0, Quantity::lots);
        let (sizing, quantity) = self.size(random, steps, open);
        let asked = match sizing {
            ReplaceSizing::Open => quantity,
            ReplaceSizing::More => Lots(open.saturating_add(quantity.0)),
            ReplaceSizing::Less => Lots(open.saturating_sub(quantity.0)),
        };
        let is_short = has_few_parts(asked, display.unwrap_or_default());
        let trigger = steps.price(one(random, &self.triggers));
        ReplaceOrder {
            instrument,
            order,
            new_order: if random.chance(60) { order } else { other_id },
            account,
            rule: one(random, &[ReplaceRule::Modify, ReplaceRule::CancelReplace]),
            price: kept_price.unwrap_or_else(|| steps.price(one(random, &self.prices))),
            sizing,
            quantity: if random.chance(3) || !is_short { Lots(0) } else { quantity },
            trigger: if random.chance(60) { Ticks(0) } else { trigger },
            client_bytes: client_bytes(random),
        }
    }

    /// What a Replace says of the quantity of an order of which so much is open: now and then a
    /// difference that is all of it, or more than a quantity can be.
    fn size(&self, random: &mut Random, steps: Steps, open: u64) -> (ReplaceSizing, Lots) {
        let quantity = steps.quantity(self.quantity(random));
        match random.below(20) {
            0..10 => (ReplaceSizing::Open, quantity),
            10..14 => (ReplaceSizing::More, quantity),
            14 => (ReplaceSizing::More, Lots(u64::MAX - random.below(4))),
            15 => (ReplaceSizing::Less, Lots(open)),
            _ => (ReplaceSizing::Less, quantity),
        }
    }

    fn mass_cancel(&self, random: &mut Random) -> MassCancel {
        let instrument = instrument(random);
        let side = one(random, &[Side::Buy, Side::Sell]);
        MassCancel {
            instrument: random.chance(40).then_some(instrument),
            account: random.chance(50).then(|| account(random)),
            side: random.chance(40).then_some(side),
            session: random.chance(30).then(|| self.session(random)),
        }
    }

    fn definition(&self, random: &mut Random) -> Definition {
        let one_step = |random: &mut Random| u32::from(!random.chance(10));
        let any = InstrumentTerms {
            tick: Ticks(one_step(random)),
            lot: Lots(u64::from(one_step(random))),
            band: self.band(random),
            decimals: PriceDecimals(one(random, &[2, 2, 0, 9, 10])),
            ..NARROW
        };
        let name = u8::try_from(random.below(4)).expect("one of four");
        let terms = one(random, &[any, NARROW, InstrumentTerms::OPEN]);
        Definition { symbol: symbol(name), terms }
    }

    fn band(&self, random: &mut Random) -> Band {
        let [low, high] = [(); 2].map(|()| Ticks(one(random, &self.prices)));
        let ordered = Band { low: low.min(high), high: low.max(high) };
        one(random, &[Band::ALL, Band::ALL, ordered, ordered, Band { low, high }])
    }

    /// Capacities, mostly those that the book began with. What is too large for any engine is
    /// rejected; what is only too large for the memory never arrives.
    fn less(&self, random: &mut Random) -> Capacities {
        let whole = self.capacities;
        let mut up_to =
            |max: u32| u32::try_from(random.below(u64::from(max) + 1)).expect("32 bits");
        let less = [
            (10, whole),
            (4, Capacities { orders: up_to(whole.orders), ..whole }),
            (4, Capacities { orders: up_to(whole.orders / 5), ..whole }),
            (2, Capacities { instruments: up_to(whole.instruments), ..whole }),
            (2, Capacities { sessions: up_to(whole.sessions), ..whole }),
            (1, Capacities { orders: u32::MAX, ..whole }),
        ];
        weighted(random, &less)
    }

    /// A session, now and then one more than there are.
    fn session(&self, random: &mut Random) -> SessionId {
        let sessions = u64::from(self.capacities.sessions);
        let is_beyond = random.chance(2);
        let session = if is_beyond { sessions } else { random.below(sessions) };
        SessionId(u16::try_from(session).expect("few sessions"))
    }

    fn quantity(&self, random: &mut Random) -> Lots {
        Lots(one(random, &self.quantities))
    }

    /// An order that is open, mostly, and the account it belongs to, mostly.
    fn aim(&self, random: &mut Random, book: &Book<'_>) -> Names {
        let anything = (instrument(random), OrderId(one(random, &self.ids)), account(random));
        let open = open_orders(book);
        if open.is_empty() || random.chance(10) {
            return anything;
        }
        let (instrument, order, account) = one(random, &open);
        (instrument, order, if random.chance(5) { anything.2 } else { account })
    }
}

/// The steps that the numbers of a command go in: mostly those of its instrument.
#[derive(Clone, Copy, Debug)]
struct Steps {
    tick: u32,
    lot: u64,
}

impl Steps {
    fn of(random: &mut Random, book: &Book<'_>, instrument: InstrumentId) -> Self {
        let is_careless = random.chance(10);
        match book.terms(instrument) {
            Some(InstrumentTerms { tick, lot, .. }) if !is_careless => {
                Self { tick: tick.0, lot: lot.0 }
            }
            Some(_) | None => Self { tick: 1, lot: 1 },
        }
    }

    /// The price, up to the next step.
    fn price(self, ticks: u32) -> Ticks {
        Ticks(ticks.checked_next_multiple_of(self.tick).unwrap_or(ticks))
    }

    /// The quantity, up to the next step.
    fn quantity(self, Lots(lots): Lots) -> Lots {
        Lots(lots.checked_next_multiple_of(self.lot).unwrap_or(lots))
    }
}

/// Whether an order would show itself in few parts, each of which is a trade of its own, or in too
/// many to be taken.
fn has_few_parts(quantity: Lots, display: Lots) -> bool {
    display.0 == 0
        || quantity.0 / display.0 <= PARTS_MAX
        || quantity.0 / display.0 > u64::from(ICEBERG_PARTS_MAX)
}

/// Every open order of the book, waiting stops too.
fn open_orders(book: &Book<'_>) -> Vec<Names> {
    let mut open = Vec::new();
    for instrument in (0..book.instrument_count()).map(InstrumentId) {
        for side in [Side::Buy, Side::Sell] {
            let orders = book.orders(instrument, side);
            open.extend(orders.map(|order| (instrument, order.order, order.account)));
        }
        open.extend(book.stops(instrument).map(|stop| (instrument, stop.order, stop.account)));
    }
    open
}

/// An expiry that is mostly ahead of the clock; mostly none where the order has no use for one.
fn expiry_ns(random: &mut Random, book: &Book<'_>, time_in_force: TimeInForce) -> u64 {
    let rarely = if time_in_force == TimeInForce::GoodTillDate { 100 } else { 2 };
    if !random.chance(rarely) {
        return 0;
    }
    match random.below(100) {
        0 => u64::MAX,
        1 => CLOCK_NS_MAX,
        2 => 0,
        _ => book.clock_ns().saturating_add(random.below(8)),
    }
}

/// An instrument, mostly the first.
fn instrument(random: &mut Random) -> InstrumentId {
    InstrumentId(weighted(random, &[(150, 0), (45, 1), (3, 2), (1, u32::MAX)]))
}

/// None, mostly.
fn client_bytes(random: &mut Random) -> ClientBytes {
    let length = if random.chance(80) { 0 } else { random.index(33) };
    ClientBytes::new(&[0xc7; 32][..length]).expect("at most 32 bytes")
}

/// One of a few accounts, nobody's among them.
fn account(random: &mut Random) -> AccountId {
    AccountId(weighted(random, &[(3, 0), (2, 1), (1, 2)]))
}

fn one<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.index(from.len())]
}

fn weighted<T: Copy>(random: &mut Random, from: &[(u64, T)]) -> T {
    let mut left = random.below(from.iter().map(|(weight, _)| weight).sum());
    for (weight, value) in from {
        if left < *weight {
            return *value;
        }
        left -= weight;
    }
    unreachable!("the number is below the sum of all weights")
}
