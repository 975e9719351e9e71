//! The lines of the flow that an import makes, and what it counts.

use highwater::types::{Side, Symbol, Ticks};
use highwater_console::flow_output::FlowOutput;
use highwater_engine::figures::grouped;
use highwater_engine::text::push_number;
use highwater_flows::flow::{HEADER, UNNAMED};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Bytes of text that are gathered before they are written.
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
}

/// Where the lines go.
pub(super) struct Lines {
    output: FlowOutput,
    text: Vec<u8>,
    seq: u64,
    written: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
}

impl Lines {
    pub(super) fn new(output: FlowOutput) -> Self {
        let mut text = Vec::with_capacity(PIECE_BYTES + (64 << 10));
        text.extend_from_slice(HEADER.as_bytes());
        Self { output, text, seq: 0, written: BTreeMap::new(), skipped: BTreeMap::new() }
    }

    /// Appends a line.
    pub(super) fn push(&mut self, told: &ImportedLine) {
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
        text.extend_from_slice(b",,");
        if told.symbol.as_bytes() != UNNAMED {
            text.extend_from_slice(told.symbol.as_bytes());
        }
        text.push(b'\n');
    }

    /// A message makes no line, for a reason.
    pub(super) fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }

    /// Writes what was gathered, when that is much.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        if self.text.len() < PIECE_BYTES {
            return Ok(());
        }
        self.output.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }

    /// Ends the flow.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.output.write_all(&self.text)?;
        self.output.finish()
    }

    /// What was written and what was skipped.
    pub(super) fn summary(&self) -> String {
        let listed = |counts: &BTreeMap<&'static str, u64>| {
            let counts = counts.iter().map(|(what, count)| format!("{} {what}", grouped(*count)));
            let counts: Vec<String> = counts.collect();
            if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
        };
        format!(
            "{} lines: {}\nskipped messages: {}",
            grouped(self.seq),
            listed(&self.written),
            listed(&self.skipped)
        )
    }
}

fn push_some(text: &mut Vec<u8>, number: Option<u64>) {
    text.push(b',');
    if let Some(number) = number {
        push_number(text, number);
    }
}
