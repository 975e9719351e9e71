//! The tail: what stands behind the first break of the chain, and whether a crash alone explains
//! it.
//!
//! A break is the torn tail of a crash unless there is evidence of more: a later block or header of
//! this log that called the broken place durable, or a single flipped bit, which no crash leaves
//! behind. A block or header that was moved is evidence too: what it says of the log was true when
//! it was written, wherever it stands now.

mod moved;

use super::visitor::Visitor;
use super::{Damage, RecoveryFault};
use crate::block::{BlockState, Chain, Durable, is_one_bit_from_continuing, read_block};
use crate::limits::BLOCK_BYTES;
use crate::log_file::LogFile;
use crate::seal::one_bit_set;
use crate::segment::{HeaderState, read_header};
use crate::types::{LogId, LogPosition, SegmentNumber, length_of};
use moved::Window;

/// A place where the chain may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) segment: SegmentNumber,
    /// 0 when the segment or its header is missing.
    pub(super) position: LogPosition,
}

/// Everything from a break of the chain to the end of the last segment.
pub(super) struct Tail {
    pub(super) hole: Hole,
    /// The chain as it stands before the hole.
    pub(super) chain: Chain,
    pub(super) last: SegmentNumber,
}

impl Tail {
    /// Returns the tail's length in bytes, up to its last block that is not blank; `None` when the
    /// hole has closed meanwhile, because a running engine wrote there.
    ///
    /// A segment that is missing before another is no crash's work: a cut drops the last one first.
    pub(super) fn inspect<F: LogFile, V: Visitor>(
        &self,
        file: &mut F,
        buffer: &mut [u8],
        visitor: &mut V,
    ) -> Result<Option<u64>, RecoveryFault> {
        if self.hole.segment > self.last {
            return Ok(Some(0));
        }
        if self.has_closed(file, buffer)? {
            return Ok(None);
        }
        let mut torn_bytes = 0;
        let mut next = Some(self.hole.segment);
        while let Some(segment) = next {
            match self.look_for_evidence(segment, file, buffer, visitor) {
                // The engine may have closed the hole and gone on before the evidence was read.
                Err(_) if self.has_closed(file, buffer)? => return Ok(None),
                seen => torn_bytes += seen?,
            }
            next = file.next_segment(segment)?.filter(|next| *next <= self.last);
            if next.is_some_and(|next| next > segment.next()) {
                return Err(RecoveryFault::MissingSegment(segment.next()));
            }
        }
        Ok(Some(torn_bytes))
    }

    /// Looks at the hole once more: true when what stands there continues the chain now.
    fn has_closed<F: LogFile>(
        &self,
        file: &mut F,
        buffer: &mut [u8],
    ) -> Result<bool, RecoveryFault> {
        let block = buffer.get_mut(..BLOCK_BYTES).unwrap_or_default();
        let length = file.read_at(self.hole.segment, self.hole.position, block)?;
        let block = block.get_mut(..length).unwrap_or_default();
        if self.hole.position == LogPosition(0) {
            // The scan judges the header.
            return Ok(matches!(read_header(block), HeaderState::Intact(_)));
        }
        let Chain { version, log_id, .. } = self.chain;
        match read_block(block, version, log_id, self.hole.segment, self.hole.position) {
            BlockState::Intact(head) => return Ok(self.chain.continues_with(&head)),
            BlockState::Blank => return Ok(false),
            BlockState::BlankButOneBit | BlockState::Broken => {}
        }
        if is_one_bit_from_continuing(block, &self.chain) {
            return Err(corrupt(self.hole.segment, self.hole.position, Damage::FlippedBit));
        }
        Ok(false)
    }

    /// Looks at everything of a segment that stands behind the hole; returns the bytes up to the
    /// last block that is not blank.
    fn look_for_evidence<F: LogFile, V: Visitor>(
        &self,
        segment: SegmentNumber,
        file: &mut F,
        buffer: &mut [u8],
        visitor: &mut V,
    ) -> Result<u64, RecoveryFault> {
        if file.segment_bytes(segment)?.is_none() {
            // It is the last one, which was cut off meanwhile.
            return Ok(0);
        }
        let is_of_hole = segment == self.hole.segment;
        let from = if is_of_hole { self.hole.position } else { LogPosition(0) };
        let mut position = from;
        let mut torn_end = from;
        let mut window = Window::new();
        loop {
            visitor.looks_behind(self.chain.last_sequence())?;
            let length = file.read_at(segment, position, buffer)?;
            for block in buffer.get_mut(..length).unwrap_or_default().chunks_mut(BLOCK_BYTES) {
                let end = LogPosition(position.0 + length_of(block.len()));
                if !is_blank(block) {
                    self.question(block, segment, position)?;
                    torn_end = end;
                }
                window.push(block);
                window.each_durable(self.log_id(), |durable| self.take_evidence(durable))?;
                position = end;
            }
            if length < buffer.len() {
                return Ok(torn_end.0 - from.0);
            }
        }
    }

    /// Asks what stands behind the hole whether more than a crash happened.
    fn question(
        &self,
        block: &mut [u8],
        segment: SegmentNumber,
        position: LogPosition,
    ) -> Result<(), RecoveryFault> {
        if position == LogPosition(0) {
            return self.question_header(block, segment);
        }
        // A file that ends inside a block was cut short in its growth: its end is no rot of zeros.
        if block.len() == BLOCK_BYTES && one_bit_set(block) {
            return Err(corrupt(segment, position, Damage::FlippedBit));
        }
        Ok(())
    }

    /// The log's id. Without a first header it is unknown, and a block of any log shows that the
    /// header was there.
    fn log_id(&self) -> Option<LogId> {
        self.has_log().then_some(self.chain.log_id)
    }

    fn question_header(
        &self,
        block: &mut [u8],
        segment: SegmentNumber,
    ) -> Result<(), RecoveryFault> {
        match read_header(block) {
            HeaderState::Intact(header) => {
                let is_of_log = !self.has_log() || header.log_id == self.chain.log_id;
                if header.segment != segment || !is_of_log {
                    return Err(RecoveryFault::ForeignSegment(segment));
                }
                self.take_evidence(Durable {
                    sequence: header.durable_sequence,
                    number: header.durable_number,
                })
            }
            HeaderState::Blank | HeaderState::Broken => Ok(()),
            HeaderState::NewerVersion(version) => {
                Err(RecoveryFault::NewerVersion { segment, version })
            }
            HeaderState::OlderVersion(version) => {
                Err(RecoveryFault::OlderVersion { segment, version })
            }
            HeaderState::Rotten => Err(corrupt(segment, LogPosition(0), Damage::FlippedBit)),
        }
    }

    /// Takes evidence: something of this log that stands behind the hole, and was written when
    /// `durable` was.
    fn take_evidence(&self, durable: Durable) -> Result<(), RecoveryFault> {
        let Self { hole, chain, .. } = self;
        if durable.number < chain.next_number && durable.sequence < chain.next_sequence {
            // A header and the blocks behind it are written together and synced once, so the blocks
            // alone may have reached the disk.
            return Ok(());
        }
        let damage = if self.has_log() {
            Damage::AcknowledgedGone(chain.next_sequence)
        } else {
            Damage::Header
        };
        Err(corrupt(hole.segment, hole.position, damage))
    }

    /// True when the chain has a beginning: the first segment's header.
    fn has_log(&self) -> bool {
        self.chain.segment >= SegmentNumber::FIRST
    }
}

const fn corrupt(segment: SegmentNumber, position: LogPosition, damage: Damage) -> RecoveryFault {
    RecoveryFault::Corrupt { segment, position, damage }
}

/// True when all bytes are zero.
pub(super) fn is_blank(block: &[u8]) -> bool {
    // Sums of whole chunks, so that the compiler compares many bytes at a time.
    block.chunks(64).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) == 0)
}
