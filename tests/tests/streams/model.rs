//! The messages that the events of a command become, by the tables of the protocols' page: what is
//! due, said in the words of the readers, with orders by their clients' numbers.

mod client;
mod due;
mod reasons;

use client::{Client, terms_of};
pub(crate) use due::{Due, is_event, number_of, state_of};
use due::{due_answer, fact};
use highwater::book::Book;
use highwater::command::{Action, Command, NewOrder};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use highwater::types::{InstrumentId, Lots, OrderId, Phase, SessionId, Side, Ticks, TimeInForce};
use reasons::{letter_of, number_of_reject};
use std::collections::{BTreeMap, BTreeSet};
use tests::itch_reader::Fact;
use tests::ouch_reader::{Answer, Echo, NO_LIMIT};

const DAY_NS: u64 = 86_400 * 1_000_000_000;

/// The last time that fits in 6 bytes: a longer day stays there.
const LAST_NS: u64 = (1 << 48) - 1;

/// What is known of orders, instruments and the day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    orders: BTreeMap<(InstrumentId, OrderId), Known>,
    instruments: Vec<Traded>,
    told: BTreeSet<SessionId>,
    /// Midnight and the last time of the day that goes on.
    clock: Option<(u64, u64)>,
    /// An uncross whose trades come: where, its price and volume.
    cross: Option<(InstrumentId, Ticks, Lots)>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    shown: u64,
    open: u64,
    limit: Ticks,
    time_in_force: TimeInForce,
    side: Side,
    /// What is repeated beyond what the client bytes say.
    terms: Echo,
    client: Client,
}

#[derive(Clone, Copy, Debug)]
struct Traded {
    stock: [u8; 8],
    decimals: u32,
    lot: u64,
    state: u8,
    cross_count: u32,
}

impl Model {
    /// What a command's messages must be. `book` is behind it.
    pub(crate) fn due(
        &mut self,
        (timestamp_ns, command): (u64, &Command),
        events: &[Event],
        book: &Book<'_>,
    ) -> Due {
        let (mut due, is_first) = (Due::default(), self.clock.is_none());
        let start = timestamp_ns % DAY_NS;
        let (midnight, before) = self.clock.unwrap_or((timestamp_ns - start, start));
        due.time_ns = before.max(timestamp_ns.saturating_sub(midnight)).min(LAST_NS);
        self.clock = Some((midnight, due.time_ns));
        if is_first {
            self.start_day(&mut due);
        }
        for event in events {
            if !matches!(event.kind, EventKind::AuctionTrade { .. }) {
                self.end_cross(&mut due);
            }
            self.hear(&mut due, event, command);
        }
        self.end_cross(&mut due);
        if matches!(events[0].kind, EventKind::ClockSet { .. }) {
            self.imbalances(&mut due, book);
        }
        if matches!(events[0].kind, EventKind::DayEnded { .. }) {
            self.end_day(&mut due);
        }
        due
    }

    fn start_day(&mut self, due: &mut Due) {
        due.system_event(b'O');
        for (id, traded) in (0..).map(InstrumentId).zip(&mut self.instruments) {
            traded.cross_count = 0;
            due.listed(id, (traded.lot, traded.state));
        }
        due.system_event(b'S');
        let orders = self.orders.clone();
        for ((id, order), _) in orders.iter().filter(|(_, known)| known.shown > 0) {
            self.adds(due, *id, *order);
        }
        due.system_event(b'Q');
    }

    fn end_day(&mut self, due: &mut Due) {
        due.system_event(b'E');
        due.system_event(b'C');
        for session in std::mem::take(&mut self.told) {
            let end = due.answer(b'S', 0);
            due.tell(session, Answer { detail: b'E'.into(), ..end });
        }
        self.clock = None;
    }

    fn hear(&mut self, due: &mut Due, event: &Event, command: &Command) {
        let id = event.instrument;
        match event.kind {
            EventKind::Accepted { order, .. } => {
                let Action::New(new) = &command.action else { panic!("it answers New") };
                self.accepted(due, event, (order, new));
            }
            EventKind::Rejected { order, reason, .. } => {
                self.rejected(due, event, (order, &command.action), reason);
            }
            EventKind::Trade { maker, taker, maker_session, price, quantity, .. } => {
                let parties = [(maker, maker_session, b'A'), (taker, event.owner, b'R')];
                self.trade(due, (b'E', id), parties, (price.into(), quantity.lots()));
            }
            EventKind::AuctionTrade { buy, sell, sell_session, price, quantity, .. } => {
                let crosses = self.instruments[index(id)].cross_count;
                let flag = if crosses == 0 { b'M' } else { b'K' };
                let parties = [(buy, event.owner, flag), (sell, sell_session, flag)];
                self.trade(due, (b'C', id), parties, (price.into(), quantity.lots()));
            }
            EventKind::Rested { order, price, visible, .. } => {
                let known = self.known(id, order);
                (known.shown, known.limit) = (visible.lots(), price.into());
                self.adds(due, id, order);
            }
            EventKind::Canceled { order, quantity, reason, .. } => {
                self.canceled(due, event, (order, quantity.lots()), reason);
            }
            EventKind::Reduced { order, remaining, visible, .. } => {
                self.reduced(due, event, order, (remaining.lots(), visible.0));
            }
            EventKind::Replaced { .. } => self.replaced(due, event, &command.action),
            EventKind::Triggered { order } => {
                due.reference_count += 1;
                let price = self.limit_of(id, order);
                let mut echo = Echo::default();
                echo.letters[2] = self.known(id, order).client.display();
                let answer = Answer { price, echo, ..due_answer(b'T', order, 0, 0) };
                self.tell(due, event.owner, answer);
            }
            EventKind::Replenished { order, visible, .. } => {
                due.reference_count += 1;
                self.known(id, order).shown = visible.lots();
                self.adds(due, id, order);
                self.tell(due, event.owner, due_answer(b'R', order, visible.lots(), 0));
            }
            EventKind::Uncrossed { price, volume, .. } => {
                due.match_count += 1;
                self.cross = Some((id, price, volume));
            }
            EventKind::StateChanged { phase, is_halted, .. } => {
                self.trades_like(due, id, if is_halted { b'H' } else { state_of(phase) });
            }
            EventKind::InstrumentDefined { is_new, .. } => {
                if is_new {
                    self.defined(due, id, &command.action);
                }
            }
            EventKind::MassCanceled { client_sequence, .. } => {
                self.mass_canceled(due, (event.session, client_sequence.0), &command.action);
            }
            EventKind::DayEnded { .. } => due.system_event(b'M'),
            EventKind::Noted { order, .. } => self.noted(due, event.session, (order, command)),
            EventKind::Duplicate { .. } => panic!("a repeat is not in the log"),
            EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::SessionLimited { .. } => {}
        }
    }

    fn accepted(&mut self, due: &mut Due, event: &Event, (order, new): (OrderId, &NewOrder)) {
        let id = event.instrument;
        let known = Known {
            shown: 0,
            open: new.quantity.0,
            limit: if new.order_type.has_limit() { new.price } else { Ticks(0) },
            time_in_force: new.time_in_force,
            side: new.side,
            terms: terms_of(new, self.clock),
            client: Client::of(&new.client_bytes).unwrap_or(Client::NONE),
        };
        assert!(self.orders.insert((id, order), known).is_none(), "an id names one open order");
        due.reference_count += 1;
        self.tell(due, event.session, self.order_answer(b'A', (id, order), b'L'.into()));
    }

    fn rejected(
        &mut self,
        due: &mut Due,
        event: &Event,
        (order, action): (OrderId, &Action),
        reason: RejectReason,
    ) {
        let would_cross = reason == RejectReason::PostOnlyWouldCross;
        let (order, bytes) = match action {
            Action::New(new) if would_cross => {
                self.accepted(due, event, (order, new));
                let gone = (order, new.quantity.0);
                return self.canceled(due, event, gone, CancelReason::PostOnlyWouldCross);
            }
            Action::New(new) => (order, new.client_bytes),
            Action::Replace(replace) if reason != RejectReason::UnknownOrder => {
                (replace.new_order, replace.client_bytes)
            }
            Action::Replace(_)
            | Action::Cancel { .. }
            | Action::Reduce { .. }
            | Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => return,
        };
        let words = Client::of(&bytes).unwrap_or(Client::NONE).words;
        let answer = due_answer(b'J', order, 0, 0);
        let detail = number_of_reject(reason);
        self.tell(due, event.session, Answer { detail, words, ..answer });
    }

    fn trade(
        &mut self,
        due: &mut Due,
        (kind, id): (u8, InstrumentId),
        parties: [(OrderId, SessionId, u8); 2],
        (price, quantity): (Ticks, u64),
    ) {
        let price = self.price4(id, price);
        due.match_count += 1;
        for (order, session, flag) in parties {
            let known = self.known(id, order);
            let shown = known.shown.min(quantity);
            known.shown -= shown;
            known.open -= quantity;
            if shown > 0 {
                let price = u32::try_from(price).expect("32 bits");
                let detail = if kind == b'C' { b'N'.into() } else { 0 };
                due.fact(Fact { price, detail, ..fact(kind, id, order, shown) });
            }
            if known.open == 0 {
                self.orders.remove(&(id, order));
            }
            let answer = due_answer(b'E', order, quantity, flag);
            self.tell(due, session, Answer { price, ..answer });
        }
    }

    fn canceled(
        &mut self,
        due: &mut Due,
        event: &Event,
        (order, quantity): (OrderId, u64),
        reason: CancelReason,
    ) {
        let known = self.orders.remove(&(event.instrument, order)).expect("it is open");
        if known.shown > 0 {
            due.fact(fact(b'D', event.instrument, order, 0));
        }
        let letter = letter_of(reason, event.session, known.time_in_force);
        self.tell(due, event.owner, due_answer(b'C', order, quantity, letter));
    }

    fn replaced(&mut self, due: &mut Due, event: &Event, action: &Action) {
        let EventKind::Replaced {
            order, new_order, price, quantity, visible, kept_priority, ..
        } = event.kind
        else {
            panic!("it is Replaced")
        };
        let id = event.instrument;
        let mut known = self.orders.remove(&(id, order)).expect("it is open");
        let before = known;
        due.reference_count += u64::from(!kept_priority);
        if let Action::Replace(replace) = action
            && let Some(client) = Client::of(&replace.client_bytes)
        {
            known.client = known.client.replaced_by(client);
        }
        (known.limit, known.open, known.shown) = (price, quantity.lots(), visible.0);
        let open = u32::try_from(known.open).expect("a quantity that OUCH has room for");
        known.terms.minimum = known.terms.minimum.min(open);
        self.orders.insert((id, new_order), known);
        if kept_priority && before.shown > known.shown {
            // The order's number in the feed is that of the new name by now.
            due.fact(fact(b'X', id, new_order, before.shown - known.shown));
        } else if !kept_priority && before.shown > 0 {
            due.fact(fact(b'D', id, order, 0));
        }
        if event.owner == event.session {
            let answer = self.order_answer(b'U', (id, new_order), number_of(order).into());
            self.tell(due, event.session, answer);
        } else {
            self.tell(due, event.owner, due_answer(b'C', order, before.open, b'U'));
            let answer = self.order_answer(b'A', (id, new_order), b'L'.into());
            self.tell(due, event.session, answer);
        }
    }

    fn mass_canceled(&mut self, due: &mut Due, (session, number): (SessionId, u64), it: &Action) {
        let Action::MassCancel(which) = it else { panic!("it answers MassCancel") };
        let number = u32::try_from(number).expect("small numbers");
        let detail = which.side.map_or(0, |side| if side == Side::Buy { b'B' } else { b'S' });
        if session != SessionId::OPERATOR {
            let mut answer = due_answer(b'X', OrderId(number.into()), 0, detail);
            if let Some(id) = which.instrument {
                answer.words[4..12].copy_from_slice(&self.instruments[index(id)].stock);
            }
            self.tell(due, session, answer);
        }
    }

    fn noted(&mut self, due: &mut Due, session: SessionId, (order, it): (OrderId, &Command)) {
        let Action::Note(note) = &it.action else { panic!("it answers Note") };
        let bytes = note.bytes.as_bytes();
        let answer = |kind| due_answer(kind, order, 0, 0);
        let of_firm = |kind| {
            let mut answer = answer(kind);
            answer.words[..4].copy_from_slice(bytes);
            answer
        };
        let answer = match (note.code, bytes) {
            (1, [_, reason, words @ ..]) if words.len() == 14 => {
                let words = words.try_into().expect("14 bytes");
                Answer { detail: u64::from(*reason), words, ..answer(b'J') }
            }
            (2, [_, _, _, _]) => of_firm(b'G'),
            (3, [_, _, _, _]) => of_firm(b'K'),
            (4, []) => answer(b'Q'),
            _ => return,
        };
        self.tell(due, session, answer);
    }

    fn defined(&mut self, due: &mut Due, id: InstrumentId, action: &Action) {
        let Action::DefineInstrument(definition) = action else {
            panic!("it answers a definition")
        };
        let (decimals, lot) = (definition.terms.decimals.0.into(), definition.terms.lot.0);
        let mut stock = [b' '; 8];
        let symbol = definition.symbol.as_bytes();
        stock[..symbol.len()].copy_from_slice(symbol);
        let traded = Traded { stock, decimals, lot, state: b'T', cross_count: 0 };
        due.listed(id, (lot, traded.state));
        self.instruments.push(traded);
    }

    /// An order is smaller now and keeps its place.
    fn reduced(
        &mut self,
        due: &mut Due,
        event: &Event,
        order: OrderId,
        (remaining, visible): (u64, u64),
    ) {
        let id = event.instrument;
        let known = self.known(id, order);
        let (less, by) = (known.shown - visible, known.open - remaining);
        (known.shown, known.open) = (visible, remaining);
        if less > 0 {
            due.fact(fact(b'X', id, order, less));
        }
        self.tell(due, event.owner, due_answer(b'C', order, by, b'U'));
    }

    fn end_cross(&mut self, due: &mut Due) {
        let Some((id, price, volume)) = self.cross.take() else { return };
        let price = u32::try_from(self.price4(id, price)).expect("32 bits");
        let traded = &mut self.instruments[index(id)];
        let letter = if traded.cross_count == 0 { b'O' } else { b'H' };
        traded.cross_count += 1;
        let print = Fact { price, detail: letter.into(), ..fact(b'Q', id, OrderId(0), volume.0) };
        due.fact(print);
        self.trades_like(due, id, b'T');
    }

    fn trades_like(&mut self, due: &mut Due, id: InstrumentId, state: u8) {
        let before = std::mem::replace(&mut self.instruments[index(id)].state, state);
        if before != state {
            due.fact(Fact { detail: state.into(), ..fact(b'H', id, OrderId(0), 0) });
        }
    }

    fn imbalances(&self, due: &mut Due, book: &Book<'_>) {
        for number in 0..book.instrument_count() {
            let id = InstrumentId(number);
            if book.phase(id) != Some(Phase::Auction) {
                continue;
            }
            let (mut told, mut letter) = (fact(b'I', id, OrderId(0), 0), b'O');
            if let Some(would) = book.indicative(id) {
                told.shares = would.volume_lots.try_into().expect("64 bits");
                told.price = u32::try_from(self.price4(id, would.price.into())).expect("32 bits");
                letter = match would.imbalance_lots {
                    1.. => b'B',
                    0 => b'N',
                    ..0 => b'S',
                };
            }
            due.fact(Fact { detail: letter.into(), ..told });
        }
    }

    fn adds(&self, due: &mut Due, id: InstrumentId, order: OrderId) {
        let known = self.orders[&(id, order)];
        let firm = known.client.attribution();
        let kind = if firm > 0 { b'F' } else { b'A' };
        let price = u32::try_from(self.price4(id, known.limit)).expect("32 bits");
        due.fact(Fact { price, detail: firm, ..fact(kind, id, order, known.shown) });
    }

    /// Tells a session, first of all that its day begins.
    fn tell(&mut self, due: &mut Due, session: SessionId, answer: Answer) {
        if self.told.insert(session) {
            let start = due.answer(b'S', 0);
            due.tell(session, Answer { detail: b'S'.into(), ..start });
        }
        due.tell(session, answer);
    }

    /// A or U.
    fn order_answer(&self, kind: u8, (id, order): (InstrumentId, OrderId), detail: u64) -> Answer {
        let known = &self.orders[&(id, order)];
        let (price, words) = (self.limit_of(id, order), known.client.words);
        let mut echo = known.client.echo(known.side, known.terms);
        echo.symbol = self.instruments[index(id)].stock;
        if kind == b'U' {
            (echo.customer, echo.group) = (0, 0);
        }
        Answer { price, detail, words, echo, ..due_answer(kind, order, known.open, 0) }
    }

    fn limit_of(&self, id: InstrumentId, order: OrderId) -> u64 {
        let limit = self.orders[&(id, order)].limit;
        if limit.0 == 0 { NO_LIMIT } else { self.price4(id, limit) }
    }

    fn price4(&self, id: InstrumentId, price: Ticks) -> u64 {
        let price = u64::from(price.0) * 10_000;
        let unit = 10_u64.pow(self.instruments[index(id)].decimals);
        assert!(price.is_multiple_of(unit), "the protocols have room for the price");
        price / unit
    }

    fn known(&mut self, id: InstrumentId, order: OrderId) -> &mut Known {
        self.orders.get_mut(&(id, order)).expect("it is open")
    }
}

fn index(id: InstrumentId) -> usize {
    usize::try_from(id.0).expect("few instruments")
}
