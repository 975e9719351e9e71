//! The fills of a session, one line a trade, in the order in which they happened.

use super::{DurableFile, OutputError, TextFile};
use highwater::event::{CommandEnd, Event};
use highwater::types::SessionId;
use highwater_engine::fills::{FILLS_HEADER, FillLines, FillsMark};
use highwater_engine::text::push_number;
use highwater_storage::ConsumerKind;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Writes `aggressor_seq,fill_no,resting_order_id,price_ticks,qty` for every trade that a session's
/// commands caused.
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
    pub fn create(path: &Path, session: SessionId) -> Result<Self, OutputError> {
        Ok(Self::to(TextFile::create("fills", path)?, session))
    }

    /// The same for a file with times. Nothing goes on with such a file, so it needs the whole log.
    ///
    /// # Errors
    ///
    /// When the file cannot be created.
    pub fn create_timed(path: &Path, session: SessionId) -> Result<Self, OutputError> {
        Ok(Self::timed_to(TextFile::create("fills", path)?, session))
    }

    /// Goes on with the file at `path`, of which what `mark` measures is kept and the rest dropped;
    /// as with [`create`](Self::create), nothing is changed before it is [kept](Self::keep).
    ///
    /// # Errors
    ///
    /// When the file does not begin with what `mark` measures, is missing or cannot be written.
    pub fn resume(path: &Path, session: SessionId, mark: FillsMark) -> Result<Self, OutputError> {
        let failed = |error| OutputError::new("fills", path, error);
        let mut former = FormerFills::open(path, mark).map_err(failed)?;
        let mut file = TextFile::create_beside("fills", path)?;
        while former.read_some(file.text()).map_err(failed)? {
            file.settle()?;
        }
        former.check().map_err(failed)?;
        Ok(Self { file, lines: FillLines::new(session), untimed: None })
    }

    fn to(mut file: TextFile, session: SessionId) -> Self {
        file.text().extend_from_slice(FILLS_HEADER.as_bytes());
        Self { file, lines: FillLines::new(session), untimed: None }
    }

    fn timed_to(mut file: TextFile, session: SessionId) -> Self {
        let columns = FILLS_HEADER.trim_end();
        file.text().extend_from_slice(format!("{columns},timestamp_ns\n").as_bytes());
        Self { file, lines: FillLines::new(session), untimed: Some(Vec::new()) }
    }

    /// Takes the next released event. Those of other sessions are passed over.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    #[inline]
    pub fn event(&mut self, event: &Event) -> Result<(), OutputError> {
        if let Some(untimed) = &mut self.untimed {
            self.lines.event(event, untimed);
            return Ok(());
        }
        if self.lines.event(event, self.file.text()) { self.file.settle() } else { Ok(()) }
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
    rest: io::Take<File>,
    expected: FillsMark,
    found: FillsMark,
}

/// Bytes of a former file that are copied at a time.
const COPIED_BYTES: usize = 64 << 10;

impl FormerFills {
    fn open(path: &Path, expected: FillsMark) -> io::Result<Self> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(other("it is not there"));
            }
            opened => opened?,
        };
        if !file.metadata()?.is_file() {
            return Err(other("what was written to it before cannot be read again"));
        }
        Ok(Self { rest: file.take(expected.bytes), expected, found: FillsMark::EMPTY })
    }

    /// Appends some of it to `text`; false at the end.
    fn read_some(&mut self, text: &mut Vec<u8>) -> io::Result<bool> {
        let before = text.len();
        let count = self.rest.by_ref().take(COPIED_BYTES as u64).read_to_end(text)?;
        self.found.take(&text[before..]);
        Ok(count > 0)
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

#[cfg(test)]
mod tests {
    use super::super::text_file::Shared;
    use super::*;
    use highwater::event::{EventKind, EventSink};
    use highwater::types::ClientSequence;
    use highwater::types::{InstrumentId, Lots, OrderId, Price, Quantity, Sequence, Side, Ticks};
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
    fn a_meter_measures_the_file_that_is_written() {
        let shared = Shared::default();
        let mut fills = FillsWriter::to(TextFile::new("fills", "f.csv", shared.clone()), SESSION);
        let mut meter = FillsMeter::new(SESSION, FillsMark::new());
        for number in 1..=4 {
            for event in [accepted(number), trade(SESSION, number), trade(SESSION, 9)] {
                fills.event(&event).unwrap();
                meter.event(&event);
            }
            // A snapshot remembers the mark, and another meter goes on behind it.
            meter = FillsMeter::new(SESSION, meter.mark());
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
        let mut fills = FillsWriter::timed_to(file, SESSION);
        let end =
            |sequence, timestamp_ns| CommandEnd { sequence: Sequence(sequence), timestamp_ns };
        for number in 1..=2 {
            for event in [accepted(number), trade(SESSION, number), trade(SESSION, 9)] {
                fills.event(&event).unwrap();
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
        let error = FillsWriter::create(Path::new("/nowhere/f.csv"), SESSION).unwrap_err();
        assert!(error.to_string().starts_with("cannot write the fills to /nowhere/f.csv: No such"));
        assert!(!error.is_broken_pipe());
    }
}
