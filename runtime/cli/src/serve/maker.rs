//! The demonstration's maker: a seeded flow of quotes around prices that wander.

use highwater::command::{Action, MassCancel, NewOrder};
use highwater::types::{InstrumentId, Lots, OrderId, SessionId, Side, Ticks, TimeInForce};
use highwater_console::CommandError;
use highwater_flows::random::Random;
use highwater_host::{Host, Session};
use highwater_platform::Platform;
use std::collections::VecDeque;

/// The maker's session, which no client has.
const SESSION: SessionId = SessionId(200);
/// Quotes of one instrument, both sides together.
const QUOTES_MAX: usize = 24;
/// A price before it wanders, in ticks.
const PRICE: u32 = 10_000;
/// How far from it a quote is, at most.
const DEPTH: u32 = 8;
/// In every so many ticks an instrument gets another quote.
const TICKS_PER_QUOTE: u32 = 3;

/// Makes a market.
pub(super) struct Maker<P: Platform> {
    session: Session<P>,
    random: Random,
    quoted: Vec<Quoted>,
    /// The number of the next order.
    next: u32,
}

/// What is quoted of an instrument.
struct Quoted {
    instrument: InstrumentId,
    price: u32,
    /// Oldest first.
    orders: VecDeque<OrderId>,
}

impl<P: Platform> Maker<P> {
    /// Makes a market in all instruments but the first, in place of what an earlier maker left.
    pub(super) fn start(
        host: &Host<P>,
        instruments: impl Iterator<Item = InstrumentId>,
    ) -> Result<Self, CommandError> {
        let session = host.session(SESSION).map_err(CommandError::failed)?;
        let used = session.last_client_sequence().map_err(CommandError::failed)?;
        // One command has one number at most, so no open order has a higher one.
        let next = u32::try_from(used.0 + 1).unwrap_or(1);
        let all = MassCancel { session: Some(SESSION), ..MassCancel::default() };
        session.submit(Action::MassCancel(all)).map_err(CommandError::failed)?;
        let quoted = instruments.skip(1).map(|instrument| Quoted {
            instrument,
            price: PRICE + 1_000 * instrument.0,
            orders: VecDeque::new(),
        });
        Ok(Self { session, random: Random::new(1, next.into()), quoted: quoted.collect(), next })
    }

    /// Goes on for a moment. An engine that has no room now gets the next quotes.
    pub(super) fn tick(&mut self) {
        let Self { session, random, quoted, next } = self;
        let mut actions = Vec::new();
        for quoted in quoted {
            if random.chance(1, TICKS_PER_QUOTE) {
                quoted.quote(random, next, &mut actions);
            }
        }
        if !actions.is_empty() {
            drop(session.submit_batch(&actions));
        }
        // What became of them is the market's business.
        let _market = session.poll(&mut ());
    }
}

impl Quoted {
    /// Another quote, in place of the oldest; now and then an order that trades.
    fn quote(&mut self, random: &mut Random, next: &mut u32, actions: &mut Vec<Action>) {
        let Self { instrument, price, orders } = self;
        *price = (*price + random.below(3)).saturating_sub(1).clamp(PRICE / 2, PRICE * 2);
        let side = if random.chance(1, 2) { Side::Buy } else { Side::Sell };
        let order = OrderId((*next).into());
        *next = next.wrapping_add(1).max(1);
        let (distance, quantity) = (1 + random.below(DEPTH), Lots((1 + random.below(10)).into()));
        let is_taker = random.chance(1, 10);
        let limit = match (side, is_taker) {
            (Side::Buy, true) | (Side::Sell, false) => *price + distance,
            (Side::Sell, true) | (Side::Buy, false) => *price - distance,
        };
        let new = NewOrder::limit(*instrument, order, side, Ticks(limit), quantity);
        let time_in_force =
            if is_taker { TimeInForce::ImmediateOrCancel } else { TimeInForce::Day };
        actions.push(Action::New(NewOrder { time_in_force, ..new }));
        if is_taker {
            return;
        }
        orders.push_back(order);
        if orders.len() > QUOTES_MAX
            && let Some(order) = orders.pop_front()
        {
            let account = new.account;
            actions.push(Action::Cancel { instrument: *instrument, order, account });
        }
    }
}
