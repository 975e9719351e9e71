//! Where a walk along a log begins: at its beginning, or where a snapshot was made.
//!
//! A snapshot is evidence: what it covers was durable. So the log must hold the block that the
//! snapshot stands behind; where it does not, acknowledged commands are gone. What stands before
//! that block's segment is not looked at, and need not be there any more.

use super::RecoveryFault;
use super::scan::{Walk, header_of};
use super::visitor::NOTHING;
use crate::block::{BlockKind, Chain, intact_head};
use crate::limits::BLOCK_BYTES;
use crate::log_file::LogFile;
use crate::segment::FIRST_POSITION;
use crate::types::{LogPosition, SegmentNumber, length_of};

/// Where a walk along a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the first segment.
    Beginning,
    /// Where a snapshot was made: at the chain of its header.
    Snapshot(Chain),
}

impl Start {
    /// The first segment that the walk looks at.
    pub const fn segment(&self) -> SegmentNumber {
        match self {
            Self::Beginning => SegmentNumber::FIRST,
            Self::Snapshot(chain) => chain.segment,
        }
    }
}

impl Walk {
    /// A walk that begins where a snapshot was made, once it is sure that the log holds that place.
    pub(super) fn behind_snapshot<F: LogFile>(
        chain: Chain,
        last: SegmentNumber,
        file: &mut F,
        buffer: &mut [u8],
    ) -> Result<Self, RecoveryFault> {
        let segment = chain.segment;
        if segment <= last && file.segment_bytes(segment)?.is_none() {
            return Err(RecoveryFault::MissingSegment(segment));
        }
        let header = if segment > last { None } else { header_of(segment, file, buffer)? };
        let ahead = RecoveryFault::SnapshotAhead { sequence: chain.last_sequence() };
        let Some(header) = header else {
            let is_foreign = is_of_other_log(&chain, last, file, buffer)?;
            return Err(if is_foreign { RecoveryFault::SnapshotOfOtherLog } else { ahead });
        };
        if header.log_id != chain.log_id {
            return Err(RecoveryFault::SnapshotOfOtherLog);
        }
        let mut found = NOTHING;
        if chain.position > FIRST_POSITION {
            let before = kind_before(&chain, file, buffer)?.ok_or(ahead)?;
            found.stopped_cleanly = before == BlockKind::Stopped;
        } else if !chain.continues_in(&header) {
            return Err(ahead);
        }
        if (header.version, header.segment_bytes) != (chain.version, chain.segment_bytes) {
            return Err(RecoveryFault::ForeignSegment(segment));
        }
        found.segment_count = 1;
        found.log_bytes = chain.position.0;
        found.confirmed = chain.last_sequence();
        Ok(Self { chain, found, last })
    }
}

/// Whether the log that ends at `last` has another id than the chain, as its last headers say: the
/// very last segment may be prepared and not begun.
fn is_of_other_log<F: LogFile>(
    chain: &Chain,
    last: SegmentNumber,
    file: &mut F,
    buffer: &mut [u8],
) -> Result<bool, RecoveryFault> {
    for segment in [last, SegmentNumber(last.0.saturating_sub(1))] {
        if file.segment_bytes(segment)?.is_some()
            && let Ok(Some(header)) = header_of(segment, file, buffer)
        {
            return Ok(header.log_id != chain.log_id);
        }
    }
    Ok(false)
}

/// The kind of the block that the chain stands behind; `None` when another block stands there, or
/// none.
fn kind_before<F: LogFile>(
    chain: &Chain,
    file: &mut F,
    buffer: &mut [u8],
) -> Result<Option<BlockKind>, RecoveryFault> {
    let position = LogPosition(chain.position.0.saturating_sub(length_of(BLOCK_BYTES)));
    let block = buffer.get_mut(..BLOCK_BYTES).unwrap_or_default();
    let length = file.read_at(chain.segment, position, block)?;
    let block = block.get(..length).unwrap_or_default();
    let head = intact_head(block, chain.version, Some(chain.log_id), chain.segment, position);
    Ok(head.filter(|head| chain.stands_behind(head)).map(|head| head.kind))
}
