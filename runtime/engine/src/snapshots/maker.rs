//! The snapshot maker: a second book that follows the durable log, and is written out when a
//! snapshot is wanted.

use super::followed_book::FollowedBook;
use super::pace::Pace;
use super::retention::{Kept, Treated, treat};
use crate::candidates::{Beginning, Candidates, NotWalked, Walked, walk_from};
use crate::config::{CAPACITIES_DEFAULT, Keep, larger};
use crate::error::StartError;
use crate::fills::{FillsMark, FillsMeter};
use highwater::book::{Book, CheckFault};
use highwater::event::EventSink;
use highwater::log_file::LogFile;
use highwater::record::Record;
use highwater::recovery::{Follower, RecoveryFault, Replay, Start, Visitor, scan_from};
use highwater::snapshot::SnapshotOrigin;
use highwater::snapshot_plan::Wanted;
use highwater::types::{Capacities, Sequence};
use highwater_platform::{Platform, Share};
use highwater_storage::{Aligned, LZ4, Lease, LogDirectory, SnapshotError};
use std::fmt;
use std::path::{Path, PathBuf};

/// Bytes of the log that are read at a time. Much, because after each wait for the disk the thread
/// waits for a core, too.
const BUFFER_BYTES: usize = 1 << 21;
/// Why nothing is packed or removed any more.
const KEEPS_EVERYTHING: &str = "every file is kept: a change of the directory may not have become \
                                durable before; run again";
/// Why there are no more snapshots in this run.
pub(super) const SPENT: &str =
    "this engine makes no more snapshots, for the reason given before; run again";
/// What another process did meanwhile.
const OVERTAKEN: &str = "another process made snapshots and retired what was to be read next";

/// Records that are replayed before the core may be given away: some 100 microseconds.
const RECORDS_AT_ONCE: u32 = 2_048;

/// Follows a log as a reader, and makes snapshots of it.
#[expect(clippy::struct_excessive_bools, reason = "two facts that do not touch each other")]
#[derive(Debug)]
pub struct SnapshotMaker<P: Platform> {
    platform: P,
    share: Share,
    directory: LogDirectory<P>,
    buffer: Aligned,
    book: FollowedBook,
    follower: Follower,
    fills: FillsMeter,
    room: Capacities,
    /// The last sequence of the newest snapshot that was proven: this maker began there, or made
    /// it.
    newest: Sequence,
    /// Whether the book and the follower are not to be used again.
    is_spent: bool,
    /// Whether nothing is removed any more: what should have become durable may not be.
    keeps_everything: bool,
    notes: Vec<String>,
}

/// A snapshot that was made, and what became of the log below it.
#[derive(Clone, Debug)]
pub struct Made {
    /// Its file.
    pub path: PathBuf,
    /// The last sequence in it.
    pub sequence: Sequence,
    /// Open orders in it.
    pub order_count: u32,
    /// What was done to the segments below it.
    pub kept: Kept,
    /// Who still needs what would have been removed, in words.
    pub held: Option<String>,
    /// What could not be done to them, in words; the snapshot stands all the same.
    pub trouble: Option<String>,
    /// How long it took to write and prove, in nanoseconds.
    pub took_ns: u64,
}

/// Why a snapshot was not made.
#[derive(Debug)]
pub enum SnapshotTrouble {
    /// The log is damaged before what is durable, or its replay differs from what the engine did:
    /// nothing is removed, and the engine is not to be trusted.
    Log(RecoveryFault),
    /// The log replays to a book that contradicts itself: the same.
    Unsound(CheckFault),
    /// Another process is making one; what there was stands.
    Busy,
    /// Something that may pass, in words: what there was stands.
    Passing(String),
}

impl SnapshotTrouble {
    /// Whether the log is not what the engine did, so that the engine is to stop.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Log(_) | Self::Unsound(_) => true,
            Self::Busy | Self::Passing(_) => false,
        }
    }

    /// What is wrong, whatever was to be done.
    pub fn reason(&self) -> String {
        match self {
            Self::Log(fault) => fault.to_string(),
            Self::Unsound(fault) => format!("the replayed book is inconsistent: {fault}"),
            Self::Busy => "another process is making one; wait for it".to_owned(),
            Self::Passing(why) => why.clone(),
        }
    }
}

impl fmt::Display for SnapshotTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Log(_) | Self::Unsound(_) => "no snapshot was made, and every file kept",
            Self::Busy | Self::Passing(_) => "no snapshot was made",
        };
        write!(f, "{what}: {}", self.reason())
    }
}

impl From<StartError> for SnapshotTrouble {
    fn from(error: StartError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<NotWalked> for SnapshotTrouble {
    fn from(error: NotWalked) -> Self {
        match error {
            NotWalked::Start(error) => error.into(),
            NotWalked::Fault(fault, _) => Self::Log(fault),
        }
    }
}

impl<P: Platform> SnapshotMaker<P> {
    /// Begins at the newest snapshot in `data` that is to be trusted, or at the log's beginning.
    /// While it follows, the calling thread gives its core away as far as its `share` says. `book`
    /// is what it follows with; others may ask it.
    ///
    /// # Errors
    /// There is no log, or no memory for a book.
    pub fn open(
        platform: P,
        data: &Path,
        share: Share,
        book: FollowedBook,
    ) -> Result<Self, SnapshotTrouble> {
        let _lease = Lease::take(platform, data).map_err(StartError::from)?;
        let mut directory =
            LogDirectory::open_to_follow(platform, data).map_err(StartError::from)?;
        let Begun { book: begun, follower, fills, notes } =
            begin(platform, &mut directory, CAPACITIES_DEFAULT)?;
        let buffer = Aligned::zeroed(BUFFER_BYTES);
        let (room, newest) = (CAPACITIES_DEFAULT, begun.last_sequence());
        book.change(|book| *book = Some(begun));
        Ok(Self {
            platform,
            share,
            directory,
            buffer,
            book,
            follower,
            fills,
            room,
            newest,
            is_spent: false,
            keeps_everything: false,
            notes,
        })
    }

    /// Whether it can't go on, and another must begin anew.
    pub const fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Which snapshots were not used, and why: a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The last sequence that the second book has applied.
    pub fn followed(&self) -> Sequence {
        self.book.sequence()
    }

    /// The last sequence of the newest snapshot; 0 when there is none.
    pub const fn newest(&self) -> Sequence {
        self.newest
    }

    /// Open orders behind the last sequence that was followed.
    pub fn order_count(&self) -> u32 {
        self.book.read().as_ref().map_or(0, Book::open_order_count)
    }

    /// The last sequence that the log itself calls durable, or, when `go_on` says no before that
    /// was found out, the last that was followed.
    ///
    /// # Errors
    /// The log is damaged, or cannot be read.
    pub fn durable_end(&mut self, go_on: &dyn Fn() -> bool) -> Result<Sequence, SnapshotTrouble> {
        let _lease = self.lease()?;
        let start = self.follower.chain().map_or(Start::Beginning, Start::Snapshot);
        let mut nobody = Nobody { go_on };
        let mut scan =
            || scan_from(&mut self.directory, self.buffer.bytes_mut(), &mut nobody, start);
        // What was wrong may have been gone while it was looked at.
        match scan().or_else(|_| scan()) {
            Ok(scanned) => Ok(scanned.confirmed),
            Err(RecoveryFault::EndedByVisitor { .. }) => Ok(self.followed()),
            Err(fault) => Err(SnapshotTrouble::Log(fault)),
        }
    }

    /// Nothing that is still to be read is removed meanwhile.
    fn lease(&self) -> Result<Lease<P>, SnapshotTrouble> {
        Ok(Lease::take(self.platform, self.directory.path()).map_err(StartError::from)?)
    }

    /// Replays what is durable up to `until`, as far as whole blocks go; asks `go_on` in between.
    ///
    /// # Errors
    /// The log is damaged before `until`, its replay differs, or it cannot be read; what was read
    /// before a file failed need not be read again.
    pub fn follow(
        &mut self,
        until: Sequence,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), SnapshotTrouble> {
        if self.is_spent {
            return Err(SnapshotTrouble::Passing(SPENT.to_owned()));
        }
        let _lease = self.lease()?;
        let mut before = None;
        while go_on() {
            let followed = self.followed();
            let part = until.min(Sequence(followed.0.saturating_add(self.book.at_once())));
            match self.follow_part(part) {
                Ok(()) if part == until => return Ok(()),
                // A block may hold more than a part.
                Ok(()) => {}
                Err(RecoveryFault::NeedsCapacities(needed)) => self.begin_again(needed)?,
                // Damage is what a second look finds, too: what was read may have been replaced
                // meanwhile. Before it the follower stands where it stood.
                Err(fault) if is_in_files(fault) && before != Some(fault) => before = Some(fault),
                Err(fault) => return Err(self.trouble(fault)),
            }
        }
        Ok(())
    }

    /// What a fault of following means.
    fn trouble(&mut self, fault: RecoveryFault) -> SnapshotTrouble {
        let range = self.directory.segments().ok().flatten();
        let stands_in = self.follower.chain().map(|chain| chain.segment);
        if let (Some((first, _)), Some(segment)) = (range, stands_in)
            && segment < first
        {
            self.spend();
            return SnapshotTrouble::Passing(OVERTAKEN.to_owned());
        }
        match fault {
            RecoveryFault::Log(fault) => SnapshotTrouble::Passing(fault.to_string()),
            RecoveryFault::NewerVersion { .. }
            | RecoveryFault::OlderVersion { .. }
            | RecoveryFault::Corrupt { .. }
            | RecoveryFault::MissingSegment(_)
            | RecoveryFault::ForeignSegment(_)
            | RecoveryFault::SnapshotAhead { .. }
            | RecoveryFault::SnapshotOfOtherLog
            | RecoveryFault::HashMismatch { .. }
            | RecoveryFault::TradeDiffers { .. }
            | RecoveryFault::Repeated { .. }
            | RecoveryFault::NeedsCapacities(_)
            | RecoveryFault::EndedByVisitor { .. } => {
                self.spend();
                SnapshotTrouble::Log(fault)
            }
        }
    }

    /// Writes and proves a snapshot of what was followed, and treats what lies below it; `None`
    /// when nothing has come since the newest.
    ///
    /// # Errors
    /// It could not be written, read back or named, or another process is making one.
    pub fn make(
        &mut self,
        keep: Keep,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Made>, SnapshotTrouble> {
        let Some(chain) = self.follower.chain().filter(|_| self.followed() > self.newest) else {
            return Ok(None);
        };
        let passing = |error: &dyn fmt::Display| SnapshotTrouble::Passing(error.to_string());
        let _lock = self
            .directory
            .lock_snapshots()
            .map_err(|error| passing(&error))?
            .ok_or(SnapshotTrouble::Busy)?;
        let shared = self.book.clone();
        let book = shared.read();
        let Some(book) = book.as_ref() else {
            return Err(SnapshotTrouble::Passing(SPENT.to_owned()));
        };
        book.check().map_err(SnapshotTrouble::Unsound)?;
        let from_ns = self.platform.monotonic_ns();
        let origin = SnapshotOrigin {
            chain,
            created_at_ns: self.platform.wall_clock_ns(),
            compression: LZ4,
            host: [self.fills.mark().bytes, self.fills.mark().hash],
        };
        let written = self.directory.write_snapshot(book, &origin);
        let header = written.map_err(|error| {
            self.keeps_everything |= matches!(error, SnapshotError::Unnamed(_));
            passing(&error)
        })?;
        let before = Some(self.newest).filter(|sequence| *sequence > Sequence(0));
        self.newest = header.sequence();
        let took_ns = self.platform.monotonic_ns() - from_ns;
        let treated = self.treat(before, keep, go_on);
        Ok(Some(Made {
            path: self.directory.snapshot_path(self.newest),
            sequence: self.newest,
            order_count: book.open_order_count(),
            kept: treated.as_ref().map(|treated| treated.kept).unwrap_or_default(),
            held: treated.as_ref().ok().and_then(|treated| treated.held.clone()),
            trouble: treated.err(),
            took_ns,
        }))
    }

    /// Treats what lies below the newest snapshot and the one `before` it.
    fn treat(
        &mut self,
        before: Option<Sequence>,
        keep: Keep,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Treated, String> {
        if self.keeps_everything {
            return Err(KEEPS_EVERYTHING.to_owned());
        }
        treat(self.platform, &mut self.directory, self.newest, before, keep, go_on).map_err(
            |untreated| {
                self.keeps_everything |= untreated.is_final;
                untreated.why
            },
        )
    }

    fn follow_part(&mut self, until: Sequence) -> Result<(), RecoveryFault> {
        let Self { platform, share, directory, buffer, book, follower, fills, .. } = self;
        book.change(|book| {
            let book = book.as_mut().expect("it is there while the maker follows");
            let pace = Pace::begin(*platform, *share);
            let replay = Replay::new(book, fills);
            let mut polite = Polite { replay, pace, until_pause: RECORDS_AT_ONCE };
            follower.follow(directory, buffer.bytes_mut(), &mut polite, until).map(|_reached| ())
        })
    }

    /// Neither the book nor the follower is to be used again.
    fn spend(&mut self) {
        self.is_spent = true;
        self.book.discard();
    }

    /// Begins again with more memory.
    fn begin_again(&mut self, needed: Capacities) -> Result<(), SnapshotTrouble> {
        self.room = larger(self.room, needed);
        self.spend();
        let begun = begin(self.platform, &mut self.directory, self.room)?;
        self.is_spent = false;
        self.book.change(|book| *book = Some(begun.book));
        (self.follower, self.fills) = (begun.follower, begun.fills);
        Ok(())
    }
}

/// Whether a fault is of what the files hold, and not of what follows from it.
const fn is_in_files(fault: RecoveryFault) -> bool {
    match fault {
        RecoveryFault::Corrupt { .. }
        | RecoveryFault::MissingSegment(_)
        | RecoveryFault::ForeignSegment(_) => true,
        RecoveryFault::Log(_)
        | RecoveryFault::NewerVersion { .. }
        | RecoveryFault::OlderVersion { .. }
        | RecoveryFault::SnapshotAhead { .. }
        | RecoveryFault::SnapshotOfOtherLog
        | RecoveryFault::HashMismatch { .. }
        | RecoveryFault::TradeDiffers { .. }
        | RecoveryFault::Repeated { .. }
        | RecoveryFault::NeedsCapacities(_)
        | RecoveryFault::EndedByVisitor { .. } => false,
    }
}

/// A replay that keeps its pace.
struct Polite<'r, 'b, P, S> {
    replay: Replay<'r, 'b, S>,
    pace: Pace<P>,
    until_pause: u32,
}

impl<P: Platform, S: EventSink> Visitor for Polite<'_, '_, P, S> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.until_pause -= 1;
        if self.until_pause == 0 {
            self.until_pause = RECORDS_AT_ONCE;
            self.pace.keep();
        }
        self.replay.record(record)
    }

    fn prefetch(&mut self, waiting: &[Record]) {
        self.replay.prefetch(waiting);
    }
}

struct Begun {
    book: Book<'static>,
    follower: Follower,
    fills: FillsMeter,
    notes: Vec<String>,
}

/// The first candidate that is to be trusted.
fn begin<P: Platform>(
    platform: P,
    directory: &mut LogDirectory<P>,
    room: Capacities,
) -> Result<Begun, SnapshotTrouble> {
    let candidates = |directory: &LogDirectory<P>| Candidates::of(directory, Wanted::NEWEST);
    // What is wrong behind it is found when the log is followed.
    let walk = |_: &mut LogDirectory<P>, _: &Candidates, beginning| Ok(beginning);
    let Walked { found: Beginning { fresh, start, snapshot }, notes } =
        walk_from(platform, directory, candidates, room, walk)?;
    let mark = snapshot.map_or_else(FillsMark::new, |header| {
        let [bytes, hash] = header.host;
        FillsMark { bytes, hash }
    });
    Ok(Begun {
        book: fresh.book,
        follower: Follower::new(start),
        fills: FillsMeter::new(mark),
        notes,
    })
}

/// Looks at no record, and goes on as long as it may.
struct Nobody<'g> {
    go_on: &'g dyn Fn() -> bool,
}

impl Visitor for Nobody<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.looks_behind(record.sequence)
    }

    fn looks_behind(&mut self, last: Sequence) -> Result<(), RecoveryFault> {
        if (self.go_on)() { Ok(()) } else { Err(RecoveryFault::EndedByVisitor { sequence: last }) }
    }
}
