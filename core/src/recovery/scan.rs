//! The scan: one walk along the chain of blocks, from its start to the first break.

use super::tail::{Hole, Tail, is_blank};
use super::visitor::{NOTHING, Scanned, Visitor};
use super::{Damage, RecoveryFault, Start};
use crate::block::{
    BLOCK_ROOM_BYTES_MAX, BlockHead, BlockKind, BlockState, Chain, read_block, records_of,
};
use crate::limits::BLOCK_BYTES;
use crate::log_file::LogFile;
use crate::record::{Body, RECORD_BYTES_MIN, Record, RecordFault};
use crate::segment::{HeaderState, LogVersion, SegmentHeader, read_header};
use crate::types::{LogId, LogPosition, SegmentNumber, Sequence, length_of};
use arrayvec::ArrayVec;

/// Walks the whole log and hands its records to `visitor`.
///
/// `buffer` is scratch room of one or more whole blocks; the larger, the fewer reads. Next to a
/// running engine the walk sees what was written when it came by.
///
/// # Errors
/// The first thing that is wrong with the log, or the visitor's fault.
///
/// # Panics
/// When `buffer` is not one or more whole blocks.
pub fn scan<F: LogFile, V: Visitor>(
    file: &mut F,
    buffer: &mut [u8],
    visitor: &mut V,
) -> Result<Scanned, RecoveryFault> {
    scan_from(file, buffer, visitor, Start::Beginning)
}

/// The same from `start` on: what stands before it is not looked at, and not counted.
///
/// # Errors
/// Those of [`scan`]; and when the log does not reach the snapshot that the walk begins at.
///
/// # Panics
/// When `buffer` is not one or more whole blocks.
pub fn scan_from<F: LogFile, V: Visitor>(
    file: &mut F,
    buffer: &mut [u8],
    visitor: &mut V,
    start: Start,
) -> Result<Scanned, RecoveryFault> {
    let Some(mut walk) = Walk::begin(file, buffer, start)? else { return Ok(NOTHING) };
    loop {
        let hole = walk.follow(file, buffer, visitor, END)?.unwrap_or_else(|| walk.hole());
        let tail = Tail { hole, chain: walk.chain, last: walk.last };
        match tail.inspect(file, buffer, visitor)? {
            // A running engine wrote the block while the walk looked at it.
            None => {}
            Some(torn_tail_bytes) => return Ok(walk.finish(hole, torn_tail_bytes)),
        }
    }
}

/// A sequence that no walk reaches.
const END: Sequence = Sequence(u64::MAX);

/// The state of the walk: how far the chain holds, and what was found on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub(super) chain: Chain,
    pub(super) found: Scanned,
    /// The last segment that there was when the walk began.
    pub(super) last: SegmentNumber,
}

/// How the walk came through a part of a segment.
enum Pace {
    /// To the end of the part.
    Through,
    /// To a block that does not continue the chain.
    Broken,
    /// To the sequence at which it was to stop.
    Reached,
}

impl Walk {
    /// A walk from `start` on; `None` when there is no log.
    pub(super) fn begin<F: LogFile>(
        file: &mut F,
        buffer: &mut [u8],
        start: Start,
    ) -> Result<Option<Self>, RecoveryFault> {
        assert!(
            !buffer.is_empty() && buffer.len().is_multiple_of(BLOCK_BYTES),
            "the buffer holds whole blocks"
        );
        let range = file.segments()?;
        match (start, range) {
            (Start::Beginning, None) => Ok(None),
            (Start::Beginning, Some((SegmentNumber::FIRST, last))) => {
                Ok(Some(Self { chain: Chain::empty(LogId([0; 16])), found: NOTHING, last }))
            }
            (Start::Beginning, Some(_)) => Err(RecoveryFault::MissingSegment(SegmentNumber::FIRST)),
            (Start::Snapshot(chain), range) => {
                let last = range.map_or(SegmentNumber(0), |(_, last)| last);
                Self::behind_snapshot(chain, last, file, buffer).map(Some)
            }
        }
    }

    /// Follows the chain until it has reached `until`, and returns where it breaks before that.
    pub(super) fn follow<F: LogFile, V: Visitor>(
        &mut self,
        file: &mut F,
        buffer: &mut [u8],
        visitor: &mut V,
        until: Sequence,
    ) -> Result<Option<Hole>, RecoveryFault> {
        while self.chain.last_sequence() < until {
            if self.chain.room_bytes() == 0 {
                let segment = self.chain.segment.next();
                if !self.enter(segment, file, buffer)? {
                    return Ok(Some(Hole { segment, position: LogPosition(0) }));
                }
            }
            match self.follow_blocks(file, buffer, visitor, until)? {
                Pace::Through => {}
                Pace::Broken if self.enter_newer(file, buffer)? => {}
                Pace::Broken => return Ok(Some(self.hole())),
                Pace::Reached => break,
            }
        }
        Ok(None)
    }

    /// The place where the walk stands.
    const fn hole(&self) -> Hole {
        Hole { segment: self.chain.segment, position: self.chain.position }
    }

    /// Reads the header of the next segment; false when it is not there.
    fn enter<F: LogFile>(
        &mut self,
        segment: SegmentNumber,
        file: &mut F,
        buffer: &mut [u8],
    ) -> Result<bool, RecoveryFault> {
        // Next to a running engine later segments may have come since the scan began; following
        // them could go on for ever.
        if segment > self.last {
            return Ok(false);
        }
        if file.segment_bytes(segment)?.is_none() {
            let is_between = segment < self.last;
            return if is_between {
                Err(RecoveryFault::MissingSegment(segment))
            } else {
                Ok(false)
            };
        }
        let Some(header) = header_of(segment, file, buffer)? else { return Ok(false) };
        let is_first = segment == SegmentNumber::FIRST;
        let is_of_log = is_first || header.log_id == self.chain.log_id;
        // No crash changes what stands before a header that is there, so one that goes on elsewhere
        // is no tail.
        if !is_of_log || !self.chain.continues_in(&header) {
            return Err(RecoveryFault::ForeignSegment(segment));
        }
        self.chain.log_id = header.log_id;
        self.chain.enter(&header);
        self.found.segment_count += 1;
        self.found.log_bytes += length_of(BLOCK_BYTES);
        self.found.confirmed = self.found.confirmed.max(header.durable_sequence);
        Ok(true)
    }

    /// Where a segment of an earlier version ends before it is full, because the log went on in a
    /// later one: enters the next segment. False when that is not so, and the chain is broken.
    ///
    /// The header of the next segment must continue the chain, and nothing stand between: what does
    /// is judged like any break.
    fn enter_newer<F: LogFile>(
        &mut self,
        file: &mut F,
        buffer: &mut [u8],
    ) -> Result<bool, RecoveryFault> {
        let segment = self.chain.segment.next();
        if self.chain.version == LogVersion::CURRENT
            || segment > self.last
            || file.segment_bytes(segment)?.is_none()
        {
            return Ok(false);
        }
        let block = buffer.get_mut(..BLOCK_BYTES).unwrap_or_default();
        let length = file.read_at(segment, LogPosition(0), block)?;
        let state = read_header(block.get_mut(..length).unwrap_or_default());
        let HeaderState::Intact(header) = state else { return Ok(false) };
        let goes_on = header.segment == segment
            && header.log_id == self.chain.log_id
            && header.version > self.chain.version
            && self.chain.continues_in(&header);
        if !goes_on || !is_blank_from(self.hole(), file, buffer)? {
            return Ok(false);
        }
        self.enter(segment, file, buffer)
    }

    /// Follows the chain through as much of the segment as the buffer takes.
    fn follow_blocks<F: LogFile, V: Visitor>(
        &mut self,
        file: &mut F,
        buffer: &mut [u8],
        visitor: &mut V,
        until: Sequence,
    ) -> Result<Pace, RecoveryFault> {
        let room = usize::try_from(self.chain.room_bytes()).unwrap_or(usize::MAX);
        let wanted = room.min(buffer.len());
        let into = buffer.get_mut(..wanted).unwrap_or_default();
        let length = file.read_at(self.chain.segment, self.chain.position, into)?;
        for block in into.get(..length).unwrap_or_default().chunks(BLOCK_BYTES) {
            let Chain { version, log_id, segment, position, .. } = self.chain;
            let BlockState::Intact(head) = read_block(block, version, log_id, segment, position)
            else {
                return Ok(Pace::Broken);
            };
            if !self.chain.continues_with(&head) {
                return Ok(Pace::Broken);
            }
            if self.chain.last_sequence().0 + u64::from(head.command_count) > until.0 {
                return Ok(Pace::Reached);
            }
            self.visit(block, &head, visitor)?;
            if self.chain.last_sequence() == until {
                return Ok(Pace::Reached);
            }
        }
        Ok(if length == wanted { Pace::Through } else { Pace::Broken })
    }

    /// Hands the records of a block to the visitor and moves the chain on.
    fn visit<V: Visitor>(
        &mut self,
        block: &[u8],
        head: &BlockHead,
        visitor: &mut V,
    ) -> Result<(), RecoveryFault> {
        let mut records = Records::new();
        decode(block, head, &mut records).map_err(|damage| self.corrupt(damage))?;
        let mut waiting = records.as_slice();
        while let Some((record, behind)) = waiting.split_first() {
            visitor.prefetch(waiting);
            self.count(record);
            visitor.record(record)?;
            waiting = behind;
        }
        self.found.log_bytes += length_of(BLOCK_BYTES);
        self.found.confirmed = self.found.confirmed.max(head.durable_sequence);
        self.found.stopped_cleanly = head.kind == BlockKind::Stopped;
        self.chain.advance(head);
        visitor.block(head, &self.chain);
        Ok(())
    }

    fn count(&mut self, record: &Record) {
        if let Some(count) = self.found.record_counts.get_mut(record.record_type().index()) {
            *count += 1;
        }
    }

    /// The fault of damage in the block that the chain stands before.
    const fn corrupt(&self, damage: Damage) -> RecoveryFault {
        RecoveryFault::Corrupt {
            segment: self.chain.segment,
            position: self.chain.position,
            damage,
        }
    }

    fn finish(mut self, hole: Hole, torn_tail_bytes: u64) -> Scanned {
        let has_log = self.chain.segment >= SegmentNumber::FIRST;
        self.found.chain = has_log.then_some(self.chain);
        self.found.cut_at = (hole.segment <= self.last).then_some((hole.segment, hole.position));
        self.found.last_sequence = self.chain.last_sequence();
        self.found.torn_tail_bytes = torn_tail_bytes;
        self.found
    }
}

/// The records of one block: 17 KiB at most, which recovery takes of the stack.
type Records = ArrayVec<Record, { BLOCK_ROOM_BYTES_MAX / RECORD_BYTES_MIN }>;

/// Reads the records of a whole block, whose sequences follow each other, into `records`, which
/// are too large to be handed back over a small stack.
fn decode(block: &[u8], head: &BlockHead, records: &mut Records) -> Result<(), Damage> {
    let mut bytes = records_of(block, head);
    let mut next = head.first_sequence;
    if head.kind == BlockKind::Term && !bytes.is_empty() {
        return Err(Damage::Record(RecordFault::Length));
    }
    while !bytes.is_empty() {
        let (record, length) = Record::decode(bytes).map_err(Damage::Record)?;
        let expected = match record.body {
            Body::Command(_) => next,
            Body::RunningHash(_) | Body::Trade(_) => Sequence(next.0.saturating_sub(1)),
        };
        if record.sequence != expected {
            return Err(Damage::Sequence);
        }
        next = record.sequence.next();
        records.push(record);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    if next.0 != head.first_sequence.0 + u64::from(head.command_count) {
        return Err(Damage::Sequence);
    }
    Ok(())
}

/// True when nothing but zeros stands in a segment from `hole` on.
fn is_blank_from<F: LogFile>(
    hole: Hole,
    file: &mut F,
    buffer: &mut [u8],
) -> Result<bool, RecoveryFault> {
    let mut position = hole.position;
    loop {
        let length = file.read_at(hole.segment, position, buffer)?;
        if !is_blank(buffer.get(..length).unwrap_or_default()) {
            return Ok(false);
        }
        if length < buffer.len() {
            return Ok(true);
        }
        position = LogPosition(position.0 + length_of(length));
    }
}

/// Reads the header of a segment that is there; `None` when it has none.
pub(super) fn header_of<F: LogFile>(
    segment: SegmentNumber,
    file: &mut F,
    buffer: &mut [u8],
) -> Result<Option<SegmentHeader>, RecoveryFault> {
    let block = buffer.get_mut(..BLOCK_BYTES).unwrap_or_default();
    let length = file.read_at(segment, LogPosition(0), block)?;
    match read_header(block.get_mut(..length).unwrap_or_default()) {
        HeaderState::Intact(header) if header.segment == segment => Ok(Some(header)),
        HeaderState::Intact(_) => Err(RecoveryFault::ForeignSegment(segment)),
        HeaderState::Blank | HeaderState::Broken => Ok(None),
        HeaderState::NewerVersion(version) => Err(RecoveryFault::NewerVersion { segment, version }),
        HeaderState::OlderVersion(version) => Err(RecoveryFault::OlderVersion { segment, version }),
        HeaderState::Rotten => Err(RecoveryFault::Corrupt {
            segment,
            position: LogPosition(0),
            damage: Damage::FlippedBit,
        }),
    }
}
