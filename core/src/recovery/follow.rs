//! Following a log next to the engine that writes it: as far as is durable, and no further.

use super::scan::Walk;
use super::tail::Hole;
use super::visitor::Visitor;
use super::{Damage, RecoveryFault, Start};
use crate::block::Chain;
use crate::log_file::LogFile;
use crate::types::{LogPosition, SegmentNumber, Sequence};

/// Reads a log that is being written, block by block, and knows where it stands.
///
/// What is durable is whole, so it judges nothing: a block that is missing before the durable
/// sequence is damage, and what stands behind it is none of its business.
#[derive(Clone, Copy, Debug)]
pub struct Follower {
    start: Start,
    /// `None` before the log was first looked at.
    walk: Option<Walk>,
}

impl Follower {
    /// A follower that begins at `start`; one that begins at a snapshot hands on what comes behind
    /// it.
    pub const fn new(start: Start) -> Self {
        Self { start, walk: None }
    }

    /// Hands the records up to `until`, which is durable, to `visitor`, as far as they stand in
    /// blocks that end there or before; returns the last sequence that was handed on so far.
    ///
    /// To be called again when more is durable. A walk over history is long: a host that wants to
    /// do something else in between asks for a part of it at a time. `buffer` is scratch room of
    /// one or more whole blocks.
    ///
    /// # Errors
    /// What is wrong with the log before `until`, or the visitor's fault. After a fault of the
    /// visitor neither the follower nor what the visitor has filled is to be used again. After one
    /// of the files ([`RecoveryFault::Log`], `Corrupt`, `MissingSegment`, `ForeignSegment`) it
    /// stands behind the last whole block that was handed on, and may be asked again.
    ///
    /// # Panics
    /// When `buffer` is not one or more whole blocks.
    pub fn follow<F: LogFile, V: Visitor>(
        &mut self,
        file: &mut F,
        buffer: &mut [u8],
        visitor: &mut V,
        until: Sequence,
    ) -> Result<Sequence, RecoveryFault> {
        let Some(walk) = self.walk_in(file, buffer)? else {
            return if until == Sequence(0) {
                Ok(until)
            } else {
                Err(RecoveryFault::MissingSegment(SegmentNumber::FIRST))
            };
        };
        if let Some(Hole { segment, position }) = walk.follow(file, buffer, visitor, until)? {
            let damage = Damage::AcknowledgedGone(walk.chain.next_sequence);
            return Err(RecoveryFault::Corrupt { segment, position, damage });
        }
        Ok(walk.chain.last_sequence())
    }

    /// The walk, with the segments that there are now; `None` when there is no log.
    fn walk_in<F: LogFile>(
        &mut self,
        file: &mut F,
        buffer: &mut [u8],
    ) -> Result<Option<&mut Walk>, RecoveryFault> {
        match &mut self.walk {
            None => self.walk = Walk::begin(file, buffer, self.start)?,
            Some(walk) => {
                let range = file.segments()?;
                walk.last = range.map_or(SegmentNumber(0), |(_, last)| last);
            }
        }
        Ok(self.walk.as_mut())
    }

    /// Where the log stands behind the last block that was handed on: what a snapshot of a book
    /// that took its records says. `None` before the first segment's header was read.
    pub fn chain(&self) -> Option<Chain> {
        let chain = match (self.walk, self.start) {
            (Some(walk), _) => walk.chain,
            (None, Start::Snapshot(chain)) => chain,
            (None, Start::Beginning) => return None,
        };
        (chain.position > LogPosition(0)).then_some(chain)
    }
}
