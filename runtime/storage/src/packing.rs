//! Packing a sealed segment, and unpacking one that is to be cut, each in steps that a crash may
//! come between.
//!
//! Nothing is removed before what takes its place is durable, was read back, and has its durable
//! name. So a log reads the same behind every step: [`layout`](super::layout) has the names, and
//! which of two files counts.

use super::history::History;
use super::layout::{self, DirectoryLayout};
use super::packed::{FRAME_BYTES, HEADER_BYTES, PackedHeader, PackedSegment, Packer};
use highwater::limits::{BLOCK_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
use highwater::types::SegmentNumber;
use highwater_platform::{IoMode, Platform, SegmentFile};
use std::fmt;
use std::io;
use std::path::Path;

/// What packing a segment came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedReport {
    /// The segment.
    pub segment: SegmentNumber,
    /// Bytes that its plain file had.
    pub plain_bytes: u64,
    /// Bytes that its packed file has.
    pub packed_bytes: u64,
}

/// A step of packing; behind each, the log reads the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackingStep {
    /// Another frame, the last one with the table, was appended to the temporary file.
    Appended,
    /// The temporary file is durable.
    Synced,
    /// Another frame was read back and is what was to be packed.
    Compared,
    /// The temporary file has its name.
    Renamed,
    /// The name is durable.
    NameSynced,
    /// The plain file is gone.
    PlainRemoved,
    /// It is gone for good: the segment is packed.
    Done,
}

/// Why a segment was not packed; its plain file is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFault {
    /// There is no plain file of it.
    Missing(SegmentNumber),
    /// No later segment calls all of it durable, or its length is none that a full segment has.
    NotSealed(SegmentNumber),
    /// What was read back is not what was written: memory or disk are not to be trusted.
    Differs(SegmentNumber),
    /// The system refused; what was to come of it, and its error number (0 for none).
    System(PackingStep, i32),
}

/// Packs a segment: compresses its plain file `<n>.log` to `<n>.packed`, and removes it.
///
/// The caller is the process that has the directory open for writing; it may be appending to later
/// segments meanwhile, on another thread. `None`, and the plain segment as it was, when `go_on`
/// said no in time; it is asked about every 64 KiB.
///
/// # Errors
/// See [`PackFault`]. What was written is removed; if that fails too, the next start that accepts
/// the log does it.
pub fn pack_segment<P: Platform>(
    platform: P,
    directory: &Path,
    segment: SegmentNumber,
    mut go_on: impl FnMut() -> bool,
) -> Result<Option<PackedReport>, PackFault> {
    let mut packing = Packing::begin(platform, directory, segment)?;
    loop {
        if !packing.is_named && !go_on() {
            packing.abandon();
            return Ok(None);
        }
        match packing.step() {
            Ok(PackingStep::Done) => return Ok(Some(packing.report())),
            Ok(_) => {}
            Err(fault) => {
                packing.abandon();
                return Err(fault);
            }
        }
    }
}

/// A segment that is being packed, one step at a time.
#[derive(Debug)]
pub struct Packing<P: Platform> {
    platform: P,
    layout: DirectoryLayout,
    plain: P::Segment,
    header: PackedHeader,
    /// True once the packed file may have its name.
    is_named: bool,
    packed_bytes: u64,
    next: Next<P::Segment>,
}

/// What the next step works on.
#[derive(Debug)]
enum Next<S> {
    Append { file: S, packer: Packer, index: u64 },
    Sync { file: S },
    Compare { packed: PackedSegment<S>, index: u64 },
    Rename,
    SyncName,
    RemovePlain,
    SyncRemoval,
}

impl<P: Platform> Packing<P> {
    /// Looks whether a segment can be packed, and creates the temporary file with its header.
    ///
    /// # Errors
    /// Like [`pack_segment`]'s.
    pub fn begin(platform: P, directory: &Path, segment: SegmentNumber) -> Result<Self, PackFault> {
        let failed = |error| fault_of(PackingStep::Appended, &error);
        let layout = DirectoryLayout::new(directory);
        let plain = match platform.open_to_read(&layout.segment(segment)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(PackFault::Missing(segment));
            }
            opened => opened.map_err(failed)?,
        };
        let plain_bytes = plain.length_bytes().map_err(failed)?;
        let is_sealed = History::direct(platform, layout.clone()).is_sealed(segment);
        let is_possible = (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&plain_bytes)
            && plain_bytes.is_multiple_of(BLOCK_BYTES as u64);
        if !is_possible || !is_sealed.map_err(failed)? {
            return Err(PackFault::NotSealed(segment));
        }
        let filled_bytes = filled_bytes(&plain, plain_bytes).map_err(failed)?;
        let header = PackedHeader { segment, plain_bytes, filled_bytes, frame_bytes: FRAME_BYTES };
        let file = create_anew(platform, &layout, segment).map_err(failed)?;
        if let Err(error) = file.append(&header.encode()) {
            remove_temporary(platform, &layout, segment);
            return Err(failed(error));
        }
        let next = Next::Append { file, packer: Packer::new(&header), index: 0 };
        let packed_bytes = HEADER_BYTES as u64;
        Ok(Self { platform, layout, plain, header, is_named: false, packed_bytes, next })
    }

    /// Takes the next step, and says which it was. After [`PackingStep::Done`] and after a fault
    /// there is none.
    ///
    /// # Errors
    /// Like [`pack_segment`]'s; a sync is never repeated.
    pub fn step(&mut self) -> Result<PackingStep, PackFault> {
        let segment = self.header.segment;
        match std::mem::replace(&mut self.next, Next::SyncRemoval) {
            Next::Append { file, packer, index } => self.append(file, packer, index),
            Next::Sync { file } => {
                file.sync().map_err(|error| fault_of(PackingStep::Synced, &error))?;
                file.drop_cached();
                let path = self.layout.packing(segment);
                let packed = PackedSegment::open(self.platform, &path, segment)
                    .map_err(|error| differs_or(segment, &error))?;
                if *packed.header() != self.header {
                    return Err(PackFault::Differs(segment));
                }
                self.next = Next::Compare { packed, index: 0 };
                Ok(PackingStep::Synced)
            }
            Next::Compare { packed, index } => self.compare(packed, index),
            Next::Rename => {
                self.is_named = true;
                self.platform
                    .rename(&self.layout.packing(segment), &self.layout.packed(segment))
                    .map_err(|error| fault_of(PackingStep::Renamed, &error))?;
                self.next = Next::SyncName;
                Ok(PackingStep::Renamed)
            }
            Next::SyncName => {
                self.sync_directory(PackingStep::NameSynced)?;
                self.next = Next::RemovePlain;
                Ok(PackingStep::NameSynced)
            }
            Next::RemovePlain => {
                layout::remove(self.platform, &self.layout.segment(segment))
                    .map_err(|error| fault_of(PackingStep::PlainRemoved, &error))?;
                Ok(PackingStep::PlainRemoved)
            }
            Next::SyncRemoval => {
                self.sync_directory(PackingStep::Done)?;
                Ok(PackingStep::Done)
            }
        }
    }

    /// What it came to, once it is done.
    pub fn report(&self) -> PackedReport {
        let PackedHeader { segment, plain_bytes, .. } = self.header;
        PackedReport { segment, plain_bytes, packed_bytes: self.packed_bytes }
    }

    /// Packs the next frame; behind the last one the table.
    fn append(
        &mut self,
        file: P::Segment,
        mut packer: Packer,
        index: u64,
    ) -> Result<PackingStep, PackFault> {
        let failed = |error| fault_of(PackingStep::Appended, &error);
        if index == self.header.frame_count() {
            let table = packer.table();
            file.append(&table).map_err(failed)?;
            self.packed_bytes += table.len() as u64;
            self.next = Next::Sync { file };
            return Ok(PackingStep::Appended);
        }
        let plain = self.plain_frame(index)?;
        let stored = packer.pack(&plain);
        file.append(stored).map_err(failed)?;
        self.packed_bytes += stored.len() as u64;
        self.next = Next::Append { file, packer, index: index + 1 };
        Ok(PackingStep::Appended)
    }

    /// Compares the next frame with the plain file, byte for byte.
    fn compare(
        &mut self,
        mut packed: PackedSegment<P::Segment>,
        index: u64,
    ) -> Result<PackingStep, PackFault> {
        let segment = self.header.segment;
        if index < self.header.frame_count() {
            let frame = usize::try_from(index).expect("the table is in memory");
            let read = packed.frame(frame).map_err(|error| differs_or(segment, &error))?;
            if read != self.plain_frame(index)? {
                return Err(PackFault::Differs(segment));
            }
        }
        self.next = if index + 1 < self.header.frame_count() {
            Next::Compare { packed, index: index + 1 }
        } else {
            packed.drop_cached();
            Next::Rename
        };
        Ok(PackingStep::Compared)
    }

    fn plain_frame(&self, index: u64) -> Result<Vec<u8>, PackFault> {
        let position = index * FRAME_BYTES as u64;
        let left = self.header.filled_bytes - position;
        let mut frame = vec![0; usize::try_from(left).map_or(FRAME_BYTES, |n| n.min(FRAME_BYTES))];
        let read = self.plain.read_at(position, &mut frame);
        self.plain.drop_cached_part(position, FRAME_BYTES as u64);
        match read {
            Ok(count) if count == frame.len() => Ok(frame),
            Ok(_) => Err(PackFault::NotSealed(self.header.segment)),
            Err(error) => Err(fault_of(PackingStep::Appended, &error)),
        }
    }

    fn sync_directory(&self, step: PackingStep) -> Result<(), PackFault> {
        let synced = self.platform.sync_directory(self.layout.directory());
        synced.map_err(|error| fault_of(step, &error))
    }

    fn abandon(&self) {
        remove_temporary(self.platform, &self.layout, self.header.segment);
    }
}

/// Removes the temporary file of a segment as far as it can be.
fn remove_temporary<P: Platform>(platform: P, layout: &DirectoryLayout, segment: SegmentNumber) {
    // What stays is removed by the next start that accepts the log.
    drop(layout::remove(platform, &layout.packing(segment)));
}

/// Makes a packed segment a plain one again that reaches at least to `position`, where it is to be
/// cut: nothing behind that need be readable.
pub(super) fn unpack_segment<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    segment: SegmentNumber,
    position: u64,
) -> io::Result<()> {
    let packed_path = layout.packed(segment);
    let mut packed = PackedSegment::open(platform, &packed_path, segment)?;
    let file = create_anew(platform, layout, segment)?;
    let frames = position.div_ceil(packed.header().frame_bytes as u64);
    for index in 0..packed.frame_count().min(usize::try_from(frames).unwrap_or(usize::MAX)) {
        file.append(&packed.frame(index)?)?;
    }
    file.sync()?;
    platform.rename(&layout.packing(segment), &layout.segment(segment))?;
    platform.sync_directory(layout.directory())?;
    layout::remove(platform, &packed_path)?;
    platform.sync_directory(layout.directory())
}

/// The empty temporary file of a segment; what an earlier attempt left is gone.
fn create_anew<P: Platform>(
    platform: P,
    layout: &DirectoryLayout,
    segment: SegmentNumber,
) -> io::Result<P::Segment> {
    let path = layout.packing(segment);
    layout::remove(platform, &path)?;
    platform.create_segment(&path, IoMode::Append)
}

/// Length of a segment without the zeros at its end, in whole blocks.
fn filled_bytes(plain: &impl SegmentFile, plain_bytes: u64) -> io::Result<u64> {
    let mut end = plain_bytes;
    let mut chunk = vec![0; FRAME_BYTES];
    while end > 0 {
        let begin = (end - 1) / FRAME_BYTES as u64 * FRAME_BYTES as u64;
        let count = plain.read_at(begin, &mut chunk)?;
        if let Some(last) = chunk[..count].iter().rposition(|byte| *byte != 0) {
            return Ok((begin + last as u64 + 1).next_multiple_of(BLOCK_BYTES as u64));
        }
        end = begin;
    }
    Ok(0)
}

fn fault_of(step: PackingStep, error: &io::Error) -> PackFault {
    PackFault::System(step, error.raw_os_error().unwrap_or(0))
}

/// The fault of reading back: bytes that are not what was written are no fault of the system's.
fn differs_or(segment: SegmentNumber, error: &io::Error) -> PackFault {
    if error.kind() == io::ErrorKind::InvalidData {
        PackFault::Differs(segment)
    } else {
        fault_of(PackingStep::Compared, error)
    }
}

impl PackingStep {
    /// What the step does, to stand behind 'could not'.
    const fn phrase(self) -> &'static str {
        match self {
            Self::Appended => "write the packed segment",
            Self::Synced => "sync the packed segment",
            Self::Compared => "read the packed segment back",
            Self::Renamed => "name the packed segment",
            Self::NameSynced | Self::Done => "sync the directory of the packed segment",
            Self::PlainRemoved => "remove the plain segment",
        }
    }
}

impl fmt::Display for PackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(segment) => write!(f, "there is no plain segment {segment} to pack"),
            Self::NotSealed(segment) => {
                write!(f, "segment {segment} is not packed: it may still change")
            }
            Self::Differs(segment) => write!(
                f,
                "segment {segment} is not packed: what was read back is not what was written; \
                 check the disk and the memory"
            ),
            Self::System(step, code) => {
                write!(f, "could not {} (system error {code})", step.phrase())
            }
        }
    }
}

impl std::error::Error for PackFault {}
