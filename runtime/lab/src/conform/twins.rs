//! Two books that get the same commands, one of them by way of the log's bytes, and must never
//! differ.
//!
//! The second has more memory and another seed: neither may change a result.

use super::scenario::Scenario;
use highwater::book::Book;
use highwater::command::{Action, Command};
use highwater::event::Event;
use highwater::record::{Body, RECORD_BYTES_MAX, Record};
use highwater::types::{Capacities, ClientSequence, SessionId};
use std::collections::BTreeMap;

/// Two books after the same commands.
#[derive(Debug)]
pub(super) struct Twins<'m> {
    first: Book<'m>,
    second: Book<'m>,
    /// The last client sequence of each session.
    client_sequences: BTreeMap<u16, u64>,
}

/// Memory of two books.
#[derive(Debug)]
pub(super) struct TwinMemory {
    capacities: [Capacities; 2],
    bytes: [Vec<u8>; 2],
}

/// Seeds of the books' hash tables.
const SEEDS: [u64; 2] = [1, 0x9e37_79b9_7f4a_7c15];

/// Books of up to so many open orders are checked after every command, larger ones once in so many
/// commands: a check walks over the whole book.
const CHECKED_ALWAYS_ORDERS: u32 = 1_024;

impl TwinMemory {
    /// Memory for everything that `scenario` may set the capacities to, and more for the second.
    pub(super) fn new(scenario: &Scenario) -> Self {
        let first = scenario.largest_capacities();
        let second = Capacities {
            orders: first.orders * 2 + 1,
            instruments: first.instruments + 1,
            sessions: first.sessions,
        };
        let capacities = [first, second];
        Self { capacities, bytes: capacities.map(|needed| vec![0; Book::bytes_needed(needed)]) }
    }

    /// Two books in the memory, set up as `scenario` says.
    pub(super) fn books(&mut self, scenario: &Scenario) -> Result<Twins<'_>, String> {
        let [first, second] = &mut self.bytes;
        let [first_capacities, second_capacities] = self.capacities;
        let book = |memory, capacities, seed| {
            Book::new(memory, capacities, seed).map_err(|fault| fault.to_string())
        };
        let mut twins = Twins {
            first: book(first, first_capacities, SEEDS[0])?,
            second: book(second, second_capacities, SEEDS[1])?,
            client_sequences: BTreeMap::new(),
        };
        let configure = Action::Configure(scenario.config.capacities);
        let instruments = scenario.config.instruments.iter().copied();
        for action in [configure].into_iter().chain(instruments.map(Action::DefineInstrument)) {
            let events = twins.apply(SessionId::OPERATOR, action)?;
            if let Some(reason) = events.iter().find_map(|event| event.kind.reject_reason()) {
                return Err(format!("the set-up is rejected: {reason}"));
            }
        }
        Ok(twins)
    }
}

impl<'m> Twins<'m> {
    /// The book that gets the commands themselves.
    pub(super) fn book(&self) -> &Book<'m> {
        &self.first
    }

    /// Applies a command to both; returns the events of the first, or what is wrong.
    pub(super) fn apply(
        &mut self,
        session: SessionId,
        action: Action,
    ) -> Result<Vec<Event>, String> {
        let client_sequence = self.client_sequences.entry(session.0).or_default();
        *client_sequence += 1;
        let command =
            Command { session, client_sequence: ClientSequence(*client_sequence), action };
        let sequence = self.first.last_sequence().next();
        let mut events = Vec::new();
        self.first.apply(sequence, &command, &mut |event: &Event| events.push(*event));
        let record = Record { sequence, timestamp_ns: sequence.0, body: Body::Command(command) };
        let Body::Command(logged) = through_bytes(&record)?.body else {
            return Err("the record of the command is another's".to_owned());
        };
        self.second.apply(sequence, &logged, &mut ());
        if self.first.running_hash() != self.second.running_hash() {
            return Err("the second book, fed from the log's bytes, says something else".to_owned());
        }
        let orders = self.first.open_order_count();
        if orders <= CHECKED_ALWAYS_ORDERS || sequence.0.is_multiple_of(orders.into()) {
            self.first.check().map_err(|fault| fault.to_string())?;
        }
        Ok(events)
    }

    /// Compares everything that the two books hold.
    pub(super) fn compare(&self) -> Result<(), String> {
        for book in [&self.first, &self.second] {
            book.check().map_err(|fault| fault.to_string())?;
        }
        if self.first.state_hash() == self.second.state_hash() {
            return Ok(());
        }
        Err("the second book, fed from the log's bytes, has another state hash".to_owned())
    }
}

/// The record that stands in the bytes of `record`, which must be the same.
fn through_bytes(record: &Record) -> Result<Record, String> {
    let mut bytes = [0; RECORD_BYTES_MAX];
    let length = record.encode(&mut bytes).ok_or("the record is longer than any may be")?;
    let (decoded, read) = Record::decode(&bytes[..length]).map_err(|fault| fault.to_string())?;
    if decoded == *record && read == length {
        Ok(decoded)
    } else {
        Err("the command comes out of the log's bytes changed".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::scenario;
    use highwater::types::{InstrumentId, OrderId};

    const CANCEL: Action = Action::Cancel {
        instrument: InstrumentId(0),
        order: OrderId(7),
        account: highwater::types::AccountId(0),
    };

    fn scenario() -> Scenario {
        let book = r#"{"bids": [], "asks": [], "pending_stops": [], "last_trade": null}"#;
        let fields = [
            r#"{"scenarios": [{"id": "a", "title": "", "level": "hard", "features": [], "#,
            r#""derived_from": {}, "config": {}, "commands": [], "expect_events": [], "#,
            r#""expect_book": "#,
            book,
            "}]}",
        ];
        scenario::read_file(&fields.concat()).expect("the schema allows it").remove(0)
    }

    #[test]
    fn the_same_commands_keep_the_books_alike() {
        let scenario = scenario();
        let mut memory = TwinMemory::new(&scenario);
        let mut twins = memory.books(&scenario).unwrap();
        assert_eq!(twins.apply(SessionId(1), CANCEL).unwrap().len(), 1);
        assert_eq!(twins.compare(), Ok(()));
    }

    #[test]
    fn a_book_that_got_something_else_is_told_from_its_twin() {
        let scenario = scenario();
        let mut memory = TwinMemory::new(&scenario);
        let mut twins = memory.books(&scenario).unwrap();
        let command =
            Command { session: SessionId(2), client_sequence: ClientSequence(1), action: CANCEL };
        let sequence = twins.first.last_sequence().next();
        twins.first.apply(sequence, &command, &mut ());
        let other = Command { session: SessionId(3), ..command };
        twins.second.apply(sequence, &other, &mut ());
        assert!(twins.compare().unwrap_err().contains("another state hash"));
        assert!(twins.apply(SessionId(1), CANCEL).unwrap_err().contains("says something else"));
    }
}
