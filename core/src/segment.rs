//! Segments: the files of a log, and the header block that each begins with.

use crate::limits::{BLOCK_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
use crate::little_endian::{Le32, Le64};
use crate::seal::{MAGIC_BYTES, PADDING, is_one_bit_from, is_whole, one_bit_set, seal};
use crate::types::{LogId, LogPosition, SegmentNumber, Sequence, length_of};
use bytemuck::{Pod, Zeroable};

/// Version of the log format that this engine writes; it reads the one before it too.
pub const LOG_VERSION: u32 = LogVersion::CURRENT.number();

/// A version of the log format that this engine reads: that of a segment says how its blocks are
/// read. A log goes on in segments of a later version, never of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogVersion {
    /// Version 2.
    Two,
    /// Version 3: blocks with term and index, records with client bytes, notes, price decimals.
    Three,
}

impl LogVersion {
    /// The one that is written.
    pub const CURRENT: Self = Self::Three;
    /// All of them, the newest first.
    pub const ALL: [Self; 2] = [Self::Three, Self::Two];

    /// Its number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }

    /// The version with this number.
    pub const fn of(number: u32) -> Option<Self> {
        match number {
            2 => Some(Self::Two),
            3 => Some(Self::Three),
            _ => None,
        }
    }
}

/// The version that is known and no longer read.
const VERSION_UNREAD: u32 = 1;

/// Where the first block of a segment stands: behind the header.
pub const FIRST_POSITION: LogPosition = LogPosition(length_of(BLOCK_BYTES));

/// What every segment file begins with.
const MAGIC: [u8; MAGIC_BYTES] = *b"HWSG";

/// What the header of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// How its blocks are written.
    pub version: LogVersion,
    /// The log that it belongs to.
    pub log_id: LogId,
    /// Its number.
    pub segment: SegmentNumber,
    /// When it was created, in nanoseconds since the Unix epoch; information only.
    pub created_at_ns: u64,
    /// Its size when full, in bytes: a whole number of blocks.
    pub segment_bytes: u64,
    /// The sequence of the first command behind the header.
    pub first_sequence: Sequence,
    /// The number of the first block behind the header.
    pub first_number: u64,
    /// The checksum of the block before that; 0 when there is none.
    pub previous: u32,
    /// The highest sequence that was durable when it was begun.
    pub durable_sequence: Sequence,
    /// The highest block number that was durable when it was begun.
    pub durable_number: u64,
}

/// What the first block of a segment file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderState {
    /// A header.
    Intact(SegmentHeader),
    /// All zeros, or no bytes at all: nothing was ever written.
    Blank,
    /// A header of a later version of the format, which this engine does not know.
    NewerVersion(u32),
    /// A header of an earlier version of the format, which this engine no longer reads.
    OlderVersion(u32),
    /// A header, or a blank, in which one bit has flipped.
    Rotten,
    /// Anything else, a torn header too.
    Broken,
}

/// The bytes of a header, in their order; padding follows up to the end of the block.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct HeaderLayout {
    magic: [u8; MAGIC_BYTES],
    /// See `seal.rs`.
    checksum: Le32,
    version: Le32,
    previous: Le32,
    log_id: [u8; 16],
    segment: Le64,
    created_at_ns: Le64,
    segment_bytes: Le64,
    first_sequence: Le64,
    first_number: Le64,
    durable_sequence: Le64,
    durable_number: Le64,
    block_bytes: Le64,
}

const _: () = assert!(size_of::<HeaderLayout>() == 96);

impl SegmentHeader {
    /// Writes the header over all of `block`.
    ///
    /// # Panics
    /// When `block` is not exactly one block long.
    pub fn encode(&self, block: &mut [u8]) {
        assert!(block.len() == BLOCK_BYTES, "a header fills one block");
        let layout = HeaderLayout {
            magic: MAGIC,
            checksum: Le32::new(0),
            version: Le32::new(self.version.number()),
            previous: Le32::new(self.previous),
            log_id: self.log_id.0,
            segment: Le64::new(self.segment.0),
            created_at_ns: Le64::new(self.created_at_ns),
            segment_bytes: Le64::new(self.segment_bytes),
            first_sequence: Le64::new(self.first_sequence.0),
            first_number: Le64::new(self.first_number),
            durable_sequence: Le64::new(self.durable_sequence.0),
            durable_number: Le64::new(self.durable_number),
            block_bytes: Le64::new(length_of(BLOCK_BYTES)),
        };
        block.fill(PADDING);
        if let Some(front) = block.get_mut(..size_of::<HeaderLayout>()) {
            front.copy_from_slice(bytemuck::bytes_of(&layout));
        }
        seal(block);
    }
}

/// Reads the first block of a segment file. `block` is shorter than a block where the file ends
/// inside it; its bytes are left as they were.
pub fn read_header(block: &mut [u8]) -> HeaderState {
    if block.iter().all(|byte| *byte == 0) {
        return HeaderState::Blank;
    }
    let version = layout_of(block).map_or(0, |layout| layout.version.get());
    if let Some(header) = intact(block) {
        return HeaderState::Intact(header);
    }
    if one_bit_set(block) || is_one_bit_from(block, |mended| intact(mended).is_some()) {
        return HeaderState::Rotten;
    }
    if block.get(..MAGIC_BYTES) != Some(MAGIC.as_slice()) {
        return HeaderState::Broken;
    }
    match version {
        // The seal of an earlier version is known, so a header that is torn is not taken for one.
        VERSION_UNREAD if is_whole(block) => HeaderState::OlderVersion(version),
        0..=LOG_VERSION => HeaderState::Broken,
        _ => HeaderState::NewerVersion(version),
    }
}

/// The whole header that `block` is, of this log, or of any when `log_id` is `None`; whichever
/// segment it was written to.
pub fn intact_header(block: &[u8], log_id: Option<LogId>) -> Option<SegmentHeader> {
    intact(block).filter(|header| log_id.is_none_or(|log_id| header.log_id == log_id))
}

/// The header in a whole block whose fields a log can have been written with.
fn intact(block: &[u8]) -> Option<SegmentHeader> {
    let layout = layout_of(block)?;
    let segment_bytes = layout.segment_bytes.get();
    let version = LogVersion::of(layout.version.get())?;
    let possible = block.len() == BLOCK_BYTES
        && layout.magic == MAGIC
        && layout.block_bytes.get() == length_of(BLOCK_BYTES)
        && (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&segment_bytes)
        && segment_bytes.is_multiple_of(length_of(BLOCK_BYTES))
        && is_whole(block);
    possible.then_some(SegmentHeader {
        version,
        log_id: LogId(layout.log_id),
        segment: SegmentNumber(layout.segment.get()),
        created_at_ns: layout.created_at_ns.get(),
        segment_bytes,
        first_sequence: Sequence(layout.first_sequence.get()),
        first_number: layout.first_number.get(),
        previous: layout.previous.get(),
        durable_sequence: Sequence(layout.durable_sequence.get()),
        durable_number: layout.durable_number.get(),
    })
}

fn layout_of(block: &[u8]) -> Option<HeaderLayout> {
    bytemuck::try_pod_read_unaligned(block.get(..size_of::<HeaderLayout>())?).ok()
}
