//! A log in memory of a fixed size: its segments lie side by side in one slice of bytes.

use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};

/// ENOSPC: the memory is full.
const FULL: i32 = 28;
/// EINVAL: the core asked for what the trait rules out.
const INVALID: i32 = 22;

/// The segments of one log; all are of one size. Nothing in here allocates.
#[derive(Debug)]
pub(crate) struct MemoryLog<'m> {
    bytes: &'m mut [u8],
    segment_bytes: usize,
    segment_count: usize,
}

impl<'m> MemoryLog<'m> {
    /// A log without a segment in `bytes`, which are all zero.
    pub(crate) fn new(bytes: &'m mut [u8], segment_bytes: usize) -> Self {
        Self { bytes, segment_bytes, segment_count: 0 }
    }

    /// The bytes of all segments that exist, for whoever wants to look at them or to spoil them.
    pub(crate) fn written(&mut self) -> &mut [u8] {
        let end = self.segment_count * self.segment_bytes;
        self.bytes.get_mut(..end).unwrap_or_default()
    }

    /// The bytes of a segment from a position on; empty when it does not exist.
    fn segment(&mut self, segment: SegmentNumber, position: LogPosition) -> &mut [u8] {
        let segment_bytes = self.segment_bytes;
        let number = usize::try_from(segment.0).unwrap_or(0);
        let position = usize::try_from(position.0).unwrap_or(usize::MAX);
        if number == 0 || number > self.segment_count {
            return &mut [];
        }
        let mut segments = self.bytes.chunks_exact_mut(segment_bytes);
        let found = segments.nth(number - 1).unwrap_or_default();
        found.get_mut(position..).unwrap_or_default()
    }
}

impl LogFile for MemoryLog<'_> {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let last = SegmentNumber(self.segment_count as u64);
        Ok((self.segment_count > 0).then_some((SegmentNumber::FIRST, last)))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        let length = self.segment(segment, LogPosition(0)).len();
        Ok((length > 0).then_some(length as u64))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let there = self.segment(segment, position);
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    fn sync_all(&mut self, _: SegmentNumber) -> Result<(), LogFault> {
        Ok(())
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        let is_next = segment.0 == self.segment_count as u64 + 1;
        if !is_next || segment_bytes != self.segment_bytes as u64 {
            return Err(LogFault { operation: LogOperation::Begin, code: INVALID });
        }
        if self.bytes.len() < (self.segment_count + 1) * self.segment_bytes {
            return Err(LogFault { operation: LogOperation::Begin, code: FULL });
        }
        self.segment_count += 1;
        self.append(LogPosition(0), header)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        let mut number = segment;
        while number.0 <= self.segment_count as u64 {
            let from = if number == segment { position } else { LogPosition(0) };
            self.segment(number, from).fill(0);
            number = number.next();
        }
        let is_whole_segment = position.0 == 0;
        let kept = segment.0 - u64::from(is_whole_segment);
        self.segment_count = usize::try_from(kept).unwrap_or(0);
        Ok(())
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        let current = SegmentNumber(self.segment_count as u64);
        let Some(room) = self.segment(current, position).get_mut(..blocks.len()) else {
            return Err(LogFault { operation: LogOperation::Append, code: FULL });
        };
        room.copy_from_slice(blocks);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }
}
