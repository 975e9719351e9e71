//! The lines of the flow that an import makes, and what it counts.

use highwater::types::{PriceDecimals, Side, Symbol, Ticks};
use highwater_engine::figures::grouped;
use highwater_engine::text::push_number;
use highwater_flows::flow::{HEADER, UNNAMED};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of text that are gathered before they go on.
const PIECE_BYTES: usize = 256 << 10;

/// A line of the flow but for its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImportedLine {
    pub(super) command: &'static str,
    pub(super) timestamp_ns: u64,
    pub(super) symbol: Symbol,
    pub(super) order: Option<u64>,
    pub(super) side: Option<Side>,
    pub(super) price: Option<Ticks>,
    pub(super) quantity: Option<u64>,
    /// What a `REPLACE` calls the order from then on.
    pub(super) new_order: Option<u64>,
}

impl ImportedLine {
    /// A line about an instrument only.
    pub(super) const fn without_order(
        command: &'static str,
        timestamp_ns: u64,
        symbol: Symbol,
    ) -> Self {
        Self {
            command,
            timestamp_ns,
            symbol,
            order: None,
            side: None,
            price: None,
            quantity: None,
            new_order: None,
        }
    }
}

/// Where the lines gather.
#[derive(Debug)]
pub(super) struct Lines {
    text: Vec<u8>,
    seq: u64,
    decimals: PriceDecimals,
    /// The symbols that lines have named, where each needs a definition with its decimals first.
    defined: BTreeSet<Symbol>,
    written: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
    untraded: BTreeMap<&'static str, u64>,
}

impl Lines {
    /// Lines of instruments whose prices have `decimals`.
    pub(super) fn new(decimals: PriceDecimals) -> Self {
        let mut text = Vec::with_capacity(PIECE_BYTES + (64 << 10));
        text.extend_from_slice(HEADER.trim_end().as_bytes());
        if decimals != PriceDecimals::default() {
            text.extend_from_slice(b",decimals");
        }
        text.push(b'\n');
        Self {
            text,
            seq: 0,
            decimals,
            defined: BTreeSet::new(),
            written: BTreeMap::new(),
            skipped: BTreeMap::new(),
            untraded: BTreeMap::new(),
        }
    }

    /// Appends a line, behind the definition of its instrument where that needs one.
    pub(super) fn push(&mut self, told: &ImportedLine) {
        if self.decimals != PriceDecimals::default() && self.defined.insert(told.symbol) {
            let ImportedLine { timestamp_ns, symbol, .. } = *told;
            self.push_fields(&ImportedLine::without_order("DEFINE", timestamp_ns, symbol));
            self.text.push(b',');
            push_number(&mut self.text, u64::from(self.decimals.0));
            self.text.push(b'\n');
        }
        self.push_fields(told);
        self.text.push(b'\n');
    }

    fn push_fields(&mut self, told: &ImportedLine) {
        self.seq += 1;
        *self.written.entry(told.command).or_default() += 1;
        let text = &mut self.text;
        push_number(text, self.seq);
        text.push(b',');
        push_number(text, told.timestamp_ns);
        text.push(b',');
        text.extend_from_slice(told.command.as_bytes());
        let side = told.side.map_or(&b""[..], |side| match side {
            Side::Buy => b"B",
            Side::Sell => b"S",
        });
        push_some(text, told.order);
        text.push(b',');
        text.extend_from_slice(side);
        push_some(text, told.price.map(|price| u64::from(price.0)));
        push_some(text, told.quantity);
        push_some(text, told.new_order);
        text.push(b',');
        if told.symbol.as_bytes() != UNNAMED {
            text.extend_from_slice(told.symbol.as_bytes());
        }
    }

    /// A message makes no line, for a reason.
    pub(super) fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }

    /// An execution only takes quantity off its order, for a reason: the engine would trade
    /// otherwise.
    pub(super) fn untraded(&mut self, why: &'static str) {
        *self.untraded.entry(why).or_default() += 1;
    }

    /// Whether so much was gathered that it should go on.
    pub(super) fn is_much(&self) -> bool {
        self.text.len() >= PIECE_BYTES
    }

    /// What was gathered.
    pub(super) fn gathered(&self) -> &[u8] {
        &self.text
    }

    /// Forgets what was gathered, because it went on.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// The same as text.
    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.text).expect("lines are text")
    }

    /// What was written and what was skipped.
    pub(super) fn summary(&self) -> String {
        let listed = |counts: &BTreeMap<&'static str, u64>| {
            let counts = counts.iter().map(|(what, count)| format!("{} {what}", grouped(*count)));
            let counts: Vec<String> = counts.collect();
            if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
        };
        let mut summary = format!(
            "{} lines: {}\nskipped messages: {}",
            grouped(self.seq),
            listed(&self.written),
            listed(&self.skipped)
        );
        if !self.untraded.is_empty() {
            summary += "\nexecutions without a trade: ";
            summary += &listed(&self.untraded);
        }
        summary
    }
}

fn push_some(text: &mut Vec<u8>, number: Option<u64>) {
    text.push(b',');
    if let Some(number) = number {
        push_number(text, number);
    }
}
