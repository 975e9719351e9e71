//! The publisher: turns each record, and the events that follow from it, into messages.

mod market;
mod orders;
mod request;
mod trades;

use crate::answers::Answers;
use crate::day::DayClock;
use crate::fault::{Fit, PublishFault, Unfit};
use crate::feed::Feed;
use crate::instruments::{Instrument, Instruments, Trading};
use crate::open_orders::{OpenOrder, OpenOrders};
use highwater::book::{Book, Indicative};
use highwater::event::{Event, EventKind, EventSink};
use highwater::record::{Body, Record};
use highwater::types::{InstrumentId, Lots, OrderId, Sequence, SessionId};
use highwater_protocols::Alpha;
use request::{Audience, Request};
use std::collections::BTreeSet;
use trades::Cross;

/// Makes the streams of one log.
///
/// For each record, in order: [`begin`](Self::begin), then the events of its command, which it
/// takes as an [`EventSink`], then [`finish`](Self::finish). What it makes waits in its
/// [`feed`](Self::feed) and [`answers`](Self::answers) until it is taken.
#[derive(Debug)]
pub struct Publisher {
    /// What everybody is told.
    pub feed: Feed,
    /// What each session is told; `None` where nobody asks for it.
    pub answers: Option<Answers>,
    pub(crate) instruments: Instruments,
    pub(crate) orders: OpenOrders,
    /// The firms for which a session takes no orders.
    pub(crate) disabled: BTreeSet<(SessionId, Alpha<4>)>,
    /// Sessions of which the operator has no orders taken.
    pub(crate) stopped: BTreeSet<SessionId>,
    /// The day's number, from 1; 0 before the first.
    pub(crate) day: u32,
    /// `None` between two days.
    pub(crate) clock: Option<DayClock>,
    /// How many numbers were given to orders and to trades so far, over all days.
    pub(crate) references: u64,
    pub(crate) matches: u64,
    /// The last command that was published.
    pub(crate) sequence: Sequence,
    /// The time in its record.
    timestamp_ns: u64,
    /// The command whose events come.
    begun: Sequence,
    /// Whether the events of a command come. While a log is replayed up to where its streams go on,
    /// none is begun, and nobody is told.
    is_begun: bool,
    current: Current,
    fault: Option<Box<Unfit>>,
}

/// The command whose events come.
#[derive(Debug)]
struct Current {
    request: Request,
    /// The order that comes in: it is not among the open orders, and may never be.
    incoming: Option<Incoming>,
    /// An uncross whose trades come.
    cross: Option<Cross>,
    /// What is said behind its events.
    ending: Ending,
}

/// What is said behind the events of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Nothing.
    Nothing,
    /// The operator's clock was set: what each auction would trade now.
    Imbalances,
    /// The end of the day.
    Day,
}

#[derive(Debug)]
struct Incoming {
    instrument: InstrumentId,
    order: OrderId,
    open: OpenOrder,
}

/// Whether the streams of a day go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// They do.
    GoesOn,
    /// They are complete. Once they are taken, [`Publisher::next_day`] is to be called.
    Ended,
}

/// Knows what auctions would trade: a book, or who asked one.
pub trait Auctions {
    /// What an uncross of the instrument would do now; `None` where nothing would trade.
    fn indicative(&self, instrument: InstrumentId) -> Option<Indicative>;
}

impl Auctions for Book<'_> {
    fn indicative(&self, instrument: InstrumentId) -> Option<Indicative> {
        Self::indicative(self, instrument)
    }
}

impl Publisher {
    /// A publisher at the beginning of a log.
    ///
    /// `answers` are [`Answers::default`], or `None` where nobody asks for them.
    pub fn new(answers: Option<Answers>) -> Self {
        Self {
            feed: Feed::default(),
            answers,
            instruments: Instruments::default(),
            orders: OpenOrders::default(),
            disabled: BTreeSet::new(),
            stopped: BTreeSet::new(),
            day: 0,
            clock: None,
            references: 0,
            matches: 0,
            sequence: Sequence(0),
            timestamp_ns: 0,
            begun: Sequence(0),
            is_begun: false,
            current: Current {
                request: Request::Plain,
                incoming: None,
                cross: None,
                ending: Ending::Nothing,
            },
            fault: None,
        }
    }

    /// The number of the day, from 1; 0 before the first record.
    pub const fn day(&self) -> u32 {
        self.day
    }

    /// Whether a day has ended and none has begun since, or none ever has.
    pub const fn is_between_days(&self) -> bool {
        self.clock.is_none()
    }

    /// The last command that was published; 0 for none.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// The time in its record, in nanoseconds since the Unix epoch; 0 before the first that this
    /// publisher was given.
    pub const fn timestamp_ns(&self) -> u64 {
        self.timestamp_ns
    }

    /// All instruments, by their numbers.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments.0
    }

    /// The open order with this id, of any instrument: its instrument, and what its client asks for
    /// in all, what has traded included.
    pub fn open_order(&self, order: OrderId) -> Option<(InstrumentId, Lots)> {
        self.orders.find(order).map(|(instrument, open)| (instrument, open.total))
    }

    /// All open orders, in no order.
    pub fn open_orders(&self) -> impl Iterator<Item = (InstrumentId, OrderId)> {
        self.orders.keys()
    }

    /// Whether the operator has stopped the entry of this session's orders.
    pub fn is_entry_stopped(&self, session: SessionId) -> bool {
        self.stopped.contains(&session)
    }

    /// The firms for which a session takes no orders, because it was asked for that.
    pub fn disabled_firms(&self, session: SessionId) -> impl Iterator<Item = Alpha<4>> {
        let of_session = move |(of, firm): &(SessionId, _)| (*of == session).then_some(*firm);
        self.disabled.iter().filter_map(of_session)
    }

    /// How many orders are open.
    pub fn open_order_count(&self) -> usize {
        self.orders.len()
    }

    /// The events of this record's command come next; a record that is no command has none.
    ///
    /// # Panics
    /// Never.
    pub fn begin(&mut self, record: &Record) {
        let Body::Command(command) = &record.body else { return };
        if self.clock.is_none() {
            self.start_day(record.timestamp_ns);
        }
        let clock = self.clock.as_mut().expect("a day has begun");
        clock.advance(record.timestamp_ns);
        self.feed.time = clock.time48();
        if let Some(answers) = &mut self.answers {
            answers.time = clock.time64();
        }
        self.timestamp_ns = record.timestamp_ns;
        self.begun = record.sequence;
        let audience = if self.answers.is_some() { Audience::Sessions } else { Audience::Feed };
        let Current { request, incoming, cross, ending } = &mut self.current;
        request.keep(&command.action, audience);
        (*incoming, *cross, *ending) = (None, None, Ending::Nothing);
        self.is_begun = true;
    }

    /// The events of the command have come; `auctions` are as it left them.
    ///
    /// # Errors
    /// A protocol has no room for something. The publisher must not be used any more, and what
    /// waits in it is not to be taken: it may lack something.
    pub fn finish(&mut self, auctions: &impl Auctions) -> Result<DayState, PublishFault> {
        if !std::mem::take(&mut self.is_begun) {
            return Ok(DayState::GoesOn);
        }
        self.sequence = self.begun;
        let finished = match self.fault.take() {
            None => self.finish_command(auctions),
            Some(what) => Err(what),
        };
        finished.map_err(|what| PublishFault { sequence: self.sequence, what: *what })
    }

    fn finish_command(&mut self, auctions: &impl Auctions) -> Fit<DayState> {
        self.settle_cross()?;
        self.settle_incoming();
        match self.current.ending {
            Ending::Nothing => {}
            Ending::Imbalances => self.tell_imbalances(auctions)?,
            Ending::Day => {
                self.end_day();
                return Ok(DayState::Ended);
            }
        }
        Ok(DayState::GoesOn)
    }

    /// The streams of the day were taken: the next command begins another day.
    pub fn next_day(&mut self) {
        self.clock = None;
        self.feed.start_day();
        if let Some(answers) = &mut self.answers {
            answers.start_day();
        }
    }

    fn on(&mut self, event: &Event) -> Fit {
        if self.current.cross.is_some() && !matches!(event.kind, EventKind::AuctionTrade { .. }) {
            self.settle_cross()?;
        }
        match event.kind {
            EventKind::Accepted { order, side, price, quantity, .. } => {
                self.accepted(event, (order, side), (price, quantity.into()))
            }
            EventKind::Rejected { order, reason, .. } => self.rejected(event, order, reason),
            EventKind::Trade { .. } => self.trade(event),
            EventKind::Rested { order, price, quantity, visible, .. } => {
                self.rested(event.instrument, order, (price, quantity, visible))
            }
            EventKind::Canceled { order, quantity, visible, reason, .. } => {
                self.canceled(event, order, (quantity, visible), reason)
            }
            EventKind::Reduced { order, remaining, visible, .. } => {
                self.reduced(event, order, (remaining, visible))
            }
            EventKind::Replaced { .. } => self.replaced(event),
            EventKind::Triggered { order } => self.triggered(event, order),
            EventKind::Replenished { order, visible, .. } => {
                self.replenished(event, order, visible)
            }
            EventKind::AuctionTrade { .. } => self.auction_trade(event),
            EventKind::Uncrossed { price, volume, .. } => {
                self.uncrossed(event.instrument, price, volume);
                Ok(())
            }
            EventKind::StateChanged { phase, is_halted, .. } => {
                self.state_changed(event.instrument, Trading { phase, is_halted });
                Ok(())
            }
            EventKind::InstrumentDefined { is_new: true, .. } => self.defined(event.instrument),
            EventKind::MassCanceled { client_sequence, .. } => {
                self.mass_canceled(event.session, client_sequence);
                Ok(())
            }
            EventKind::DayEnded { .. } => {
                self.day_ends();
                Ok(())
            }
            EventKind::ClockSet { .. } => {
                self.current.ending = Ending::Imbalances;
                Ok(())
            }
            EventKind::Noted { order, .. } => self.noted(event.session, order),
            EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::BandSet { .. }
            | EventKind::SessionLimited { .. } => Ok(()),
        }
    }
}

impl EventSink for Publisher {
    #[inline]
    fn event(&mut self, event: &Event) {
        if self.is_begun && self.fault.is_none() {
            self.fault = self.on(event).err();
        }
    }
}
