//! `highwater backup`: a consistent copy of a log, also of a running engine's.

use crate::inspect::{CacheArgs, Inspected, looked_at_again, open_log};
use highwater::block::{BlockHead, Chain};
use highwater::log_file::LogFile;
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Visitor};
use highwater::snapshot::SnapshotHeader;
use highwater::types::{LogPosition, SegmentNumber, Sequence};
use highwater_console::paths::Paths;
use highwater_console::progress::bytes_bar;
use highwater_console::{CommandError, Console, note};
use highwater_engine::error::StartError;
use highwater_engine::figures::grouped;
use highwater_flows::outputs::partial::create_beside;
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_storage::{Copier, Unreadable};
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Copy a log and its snapshots consistently, also while an engine runs.
///
/// The copy ends with what the log calls durable. It is read back, and gets its name when all of it
/// is on stable storage. An engine starts from the copy as from any data directory. The command
/// takes no exclusive lock and changes nothing in the data directory. After a signal it removes the
/// unfinished copy.
#[derive(Clone, Debug, clap::Args)]
pub struct BackupArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// The directory of the copy: missing or empty, in a parent that exists, outside of the data
    /// directory
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// How much of the log is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// Copies a log, and prints what was copied. When `stop` is raised it ends early and leaves
/// nothing.
///
/// # Errors
/// There is no log, it is corrupt, the copy can't be made or is not what was copied, or the output
/// cannot be written.
pub fn backup<P: Platform>(
    platform: P,
    args: &BackupArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    Paths::default().data("--data", &args.data).writes("--to", Some(&args.to)).check()?;
    let to = taken_by(&args.to)?;
    let copied = looked_at_again(|| copy(platform, args, &to, stop));
    // What was refused because of the signal is no failure of the log's or the disk's.
    if copied.is_err() && stop.is_raised() {
        note(&format!(
            "stopped before the copy was complete: '{}' was not created",
            args.to.display()
        ));
        return Ok(());
    }
    console.print_line(&copied?)
}

/// Makes the copy; returns the sentence about it.
fn copy<P: Platform>(
    platform: P,
    args: &BackupArgs,
    to: &Path,
    stop: &StopFlag,
) -> Result<String, CommandError> {
    let mut log = open_log(platform, &args.data, args.cache)?;
    // Listed first: what a snapshot holds was durable before the end of the log is looked for.
    let snapshots = snapshots_of(&log)?;
    let end = end_of(platform, &mut log, snapshots.first(), stop)?;
    let partial = PartialCopy::create(to)?;
    let file_copier = Copier { platform, go_on: &|| !stop.is_raised() };
    let bytes = fill(file_copier, &mut log, &partial.path, &end, &snapshots)?;
    read_back(platform, args, &partial.path, &end, stop).map_err(|error| match error {
        // The copy is nobody else's: what is wrong with it is the disk's, and said at once.
        CommandError::Damaged(sentence) => CommandError::Failed(sentence),
        CommandError::ClosedPipe
        | CommandError::Failed(_)
        | CommandError::WrongUsage(_)
        | CommandError::Reported
        | CommandError::Differ
        | CommandError::Incomparable(_) => error,
    })?;
    partial.keep(to)?;
    sync_parent(platform, to).map_err(|error| failed("name", to, &error))?;
    Ok(format!(
        "copied the sequences {} to {} of the log in '{}' to '{}': {} snapshots, {} bytes, read back",
        grouped(log.first_sequence().0),
        grouped(end.last_sequence.0),
        args.data.display(),
        args.to.display(),
        snapshots.len(),
        grouped(bytes)
    ))
}

/// The directory that the copy becomes, without links; there is nothing in it.
fn taken_by(to: &Path) -> Result<PathBuf, CommandError> {
    let shown = to.display();
    if to.file_name().is_none() {
        return Err(CommandError::failed(format!(
            "'{shown}' can't be the directory of a copy; name another with --to"
        )));
    }
    match fs::read_dir(to).map(|mut files| files.next().is_some()) {
        Ok(false) => to.canonicalize().map_err(|error| failed("read", to, &error)),
        Ok(true) => Err(CommandError::failed(format!(
            "'{shown}' is not empty; name another directory with --to"
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(to.to_owned()),
        Err(error) => Err(failed("read", to, &error)),
    }
}

/// The directory in which the copy grows, beside the one that it becomes. Dropped before it is
/// kept, it goes, with all that is in it.
struct PartialCopy {
    path: PathBuf,
    is_kept: bool,
}

impl PartialCopy {
    fn create(to: &Path) -> Result<Self, CommandError> {
        let ((), path) = create_beside(to, |path| fs::create_dir(path))
            .map_err(|error| failed("create a directory beside", to, &error))?;
        Ok(Self { path, is_kept: false })
    }

    /// Gives the directory its name.
    fn keep(mut self, to: &Path) -> Result<(), CommandError> {
        fs::rename(&self.path, to).map_err(|error| failed("name", to, &error))?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for PartialCopy {
    fn drop(&mut self) {
        if !self.is_kept {
            // What stays when this fails is named like nothing else, and harms nobody.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

/// Where what is copied ends.
#[derive(Clone, Copy)]
struct End {
    segment: SegmentNumber,
    position: LogPosition,
    last_sequence: Sequence,
}

/// The headers of the snapshots that can be read and are of this log, the newest first.
fn snapshots_of<P: Platform>(log: &Inspected<P>) -> Result<Vec<SnapshotHeader>, CommandError> {
    let path = log.directory.path();
    let sequences = log.directory.snapshots().map_err(|error| failed("read", path, &error))?;
    let header = |sequence| Some(*log.directory.open_snapshot(sequence).ok()?.header());
    Ok(sequences.into_iter().filter_map(header).collect())
}

/// The end of the last block that is durable: what the newest snapshot covers, and of a stopped log
/// that is the last one that the next start keeps, and it is made durable here; of a running one,
/// what the log itself calls so.
fn end_of<P: Platform>(
    platform: P,
    log: &mut Inspected<P>,
    newest: Option<&SnapshotHeader>,
    stop: &StopFlag,
) -> Result<End, CommandError> {
    if !log.is_running {
        let synced = log.directory.sync_all(log.start.segment()).map_err(RecoveryFault::Log);
        synced.map_err(|fault| StartError::recovery(platform, log.directory.path(), fault))?;
    }
    let mut ends = Ends::default();
    log.walk("read", &mut UntilStopped { visitor: &mut ends, stop })
        .map_err(|fault| StartError::recovery(platform, log.directory.path(), fault))?;
    let covered = newest.map(|header| End::of(&header.chain));
    let confirmed = if log.is_running { ends.durable } else { ends.last() };
    let end = confirmed.into_iter().chain(covered).max_by_key(|end| (end.segment, end.position));
    end.ok_or_else(|| {
        CommandError::failed(format!(
            "nothing in the log in '{}' is durable yet: there is nothing to copy",
            log.directory.path().display()
        ))
    })
}

impl End {
    /// Where a chain stands.
    fn of(chain: &Chain) -> Self {
        let (segment, position) = (chain.segment, chain.position);
        Self { segment, position, last_sequence: chain.last_sequence() }
    }
}

/// The ends of the blocks that no later block calls durable yet, and of the last one that one does.
#[derive(Default)]
struct Ends {
    durable: Option<End>,
    waiting: VecDeque<(u64, End)>,
}

impl Ends {
    fn last(&self) -> Option<End> {
        self.waiting.back().map(|(_, end)| *end).or(self.durable)
    }
}

impl Visitor for Ends {
    fn record(&mut self, _: &Record) -> Result<(), RecoveryFault> {
        Ok(())
    }

    fn block(&mut self, head: &BlockHead, chain: &Chain) {
        while let Some((number, end)) = self.waiting.front()
            && *number <= head.durable_number
        {
            self.durable = Some(*end);
            self.waiting.pop_front();
        }
        self.waiting.push_back((head.number, End::of(chain)));
    }
}

/// Ends a walk when somebody wishes to stop.
struct UntilStopped<'a, V> {
    visitor: &'a mut V,
    stop: &'a StopFlag,
}

impl<V: Visitor> Visitor for UntilStopped<'_, V> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.stop.is_raised() {
            return Err(RecoveryFault::EndedByVisitor { sequence: record.sequence });
        }
        self.visitor.record(record)
    }

    fn block(&mut self, head: &BlockHead, chain: &Chain) {
        self.visitor.block(head, chain);
    }
}

/// Copies segments and snapshots into the directory `to`; returns the bytes of the copies.
fn fill<P: Platform>(
    file_copier: Copier<'_, P>,
    log: &mut Inspected<P>,
    to: &Path,
    end: &End,
    snapshots: &[SnapshotHeader],
) -> Result<u64, CommandError> {
    let platform = file_copier.platform;
    let from = log.directory.path().to_owned();
    let bar = bytes_bar(log.log_bytes()?, "copied");
    let mut bytes = 0;
    let mut copied_last = SegmentNumber(0);
    while let Some(segment) = next_upto(platform, log, copied_last, end.segment)? {
        let upto = if segment == end.segment { end.position.0 } else { u64::MAX };
        let path = log.directory.segment_path(segment);
        let copied = file_copier
            .copy_segment(&from, to, segment, upto)
            .map_err(|error| failed("copy", &path, &error))?;
        bar.inc(copied);
        bytes += copied;
        copied_last = segment;
    }
    for header in snapshots {
        let path = log.directory.snapshot_path(header.sequence());
        let copy = to.join(path.file_name().unwrap_or_default());
        bytes += file_copier
            .copy_file(&path, &copy, u64::MAX, Unreadable::Fails)
            .map_err(|error| failed("copy", &path, &error))?;
    }
    bar.finish_and_clear();
    platform
        .sync_directory(to)
        .and_then(|()| sync_parent(platform, to))
        .map_err(|error| failed("sync", to, &error))?;
    Ok(bytes)
}

/// The next segment that there is behind `after`, up to the `last` that is copied.
fn next_upto<P: Platform>(
    platform: P,
    log: &mut Inspected<P>,
    after: SegmentNumber,
    last: SegmentNumber,
) -> Result<Option<SegmentNumber>, StartError> {
    let next = log.directory.next_segment(after).map_err(RecoveryFault::Log);
    let next = next.map_err(|fault| StartError::recovery(platform, log.directory.path(), fault))?;
    Ok(next.filter(|next| *next <= last))
}

/// Scans the copy as the disk holds it.
fn read_back<P: Platform>(
    platform: P,
    args: &BackupArgs,
    partial: &Path,
    end: &End,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let mut copy = open_log(platform, partial, args.cache)?;
    let synced = copy.directory.sync_all(copy.start.segment()).map_err(RecoveryFault::Log);
    synced.map_err(|fault| StartError::recovery(platform, partial, fault))?;
    copy.reaches_its_snapshots()?;
    let scanned = copy.scan(&mut UntilStopped { visitor: &mut (), stop })?;
    if scanned.last_sequence == end.last_sequence && scanned.torn_tail_bytes == 0 {
        return Ok(());
    }
    Err(CommandError::failed(format!(
        "the copy ends at sequence {}, not at {}: check the disk of '{}', and try again",
        scanned.last_sequence,
        end.last_sequence,
        args.to.display()
    )))
}

/// Makes the name of a directory durable.
fn sync_parent<P: Platform>(platform: P, path: &Path) -> io::Result<()> {
    let whole = path.canonicalize()?;
    whole.parent().map_or(Ok(()), |parent| platform.sync_directory(parent))
}

/// What is not there may have been taken away meanwhile: it is looked for again.
fn failed(doing: &str, path: &Path, error: &io::Error) -> CommandError {
    let shown = path.display();
    let sentence = format!("could not {doing} '{shown}' ({error}); correct that, and try again");
    if error.kind() == io::ErrorKind::NotFound {
        CommandError::Damaged(sentence)
    } else {
        CommandError::Failed(sentence)
    }
}
