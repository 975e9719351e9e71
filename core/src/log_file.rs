//! What the core needs of the files that hold a log; the host implements it, tests fake it.
//!
//! The core decides what is written where and when; an implementation only moves bytes. It never
//! retries a failed append or sync and never reports as done what may not be.

use crate::types::{LogPosition, SegmentNumber};
use core::fmt;

/// The segment files of one log.
///
/// A log is written by one [`LogWriter`](crate::log_writer::LogWriter) at a time and read by
/// [`recovery`](crate::recovery). Buffers are whole blocks; a host that needs aligned memory gets
/// it by giving the core aligned buffers.
pub trait LogFile {
    /// Numbers of the first and the last segment that exist; `None` when there is none.
    ///
    /// # Errors
    /// The fault of listing them.
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault>;

    /// Number of the first segment behind `after` that exists; `None` when there is none. Whoever
    /// walks the segments walks this listing: numbers in between cost nothing, however many there
    /// are.
    ///
    /// What is provided asks for the number that follows, and where that one is missing calls the
    /// last segment the next: enough to find a gap, not to list what stands behind it.
    ///
    /// # Errors
    /// The fault of listing them.
    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        let Some(following) = after.0.checked_add(1).map(SegmentNumber) else {
            return Ok(None);
        };
        if self.segment_bytes(following)?.is_some() {
            return Ok(Some(following));
        }
        let last = self.segments()?.map(|(_, last)| last);
        Ok(last.filter(|last| *last > after))
    }

    /// Length of a segment in bytes as it can be read now; `None` when it does not exist.
    ///
    /// # Errors
    /// The fault of asking for it.
    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault>;

    /// Reads from `position` until `into` is full or the segment ends; returns how many bytes were
    /// read.
    ///
    /// # Errors
    /// The fault of reading; a segment that does not exist is one.
    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault>;

    /// Makes everything durable that can be read now of the segment `from` and of those behind it:
    /// recovery calls it before it reads them, because what a process wrote and did not live to
    /// sync is in the system's memory only. What is read of them afterwards is what the disk holds,
    /// not a copy that the system kept after a sync that failed.
    ///
    /// # Errors
    /// The fault of syncing any of the files or the directory.
    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault>;

    /// Hands `header` to the system as the first block of a new segment, and makes that the one
    /// that [`append`](Self::append) writes. Its number follows the last one's; its size is
    /// `segment_bytes` when full.
    ///
    /// Nothing is durable when it returns: the segment's name, its header and the blocks behind it
    /// become durable together, with the next [`sync`](Self::sync). A crash before that leaves the
    /// segment or not, and of its header and blocks any part, with zeros where nothing was written.
    /// A host prepares segments ahead so that this call does not wait.
    ///
    /// # Errors
    /// The fault of creating or writing it; the disk may be full.
    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault>;

    /// Drops everything from `position` of `segment` on, later segments too, durably, and makes
    /// `segment` the one that [`append`](Self::append) writes. With `position` 0 the segment itself
    /// is dropped. The last segment goes first, for good before the one in front of it: a crash in
    /// between leaves no segment that is missing before another, which recovery would refuse.
    ///
    /// # Errors
    /// The fault of writing or syncing.
    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault>;

    /// Hands whole blocks to the system, to stand at `position` of the current segment, right
    /// behind what is there.
    ///
    /// # Errors
    /// The fault of writing; a short write is one. The caller stops.
    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault>;

    /// Makes everything appended durable, headers of segments that were begun and blocks of earlier
    /// segments that were not synced included: when it returns, a power cut cannot take it away.
    ///
    /// # Errors
    /// The fault of syncing. The caller stops and never syncs again: the system may have dropped
    /// what it could not write and would report success.
    fn sync(&mut self) -> Result<(), LogFault>;
}

/// A borrowed log: its owner has it back when the borrower is done.
impl<F: LogFile> LogFile for &mut F {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        (**self).segments()
    }

    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        (**self).next_segment(after)
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        (**self).segment_bytes(segment)
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        (**self).read_at(segment, position, into)
    }

    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        (**self).sync_all(from)
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        (**self).begin(segment, segment_bytes, header)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        (**self).cut(segment, position)
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        (**self).append(position, blocks)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        (**self).sync()
    }
}

/// What was being done to a log file when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOperation {
    /// Opening or listing.
    Open,
    /// Reading.
    Read,
    /// Creating a segment, or preparing one ahead.
    Begin,
    /// Appending blocks.
    Append,
    /// Syncing.
    Sync,
    /// Dropping a torn tail.
    Cut,
}

/// A fault of the environment: an operation on a log file failed, and the engine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFault {
    /// What failed.
    pub operation: LogOperation,
    /// The system's error number; 0 when it gave none.
    pub code: i32,
}

impl LogOperation {
    /// The operation in words, to stand behind 'could not'.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Open => "open the log",
            Self::Read => "read the log",
            Self::Begin => "create a segment of the log",
            Self::Append => "append to the log",
            Self::Sync => "sync the log",
            Self::Cut => "cut the log's torn tail",
        }
    }
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {} (system error {})", self.operation.phrase(), self.code)
    }
}

impl core::error::Error for LogFault {}
