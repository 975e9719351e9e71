//! Writes commands in the flow format: the inverse of the reader.

use super::line::{FlowKind, FlowLine, UNNAMED};
use highwater::types::Side;
use highwater_engine::text::push_number;

/// The first line of every flow, with its line feed.
pub const HEADER: &str =
    "seq,timestamp_ns,command,order_id,side,price_ticks,qty,new_order_id,symbol\n";

/// Appends `line` as one line of text, with its line feed.
pub fn push_line(text: &mut Vec<u8>, line: &FlowLine) {
    push_number(text, line.client_sequence.0);
    text.push(b',');
    push_number(text, line.timestamp_ns);
    text.push(b',');
    text.extend_from_slice(line.kind.word().as_bytes());
    text.push(b',');
    push_number(text, line.order.0);
    text.push(b',');
    text.extend_from_slice(match line.kind.side() {
        Some(Side::Buy) => b"B",
        Some(Side::Sell) => b"S",
        None => b"",
    });
    text.push(b',');
    push_number(text, u64::from(line.price.0));
    text.push(b',');
    push_number(text, line.quantity.0);
    text.push(b',');
    if let FlowKind::Replace { .. } = line.kind {
        push_number(text, line.new_order.0);
    }
    text.push(b',');
    if line.symbol.as_bytes() != UNNAMED {
        text.extend_from_slice(line.symbol.as_bytes());
    }
    text.push(b'\n');
}
