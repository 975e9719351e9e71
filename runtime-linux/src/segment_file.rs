//! Segment files: open(2), pwrite(2), pwritev2(2), write(2), pread(2), fdatasync(2), ftruncate(2),
//! fallocate(2), fadvise(2), fstat(2).

use highwater_platform::{IoMode, ProbeAccess, SegmentFile};
use rustix::fd::OwnedFd;
use rustix::fs::{Advice, FallocateFlags, FileType, Mode, OFlags};
use rustix::io::ReadWriteFlags;
use std::io::{self, IoSlice};
use std::num::NonZeroU64;
use std::path::Path;

/// `O_DSYNC` of `<asm-generic/fcntl.h>`: rustix's constant of this name is `O_SYNC`.
const DSYNC: OFlags = OFlags::from_bits_retain(0o10000);

/// An open segment file.
#[derive(Debug)]
pub struct Segment(OwnedFd);

/// Creates a file that does not exist.
pub(crate) fn create(path: &Path, io: IoMode) -> io::Result<Segment> {
    open_with(path, flags_of(io)? | OFlags::CREATE | OFlags::EXCL)
}

/// Opens a file that exists.
pub(crate) fn open(path: &Path, io: IoMode) -> io::Result<Segment> {
    open_regular(path, flags_of(io)?)
}

/// Opens a file that exists, for reading and syncing.
pub(crate) fn open_to_read(path: &Path) -> io::Result<Segment> {
    open_regular(path, OFlags::RDONLY)
}

/// The same past the cache, where the file system and the build take direct I/O.
pub(crate) fn open_to_read_once(path: &Path) -> io::Result<Segment> {
    match direct().and_then(|direct| open_regular(path, OFlags::RDONLY | direct)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => open_to_read(path),
        opened => opened,
    }
}

/// Opens a file that this process has just created, to measure it.
pub(crate) fn open_probe(path: &Path, access: ProbeAccess) -> io::Result<Segment> {
    let flags = match access {
        ProbeAccess::Direct => direct()?,
        ProbeAccess::DirectDurable => direct()? | DSYNC,
        ProbeAccess::Cached => OFlags::empty(),
    };
    open_with(path, flags | OFlags::RDWR)
}

fn flags_of(io: IoMode) -> io::Result<OFlags> {
    Ok(match io {
        IoMode::Direct => OFlags::RDWR | direct()?,
        // Never with pwrite(2): on a file that appends, Linux ignores the offset.
        IoMode::Append => OFlags::WRONLY | OFlags::APPEND,
    })
}

/// A program that was built without direct I/O asks no file system for it.
fn direct() -> io::Result<OFlags> {
    if cfg!(feature = "direct-io") {
        Ok(OFlags::DIRECT)
    } else {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Opens a file that exists, and nothing else: opening a pipe would wait for its other end, reading
/// a device might never end. `O_NONBLOCK` means nothing to a regular file.
fn open_regular(path: &Path, flags: OFlags) -> io::Result<Segment> {
    let segment = open_with(path, flags | OFlags::NONBLOCK)?;
    let mode = rustix::fs::fstat(&segment.0)?.st_mode;
    if FileType::from_raw_mode(mode).is_file() {
        return Ok(segment);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<Segment> {
    let mode = Mode::from_raw_mode(0o644);
    Ok(Segment(rustix::fs::open(path, flags | OFlags::CLOEXEC, mode)?))
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

    /// `RWF_DSYNC`.
    fn write_some_durably_at(&self, position: u64, bytes: &[u8]) -> io::Result<usize> {
        let slices = [IoSlice::new(bytes)];
        Ok(rustix::io::pwritev2(&self.0, &slices, position, ReadWriteFlags::DSYNC)?)
    }

    fn reserve(&self, length_bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, length_bytes)?)
    }

    /// fdatasync(2): the data, and of the metadata what reading it back needs, down to the disk's
    /// cache.
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.0)?)
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.0, length_bytes)?)
    }

    fn length_bytes(&self) -> io::Result<u64> {
        let length = rustix::fs::fstat(&self.0)?.st_size;
        u64::try_from(length).map_err(io::Error::other)
    }

    /// `POSIX_FADV_DONTNEED`: clean pages that nobody has mapped are dropped.
    fn drop_cached(&self) {
        // Advice that is not taken is no fault.
        let _ = rustix::fs::fadvise(&self.0, 0, None, Advice::DontNeed);
    }

    /// The same for a part of the file; of pages that it holds in part only, the system keeps the
    /// copies.
    fn drop_cached_part(&self, position: u64, length_bytes: u64) {
        // Advice that is not taken is no fault.
        let _ =
            rustix::fs::fadvise(&self.0, position, NonZeroU64::new(length_bytes), Advice::DontNeed);
    }
}
