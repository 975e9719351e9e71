//! What the host asks of an operating system: files, locks, memory, cores, chance and time.
//!
//! An OS runtime implements [`Platform`] and [`SegmentFile`] with one system call a method. What is
//! the same on every system (what to do about a short write, when to sync, what to write where) is
//! decided here and in [`log_directory`](highwater_storage).

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

    /// Gives the calling thread a core of its own, or what the system has instead; tells whether it
    /// did.
    fn pin_thread(self, role: ThreadRole, pinning: Pinning) -> bool;

    /// Lets every other thread go before the calling one where cores are few, from now on. Nothing
    /// happens on a system that has no such thing.
    fn step_back(self) {}

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

/// An open segment file. The required methods are one system call each.
pub trait SegmentFile: fmt::Debug + Send + 'static {
    /// Reads some bytes at `position`; 0 only at the end of the file.
    ///
    /// # Errors
    /// The system's.
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes some bytes at `position`; only on a file opened with [`IoMode::Direct`], aligned like
    /// its blocks.
    ///
    /// # Errors
    /// The system's.
    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some bytes at the end of the file; only on a file opened with [`IoMode::Append`].
    ///
    /// # Errors
    /// The system's.
    fn append_some(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes some bytes at `position` and makes them durable in the same call.
    ///
    /// # Errors
    /// The system's; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such call.
    fn write_some_durably_at(&self, _position: u64, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Reserves room for the first `length_bytes` of the file, without writing them.
    ///
    /// # Errors
    /// The system's; [`Unsupported`](io::ErrorKind::Unsupported) where it has no such call.
    fn reserve(&self, _length_bytes: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes everything written to the file durable, its length too, down to the disk's own cache.
    ///
    /// # Errors
    /// The system's, an interruption included. It is not to be repeated: the system may have
    /// dropped what it could not write, and would report success.
    fn sync(&self) -> io::Result<()>;

    /// Makes the file end at `length_bytes`; durable with the next [`sync`](Self::sync).
    ///
    /// # Errors
    /// The system's.
    fn set_length(&self, length_bytes: u64) -> io::Result<()>;

    /// Length of the file in bytes.
    ///
    /// # Errors
    /// The system's.
    fn length_bytes(&self) -> io::Result<u64>;

    /// Asks the system to forget its copy of a synced file, so that the next reader sees what the
    /// disk holds. A system that won't is no fault.
    fn drop_cached(&self);

    /// The same for the `length_bytes` at `position`, so that reading much of a file once does not
    /// push out what others need. 0 stands for all that follows.
    fn drop_cached_part(&self, position: u64, length_bytes: u64);

    /// Reads at `position` until `into` is full or the file ends; returns how many bytes were read.
    ///
    /// # Errors
    /// The system's; a call that was interrupted before it read anything is repeated.
    fn read_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match self.read_some_at(position + length_of(done), &mut into[done..]) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Writes all of `bytes` at `position`.
    ///
    /// # Errors
    /// The system's; see [`append`](Self::append).
    fn write_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |done, rest| self.write_some_at(position + done, rest))
    }

    /// Writes all of `bytes` at `position` and makes them durable.
    ///
    /// # Errors
    /// The system's; see [`write_some_durably_at`](Self::write_some_durably_at).
    fn write_durably_at(&self, position: u64, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |done, rest| self.write_some_durably_at(position + done, rest))
    }

    /// Writes all of `bytes` at the end of the file.
    ///
    /// # Errors
    /// The system's. A call that was interrupted before it wrote anything is repeated; after a
    /// short write the rest follows, and then fails with the reason if there is one.
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        write_all(bytes, |_, rest| self.append_some(rest))
    }
}

/// Writes `bytes` with `write`, which gets the number of bytes that are done and the rest.
fn write_all(
    bytes: &[u8],
    mut write: impl FnMut(u64, &[u8]) -> io::Result<usize>,
) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match write(length_of(done), &bytes[done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Converts a length to 64 bits; lossless, because no supported system has wider addresses.
fn length_of(length: usize) -> u64 {
    length as u64
}

/// Who else may hold a lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Exclusive,
    /// Whoever shares it too.
    Shared,
}

/// How segment files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoMode {
    /// Past the system's cache, into segments that were filled with zeros ahead.
    Direct,
    /// Through the system's cache, to the end of files that grow.
    Append,
}

impl IoMode {
    /// The mode's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Append => "append",
        }
    }
}

/// Ways of reaching a file that is measured; whole blocks are written in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAccess {
    /// Past the system's cache.
    Direct,
    /// Past the system's cache, and each write is durable when it returns.
    DirectDurable,
    /// Through the system's cache.
    Cached,
}

/// A file system, as far as a log cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Its name, like `xfs`.
    pub name: String,
    /// Who keeps what is written there.
    pub keeper: Keeper,
}

/// Who keeps what is written to a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A disk of this machine, as far as the system tells.
    Disk,
    /// Memory only: nothing is durable.
    Memory,
    /// Another machine or another program, which may answer a sync sooner than it is done.
    Remote,
}

/// What would be good for the engine's memory, and is asked for without insisting.
#[expect(clippy::struct_excessive_bools, reason = "two wishes that do not touch each other")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryWishes {
    /// Large pages: random access is cheaper, touching a byte costs more memory.
    pub huge_pages: bool,
    /// Pages that stay in memory once touched.
    pub locked: bool,
}

/// What became of a wish for the engine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granted {
    /// It was done; for large pages, the system was told and decides page by page.
    Yes,
    /// The system refused, with this error number.
    No(i32),
    /// It was not wished for, or the memory is too small to gain from it, or the system has no such
    /// thing.
    NotAsked,
}

/// Memory for the engine's pools.
#[derive(Debug)]
pub struct HostMemory {
    /// The memory: page-aligned, all zeros, never given back.
    pub bytes: &'static mut [u8],
    /// Whether the system was told to use large pages.
    pub huge_pages: Granted,
    /// Whether pages stay in memory once touched.
    pub locked: Granted,
}

/// The threads that deserve a core of their own, the most deserving first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRole {
    /// Applies commands to the book.
    Sequencer,
    /// Appends and syncs.
    LogWriter,
    /// Talks to clients.
    Gateway,
}

impl ThreadRole {
    /// Number of roles, and so of cores that pinning needs.
    pub const COUNT: usize = 3;

    /// Place in the order of merit, from 0.
    pub const fn index(self) -> usize {
        match self {
            Self::Sequencer => 0,
            Self::LogWriter => 1,
            Self::Gateway => 2,
        }
    }
}

/// Whether threads are bound to cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// Where there is a core for every role: otherwise the system's scheduler knows better.
    WhereCoresSuffice,
    /// In any case; with too few cores, roles share them.
    Always,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// Takes three bytes a call, and answers the scripted calls with an error instead.
    #[derive(Debug, Default)]
    struct Stubborn {
        bytes: RefCell<Vec<u8>>,
        calls: Cell<usize>,
        interrupted: Vec<usize>,
        full_at: Option<usize>,
    }

    impl Stubborn {
        fn next_call(&self) -> io::Result<()> {
            let call = self.calls.replace(self.calls.get() + 1);
            if self.interrupted.contains(&call) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.full_at == Some(call) {
                return Err(io::Error::from_raw_os_error(28));
            }
            Ok(())
        }
    }

    impl SegmentFile for Stubborn {
        fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
            self.next_call()?;
            let bytes = self.bytes.borrow();
            let from = &bytes[usize::try_from(position).unwrap()..];
            let count = from.len().min(into.len()).min(3);
            into[..count].copy_from_slice(&from[..count]);
            Ok(count)
        }

        fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
            assert_eq!(position, self.bytes.borrow().len() as u64, "the rest follows the rest");
            self.append_some(bytes)
        }

        fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
            self.next_call()?;
            let count = bytes.len().min(3);
            self.bytes.borrow_mut().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn sync(&self) -> io::Result<()> {
            self.next_call()
        }

        fn set_length(&self, _: u64) -> io::Result<()> {
            self.next_call()
        }

        fn length_bytes(&self) -> io::Result<u64> {
            Ok(self.bytes.borrow().len() as u64)
        }

        fn drop_cached(&self) {}

        fn drop_cached_part(&self, _: u64, _: u64) {}
    }

    #[test]
    fn short_and_interrupted_calls_go_on_with_the_rest() {
        let file = Stubborn { interrupted: vec![0, 2, 3], ..Stubborn::default() };
        file.append(b"abcdefgh").unwrap();
        file.write_at(8, b"ijkl").unwrap();
        assert_eq!(*file.bytes.borrow(), b"abcdefghijkl");
        let file = Stubborn { bytes: file.bytes, interrupted: vec![1], ..Stubborn::default() };
        let mut read = [0; 20];
        assert_eq!(file.read_at(1, &mut read).unwrap(), 11);
        assert_eq!(&read[..11], b"bcdefghijkl");
    }

    #[test]
    fn a_write_that_fails_after_a_short_one_tells_the_real_reason() {
        let file = Stubborn { full_at: Some(1), ..Stubborn::default() };
        assert_eq!(file.append(b"abcdef").unwrap_err().raw_os_error(), Some(28));
        assert_eq!(*file.bytes.borrow(), b"abc");
    }

    #[test]
    fn an_interrupted_sync_is_an_error() {
        let file = Stubborn { interrupted: vec![0], ..Stubborn::default() };
        assert_eq!(file.sync().unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert_eq!(file.calls.get(), 1);
    }
}
