//! The lines of a file of fills, and the mark that a snapshot remembers of it.
//!
//! A snapshot says how long the file of fills is at its sequence, so that the file can be continued
//! when the records before are gone. So every engine measures it, whether it writes one or not.

use crate::text::push_number;
use highwater::event::{Event, EventKind, EventSink, SessionEvents};
use highwater::types::{ClientSequence, SessionId};

/// The session that a flow's commands belong to.
pub const FLOW_SESSION: SessionId = SessionId(1);

/// The first line of a file of fills, with its line feed.
pub const FILLS_HEADER: &str = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n";

/// How long the file of fills is at some sequence, and a hash of it: what a snapshot remembers, so
/// that the file can be continued when the records that it follows from are gone.
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
    pub fn new(session: SessionId, mark: FillsMark) -> Self {
        Self { lines: FillLines::new(session), text: Vec::new(), mark }
    }

    /// What was measured so far.
    pub const fn mark(&self) -> FillsMark {
        self.mark
    }
}

impl EventSink for FillsMeter {
    fn event(&mut self, event: &Event) {
        if self.lines.event(event, &mut self.text) {
            self.mark.take(&self.text);
            self.text.clear();
        }
    }
}

/// The lines of a file of fills, as events make them.
#[derive(Debug)]
pub struct FillLines {
    /// A trade does not name its command; the answer to it, which comes first, does.
    events: SessionEvents,
    aggressor: ClientSequence,
    fill_count: u64,
}

impl FillLines {
    /// The lines of this session's commands.
    pub fn new(session: SessionId) -> Self {
        Self {
            events: SessionEvents::new(session, ClientSequence(0)),
            aggressor: ClientSequence(0),
            fill_count: 0,
        }
    }

    /// Appends the line of an event, if it makes one; tells whether it did.
    #[inline]
    pub fn event(&mut self, event: &Event, text: &mut Vec<u8>) -> bool {
        let Some(aggressor) = self.events.pick(event) else {
            return false;
        };
        if aggressor != self.aggressor {
            (self.aggressor, self.fill_count) = (aggressor, 0);
        }
        let EventKind::Trade { maker, price, quantity, .. } = event.kind else {
            return false;
        };
        let columns =
            [self.aggressor.0, self.fill_count, maker.0, u64::from(price.ticks()), quantity.lots()];
        for (number, end) in columns.into_iter().zip(b",,,,\n") {
            push_number(text, number);
            text.push(*end);
        }
        self.fill_count += 1;
        true
    }
}
