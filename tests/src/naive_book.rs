//! A naive order book: one list of open orders, searched from the front for every question.
//!
//! It says the rules of [`highwater::book::Book::apply`] once more, as plainly as possible and
//! without any of the real book's machinery, and it can break one of them on purpose, to prove that
//! a comparison notices.

mod flaw;

pub use flaw::Flaw;

use highwater::command::{Action, Command, FlowIdentity, NewOrder, ReplaceOrder};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use highwater::limits::{INSTRUMENTS_MAX, ORDERS_MAX, QUANTITY_MAX, SESSIONS_MAX};
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, Price, Quantity,
    ReplaceRule, Sequence, SessionId, Side, Symbol, TimeInForce,
};
use std::collections::{BTreeMap, BTreeSet};

/// An open order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NaiveOrder {
    /// What is traded.
    pub instrument: InstrumentId,
    /// Its id.
    pub order: OrderId,
    /// Whom it belongs to.
    pub account: AccountId,
    /// Where it came from.
    pub session: SessionId,
    /// Buy or sell.
    pub side: Side,
    /// Its price.
    pub price: Price,
    /// What is open, in lots.
    pub remaining: u64,
}

/// The naive book.
#[derive(Clone, Debug)]
pub struct NaiveBook {
    /// All open orders, in the order in which they joined their queues.
    pub orders: Vec<NaiveOrder>,
    /// What may be held.
    pub capacities: Capacities,
    /// The last client sequence by session.
    pub sessions: BTreeMap<SessionId, ClientSequence>,
    /// By number.
    pub symbols: Vec<Symbol>,
    /// Price of the last trade.
    pub last_trades: BTreeMap<InstrumentId, Price>,
    /// The flow that the log belongs to.
    pub flow: Option<FlowIdentity>,
    /// The last command that was applied.
    pub last_sequence: Sequence,
    /// Hash of all events.
    pub running_hash: u64,
    /// The rule that is broken.
    flaw: Flaw,
    /// What the command that is being applied has caused so far.
    events: Vec<Event>,
}

type Rejection<T> = Result<T, RejectReason>;

impl NaiveBook {
    /// An empty book.
    pub fn new(capacities: Capacities, flaw: Flaw) -> Self {
        Self {
            orders: Vec::new(),
            capacities,
            sessions: BTreeMap::new(),
            symbols: Vec::new(),
            last_trades: BTreeMap::new(),
            flow: None,
            last_sequence: Sequence(0),
            running_hash: 0,
            flaw,
            events: Vec::new(),
        }
    }

    /// The last client sequence that makes the command a duplicate; `None` when it is fresh.
    pub fn duplicate_of(&self, command: &Command) -> Option<ClientSequence> {
        let last = self.sessions.get(&command.session).copied().unwrap_or_default();
        let is_known = u32::from(command.session.0) < self.capacities.sessions;
        let is_repeat = is_known && command.client_sequence <= last && !self.has(Flaw::Repeats);
        is_repeat.then_some(last)
    }

    /// Applies the next command, which is fresh, and returns the events.
    pub fn apply(&mut self, command: &Command) -> Vec<Event> {
        self.last_sequence = self.last_sequence.next();
        self.events.clear();
        if let Err(reason) = self.try_apply(command) {
            let order = match command.action {
                Action::New(new) => new.order,
                Action::Cancel { order, .. } | Action::Reduce { order, .. } => order,
                Action::Replace(replace) => replace.order,
                Action::DefineInstrument { .. } | Action::BindFlow(_) | Action::Configure(_) => {
                    OrderId(0)
                }
            };
            let client_sequence = command.client_sequence;
            self.emit(command, EventKind::Rejected { client_sequence, order, reason });
        }
        for event in &self.events {
            self.running_hash = event.fold_into(self.running_hash);
        }
        std::mem::take(&mut self.events)
    }

    /// The open orders of one side in the order in which they trade.
    pub fn side(&self, instrument: InstrumentId, side: Side) -> Vec<NaiveOrder> {
        let is_here = |order: &&NaiveOrder| order.instrument == instrument && order.side == side;
        let mut orders: Vec<_> = self.orders.iter().filter(is_here).copied().collect();
        if self.has(Flaw::LastInFirstOut) {
            orders.reverse();
        }
        // A stable sort: orders at the same price stay as they came.
        match side {
            Side::Buy => orders.sort_by_key(|order| std::cmp::Reverse(order.price)),
            Side::Sell => orders.sort_by_key(|order| order.price),
        }
        orders
    }

    fn try_apply(&mut self, command: &Command) -> Rejection<()> {
        if u32::from(command.session.0) >= self.capacities.sessions {
            return Err(RejectReason::SessionsFull);
        }
        self.sessions.insert(command.session, command.client_sequence);
        let client_sequence = command.client_sequence;
        match command.action {
            Action::New(new) => self.new_order(command, &new),
            Action::Cancel { instrument, order, account } => {
                let place = self.find_own(instrument, order, account)?;
                self.cancel(command, place);
                Ok(())
            }
            Action::Reduce { instrument, order, account, by } => {
                let place = self.find_own(instrument, order, account)?;
                self.reduce(command, place, by)
            }
            Action::Replace(replace) => self.replace(command, &replace),
            Action::DefineInstrument { symbol } => self.define(command, symbol),
            Action::BindFlow(flow) => {
                check_operator(command)?;
                if *self.flow.get_or_insert(flow) != flow {
                    return Err(RejectReason::OtherFlow);
                }
                self.emit(command, EventKind::FlowBound { client_sequence });
                Ok(())
            }
            Action::Configure(capacities) => {
                check_operator(command)?;
                let Capacities { orders, instruments, sessions } = capacities;
                if !(1..=ORDERS_MAX).contains(&orders)
                    || !(1..=INSTRUMENTS_MAX).contains(&instruments)
                    || !(2..=SESSIONS_MAX).contains(&sessions)
                {
                    return Err(RejectReason::BadCapacities);
                }
                self.capacities = capacities;
                self.emit(command, EventKind::Configured { client_sequence, capacities });
                Ok(())
            }
        }
    }

    fn new_order(&mut self, command: &Command, new: &NewOrder) -> Rejection<()> {
        let NewOrder { instrument, order, account, side, time_in_force, .. } = *new;
        self.check_instrument(instrument)?;
        let price = Price::new(new.price).ok_or(RejectReason::BadPrice)?;
        let quantity = Quantity::new(new.quantity).ok_or(RejectReason::BadQuantity)?;
        if self.find(instrument, order).is_some() && !self.has(Flaw::DuplicateId) {
            return Err(RejectReason::DuplicateId);
        }
        let needs_room = time_in_force == TimeInForce::GoodTillCancel;
        if (needs_room || self.has(Flaw::IocNeedsRoom)) && self.is_full() {
            return Err(RejectReason::OrdersFull);
        }
        let remaining = quantity.lots();
        let session = command.session;
        let incoming = NaiveOrder { instrument, order, account, session, side, price, remaining };
        if needs_room && !self.has_level_room(&self.orders, &incoming) {
            return Err(RejectReason::LevelsFull);
        }
        let client_sequence = command.client_sequence;
        self.emit(command, EventKind::Accepted { client_sequence, order });
        self.execute(command, incoming, time_in_force);
        Ok(())
    }

    fn reduce(&mut self, command: &Command, place: usize, by: Lots) -> Rejection<()> {
        if by.0 == 0 {
            return Err(RejectReason::BadQuantity);
        }
        if by.0 >= self.orders[place].remaining {
            self.cancel(command, place);
            return Ok(());
        }
        self.orders[place].remaining -= by.0;
        let NaiveOrder { order, remaining, .. } = self.orders[place];
        if self.has(Flaw::ReduceLosesPlace) {
            self.send_to_the_back(place);
        }
        let (client_sequence, remaining) = (command.client_sequence, quantity(remaining));
        self.emit(command, EventKind::Reduced { client_sequence, order, remaining });
        Ok(())
    }

    fn replace(&mut self, command: &Command, replace: &ReplaceOrder) -> Rejection<()> {
        let place = self.find_own(replace.instrument, replace.order, replace.account)?;
        let old = self.orders[place];
        let changed = self.check_replace(command, replace, place);
        if changed.is_err() && self.has(Flaw::RejectCancels) {
            self.orders.remove(place);
        }
        let Some(new) = changed? else {
            self.cancel(command, place);
            return Ok(());
        };
        let kept_priority = self.keeps_place(&old, &new, replace.rule);
        if kept_priority {
            self.orders[place] = new;
        } else {
            self.orders.remove(place);
        }
        let replaced = EventKind::Replaced {
            client_sequence: command.client_sequence,
            order: old.order,
            new_order: new.order,
            price: new.price,
            quantity: quantity(new.remaining),
            kept_priority,
        };
        self.emit(command, replaced);
        if !kept_priority {
            self.execute(command, new, TimeInForce::GoodTillCancel);
        }
        Ok(())
    }

    /// The order as a Replace leaves it; `None` when it leaves none.
    fn check_replace(
        &self,
        command: &Command,
        replace: &ReplaceOrder,
        place: usize,
    ) -> Rejection<Option<NaiveOrder>> {
        let old = self.orders[place];
        let price = Price::new(replace.price).ok_or(RejectReason::BadPrice)?;
        if replace.quantity.0 > QUANTITY_MAX {
            return Err(RejectReason::BadQuantity);
        }
        let holder = self.find(old.instrument, replace.new_order);
        if holder.is_some_and(|holder| holder != place) {
            return Err(RejectReason::DuplicateId);
        }
        if replace.quantity.0 == 0 {
            return Ok(None);
        }
        let session = if self.has(Flaw::SessionStays) { old.session } else { command.session };
        let (order, remaining) = (replace.new_order, replace.quantity.0);
        let new = NaiveOrder { order, session, price, remaining, ..old };
        let mut others = self.orders.clone();
        if !self.has(Flaw::ReplaceKeepsSpans) {
            others.remove(place);
        }
        if !self.keeps_place(&old, &new, replace.rule) && !self.has_level_room(&others, &new) {
            return Err(RejectReason::LevelsFull);
        }
        if self.has(Flaw::ReplaceNeedsRoom) && self.is_full() {
            return Err(RejectReason::OrdersFull);
        }
        Ok(Some(new))
    }

    fn keeps_place(&self, old: &NaiveOrder, new: &NaiveOrder, rule: ReplaceRule) -> bool {
        if old.price != new.price {
            return false;
        }
        match rule {
            ReplaceRule::Modify if new.remaining > old.remaining => {
                self.has(Flaw::IncreaseKeepsPlace)
            }
            ReplaceRule::Modify if new.remaining < old.remaining => {
                !self.has(Flaw::DecreaseLosesPlace)
            }
            ReplaceRule::Modify => true,
            ReplaceRule::CancelReplace => {
                self.has(Flaw::CancelReplaceKeepsPlace) && new.remaining == old.remaining
            }
        }
    }

    fn define(&mut self, command: &Command, symbol: Symbol) -> Rejection<()> {
        check_operator(command)?;
        let known = self.symbols.iter().position(|known| *known == symbol);
        if known.is_none() {
            if self.symbols.len() >= self.capacities.instruments as usize {
                return Err(RejectReason::InstrumentsFull);
            }
            self.symbols.push(symbol);
        }
        let number = known.unwrap_or(self.symbols.len() - 1);
        let client_sequence = command.client_sequence;
        self.emit(
            command,
            EventKind::InstrumentDefined { client_sequence, is_new: known.is_none() },
        );
        let event = self.events.last_mut().expect("it was just emitted");
        event.instrument = InstrumentId(u32::try_from(number).expect("few instruments"));
        Ok(())
    }

    fn execute(&mut self, command: &Command, mut incoming: NaiveOrder, tif: TimeInForce) {
        let opposite = incoming.side.opposite();
        let whole = incoming.remaining;
        while let Some(best) = self.side(incoming.instrument, opposite).first().copied() {
            let walks_on = self.has(Flaw::IgnoresLimit) && incoming.remaining < whole;
            if incoming.remaining == 0 || !(walks_on || self.crosses(&incoming, best.price)) {
                break;
            }
            self.trade(command, &mut incoming, best.order);
        }
        let NaiveOrder { order, price, remaining, .. } = incoming;
        if remaining == 0 {
            return;
        }
        let (client_sequence, quantity) = (command.client_sequence, quantity(remaining));
        if tif == TimeInForce::GoodTillCancel || self.has(Flaw::RestRests) {
            self.orders.push(incoming);
            self.emit(command, EventKind::Rested { order, price, quantity });
        } else {
            let reason = CancelReason::IocRemainder;
            self.emit(command, EventKind::Canceled { client_sequence, order, quantity, reason });
        }
    }

    fn crosses(&self, incoming: &NaiveOrder, best: Price) -> bool {
        if best == incoming.price {
            return !self.has(Flaw::StrictCrossing);
        }
        match incoming.side {
            Side::Buy => best < incoming.price,
            Side::Sell => best > incoming.price,
        }
    }

    fn trade(&mut self, command: &Command, taker: &mut NaiveOrder, maker: OrderId) {
        let place = self.find(taker.instrument, maker).expect("the best order is open");
        let maker = &mut self.orders[place];
        let traded = maker.remaining.min(taker.remaining);
        maker.remaining -= traded;
        taker.remaining -= traded;
        let maker = *maker;
        let price = if self.has(Flaw::TakersPrice) { taker.price } else { maker.price };
        if maker.remaining == 0 {
            self.orders.remove(place);
        } else if self.has(Flaw::PartialFillLosesPlace) {
            self.send_to_the_back(place);
        }
        self.last_trades.insert(taker.instrument, price);
        let trade = EventKind::Trade {
            maker: maker.order,
            taker: taker.order,
            maker_session: maker.session,
            price,
            quantity: quantity(traded),
            maker_remaining: Lots(maker.remaining),
            taker_remaining: Lots(taker.remaining),
        };
        self.emit(command, trade);
    }

    fn cancel(&mut self, command: &Command, place: usize) {
        let NaiveOrder { order, remaining, .. } = self.orders.remove(place);
        let (client_sequence, quantity) = (command.client_sequence, quantity(remaining));
        let reason = CancelReason::User;
        self.emit(command, EventKind::Canceled { client_sequence, order, quantity, reason });
    }

    /// Whether `incoming` can rest beside `others`: its level is there, or there is room for it and
    /// its spans.
    fn has_level_room(&self, others: &[NaiveOrder], incoming: &NaiveOrder) -> bool {
        let levels: BTreeSet<_> = others.iter().map(level_of).collect();
        if levels.contains(&level_of(incoming)) || self.has(Flaw::EndlessLevels) {
            return true;
        }
        let spans: BTreeSet<_> = others.iter().flat_map(spans_of).collect();
        let needed = spans_of(incoming).iter().filter(|span| !spans.contains(*span)).count();
        let Capacities { orders, instruments, .. } = self.capacities;
        let (orders, instruments) = (orders as usize, instruments as usize);
        let spans_max = orders + orders / 2 + 8 * instruments + 64;
        levels.len() < orders && (needed == 0 || spans.len() + needed <= spans_max)
    }

    fn is_full(&self) -> bool {
        self.orders.len() >= self.capacities.orders as usize
    }

    fn find(&self, instrument: InstrumentId, id: OrderId) -> Option<usize> {
        self.orders.iter().position(|order| order.instrument == instrument && order.order == id)
    }

    fn find_own(
        &self,
        instrument: InstrumentId,
        id: OrderId,
        account: AccountId,
    ) -> Rejection<usize> {
        self.check_instrument(instrument)?;
        let place = self.find(instrument, id).ok_or(RejectReason::UnknownOrder)?;
        if self.orders[place].account != account && !self.has(Flaw::OthersOrders) {
            return Err(RejectReason::UnknownOrder);
        }
        Ok(place)
    }

    fn check_instrument(&self, instrument: InstrumentId) -> Rejection<()> {
        let is_known = (instrument.0 as usize) < self.symbols.len();
        is_known.then_some(()).ok_or(RejectReason::UnknownInstrument)
    }

    fn send_to_the_back(&mut self, place: usize) {
        let order = self.orders.remove(place);
        self.orders.push(order);
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn emit(&mut self, command: &Command, kind: EventKind) {
        let instrument = match command.action {
            Action::New(new) => new.instrument,
            Action::Cancel { instrument, .. } | Action::Reduce { instrument, .. } => instrument,
            Action::Replace(replace) => replace.instrument,
            Action::DefineInstrument { .. } | Action::BindFlow(_) | Action::Configure(_) => {
                InstrumentId(0)
            }
        };
        let (sequence, session) = (self.last_sequence, command.session);
        self.events.push(Event { sequence, session, instrument, kind });
    }
}

fn check_operator(command: &Command) -> Rejection<()> {
    let is_operator = command.session == SessionId::OPERATOR;
    is_operator.then_some(()).ok_or(RejectReason::NotOperator)
}

fn level_of(order: &NaiveOrder) -> (InstrumentId, Side, Price) {
    (order.instrument, order.side, order.price)
}

/// The spans that mark an order's price: of 64, 4,096, 262,144 and 16,777,216 ticks.
fn spans_of(order: &NaiveOrder) -> [(InstrumentId, Side, u32, u32); 4] {
    let price = order.price.ticks();
    [64, 4_096, 262_144, 16_777_216]
        .map(|ticks| (order.instrument, order.side, ticks, price / ticks))
}

fn quantity(lots: u64) -> Quantity {
    Quantity::new(Lots(lots)).expect("between 1 and the largest")
}
