//! What is said of days, of instruments, and by gateways.

use super::Auctions;
use super::request::Request;
use super::{Ending, Publisher};
use crate::day::DayClock;
use crate::fault::Fit;
use crate::feed::Feed;
use crate::instruments::Trading;
use crate::notes::GatewayNote;
use highwater::types::{ClientSequence, InstrumentId, OrderId, Phase, SessionId};
use highwater_protocols::glimpse::EndOfSnapshot;
use highwater_protocols::itch::EventCode;
use highwater_protocols::{Alpha, AsciiNumber};

impl Publisher {
    /// A day begins: its instruments, and the orders that the day before left open, in the order of
    /// their queues.
    pub(super) fn start_day(&mut self, timestamp_ns: u64) {
        self.day += 1;
        let clock = DayClock::starting(timestamp_ns);
        self.clock = Some(clock);
        self.feed.time = clock.time48();
        self.feed.system_event(EventCode::StartOfMessages);
        for instrument in &mut self.instruments.0 {
            instrument.cross_count = 0;
            self.feed.directory(instrument);
        }
        self.feed.system_event(EventCode::StartOfSystemHours);
        for ((instrument, _), order) in self.orders.sorted() {
            if order.shown > 0 {
                let instrument = self.instruments.of(instrument);
                self.feed
                    .add(instrument, order)
                    .expect("what was added yesterday can be added today");
            }
        }
        self.feed.system_event(EventCode::StartOfMarketHours);
    }

    /// The books as they are now, as messages of the feed and one that says with which number the
    /// feed goes on (GLIMPSE); each behind its length in 2 bytes.
    ///
    /// # Panics
    /// Never.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut feed = Feed::default();
        feed.time = self.feed.time;
        feed.system_event(EventCode::StartOfMessages);
        self.instruments.0.iter().for_each(|instrument| feed.directory(instrument));
        feed.system_event(EventCode::StartOfSystemHours);
        for ((instrument, _), order) in self.orders.sorted() {
            if order.shown > 0 {
                let instrument = self.instruments.of(instrument);
                feed.add(instrument, order).expect("what was added can be added again");
            }
        }
        feed.system_event(EventCode::StartOfMarketHours);
        let next = AsciiNumber::new(self.feed.count() + 1).expect("it has at most 20 digits");
        feed.push(&EndOfSnapshot { sequence_number: next });
        feed.bytes().to_vec()
    }

    /// The market closes; what expires with the day is still told.
    pub(super) fn day_ends(&mut self) {
        let current = &mut self.current;
        current.ending = Ending::Day;
        self.feed.system_event(EventCode::EndOfMarketHours);
    }

    /// Nothing more comes today.
    pub(super) fn end_day(&mut self) {
        self.feed.system_event(EventCode::EndOfSystemHours);
        self.feed.system_event(EventCode::EndOfMessages);
        if let Some(answers) = &mut self.answers {
            answers.end_day();
        }
    }

    pub(super) fn defined(&mut self, id: InstrumentId) -> Fit {
        let current = &self.current;
        if let Request::Define(definition) = &current.request {
            self.instruments.define(id, definition)?;
            self.feed.directory(self.instruments.of(id));
        }
        Ok(())
    }

    /// Says it where it changes what the feed said last.
    pub(super) fn state_changed(&mut self, id: InstrumentId, trading: Trading) {
        let instrument = self.instruments.of_mut(id);
        let before = core::mem::replace(&mut instrument.trading, trading);
        if trading.state() != before.state() {
            self.feed.trading_action(instrument);
        }
    }

    /// What each auction would trade now: at the operator's clock, which is in the log.
    pub(super) fn tell_imbalances(&mut self, auctions: &impl Auctions) -> Fit {
        for (id, instrument) in (0..).map(InstrumentId).zip(&self.instruments.0) {
            if instrument.trading.phase == Phase::Auction {
                self.feed.imbalance(instrument, auctions.indicative(id))?;
            }
        }
        Ok(())
    }

    /// The answer to a client's request; the operator, who has no orders, needs none.
    pub(super) fn mass_canceled(&mut self, session: SessionId, number: ClientSequence) {
        let current = &self.current;
        let (Some(answers), Request::MassCancel(which)) = (&mut self.answers, &current.request)
        else {
            return;
        };
        if session != SessionId::OPERATOR && is_of_client(number) {
            let known = which.instrument.map(|id| self.instruments.of(id).name);
            let symbol = known.unwrap_or(Alpha::BLANK);
            answers.mass_cancel(session, (number, which.side), symbol);
        }
    }

    pub(super) fn noted(&mut self, session: SessionId, order: OrderId) -> Fit {
        let current = &self.current;
        if let (Some(answers), Request::Note(note)) = (&mut self.answers, &current.request)
            && let Some(note) = GatewayNote::of(note)
        {
            match note {
                GatewayNote::EntryDisabled { firm } => self.disabled.insert((session, firm)),
                GatewayNote::EntryEnabled { firm } => self.disabled.remove(&(session, firm)),
                GatewayNote::EntryStopped => self.stopped.insert(session),
                GatewayNote::EntryAllowed => self.stopped.remove(&session),
                GatewayNote::Refused { .. } | GatewayNote::Queried => false,
            };
            answers.noted(session, (order, note))?;
        }
        Ok(())
    }
}

/// Whether the client asked for it: a gateway gives what it does by itself no number of the
/// client's, which are the upper bits where there are any.
fn is_of_client(number: ClientSequence) -> bool {
    const GATEWAYS_BITS: u32 = 31;
    number.0 >> GATEWAYS_BITS == 0 || number.0.is_multiple_of(1 << GATEWAYS_BITS)
}
