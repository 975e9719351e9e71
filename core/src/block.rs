//! Blocks: the aligned units that a log is appended in, and the chain that tells a crash from
//! corruption.
//!
//! Every block carries the checksum of the block before it, so that the blocks of a log form one
//! chain across its segments; the first break of the chain is where the log ends. And every block
//! says what was durable when it was written: a block behind the break that calls the broken place
//! durable is evidence that acknowledged records are gone. Without evidence the break is the torn
//! tail of a crash.

use crate::limits::BLOCK_BYTES;
use crate::little_endian::{Le16, Le32, Le64};
use crate::seal::{MAGIC_BYTES, PADDING, is_one_bit_from, is_whole, one_bit_set, seal};
use crate::segment::{FIRST_POSITION, LogVersion, SegmentHeader};
use crate::types::{LogId, LogPosition, SegmentNumber, Sequence, length_of};
use bytemuck::{Pod, Zeroable};

/// What every block of records begins with.
const MAGIC: [u8; MAGIC_BYTES] = *b"HWBK";

/// Why a block was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// To hold records.
    Records,
    /// A marker: the engine recovered, and a new incarnation begins.
    Recovered,
    /// A marker: the engine is idle, and everything before is durable.
    Idle,
    /// A marker: the engine was stopped cleanly, and everything before is durable.
    Stopped,
    /// A term of the log's replication begins; it holds no records. Only of version 3, and read,
    /// not written yet.
    Term,
    /// The members of the log's replication, in bytes that mean nothing here. Only of version 3,
    /// and read, not written yet.
    Membership,
}

/// What the head of a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHead {
    /// How it is written.
    pub version: LogVersion,
    /// Why it was written.
    pub kind: BlockKind,
    /// Its number in the log, from 1, across segments.
    pub number: u64,
    /// How often the log had been recovered when it was written, the first start counted.
    pub incarnation: u64,
    /// The term that it was written in; 0 in a log that is not replicated.
    pub term: u64,
    /// Its place in the log that is replicated; 0 in one that is not.
    pub index: u64,
    /// The checksum of the block before it; 0 for the first.
    pub previous: u32,
    /// Its own checksum.
    pub checksum: u32,
    /// The sequence that the next command in or behind this block has.
    pub first_sequence: Sequence,
    /// How many commands it holds.
    pub command_count: u16,
    /// Bytes of its records, or of what a membership block holds.
    pub used_bytes: u16,
    /// The highest sequence that was durable when it was written.
    pub durable_sequence: Sequence,
    /// The highest block number that was durable when it was written.
    pub durable_number: u64,
}

/// The bytes of a head of version 2, in their order, and the front of every later one.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct LayoutTwo {
    magic: [u8; MAGIC_BYTES],
    /// See `seal.rs`.
    checksum: Le32,
    log_id: [u8; 16],
    segment: Le64,
    position: Le64,
    number: Le64,
    incarnation: Le64,
    first_sequence: Le64,
    durable_sequence: Le64,
    durable_number: Le64,
    previous: Le32,
    used_bytes: Le16,
    command_count: Le16,
    /// 1 records, 2 recovered, 3 idle, 4 stopped; of version 3 also 5 term, 6 membership.
    kind: u8,
    zero: [u8; 7],
}

/// The bytes of a head of version 3, in their order.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct LayoutThree {
    front: LayoutTwo,
    term: Le64,
    index: Le64,
}

/// Bytes of a block's head, as it is written.
pub const BLOCK_HEAD_BYTES: usize = head_bytes_of(LogVersion::CURRENT);
/// Bytes of padding that every block ends with, however full it is: wherever a crash tears the
/// block, more than one bit of it is missing.
const PADDING_BYTES_MIN: usize = 8;
/// Bytes of a block that records can use, as it is written.
pub const BLOCK_ROOM_BYTES: usize = room_bytes_of(LogVersion::CURRENT);
/// The same of the version in which records have most room.
pub const BLOCK_ROOM_BYTES_MAX: usize = room_bytes_of(LogVersion::Two);

const _: () = assert!(BLOCK_HEAD_BYTES == 112 && BLOCK_ROOM_BYTES <= BLOCK_ROOM_BYTES_MAX);
const _: () = assert!(BLOCK_ROOM_BYTES >= crate::record::RECORD_BYTES_MAX);
// `used_bytes` and `command_count` are 16 bits wide.
const _: () = assert!(BLOCK_ROOM_BYTES_MAX <= 65_535);

/// Bytes of the head of a block of this version.
const fn head_bytes_of(version: LogVersion) -> usize {
    match version {
        LogVersion::Two => size_of::<LayoutTwo>(),
        LogVersion::Three => size_of::<LayoutThree>(),
    }
}

/// Bytes of a block of this version that records can use.
const fn room_bytes_of(version: LogVersion) -> usize {
    BLOCK_BYTES - head_bytes_of(version) - PADDING_BYTES_MIN
}

/// Where a log stands: everything that its next block depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The log.
    pub log_id: LogId,
    /// The segment that is written.
    pub segment: SegmentNumber,
    /// How its blocks are written.
    pub version: LogVersion,
    /// Its size when full, in bytes.
    pub segment_bytes: u64,
    /// Where the next block stands in it.
    pub position: LogPosition,
    /// The number of the next block, from 1.
    pub next_number: u64,
    /// The sequence of the next command, from 1.
    pub next_sequence: Sequence,
    /// The checksum of the last block; 0 before the first.
    pub previous: u32,
    /// The incarnation of the last block; 0 before the first.
    pub incarnation: u64,
    /// The term of the last block; 0 before the first, and in a log that is not replicated.
    pub term: u64,
    /// The index of the last block; 0 like the term.
    pub index: u64,
}

/// What was durable when a block was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Durable {
    /// The highest durable sequence.
    pub sequence: Sequence,
    /// The highest durable block number.
    pub number: u64,
}

impl Chain {
    /// A log without a block.
    pub const fn empty(log_id: LogId) -> Self {
        Self {
            log_id,
            segment: SegmentNumber(0),
            version: LogVersion::CURRENT,
            segment_bytes: 0,
            position: LogPosition(0),
            next_number: 1,
            next_sequence: Sequence(1),
            previous: 0,
            incarnation: 0,
            term: 0,
            index: 0,
        }
    }

    /// The last sequence of the log; 0 when it has none.
    pub const fn last_sequence(&self) -> Sequence {
        Sequence(self.next_sequence.0.saturating_sub(1))
    }

    /// Bytes that the current segment still takes.
    pub const fn room_bytes(&self) -> u64 {
        self.segment_bytes.saturating_sub(self.position.0)
    }

    /// True when the next block is the first of a new segment: the current one is full, or of a
    /// version that is not written any more.
    pub fn is_at_segment_end(&self) -> bool {
        self.room_bytes() == 0 || self.version != LogVersion::CURRENT
    }

    /// The header of a new segment that goes on where this chain stands.
    pub const fn next_header(
        &self,
        segment_bytes: u64,
        created_at_ns: u64,
        durable: Durable,
    ) -> SegmentHeader {
        SegmentHeader {
            version: LogVersion::CURRENT,
            log_id: self.log_id,
            segment: self.segment.next(),
            created_at_ns,
            segment_bytes,
            first_sequence: self.next_sequence,
            first_number: self.next_number,
            previous: self.previous,
            durable_sequence: durable.sequence,
            durable_number: durable.number,
        }
    }

    /// True when `header` belongs to the segment that goes on where this chain stands.
    pub fn continues_in(&self, header: &SegmentHeader) -> bool {
        let is_first = self.segment < SegmentNumber::FIRST;
        (is_first || header.version >= self.version)
            && header.previous == self.previous
            && header.first_number == self.next_number
            && header.first_sequence == self.next_sequence
    }

    /// Moves on to the first block of a segment.
    pub const fn enter(&mut self, header: &SegmentHeader) {
        self.segment = header.segment;
        self.version = header.version;
        self.segment_bytes = header.segment_bytes;
        self.position = FIRST_POSITION;
    }

    /// True when a block with this head stands in its place in the chain.
    pub fn continues_with(&self, head: &BlockHead) -> bool {
        head.number == self.next_number
            && head.previous == self.previous
            && head.first_sequence == self.next_sequence
            && head.incarnation >= self.incarnation
            && head.term >= self.term
    }

    /// True when the chain stands right behind a block with this head.
    pub fn stands_behind(&self, head: &BlockHead) -> bool {
        let next_sequence = head.first_sequence.0.checked_add(u64::from(head.command_count));
        head.checksum == self.previous
            && head.number.checked_add(1) == Some(self.next_number)
            && next_sequence == Some(self.next_sequence.0)
            && head.incarnation == self.incarnation
            && (head.term, head.index) == (self.term, self.index)
    }

    /// Moves on behind a block.
    pub fn advance(&mut self, head: &BlockHead) {
        self.position = LogPosition(self.position.0 + length_of(BLOCK_BYTES));
        self.next_number = head.number + 1;
        self.next_sequence = Sequence(head.first_sequence.0 + u64::from(head.command_count));
        self.previous = head.checksum;
        self.incarnation = head.incarnation;
        (self.term, self.index) = (head.term, head.index);
    }

    /// Completes `block`, whose records stand behind its head already, as the next block of the
    /// chain, and moves on.
    ///
    /// # Panics
    /// When `block` is not exactly one block long, when `used_bytes` is more than it has room for,
    /// and when the segment is of a version that is not written any more.
    pub fn seal(&mut self, block: &mut [u8], kind: BlockKind, filled: Filled, durable: Durable) {
        assert!(block.len() == BLOCK_BYTES, "a block has one size");
        assert!(self.version == LogVersion::CURRENT, "one version is written");
        assert!(usize::from(filled.used_bytes) <= BLOCK_ROOM_BYTES, "a block ends with padding");
        let (front, padding) =
            block.split_at_mut(BLOCK_HEAD_BYTES + usize::from(filled.used_bytes));
        padding.fill(PADDING);
        let two = LayoutTwo {
            magic: MAGIC,
            checksum: Le32::new(0),
            log_id: self.log_id.0,
            segment: Le64::new(self.segment.0),
            position: Le64::new(self.position.0),
            number: Le64::new(self.next_number),
            incarnation: Le64::new(self.incarnation),
            first_sequence: Le64::new(self.next_sequence.0),
            durable_sequence: Le64::new(durable.sequence.0),
            durable_number: Le64::new(durable.number),
            previous: Le32::new(self.previous),
            used_bytes: Le16::new(filled.used_bytes),
            command_count: Le16::new(filled.command_count),
            kind: kind_number(kind),
            zero: [0; 7],
        };
        let layout =
            LayoutThree { front: two, term: Le64::new(self.term), index: Le64::new(self.index) };
        if let Some(head) = front.get_mut(..BLOCK_HEAD_BYTES) {
            head.copy_from_slice(bytemuck::bytes_of(&layout));
        }
        let checksum = seal(block);
        self.advance(&head_of(&layout, self.version, kind, checksum));
    }
}

/// How far a block is filled with records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Bytes of its records.
    pub used_bytes: u16,
    /// How many commands are among them.
    pub command_count: u16,
}

/// What stands where a block may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockState {
    /// A block of this log that was written to this place.
    Intact(BlockHead),
    /// All zeros: nothing was ever written.
    Blank,
    /// Zeros but for one bit: that bit has flipped since.
    BlankButOneBit,
    /// Anything else: a torn block, a block of another place, garbage.
    Broken,
}

/// Reads what stands at the chain's log, `segment` and `position`, in a segment of this version. A
/// short `block` is where a file ends.
pub fn read_block(
    block: &[u8],
    version: LogVersion,
    log_id: LogId,
    segment: SegmentNumber,
    position: LogPosition,
) -> BlockState {
    if block.iter().all(|byte| *byte == 0) {
        return BlockState::Blank;
    }
    let Some(head) = intact_head(block, version, Some(log_id), segment, position) else {
        return if one_bit_set(block) { BlockState::BlankButOneBit } else { BlockState::Broken };
    };
    BlockState::Intact(head)
}

/// The head of a whole block that was written to this place of a segment of this version, of any
/// log when `log_id` is `None`.
pub fn intact_head(
    block: &[u8],
    version: LogVersion,
    log_id: Option<LogId>,
    segment: SegmentNumber,
    position: LogPosition,
) -> Option<BlockHead> {
    let layout = layout_of(block, version)?;
    let two = &layout.front;
    let in_place = two.magic == MAGIC
        && log_id.is_none_or(|log_id| two.log_id == log_id.0)
        && two.segment.get() == segment.0
        && two.position.get() == position.0
        && usize::from(two.used_bytes.get()) <= room_bytes_of(version);
    let kind = kind_of(two.kind, version)?;
    (in_place && is_whole(block)).then(|| head_of(&layout, version, kind, two.checksum.get()))
}

/// What a whole block of this log, of any when `log_id` is `None`, says was durable when it was
/// written, wherever it was written to: that is true wherever it stands now.
///
/// All versions say it at the same place.
pub fn confirmed_by(block: &[u8], log_id: Option<LogId>) -> Option<Durable> {
    let two = layout_of(block, LogVersion::Two)?.front;
    let is_of_log = two.magic == MAGIC && log_id.is_none_or(|log_id| two.log_id == log_id.0);
    let durable = Durable {
        sequence: Sequence(two.durable_sequence.get()),
        number: two.durable_number.get(),
    };
    (is_of_log && is_whole(block)).then_some(durable)
}

/// True when turning one bit of `block` back makes it the block that continues `chain`: it was
/// written whole, and what broke it is not a crash. `block` is left as it was.
pub fn is_one_bit_from_continuing(block: &mut [u8], chain: &Chain) -> bool {
    let Chain { version, log_id, segment, position, .. } = *chain;
    is_one_bit_from(block, |mended| {
        let head = intact_head(mended, version, Some(log_id), segment, position);
        head.is_some_and(|head| chain.continues_with(&head))
    })
}

/// The records of a whole block, as bytes; of a membership block none.
pub fn records_of<'b>(block: &'b [u8], head: &BlockHead) -> &'b [u8] {
    let begin = head_bytes_of(head.version);
    let length = match head.kind {
        BlockKind::Membership => 0,
        BlockKind::Records
        | BlockKind::Recovered
        | BlockKind::Idle
        | BlockKind::Stopped
        | BlockKind::Term => usize::from(head.used_bytes),
    };
    block.get(begin..begin + length).unwrap_or_default()
}

/// The bytes of a head; in version 2, term and index are those of a log that is not replicated.
fn layout_of(block: &[u8], version: LogVersion) -> Option<LayoutThree> {
    if block.len() != BLOCK_BYTES {
        return None;
    }
    let head = block.get(..head_bytes_of(version))?;
    match version {
        LogVersion::Two => {
            let front = bytemuck::try_pod_read_unaligned(head).ok()?;
            Some(LayoutThree { front, ..LayoutThree::zeroed() })
        }
        LogVersion::Three => bytemuck::try_pod_read_unaligned(head).ok(),
    }
}

fn head_of(layout: &LayoutThree, version: LogVersion, kind: BlockKind, checksum: u32) -> BlockHead {
    let LayoutThree { front: two, term, index } = layout;
    BlockHead {
        version,
        kind,
        number: two.number.get(),
        incarnation: two.incarnation.get(),
        term: term.get(),
        index: index.get(),
        previous: two.previous.get(),
        checksum,
        first_sequence: Sequence(two.first_sequence.get()),
        command_count: two.command_count.get(),
        used_bytes: two.used_bytes.get(),
        durable_sequence: Sequence(two.durable_sequence.get()),
        durable_number: two.durable_number.get(),
    }
}

const fn kind_number(kind: BlockKind) -> u8 {
    match kind {
        BlockKind::Records => 1,
        BlockKind::Recovered => 2,
        BlockKind::Idle => 3,
        BlockKind::Stopped => 4,
        BlockKind::Term => 5,
        BlockKind::Membership => 6,
    }
}

const fn kind_of(number: u8, version: LogVersion) -> Option<BlockKind> {
    match (number, version) {
        (1, _) => Some(BlockKind::Records),
        (2, _) => Some(BlockKind::Recovered),
        (3, _) => Some(BlockKind::Idle),
        (4, _) => Some(BlockKind::Stopped),
        (5, LogVersion::Three) => Some(BlockKind::Term),
        (6, LogVersion::Three) => Some(BlockKind::Membership),
        _ => None,
    }
}
