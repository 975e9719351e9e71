//! `highwater diff`: where two logs part.

use crate::dump::line_of;
use crate::inspect::{CacheArgs, Inspected, looked_at_again, open_log};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Visitor};
use highwater::types::{LogId, Sequence};
use highwater_console::{CommandError, Console};
use highwater_engine::figures::grouped;
use highwater_platform::Platform;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

/// Records that are handed over at a time.
const BATCH_RECORDS: usize = 1_024;
/// Batches that may wait to be compared: what bounds the memory.
const BATCHES_WAITING: usize = 4;

/// Show the first difference between two logs.
///
/// The records of two data directories are compared in order: commands and running hashes, but not
/// the times of commands. The command takes no exclusive lock and creates nothing. Of a running
/// engine's log it compares what is durable now. Exit code 0: the logs hold the same records; 1:
/// two records differ, or one log is longer; 2: the logs could not be compared.
#[derive(Clone, Debug, clap::Args)]
pub struct DiffArgs {
    /// A data directory
    #[arg(value_name = "DIR1")]
    pub first: PathBuf,
    /// Another data directory
    #[arg(value_name = "DIR2")]
    pub second: PathBuf,
    /// How much of each log is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// Compares two logs and prints their first difference.
///
/// # Errors
/// They differ, or they could not be compared, or the output cannot be written.
pub fn diff<P: Platform>(
    platform: P,
    args: &DiffArgs,
    console: Console,
) -> Result<(), CommandError> {
    let looked = looked_at_again(|| compare(platform, args));
    let compared = looked.map_err(incomparable)?;
    let verdict = match compared.parting {
        None => Ok(()),
        Some(_) => Err(CommandError::Differ),
    };
    // An output that cannot be written is no difference.
    console.report(&compared.to_string(), verdict).map_err(incomparable)
}

/// What failed is not what differs.
fn incomparable(error: CommandError) -> CommandError {
    match error {
        CommandError::Failed(sentence) | CommandError::Damaged(sentence) => {
            CommandError::Incomparable(sentence)
        }
        CommandError::ClosedPipe
        | CommandError::WrongUsage(_)
        | CommandError::Reported
        | CommandError::Differ
        | CommandError::Incomparable(_) => error,
    }
}

/// What a comparison found.
struct Compared<'a> {
    paths: [&'a Path; 2],
    log_ids: [Option<LogId>; 2],
    /// `None` when the logs hold the same records.
    parting: Option<Parting>,
    /// The first sequence that both can be read from.
    from: Sequence,
    /// The last sequence up to which the logs are the same; 0 for none.
    last_same: Sequence,
    /// Records that are the same but for their time.
    other_time_count: u64,
}

/// How two logs part.
enum Parting {
    /// The first records that differ.
    Records(Box<[Record; 2]>),
    /// One ends; the other, of this place, goes on for so many sequences.
    Longer { place: usize, sequence_count: u64 },
}

fn compare<P: Platform>(platform: P, args: &DiffArgs) -> Result<Compared<'_>, CommandError> {
    let mut logs = [
        open_log(platform, &args.first, args.cache)?,
        open_log(platform, &args.second, args.cache)?,
    ];
    let log_ids = [logs[0].directory.log_id(), logs[1].directory.log_id()];
    // Of a log whose beginning was retired, what is left is compared.
    let from = logs[0].first_sequence().max(logs[1].first_sequence());
    let [first, second] = &mut logs;
    thread::scope(|scope| {
        let start = |log| {
            let (records, batches) = sync_channel(BATCHES_WAITING);
            (
                Records { batches, batch: Vec::new().into_iter() },
                scope.spawn(move || hand_over(log, from, records)),
            )
        };
        let (mut of_first, first) = start(first);
        let (mut of_second, second) = start(second);
        let new = Compared {
            paths: [&args.first, &args.second],
            log_ids,
            parting: None,
            from,
            last_same: Sequence(0),
            other_time_count: 0,
        };
        let found = compare_records(new, &mut of_first, &mut of_second);
        // Whoever still reads ends as nobody listens any more.
        drop((of_first, of_second));
        for reader in [first, second] {
            joined(reader)?;
        }
        Ok(found)
    })
}

fn joined(reader: ScopedJoinHandle<'_, Result<(), CommandError>>) -> Result<(), CommandError> {
    reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn compare_records<'a>(
    mut found: Compared<'a>,
    first: &mut Records,
    second: &mut Records,
) -> Compared<'a> {
    loop {
        let [one, other] = match (first.next(), second.next()) {
            (None, None) => return found,
            (Some(one), Some(other)) => [one, other],
            (Some(more), None) => return found.longer(0, &more, first),
            (None, Some(more)) => return found.longer(1, &more, second),
        };
        if (Record { timestamp_ns: other.timestamp_ns, ..one }) != other {
            found.parting = Some(Parting::Records(Box::new([one, other])));
            return found;
        }
        found.other_time_count += u64::from(one.timestamp_ns != other.timestamp_ns);
        found.last_same = one.sequence;
    }
}

impl Compared<'_> {
    /// One log has ended; the other, of this place, goes on with `next`.
    fn longer(mut self, place: usize, next: &Record, records: &mut Records) -> Self {
        let last = records.last().map_or(next.sequence, |record| record.sequence);
        let sequence_count = last.0 - self.last_same.0.max(self.from.0.saturating_sub(1));
        self.parting = Some(Parting::Longer { place, sequence_count });
        self
    }
}

impl fmt::Display for Compared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.paths.map(Path::display);
        let is_one_log = self.log_ids[0] == self.log_ids[1];
        let ids = if is_one_log { "are copies of one log" } else { "are two different logs" };
        writeln!(f, "'{first}' and '{second}' {ids}")?;
        if self.last_same.0 > 0 {
            match self.from.0 {
                1 => write!(f, "equal up to sequence {}", grouped(self.last_same.0))?,
                from => write!(
                    f,
                    "equal from sequence {}, the first that both have, to {}",
                    grouped(from),
                    grouped(self.last_same.0)
                )?,
            }
            if self.other_time_count > 0 {
                let count = grouped(self.other_time_count);
                write!(f, "; {count} records differ in their times only")?;
            }
            writeln!(f)?;
        }
        match &self.parting {
            None => writeln!(f, "both end there"),
            Some(Parting::Longer { place, sequence_count }) => {
                let (longer, shorter) = if *place == 0 { (first, second) } else { (second, first) };
                let count = grouped(*sequence_count);
                writeln!(
                    f,
                    "'{shorter}' ends there, and '{longer}' continues for {count} \
                             sequences"
                )
            }
            Some(Parting::Records(records)) => {
                let [one, other] = &**records;
                let sequence = grouped(one.sequence.min(other.sequence).0);
                writeln!(f, "the first difference is at sequence {sequence}:")?;
                writeln!(f, "  '{first}': {}", line_of(one))?;
                writeln!(f, "  '{second}': {}", line_of(other))
            }
        }
    }
}

/// The records of a log as another thread reads them.
struct Records {
    batches: Receiver<Vec<Record>>,
    batch: std::vec::IntoIter<Record>,
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.batch.next() {
                return Some(record);
            }
            self.batch = self.batches.recv().ok()?.into_iter();
        }
    }
}

/// Reads a log and hands its records over until nobody listens.
fn hand_over<P: Platform>(
    log: &mut Inspected<P>,
    from: Sequence,
    records: SyncSender<Vec<Record>>,
) -> Result<(), CommandError> {
    let upto = log.durable_end()?;
    let mut sender = Sender { from, upto, records, batch: Vec::new(), is_heard: true };
    let scanned = log.scan(&mut sender);
    if !sender.is_heard {
        return Ok(());
    }
    scanned?;
    // Nobody listens when the other log has ended in an error, which is told by its reader.
    drop(sender.records.send(sender.batch));
    Ok(())
}

/// Sends records up to a sequence in batches.
struct Sender {
    from: Sequence,
    upto: Sequence,
    records: SyncSender<Vec<Record>>,
    batch: Vec<Record>,
    is_heard: bool,
}

impl Visitor for Sender {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if record.sequence < self.from || record.sequence > self.upto {
            return Ok(());
        }
        self.batch.push(*record);
        if self.batch.len() == BATCH_RECORDS {
            self.is_heard = self.records.send(std::mem::take(&mut self.batch)).is_ok();
        }
        if self.is_heard {
            Ok(())
        } else {
            Err(RecoveryFault::EndedByVisitor { sequence: record.sequence })
        }
    }
}
