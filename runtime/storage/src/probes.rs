//! A data directory that is measured and not written: locked, with probe files in it that are gone
//! when they are dropped.

use super::error::OpenError;
use super::layout::{self, Layout};
use super::open::{self, Taken};
use super::options::IoChoice;
use highwater::types::SegmentNumber;
use highwater_platform::{FileSystem, IoMode, Platform, SegmentFile};
use std::io;
use std::path::{Path, PathBuf};

/// Numbers of probe files; a file that has the name already makes it one of the next so many.
const PROBES_MAX: usize = 16;

/// Bytes of one write of zeros.
const ZEROS_BYTES: usize = 1 << 18;

/// A data directory that nobody writes while it is measured.
#[derive(Debug)]
pub struct ProbeDirectory<P: Platform> {
    platform: P,
    layout: Layout,
    taken: Taken<P>,
}

/// A file that is removed when it is dropped; its name is that of a spare, so that what a crash
/// leaves of it is removed like one, by the next start that accepts the log.
#[derive(Debug)]
pub struct ProbeFile<P: Platform> {
    platform: P,
    path: PathBuf,
}

impl<P: Platform> ProbeDirectory<P> {
    /// Opens a data directory as [`LogDirectory::open`](super::LogDirectory::open) does, and leaves
    /// its log alone.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub fn open(platform: P, directory: &Path) -> Result<Self, OpenError> {
        let layout = Layout::new(directory);
        let taken = open::take(platform, &layout, IoChoice::Auto)?;
        Ok(Self { platform, layout, taken })
    }

    /// The file system that holds it.
    pub fn file_system(&self) -> &FileSystem {
        &self.taken.file_system
    }

    /// How an engine that is free to choose writes segments here.
    pub fn io_mode(&self) -> IoMode {
        self.taken.io
    }

    /// Bytes that may still be filled here.
    ///
    /// # Errors
    /// The system's.
    pub fn free_bytes(&self) -> io::Result<u64> {
        self.platform.free_bytes(self.layout.directory())
    }

    /// A probe file of `length_bytes` real zeros, durable; `number`, below 16, tells it from the
    /// others.
    ///
    /// It is written through the system's cache, which every file system allows.
    ///
    /// # Errors
    /// The system's; there may be no room.
    pub fn create_zeroed(&self, number: u64, length_bytes: u64) -> io::Result<ProbeFile<P>> {
        let (probe, file) = self.create(number)?;
        let zeros = vec![0; ZEROS_BYTES];
        let mut rest = length_bytes;
        while rest > 0 {
            let count = rest.min(ZEROS_BYTES as u64);
            file.append(&zeros[..usize::try_from(count).unwrap_or(ZEROS_BYTES)])?;
            rest -= count;
        }
        file.sync()?;
        file.drop_cached();
        Ok(probe)
    }

    /// An empty probe file.
    ///
    /// # Errors
    /// The system's.
    pub fn create_empty(&self, number: u64) -> io::Result<ProbeFile<P>> {
        Ok(self.create(number)?.0)
    }

    fn create(&self, number: u64) -> io::Result<(ProbeFile<P>, P::Segment)> {
        // What has such a name already is left as it is: nobody has judged the log here.
        let mut numbers = (number..).step_by(PROBES_MAX);
        loop {
            let free = numbers.next().unwrap_or(number);
            let path = self.layout.spare(SegmentNumber(free));
            match self.platform.create_segment(&path, IoMode::Append) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => {
                    let file = created?;
                    return Ok((ProbeFile { platform: self.platform, path }, file));
                }
            }
        }
    }
}

impl<P: Platform> ProbeFile<P> {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl<P: Platform> Drop for ProbeFile<P> {
    fn drop(&mut self) {
        // What stays when this fails is removed by the next start.
        drop(layout::remove(self.platform, &self.path));
    }
}
