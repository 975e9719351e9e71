//! macOS as a [`Platform`]: which file holds which system call.

#![expect(unsafe_code, reason = "getentropy(2) has no safe form here")]

use crate::{directory, machine, memory, segment_file, signals, threads};
use highwater_platform::{
    FileSystem, Finding, HostMemory, IoMode, MemoryWishes, Needs, Pinning, Platform, ProbeAccess,
    Share, Sharing, ThreadRole,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;
use std::path::Path;

/// The system that this process runs on.
#[derive(Clone, Copy, Debug)]
pub struct MacOs;

/// Files that a process may have open, at most.
const OPEN_MAX: u64 = 10_240;

impl Platform for MacOs {
    type Segment = segment_file::Segment;
    type Lock = directory::DirectoryLock;

    const DIRECT_NOTE: &'static str = "direct (F_NOCACHE, zeros ahead, F_FULLFSYNC)";
    const APPEND_NOTE: &'static str = "append (O_APPEND, a growing file, F_FULLFSYNC)";
    const DIRECT_NAME: &'static str = "F_NOCACHE";
    const SYNC_NAME: &'static str = "F_FULLFSYNC";

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment> {
        segment_file::create(path, io)
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment> {
        segment_file::open(path, io)
    }

    fn open_to_read(self, path: &Path) -> io::Result<Self::Segment> {
        segment_file::open_to_read(path)
    }

    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<Self::Segment> {
        segment_file::open_probe(path, access)
    }

    fn sync_directory(self, directory: &Path) -> io::Result<()> {
        directory::sync(directory)
    }

    fn file_system(self, path: &Path) -> io::Result<FileSystem> {
        directory::file_system(path)
    }

    fn free_bytes(self, path: &Path) -> io::Result<u64> {
        directory::free_bytes(path)
    }

    fn lock(self, path: &Path, sharing: Sharing) -> io::Result<Option<Self::Lock>> {
        directory::lock(path, sharing)
    }

    fn zeroed_memory(self, bytes: usize, wishes: MemoryWishes) -> io::Result<HostMemory> {
        memory::zeroed(bytes, wishes)
    }

    /// Source: getentropy(2), which gives up to 256 bytes at once, and never fewer.
    fn random(self) -> io::Result<[u8; 16]> {
        let mut bytes = [0_u8; 16];
        // SAFETY: the pointer and the length are those of `bytes`, which is writable.
        let status = unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len()) };
        if status == 0 { Ok(bytes) } else { Err(io::Error::last_os_error()) }
    }

    fn ignores_signal(self, signal: i32) -> io::Result<bool> {
        signals::ignores(signal)
    }

    fn raise_open_files(self) -> io::Result<u64> {
        let limit = getrlimit(Resource::Nofile);
        // An infinite limit is not taken: OPEN_MAX is the most, setrlimit(2) says.
        let most = limit.maximum.unwrap_or(OPEN_MAX).min(OPEN_MAX);
        setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit })?;
        Ok(most)
    }

    fn pin_thread(self, role: ThreadRole, pinning: Pinning) -> bool {
        threads::pin(role, pinning)
    }

    fn take_share(self, share: Share) {
        threads::take_share(share);
    }

    fn examine(self, needs: Needs) -> Vec<Finding> {
        machine::examine(needs)
    }
}
