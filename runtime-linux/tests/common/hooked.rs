//! Linux around whose calls a test does more, less, or something wrong.
#![expect(clippy::missing_errors_doc, reason = "a hook fails as the call that it stands for")]

use highwater_platform::{
    FileSystem, HostMemory, IoMode, MemoryWishes, Pinning, Platform, ProbeAccess, SegmentFile,
    Sharing, ThreadRole,
};
use runtime_linux::Linux;
use std::fmt;
use std::io;
use std::path::Path;

/// A file of Linux.
pub type LinuxFile = <Linux as Platform>::Segment;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is created.
    Created,
    /// It is there, and is written.
    Written,
    /// It is there, and is only read.
    Read,
    /// It is there, and commits are measured on it.
    Probed,
}

/// What becomes of the calls of Linux: each is passed on unless a hook says otherwise.
pub trait Hooks: Copy + fmt::Debug + Send + Sync + 'static {
    /// What is remembered of an open file.
    type Note: fmt::Debug + Send + 'static;

    /// A file is opened.
    fn open(
        self,
        opening: Opening,
        path: &Path,
        open: impl FnOnce() -> io::Result<LinuxFile>,
    ) -> io::Result<(LinuxFile, Self::Note)>;

    /// A file gets another name.
    fn rename(self, from: &Path, to: &Path) -> io::Result<()> {
        Linux.rename(from, to)
    }

    /// A file is removed.
    fn remove(self, path: &Path) -> io::Result<()> {
        Linux.remove(path)
    }

    /// A directory is synced.
    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        Linux.sync_directory(directory)
    }

    /// A file is read.
    fn read(self, file: &HookedFile<Self>, position: u64, into: &mut [u8]) -> io::Result<usize> {
        file.file.read_some_at(position, into)
    }

    /// Something is written to a file: at a position, or at its end.
    fn write(
        self,
        file: &HookedFile<Self>,
        position: Option<u64>,
        bytes: &[u8],
    ) -> io::Result<usize> {
        file.pass_on(position, bytes)
    }

    /// A file is synced.
    fn sync(self, file: &HookedFile<Self>) -> io::Result<()> {
        file.file.sync()
    }

    /// The length of a file is set or asked for, after this.
    fn before_length(self) -> io::Result<()> {
        Ok(())
    }
}

/// Linux behind hooks.
#[derive(Clone, Copy, Debug)]
pub struct Hooked<H>(pub H);

/// A file of it.
#[derive(Debug)]
pub struct HookedFile<H: Hooks> {
    /// The file of Linux.
    pub file: LinuxFile,
    /// What the hooks remember of it.
    pub note: H::Note,
    hooks: H,
}

impl<H: Hooks> HookedFile<H> {
    /// Writes to the file of Linux: at a position, or at its end.
    pub fn pass_on(&self, position: Option<u64>, bytes: &[u8]) -> io::Result<usize> {
        match position {
            Some(position) => self.file.write_some_at(position, bytes),
            None => self.file.append_some(bytes),
        }
    }
}

impl<H: Hooks> Hooked<H> {
    fn opened(
        self,
        opening: Opening,
        path: &Path,
        open: impl FnOnce() -> io::Result<LinuxFile>,
    ) -> io::Result<HookedFile<H>> {
        let (file, note) = self.0.open(opening, path, open)?;
        Ok(HookedFile { file, note, hooks: self.0 })
    }
}

impl<H: Hooks> Platform for Hooked<H> {
    type Segment = HookedFile<H>;
    type Lock = <Linux as Platform>::Lock;

    const DIRECT_NOTE: &'static str = Linux::DIRECT_NOTE;
    const APPEND_NOTE: &'static str = Linux::APPEND_NOTE;
    const DIRECT_NAME: &'static str = Linux::DIRECT_NAME;
    const SYNC_NAME: &'static str = Linux::SYNC_NAME;

    fn raise_open_files(self) -> io::Result<u64> {
        Linux.raise_open_files()
    }

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<HookedFile<H>> {
        self.opened(Opening::Created, path, || Linux.create_segment(path, io))
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<HookedFile<H>> {
        self.opened(Opening::Written, path, || Linux.open_segment(path, io))
    }

    fn open_to_read(self, path: &Path) -> io::Result<HookedFile<H>> {
        self.opened(Opening::Read, path, || Linux.open_to_read(path))
    }

    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<HookedFile<H>> {
        self.opened(Opening::Probed, path, || Linux.open_probe(path, access))
    }

    fn rename(self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        self.0.sync_directory(directory)
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

impl<H: Hooks> SegmentFile for HookedFile<H> {
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        self.hooks.read(self, position, into)
    }

    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        self.hooks.write(self, Some(position), bytes)
    }

    fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
        self.hooks.write(self, None, bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.hooks.sync(self)
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        self.hooks.before_length()?;
        self.file.set_length(length_bytes)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        self.hooks.before_length()?;
        self.file.length_bytes()
    }

    fn drop_cached(&self) {
        self.file.drop_cached();
    }

    fn drop_cached_part(&self, position: u64, length_bytes: u64) {
        self.file.drop_cached_part(position, length_bytes);
    }
}
