//! Linux as a [`Platform`]: which file holds which system call.

use crate::{directory, machine, manager, memory, segment_file, signals, threads};
use highwater_platform::{
    FileSystem, Finding, HostMemory, IoMode, MemoryWishes, Needs, Pinning, Platform, ProbeAccess,
    ServiceState, Share, Sharing, ThreadRole,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::rand::{GetRandomFlags, getrandom};
use std::io;
use std::path::Path;
use std::time::Duration;

/// The system that this process runs on.
#[derive(Clone, Copy, Debug)]
pub struct Linux;

impl Platform for Linux {
    type Segment = segment_file::Segment;
    type Lock = directory::DirectoryLock;

    const DIRECT_NOTE: &'static str = "direct (O_DIRECT, zeros ahead, fdatasync)";
    const APPEND_NOTE: &'static str = "append (O_APPEND, a growing file, fdatasync)";
    const DIRECT_NAME: &'static str = "O_DIRECT";
    const SYNC_NAME: &'static str = "fdatasync";

    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment> {
        segment_file::create(path, io)
    }

    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment> {
        segment_file::open(path, io)
    }

    fn open_to_read(self, path: &Path) -> io::Result<Self::Segment> {
        segment_file::open_to_read(path)
    }

    fn open_to_read_once(self, path: &Path) -> io::Result<Self::Segment> {
        segment_file::open_to_read_once(path)
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

    /// Source: getrandom(2), which gives up to 256 bytes at once, and never fewer.
    fn random(self) -> io::Result<[u8; 16]> {
        let mut bytes = [0; 16];
        let count = getrandom(&mut bytes, GetRandomFlags::empty())?;
        assert_eq!(count, bytes.len(), "the system gives small amounts whole");
        Ok(bytes)
    }

    fn ignores_signal(self, signal: i32) -> io::Result<bool> {
        signals::ignores(signal)
    }

    fn raise_open_files(self) -> io::Result<u64> {
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
        Ok(limit.maximum.unwrap_or(u64::MAX))
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

    fn tell_manager(self, state: ServiceState) -> io::Result<()> {
        manager::tell(state)
    }

    fn watchdog_timeout(self) -> Option<Duration> {
        manager::watchdog_timeout()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs_differ() {
        assert_ne!(Linux.random().unwrap(), Linux.random().unwrap());
    }

    #[test]
    fn clocks_go_on() {
        let (first, second) = (Linux.monotonic_ns(), Linux.monotonic_ns());
        assert!(first <= second);
        // 2020-01-01.
        assert!(Linux.wall_clock_ns() > 1_577_836_800_000_000_000);
    }

    #[test]
    fn error_numbers_are_said_in_words() {
        assert_eq!(Linux.error_text(28), "No space left on device (os error 28)");
        assert_eq!(Linux.error_text(0), "the system gave no reason");
    }
}
