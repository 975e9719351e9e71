//! Segments that history no longer needs, kept to become new ones: their room is there already, so
//! that zeros written over them change no metadata.
//!
//! Who retires and who takes need not be one process: every step is a rename, and what is taken is
//! written to only once nothing can bring its old name back.

use super::layout::{self, DirectoryLayout};
use highwater::types::SegmentNumber;
use highwater_platform::{IoMode, Platform, SegmentFile};
use std::io;
use std::path::Path;

/// Retired files that are kept: the one that the next segment is made of, and one more.
const RETIRED_MAX: usize = 2;

/// Takes the plain file of a segment out of the log, if there is one: it becomes a new segment
/// later, or is removed when there are enough of them. Durable with the next sync of the directory.
pub(super) fn retire<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    segment: SegmentNumber,
) -> io::Result<()> {
    let path = layout.segment(segment);
    if layout.plain_bytes(segment)?.is_none() || layout.list()?.retired.len() >= RETIRED_MAX {
        return layout::remove(platform, &path);
    }
    platform.rename(&path, &layout.retired(segment))
}

/// Renames a retired file of this size to `spare` and opens it, ready to be written over; `None`
/// when there is none. Files of another size are removed.
pub(super) fn take<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    spare: &Path,
    length_bytes: u64,
) -> io::Result<Option<P::Segment>> {
    for retired in layout.list()?.retired {
        let path = layout.retired(retired);
        let file = platform.open_segment(&path, IoMode::Direct)?;
        if file.length_bytes()? == length_bytes {
            platform.rename(&path, spare)?;
            // Until this is durable a crash may bring back the name that it had in the log.
            platform.sync_directory(layout.directory())?;
            return Ok(Some(file));
        }
        layout::remove(platform, &path)?;
    }
    Ok(None)
}
