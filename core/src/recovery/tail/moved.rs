//! Whole blocks and headers at any place of a file: what stands behind a break need not stand where
//! it was written to.
//!
//! No crash moves a block, but people and file systems do: they drop, double or swap parts of a
//! file, and not always whole blocks of it.

use super::is_blank;
use crate::block::{Durable, confirmed_by};
use crate::limits::BLOCK_BYTES;
use crate::segment::intact_header;
use crate::types::LogId;

/// What the magic of blocks and that of headers begin with.
const MAGIC_FRONT: &[u8] = b"HW";

/// The last two blocks of a file that is read from its front to its end, so that what begins in one
/// of them and ends in the other is found: 8 KiB, which recovery takes of the stack.
pub(super) struct Window {
    bytes: [u8; 2 * BLOCK_BYTES],
    /// Whether all of the first half is zeros, and whether all of the second.
    are_blank: [bool; 2],
}

impl Window {
    /// A window in front of the first block.
    #[expect(clippy::large_stack_arrays, reason = "the core has no other memory for it")]
    pub(super) const fn new() -> Self {
        Self { bytes: [0; 2 * BLOCK_BYTES], are_blank: [true; 2] }
    }

    /// Moves on by one block, of which the file may hold only the front. Zeros cost next to
    /// nothing: a tail is zeros mostly.
    pub(super) fn push(&mut self, block: &[u8]) {
        let (former, latter) = self.bytes.split_at_mut(BLOCK_BYTES);
        if self.are_blank != [true; 2] {
            former.copy_from_slice(latter);
        }
        let [_, is_former_blank] = self.are_blank;
        self.are_blank = [is_former_blank, is_blank(block)];
        if self.are_blank != [true; 2] {
            latter.fill(0);
            latter.iter_mut().zip(block).for_each(|(into, byte)| *into = *byte);
        }
    }

    /// Hands `take_evidence` what the blocks and headers confirm that are whole and end in the
    /// second half: those of this log, or of any when `log_id` is `None`.
    pub(super) fn each_durable<E>(
        &self,
        log_id: Option<LogId>,
        take_evidence: impl FnMut(Durable) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.are_blank == [true; 2] {
            return Ok(());
        }
        let begins = 1..=BLOCK_BYTES;
        let durables = begins.filter_map(|begin| {
            let block = self.bytes.get(begin..begin + BLOCK_BYTES)?;
            if !block.starts_with(MAGIC_FRONT) {
                return None;
            }
            confirmed_by(block, log_id).or_else(|| {
                let header = intact_header(block, log_id)?;
                let (sequence, number) = (header.durable_sequence, header.durable_number);
                Some(Durable { sequence, number })
            })
        });
        { durables }.try_for_each(take_evidence)
    }
}
