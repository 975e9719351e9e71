//! Every released event as one JSON object a line.
//!
//! Each object has `sequence`, `session`, `client_sequence` (of the command that caused it, where
//! it is known), `instrument` and `symbol` (where it is about one), `kind`, and the fields of its
//! kind:
//!
//! | kind | fields |
//! |---|---|
//! | `accepted` | `order` |
//! | `rejected` | `order`, `reason` |
//! | `trade` | `maker`, `taker`, `maker_session`, `price`, `quantity`, `maker_remaining`, `taker_remaining` |
//! | `rested` | `order`, `price`, `quantity` |
//! | `canceled` | `order`, `quantity`, `reason` |
//! | `reduced` | `order`, `remaining` |
//! | `replaced` | `order`, `new_order`, `price`, `quantity`, `kept_priority` |
//! | `duplicate` | `last` |
//! | `instrument_defined` | `is_new` |
//! | `flow_bound` | none |
//! | `configured` | `orders`, `instruments`, `sessions` |
//!
//! Prices are in ticks, quantities in lots. Numbers are integers of up to 64 bits.

use super::{OutputError, TextFile};
use crate::flow::UNNAMED;
use crate::text::push_number;
use highwater::event::{Event, EventKind};
use highwater::types::{ClientSequence, InstrumentId, SessionId, Symbol};

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
    pub fn create(path: &str) -> Result<Self, OutputError> {
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

    /// Takes the next released event.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        if let Some(client_sequence) = event.answers() {
            self.answered = Some((event.session, client_sequence));
        }
        let mut line = Line(self.file.text());
        line.number("{\"sequence\":", event.sequence.0);
        line.number(",\"session\":", u64::from(event.session.0));
        if let Some((session, client_sequence)) = self.answered
            && session == event.session
        {
            line.number(",\"client_sequence\":", client_sequence.0);
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

    /// Gives the file its name: until then it stands beside what had the name before.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub fn keep(&mut self) -> Result<(), OutputError> {
        self.file.keep()
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
fn is_about_instrument(event: &Event) -> bool {
    match event.kind {
        EventKind::Accepted { .. }
        | EventKind::Trade { .. }
        | EventKind::Rested { .. }
        | EventKind::Canceled { .. }
        | EventKind::Reduced { .. }
        | EventKind::Replaced { .. }
        | EventKind::InstrumentDefined { .. } => true,
        // What the operator is refused is about no instrument.
        EventKind::Rejected { .. } => event.session != SessionId::OPERATOR,
        EventKind::Duplicate { .. }
        | EventKind::FlowBound { .. }
        | EventKind::Configured { .. } => false,
    }
}

fn index_of(instrument: InstrumentId) -> usize {
    usize::try_from(instrument.0).unwrap_or(usize::MAX)
}

/// One line being put together.
struct Line<'t>(&'t mut Vec<u8>);

impl Line<'_> {
    fn kind(&mut self, kind: EventKind) {
        match kind {
            EventKind::Accepted { order, .. } => {
                self.name("accepted");
                self.order(order.0);
            }
            EventKind::Rejected { order, reason, .. } => {
                self.name("rejected");
                self.order(order.0);
                self.word(",\"reason\":\"", reason.name());
            }
            EventKind::Trade { .. } => self.trade(kind),
            EventKind::Rested { order, price, quantity } => {
                self.name("rested");
                self.order(order.0);
                self.priced(price.ticks(), quantity.lots());
            }
            EventKind::Canceled { order, quantity, reason, .. } => {
                self.name("canceled");
                self.order(order.0);
                self.number(",\"quantity\":", quantity.lots());
                self.word(",\"reason\":\"", reason.name());
            }
            EventKind::Reduced { order, remaining, .. } => {
                self.name("reduced");
                self.order(order.0);
                self.number(",\"remaining\":", remaining.lots());
            }
            EventKind::Replaced { order, new_order, price, quantity, kept_priority, .. } => {
                self.name("replaced");
                self.order(order.0);
                self.number(",\"new_order\":", new_order.0);
                self.priced(price.ticks(), quantity.lots());
                self.truth(",\"kept_priority\":", u8::from(kept_priority));
            }
            EventKind::Duplicate { last, .. } => {
                self.name("duplicate");
                self.number(",\"last\":", last.0);
            }
            EventKind::InstrumentDefined { is_new, .. } => {
                self.name("instrument_defined");
                self.truth(",\"is_new\":", u8::from(is_new));
            }
            EventKind::FlowBound { .. } => self.name("flow_bound"),
            EventKind::Configured { capacities, .. } => {
                self.name("configured");
                self.number(",\"orders\":", u64::from(capacities.orders));
                self.number(",\"instruments\":", u64::from(capacities.instruments));
                self.number(",\"sessions\":", u64::from(capacities.sessions));
            }
        }
    }

    fn trade(&mut self, kind: EventKind) {
        let EventKind::Trade {
            maker,
            taker,
            maker_session,
            price,
            quantity,
            maker_remaining,
            taker_remaining,
        } = kind
        else {
            return;
        };
        self.name("trade");
        self.number(",\"maker\":", maker.0);
        self.number(",\"taker\":", taker.0);
        self.number(",\"maker_session\":", u64::from(maker_session.0));
        self.priced(price.ticks(), quantity.lots());
        self.number(",\"maker_remaining\":", maker_remaining.0);
        self.number(",\"taker_remaining\":", taker_remaining.0);
    }

    fn name(&mut self, name: &str) {
        self.word(",\"kind\":\"", name);
    }

    fn order(&mut self, order: u64) {
        self.number(",\"order\":", order);
    }

    fn priced(&mut self, price_ticks: u32, quantity_lots: u64) {
        self.number(",\"price\":", u64::from(price_ticks));
        self.number(",\"quantity\":", quantity_lots);
    }

    fn number(&mut self, key: &str, number: u64) {
        self.0.extend_from_slice(key.as_bytes());
        push_number(self.0, number);
    }

    /// `key` ends with the opening quotation mark; the word needs no escapes.
    fn word(&mut self, key: &str, word: &str) {
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(word.as_bytes());
        self.0.push(b'"');
    }

    /// 0 is false.
    fn truth(&mut self, key: &str, truth: u8) {
        self.0.extend_from_slice(key.as_bytes());
        self.0.extend_from_slice(if truth == 0 { b"false" } else { b"true" });
    }

    /// Any bytes as a JSON string: unprintable ones as escapes with their number.
    fn symbol(&mut self, symbol: Symbol) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let name = if symbol.as_bytes() == UNNAMED { b"-" } else { symbol.as_bytes() };
        self.0.extend_from_slice(b",\"symbol\":\"");
        for byte in name.iter().copied() {
            match byte {
                b'"' | b'\\' => self.0.extend_from_slice(&[b'\\', byte]),
                b' '..=b'~' => self.0.push(byte),
                _ => {
                    self.0.extend_from_slice(b"\\u00");
                    self.0.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
                }
            }
        }
        self.0.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_file::Shared;
    use super::*;
    use highwater::event::{CancelReason, RejectReason};
    use highwater::types::{Capacities, Lots, OrderId, Price, Quantity, Sequence, Ticks};

    const CLIENT_SEQUENCE: ClientSequence = ClientSequence(40);
    const ORDER: OrderId = OrderId(u64::MAX);

    /// The lines for these kinds, which instrument 1 of session 1 sees in this order.
    fn written(kinds: &[EventKind]) -> Vec<String> {
        let shared = Shared::default();
        let mut events = EventsWriter::to(TextFile::new("events", "e.jsonl", shared.clone()));
        events.name_instrument(InstrumentId(1), Symbol::new(b"A\\\"\xff").unwrap());
        for (sequence, kind) in (1..).map(Sequence).zip(kinds) {
            let (session, instrument, kind) = (SessionId(1), InstrumentId(1), *kind);
            events.event(&Event { sequence, session, instrument, kind }).unwrap();
        }
        events.flush().unwrap();
        shared.text().lines().map(str::to_owned).collect()
    }

    fn price() -> Price {
        Price::new(Ticks(911)).unwrap()
    }

    fn quantity() -> Quantity {
        Quantity::new(Lots(7)).unwrap()
    }

    fn order_kinds() -> [EventKind; 7] {
        let (client_sequence, order, new_order) = (CLIENT_SEQUENCE, ORDER, OrderId(3));
        let (price, quantity, remaining) = (price(), quantity(), quantity());
        let reason = RejectReason::UnknownOrder;
        [
            EventKind::Accepted { client_sequence, order },
            EventKind::Trade {
                maker: OrderId(1),
                taker: OrderId(2),
                maker_session: SessionId(3),
                price,
                quantity,
                maker_remaining: Lots(0),
                taker_remaining: Lots(4),
            },
            EventKind::Rested { order, price, quantity },
            EventKind::Rejected { client_sequence, order, reason },
            EventKind::Reduced { client_sequence, order, remaining },
            EventKind::Replaced {
                client_sequence,
                order,
                new_order,
                price,
                quantity,
                kept_priority: false,
            },
            EventKind::Canceled {
                client_sequence,
                order,
                quantity,
                reason: CancelReason::IocRemainder,
            },
        ]
    }

    fn other_kinds() -> [EventKind; 4] {
        let client_sequence = CLIENT_SEQUENCE;
        let capacities = Capacities { orders: 10, instruments: 20, sessions: 30 };
        [
            EventKind::Duplicate { client_sequence, last: ClientSequence(39) },
            EventKind::InstrumentDefined { client_sequence, is_new: true },
            EventKind::FlowBound { client_sequence },
            EventKind::Configured { client_sequence, capacities },
        ]
    }

    #[test]
    fn every_kind_has_its_fields() {
        let lines = written(&[&order_kinds()[..], &other_kinds()[..]].concat());
        let order = "\"order\":18446744073709551615";
        let expected = [
            format!(r#""kind":"accepted",{order}}}"#),
            r#""kind":"trade","maker":1,"taker":2,"maker_session":3,"price":911,"quantity":7,"maker_remaining":0,"taker_remaining":4}"#.into(),
            format!(r#""kind":"rested",{order},"price":911,"quantity":7}}"#),
            format!(r#""kind":"rejected",{order},"reason":"unknown_order"}}"#),
            format!(r#""kind":"reduced",{order},"remaining":7}}"#),
            format!(r#""kind":"replaced",{order},"new_order":3,"price":911,"quantity":7,"kept_priority":false}}"#),
            format!(r#""kind":"canceled",{order},"quantity":7,"reason":"ioc_remainder"}}"#),
            r#""kind":"duplicate","last":39}"#.into(),
            r#""kind":"instrument_defined","is_new":true}"#.into(),
            r#""kind":"flow_bound"}"#.into(),
            r#""kind":"configured","orders":10,"instruments":20,"sessions":30}"#.into(),
        ];
        assert_eq!(lines.len(), expected.len());
        let prefix = r#""session":1,"client_sequence":40,"#;
        let about = "\"instrument\":1,\"symbol\":\"A\\\\\\\"\\u00ff\",";
        for (at, (line, expected)) in lines.iter().zip(&expected).enumerate() {
            let about = if [7, 9, 10].contains(&at) { "" } else { about };
            assert_eq!(line, &format!("{{\"sequence\":{},{prefix}{about}{expected}", at + 1));
        }
    }

    #[test]
    fn every_line_is_json() {
        for line in written(&[&order_kinds()[..], &other_kinds()[..]].concat()) {
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(value["kind"].is_string() && value["client_sequence"] == 40, "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let trade = order_kinds()[1];
        let lines = written(&[trade]);
        assert!(!lines[0].contains("client_sequence"), "{}", lines[0]);
        let shared = Shared::default();
        let mut events = EventsWriter::to(TextFile::new("events", "e.jsonl", shared.clone()));
        let (session, instrument) = (SessionId(1), InstrumentId(7));
        events.event(&Event { sequence: Sequence(1), session, instrument, kind: trade }).unwrap();
        events.flush().unwrap();
        assert!(shared.text().contains("\"instrument\":7,\"kind\":\"trade\""), "{}", shared.text());
    }
}
