//! A platform that only knows its threads: it has them watched from when they are pinned.

use crate::counting::watch;
use highwater_platform::{
    FileSystem, HostMemory, IoMode, MemoryWishes, Pinning, Platform, ProbeAccess, SegmentFile,
    Sharing, ThreadRole,
};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicU64;

/// Allocations of the threads of each role since they were pinned.
pub(crate) static ALLOCATED: [AtomicU64; ThreadRole::COUNT] =
    [const { AtomicU64::new(0) }; ThreadRole::COUNT];

/// No files, no locks, no memory; the standard library's clock and sleep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watching;

/// A file that there is none of.
#[derive(Debug)]
pub(crate) enum NoFile {}

fn unsupported<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}

impl Platform for Watching {
    type Segment = NoFile;
    type Lock = ();

    const DIRECT_NOTE: &'static str = "";
    const APPEND_NOTE: &'static str = "";
    const DIRECT_NAME: &'static str = "";
    const SYNC_NAME: &'static str = "";

    fn create_segment(self, _: &Path, _: IoMode) -> io::Result<NoFile> {
        unsupported()
    }

    fn open_segment(self, _: &Path, _: IoMode) -> io::Result<NoFile> {
        unsupported()
    }

    fn open_to_read(self, _: &Path) -> io::Result<NoFile> {
        unsupported()
    }

    fn open_probe(self, _: &Path, _: ProbeAccess) -> io::Result<NoFile> {
        unsupported()
    }

    fn free_bytes(self, _: &Path) -> io::Result<u64> {
        unsupported()
    }

    fn sync_directory(self, _: &Path) -> io::Result<()> {
        unsupported()
    }

    fn file_system(self, _: &Path) -> io::Result<FileSystem> {
        unsupported()
    }

    fn lock(self, _: &Path, _: Sharing) -> io::Result<Option<()>> {
        unsupported()
    }

    fn raise_open_files(self) -> io::Result<u64> {
        unsupported()
    }

    fn zeroed_memory(self, _: usize, _: MemoryWishes) -> io::Result<HostMemory> {
        unsupported()
    }

    fn random(self) -> io::Result<[u8; 16]> {
        unsupported()
    }

    fn pin_thread(self, role: ThreadRole, _: Pinning) -> bool {
        watch(&ALLOCATED[role.index()]);
        false
    }
}

impl SegmentFile for NoFile {
    fn read_some_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }

    fn write_some_at(&self, _: u64, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn append_some(&self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn sync(&self) -> io::Result<()> {
        match *self {}
    }

    fn set_length(&self, _: u64) -> io::Result<()> {
        match *self {}
    }

    fn length_bytes(&self) -> io::Result<u64> {
        match *self {}
    }

    fn drop_cached(&self) {
        match *self {}
    }

    fn drop_cached_part(&self, _: u64, _: u64) {
        match *self {}
    }
}
