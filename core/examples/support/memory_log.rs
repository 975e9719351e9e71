//! A log in memory: what an implementation of `LogFile` has to do, without a file system.

use highwater::log_file::{LogFault, LogFile};
use highwater::types::{LogPosition, SegmentNumber};

/// A log in memory: its segments, each as long as what was written.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    /// From number 1 on.
    pub(crate) segments: Vec<Vec<u8>>,
}

impl MemoryLog {
    fn segment(&mut self, segment: SegmentNumber) -> &mut Vec<u8> {
        &mut self.segments[index_of(segment.0) - 1]
    }
}

impl LogFile for MemoryLog {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let last = SegmentNumber(self.segments.len() as u64);
        Ok((last >= SegmentNumber::FIRST).then_some((SegmentNumber::FIRST, last)))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        Ok(self.segments.get(index_of(segment.0) - 1).map(|bytes| bytes.len() as u64))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let written = self.segment(segment).get(index_of(position.0)..).unwrap_or_default();
        let count = written.len().min(into.len());
        into[..count].copy_from_slice(&written[..count]);
        Ok(count)
    }

    fn sync_all(&mut self, _: SegmentNumber) -> Result<(), LogFault> {
        Ok(())
    }

    fn begin(&mut self, _: SegmentNumber, _: u64, header: &[u8]) -> Result<(), LogFault> {
        self.segments.push(header.to_vec());
        Ok(())
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.segments.truncate(index_of(segment.0));
        self.segment(segment).truncate(index_of(position.0));
        if position.0 == 0 {
            self.segments.pop();
        }
        Ok(())
    }

    fn append(&mut self, _: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.segments.last_mut().expect("a segment was begun").extend_from_slice(blocks);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        Ok(())
    }
}

fn index_of(number: u64) -> usize {
    usize::try_from(number).expect("what lies in memory has an index")
}
