//! What the threads of one engine share besides its rings: its state, who sleeps, the snapshot lag.

use crate::lag::SnapshotLag;
use highwater::stage::{Fault, Shared};
use highwater::types::Sequence;
use highwater_platform::wakeup::Wakeups;
use std::fmt;
use std::sync::OnceLock;

/// What the threads of one engine share. It lives as long as the process, as the engine does.
#[derive(Debug)]
pub struct EngineContext {
    /// What the stages know of each other.
    pub shared: &'static Shared,
    /// Who sleeps and may be woken.
    pub wakeups: Wakeups,
    /// How far the log has grown since the newest snapshot.
    pub lag: SnapshotLag,
    watcher: OnceLock<&'static dyn Watcher>,
}

/// Is called when an engine ends or must stop, on one of the engine's threads.
pub trait Watcher: fmt::Debug + Sync {
    /// A thread of the engine has ended, by a panic too, or the engine has a fault.
    fn ended(&self);

    /// No snapshot can be made though commands are held for one: the engine is to stop cleanly.
    fn given_up(&self);
}

impl EngineContext {
    /// The context of the engine with this state; nothing is shared with another engine.
    pub fn new(shared: &'static Shared) -> &'static Self {
        Box::leak(Box::new(Self {
            shared,
            wakeups: Wakeups::default(),
            lag: SnapshotLag::default(),
            watcher: OnceLock::new(),
        }))
    }

    /// Calls this watcher from now on.
    ///
    /// # Panics
    /// If there is one already.
    pub fn watch(&self, watcher: &'static dyn Watcher) {
        assert!(self.watcher.set(watcher).is_ok(), "an engine has one watcher");
    }

    /// Asks that everything up to `sequence` be made durable now, in every mode.
    pub fn ask_sync(&self, sequence: Sequence) {
        self.shared.sync_wanted.ask(sequence);
        self.wakeups.wake_for_sync();
    }

    /// Something was appended: a thread that waits for so much is woken.
    pub(crate) fn appended(&self) {
        self.wakeups.sync.reach(self.shared.appended.get().0);
        self.wakeups.snapshot.reach(self.lag.appended());
        if self.lag.is_tight() {
            self.wakeups.sequencer.wake();
        }
    }

    /// No snapshot can be made though commands are held for one.
    pub(crate) fn given_up(&self) {
        self.wakeups.wake_all();
        if let Some(watcher) = self.watcher.get() {
            watcher.given_up();
        }
    }

    /// A thread has ended, or there is a fault: the others look.
    pub(crate) fn ended(&self) {
        self.wakeups.wake_all();
        if let Some(watcher) = self.watcher.get() {
            watcher.ended();
        }
    }
}

/// Stops the whole engine when its thread panics, and wakes the others when it ends: nobody waits
/// for a thread that is gone.
#[derive(Debug)]
pub(crate) struct ThreadGuard(pub(crate) &'static EngineContext);

impl Drop for ThreadGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.shared.halt.fault(Fault::StagePanicked);
        }
        self.0.ended();
    }
}
