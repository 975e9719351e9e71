//! A log that is read: verified, as commands, as events, and as the book at any sequence.

use crate::book::NativeBook;
use crate::errors::{LogError, sentence};
use crate::event_rows::EventRows;
use crate::log_replay::{Replayed, refusal, replay};
use crate::replay::checked_chunk;
use crate::row_stream::{RowSource, RowStream, Rows, Step};
use crate::rows::CommandRow;
use crate::system::{HomeProcess, SYSTEM, System};
use highwater::record::{Body, Record, RecordType};
use highwater::recovery::{RecoveryFault, Visitor, scan_from};
use highwater::types::Sequence;
use highwater_book::OwnedBook;
use highwater_cli::inspect::{CacheArgs, Inspected, looked_at_again, open_log};
use highwater_console::CommandError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Bytes of sealed segments that are kept in memory.
const CACHE_BYTES: u64 = 16 << 20;
/// Chunks that wait for their reader.
const CHUNKS_AHEAD: usize = 2;

pub(crate) fn opened(path: &Path) -> Result<Inspected<System>, CommandError> {
    open_log(SYSTEM, path, CacheArgs { cache_bytes: CACHE_BYTES })
}

/// What does the work of a reader, on a thread of its own.
type Reading = dyn FnOnce(&SyncSender<Result<Rows, String>>) -> Result<(), String> + Send;

/// Chunks that another thread reads.
struct Channel {
    receiver: Receiver<Result<Rows, String>>,
    home: HomeProcess,
    empty: fn() -> Rows,
}

impl Channel {
    fn start(empty: fn() -> Rows, reading: Box<Reading>) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
        std::thread::Builder::new().name("hw-python-log".to_owned()).spawn(move || {
            if let Err(sentence) = reading(&sender) {
                // Nobody may wait for it any more.
                drop(sender.send(Err(sentence)));
            }
        })?;
        Ok(Self { receiver, home: HomeProcess::here(), empty })
    }
}

impl RowSource for Channel {
    fn next(&mut self, patience: Duration) -> Result<Step, String> {
        if !self.home.is_here() {
            return Err(self.home.sentence("reader"));
        }
        match self.receiver.recv_timeout(patience) {
            Ok(rows) => rows.map(Step::Rows),
            Err(RecvTimeoutError::Timeout) => Ok(Step::Pending),
            Err(RecvTimeoutError::Disconnected) => Ok(Step::End),
        }
    }

    fn empty(&self) -> Rows {
        (self.empty)()
    }

    fn exception(&self, sentence: String) -> PyErr {
        LogError::new_err(sentence)
    }
}

/// The sequences that are wanted, and how many rows go together.
#[derive(Clone, Copy)]
struct Wanted {
    from: Sequence,
    to: Sequence,
    chunk: usize,
}

/// Sends the commands of a log.
struct CommandSender<'s> {
    wanted: Wanted,
    rows: Vec<CommandRow>,
    sender: &'s SyncSender<Result<Rows, String>>,
}

impl CommandSender<'_> {
    fn send(&mut self, sequence: Sequence) -> Result<(), RecoveryFault> {
        let rows = Rows::Commands(take(&mut self.rows));
        // Nobody reads on.
        self.sender.send(Ok(rows)).map_err(|_| RecoveryFault::EndedByVisitor { sequence })
    }
}

impl Visitor for CommandSender<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        let Record { sequence, timestamp_ns, body } = record;
        if *sequence > self.wanted.to {
            return Err(RecoveryFault::EndedByVisitor { sequence: *sequence });
        }
        if let Body::Command(command) = body
            && *sequence >= self.wanted.from
        {
            self.rows.push(CommandRow::of(command, *timestamp_ns));
            if self.rows.len() >= self.wanted.chunk {
                self.send(*sequence)?;
            }
        }
        Ok(())
    }
}

fn send_commands(
    mut log: Inspected<System>,
    wanted: Wanted,
    sender: &SyncSender<Result<Rows, String>>,
) -> Result<(), CommandError> {
    let mut visitor = CommandSender { wanted, rows: Vec::new(), sender };
    let start = log.start;
    let Inspected { directory, buffer, .. } = &mut log;
    let scanned = scan_from(directory, buffer, &mut visitor, start);
    match scanned {
        Ok(_) | Err(RecoveryFault::EndedByVisitor { .. }) => {}
        Err(fault) => return Err(refusal(log.directory.path(), fault)),
    }
    if !visitor.rows.is_empty() {
        // Nobody may read on.
        let _is_read = visitor.send(wanted.to);
    }
    Ok(())
}

fn send_events(
    mut log: Inspected<System>,
    wanted: Wanted,
    sender: &SyncSender<Result<Rows, String>>,
) -> Result<(), CommandError> {
    let before = Sequence(wanted.from.0.saturating_sub(1));
    // A replay may begin again with more memory: nothing is sent twice.
    let mut sent = before.0;
    let mut give = |events: &mut EventRows| {
        events.rows.retain(|row| row.sequence > sent);
        let Some(last) = events.rows.last() else { return false };
        sent = last.sequence;
        sender.send(Ok(Rows::Events(take(&mut events.rows)))).is_err()
    };
    let mut events = EventRows::default();
    replay(&mut log, before, wanted.to, &mut events, &mut |events| {
        events.rows.len() >= wanted.chunk && give(events)
    })?;
    give(&mut events);
    Ok(())
}

/// The directory of a log.
#[pyclass(frozen, module = "highwater._highwater", name = "Log")]
pub(crate) struct NativeLog {
    path: PathBuf,
}

fn refused(error: CommandError) -> PyErr {
    LogError::new_err(sentence(error))
}

/// Reads a log up to what is wanted, and sends it.
type Sending =
    fn(Inspected<System>, Wanted, &SyncSender<Result<Rows, String>>) -> Result<(), CommandError>;

impl NativeLog {
    fn rows(
        &self,
        (from, to, chunk): (u64, u64, usize),
        empty: fn() -> Rows,
        send: Sending,
    ) -> PyResult<RowStream> {
        let (path, wanted) = (self.path.clone(), wanted(from, to, chunk)?);
        let reading = move |sender: &SyncSender<_>| {
            let mut log = opened(&path)?;
            let to = wanted.to.min(log.durable_end()?);
            send(log, Wanted { to, ..wanted }, sender)
        };
        let reading = Box::new(move |sender: &SyncSender<_>| reading(sender).map_err(sentence));
        Ok(RowStream::of(Channel::start(empty, reading)?))
    }
}

#[pymethods]
impl NativeLog {
    #[new]
    fn new(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| opened(&path).map(drop)).map_err(refused)?;
        Ok(Self { path })
    }

    fn commands(&self, from: u64, to: u64, chunk: usize) -> PyResult<RowStream> {
        self.rows((from, to, chunk), || Rows::Commands(Vec::new()), send_commands)
    }

    fn events(&self, from: u64, to: u64, chunk: usize) -> PyResult<RowStream> {
        self.rows((from, to, chunk), || Rows::Events(Vec::new()), send_events)
    }

    fn book(&self, py: Python<'_>, at: Option<u64>) -> PyResult<NativeBook> {
        let book = py.detach(|| looked_at_again(|| book_at(&self.path, at)));
        book.map(NativeBook::of).map_err(refused)
    }

    fn verify<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let verified = py.detach(|| looked_at_again(|| verified(&self.path)));
        let Verified { replayed, first, is_running, is_clean, torn_tail_bytes, counts } =
            verified.map_err(refused)?;
        let (dict, book) = (PyDict::new(py), replayed.book.book());
        let state = match (is_running, is_clean) {
            (true, _) => "running",
            (false, true) => "stopped",
            (false, false) => "interrupted",
        };
        dict.set_item("state", state)?;
        dict.set_item("first_sequence", first.0.min(book.last_sequence().0))?;
        dict.set_item("last_sequence", book.last_sequence().0)?;
        dict.set_item("open_orders", book.open_order_count())?;
        dict.set_item("state_hash", format!("{:016x}", book.state_hash()))?;
        dict.set_item("running_hash", format!("{:016x}", book.running_hash()))?;
        dict.set_item("torn_tail_bytes", torn_tail_bytes)?;
        let records = PyDict::new(py);
        for (record, count) in RecordType::ALL.iter().zip(counts).filter(|(_, count)| *count > 0) {
            records.set_item(record.name(), count)?;
        }
        dict.set_item("records", records)?;
        let sessions = PyDict::new(py);
        for (session, last) in book.sessions() {
            sessions.set_item(session.0, last.0)?;
        }
        dict.set_item("sessions", sessions)?;
        Ok(dict)
    }
}

fn wanted(from: u64, to: u64, chunk: usize) -> PyResult<Wanted> {
    if from > to || from == 0 {
        return Err(LogError::new_err(format!(
            "there is no sequence from {from} up to {to}: begin at 1 or later, and end there or \
             behind it"
        )));
    }
    Ok(Wanted { from: Sequence(from), to: Sequence(to), chunk: checked_chunk(chunk)? })
}

/// The book behind a sequence, or behind the last.
fn book_at(path: &Path, at: Option<u64>) -> Result<OwnedBook, CommandError> {
    let mut log = opened(path)?;
    let end = log.durable_end()?;
    let first = Sequence(log.first_sequence().0.saturating_sub(1));
    let to = at.map_or(end, Sequence);
    if to < first || to > end {
        return Err(not_there(path, to, first, log.last_sequence()?.min(end)));
    }
    let Replayed { book, .. } =
        replay(&mut log, to, to, &mut EventRows::default(), &mut |events| {
            events.rows.clear();
            false
        })?;
    let last = book.book().last_sequence();
    match at {
        Some(_) if last != to => Err(not_there(path, to, first, last)),
        _ => Ok(book),
    }
}

fn not_there(path: &Path, at: Sequence, first: Sequence, last: Sequence) -> CommandError {
    CommandError::failed(format!(
        "there is no sequence {at} in the log in '{}': it has {first} to {last}; name one of them",
        path.display()
    ))
}

/// What a verification found.
#[expect(clippy::struct_excessive_bools, reason = "two facts of the log, each said by itself")]
struct Verified {
    replayed: Replayed,
    first: Sequence,
    is_running: bool,
    is_clean: bool,
    torn_tail_bytes: u64,
    counts: [u64; RecordType::ALL.len()],
}

fn verified(path: &Path) -> Result<Verified, CommandError> {
    let mut log = opened(path)?;
    let end = log.durable_end()?;
    log.reaches_its_snapshots()?;
    let scanned = log.scan(&mut ())?;
    let first = log.first_sequence();
    // Behind nothing, so that every record is replayed.
    let before = Sequence(first.0.saturating_sub(1));
    let replayed = replay(&mut log, before, end, &mut EventRows::default(), &mut |events| {
        events.rows.clear();
        false
    })?;
    replayed.book.book().check().map_err(|fault| {
        CommandError::failed(format!("the replayed book is inconsistent: {fault}"))
    })?;
    Ok(Verified {
        replayed,
        first,
        is_running: log.is_running,
        is_clean: scanned.stopped_cleanly,
        torn_tail_bytes: if log.is_running { 0 } else { scanned.torn_tail_bytes },
        counts: scanned.record_counts,
    })
}
