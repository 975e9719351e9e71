//! Log files that break a promise on purpose, to prove that the trials notice.

use crate::hooked_log::LogHooks;
use crate::sim_log::SimLog;
use highwater::log_file::{LogFault, LogFile};
use highwater::types::SegmentNumber;

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

impl LogHooks<SimLog> for Flaw {
    fn sync_all(&mut self, log: &mut SimLog, from: SegmentNumber) -> Result<(), LogFault> {
        if *self == Self::RecoversUnsynced { Ok(()) } else { log.sync_all(from) }
    }

    fn begin(
        &mut self,
        log: &mut SimLog,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        log.begin(segment, segment_bytes, header)?;
        if *self == Self::ForgetsDirectory {
            log.with_disk(|disk| disk.unname(segment.0));
        }
        Ok(())
    }

    fn sync(&mut self, log: &mut SimLog) -> Result<(), LogFault> {
        match self {
            Self::SyncLies => Ok(()),
            Self::SyncsAgain => log.sync().or_else(|_| log.sync()),
            Self::SealsUnsynced if log.is_full() => Ok(()),
            Self::Nothing
            | Self::ForgetsDirectory
            | Self::SealsUnsynced
            | Self::RecoversUnsynced => log.sync(),
        }
    }
}
