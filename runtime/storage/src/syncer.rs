//! The side of a log that syncs what the log writer appends, on a thread of its own.

use super::counters::LogCounters;
use super::error::fault_of;
use super::layout::Layout;
use highwater::log_file::{LogFault, LogOperation};
use highwater::types::SegmentNumber;
use highwater_platform::{Platform, SegmentFile};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Which segment the log writer appends to, and whether syncing it failed: what the two sides tell
/// each other.
#[derive(Debug, Default)]
pub(super) struct WrittenSegment {
    number: AtomicU64,
    fault: OnceLock<LogFault>,
}

impl WrittenSegment {
    /// The log writer appends to this segment from now on; everything before it is durable, or is
    /// synced by the log writer.
    pub(super) fn is(&self, segment: SegmentNumber) {
        self.number.store(segment.0, Ordering::Release);
    }

    /// The fault of a sync, if there was one: nothing may be written after it.
    pub(super) fn fault(&self) -> Option<LogFault> {
        self.fault.get().copied()
    }
}

/// Syncs the segment that is written, for the engine's syncer. It has a file descriptor of its own:
/// a sync makes the file durable, whoever wrote it.
#[derive(Debug)]
pub struct LogSyncer<P: Platform> {
    platform: P,
    layout: Layout,
    written: Arc<WrittenSegment>,
    counters: Arc<LogCounters>,
    open: Option<(SegmentNumber, P::Segment)>,
}

impl<P: Platform> LogSyncer<P> {
    pub(super) fn new(
        platform: P,
        layout: Layout,
        written: Arc<WrittenSegment>,
        counters: Arc<LogCounters>,
    ) -> Self {
        Self { platform, layout, written, counters, open: None }
    }

    /// Makes everything durable that was appended to the segment that is written.
    ///
    /// # Errors
    /// The fault of syncing; the log writer appends nothing any more, and nothing is synced again.
    pub fn sync(&mut self) -> Result<(), LogFault> {
        if let Some(fault) = self.written.fault() {
            return Err(fault);
        }
        let from_ns = self.platform.monotonic_ns();
        fault_of(LogOperation::Sync, self.sync_written()).inspect_err(|fault| {
            self.written.fault.get_or_init(|| *fault);
        })?;
        self.counters.synced(self.platform.monotonic_ns() - from_ns);
        Ok(())
    }

    fn sync_written(&mut self) -> io::Result<()> {
        let segment = SegmentNumber(self.written.number.load(Ordering::Acquire));
        let (number, file) = match self.open.take() {
            Some((number, file)) if number == segment => (number, file),
            Some(_) | None => (segment, self.platform.open_to_read(&self.layout.segment(segment))?),
        };
        let synced = file.sync();
        self.open = Some((number, file));
        synced
    }
}
