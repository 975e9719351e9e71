//! Segment files: open(2), pwrite(2), write(2), pread(2), `F_FULLFSYNC`, ftruncate(2), `F_NOCACHE`,
//! `F_PREALLOCATE`.

#![expect(unsafe_code, reason = "`F_PREALLOCATE` has no safe form here")]

use highwater_platform::{IoMode, ProbeAccess, SegmentFile};
use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags};
use std::io;
use std::path::Path;

/// An open segment file.
#[derive(Debug)]
pub struct Segment(OwnedFd);

/// Creates a file that does not exist.
pub(crate) fn create(path: &Path, io: IoMode) -> io::Result<Segment> {
    open_for(path, io, OFlags::CREATE | OFlags::EXCL)
}

/// Opens a file that exists.
pub(crate) fn open(path: &Path, io: IoMode) -> io::Result<Segment> {
    open_for(path, io, OFlags::empty()).and_then(regular)
}

/// Opens a file that exists, for reading and syncing; past the cache, because what the cache holds
/// can't be dropped.
pub(crate) fn open_to_read(path: &Path) -> io::Result<Segment> {
    past_cache(regular(open_with(path, OFlags::RDONLY)?)?)
}

/// Opens a file that exists, to measure it. `O_DSYNC` stops at the disk's cache here, like fsync(2)
/// does, so there is no durable write of this kind.
pub(crate) fn open_probe(path: &Path, access: ProbeAccess) -> io::Result<Segment> {
    match access {
        ProbeAccess::Direct => {
            check_direct()?;
            past_cache(open_with(path, OFlags::RDWR)?)
        }
        ProbeAccess::DirectDurable => Err(io::ErrorKind::Unsupported.into()),
        ProbeAccess::Cached => open_with(path, OFlags::RDWR),
    }
}

fn open_for(path: &Path, io: IoMode, more: OFlags) -> io::Result<Segment> {
    match io {
        IoMode::Direct => {
            check_direct()?;
            past_cache(open_with(path, OFlags::RDWR | more)?)
        }
        IoMode::Append => open_with(path, OFlags::WRONLY | OFlags::APPEND | more),
    }
}

/// A program that was built without direct I/O asks no file system for it.
fn check_direct() -> io::Result<()> {
    if cfg!(feature = "direct-io") { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<Segment> {
    let mode = Mode::from_raw_mode(0o644);
    // Opening a pipe does not wait for its other end; to a regular file it means nothing.
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(Segment(rustix::fs::open(path, flags, mode)?))
}

/// A file that was opened, if it is one: reading a pipe or a device might never end.
fn regular(segment: Segment) -> io::Result<Segment> {
    let mode = rustix::fs::fstat(&segment.0)?.st_mode;
    if FileType::from_raw_mode(mode).is_file() {
        return Ok(segment);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

fn past_cache(segment: Segment) -> io::Result<Segment> {
    rustix::fs::fcntl_nocache(&segment.0, true)?;
    Ok(segment)
}

impl SegmentFile for Segment {
    fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::pread(&self.0, into, position)?)
    }

    fn write_some_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::pwrite(&self.0, bytes, position)?)
    }

    fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.0, bytes)?)
    }

    /// `F_PREALLOCATE`, which leaves the length as it is, and ftruncate(2).
    fn reserve(&self, length_bytes: u64) -> io::Result<()> {
        preallocate(&self.0, length_bytes)?;
        self.set_length(length_bytes)
    }

    /// `F_FULLFSYNC`: fsync(2) stops at the disk's cache here. A file system that can't is an
    /// error, not an fsync(2).
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fcntl_fullfsync(&self.0)?)
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.0, length_bytes)?)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        let length = rustix::fs::fstat(&self.0)?.st_size;
        u64::try_from(length).map_err(io::Error::other)
    }

    /// There is no such advice here; files that are read are opened with `F_NOCACHE` instead.
    fn drop_cached(&self) {}

    /// The same.
    fn drop_cached_part(&self, _: u64, _: u64) {}
}

/// Gets room for so many bytes behind the end of the file, all of it or none.
fn preallocate(file: &OwnedFd, bytes: u64) -> io::Result<()> {
    let mut request = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: i64::try_from(bytes).map_err(io::Error::other)?,
        fst_bytesalloc: 0,
    };
    // SAFETY: the descriptor is open, and this command takes a pointer to a structure of this type,
    // which outlives the call.
    let status = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_PREALLOCATE, &raw mut request) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
