//! A log file during whose syncs a maker of snapshots goes on next to its engine.

use crate::maker::Maker;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::stage::Shared;
use highwater::types::{LogPosition, SegmentNumber};
use std::cell::RefCell;

/// A log file, and who works while it syncs.
#[derive(Debug)]
pub struct ConcurrentMaker<'a, 'm, F> {
    /// The log file.
    pub file: F,
    /// The maker, if there is one.
    pub maker: &'a RefCell<Option<Maker<'m>>>,
    /// What the maker knows of the engine.
    pub shared: &'a Shared,
}

/// Steps a maker, if there is one.
pub fn step_maker(maker: &RefCell<Option<Maker<'_>>>, shared: &Shared) {
    if let Some(maker) = maker.borrow_mut().as_mut() {
        maker.step(shared.durable.get(), shared.appended.get());
    }
}

/// Whether the process has met its end in a step of the maker.
pub fn is_crashed(maker: &RefCell<Option<Maker<'_>>>) -> bool {
    maker.borrow().as_ref().is_some_and(Maker::is_crashed)
}

impl<F: LogFile> LogFile for ConcurrentMaker<'_, '_, F> {
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
        self.file.sync_all(from)
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        self.file.begin(segment, segment_bytes, header)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.file.cut(segment, position)
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.file.append(position, blocks)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        let step_count = self.maker.borrow_mut().as_mut().map_or(0, Maker::steps_during_sync);
        (0..step_count).for_each(|_| step_maker(self.maker, self.shared));
        if is_crashed(self.maker) {
            return Err(LogFault { operation: LogOperation::Sync, code: 0 });
        }
        self.file.sync()
    }
}
