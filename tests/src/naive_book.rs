//! A naive order book: one list of open orders, searched from the front for every question.
//!
//! It says the rules of [`highwater::book::Book::apply`] once more, as plainly as possible and
//! without any of the real book's machinery, and it can break one of them on purpose, to prove that
//! a comparison notices.

mod auction;
mod changes;
mod entry;
mod flaw;
mod matching;
mod operator;
mod orders;
mod stops;

pub use flaw::Flaw;
pub use orders::NaiveOrder;

use highwater::command::{Action, Command, FlowIdentity, Note};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use highwater::types::{
    Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId, Phase, Price,
    Quantity, Sequence, SessionId, Symbol,
};
use std::collections::BTreeMap;

/// The naive book.
#[derive(Clone, Debug)]
pub struct NaiveBook {
    /// All open orders, waiting stops too, in the order in which they joined their queues.
    pub orders: Vec<NaiveOrder>,
    /// By number.
    pub instruments: Vec<NaiveInstrument>,
    /// What may be held.
    pub capacities: Capacities,
    /// The last client sequence by session.
    pub sessions: BTreeMap<SessionId, ClientSequence>,
    /// How many orders a session may have open, where that was ever said.
    pub open_orders_max: BTreeMap<SessionId, u32>,
    /// The engine's clock.
    pub clock_ns: u64,
    /// The flow that the log belongs to.
    pub flow: Option<FlowIdentity>,
    /// The last command that was applied.
    pub last_sequence: Sequence,
    /// Hash of all events.
    pub running_hash: u64,
    /// The rule that is broken.
    flaw: Flaw,
    /// The command that is being applied.
    command: Command,
    /// What it has caused so far.
    events: Vec<Event>,
}

/// What an instrument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NaiveInstrument {
    /// Its name.
    pub symbol: Symbol,
    /// What it takes.
    pub terms: InstrumentTerms,
    /// How it trades.
    pub phase: Phase,
    /// Whether it is halted.
    pub is_halted: bool,
    /// Price of its last trade.
    pub last_trade: Option<Price>,
}

type Rejection<T> = Result<T, RejectReason>;

impl NaiveBook {
    /// An empty book.
    pub const fn new(capacities: Capacities, flaw: Flaw) -> Self {
        let command = Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(0),
            action: Action::EndOfDay,
        };
        Self {
            orders: Vec::new(),
            instruments: Vec::new(),
            capacities,
            sessions: BTreeMap::new(),
            open_orders_max: BTreeMap::new(),
            clock_ns: 0,
            flow: None,
            last_sequence: Sequence(0),
            running_hash: 0,
            flaw,
            command,
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
        self.command = *command;
        if let Err(reason) = self.try_apply() {
            let client_sequence = command.client_sequence;
            let (instrument, order) = names_of(&command.action);
            self.emit_own(instrument, EventKind::Rejected { client_sequence, order, reason });
        }
        for event in &self.events {
            self.running_hash = event.fold_into(self.running_hash);
        }
        std::mem::take(&mut self.events)
    }

    fn try_apply(&mut self) -> Rejection<()> {
        let Command { session, client_sequence, action } = self.command;
        if u32::from(session.0) >= self.capacities.sessions {
            return Err(RejectReason::SessionsFull);
        }
        self.sessions.insert(session, client_sequence);
        match action {
            Action::New(new) => self.new_order(&new),
            Action::Cancel { instrument, order, account } => {
                let place = self.find_own(instrument, order, account)?;
                if self.has(Flaw::HaltForbidsCancel) && self.instrument(instrument)?.is_halted {
                    return Err(RejectReason::Halted);
                }
                self.cancel(place, CancelReason::User);
                Ok(())
            }
            Action::Reduce { instrument, order, account, by } => {
                let place = self.find_own(instrument, order, account)?;
                self.reduce(place, by.0)
            }
            Action::Replace(replace) => self.replace(&replace),
            Action::MassCancel(wanted) => self.mass_cancel(&wanted),
            Action::Note(Note { code, order, .. }) => {
                self.emit_own(InstrumentId(0), EventKind::Noted { client_sequence, code, order });
                Ok(())
            }
            Action::DefineInstrument(definition) => self.define(&definition),
            Action::SetBand { instrument, band } => self.set_band(instrument, band),
            Action::Control { instrument, control } => self.control(instrument, control),
            Action::Clock { now_ns } => self.set_clock(now_ns),
            Action::EndOfDay => self.end_day(),
            Action::LimitSession { session, open_orders_max } => {
                self.limit_session(session, open_orders_max)
            }
            Action::BindFlow(flow) => self.bind_flow(flow),
            Action::Configure(capacities) => self.configure(capacities),
        }
    }

    /// The instrument with this number.
    fn instrument(&self, instrument: InstrumentId) -> Rejection<NaiveInstrument> {
        let known = self.instruments.get(instrument.0 as usize).copied();
        known.ok_or(RejectReason::UnknownInstrument)
    }

    /// The instrument with this number, which is defined, to be changed.
    fn instrument_mut(&mut self, instrument: InstrumentId) -> &mut NaiveInstrument {
        &mut self.instruments[instrument.0 as usize]
    }

    /// Whether orders of the instrument, which is defined, trade as they come in.
    fn is_trading(&self, instrument: InstrumentId) -> bool {
        let NaiveInstrument { phase, is_halted, .. } = self.instruments[instrument.0 as usize];
        phase == Phase::Continuous && (!is_halted || self.has(Flaw::HaltTriggersStops))
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// Emits an event about an order.
    fn emit(&mut self, order: &NaiveOrder, kind: EventKind) {
        self.emit_own(order.instrument, kind);
        let event = self.events.last_mut().expect("it was just emitted");
        if self.flaw != Flaw::OwnerIsSender {
            event.owner = order.session;
        }
    }

    /// Emits an event about the session that sent the command, or one of its orders.
    fn emit_own(&mut self, instrument: InstrumentId, kind: EventKind) {
        let (sequence, session) = (self.last_sequence, self.command.session);
        self.events.push(Event { sequence, session, owner: session, instrument, kind });
    }
}

/// The instrument and the order that an action names; 0 where it names none.
fn names_of(action: &Action) -> (InstrumentId, OrderId) {
    match *action {
        Action::New(new) => (new.instrument, new.order),
        Action::Cancel { instrument, order, .. } | Action::Reduce { instrument, order, .. } => {
            (instrument, order)
        }
        Action::Replace(replace) => (replace.instrument, replace.order),
        Action::MassCancel(wanted) => (wanted.instrument.unwrap_or_default(), OrderId(0)),
        Action::Note(note) => (InstrumentId(0), note.order),
        Action::SetBand { instrument, .. } | Action::Control { instrument, .. } => {
            (instrument, OrderId(0))
        }
        Action::DefineInstrument(_)
        | Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Configure(_) => (InstrumentId(0), OrderId(0)),
    }
}

fn quantity(lots: u64) -> Quantity {
    Quantity::new(Lots(lots)).expect("between 1 and the largest")
}
