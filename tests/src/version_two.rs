//! Logs of version 2: a log of version 3 as the programs of version 2 would have written it.
//!
//! It has a sealer of its own: the engine writes one version only.

use crate::sim_log::SimLog;
use highwater::block::{BlockHead, intact_head, records_of};
use highwater::checksum::checksum;
use highwater::limits::BLOCK_BYTES;
use highwater::segment::{HeaderState, LogVersion, read_header};
use highwater::types::{LogPosition, SegmentNumber};

/// Bytes of a block's head.
const HEAD_BYTES: usize = 96;
/// Where a block says the checksum of the one before it.
const PREVIOUS_AT: usize = 80;

/// A copy of a log, all of whose segments are of version 2. What is no block is as it was; no
/// record may be one that version 2 does not have.
///
/// # Panics
/// When a segment of the log has no header.
pub fn as_version_two(log: &SimLog) -> SimLog {
    let copy = log.fork();
    let (first, last) = log.with_disk(|disk| disk.range()).unwrap_or((1, 0));
    let mut previous = 0;
    for segment in first..=last {
        let mut bytes = log.bytes(segment);
        for (index, block) in bytes.chunks_exact_mut(BLOCK_BYTES).enumerate() {
            if index == 0 {
                rewrite_header(block, previous);
                continue;
            }
            let position = LogPosition((index * BLOCK_BYTES) as u64);
            let segment = SegmentNumber(segment);
            if let Some(head) = intact_head(block, LogVersion::Three, None, segment, position) {
                previous = rewrite_block(block, &head, previous);
            }
        }
        copy.edit(segment, |file| *file = bytes);
    }
    copy
}

fn rewrite_header(block: &mut [u8], previous: u32) {
    let HeaderState::Intact(mut header) = read_header(block) else {
        panic!("a segment has a header");
    };
    (header.version, header.previous) = (LogVersion::Two, previous);
    header.encode(block);
}

/// Moves the records to where version 2 has them; returns the new checksum.
fn rewrite_block(block: &mut [u8], head: &BlockHead, previous: u32) -> u32 {
    let records = records_of(block, head).to_vec();
    let end = HEAD_BYTES + records.len();
    block[HEAD_BYTES..end].copy_from_slice(&records);
    block[end..].fill(0xa5);
    block[PREVIOUS_AT..PREVIOUS_AT + 4].copy_from_slice(&previous.to_le_bytes());
    let sum = checksum(&[&block[..4], &block[8..]]);
    block[4..8].copy_from_slice(&sum.to_le_bytes());
    sum
}
