//! Linux, with every call that changes a file or a name written down, and some calls broken.

use highwater_platform::{
    FileSystem, HostMemory, IoMode, MemoryWishes, Pinning, Platform, ProbeAccess, SegmentFile,
    Sharing, ThreadRole,
};
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
#[derive(Clone, Copy, Debug)]
pub struct Traced(&'static Mutex<State>);

#[derive(Debug)]
struct State {
    flaw: Flaw,
    calls: Vec<Call>,
    opened_count: u64,
    /// Writes and syncs that were asked for.
    asked_count: u64,
}

/// A file of it.
#[derive(Debug)]
pub struct TracedFile {
    file: <Linux as Platform>::Segment,
    number: u64,
    platform: Traced,
}

impl Traced {
    /// The system with this flaw.
    pub fn new(flaw: Flaw) -> Self {
        let state = State { flaw, calls: Vec::new(), opened_count: 0, asked_count: 0 };
        Self(Box::leak(Box::new(Mutex::new(state))))
    }

    /// Writes a call down.
    pub fn note(self, call: Call) {
        self.state().calls.push(call);
    }

    /// What was written down.
    pub fn calls(self) -> Vec<Call> {
        self.state().calls.clone()
    }

    fn state(self) -> MutexGuard<'static, State> {
        self.0.lock().unwrap()
    }

    fn file(self, file: <Linux as Platform>::Segment, call: impl Fn(u64) -> Call) -> TracedFile {
        let mut state = self.state();
        state.opened_count += 1;
        let number = state.opened_count;
        state.calls.push(call(number));
        TracedFile { file, number, platform: self }
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
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// Whether a file's name ends so.
pub fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

impl Platform for Traced {
    type Segment = TracedFile;
    type Lock = <Linux as Platform>::Lock;

    const DIRECT_NOTE: &'static str = Linux::DIRECT_NOTE;
    const APPEND_NOTE: &'static str = Linux::APPEND_NOTE;
    const DIRECT_NAME: &'static str = Linux::DIRECT_NAME;
    const SYNC_NAME: &'static str = Linux::SYNC_NAME;

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<TracedFile> {
        let file = Linux.create_segment(path, io)?;
        Ok(self.file(file, |number| Call::Created(name_of(path), number)))
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<TracedFile> {
        let file = Linux.open_segment(path, io)?;
        Ok(self.file(file, |number| Call::Opened(name_of(path), number)))
    }

    /// Is not written down: the file keeps the number of who writes it.
    fn open_to_read(self, path: &Path) -> io::Result<TracedFile> {
        Ok(TracedFile { file: Linux.open_to_read(path)?, number: 0, platform: self })
    }

    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<TracedFile> {
        let file = Linux.open_probe(path, access)?;
        Ok(self.file(file, |number| Call::Opened(name_of(path), number)))
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

    fn file_system(self, path: &Path) -> io::Result<FileSystem> {
        Linux.file_system(path)
    }

    fn free_bytes(self, path: &Path) -> io::Result<u64> {
        Linux.free_bytes(path)
    }

    fn lock(self, path: &Path, sharing: Sharing) -> io::Result<Option<Self::Lock>> {
        Linux.lock(path, sharing)
    }

    fn zeroed_memory(self, bytes: usize, wishes: MemoryWishes) -> io::Result<HostMemory> {
        Linux.zeroed_memory(bytes, wishes)
    }

    fn random(self) -> io::Result<[u8; 16]> {
        Linux.random()
    }

    fn pin_thread(self, role: ThreadRole, pinning: Pinning) -> bool {
        Linux.pin_thread(role, pinning)
    }
}

impl TracedFile {
    /// Writes as the flaw allows, and writes that down.
    fn written(
        &self,
        length: usize,
        write: impl FnOnce(usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let count = self.platform.ask()?;
        let flaw = self.platform.state().flaw;
        let mut length = length;
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
        self.platform.note(Call::Written(self.number));
        write(length)
    }

    fn is_spare(&self) -> bool {
        let calls = self.platform.calls();
        let is_ours =
            |call: &&Call| matches!(call, Call::Created(_, number) if *number == self.number);
        let Some(Call::Created(name, _)) = calls.iter().find(is_ours) else { return false };
        let is_named = |call: &Call| matches!(call, Call::Renamed(from, _) if from == name);
        has_extension(name, "spare") && !calls.iter().any(is_named)
    }
}

impl SegmentFile for TracedFile {
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        self.file.read_some_at(position, into)
    }

    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        self.written(bytes.len(), |length| self.file.write_some_at(position, &bytes[..length]))
    }

    fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
        self.written(bytes.len(), |length| self.file.append_some(&bytes[..length]))
    }

    fn sync(&self) -> io::Result<()> {
        self.platform.ask()?;
        let flaw = self.platform.state().flaw;
        let is_spare = self.is_spare();
        if (flaw == Flaw::ForgetsSyncsOfSpares && is_spare)
            || (flaw == Flaw::ForgetsSyncsOfSegments && !is_spare)
        {
            return Ok(());
        }
        self.file.sync()?;
        self.platform.note(Call::Synced(self.number));
        Ok(())
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        self.file.set_length(length_bytes)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        self.file.length_bytes()
    }

    fn drop_cached(&self) {
        self.file.drop_cached();
    }

    fn drop_cached_part(&self, position: u64, length_bytes: u64) {
        self.file.drop_cached_part(position, length_bytes);
    }
}
