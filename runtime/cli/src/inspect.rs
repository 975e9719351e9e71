//! Looking at a log from outside: without keeping a writer out, without creating anything, also
//! beside a running engine.

use crate::units::parse_bytes;
use highwater::block::{BlockHead, Chain};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Scanned, Start, Visitor, scan_from};
use highwater::snapshot_plan::Wanted;
use highwater::types::{SegmentNumber, Sequence};
use highwater_console::progress;
use highwater_console::{CommandError, note};
use highwater_engine::candidates::Candidates;
use highwater_engine::error::StartError;
use highwater_engine::replay::{ReplayUpTo, Replayed, Rest, replay_from};
use highwater_platform::Platform;
use highwater_storage::history_cache::{CACHE_BYTES_DEFAULT, HistoryCache};
use highwater_storage::{Lease, LogDirectory};
use indicatif::ProgressBar;
use std::path::Path;
use std::sync::Arc;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// How much of a log that is read is kept in memory.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CacheArgs {
    /// Cache at most this many bytes of the log's sealed segments, evicting the least recently
    /// used; 0 for none; K, M and G are understood
    #[arg(long, value_name = "N", default_value = "64M", value_parser = parse_bytes)]
    pub cache_bytes: u64,
}

const _: () = assert!(CACHE_BYTES_DEFAULT == 64 << 20, "the help says so");

/// A log that is looked at.
#[derive(Debug)]
pub struct Inspected<P: Platform> {
    /// Its files.
    pub directory: LogDirectory<P>,
    /// Room to read into.
    pub buffer: Vec<u8>,
    /// True when an engine was writing it when it was opened.
    pub is_running: bool,
    /// Where its records begin: the log's beginning, or the oldest snapshot where that is gone.
    pub start: Start,
    platform: P,
    /// Nothing of it is removed meanwhile.
    _lease: Lease<P>,
}

/// Opens the log in `data` for looking at it; until it is dropped, nothing of it is removed.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn open_log<P: Platform>(
    platform: P,
    data: &Path,
    cache: CacheArgs,
) -> Result<Inspected<P>, CommandError> {
    let cache = Arc::new(HistoryCache::new(cache.cache_bytes));
    let lease = Lease::take(platform, data).map_err(StartError::from)?;
    let mut directory =
        LogDirectory::open_with_cache(platform, data, cache).map_err(StartError::from)?;
    let refusal = |fault| StartError::recovery(platform, data, RecoveryFault::Log(fault));
    let is_running = directory.writer_is_running().map_err(refusal)?;
    let start = start_of(&mut directory).map_err(refusal)?;
    let buffer = vec![0; BUFFER_BYTES];
    Ok(Inspected { directory, buffer, is_running, start, platform, _lease: lease })
}

impl<P: Platform> Inspected<P> {
    /// The last sequence that may be reported: of a running engine's log, what the log itself calls
    /// durable.
    ///
    /// # Errors
    /// The log is corrupt.
    pub fn durable_end(&mut self) -> Result<Sequence, CommandError> {
        if !self.is_running {
            return Ok(Sequence(u64::MAX));
        }
        Ok(self.scan(&mut ())?.confirmed)
    }

    /// The first sequence that can be read.
    pub fn first_sequence(&self) -> Sequence {
        match self.start {
            Start::Beginning => Sequence(1),
            Start::Snapshot(chain) => chain.next_sequence,
        }
    }

    /// The last sequence in the log; 0 when there is none.
    ///
    /// # Errors
    /// The log is corrupt.
    pub fn last_sequence(&mut self) -> Result<Sequence, CommandError> {
        Ok(self.scan(&mut ())?.last_sequence)
    }

    /// Bytes of all segments, the zeros ahead too.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log_bytes(&mut self) -> Result<u64, CommandError> {
        log_bytes(&mut self.directory)
            .map_err(|fault| self.refusal(RecoveryFault::Log(fault)).into())
    }

    fn refusal(&self, fault: RecoveryFault) -> StartError {
        StartError::recovery(self.platform, self.directory.path(), fault)
    }

    /// Walks what there is of the log with `visitor`.
    ///
    /// # Errors
    /// The log is corrupt, or the visitor ended the walk.
    pub fn scan(&mut self, visitor: &mut impl Visitor) -> Result<Scanned, CommandError> {
        let scanned = scan_from(&mut self.directory, &mut self.buffer, visitor, self.start);
        scanned.map_err(|fault| self.refusal(fault).into())
    }

    /// The same, and shows how far it is where that takes long; `done` is what is done to the
    /// bytes, in a word.
    ///
    /// # Errors
    /// Why the log is refused, or the visitor's fault.
    pub fn walk(
        &mut self,
        done: &'static str,
        visitor: &mut impl Visitor,
    ) -> Result<Scanned, RecoveryFault> {
        walk(&mut self.directory, &mut self.buffer, done, self.start, visitor)
    }

    /// Looks whether the log holds the place at which its newest snapshot was made; the last
    /// sequence that the snapshot covers, which was durable: 0 when there is none.
    ///
    /// # Errors
    /// It does not, or cannot be read.
    pub fn reaches_its_snapshots(&mut self) -> Result<Sequence, StartError> {
        let candidates = Candidates::of(&self.directory, Wanted::NEWEST)?;
        let Some(header) = candidates.evidence(&self.directory) else {
            return Ok(Sequence(0));
        };
        let start = Start::Snapshot(header.chain);
        match scan_from(&mut self.directory, &mut self.buffer, &mut (), start) {
            Ok(_) => Ok(header.sequence()),
            // It was made of another log, and no start uses it.
            Err(RecoveryFault::SnapshotOfOtherLog) => Ok(Sequence(0)),
            Err(fault) => Err(self.refusal(fault)),
        }
    }

    /// The book behind the last record with a sequence up to `upto`, from the newest snapshot
    /// before that; what follows it is not looked at.
    ///
    /// # Errors
    /// The log is corrupt up to there, or there is no room for the book.
    pub fn replay_upto(&mut self, upto: Sequence) -> Result<Replayed<()>, StartError> {
        let Self { platform, directory, buffer, .. } = self;
        let wanted = Wanted::State(upto);
        let candidates = |directory: &LogDirectory<P>| Candidates::of(directory, wanted);
        let replayed = replay_from(*platform, directory, candidates, |directory, book, start| {
            let mut replay = ReplayUpTo::new(book, upto, Rest::Left);
            match walk(directory, buffer, "replayed", start, &mut replay) {
                Ok(_) | Err(RecoveryFault::EndedByVisitor { .. }) => Ok(()),
                Err(fault) => Err(fault),
            }
        })?;
        say_notes(&replayed.notes);
        Ok(replayed)
    }
}

/// Says which snapshots a replay did not use, and why.
pub(crate) fn say_notes(notes: &[String]) {
    for line in notes {
        note(&format!("note: {line}"));
    }
}

/// How often a log is looked at that is damaged otherwise each time.
const LOOKS_MAX: u32 = 5;

/// Does what `look` does, and again where it finds a log damaged.
///
/// Only what a second look finds, too, with the directory listed anew, is damage: where no lease
/// keeps them, files may be taken away while they are read.
///
/// # Errors
/// Those of `look`.
pub fn looked_at_again<T>(
    mut look: impl FnMut() -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut before = None;
    for _ in 0..LOOKS_MAX {
        match look() {
            Err(CommandError::Damaged(sentence)) => {
                if before.as_ref() == Some(&sentence) {
                    return Err(CommandError::Damaged(sentence));
                }
                before = Some(sentence);
            }
            seen => return seen,
        }
    }
    Err(CommandError::failed(
        "the log changes while it is read, and looks different each time; try again when no other \
         program writes to its directory",
    ))
}

/// Walks the log from `start` on, and shows how far it is where that takes long; `done` is what is
/// done to the bytes, in a word.
///
/// # Errors
/// Why the log is refused, or the visitor's fault.
pub fn walk<P: Platform>(
    directory: &mut LogDirectory<P>,
    buffer: &mut [u8],
    done: &'static str,
    start: Start,
    visitor: &mut impl Visitor,
) -> Result<Scanned, RecoveryFault> {
    let bar = progress::bytes_bar(log_bytes(directory)?, done);
    let scanned = scan_from(directory, buffer, &mut Watched { visitor, bar: &bar }, start);
    bar.finish_and_clear();
    scanned
}

/// Where the records begin that can be read: at the log's beginning, or where that was retired, at
/// the oldest snapshot that can be read and whose segment is there.
fn start_of<P: Platform>(directory: &mut LogDirectory<P>) -> Result<Start, LogFault> {
    let first = match directory.segments()? {
        None | Some((SegmentNumber::FIRST, _)) => return Ok(Start::Beginning),
        Some((first, _)) => first,
    };
    let oldest_first = directory.snapshots().unwrap_or_default().into_iter().rev();
    let headers =
        oldest_first.filter_map(|sequence| Some(*directory.open_snapshot(sequence).ok()?.header()));
    // One that is about to be removed may lead into a segment that is gone already.
    let mut usable = headers.filter(|header| header.chain.segment >= first);
    Ok(usable.next().map_or(Start::Beginning, |header| Start::Snapshot(header.chain)))
}

/// Bytes of all segments, the zeros ahead too.
fn log_bytes(file: &mut impl LogFile) -> Result<u64, LogFault> {
    let mut bytes = 0;
    let mut next = file.next_segment(SegmentNumber(0))?;
    while let Some(segment) = next {
        bytes += file.segment_bytes(segment)?.unwrap_or(0);
        next = file.next_segment(segment)?;
    }
    Ok(bytes)
}

/// Moves a bar on, and lets another visitor look.
struct Watched<'w, V> {
    visitor: &'w mut V,
    bar: &'w ProgressBar,
}

impl<V: Visitor> Visitor for Watched<'_, V> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.visitor.record(record)
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.visitor.prefetch(waiting);
    }

    fn block(&mut self, head: &BlockHead, chain: &Chain) {
        self.bar.inc(BLOCK_BYTES as u64);
        self.visitor.block(head, chain);
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        self.visitor.looks_behind(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of looks that find this damage, one after the other; 0 is none.
    fn seen(damages: &[u32]) -> (Result<(), CommandError>, usize) {
        let mut looks = 0;
        let seen = looked_at_again(|| {
            looks += 1;
            match damages.get(looks - 1) {
                None | Some(0) => Ok(()),
                Some(damage) => Err(CommandError::Damaged(damage.to_string())),
            }
        });
        (seen, looks)
    }

    #[test]
    fn damage_is_what_a_second_look_finds_too() {
        assert!(matches!(seen(&[0]), (Ok(()), 1)));
        assert!(matches!(seen(&[1, 0]), (Ok(()), 2)));
        assert!(matches!(seen(&[1, 2, 3, 0]), (Ok(()), 4)));
        let (found, looks) = seen(&[1, 2, 2, 0]);
        assert!(matches!(found, Err(CommandError::Damaged(why)) if why == "2") && looks == 3);
        assert!(matches!(seen(&[1, 2, 1, 2, 1, 0]), (Err(CommandError::Failed(_)), 5)));
        let failed = looked_at_again::<()>(|| Err(CommandError::failed("no file")));
        assert!(matches!(failed, Err(CommandError::Failed(why)) if why == "no file"));
    }
}
