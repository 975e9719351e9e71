//! What the host asks of an operating system: files, locks, memory, cores, chance and time.
//!
//! An OS runtime implements [`Platform`] and [`SegmentFile`] with one system call a method. What is
//! the same on every system (what to do about a short write, when to sync, what to write where) is
//! decided here and in [`log_directory`](highwater_storage).

use crate::file_system::{FileSystem, IoMode, ProbeAccess, Sharing};
use crate::findings::{Finding, Needs};
use crate::manager::ServiceState;
use crate::memory::{HostMemory, MemoryWishes};
use crate::segment_file::SegmentFile;
use crate::threads::{Pinning, Share, ThreadRole};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// One operating system.
pub trait Platform: Copy + fmt::Debug + Send + Sync + 'static {
    /// An open segment file.
    type Segment: SegmentFile;
    /// A lock, held until it is dropped or the process ends, however it ends.
    type Lock: fmt::Debug + Send + 'static;

    /// How [`IoMode::Direct`] is done here, for the summary.
    const DIRECT_NOTE: &'static str;
    /// How [`IoMode::Append`] is done here, for the summary.
    const APPEND_NOTE: &'static str;
    /// What passes by the system's cache is called here.
    const DIRECT_NAME: &'static str;
    /// What [`SegmentFile::sync`] is called here.
    const SYNC_NAME: &'static str;

    /// Creates an empty segment file and opens it for reading and writing (`Direct`) or for
    /// appending (`Append`).
    ///
    /// # Errors
    /// The system's; a file of this name exists, or the file system takes no direct I/O.
    fn create_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment>;

    /// Opens an existing segment file like [`create_segment`](Self::create_segment).
    ///
    /// # Errors
    /// The system's; there is no such file, or the file system takes no direct I/O.
    fn open_segment(self, path: &Path, io: IoMode) -> io::Result<Self::Segment>;

    /// Opens an existing segment file through the system's cache, for [`SegmentFile::read_some_at`]
    /// and [`SegmentFile::sync`] only.
    ///
    /// # Errors
    /// The system's; there is no such file.
    fn open_to_read(self, path: &Path) -> io::Result<Self::Segment>;

    /// The same, for who reads every byte once: past the system's cache where there is a way, and
    /// then only into memory and at positions that are aligned like blocks.
    ///
    /// # Errors
    /// The system's; there is no such file.
    fn open_to_read_once(self, path: &Path) -> io::Result<Self::Segment> {
        self.open_to_read(path)
    }

    /// Opens an existing file to measure commits on it, in one way of reaching it.
    ///
    /// # Errors
    /// The system's; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such way.
    fn open_probe(self, path: &Path, access: ProbeAccess) -> io::Result<Self::Segment>;

    /// Gives a file another name in its directory; a file that has that name is replaced. Durable
    /// with the next [`sync_directory`](Self::sync_directory).
    ///
    /// # Errors
    /// The system's; there is no such file.
    fn rename(self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Removes a file. Durable with the next [`sync_directory`](Self::sync_directory).
    ///
    /// # Errors
    /// The system's; there is no such file.
    fn remove(self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// The system's. It is not to be repeated.
    fn sync_directory(self, directory: &Path) -> io::Result<()>;

    /// The file system that holds `path`.
    ///
    /// # Errors
    /// The system's; there is no such path.
    fn file_system(self, path: &Path) -> io::Result<FileSystem>;

    /// Bytes that this process may still fill on the file system that holds `path`.
    ///
    /// # Errors
    /// The system's; there is no such path.
    fn free_bytes(self, path: &Path) -> io::Result<u64>;

    /// Takes a lock on a file or a directory that exists, without waiting; `None` when another
    /// holder excludes it.
    ///
    /// Once the lock is held, the path is looked up again: when it names another file by then, the
    /// lock would keep nobody out, and that file is locked instead.
    ///
    /// # Errors
    /// The system's: there is no such file, or it cannot be opened (for writing, for an exclusive
    /// lock on a file); [`Unsupported`](io::ErrorKind::Unsupported) where the file system has no
    /// such locks.
    fn lock(self, path: &Path, sharing: Sharing) -> io::Result<Option<Self::Lock>>;

    /// Whether a process holds the exclusive lock on a file or a directory. Creates nothing, and
    /// holds a shared lock for an instant.
    ///
    /// # Errors
    /// The system's; there is no such file.
    fn is_locked(self, path: &Path) -> io::Result<bool> {
        self.lock(path, Sharing::Shared).map(|lock| lock.is_none())
    }

    /// Memory that is all zeros, page-aligned, and never given back.
    ///
    /// Nothing is touched, so what is never used costs no memory. What was wished for and refused
    /// is in the report, and no error.
    ///
    /// # Errors
    /// The system has no room for it.
    ///
    /// # Panics
    /// If `bytes` is 0.
    fn zeroed_memory(self, bytes: usize, wishes: MemoryWishes) -> io::Result<HostMemory>;

    /// Sixteen random bytes, for the name of a new log.
    ///
    /// # Errors
    /// The system's.
    fn random(self) -> io::Result<[u8; 16]>;

    /// Whether this process ignores a signal, as who started it may have wished. None is ignored on
    /// a system that cannot tell.
    ///
    /// # Errors
    /// The system's; there is no such signal.
    fn ignores_signal(self, _: i32) -> io::Result<bool> {
        Ok(false)
    }

    /// Lets this process have as many files and sockets open as the system lets it ask for; says
    /// how many that are.
    ///
    /// # Errors
    /// The system's.
    fn raise_open_files(self) -> io::Result<u64>;

    /// Gives the calling thread a core of its own, or what the system has instead; tells whether it
    /// did.
    fn pin_thread(self, role: ThreadRole, pinning: Pinning) -> bool;

    /// Gives the calling thread this share of processor time while every core is busy, from now on.
    /// A system may do it coarsely, or not at all.
    fn take_share(self, _: Share) {}

    /// What this machine does to an engine that needs so much of it, and what of that is not known.
    /// A system of which nothing can be known has no findings.
    fn examine(self, _: Needs) -> Vec<Finding> {
        Vec::new()
    }

    /// Tells the program that manages this one as a service, where there is one that wants to know.
    ///
    /// # Errors
    /// It could not be told.
    fn tell_manager(self, _: ServiceState) -> io::Result<()> {
        Ok(())
    }

    /// After how long without [`ServiceState::Alive`] the manager ends this process; `None` where
    /// nobody watches.
    fn watchdog_timeout(self) -> Option<Duration> {
        None
    }

    /// Nanoseconds that have passed since this process first asked; never goes back.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others ask")]
    fn monotonic_ns(self) -> u64 {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        let passed = ORIGIN.get_or_init(Instant::now).elapsed();
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Nanoseconds since 1970 by the system's clock, which may jump; 0 when it stands before 1970.
    fn wall_clock_ns(self) -> u64 {
        let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Lets the calling thread sleep at least this long.
    #[expect(clippy::disallowed_methods, reason = "idle strategies sleep through here")]
    fn sleep(self, duration: Duration) {
        std::thread::sleep(duration);
    }

    /// Number of cores that this process may use, at least 1.
    fn cores(self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// A system error number in words; 0 stands for no number.
    fn error_text(self, code: i32) -> String {
        if code == 0 {
            return "the system gave no reason".to_owned();
        }
        io::Error::from_raw_os_error(code).to_string()
    }
}
