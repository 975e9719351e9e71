//! The fills of a session, one line a trade, in the order in which they happened.

use super::{OutputError, TextFile};
use crate::text::push_number;
use highwater::event::{Event, EventKind, SessionEvents};
use highwater::types::{ClientSequence, SessionId};

/// The first line of a file of fills, with its line feed.
pub const FILLS_HEADER: &str = "aggressor_seq,fill_no,resting_order_id,price_ticks,qty\n";

/// Writes `aggressor_seq,fill_no,resting_order_id,price_ticks,qty` for every trade that a session's
/// commands caused.
///
/// `aggressor_seq` is the client sequence of the command; `fill_no` counts its trades from 0, those
/// of the stops that it triggered too. The trades of an auction have no aggressor and are left out.
#[derive(Debug)]
pub struct FillsWriter {
    file: TextFile,
    /// A trade does not name its command; the answer to it, which comes first, does.
    events: SessionEvents,
    aggressor: ClientSequence,
    fill_count: u64,
}

impl FillsWriter {
    /// Creates the file that takes the place of the one at `path` when it is [kept](Self::keep),
    /// and writes the header line into the buffer.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create(path: &str, session: SessionId) -> Result<Self, OutputError> {
        Ok(Self::to(TextFile::create("fills", path)?, session))
    }

    fn to(mut file: TextFile, session: SessionId) -> Self {
        file.text().extend_from_slice(FILLS_HEADER.as_bytes());
        Self {
            file,
            events: SessionEvents::new(session, ClientSequence(0)),
            aggressor: ClientSequence(0),
            fill_count: 0,
        }
    }

    /// Takes the next released event. Those of other sessions are passed over.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    #[inline]
    pub fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        let Some(aggressor) = self.events.pick(event) else {
            return Ok(());
        };
        if aggressor != self.aggressor {
            (self.aggressor, self.fill_count) = (aggressor, 0);
        }
        let EventKind::Trade { maker, price, quantity, .. } = event.kind else {
            return Ok(());
        };
        let text = self.file.text();
        let columns =
            [self.aggressor.0, self.fill_count, maker.0, u64::from(price.ticks()), quantity.lots()];
        for (number, end) in columns.into_iter().zip(b",,,,\n") {
            push_number(text, number);
            text.push(*end);
        }
        self.fill_count += 1;
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

#[cfg(test)]
mod tests {
    use super::super::text_file::Shared;
    use super::*;
    use highwater::types::{InstrumentId, Lots, OrderId, Price, Quantity, Sequence, Ticks};

    const SESSION: SessionId = SessionId(1);

    fn event(session: SessionId, kind: EventKind) -> Event {
        Event { sequence: Sequence(1), session, owner: session, instrument: InstrumentId(0), kind }
    }

    fn accepted(client_sequence: u64) -> Event {
        let client_sequence = ClientSequence(client_sequence);
        event(SESSION, EventKind::Accepted { client_sequence, order: OrderId(5) })
    }

    fn trade(session: SessionId, maker: u64) -> Event {
        let kind = EventKind::Trade {
            maker: OrderId(maker),
            taker: OrderId(5),
            maker_session: SESSION,
            price: Price::new(Ticks(911)).unwrap(),
            quantity: Quantity::new(Lots(7_000)).unwrap(),
            maker_remaining: Lots(0),
            taker_remaining: Lots(1),
        };
        event(session, kind)
    }

    #[test]
    fn fills_are_numbered_for_each_aggressor() {
        let shared = Shared::default();
        let file = TextFile::new("fills", "f.csv", shared.clone());
        let mut fills = FillsWriter::to(file, SESSION);
        let events = [
            accepted(2_418),
            trade(SESSION, 208_905),
            trade(SESSION, 6_754),
            trade(SessionId(2), 1),
            accepted(2_419),
            accepted(2_420),
            trade(SESSION, 40_494),
        ];
        for event in &events {
            fills.event(event).unwrap();
        }
        assert_eq!(shared.text(), "");
        fills.flush().unwrap();
        let lines = "2418,0,208905,911,7000\n2418,1,6754,911,7000\n2420,0,40494,911,7000\n";
        assert_eq!(shared.text(), [FILLS_HEADER, lines].concat());
    }

    #[test]
    fn a_full_buffer_is_written_and_a_failure_names_the_path() {
        let shared = Shared::default();
        let file = TextFile::new("fills", "dir/f.csv", shared.clone());
        let mut fills = FillsWriter::to(file, SESSION);
        fills.event(&accepted(1)).unwrap();
        while shared.text().is_empty() {
            fills.event(&trade(SESSION, u64::MAX)).unwrap();
        }
        assert!(shared.text().ends_with(",18446744073709551615,911,7000\n"));
        shared.break_pipe();
        let error = fills.flush().unwrap_err();
        assert!(error.is_broken_pipe());
        assert_eq!(error.to_string(), "cannot write the fills to dir/f.csv: broken pipe");
        let error = FillsWriter::create("/nowhere/f.csv", SESSION).unwrap_err();
        assert!(error.to_string().starts_with("cannot write the fills to /nowhere/f.csv: No such"));
        assert!(!error.is_broken_pipe());
    }
}
