//! What becomes of the log below a snapshot: kept and packed, or retired.
//!
//! The newest two snapshots that were proven stay, and with them every record behind the older one,
//! so that a start that cannot read the newest still has another. Nothing is removed before the
//! newest is proven, nothing that a [consumer](Consumer) still needs, and nothing while somebody
//! reads the log.

use crate::config::Keep;
use highwater::log_file::LogFile;
use highwater::types::{SegmentNumber, Sequence};
use highwater_platform::Platform;
use highwater_storage::{
    Consumer, Consumers, LogDirectory, OpenError, PackFault, PackingStep, Removal, pack_segment,
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
    (newest, before): (Sequence, Option<Sequence>),
    keep: Keep,
    go_on: &dyn Fn() -> bool,
) -> Result<Treated, Untreated> {
    let mut treated = Treated::default();
    let range = directory.segments().map_err(|fault| passing(fault.to_string()))?;
    // The only proven snapshot may turn out unreadable: everything stays.
    if let Some(before) = before {
        let first = range.map_or(SegmentNumber::FIRST, |(first, _)| first);
        let anchor = match keep {
            // Whatever is needed of the log is there.
            Keep::All if first == SegmentNumber::FIRST => Some(before),
            Keep::All | Keep::Snapshot => {
                anchor(platform, directory, (before, first), &mut treated.held)?
            }
        };
        if let Some(anchor) = anchor {
            // Whoever begins at an older snapshot needs the segments that only it needs.
            if remove_older(directory, anchor, &mut treated)?
                && keep == Keep::Snapshot
                && let Some((first, _)) = range
            {
                retire_below(directory, (first, anchor), &mut treated, go_on)?;
            }
        }
    }
    if keep == Keep::All
        && let Some((first, _)) = range
    {
        let end = segment_of(directory, newest)?;
        for segment in below(directory, first, end)? {
            if !go_on() {
                break;
            }
            pack(platform, directory, segment, &mut treated.kept, go_on)?;
        }
    }
    Ok(treated)
}

/// The snapshot behind which everything stays, of a log whose first segment is `first`: `before`,
/// or the newest that every consumer reaches. `None` when nothing may be removed; `held` says for
/// whom.
fn anchor<P: Platform>(
    platform: P,
    directory: &LogDirectory<P>,
    (before, first): (Sequence, SegmentNumber),
    held: &mut Option<String>,
) -> Result<Option<Sequence>, Untreated> {
    let consumers = Consumers::of(platform, directory.path()).list();
    let consumers = consumers.map_err(|error| passing(error.to_string()))?;
    // Of a log whose beginning is gone, what needs the beginning can't be written any more.
    let is_whole = first == SegmentNumber::FIRST;
    let needing = |consumer: &&Consumer| !consumer.kind.needs_all() || is_whole;
    let Some(slowest) = consumers.iter().filter(needing).min_by_key(|it| needed_by(it)) else {
        return Ok(Some(before));
    };
    let upto = needed_by(slowest);
    if upto >= before {
        return Ok(Some(before));
    }
    *held = Some(held_by(slowest));
    let snapshots = directory.snapshots().map_err(|error| passing(error.to_string()))?;
    let reached = snapshots.into_iter().find(|snapshot| *snapshot <= upto);
    Ok(reached)
}

/// The last sequence of a snapshot that a consumer can be continued from; 0 when it needs the log
/// from the first record on.
fn needed_by(consumer: &Consumer) -> Sequence {
    if consumer.kind.needs_all() { Sequence(0) } else { consumer.durable }
}

/// Why a consumer holds the log back, and what to do about it.
pub fn held_by(consumer: &Consumer) -> String {
    let (kind, path) = (consumer.kind.name(), consumer.path.display());
    let why = if consumer.kind.needs_all() {
        "follows from all of it".to_owned()
    } else {
        format!("is durable up to sequence {} only", consumer.durable)
    };
    format!(
        "the log is kept for the {kind} '{path}', which {why}: run with --{kind} '{path}', or \
         forget it with 'highwater consumers forget'"
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

/// Retires the segments that the snapshot `anchor` does not need, the oldest first.
fn retire_below<P: Platform>(
    directory: &mut LogDirectory<P>,
    (first, anchor): (SegmentNumber, Sequence),
    treated: &mut Treated,
    go_on: &dyn Fn() -> bool,
) -> Result<(), Untreated> {
    let end = segment_of(directory, anchor)?;
    for segment in below(directory, first, end)? {
        if !go_on() {
            break;
        }
        let Some(_alone) = removal(directory, treated)? else { break };
        let bytes = directory.segment_bytes(segment).map_err(|fault| passing(fault.to_string()))?;
        directory.retire(segment).map_err(|error| Untreated {
            why: format!("could not retire segment {segment}: {error}"),
            is_final: true,
        })?;
        treated.kept.retired_count += 1;
        treated.kept.retired_bytes += bytes.unwrap_or(0);
    }
    Ok(())
}

/// Removes the snapshots before `anchor`, the oldest first; false when some were kept.
fn remove_older<P: Platform>(
    directory: &LogDirectory<P>,
    anchor: Sequence,
    treated: &mut Treated,
) -> Result<bool, Untreated> {
    let failed = |error: io::Error| passing(format!("could not remove an older snapshot: {error}"));
    let snapshots = directory.snapshots().map_err(failed)?;
    for snapshot in snapshots.into_iter().rev().filter(|snapshot| *snapshot < anchor) {
        let Some(_alone) = removal(directory, treated)? else { return Ok(false) };
        directory.remove_snapshot(snapshot).map_err(failed)?;
    }
    Ok(true)
}
