//! `highwater truncate`: the way out when start-up refuses a log, at the price of its end.

mod keep;
mod loss;

use crate::inspect::say_notes;
use highwater::block::{BlockHead, Chain};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Visitor, scan_from};
use highwater::snapshot_plan::Wanted;
use highwater::types::{SegmentNumber, Sequence};
use highwater_console::{CommandError, Console, note};
use highwater_engine::candidates::Candidates;
use highwater_engine::error::StartError;
use highwater_engine::replay::{ReplayUpTo, Rest, replay_from};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_storage::{
    Consumers, Copier, IoChoice, LogDirectory, LogOptions, Unreadable, segment_files,
};
use keep::{Keep, Kept};
use loss::Loss;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Cut a log after a sequence, so that an engine can start from it again.
///
/// Use it for a log that start-up refuses, when there is no backup and no replica. Everything after
/// the sequence is lost, acknowledged or not. The report names the lost sequences, and the lost
/// client sequences of each session. The part that is cut off is first copied to DIR/dropped-N, and
/// unfinished segments are moved there. The command takes the lock, and fails while another process
/// reads the log. Without --accept-loss it reports what would be lost, changes no segment, and ends
/// with exit code 1.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "two flags that do not touch each other")]
pub struct TruncateArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// The last sequence to keep; it must be the last in its block; 0 keeps nothing
    #[arg(long, value_name = "SEQ")]
    pub at: u64,
    /// If no block ends at that sequence, keep the whole blocks before it
    #[arg(long)]
    pub nearest: bool,
    /// Cut the log: everything after the sequence is lost
    #[arg(long)]
    pub accept_loss: bool,
}

/// Says what is lost, and cuts it off when that is accepted. When `stop` is raised before the cut
/// has begun, nothing is cut and nothing is left.
///
/// # Errors
/// Nothing was accepted, no block ends at the sequence, the log can't be read so far, the copy
/// can't be made, the cut fails, or the output cannot be written.
pub fn truncate<P: Platform>(
    platform: P,
    args: &TruncateArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    match judged_and_cut(platform, args, stop) {
        Err(Uncut::Stopped) => {
            note("stopped before anything was cut: the log is as it was");
            Ok(())
        }
        Err(Uncut::Failed(error)) => Err(error),
        Ok((report, done)) => console.report(&report, done),
    }
}

/// Why nothing was cut, or the cut not done.
enum Uncut {
    /// Somebody wished to stop.
    Stopped,
    /// It failed, or was not to be.
    Failed(CommandError),
}

impl From<CommandError> for Uncut {
    fn from(error: CommandError) -> Self {
        Self::Failed(error)
    }
}

/// Judges the log, and cuts it if that is accepted; what is to be said of it, and how it went.
fn judged_and_cut<P: Platform>(
    platform: P,
    args: &TruncateArgs,
    stop: &StopFlag,
) -> Result<(String, Result<(), CommandError>), Uncut> {
    let mut log = open(platform, &args.data)?;
    let _alone = log.removal_soon().map_err(CommandError::failed)?;
    let judged = judge(platform, args, &mut log, stop);
    if stop.is_raised() {
        return Err(Uncut::Stopped);
    }
    let (keep, judged) = judged?;
    let state = state_of(platform, &args.data, judged)?;
    let kept = chosen(args, &keep)?;
    let loss = Loss::behind(&mut log, &kept, &keep)
        .map_err(|fault| log_error(platform, &args.data, fault))?;
    if !args.accept_loss {
        let sentence = "no segment was changed; add --accept-loss to cut the log there";
        return Ok((format!("{state}\n{loss}"), Err(CommandError::failed(sentence))));
    }
    match cut(platform, args, &mut log, &kept, stop) {
        Err(Uncut::Stopped) => Err(Uncut::Stopped),
        Err(Uncut::Failed(error)) => Ok((format!("{state}\n{loss}"), Err(error))),
        Ok(said) => Ok((format!("{state}\n{loss}{said}"), Ok(()))),
    }
}

/// Cuts the log off, and says so in a line.
fn cut<P: Platform>(
    platform: P,
    args: &TruncateArgs,
    log: &mut LogDirectory<P>,
    kept: &Kept,
    stop: &StopFlag,
) -> Result<String, Uncut> {
    let dropped = set_aside(platform, log, kept, stop)?;
    Consumers::of(platform, &args.data).cut(kept.last_sequence).map_err(CommandError::failed)?;
    log.cut(kept.segment, kept.position).map_err(|fault| log_error(platform, &args.data, fault))?;
    confirm(platform, args, log, kept)?;
    Ok(format!(
        "cut: the log in '{}' ends at sequence {}; what followed is in '{}'\n",
        args.data.display(),
        kept.last_sequence,
        dropped.display()
    ))
}

/// Opens a log that is there for writing, as it is: nothing is laid out for an engine.
fn open<P: Platform>(platform: P, data: &Path) -> Result<LogDirectory<P>, CommandError> {
    drop(LogDirectory::open_read_only(platform, data).map_err(StartError::from)?);
    let options = LogOptions { io: IoChoice::Append, ..LogOptions::default() };
    let mut log = LogDirectory::open(platform, data, &options).map_err(StartError::from)?;
    // What is decided here must be decided by what the disk holds.
    log.sync_all(SegmentNumber::FIRST).map_err(|fault| log_error(platform, data, fault))?;
    Ok(log)
}

fn log_error<P: Platform>(platform: P, data: &Path, fault: LogFault) -> CommandError {
    StartError::recovery(platform, data, RecoveryFault::Log(fault)).into()
}

/// Does what a start does, and looks where the log can be cut: before whatever is wrong with it.
fn judge<P: Platform>(
    platform: P,
    args: &TruncateArgs,
    log: &mut LogDirectory<P>,
    stop: &StopFlag,
) -> Result<(Keep, Result<(), RecoveryFault>), CommandError> {
    let upto = Sequence(args.at);
    let range = log.segments().map_err(|fault| log_error(platform, &args.data, fault))?;
    let is_whole = range.is_none_or(|(first, _)| first == SegmentNumber::FIRST);
    if !is_whole && args.at > 0 {
        is_behind_a_snapshot(args, log)?;
    }
    let mut newest = upto;
    let (mut keep, judged) = loop {
        // All of the log, or where its beginning was retired what the newest snapshot leads to.
        let wanted = Wanted::history(range.map(|(first, _)| first), newest);
        let candidates = |directory: &LogDirectory<P>| Candidates::of(directory, wanted);
        let (keep, judged) = judge_from(platform, log, candidates, upto, stop)?;
        match judged {
            // What leads nowhere is no place to begin at: the one before it may be.
            Err(RecoveryFault::SnapshotAhead { sequence }) if sequence.0 > 0 => {
                newest = Sequence(sequence.0 - 1);
            }
            judged => break (keep, judged),
        }
    };
    let newest = Candidates::of(log, Wanted::NEWEST)?.evidence(log);
    let covered = newest.filter(|header| keep.is_of_log(header.chain.log_id));
    let ahead = keep.covered_upto(covered.map(|header| header.sequence()).unwrap_or_default());
    Ok((keep, judged.and(ahead)))
}

/// Judges from the first of the candidates that is to be trusted.
fn judge_from<P: Platform>(
    platform: P,
    log: &mut LogDirectory<P>,
    candidates: impl Fn(&LogDirectory<P>) -> Result<Candidates, StartError>,
    upto: Sequence,
    stop: &StopFlag,
) -> Result<(Keep, Result<(), RecoveryFault>), CommandError> {
    let replayed = replay_from(platform, log, candidates, |log, book, start| {
        let keep = Keep::upto(upto, start, book);
        let replay = ReplayUpTo::new(book, Sequence(u64::MAX), Rest::Scanned);
        let mut judge = Judge { replay, keep, stop };
        // A block at a time: what can be read is read up to the last block before what can't.
        match scan_from(log, &mut [0; BLOCK_BYTES], &mut judge, start) {
            Err(
                fault @ (RecoveryFault::NeedsCapacities(_) | RecoveryFault::SnapshotOfOtherLog),
            ) => Err(fault),
            scanned => Ok((judge.keep, scanned.map(drop))),
        }
    })?;
    say_notes(&replayed.notes);
    Ok(replayed.found)
}

/// Of a log whose beginning was retired nothing can be kept before its oldest snapshot.
fn is_behind_a_snapshot<P: Platform>(
    args: &TruncateArgs,
    log: &LogDirectory<P>,
) -> Result<(), CommandError> {
    let snapshots = log.snapshots().unwrap_or_default();
    match snapshots.last() {
        Some(oldest) if oldest.0 > args.at => Err(CommandError::failed(format!(
            "the log's beginning was retired, and its oldest snapshot is at sequence {oldest}: use \
             --at {oldest} or higher, or --at 0 to keep nothing"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Replays, and looks where the log can be cut.
struct Judge<'b> {
    replay: ReplayUpTo<'b>,
    keep: Keep,
    stop: &'b StopFlag,
}

impl Visitor for Judge<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if self.stop.is_raised() {
            return Err(RecoveryFault::EndedByVisitor { sequence: record.sequence });
        }
        self.replay.record(record)?;
        self.keep.record(record)
    }

    fn block(&mut self, head: &BlockHead, chain: &Chain) {
        self.keep.block(head, chain);
    }
}

/// What a start would say to the log, in a line.
fn state_of<P: Platform>(
    platform: P,
    data: &Path,
    judged: Result<(), RecoveryFault>,
) -> Result<String, CommandError> {
    let Err(fault) = judged else {
        return Ok(format!("the log in '{}' is sound", data.display()));
    };
    let refusal = StartError::recovery(platform, data, fault);
    match fault {
        // What this program does not know, it does not write to.
        RecoveryFault::NewerVersion { .. } | RecoveryFault::OlderVersion { .. } => {
            Err(refusal.into())
        }
        RecoveryFault::Log(_)
        | RecoveryFault::Corrupt { .. }
        | RecoveryFault::MissingSegment(_)
        | RecoveryFault::ForeignSegment(_)
        | RecoveryFault::HashMismatch { .. }
        | RecoveryFault::TradeDiffers { .. }
        | RecoveryFault::Repeated { .. }
        | RecoveryFault::NeedsCapacities(_)
        | RecoveryFault::SnapshotAhead { .. }
        | RecoveryFault::SnapshotOfOtherLog
        | RecoveryFault::EndedByVisitor { .. } => {
            Ok(format!("start-up refuses the log: {refusal}"))
        }
    }
}

/// Where the log is to be cut.
fn chosen(args: &TruncateArgs, keep: &Keep) -> Result<Kept, CommandError> {
    let kept = keep.kept();
    if kept.last_sequence.0 == args.at || args.nearest {
        return Ok(kept);
    }
    let at = args.at;
    let why = match keep.crossing() {
        Some((first, last)) => {
            format!("sequence {at} is inside a block that holds the sequences {first} to {last}")
        }
        None => format!("the log can be read up to sequence {} only", kept.last_sequence),
    };
    Err(CommandError::failed(format!(
        "{why}, and only whole blocks can be kept: use --at {}, or --nearest for the same",
        kept.last_sequence
    )))
}

/// Copies everything that is cut off, whole files, to a directory of its own, and the snapshots of
/// what is lost, which then go: the log would not reach them. What an engine may have left of
/// segments is moved there. Returns that directory.
fn set_aside<P: Platform>(
    platform: P,
    log: &LogDirectory<P>,
    kept: &Kept,
    stop: &StopFlag,
) -> Result<PathBuf, Uncut> {
    let data = log.path();
    let failed = |error: io::Error| {
        Uncut::Failed(CommandError::failed(format!(
            "could not copy what is to be cut off from '{}' ({error}); nothing was cut: free some \
             space or check the disk, and try again",
            data.display()
        )))
    };
    let mut snapshots = log.snapshots().map_err(failed)?;
    snapshots.retain(|sequence| *sequence > kept.last_sequence);
    let dropped = create_numbered(data).map_err(failed)?;
    let file_copier = Copier { platform, go_on: &|| !stop.is_raised() };
    let copied = copy_dropped(file_copier, log, kept, &snapshots, &dropped);
    let copied = if stop.is_raised() { Err(Uncut::Stopped) } else { copied.map_err(failed) };
    copied.inspect_err(|_| {
        // All of it is in the log still. What can't be removed is no part of that.
        drop(fs::remove_dir_all(&dropped));
    })?;
    // Whatever they are, the log that is left does not need them.
    log.set_leftovers_aside(&dropped).map_err(failed)?;
    let removed = snapshots.iter().try_for_each(|sequence| log.remove_snapshot(*sequence));
    removed.and_then(|()| platform.sync_directory(data)).map_err(failed)?;
    Ok(dropped)
}

/// Copies everything that is cut off into `dropped`.
fn copy_dropped<P: Platform>(
    file_copier: Copier<'_, P>,
    log: &LogDirectory<P>,
    kept: &Kept,
    snapshots: &[Sequence],
    dropped: &Path,
) -> io::Result<()> {
    let mut files = segment_files(log.path(), kept.segment)?;
    files.extend(snapshots.iter().map(|sequence| log.snapshot_path(*sequence)));
    for file in files {
        let copy = dropped.join(file.file_name().unwrap_or_default());
        file_copier.copy_file(&file, &copy, u64::MAX, Unreadable::BecomesZeros)?;
    }
    file_copier.platform.sync_directory(dropped)?;
    file_copier.platform.sync_directory(log.path())
}

/// Creates the first of `dropped-1`, `dropped-2` ... that is not there.
fn create_numbered(data: &Path) -> io::Result<PathBuf> {
    for number in 1_u64.. {
        let dropped = data.join(format!("dropped-{number}"));
        match fs::create_dir(&dropped) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return created.map(|()| dropped),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Reads the log once more: it must be sound, and end where it was cut.
fn confirm<P: Platform>(
    platform: P,
    args: &TruncateArgs,
    log: &mut LogDirectory<P>,
    kept: &Kept,
) -> Result<(), CommandError> {
    let scanned = scan_from(log, &mut vec![0; 1 << 20], &mut (), kept.start)
        .map_err(|fault| StartError::recovery(platform, &args.data, fault))?;
    if scanned.last_sequence == kept.last_sequence || kept.last_sequence.0 == 0 {
        return Ok(());
    }
    Err(CommandError::failed(format!(
        "after the cut the log in '{}' ends at sequence {}, not {}: check the disk",
        args.data.display(),
        scanned.last_sequence,
        kept.last_sequence
    )))
}
