//! A log file during whose syncs a maker of snapshots goes on next to its engine.

use crate::hooked_log::LogHooks;
use crate::maker::Maker;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::stage::Shared;
use std::cell::RefCell;

/// Who works while a log file syncs.
#[derive(Debug)]
pub struct ConcurrentMaker<'a, 'm> {
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

impl<F: LogFile> LogHooks<F> for ConcurrentMaker<'_, '_> {
    fn sync(&mut self, file: &mut F) -> Result<(), LogFault> {
        let step_count = self.maker.borrow_mut().as_mut().map_or(0, Maker::steps_during_sync);
        (0..step_count).for_each(|_| step_maker(self.maker, self.shared));
        if is_crashed(self.maker) {
            return Err(LogFault { operation: LogOperation::Sync, code: 0 });
        }
        file.sync()
    }
}
