//! A data directory behind the core's [`LogFile`].

mod removal;
mod snapshots;

pub use removal::Removal;
pub use snapshots::{LZ4, SnapshotError, SnapshotFile};

use crate::counters::LogCounters;
use crate::error::{OpenError, fault_of};
use crate::history::History;
use crate::history_cache::HistoryCache;
use crate::layout::Layout;
use crate::leftovers::Leftovers;
use crate::options::LogOptions;
use crate::syncer::LogSyncer;
use crate::writer::Writer;
use crate::{locks, open};
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogId, LogPosition, SegmentNumber};
use highwater_platform::{FileSystem, IoMode, Keeper, Platform, SegmentFile};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The log in a data directory, opened for writing by one process or for reading by any.
#[derive(Debug)]
pub struct LogDirectory<P: Platform> {
    platform: P,
    layout: Layout,
    file_system: FileSystem,
    history: History<P>,
    writer: Option<Writer<P>>,
}

impl<P: Platform> LogDirectory<P> {
    /// Opens a data directory for writing, and creates it when it is missing.
    ///
    /// Takes the lock and settles on a mode of writing. What is there is left as it is: whoever has
    /// judged the log [clears](Self::clear_leftovers) what a process left that prepared a segment
    /// when it ended.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    ///
    /// # Panics
    /// If `options.segment_bytes` is not a whole number of blocks.
    pub fn open(platform: P, directory: &Path, options: &LogOptions) -> Result<Self, OpenError> {
        let layout = Layout::new(directory);
        let (writer, file_system) = open::open_to_write(platform, &layout, options)?;
        let history = History::direct(platform, layout.clone());
        Ok(Self { platform, layout, file_system, history, writer: Some(writer) })
    }

    /// Opens a data directory for reading only, beside a process that may be writing to it. Creates
    /// nothing, and has a cache of its own.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do; that there is no log is an error.
    pub fn open_read_only(platform: P, directory: &Path) -> Result<Self, OpenError> {
        Self::open_with_cache(platform, directory, Arc::default())
    }

    /// The same with a cache that it may share with other readers of this directory.
    ///
    /// # Errors
    /// The same.
    pub fn open_with_cache(
        platform: P,
        directory: &Path,
        cache: Arc<HistoryCache>,
    ) -> Result<Self, OpenError> {
        let layout = Layout::new(directory);
        let file_system = open::open_to_read(platform, &layout)?;
        let history = History::cached(platform, layout.clone(), cache);
        Ok(Self { platform, layout, file_system, history, writer: None })
    }

    /// Opens a data directory for reading only, for who follows the log from one place on and reads
    /// nothing twice: past the system's cache, into memory that is aligned like blocks.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub fn open_to_follow(platform: P, directory: &Path) -> Result<Self, OpenError> {
        let layout = Layout::new(directory);
        let file_system = open::open_to_read(platform, &layout)?;
        let history = History::once(platform, layout.clone());
        Ok(Self { platform, layout, file_system, history, writer: None })
    }

    /// The data directory.
    pub fn path(&self) -> &Path {
        self.layout.directory()
    }

    /// The file system that holds it.
    pub fn file_system(&self) -> &FileSystem {
        &self.file_system
    }

    /// The path of a segment's file, for messages; it need not exist.
    pub fn segment_path(&self, segment: SegmentNumber) -> std::path::PathBuf {
        self.layout.segment(segment)
    }

    /// How segments are written; `None` when opened for reading only.
    pub fn io_mode(&self) -> Option<IoMode> {
        self.writer.as_ref().map(Writer::io)
    }

    /// How segments are written and synced, in a few words for the summary.
    pub fn io_note(&self) -> &'static str {
        match self.io_mode() {
            None => "read only",
            Some(IoMode::Direct) => P::DIRECT_NOTE,
            Some(IoMode::Append) => P::APPEND_NOTE,
        }
    }

    /// What the user should know of the file system, a line each: that nothing here is durable,
    /// whatever is promised elsewhere, or that a lock is weaker here.
    pub fn warnings(&self) -> Vec<String> {
        let (path, name) = (self.path().display(), &self.file_system.name);
        let memory = (self.file_system.keeper == Keeper::Memory).then(|| {
            format!("'{path}' is on {name}, a file system in memory: nothing there is durable")
        });
        let lock = self.writer.as_ref().is_some_and(Writer::is_locked_by_file_only).then(|| {
            format!(
                "'{path}' is on {name}, which can't lock a directory: the file 'lock' alone keeps \
                 a second engine out, so never remove it"
            )
        });
        memory.into_iter().chain(lock).collect()
    }

    /// The side of this log that syncs what is appended, for a thread of its own.
    ///
    /// # Panics
    /// If the log was opened for reading only.
    pub fn syncer(&self) -> LogSyncer<P> {
        self.writer.as_ref().map(Writer::syncer).expect("only a log that is written is synced")
    }

    /// What was written so far; may be read by another thread. Stays at 0 when opened for reading
    /// only.
    pub fn counters(&self) -> Arc<LogCounters> {
        self.writer.as_ref().map_or_else(Arc::default, Writer::counters)
    }

    /// The log's id, from the header of the first segment that there is; `None` when that was never
    /// completed, or can't be read.
    pub fn log_id(&self) -> Option<LogId> {
        let first = *self.layout.list().ok()?.segments.first()?;
        Some(self.history.header_of(first).ok()??.log_id)
    }

    /// What processes left behind that were preparing, packing or reusing a segment.
    pub fn leftovers(&self) -> Leftovers<P> {
        Leftovers::new(self.platform, self.layout.clone())
    }

    /// Removes the leftovers, durably, of a log that was judged and accepted.
    ///
    /// # Errors
    /// The system's, in a sentence.
    ///
    /// # Panics
    /// If the log was opened for reading only.
    pub fn clear_leftovers(&self) -> Result<(), OpenError> {
        assert!(self.writer.is_some(), "only who writes a log clears what others left");
        self.leftovers().clear()
    }

    /// Moves the leftovers into another directory of the same file system, durably.
    ///
    /// # Errors
    /// The system's.
    pub fn set_leftovers_aside(&self, to: &Path) -> io::Result<()> {
        self.leftovers().move_to(to)
    }

    /// Whether a process, this one included, has the directory open for writing.
    ///
    /// # Errors
    /// The fault of asking.
    pub fn writer_is_running(&self) -> Result<bool, LogFault> {
        if self.writer.is_some() {
            return Ok(true);
        }
        fault_of(LogOperation::Open, locks::writer_is_running(self.platform, &self.layout))
    }

    /// The first fault of writing, if there was one: no file is touched after it.
    fn healthy(&mut self) -> Result<(), LogFault> {
        self.writer.as_mut().map_or(Ok(()), Writer::healthy)
    }

    fn writer(&mut self) -> &mut Writer<P> {
        assert!(self.writer.is_some(), "a log that was opened for reading is not written to");
        self.history.forget();
        self.writer.as_mut().expect("asserted above")
    }

    /// A packed segment was synced before it got its name.
    fn sync_files(&mut self, from: SegmentNumber) -> io::Result<()> {
        self.history.forget();
        for segment in self.layout.list()?.segments.into_iter().filter(|number| *number >= from) {
            match self.platform.open_to_read(&self.layout.segment(segment)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                file => {
                    let file = file?;
                    file.sync()?;
                    file.drop_cached();
                }
            }
        }
        self.platform.sync_directory(self.layout.directory())
    }
}

impl<P: Platform> LogFile for LogDirectory<P> {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        self.healthy()?;
        let listing = fault_of(LogOperation::Open, self.layout.list())?;
        Ok(listing.segments.first().copied().zip(listing.segments.last().copied()))
    }

    fn next_segment(&mut self, after: SegmentNumber) -> Result<Option<SegmentNumber>, LogFault> {
        self.healthy()?;
        fault_of(LogOperation::Open, self.layout.next_segment(after))
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        self.healthy()?;
        fault_of(LogOperation::Open, self.history.segment_bytes(segment))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        self.healthy()?;
        fault_of(LogOperation::Read, self.history.read_at(segment, position.0, into))
    }

    /// Also makes the system forget its copies, so that what is read next is what the disk holds:
    /// after a failed sync the system's copy may hold what never reached the disk.
    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        self.healthy()?;
        let done = fault_of(LogOperation::Sync, self.sync_files(from));
        if let (Err(fault), Some(writer)) = (done, self.writer.as_mut()) {
            writer.stop_after(fault);
        }
        done
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        self.writer().begin(segment, segment_bytes, header)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        self.writer().cut(segment, position)
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.writer().append(position, blocks)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        self.writer().sync()
    }
}
