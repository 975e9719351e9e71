//! The lines of a file of fills, and the mark that a snapshot remembers of it.
//!
//! A snapshot says how long the file of fills is at its sequence, so that the file can be continued
//! when the records before are gone. So every engine measures it, whether it writes one or not.

use crate::decimals::push_decimal;
use crate::text::push_number;
use highwater::event::{Event, EventKind, EventSink};
use highwater::types::{ClientSequence, PriceDecimals, SessionId};

/// The session that a flow's commands belong to.
pub const FLOW_SESSION: SessionId = SessionId(1);

/// The first line of a file of fills, with its line feed.
pub const FILLS_HEADER: &str = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n";

/// The same of a file with decimal prices.
pub const DECIMAL_FILLS_HEADER: &str = "aggressor_seq,fill_no,resting_order_id,price,qty\n";

/// Where a line has its price.
const PRICE_FIELD: usize = 3;

/// A line of a file of fills with decimal prices, as one with ticks has it; a line that is none as
/// it is. An instrument's decimals are always written whole, so the digits alone are the ticks.
pub fn line_in_ticks(line: &[u8]) -> Vec<u8> {
    if line == DECIMAL_FILLS_HEADER.as_bytes() {
        return FILLS_HEADER.as_bytes().to_vec();
    }
    let mut fields: Vec<Vec<u8>> = line.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect();
    if let Some(price) = fields.get_mut(PRICE_FIELD) {
        price.retain(|byte| *byte != b'.');
        let zeros = price.iter().take_while(|byte| **byte == b'0').count();
        price.drain(..zeros.min(price.len().saturating_sub(1)));
    }
    fields.join(&b',')
}

/// How long the file of fills is at some sequence, and a hash of it: what a snapshot remembers, so
/// that the file can be continued when the records that it follows from are gone.
///
/// A file with decimal prices is measured as one with ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillsMark {
    /// Bytes of the file, its header line too.
    pub bytes: u64,
    /// FNV-1a over them, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
    pub hash: u64,
}

impl FillsMark {
    /// The mark of a file with only its header line.
    pub fn new() -> Self {
        let mut mark = Self::EMPTY;
        mark.take(FILLS_HEADER.as_bytes());
        mark
    }

    /// The mark of no bytes.
    pub const EMPTY: Self = Self { bytes: 0, hash: 0xcbf2_9ce4_8422_2325 };

    /// The file goes on with `text`.
    pub fn take(&mut self, text: &[u8]) {
        self.bytes += text.len() as u64;
        for byte in text {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

impl Default for FillsMark {
    fn default() -> Self {
        Self::new()
    }
}

/// Measures the file of fills that events make, and writes nothing.
#[derive(Debug)]
pub struct FillsMeter {
    lines: FillLines,
    text: Vec<u8>,
    mark: FillsMark,
}

impl FillsMeter {
    /// Goes on behind `mark`.
    pub fn new(mark: FillsMark) -> Self {
        Self { lines: FillLines::new(), text: Vec::new(), mark }
    }

    /// What was measured so far.
    pub const fn mark(&self) -> FillsMark {
        self.mark
    }
}

impl EventSink for FillsMeter {
    fn event(&mut self, event: &Event) {
        if self.lines.event(event, None, &mut self.text) {
            self.mark.take(&self.text);
            self.text.clear();
        }
    }
}

/// The lines of a file of fills, as events make them.
#[derive(Debug, Default)]
pub struct FillLines {
    /// A trade does not name its command; the answer to it, which comes first, does.
    aggressor: Option<(SessionId, ClientSequence)>,
    fill_count: u64,
}

impl FillLines {
    /// The lines of the commands of all sessions but the operator's.
    pub const fn new() -> Self {
        Self { aggressor: None, fill_count: 0 }
    }

    /// Appends the line of an event, if it makes one; tells whether it did. The price is written
    /// with `decimals`, or where they are `None` in ticks.
    #[inline]
    pub fn event(
        &mut self,
        event: &Event,
        decimals: Option<PriceDecimals>,
        text: &mut Vec<u8>,
    ) -> bool {
        if event.session == SessionId::OPERATOR {
            return false;
        }
        if let Some(client_sequence) = event.answers() {
            let aggressor = Some((event.session, client_sequence));
            if aggressor != self.aggressor {
                (self.aggressor, self.fill_count) = (aggressor, 0);
            }
            return false;
        }
        let EventKind::Trade { maker, price, quantity, .. } = event.kind else {
            return false;
        };
        let Some((_, aggressor)) = self.aggressor.filter(|(sender, _)| *sender == event.session)
        else {
            return false;
        };
        for number in [aggressor.0, self.fill_count, maker.0] {
            push_number(text, number);
            text.push(b',');
        }
        match decimals {
            None => push_number(text, u64::from(price.ticks())),
            Some(decimals) => push_decimal(text, price.into(), decimals),
        }
        text.push(b',');
        push_number(text, quantity.lots());
        text.push(b'\n');
        self.fill_count += 1;
        true
    }
}
