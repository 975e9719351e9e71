//! What becomes of the log below a snapshot: kept and packed, or retired.
//!
//! The newest two snapshots that were proven stay, and with them every record behind the older one,
//! so that a start that cannot read the newest still has another. Nothing is removed before the
//! newest is proven.

use crate::log_directory::{LogDirectory, PackFault, PackingStep, pack_segment};
use crate::platform::Platform;
use highwater::log_file::LogFile;
use highwater::types::{SegmentNumber, Sequence};
use serde::Deserialize;
use std::io;

/// What becomes of the segments below a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// They are kept, compressed.
    #[default]
    All,
    /// Those that no kept snapshot needs are retired: the history before is gone.
    Snapshot,
}

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
) -> Result<Kept, Untreated> {
    let mut kept = Kept::default();
    // The only proven snapshot may turn out unreadable: everything stays.
    if let Some(before) = before {
        remove_older(directory, before)
            .map_err(|error| passing(format!("could not remove an older snapshot: {error}")))?;
    }
    let range = directory.segments().map_err(|fault| passing(fault.to_string()))?;
    let end = match keep {
        Keep::All => Some(newest),
        Keep::Snapshot => before,
    };
    let (Some((first, _)), Some(end)) = (range, end) else {
        return Ok(kept);
    };
    let end = segment_of(directory, end)?;
    for segment in below(directory, first, end)? {
        if !go_on() {
            break;
        }
        match keep {
            Keep::All => pack(platform, directory, segment, &mut kept, go_on)?,
            Keep::Snapshot => retire(directory, segment, &mut kept)?,
        }
    }
    Ok(kept)
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

/// Removes the snapshots before `before`.
fn remove_older<P: Platform>(directory: &LogDirectory<P>, before: Sequence) -> io::Result<()> {
    let older = directory.snapshots()?.into_iter().filter(|snapshot| *snapshot < before);
    older.into_iter().try_for_each(|snapshot| directory.remove_snapshot(snapshot))
}
