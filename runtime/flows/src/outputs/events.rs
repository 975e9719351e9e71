//! Every released event as one JSON object a line.
//!
//! Each object has `sequence`, `session`, `client_sequence` (of the command that caused it, where
//! it is known), `owner` (the session of the order that it is about, where that is another),
//! `instrument` and `symbol` (where it is about one), `kind`, and the fields of its kind:
//!
//! | kind | fields |
//! |---|---|
//! | `accepted` | `order`, `side`, `price`, `trigger`, `quantity` |
//! | `rejected` | `order`, `reason` |
//! | `trade` | `maker`, `taker`, `maker_session`, `price`, `quantity`, `maker_remaining`, `taker_remaining`, `side` (the taker's) |
//! | `rested` | `order`, `side`, `price`, `quantity`, `visible` |
//! | `canceled` | `order`, `quantity`, `reason`, `side`, `price`, `visible` |
//! | `reduced` | `order`, `remaining`, `visible`, `side`, `price` |
//! | `replaced` | `order`, `new_order`, `price`, `quantity`, `visible`, `kept_priority`, `side` |
//! | `triggered` | `order` |
//! | `replenished` | `order`, `visible`, `side`, `price` |
//! | `auction_trade` | `buy`, `sell`, `sell_session`, `price`, `quantity`, `buy_remaining`, `sell_remaining` |
//! | `mass_canceled` | `order_count` |
//! | `duplicate` | `last` |
//! | `instrument_defined` | `is_new` |
//! | `flow_bound` | none |
//! | `configured` | `orders`, `instruments`, `sessions` |
//! | `state_changed` | `phase`, `is_halted` |
//! | `uncrossed` | `price`, `volume` |
//! | `band_set` | `band_low`, `band_high` |
//! | `clock_set` | `now_ns` |
//! | `day_ended` | none |
//! | `session_limited` | `of_session`, `open_orders_max` |
//!
//! With times the line `sequence`, `kind` (`command_end`), `timestamp_ns` follows the events of
//! each command: when it was taken, in nanoseconds since the Unix epoch.
//!
//! Prices are in ticks, or strings of decimals; quantities are in lots. Numbers are integers of up
//! to 64 bits.

mod line;
#[cfg(test)]
mod tests;

use super::{DurableFile, OutputError, TextFile};
use highwater::event::{CommandEnd, Event, EventKind, RejectReason};
use highwater::types::{ClientSequence, InstrumentId, PriceDecimals, SessionId, Symbol};
use highwater_storage::ConsumerKind;
use line::Line;
use std::io;
use std::path::Path;

/// Writes released events, readable.
#[derive(Debug)]
pub struct EventsWriter {
    file: TextFile,
    /// By number; `None` for what has not been named to the writer.
    symbols: Vec<Option<Symbol>>,
    /// The session of the last answer and what it answered: events that follow belong to it.
    answered: Option<(SessionId, ClientSequence)>,
}

impl EventsWriter {
    /// Creates the file that takes the place of the one at `path` when it is [kept](Self::keep).
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        Ok(Self::to(TextFile::create("events", path)?))
    }

    const fn to(file: TextFile) -> Self {
        Self { file, symbols: Vec::new(), answered: None }
    }

    /// Says what an instrument is called, before the first event about it is taken.
    pub fn name_instrument(&mut self, instrument: InstrumentId, symbol: Symbol) {
        let index = index_of(instrument);
        if self.symbols.len() <= index {
            self.symbols.resize(index + 1, None);
        }
        self.symbols[index] = Some(symbol);
    }

    /// Takes the next released event. Its prices are written with `decimals`, or where they are
    /// `None` in ticks.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn event(
        &mut self,
        event: &Event,
        decimals: Option<PriceDecimals>,
    ) -> Result<(), OutputError> {
        if let Some(client_sequence) = event.answers() {
            self.answered = Some((event.session, client_sequence));
        }
        let mut line = Line { text: self.file.text(), decimals };
        line.number("{\"sequence\":", event.sequence.0);
        line.number(",\"session\":", u64::from(event.session.0));
        if let Some((session, client_sequence)) = self.answered
            && session == event.session
        {
            line.number(",\"client_sequence\":", client_sequence.0);
        }
        if event.owner != event.session {
            line.number(",\"owner\":", u64::from(event.owner.0));
        }
        if is_about_instrument(event) {
            line.number(",\"instrument\":", u64::from(event.instrument.0));
            if let Some(Some(symbol)) = self.symbols.get(index_of(event.instrument)) {
                line.symbol(*symbol);
            }
        }
        line.kind(event.kind);
        self.file.text().extend_from_slice(b"}\n");
        self.file.settle()
    }

    /// Says that the command of the events before has ended, and when it was taken.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn end(&mut self, end: CommandEnd) -> Result<(), OutputError> {
        let mut line = Line { text: self.file.text(), decimals: None };
        line.number("{\"sequence\":", end.sequence.0);
        line.number(",\"kind\":\"command_end\",\"timestamp_ns\":", end.timestamp_ns);
        self.file.text().extend_from_slice(b"}\n");
        self.file.settle()
    }

    /// Gives the file its name: until then it stands beside what had the name before.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub fn keep(&mut self) -> Result<(), OutputError> {
        self.file.keep()
    }

    /// The file, for who makes it durable; `None` for a pipe or a device.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn durable_file(&self) -> io::Result<Option<DurableFile>> {
        let kind = ConsumerKind::Events;
        let named = self.file.named_file()?;
        Ok(named.map(|(path, file)| DurableFile { kind, path, file }))
    }

    /// Writes what is buffered.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.file.flush()
    }
}

/// Whether the event's instrument means something.
const fn is_about_instrument(event: &Event) -> bool {
    match event.kind {
        EventKind::Accepted { .. }
        | EventKind::Trade { .. }
        | EventKind::Rested { .. }
        | EventKind::Canceled { .. }
        | EventKind::Reduced { .. }
        | EventKind::Replaced { .. }
        | EventKind::Triggered { .. }
        | EventKind::Replenished { .. }
        | EventKind::AuctionTrade { .. }
        | EventKind::InstrumentDefined { .. }
        | EventKind::StateChanged { .. }
        | EventKind::Uncrossed { .. }
        | EventKind::BandSet { .. } => true,
        EventKind::Rejected { reason, .. } => is_about_orders(event.session, reason),
        EventKind::Duplicate { .. }
        | EventKind::FlowBound { .. }
        | EventKind::Configured { .. }
        | EventKind::MassCanceled { .. }
        | EventKind::Noted { .. }
        | EventKind::ClockSet { .. }
        | EventKind::DayEnded { .. }
        | EventKind::SessionLimited { .. } => false,
    }
}

/// Whether what is refused for this reason named an instrument: an order did, and what changes how
/// one trades; what sets the engine up does not.
const fn is_about_orders(session: SessionId, reason: RejectReason) -> bool {
    match reason {
        RejectReason::UnknownOrder
        | RejectReason::DuplicateId
        | RejectReason::BadPrice
        | RejectReason::BadQuantity
        | RejectReason::BadExpiry
        | RejectReason::UnknownInstrument
        | RejectReason::OrdersFull
        | RejectReason::LevelsFull
        | RejectReason::Halted
        | RejectReason::NoMatching
        | RejectReason::PriceBand
        | RejectReason::MaxQuantity
        | RejectReason::MaxNotional
        | RejectReason::MaxOrders
        | RejectReason::PostOnlyWouldCross
        | RejectReason::WrongPhase => true,
        // Of a client they are the answer to anything.
        RejectReason::SessionsFull | RejectReason::NotOperator => {
            session.0 != SessionId::OPERATOR.0
        }
        RejectReason::InstrumentsFull
        | RejectReason::BadCapacities
        | RejectReason::BadTerms
        | RejectReason::BadTime
        | RejectReason::OtherFlow => false,
    }
}

fn index_of(instrument: InstrumentId) -> usize {
    usize::try_from(instrument.0).unwrap_or(usize::MAX)
}
