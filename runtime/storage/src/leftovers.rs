//! What a process left behind that was preparing, packing or reusing a segment: looked at while the
//! log is judged, and removed only once the log was accepted.
//!
//! A file that was renamed by hand looks much the same. So one that holds a whole header of a
//! segment is a leftover only where an engine can have left it; else it may be all that there is of
//! that segment.

use super::error::OpenError;
use super::layout::{self, DirectoryLayout, Listing};
use super::packed::{HEADER_BYTES, PackedHeader};
use highwater::block::Chain;
use highwater::limits::BLOCK_BYTES;
use highwater::segment::{HeaderState, SegmentHeader, read_header};
use highwater::types::{LogId, SegmentNumber};
use highwater_platform::{Platform, SegmentFile};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The leftovers in a data directory.
#[derive(Clone, Debug)]
pub struct Leftovers<P: Platform> {
    platform: P,
    layout: DirectoryLayout,
}

/// A file that may be a segment of the log under another name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedSegment {
    /// The file.
    pub path: PathBuf,
    /// The segment that it holds.
    pub segment: SegmentNumber,
    /// The name under which that would be in the log.
    name: String,
}

/// What a leftover was to become, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A new segment; it may have been a retired one before.
    Spare,
    /// Nothing, or a new segment.
    Retired,
    /// The packed or unpacked form of a segment.
    Packing,
}

/// What the header of a leftover says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Plain(LogId, SegmentNumber),
    Packed(SegmentNumber),
}

impl<P: Platform> Leftovers<P> {
    /// Those in the directory of `layout`.
    pub(super) fn new(platform: P, layout: DirectoryLayout) -> Self {
        Self { platform, layout }
    }

    /// The first leftover that may be a segment under another name, of a log that was found sound
    /// and ends at `chain`, or is empty; `None` when all of them may go.
    ///
    /// # Errors
    /// One of them can't be read.
    pub fn renamed_segment(
        &self,
        chain: Option<&Chain>,
    ) -> Result<Option<RenamedSegment>, OpenError> {
        let listing = self.list()?;
        for (kind, number) in leftovers_of(&listing) {
            let path = self.path(kind, number);
            let held = match self.held_in(&path) {
                // Another process, which makes snapshots, is done with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                held => held.map_err(|error| OpenError::System("read", path.clone(), error))?,
            };
            if let Some(held) = held
                && !is_leftover(kind, number, held, &listing, chain)
            {
                return Ok(Some(self.renamed(path, held)));
            }
        }
        Ok(None)
    }

    /// Removes them, and makes the names durable.
    ///
    /// # Errors
    /// The system's, in a sentence.
    pub(super) fn clear(&self) -> Result<(), OpenError> {
        let failed =
            |error| OpenError::writing("clear leftovers from", self.layout.directory(), error);
        for (kind, number) in leftovers_of(&self.list()?) {
            layout::remove(self.platform, &self.path(kind, number)).map_err(failed)?;
        }
        self.platform.sync_directory(self.layout.directory()).map_err(failed)
    }

    /// Moves them to the directory `to`, durably.
    pub(super) fn move_to(&self, to: &Path) -> io::Result<()> {
        for (kind, number) in leftovers_of(&self.layout.list()?) {
            let path = self.path(kind, number);
            self.platform.rename(&path, &to.join(path.file_name().unwrap_or_default()))?;
        }
        self.platform.sync_directory(to)?;
        self.platform.sync_directory(self.layout.directory())
    }

    fn list(&self) -> Result<Listing, OpenError> {
        let directory = self.layout.directory();
        self.layout.list().map_err(|error| OpenError::System("list", directory.to_owned(), error))
    }

    fn path(&self, kind: Kind, number: SegmentNumber) -> PathBuf {
        match kind {
            Kind::Spare => self.layout.spare(number),
            Kind::Retired => self.layout.retired(number),
            Kind::Packing => self.layout.packing(number),
        }
    }

    fn held_in(&self, path: &Path) -> io::Result<Option<Held>> {
        let file = self.platform.open_to_read(path)?;
        let mut block = vec![0; BLOCK_BYTES];
        let length = file.read_at(0, &mut block)?;
        if let HeaderState::Intact(header) = read_header(&mut block[..length]) {
            let SegmentHeader { log_id, segment, .. } = header;
            return Ok(Some(Held::Plain(log_id, segment)));
        }
        let front = block.first_chunk::<HEADER_BYTES>().filter(|_| length >= HEADER_BYTES);
        let packed = front.and_then(|front| PackedHeader::decode(front).ok());
        Ok(packed.map(|header| Held::Packed(header.segment)))
    }

    fn renamed(&self, path: PathBuf, held: Held) -> RenamedSegment {
        let (segment, whole) = match held {
            Held::Plain(_, segment) => (segment, self.layout.segment(segment)),
            Held::Packed(segment) => (segment, self.layout.packed(segment)),
        };
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        RenamedSegment { path, segment, name }
    }
}

fn leftovers_of(listing: &Listing) -> impl Iterator<Item = (Kind, SegmentNumber)> {
    let Listing { spares, retired, packings, .. } = listing;
    let of = |kind, numbers: &[SegmentNumber]| {
        numbers.iter().map(|number| (kind, *number)).collect::<Vec<_>>()
    };
    let all = [of(Kind::Spare, spares), of(Kind::Retired, retired), of(Kind::Packing, packings)];
    all.into_iter().flatten()
}

/// Whether an engine can have left a file that holds a whole header: a copy of a segment that the
/// accepted log has, or of one that was retired before the log's first.
fn is_leftover(
    kind: Kind,
    number: SegmentNumber,
    held: Held,
    listing: &Listing,
    chain: Option<&Chain>,
) -> bool {
    // Nothing is known of an empty log: what is there may be all that is left of it.
    let Some(chain) = chain else { return false };
    let (is_of_log, segment) = match held {
        Held::Plain(log_id, segment) => (log_id == chain.log_id, segment),
        Held::Packed(segment) => (true, segment),
    };
    let is_covered = segment <= chain.segment && listing.segments.binary_search(&segment).is_ok();
    let is_plain = matches!(held, Held::Plain(..));
    let is_before = is_plain && listing.segments.first().is_some_and(|first| segment < *first);
    is_of_log
        && (is_covered
            || match kind {
                // A retired file becomes a spare of a later number, and is zeroed then.
                Kind::Spare => is_before && segment < number,
                Kind::Retired => is_before && segment == number,
                // It is packed while the plain one is there, and unpacked while the packed one is.
                Kind::Packing => false,
            })
}

impl fmt::Display for RenamedSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, segment, name } = self;
        write!(
            f,
            "'{}' holds segment {segment}, which the log lacks, so it may have been renamed; nothing \
             was changed: rename it to '{name}' if it belongs to the log, or move it out of the \
             directory",
            path.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater::types::LogPosition;

    const OURS: LogId = LogId([1; 16]);

    /// A log whose first segment is the third, and that ends in the sixth.
    fn judged(kind: Kind, number: u64, held: Held) -> bool {
        let segments = [3, 4, 6, 7].map(SegmentNumber).to_vec();
        let listing = Listing { segments, ..Listing::default() };
        let chain =
            Chain { segment: SegmentNumber(6), position: LogPosition(8_192), ..Chain::empty(OURS) };
        is_leftover(kind, SegmentNumber(number), held, &listing, Some(&chain))
    }

    #[test]
    fn what_an_engine_leaves_is_told_from_what_was_renamed() {
        let plain = |segment| Held::Plain(OURS, SegmentNumber(segment));
        let packed = |segment| Held::Packed(SegmentNumber(segment));
        let other = |segment| Held::Plain(LogId([2; 16]), SegmentNumber(segment));
        let cases = [
            // Retired, and made a new segment of.
            (Kind::Retired, 2, plain(2), true),
            (Kind::Spare, 7, plain(2), true),
            (Kind::Spare, 8, plain(4), true),
            // Packed, and unpacked.
            (Kind::Packing, 4, packed(4), true),
            (Kind::Packing, 4, plain(4), true),
            // The log lacks it, or ends before it.
            (Kind::Spare, 5, plain(5), false),
            (Kind::Retired, 5, plain(5), false),
            (Kind::Packing, 5, packed(5), false),
            (Kind::Spare, 7, plain(7), false),
            (Kind::Retired, 9, plain(9), false),
            (Kind::Packing, 2, packed(2), false),
            (Kind::Spare, 2, plain(2), false),
            (Kind::Spare, 2, packed(2), false),
            (Kind::Retired, 1, plain(2), false),
            // Another log's is none of ours.
            (Kind::Retired, 2, other(2), false),
            (Kind::Spare, 4, other(4), false),
        ];
        for (kind, number, held, expected) in cases {
            assert_eq!(judged(kind, number, held), expected, "{kind:?} {number}: {held:?}");
        }
    }

    #[test]
    fn beside_an_empty_log_every_whole_header_may_be_its_own() {
        let listing = Listing::default();
        for held in [Held::Plain(OURS, SegmentNumber(1)), Held::Packed(SegmentNumber(1))] {
            assert!(!is_leftover(Kind::Retired, SegmentNumber(1), held, &listing, None));
        }
    }
}
