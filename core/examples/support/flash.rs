//! A log in a static array of bytes: segments of one size, as flash would hold them.

use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};

const SEGMENT_BYTES: usize = 16 * 4_096;
const SEGMENT_COUNT: usize = 4;

/// The segments, and how many of them were begun.
pub(crate) struct Flash {
    bytes: [[u8; SEGMENT_BYTES]; SEGMENT_COUNT],
    begun: usize,
}

impl Flash {
    /// Size of a segment, in bytes.
    pub(crate) const SEGMENT_BYTES: u64 = SEGMENT_BYTES as u64;

    /// Empty flash.
    #[expect(clippy::large_stack_arrays, reason = "a static is made where it stays")]
    pub(crate) const fn new() -> Self {
        Self { bytes: [[0; SEGMENT_BYTES]; SEGMENT_COUNT], begun: 0 }
    }

    /// What a segment holds from a position on; nothing when it was not begun.
    fn from(&mut self, segment: SegmentNumber, position: LogPosition) -> &mut [u8] {
        let begun = self.bytes.get_mut(..self.begun).unwrap_or_default();
        let index = segment.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let (Some(index), Ok(position)) = (index, usize::try_from(position.0)) else {
            return &mut [];
        };
        begun.get_mut(index).and_then(|bytes| bytes.get_mut(position..)).unwrap_or_default()
    }

    fn write(&mut self, position: LogPosition, blocks: &[u8]) -> Option<()> {
        let current = SegmentNumber(self.begun as u64);
        self.from(current, position).get_mut(..blocks.len())?.copy_from_slice(blocks);
        Some(())
    }
}

impl LogFile for Flash {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let last = SegmentNumber(self.begun as u64);
        Ok((self.begun > 0).then_some((SegmentNumber::FIRST, last)))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        let is_begun = !self.from(segment, LogPosition(0)).is_empty();
        Ok(is_begun.then_some(Self::SEGMENT_BYTES))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let written = self.from(segment, position);
        let count = written.len().min(into.len());
        into[..count].copy_from_slice(&written[..count]);
        Ok(count)
    }

    fn sync_all(&mut self, _: SegmentNumber) -> Result<(), LogFault> {
        Ok(())
    }

    fn begin(&mut self, _: SegmentNumber, _: u64, header: &[u8]) -> Result<(), LogFault> {
        if self.begun == SEGMENT_COUNT {
            return Err(full(LogOperation::Begin));
        }
        self.begun += 1;
        self.write(LogPosition(0), header).ok_or(full(LogOperation::Begin))
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        for number in (segment.0..=self.begun as u64).rev() {
            let from = if number == segment.0 { position } else { LogPosition(0) };
            self.from(SegmentNumber(number), from).fill(0);
        }
        let kept = if position == LogPosition(0) { segment.0.saturating_sub(1) } else { segment.0 };
        self.begun = usize::try_from(kept).unwrap_or(SEGMENT_COUNT);
        Ok(())
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.write(position, blocks).ok_or(full(LogOperation::Append))
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }
}

/// ENOSPC.
const fn full(operation: LogOperation) -> LogFault {
    LogFault { operation, code: 28 }
}
