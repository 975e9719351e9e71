//! A log file around whose calls a test does more, less, or something wrong.

use highwater::log_file::{LogFault, LogFile};
use highwater::types::{LogPosition, SegmentNumber};

/// What becomes of the calls of a log file: each is passed on unless a hook says otherwise.
pub trait LogHooks<F: LogFile> {
    /// A call of [`LogFile::sync_all`].
    ///
    /// # Errors
    /// The fault of the call.
    fn sync_all(&mut self, file: &mut F, from: SegmentNumber) -> Result<(), LogFault> {
        file.sync_all(from)
    }

    /// A call of [`LogFile::begin`].
    ///
    /// # Errors
    /// The fault of the call.
    fn begin(
        &mut self,
        file: &mut F,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        file.begin(segment, segment_bytes, header)
    }

    /// A call of [`LogFile::append`].
    ///
    /// # Errors
    /// The fault of the call.
    fn append(
        &mut self,
        file: &mut F,
        position: LogPosition,
        blocks: &[u8],
    ) -> Result<(), LogFault> {
        file.append(position, blocks)
    }

    /// A call of [`LogFile::sync`].
    ///
    /// # Errors
    /// The fault of the call.
    fn sync(&mut self, file: &mut F) -> Result<(), LogFault> {
        file.sync()
    }
}

/// A log file behind hooks.
#[derive(Debug)]
pub struct HookedLog<F, H> {
    /// The log file.
    pub file: F,
    /// What becomes of its calls.
    pub hooks: H,
}

impl<F: LogFile, H: LogHooks<F>> LogFile for HookedLog<F, H> {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        self.file.segments()
    }

    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        self.file.next_segment(after)
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        self.file.segment_bytes(segment)
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        self.file.read_at(segment, position, into)
    }

    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        self.hooks.sync_all(&mut self.file, from)
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        self.hooks.begin(&mut self.file, segment, segment_bytes, header)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.file.cut(segment, position)
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.hooks.append(&mut self.file, position, blocks)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        self.hooks.sync(&mut self.file)
    }
}
