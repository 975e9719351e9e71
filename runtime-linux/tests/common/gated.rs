//! Linux with a gate before every sync: it can be held, fail, or panic.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use crate::hooked::{Hooked, HookedFile, Hooks, LinuxFile, Opening};
use highwater_platform::SegmentFile;
use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex};

/// What becomes of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It is done.
    Open,
    /// It waits until the gate is set otherwise.
    Held,
    /// It fails.
    Fails,
    /// It panics.
    Panics,
}

/// The platform; each has a gate of its own.
pub type Gated = Hooked<SyncGate>;

/// The gate, and who waits for a change of it.
#[derive(Clone, Copy, Debug)]
pub struct SyncGate(&'static (Mutex<Gate>, Condvar));

impl Gated {
    /// A platform whose gate is open.
    pub fn open() -> Self {
        Self(SyncGate(Box::leak(Box::new((Mutex::new(Gate::Open), Condvar::new())))))
    }

    /// Sets the gate, for syncs that wait before it too.
    pub fn set(self, gate: Gate) {
        let (current, changed) = self.0.0;
        *current.lock().unwrap() = gate;
        changed.notify_all();
    }
}

impl SyncGate {
    fn pass(self) -> io::Result<()> {
        let (gate, changed) = self.0;
        let gate = *changed.wait_while(gate.lock().unwrap(), |gate| *gate == Gate::Held).unwrap();
        match gate {
            Gate::Open => Ok(()),
            Gate::Held => unreachable!("it was waited for"),
            Gate::Fails => Err(io::Error::from_raw_os_error(5)),
            Gate::Panics => panic!("a sync that panics, as the test wants it"),
        }
    }
}

impl Hooks for SyncGate {
    type Note = ();

    fn open(
        self,
        _: Opening,
        _: &Path,
        open: impl FnOnce() -> io::Result<LinuxFile>,
    ) -> io::Result<(LinuxFile, ())> {
        Ok((open()?, ()))
    }

    fn sync(self, file: &HookedFile<Self>) -> io::Result<()> {
        self.pass()?;
        file.file.sync()
    }
}
