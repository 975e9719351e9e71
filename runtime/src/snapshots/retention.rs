//! What becomes of the log below a snapshot: kept and packed, or retired.
//!
//! The newest two snapshots stay, and with them every record behind the older one, so that a start
//! that cannot read the newest still has another. Nothing is removed before the newest is proven.

use crate::log_directory::{LogDirectory, PackFault, pack_segment};
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

/// Treats what lies below the newest snapshots, which are proven. `go_on` is asked between files;
/// the rest is done the next time.
///
/// # Errors
/// What could not be done, in words; what was done is whole, and the log reads as before.
pub(super) fn treat<P: Platform>(
    platform: P,
    directory: &mut LogDirectory<P>,
    keep: Keep,
    go_on: &dyn Fn() -> bool,
) -> Result<Kept, String> {
    let mut kept = Kept::default();
    let snapshots =
        directory.snapshots().map_err(|error| in_words("list the snapshots", &error))?;
    let [newest, rest @ ..] = snapshots.as_slice() else {
        return Ok(kept);
    };
    let before = rest.first();
    remove_older(directory, rest.get(1..).unwrap_or_default())
        .map_err(|error| in_words("remove an older snapshot", &error))?;
    let range = directory.segments().map_err(|fault| fault.to_string())?;
    let Some((first, _)) = range else {
        return Ok(kept);
    };
    match (keep, before) {
        (Keep::All, _) => {
            for segment in below(first, segment_of(directory, *newest)?) {
                if !go_on() {
                    break;
                }
                pack(platform, directory, segment, &mut kept, go_on)?;
            }
        }
        (Keep::Snapshot, Some(before)) => {
            for segment in below(first, segment_of(directory, *before)?) {
                if !go_on() {
                    break;
                }
                let bytes = directory.segment_bytes(segment).map_err(|fault| fault.to_string())?;
                directory.retire(segment).map_err(|error| in_words("retire a segment", &error))?;
                kept.retired_count += 1;
                kept.retired_bytes += bytes.unwrap_or(0);
            }
        }
        // The only snapshot may turn out unreadable: everything stays.
        (Keep::Snapshot, None) => {}
    }
    Ok(kept)
}

/// The segment that a snapshot goes on in.
fn segment_of<P: Platform>(
    directory: &LogDirectory<P>,
    snapshot: Sequence,
) -> Result<SegmentNumber, String> {
    let file = directory.open_snapshot(snapshot).map_err(|error| error.to_string())?;
    Ok(file.header().chain.segment)
}

fn below(first: SegmentNumber, end: SegmentNumber) -> impl Iterator<Item = SegmentNumber> {
    (first.0..end.0).map(SegmentNumber)
}

fn pack<P: Platform>(
    platform: P,
    directory: &LogDirectory<P>,
    segment: SegmentNumber,
    kept: &mut Kept,
    go_on: &dyn Fn() -> bool,
) -> Result<(), String> {
    match pack_segment(platform, directory.path(), segment, go_on) {
        Ok(Some(report)) => {
            kept.packed_count += 1;
            kept.plain_bytes += report.plain_bytes;
            kept.packed_bytes += report.packed_bytes;
            Ok(())
        }
        // Nobody has the time, or it is packed already.
        Ok(None) | Err(PackFault::Missing(_)) => Ok(()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn remove_older<P: Platform>(
    directory: &LogDirectory<P>,
    snapshots: &[Sequence],
) -> io::Result<()> {
    snapshots.iter().try_for_each(|snapshot| directory.remove_snapshot(*snapshot))
}

fn in_words(doing: &str, error: &io::Error) -> String {
    format!("could not {doing}: {error}")
}
