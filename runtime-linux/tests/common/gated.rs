//! Linux with a gate before every sync: it can be held, fail, or panic.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use highwater_platform::{
    FileSystem, HostMemory, IoMode, MemoryWishes, Pinning, Platform, ProbeAccess, SegmentFile,
    Sharing, ThreadRole,
};
use runtime_linux::Linux;
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
#[derive(Clone, Copy, Debug)]
pub struct Gated(&'static (Mutex<Gate>, Condvar));

/// A file of it.
#[derive(Debug)]
pub struct GatedFile(<Linux as Platform>::Segment, Gated);

impl Gated {
    /// A platform whose gate is open.
    pub fn open() -> Self {
        Self(Box::leak(Box::new((Mutex::new(Gate::Open), Condvar::new()))))
    }

    /// Sets the gate, for syncs that wait before it too.
    pub fn set(self, gate: Gate) {
        *self.0.0.lock().unwrap() = gate;
        self.0.1.notify_all();
    }

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

impl Platform for Gated {
    type Segment = GatedFile;
    type Lock = <Linux as Platform>::Lock;

    const DIRECT_NOTE: &'static str = Linux::DIRECT_NOTE;
    const APPEND_NOTE: &'static str = Linux::APPEND_NOTE;
    const DIRECT_NAME: &'static str = Linux::DIRECT_NAME;
    const SYNC_NAME: &'static str = Linux::SYNC_NAME;

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<GatedFile> {
        Linux.create_segment(path, io).map(|file| GatedFile(file, self))
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<GatedFile> {
        Linux.open_segment(path, io).map(|file| GatedFile(file, self))
    }

    fn open_to_read(self, path: &Path) -> io::Result<GatedFile> {
        Linux.open_to_read(path).map(|file| GatedFile(file, self))
    }

    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<GatedFile> {
        Linux.open_probe(path, access).map(|file| GatedFile(file, self))
    }

    fn free_bytes(self, path: &Path) -> io::Result<u64> {
        Linux.free_bytes(path)
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        Linux.sync_directory(directory)
    }

    fn file_system(self, path: &Path) -> io::Result<FileSystem> {
        Linux.file_system(path)
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

impl SegmentFile for GatedFile {
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_some_at(position, into)
    }

    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_some_at(position, bytes)
    }

    fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.append_some(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.1.pass()?;
        self.0.sync()
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        self.0.set_length(length_bytes)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        self.0.length_bytes()
    }

    fn drop_cached(&self) {
        self.0.drop_cached();
    }

    fn drop_cached_part(&self, position: u64, length_bytes: u64) {
        self.0.drop_cached_part(position, length_bytes);
    }
}
