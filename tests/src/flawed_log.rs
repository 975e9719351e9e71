//! Log files that break a promise on purpose, to prove that the trials notice.

use crate::sim_log::SimLog;
use highwater::log_file::{LogFault, LogFile};
use highwater::types::{LogPosition, SegmentNumber};

/// What a flawed log file does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    Nothing,
    /// A sync reports success and does nothing.
    SyncLies,
    /// A failed sync is tried again.
    SyncsAgain,
    /// A segment is begun without syncing the directory.
    ForgetsDirectory,
    /// A segment that is full is called synced, and is not.
    SealsUnsynced,
    /// Recovery reads what the last process left in memory only.
    RecoversUnsynced,
}

/// A simulated log behind a flaw.
#[derive(Debug)]
pub struct FlawedLog {
    /// The log.
    pub log: SimLog,
    /// The flaw.
    pub flaw: Flaw,
}

impl LogFile for FlawedLog {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        self.log.segments()
    }

    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        self.log.next_segment(after)
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        self.log.segment_bytes(segment)
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        self.log.read_at(segment, position, into)
    }

    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        if self.flaw == Flaw::RecoversUnsynced { Ok(()) } else { self.log.sync_all(from) }
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        self.log.begin(segment, segment_bytes, header)?;
        if self.flaw == Flaw::ForgetsDirectory {
            self.log.with_disk(|disk| disk.unname(segment.0));
        }
        Ok(())
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.log.cut(segment, position)
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.log.append(position, blocks)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        match self.flaw {
            Flaw::SyncLies => Ok(()),
            Flaw::SyncsAgain => self.log.sync().or_else(|_| self.log.sync()),
            Flaw::SealsUnsynced if self.log.is_full() => Ok(()),
            Flaw::Nothing
            | Flaw::ForgetsDirectory
            | Flaw::SealsUnsynced
            | Flaw::RecoversUnsynced => self.log.sync(),
        }
    }
}
