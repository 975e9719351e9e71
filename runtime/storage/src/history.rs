//! Reading segments, plain and packed alike, and what of them may be kept in the cache.
//!
//! A plain segment is kept in chunks once a later header calls its last block durable: from then on
//! no recovery cuts it. A packed segment was that before it was packed, and is kept in its frames.

use super::aligned::is_aligned;
use super::layout::DirectoryLayout;
use super::packed::PackedSegment;
use crate::history_cache::{CHUNK_BYTES, HistoryCache, PartKey};
use highwater::limits::BLOCK_BYTES;
use highwater::segment::{HeaderState, SegmentHeader, read_header};
use highwater::types::SegmentNumber;
use highwater_platform::{Platform, SegmentFile};
use std::io;
use std::sync::Arc;

/// Later headers that are asked whether a segment is durable. The first one says so as a rule; a
/// log that is synced seldom or never must not cost a walk through all of them.
const HEADERS_ASKED: u64 = 4;

/// The side of a data directory that reads.
#[derive(Debug)]
pub(super) struct History<P: Platform> {
    platform: P,
    layout: DirectoryLayout,
    cache: Arc<HistoryCache>,
    reads: Reads,
    /// The last segment that is known to be sealed; 0 for none.
    sealed: SegmentNumber,
    open: Option<(SegmentNumber, OpenSegment<P::Segment>)>,
}

/// How plain segments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// What files hold now, through the system's cache.
    Direct,
    /// What is sealed in chunks that are kept here.
    Kept,
    /// Once: past the system's cache, where it has nothing to do with what is read.
    Once,
}

/// A segment that is open for reading.
#[derive(Debug)]
enum OpenSegment<S> {
    Plain(S),
    Packed(PackedSegment<S>),
}

impl<P: Platform> History<P> {
    /// Reads through `cache`, plain segments too.
    pub(super) fn cached(platform: P, layout: DirectoryLayout, cache: Arc<HistoryCache>) -> Self {
        Self::new(platform, layout, cache, Reads::Kept)
    }

    /// Reads what files hold now; of packed segments, a few frames are kept.
    pub(super) fn direct(platform: P, layout: DirectoryLayout) -> Self {
        Self::new(platform, layout, few_frames(), Reads::Direct)
    }

    /// Reads what files hold now, for who reads all of it in order and never again.
    pub(super) fn once(platform: P, layout: DirectoryLayout) -> Self {
        Self::new(platform, layout, few_frames(), Reads::Once)
    }

    fn new(platform: P, layout: DirectoryLayout, cache: Arc<HistoryCache>, reads: Reads) -> Self {
        let sealed = SegmentNumber(0);
        Self { platform, layout, cache, reads, sealed, open: None }
    }

    /// Lets go of everything that was read.
    pub(super) fn forget(&mut self) {
        self.cache.clear();
        self.sealed = SegmentNumber(0);
        self.open = None;
    }

    /// Length of a segment in bytes, of a packed one unpacked; `None` when it does not exist.
    pub(super) fn segment_bytes(&self, segment: SegmentNumber) -> io::Result<Option<u64>> {
        if let Some(bytes) = self.layout.plain_bytes(segment)? {
            return Ok(Some(bytes));
        }
        match PackedSegment::open(self.platform, &self.layout.packed(segment), segment) {
            Ok(packed) => Ok(Some(packed.header().plain_bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads at `position` until `into` is full or the segment ends; returns how many bytes were
    /// read. Stops short of what cannot be read: the next read says why.
    pub(super) fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: u64,
        into: &mut [u8],
    ) -> io::Result<usize> {
        let mut source = match self.open.take() {
            Some((number, source)) if number == segment => source,
            Some(_) | None => self.open_as_wanted(segment)?,
        };
        let mut count = self.read_open(segment, &mut source, position, into);
        if count.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            source = self.open_as_wanted(segment)?;
            count = self.read_open(segment, &mut source, position, into);
        }
        self.open = Some((segment, source));
        count
    }

    fn read_open(
        &mut self,
        segment: SegmentNumber,
        source: &mut OpenSegment<P::Segment>,
        position: u64,
        into: &mut [u8],
    ) -> io::Result<usize> {
        match source {
            OpenSegment::Packed(packed) => self.read_packed(packed, position, into),
            OpenSegment::Plain(file) => self.read_plain(segment, file, position, into),
        }
    }

    /// Whether a later header calls the last block of a segment durable.
    pub(super) fn is_sealed(&mut self, segment: SegmentNumber) -> io::Result<bool> {
        if segment <= self.sealed {
            return Ok(true);
        }
        let Some(next) = self.header_of(segment.next())? else {
            return Ok(false);
        };
        let mut durable_number = next.durable_number;
        let mut later = segment.next();
        for _ in 1..HEADERS_ASKED {
            if durable_number + 1 >= next.first_number {
                self.sealed = segment;
                return Ok(true);
            }
            later = later.next();
            let Some(header) = self.header_of(later)? else {
                return Ok(false);
            };
            durable_number = header.durable_number;
        }
        Ok(false)
    }

    /// A segment's header as the files hold it now; `None` when there is no whole one.
    pub(super) fn header_of(&self, segment: SegmentNumber) -> io::Result<Option<SegmentHeader>> {
        let mut block = vec![0; BLOCK_BYTES];
        let length = match self.open_segment(segment) {
            Ok(OpenSegment::Plain(file)) => file.read_at(0, &mut block)?,
            Ok(OpenSegment::Packed(mut packed)) => {
                let frame = if packed.frame_count() == 0 { Vec::new() } else { packed.frame(0)? };
                copy_from(&frame, 0, &mut block)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match read_header(&mut block[..length]) {
            HeaderState::Intact(header) => Ok((header.segment == segment).then_some(header)),
            HeaderState::Blank
            | HeaderState::NewerVersion(_)
            | HeaderState::OlderVersion(_)
            | HeaderState::Rotten
            | HeaderState::Broken => Ok(None),
        }
    }

    /// The plain file where there is one, else the packed one: a plain one is removed only when the
    /// packed one has its name.
    fn open_segment(&self, segment: SegmentNumber) -> io::Result<OpenSegment<P::Segment>> {
        self.or_packed(segment, self.platform.open_to_read(&self.layout.segment(segment)))
    }

    /// The same, to be read as this side reads.
    fn open_as_wanted(&self, segment: SegmentNumber) -> io::Result<OpenSegment<P::Segment>> {
        match self.reads {
            Reads::Direct | Reads::Kept => self.open_segment(segment),
            Reads::Once => {
                let plain = self.platform.open_to_read_once(&self.layout.segment(segment));
                self.or_packed(segment, plain)
            }
        }
    }

    fn or_packed(
        &self,
        segment: SegmentNumber,
        plain: io::Result<P::Segment>,
    ) -> io::Result<OpenSegment<P::Segment>> {
        match plain {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = self.layout.packed(segment);
                PackedSegment::open(self.platform, &path, segment).map(OpenSegment::Packed)
            }
            plain => plain.map(OpenSegment::Plain),
        }
    }

    fn read_plain(
        &mut self,
        segment: SegmentNumber,
        file: &P::Segment,
        position: u64,
        into: &mut [u8],
    ) -> io::Result<usize> {
        let through_cache;
        let file = if self.reads == Reads::Once && !is_aligned(position, into) {
            // Only past the cache must bytes lie like blocks.
            through_cache = self.platform.open_to_read(&self.layout.segment(segment))?;
            &through_cache
        } else {
            file
        };
        if self.reads != Reads::Kept || !self.is_sealed(segment)? {
            let count = file.read_at(position, into)?;
            return self.check_still_there(segment).map(|()| count);
        }
        let chunk_bytes = CHUNK_BYTES as u64;
        fill(position, into, |place| {
            let key = PartKey { segment, is_packed: false, index: place / chunk_bytes };
            let chunk = self.part(key, || {
                let chunk = read_chunk(file, key.index * chunk_bytes)?;
                self.check_still_there(segment).map(|()| chunk)
            })?;
            Ok((chunk, usize_of(place % chunk_bytes)))
        })
    }

    /// An error when a segment has no plain file any more: one that was retired while it was open
    /// for reading may have been read as the zeros of the next.
    fn check_still_there(&self, segment: SegmentNumber) -> io::Result<()> {
        let found = self.layout.plain_bytes(segment)?;
        found.map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn read_packed(
        &self,
        packed: &mut PackedSegment<P::Segment>,
        position: u64,
        into: &mut [u8],
    ) -> io::Result<usize> {
        let header = *packed.header();
        let room = usize_of(header.plain_bytes.saturating_sub(position)).min(into.len());
        let into = &mut into[..room];
        let filled = usize_of(header.filled_bytes.saturating_sub(position)).min(room);
        let (filled, zeros) = into.split_at_mut(filled);
        let frame_bytes = header.frame_bytes as u64;
        let count = fill(position, filled, |place| {
            let index = place / frame_bytes;
            let key = PartKey { segment: header.segment, is_packed: true, index };
            let frame = self.part(key, || packed.frame(usize_of(index)))?;
            Ok((frame, usize_of(place % frame_bytes)))
        })?;
        if count < filled.len() {
            return Ok(count);
        }
        zeros.fill(0);
        Ok(room)
    }

    fn part(
        &self,
        key: PartKey,
        read: impl FnOnce() -> io::Result<Vec<u8>>,
    ) -> io::Result<Arc<[u8]>> {
        if let Some(part) = self.cache.get(&key) {
            return Ok(part);
        }
        let part: Arc<[u8]> = read()?.into();
        self.cache.put(key, part.clone());
        Ok(part)
    }
}

/// Room for some frames of packed segments.
fn few_frames() -> Arc<HistoryCache> {
    Arc::new(HistoryCache::new(16 * CHUNK_BYTES as u64))
}

/// Fills `into` from the parts that `part_at` gives for a place, each with the offset of the place
/// in it. Stops where a part ends early, and before one that can't be read unless it is the first.
fn fill(
    position: u64,
    into: &mut [u8],
    mut part_at: impl FnMut(u64) -> io::Result<(Arc<[u8]>, usize)>,
) -> io::Result<usize> {
    let mut done = 0;
    while done < into.len() {
        let (part, offset) = match part_at(position + done as u64) {
            Err(_) if done > 0 => break,
            part => part?,
        };
        let count = copy_from(&part, offset, &mut into[done..]);
        if count == 0 {
            break;
        }
        done += count;
    }
    Ok(done)
}

/// Copies as much of `part` from `offset` on as `into` takes; returns how many bytes that were.
fn copy_from(part: &[u8], offset: usize, into: &mut [u8]) -> usize {
    let from = part.get(offset..).unwrap_or_default();
    let count = from.len().min(into.len());
    into[..count].copy_from_slice(&from[..count]);
    count
}

/// Reads the chunk of a plain segment at `position`, and asks the system to forget its own copy: it
/// is kept once, within the cache's bound.
fn read_chunk(file: &impl SegmentFile, position: u64) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let count = file.read_at(position, &mut chunk)?;
    file.drop_cached_part(position, CHUNK_BYTES as u64);
    chunk.truncate(count);
    Ok(chunk)
}

/// A length or index in a part of a file that is in memory; what is longer than memory is cut.
fn usize_of(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
