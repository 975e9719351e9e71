//! What a book can begin with: the newest snapshot that is to be trusted, or the log's beginning.
//!
//! Which one is tried next, and when another is tried at all, is decided by the core's
//! [`SnapshotChoice`] and [`AfterFault`].

use crate::config::larger;
use crate::error::StartError;
use crate::fresh_book::{FreshBook, fresh_book};
use highwater::recovery::{RecoveryFault, Start};
use highwater::snapshot::SnapshotHeader;
use highwater::snapshot_plan::{AfterFault, Choice, SnapshotChoice, Wanted};
use highwater::types::{Capacities, SegmentNumber, Sequence};
use highwater_platform::Platform;
use highwater_storage::LogDirectory;

/// The snapshots of a log, and in which order they and the log's beginning are tried.
#[derive(Clone, Debug)]
pub struct Candidates {
    sequences: Vec<Sequence>,
    choice: SnapshotChoice,
    notes: Vec<String>,
}

/// A book, and where the log goes on behind it.
#[derive(Debug)]
pub struct Beginning {
    /// The book and its memory.
    pub fresh: FreshBook,
    /// Where the walk along the log begins.
    pub start: Start,
    /// The header of the snapshot that the book is from; `None` at the log's beginning.
    pub snapshot: Option<SnapshotHeader>,
}

/// A walk that came to its end.
#[derive(Debug)]
pub struct Walked<T> {
    /// What it found.
    pub found: T,
    /// Which snapshots were not used, and why: a sentence each.
    pub notes: Vec<String>,
}

/// Why a walk does not go on from a beginning.
#[derive(Debug)]
pub enum Halted {
    /// It ended with a fault.
    Fault(RecoveryFault),
    /// The beginning is passed over, for a reason in words.
    PassedOver(&'static str),
}

/// Why no walk came to its end.
#[derive(Debug)]
pub enum NotWalked {
    /// The directory cannot be listed, or the system has no memory for a book.
    Start(StartError),
    /// The log is refused; with it, which snapshots were not used and why: a sentence each.
    Fault(RecoveryFault, Vec<String>),
}

impl From<StartError> for NotWalked {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}

impl Candidates {
    /// Those in a data directory for a walk that wants this.
    ///
    /// # Errors
    /// The directory cannot be listed.
    pub fn of<P: Platform>(
        directory: &LogDirectory<P>,
        wanted: Wanted,
    ) -> Result<Self, StartError> {
        let sequences = match wanted {
            Wanted::State(_) => listed(directory)?,
            Wanted::EveryRecord => Vec::new(),
            Wanted::Behind(only) => vec![only],
        };
        let choice = SnapshotChoice::new(directory.log_id(), wanted);
        Ok(Self { sequences, choice, notes: Vec::new() })
    }

    /// The header of the snapshot of this log that covers most. A whole header is evidence of what
    /// was durable, whatever became of the rest of its file, and of its name.
    pub fn evidence<P: Platform>(&self, directory: &LogDirectory<P>) -> Option<SnapshotHeader> {
        let header = |sequence: &Sequence| Some(*directory.open_snapshot(*sequence).ok()?.header());
        self.choice.evidence(self.sequences.iter().filter_map(header))
    }

    /// Whether the snapshot that was given out last is passed over, as what the caller has written
    /// elsewhere does not reach it.
    pub fn is_passed_over(&self, reaches: impl FnOnce() -> bool) -> bool {
        self.choice.is_passed_over(&self.sequences, reaches)
    }

    /// The next of them that is to be trusted, restored into memory with room for `room` at least.
    fn next<P: Platform>(
        &mut self,
        platform: P,
        directory: &LogDirectory<P>,
        room: Capacities,
    ) -> Result<Option<Beginning>, StartError> {
        loop {
            match self.choice.next(&self.sequences) {
                Choice::Snapshot(sequence) => {
                    match self.restored(platform, directory, sequence, room)? {
                        Ok(beginning) => return Ok(Some(beginning)),
                        Err(why) => self.refuse(directory, sequence, &why),
                    }
                }
                Choice::Beginning => {
                    let fresh = fresh_book(platform, room)?;
                    return Ok(Some(Beginning { fresh, start: Start::Beginning, snapshot: None }));
                }
                Choice::Nothing => return Ok(None),
            }
        }
    }

    /// Notes that a snapshot is not used, and why.
    fn refuse<P: Platform>(&mut self, directory: &LogDirectory<P>, sequence: Sequence, why: &str) {
        let instead = if self.choice.has_another(&self.sequences) {
            "the one before it is tried"
        } else {
            "the log is read from its beginning"
        };
        let path = directory.snapshot_path(sequence);
        self.notes.push(format!("the snapshot '{}' is not used: {why}; {instead}", path.display()));
    }

    /// A book from a snapshot, or why there is none.
    fn restored<P: Platform>(
        &self,
        platform: P,
        directory: &LogDirectory<P>,
        sequence: Sequence,
        room: Capacities,
    ) -> Result<Result<Beginning, String>, StartError> {
        let file = match directory.open_snapshot(sequence) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let header = *file.header();
        if let Err(refusal) = self.choice.judge(sequence, &header) {
            return Ok(Err(refusal.to_string()));
        }
        let FreshBook { book, bytes, warnings } =
            fresh_book(platform, larger(room, header.image.needs()))?;
        Ok(match file.restore(book) {
            Err(error) => Err(error.to_string()),
            Ok(book) => Ok(Beginning {
                fresh: FreshBook { book, bytes, warnings },
                start: Start::Snapshot(header.chain),
                snapshot: Some(header),
            }),
        })
    }
}

/// Lets `walk` go on from the first of the candidates that is to be trusted.
///
/// When that one is passed over it goes on from the next; and from the first again, with books
/// larger than `room`, when it turns out that the log needs more.
///
/// # Errors
/// The log is refused, the directory cannot be listed, or the system has no memory for a book.
pub fn walk_from<P, C, W, T>(
    platform: P,
    directory: &mut LogDirectory<P>,
    candidates: C,
    mut room: Capacities,
    mut walk: W,
) -> Result<Walked<T>, NotWalked>
where
    P: Platform,
    C: Fn(&LogDirectory<P>) -> Result<Candidates, StartError>,
    W: FnMut(&mut LogDirectory<P>, &Candidates, Beginning) -> Result<T, Halted>,
{
    let mut tried = candidates(directory)?;
    while let Some(beginning) = tried.next(platform, directory, room)? {
        let begun = beginning.snapshot.map(|header| header.sequence()).unwrap_or_default();
        match walk(directory, &tried, beginning) {
            Ok(found) => return Ok(Walked { found, notes: tried.notes }),
            Err(Halted::PassedOver(why)) => tried.refuse(directory, begun, why),
            Err(Halted::Fault(fault)) => match AfterFault::of(&fault) {
                AfterFault::BeginLarger(needed) => {
                    room = larger(room, needed);
                    tried = candidates(directory)?;
                }
                AfterFault::TryNext => tried.refuse(directory, begun, &fault.to_string()),
                AfterFault::Refuse => return Err(NotWalked::Fault(fault, tried.notes)),
            },
        }
    }
    let missing = RecoveryFault::MissingSegment(SegmentNumber::FIRST);
    Err(NotWalked::Fault(missing, tried.notes))
}

/// The snapshots in a data directory.
fn listed<P: Platform>(directory: &LogDirectory<P>) -> Result<Vec<Sequence>, StartError> {
    directory.snapshots().map_err(|error| {
        StartError::Log(format!(
            "could not list the snapshots in '{}': {error}",
            directory.path().display()
        ))
    })
}
