//! Linux, with every call that changes a file or a name written down, and some calls broken.

use crate::hooked::{Hooked, HookedFile, Hooks, LinuxFile, Opening};
use highwater_platform::{Platform, SegmentFile};
use runtime_linux::Linux;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

/// A call that succeeded, or what the test does meanwhile. Files are numbered as they are opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A file of this name came to be.
    Created(String, u64),
    /// A file that is there was opened.
    Opened(String, u64),
    /// Something was written to a file.
    Written(u64),
    /// A file was synced.
    Synced(u64),
    /// A file got the second name.
    Renamed(String, String),
    /// A file was removed.
    Removed(String),
    /// The directory was synced.
    DirectorySynced,
    /// A block of this segment was called durable.
    Acknowledged(u64),
}

impl Call {
    /// The name that came or went by it.
    pub fn name(&self) -> Option<&String> {
        match self {
            Self::Created(name, _) | Self::Removed(name) | Self::Renamed(_, name) => Some(name),
            Self::Opened(..)
            | Self::Written(_)
            | Self::Synced(_)
            | Self::DirectorySynced
            | Self::Acknowledged(_) => None,
        }
    }
}

/// What is wrong with the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Syncs of the directory are not done.
    ForgetsDirectorySyncs,
    /// Syncs of files that were created as spares, and are not yet segments, are not done.
    ForgetsSyncsOfSpares,
    /// Syncs of segments are not done.
    ForgetsSyncsOfSegments,
    /// The write or sync of this number, and every later one of its file, fails with this error.
    Fails(u64, i32),
    /// Every so many writes one is interrupted.
    Interrupts(u64),
    /// Every so many writes one stops half-way.
    Shortens(u64),
}

/// The platform; copies share their trace.
pub type Traced = Hooked<Trace>;

/// What was written down, and what is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Trace(&'static Mutex<State>);

/// What stands behind a trace's lock.
#[derive(Debug)]
pub struct State {
    flaw: Flaw,
    calls: Vec<Call>,
    opened_count: u64,
    /// Writes and syncs that were asked for.
    asked_count: u64,
}

impl Traced {
    /// The system with this flaw.
    pub fn new(flaw: Flaw) -> Self {
        let state = State { flaw, calls: Vec::new(), opened_count: 0, asked_count: 0 };
        Self(Trace(Box::leak(Box::new(Mutex::new(state)))))
    }

    /// Writes a call down.
    pub fn note(self, call: Call) {
        self.0.note(call);
    }

    /// What was written down.
    pub fn calls(self) -> Vec<Call> {
        self.0.state().calls.clone()
    }
}

impl Trace {
    fn note(self, call: Call) {
        self.state().calls.push(call);
    }

    fn state(self) -> MutexGuard<'static, State> {
        self.0.lock().unwrap()
    }

    /// Counts a write or sync; an error when it is to fail.
    fn ask(self) -> io::Result<u64> {
        let mut state = self.state();
        state.asked_count += 1;
        if let Flaw::Fails(at, code) = state.flaw
            && state.asked_count == at
        {
            return Err(io::Error::from_raw_os_error(code));
        }
        Ok(state.asked_count)
    }

    /// Whether the file of this number is a spare that is not yet a segment.
    fn is_spare(self, number: u64) -> bool {
        let calls = self.state().calls.clone();
        let is_ours =
            |call: &&Call| matches!(call, Call::Created(_, created) if *created == number);
        let Some(Call::Created(name, _)) = calls.iter().find(is_ours) else { return false };
        let is_named = |call: &Call| matches!(call, Call::Renamed(from, _) if from == name);
        has_extension(name, "spare") && !calls.iter().any(is_named)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Whether a file's name ends so.
pub fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

impl Hooks for Trace {
    /// The file's number; 0 for one that is only read.
    type Note = u64;

    fn open(
        self,
        opening: Opening,
        path: &Path,
        open: impl FnOnce() -> io::Result<LinuxFile>,
    ) -> io::Result<(LinuxFile, u64)> {
        let file = open()?;
        let call = match opening {
            Opening::Created => Call::Created,
            Opening::Written | Opening::Probed => Call::Opened,
            // Is not written down: the file keeps the number of who writes it.
            Opening::Read => return Ok((file, 0)),
        };
        let mut state = self.state();
        state.opened_count += 1;
        let number = state.opened_count;
        state.calls.push(call(name_of(path), number));
        Ok((file, number))
    }

    fn rename(self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        Linux.rename(from, to)?;
        state.calls.push(Call::Renamed(name_of(from), name_of(to)));
        Ok(())
    }

    fn remove(self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        Linux.remove(path)?;
        state.calls.push(Call::Removed(name_of(path)));
        Ok(())
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        if self.state().flaw == Flaw::ForgetsDirectorySyncs {
            return Ok(());
        }
        // Names that come while it is under way are not counted as durable.
        let mut state = self.state();
        Linux.sync_directory(directory)?;
        state.calls.push(Call::DirectorySynced);
        Ok(())
    }

    /// Writes as the flaw allows, and writes that down.
    fn write(
        self,
        file: &HookedFile<Self>,
        position: Option<u64>,
        bytes: &[u8],
    ) -> io::Result<usize> {
        let count = self.ask()?;
        let flaw = self.state().flaw;
        let mut length = bytes.len();
        if let Flaw::Interrupts(every) = flaw
            && count.is_multiple_of(every)
        {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if let Flaw::Shortens(every) = flaw
            && count.is_multiple_of(every)
            && length >= 8_192
        {
            // Whole blocks, which direct I/O takes on.
            length = length / 8_192 * 4_096;
        }
        // Before it is done: a sync that runs beside it may miss it.
        self.note(Call::Written(file.note));
        file.pass_on(position, &bytes[..length])
    }

    fn sync(self, file: &HookedFile<Self>) -> io::Result<()> {
        self.ask()?;
        let flaw = self.state().flaw;
        let is_spare = self.is_spare(file.note);
        if (flaw == Flaw::ForgetsSyncsOfSpares && is_spare)
            || (flaw == Flaw::ForgetsSyncsOfSegments && !is_spare)
        {
            return Ok(());
        }
        file.file.sync()?;
        self.note(Call::Synced(file.note));
        Ok(())
    }
}
