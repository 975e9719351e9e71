//! The fills of a flow, one line a trade, in the order in which they happened.

use super::{DurableFile, OutputError, TextFile};
use highwater::event::{CommandEnd, Event};
use highwater::types::PriceDecimals;
use highwater_engine::decimals::PriceForm;
use highwater_engine::fills::{
    DECIMAL_FILLS_HEADER, FILLS_HEADER, FillLines, FillsMark, line_in_ticks,
};
use highwater_engine::text::push_number;
use highwater_storage::ConsumerKind;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Writes `aggressor_seq,fill_no,resting_order_id,price_ticks,qty` for every trade that a client's
/// command caused.
///
/// `aggressor_seq` is the client sequence of the command; `fill_no` counts its trades from 0, those
/// of the stops that it triggered too. The trades of an auction have no aggressor and are left out.
/// With times a column `timestamp_ns` follows, the time of the command.
#[derive(Debug)]
pub struct FillsWriter {
    file: TextFile,
    lines: FillLines,
    /// Lines of a command that has not ended, where they get its time.
    untimed: Option<Vec<u8>>,
}

impl FillsWriter {
    /// Creates the file that takes the place of the one at `path` when it is [kept](Self::keep),
    /// and writes the header line into the buffer.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create(path: &Path, prices: PriceForm) -> Result<Self, OutputError> {
        Ok(Self::to(TextFile::create("fills", path)?, prices))
    }

    /// The same for a file with times. Nothing goes on with such a file, so it needs the whole log.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create_timed(path: &Path, prices: PriceForm) -> Result<Self, OutputError> {
        Ok(Self::timed_to(TextFile::create("fills", path)?, prices))
    }

    /// Goes on with the file at `path`, of which what `mark` measures is kept and the rest dropped;
    /// as with [`create`](Self::create), nothing is changed before it is [kept](Self::keep).
    ///
    /// # Errors
    ///
    /// When the file does not begin with what `mark` measures, is missing or cannot be written.
    pub fn resume(path: &Path, mark: FillsMark, prices: PriceForm) -> Result<Self, OutputError> {
        let failed = |error| OutputError::new("fills", path, error);
        let mut former = FormerFills::open(path, mark, prices).map_err(failed)?;
        let mut file = TextFile::create_beside("fills", path)?;
        while former.read_some(file.text()).map_err(failed)? {
            file.settle()?;
        }
        former.check().map_err(failed)?;
        Ok(Self { file, lines: FillLines::new(), untimed: None })
    }

    fn to(mut file: TextFile, prices: PriceForm) -> Self {
        file.text().extend_from_slice(header(prices).as_bytes());
        Self { file, lines: FillLines::new(), untimed: None }
    }

    fn timed_to(mut file: TextFile, prices: PriceForm) -> Self {
        let columns = header(prices).trim_end();
        file.text().extend_from_slice(format!("{columns},timestamp_ns\n").as_bytes());
        Self { file, lines: FillLines::new(), untimed: Some(Vec::new()) }
    }

    /// Takes the next released event. Those of the operator are passed over. `decimals` are those
    /// of the event's instrument where the file has decimal prices, `None` where it has ticks.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    #[inline]
    pub fn event(
        &mut self,
        event: &Event,
        decimals: Option<PriceDecimals>,
    ) -> Result<(), OutputError> {
        if let Some(untimed) = &mut self.untimed {
            self.lines.event(event, decimals, untimed);
            return Ok(());
        }
        if self.lines.event(event, decimals, self.file.text()) {
            return self.file.settle();
        }
        Ok(())
    }

    /// The command of the events before has ended: its lines get its time, where they are to have
    /// one.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn end(&mut self, end: CommandEnd) -> Result<(), OutputError> {
        let Some(untimed) = self.untimed.as_mut().filter(|untimed| !untimed.is_empty()) else {
            return Ok(());
        };
        for line in untimed.split_inclusive(|byte| *byte == b'\n') {
            let columns = line.strip_suffix(b"\n").unwrap_or(line);
            let text = self.file.text();
            text.extend_from_slice(columns);
            text.push(b',');
            push_number(text, end.timestamp_ns);
            text.push(b'\n');
        }
        untimed.clear();
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
        // What nothing goes on with is written anew from the first record, as events are.
        let kind = if self.untimed.is_some() { ConsumerKind::Events } else { ConsumerKind::Fills };
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

/// The beginning of the file that an earlier run wrote, as far as a mark measures it.
struct FormerFills {
    rest: BufReader<File>,
    prices: PriceForm,
    expected: FillsMark,
    found: FillsMark,
}

/// Longest line of a former file, in bytes.
const LINE_BYTES_MAX: u64 = 256;

/// Whether the file at `path` has as much as a mark of so many bytes measures.
pub fn reaches(path: &Path, bytes: u64, prices: PriceForm) -> bool {
    if prices == PriceForm::Ticks {
        return fs::metadata(path).is_ok_and(|file| file.len() >= bytes);
    }
    let expected = FillsMark { bytes, ..FillsMark::EMPTY };
    let Ok(mut former) = FormerFills::open(path, expected, prices) else { return false };
    let mut text = Vec::new();
    while former.read_some(&mut text).unwrap_or(false) {
        text.clear();
    }
    former.found.bytes >= bytes
}

/// Bytes of a former file that are copied at a time.
const COPIED_BYTES: usize = 64 << 10;

impl FormerFills {
    fn open(path: &Path, expected: FillsMark, prices: PriceForm) -> io::Result<Self> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(other("it is not there"));
            }
            opened => opened?,
        };
        if !file.metadata()?.is_file() {
            return Err(other("what was written to it before cannot be read again"));
        }
        let rest = BufReader::with_capacity(COPIED_BYTES, file);
        Ok(Self { rest, prices, expected, found: FillsMark::EMPTY })
    }

    /// Appends some of it to `text`; false at the end.
    fn read_some(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let before = text.len();
        let missing = self.expected.bytes.saturating_sub(self.found.bytes);
        if self.prices == PriceForm::Ticks {
            let some = missing.min(COPIED_BYTES as u64);
            self.rest.by_ref().take(some).read_to_end(text)?;
            self.found.take(&text[before..]);
        } else if missing > 0 {
            self.rest.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', text)?;
            self.found.take(&line_in_ticks(&text[before..]));
        }
        Ok(text.len() > before)
    }

    /// Whether all of it was there, and was what the log makes.
    fn check(&self) -> io::Result<()> {
        if self.found == self.expected {
            return Ok(());
        }
        Err(other("it is shorter than what this log made of it, or another file"))
    }
}

fn other(why: &str) -> io::Error {
    let sentence = format!(
        "{why}, and the log's first records, from which it would be written anew, were retired: \
         bring the file of the earlier runs back, or leave out --fills"
    );
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}

/// The header line of a file whose prices are written like this.
const fn header(prices: PriceForm) -> &'static str {
    match prices {
        PriceForm::Ticks => FILLS_HEADER,
        PriceForm::Decimal => DECIMAL_FILLS_HEADER,
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_file::Shared;
    use super::*;
    use highwater::event::{EventKind, EventSink};
    use highwater::types::ClientSequence;
    use highwater::types::{
        InstrumentId, Lots, OrderId, Price, Quantity, Sequence, SessionId, Side, Ticks,
    };
    use highwater_engine::fills::FillsMeter;

    const SESSION: SessionId = SessionId(1);

    fn event(session: SessionId, kind: EventKind) -> Event {
        Event { sequence: Sequence(1), session, owner: session, instrument: InstrumentId(0), kind }
    }

    fn accepted(client_sequence: u64) -> Event {
        let client_sequence = ClientSequence(client_sequence);
        let kind = EventKind::Accepted {
            client_sequence,
            order: OrderId(5),
            side: Side::Buy,
            price: Ticks(911),
            trigger: Ticks(0),
            quantity: Quantity::new(Lots(7_000)).unwrap(),
        };
        event(SESSION, kind)
    }

    fn trade(session: SessionId, maker: u64) -> Event {
        let kind = EventKind::Trade {
            maker: OrderId(maker),
            taker: OrderId(5),
            side: Side::Buy,
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
        let mut fills = FillsWriter::to(file, PriceForm::Ticks);
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
            fills.event(event, None).unwrap();
        }
        assert_eq!(shared.text(), "");
        fills.flush().unwrap();
        let lines = "2418,0,208905,911,7000\n2418,1,6754,911,7000\n2420,0,40494,911,7000\n";
        assert_eq!(shared.text(), [FILLS_HEADER, lines].concat());
    }

    #[test]
    fn a_meter_measures_the_file_that_is_written() {
        let shared = Shared::default();
        let mut fills =
            FillsWriter::to(TextFile::new("fills", "f.csv", shared.clone()), PriceForm::Ticks);
        let mut meter = FillsMeter::new(FillsMark::new());
        for number in 1..=4 {
            for event in [accepted(number), trade(SESSION, number), trade(SESSION, 9)] {
                fills.event(&event, None).unwrap();
                meter.event(&event);
            }
            // A snapshot remembers the mark, and another meter goes on behind it.
            meter = FillsMeter::new(meter.mark());
        }
        fills.flush().unwrap();
        let text = shared.text();
        let mut whole = FillsMark::EMPTY;
        whole.take(text.as_bytes());
        assert_eq!(meter.mark(), whole);
        assert_eq!(whole.bytes, text.len() as u64);
        // One digit more or another one is another mark.
        let mut other = FillsMark::EMPTY;
        other.take(text.replacen("911", "912", 1).as_bytes());
        assert_eq!(other.bytes, whole.bytes);
        assert_ne!(other, whole);
    }

    #[test]
    fn the_fills_of_a_command_get_its_time_when_it_ends() {
        let shared = Shared::default();
        let file = TextFile::new("fills", "f.csv", shared.clone());
        let mut fills = FillsWriter::timed_to(file, PriceForm::Ticks);
        let end =
            |sequence, timestamp_ns| CommandEnd { sequence: Sequence(sequence), timestamp_ns };
        for number in 1..=2 {
            for event in [accepted(number), trade(SESSION, number), trade(SESSION, 9)] {
                fills.event(&event, None).unwrap();
            }
            fills.flush().unwrap();
            assert!(!shared.text().contains(&format!("\n{number},")), "it has no time yet");
            fills.end(end(number, 70 + number)).unwrap();
        }
        // A command without fills.
        fills.end(end(3, 99)).unwrap();
        fills.flush().unwrap();
        let lines = "1,0,1,911,7000,71\n1,1,9,911,7000,71\n2,0,2,911,7000,72\n2,1,9,911,7000,72\n";
        assert_eq!(shared.text(), format!("{},timestamp_ns\n{lines}", FILLS_HEADER.trim_end()));
    }

    #[test]
    fn decimal_prices_are_measured_as_ticks() {
        let shared = Shared::default();
        let file = TextFile::new("fills", "f.csv", shared.clone());
        let mut fills = FillsWriter::to(file, PriceForm::Decimal);
        let mut meter = FillsMeter::new(FillsMark::new());
        for number in 1..=3 {
            for event in [accepted(number), trade(SESSION, number)] {
                fills.event(&event, Some(PriceDecimals(2))).unwrap();
                meter.event(&event);
            }
        }
        fills.flush().unwrap();
        let text = shared.text();
        assert!(text.ends_with("3,0,3,9.11,7000\n"), "{text}");
        assert!(text.starts_with("aggressor_seq,fill_no,resting_order_id,price,qty\n"), "{text}");
        let mut whole = FillsMark::EMPTY;
        for line in text.split_inclusive('\n') {
            whole.take(&line_in_ticks(line.as_bytes()));
        }
        assert_eq!(whole, meter.mark());
        assert_eq!(line_in_ticks(b"1,0,5,0.05,7\n"), b"1,0,5,5,7\n");
    }

    #[test]
    fn a_full_buffer_is_written_and_a_failure_names_the_path() {
        let shared = Shared::default();
        let file = TextFile::new("fills", "dir/f.csv", shared.clone());
        let mut fills = FillsWriter::to(file, PriceForm::Ticks);
        fills.event(&accepted(1), None).unwrap();
        while shared.text().is_empty() {
            fills.event(&trade(SESSION, u64::MAX), None).unwrap();
        }
        assert!(shared.text().ends_with(",18446744073709551615,911,7000\n"));
        shared.break_pipe();
        let error = fills.flush().unwrap_err();
        assert!(error.is_broken_pipe());
        assert_eq!(error.to_string(), "cannot write the fills to dir/f.csv: broken pipe");
        let error = FillsWriter::create(Path::new("/nowhere/f.csv"), PriceForm::Ticks).unwrap_err();
        assert!(error.to_string().starts_with("cannot write the fills to /nowhere/f.csv: No such"));
        assert!(!error.is_broken_pipe());
    }
}
