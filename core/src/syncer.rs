//! The syncer: makes durable what the log writer appends, in the mode that syncs concurrently.
//!
//! It owns no file and reads no clock: its host hands it the sync of the segment that is written
//! and the time. In every other mode it is done at once.

use crate::log_file::LogFault;
use crate::stage::{Fault, Shared, Step};
use crate::sync_mode::{Exposure, SyncMode};
use crate::types::Sequence;

/// The stage that raises the high-water mark in [`SyncMode::Interval`].
#[derive(Debug)]
pub struct Syncer<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) mode: SyncMode,
    /// When something was first seen that is not durable, in nanoseconds of the host's clock.
    pub(crate) unsynced_since_ns: Option<u64>,
    pub(crate) fault: Option<LogFault>,
}

/// When a syncer is to be stepped again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncDue {
    /// As soon as this sequence has been appended.
    pub appended: Sequence,
    /// After this many nanoseconds at the latest; `None` when only an append makes a sync due.
    pub after_ns: Option<u64>,
}

impl Syncer<'_> {
    /// Syncs when it is due: half of the exposure has gathered, the oldest of it has waited long
    /// enough, somebody asked, or the log writer is done. `now_ns` is the host's monotonic clock.
    ///
    /// `sync` makes everything durable that was appended when it was called. Done after the last
    /// sync behind the last append, and after a fault.
    ///
    /// # Errors
    /// The first fault of `sync`, and the same one ever after: it is never called again.
    pub fn step(
        &mut self,
        now_ns: u64,
        sync: &mut impl FnMut() -> Result<(), LogFault>,
    ) -> Result<Step, LogFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let exposure = match self.mode {
            SyncMode::Interval(exposure) => exposure,
            SyncMode::Full | SyncMode::Group(_) | SyncMode::Checkpoint | SyncMode::Off => {
                return Ok(Step::Done);
            }
        };
        if self.shared.halt.is_faulted() {
            return Ok(Step::Done);
        }
        // Read before what was appended: nothing is appended once the log writer is done.
        let no_more = self.shared.log_writer_done.is_set();
        let appended = self.shared.appended.get();
        if !no_more && !self.is_due(now_ns, appended, exposure) {
            return Ok(Step::Idle);
        }
        sync().inspect_err(|fault| {
            self.fault = Some(*fault);
            self.shared.halt.fault(Fault::Log(*fault));
        })?;
        self.unsynced_since_ns = None;
        self.shared.durable.raise(appended);
        if no_more {
            self.shared.syncer_done.set();
            return Ok(Step::Done);
        }
        Ok(Step::Worked(1))
    }

    /// When to step it again after a step that was idle at `now_ns`, on the host's monotonic clock,
    /// or a little before. A wish for a sync is not foreseen: whoever wishes has it stepped.
    pub fn due(&self, now_ns: u64) -> SyncDue {
        let durable = self.shared.durable.get();
        let (SyncMode::Interval(exposure), Some(since_ns)) = (self.mode, self.unsynced_since_ns)
        else {
            return SyncDue { appended: durable.next(), after_ns: None };
        };
        let half = exposure.count.get().div_ceil(2);
        let waited_ns = now_ns.saturating_sub(since_ns);
        SyncDue {
            appended: Sequence(durable.0.saturating_add(half)),
            after_ns: Some(exposure.every_ns.saturating_sub(waited_ns)),
        }
    }

    fn is_due(&mut self, now_ns: u64, appended: Sequence, exposure: Exposure) -> bool {
        let durable = self.shared.durable.get();
        let unsynced = appended.0.saturating_sub(durable.0);
        if unsynced == 0 {
            self.unsynced_since_ns = None;
            return false;
        }
        let since_ns = *self.unsynced_since_ns.get_or_insert(now_ns);
        unsynced >= exposure.count.get().div_ceil(2)
            || now_ns.saturating_sub(since_ns) >= exposure.every_ns
            || self.shared.sync_wanted.is_beyond(durable)
    }
}
