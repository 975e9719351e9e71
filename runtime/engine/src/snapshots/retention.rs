//! What becomes of the log below a snapshot: kept and packed, or retired.
//!
//! What stays and what goes first is decided by the core's [`Retention`]; here it is done to files.

use crate::config::Keep;
use highwater::log_file::LogFile;
use highwater::snapshot_plan::{Clearing, Left, Need, Retention, Treatment};
use highwater::types::{SegmentNumber, Sequence};
use highwater_platform::Platform;
use highwater_storage::{
    Consumer, ConsumerKind, Consumers, LogDirectory, OpenError, PackFault, PackingStep, Removal,
    pack_segment,
};
use std::io;

/// What was done to the files below a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Segments that were packed.
    pub packed_count: u64,
    /// Bytes that they had.
    pub plain_bytes: u64,
    /// Bytes that they have now.
    pub packed_bytes: u64,
    /// Segments that were retired.
    pub retired_count: u64,
    /// Bytes that they had.
    pub retired_bytes: u64,
}

/// What was done below a snapshot, and why not more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Treated {
    /// What was done.
    pub(super) kept: Kept,
    /// Who still needs what would have been removed, in words.
    pub(super) held: Option<String>,
}

/// Why what lies below a snapshot was not treated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untreated {
    /// In words.
    pub(super) why: String,
    /// Whether nothing more is to be removed by this process: what it made durable last may not be.
    pub(super) is_final: bool,
}

/// Treats what lies below `newest` and the snapshot `before` it, if there is one: the two were
/// proven by this process, by writing and reading them back or by beginning there. `go_on` is asked
/// between files; the rest is done the next time.
///
/// # Errors
/// What could not be done; what was done is whole, and the log reads as before.
pub(super) fn treat<P: Platform>(
    platform: P,
    directory: &mut LogDirectory<P>,
    newest: Sequence,
    before: Option<Sequence>,
    keep: Keep,
    go_on: &dyn Fn() -> bool,
) -> Result<Treated, Untreated> {
    let mut treated = Treated::default();
    let range = directory.segments().map_err(|fault| passing(fault.to_string()))?;
    let first = range.map(|(first, _)| first);
    let retention = Retention { keep, first, newest, before };
    let snapshots = directory.snapshots().map_err(|error| not_removed(&error))?;
    let anchor = anchor(platform, directory, &retention, &snapshots, &mut treated.held)?;
    let clearing = retention.clearing(anchor);
    let mut files = Files::of(directory, &clearing, snapshots, first)?;
    loop {
        match clearing.next(&files.left) {
            Treatment::Remove(snapshot) => match removal(directory, &mut treated)? {
                None => files.left.is_read = true,
                Some(_alone) => {
                    directory.remove_snapshot(snapshot).map_err(|error| not_removed(&error))?;
                    files.pass_snapshot();
                }
            },
            Treatment::Retire(_) | Treatment::Pack(_) if !go_on() => break,
            Treatment::Retire(segment) => match removal(directory, &mut treated)? {
                None => files.left.is_read = true,
                Some(_alone) => {
                    retire(directory, segment, &mut treated.kept)?;
                    files.pass_segment();
                }
            },
            Treatment::Pack(segment) => {
                pack(platform, directory, segment, &mut treated.kept, go_on)?;
                files.pass_segment();
            }
            Treatment::Nothing => break,
        }
    }
    Ok(treated)
}

/// The snapshot behind which everything stays; `None` when nothing may be removed. `held` says for
/// whom.
fn anchor<P: Platform>(
    platform: P,
    directory: &LogDirectory<P>,
    retention: &Retention,
    snapshots: &[Sequence],
    held: &mut Option<String>,
) -> Result<Option<Sequence>, Untreated> {
    let mut consumers = Vec::new();
    if retention.asks_consumers() {
        let listed = Consumers::of(platform, directory.path()).list();
        consumers = listed.map_err(|error| passing(error.to_string()))?;
    }
    let needs = consumers.iter().filter_map(|it| Some((retention.needed(need_of(it))?, it)));
    let slowest = needs.min_by_key(|(needed, _)| *needed);
    let anchor = retention.anchor(slowest.map(|(needed, _)| needed), snapshots);
    if let Some((_, slowest)) = slowest.filter(|_| anchor.is_held) {
        *held = Some(held_by(slowest));
    }
    Ok(anchor.snapshot)
}

const fn need_of(consumer: &Consumer) -> Need {
    if consumer.kind.needs_all() { Need::EveryRecord } else { Need::Behind(consumer.durable) }
}

/// The files that are left to treat.
struct Files {
    left: Left,
    /// The snapshots behind the one in `left`, the newest first.
    snapshots: Vec<Sequence>,
    /// The segments behind the one in `left`, up to the end.
    segments: std::vec::IntoIter<SegmentNumber>,
}

impl Files {
    fn of<P: Platform>(
        directory: &mut LogDirectory<P>,
        clearing: &Clearing,
        snapshots: Vec<Sequence>,
        first: Option<SegmentNumber>,
    ) -> Result<Self, Untreated> {
        let bound = clearing.bound().filter(|_| first.is_some());
        let end = bound.map(|snapshot| segment_of(directory, snapshot)).transpose()?;
        let segments = match (first, end) {
            (Some(first), Some(end)) => below(directory, first, end)?,
            (Some(_) | None, Some(_) | None) => Vec::new(),
        };
        let left = Left { snapshot: None, segment: None, end, is_read: false };
        let mut files = Self { left, snapshots, segments: segments.into_iter() };
        files.pass_snapshot();
        files.pass_segment();
        Ok(files)
    }

    /// Goes on to the next snapshot.
    fn pass_snapshot(&mut self) {
        self.left.snapshot = self.snapshots.pop();
    }

    /// Goes on to the next segment.
    fn pass_segment(&mut self) {
        self.left.segment = self.segments.next();
    }
}

/// Why a consumer holds the log back, and what to do about it.
pub fn held_by(consumer: &Consumer) -> String {
    let (kind, path) = (consumer.kind.name(), consumer.path.display());
    let durable = consumer.durable;
    let (why, what_to_do) = match consumer.kind {
        ConsumerKind::Events => ("follows from all of it".to_owned(), "run with --events"),
        ConsumerKind::Fills => {
            (format!("is durable up to sequence {durable} only"), "run with --fills")
        }
        ConsumerKind::Itch => {
            (format!("is published up to sequence {durable} only"), "publish with --itch")
        }
        ConsumerKind::Tap => {
            (format!("has read up to sequence {durable} only"), "let the host's program read tap")
        }
    };
    format!(
        "the log is kept for the {kind} '{path}', which {why}: {what_to_do} '{path}', or forget it \
         with 'highwater consumers forget'"
    )
}

/// Nobody may be reading.
const HELD_BY_READER: &str = "what another process is reading now is kept until it has ended";

/// The right to remove a file; `None`, and a note, while somebody reads the log.
fn removal<P: Platform>(
    directory: &LogDirectory<P>,
    treated: &mut Treated,
) -> Result<Option<Removal<P>>, Untreated> {
    match directory.removal_soon() {
        Ok(removal) => Ok(Some(removal)),
        Err(OpenError::BeingRead(_)) => {
            treated.held.get_or_insert_with(|| HELD_BY_READER.to_owned());
            Ok(None)
        }
        Err(error) => Err(passing(error.to_string())),
    }
}

/// Nothing was made durable by what failed.
fn passing(why: String) -> Untreated {
    Untreated { why, is_final: false }
}

/// The segment that a snapshot goes on in.
fn segment_of<P: Platform>(
    directory: &LogDirectory<P>,
    snapshot: Sequence,
) -> Result<SegmentNumber, Untreated> {
    let file = directory.open_snapshot(snapshot).map_err(|error| passing(error.to_string()))?;
    Ok(file.header().chain.segment)
}

/// The segments that there are from `first` on, up to `end` and without it.
fn below<P: Platform>(
    directory: &mut LogDirectory<P>,
    first: SegmentNumber,
    end: SegmentNumber,
) -> Result<Vec<SegmentNumber>, Untreated> {
    let mut segments = Vec::new();
    let mut next = Some(first);
    while let Some(segment) = next.filter(|segment| *segment < end) {
        segments.push(segment);
        next = directory.next_segment(segment).map_err(|fault| passing(fault.to_string()))?;
    }
    Ok(segments)
}

fn pack<P: Platform>(
    platform: P,
    directory: &LogDirectory<P>,
    segment: SegmentNumber,
    kept: &mut Kept,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Untreated> {
    match pack_segment(platform, directory.path(), segment, go_on) {
        Ok(Some(report)) => {
            kept.packed_count += 1;
            kept.plain_bytes += report.plain_bytes;
            kept.packed_bytes += report.packed_bytes;
            Ok(())
        }
        // Nobody has the time; it is packed already; no header of a log that is seldom synced says
        // yet that all of it is durable.
        Ok(None) | Err(PackFault::Missing(_) | PackFault::NotSealed(_)) => Ok(()),
        Err(fault @ PackFault::Differs(_)) => Err(passing(fault.to_string())),
        Err(fault @ PackFault::System(step, _)) => {
            Err(Untreated { why: fault.to_string(), is_final: touches_names(step) })
        }
    }
}

/// Whether a step changes names in the directory, or makes them durable.
const fn touches_names(step: PackingStep) -> bool {
    match step {
        PackingStep::Appended | PackingStep::Synced | PackingStep::Compared => false,
        PackingStep::Renamed
        | PackingStep::NameSynced
        | PackingStep::PlainRemoved
        | PackingStep::Done => true,
    }
}

fn retire<P: Platform>(
    directory: &mut LogDirectory<P>,
    segment: SegmentNumber,
    kept: &mut Kept,
) -> Result<(), Untreated> {
    let bytes = directory.segment_bytes(segment).map_err(|fault| passing(fault.to_string()))?;
    directory.retire(segment).map_err(|error| Untreated {
        why: format!("could not retire segment {segment}: {error}"),
        is_final: true,
    })?;
    kept.retired_count += 1;
    kept.retired_bytes += bytes.unwrap_or(0);
    Ok(())
}

fn not_removed(error: &io::Error) -> Untreated {
    passing(format!("could not remove an older snapshot: {error}"))
}
