//! Judges logs of any bytes: each is refused, or recovers to a sound book.

use crate::log_builder::{self, LogBuilder};
use highwater::checksum::checksum;
use highwater::limits::BLOCK_BYTES;

/// Bytes of one change: where in the log, what is flipped there, and whether the block is sealed
/// again.
const CHANGE_BYTES: usize = 5;

/// Changes a small log as the bytes say, so that its blocks, records and headers are anything with
/// right checksums or wrong ones, and recovers it; tells whether it was taken.
///
/// # Panics
/// When it is taken and is no sound book.
pub fn judge_log(bytes: &[u8]) -> bool {
    let (seed, changes) = bytes.split_first().unwrap_or((&0, &[]));
    let LogBuilder { log, .. } = log_builder::random_log(u64::from(*seed));
    let (first, last) = log.with_disk(|disk| disk.range()).expect("it has segments");
    for change in changes.chunks_exact(CHANGE_BYTES) {
        let [segment, low, high, flipped, seals] = change else { continue };
        let segment = first + u64::from(*segment) % (last - first + 1);
        log.edit(segment, |file| {
            // Half of the changes hit the heads of blocks, where lengths and numbers stand.
            let reach = if seals & 2 == 0 { file.len() } else { 96 };
            let at = usize::from(u16::from_le_bytes([*low, *high])) % reach;
            let block = usize::from(seals >> 2) * BLOCK_BYTES % file.len();
            let at = if seals & 2 == 0 { at } else { block + at };
            file[at] ^= flipped;
            if seals & 1 == 1 {
                seal(&mut file[at / BLOCK_BYTES * BLOCK_BYTES..][..BLOCK_BYTES]);
            }
        });
    }
    match log_builder::recovered(&log) {
        Ok(recovered) => {
            assert_eq!(recovered.check, Ok(()), "a log that is taken makes a sound book");
            true
        }
        Err(_) => false,
    }
}

/// Gives a block or header a right checksum, and each of its records too where they are found.
fn seal(block: &mut [u8]) {
    let mut at = 96;
    while let Some(length) = block.get(at + 4..at + 6) {
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let Some(record) = block.get_mut(at..at + length).filter(|record| record.len() >= 24)
        else {
            break;
        };
        let sum = checksum(&[&record[4..]]);
        record[..4].copy_from_slice(&sum.to_le_bytes());
        at += length;
    }
    let sum = checksum(&[&block[..4], &block[8..]]);
    block[4..8].copy_from_slice(&sum.to_le_bytes());
}
