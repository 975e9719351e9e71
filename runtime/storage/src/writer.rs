//! What is done to the files when the core appends, syncs, begins a segment or cuts one.

use super::aligned::{self, Aligned, is_aligned};
use super::counters::LogCounters;
use super::error::fault_of;
use super::layout::{self, DirectoryLayout};
use super::locks::WriterLock;
use super::options::LogOptions;
use super::packing;
use super::preparation::Preparation;
use super::spares::{Request, Spares};
use super::syncer::{LogSyncer, WrittenSegment};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};
use highwater_platform::{IoMode, Platform, SegmentFile};
use std::io;
use std::sync::Arc;

/// The side of a data directory that writes.
#[derive(Debug)]
pub(super) struct Writer<P: Platform> {
    platform: P,
    layout: DirectoryLayout,
    io: IoMode,
    segment_bytes: u64,
    current: Option<Current<P::Segment>>,
    /// The first of the earlier segments that were never synced whole.
    unsynced_from: Option<SegmentNumber>,
    /// The segment that the syncer syncs.
    written: Arc<WrittenSegment>,
    /// Only with [`IoMode::Direct`]: a file that grows needs no preparation.
    spares: Option<Spares<P>>,
    fault: Option<LogFault>,
    counters: Arc<LogCounters>,
    /// The last to go.
    lock: WriterLock<P>,
}

/// The segment that is appended to.
#[derive(Debug)]
struct Current<S> {
    segment: SegmentNumber,
    segment_bytes: u64,
    file: S,
    /// Where the next block goes.
    tail: u64,
    /// How fast the next one is prepared.
    preparation: Preparation,
    /// Whether something was appended after the last sync.
    unsynced: bool,
}

impl<P: Platform> Writer<P> {
    /// A writer in a directory that is locked and has no spares.
    pub(super) fn new(
        platform: P,
        layout: DirectoryLayout,
        lock: WriterLock<P>,
        io: IoMode,
        options: &LogOptions,
    ) -> io::Result<Self> {
        let segment_bytes = options.segment_bytes;
        let counters = Arc::<LogCounters>::default();
        let spares = match io {
            IoMode::Append => None,
            IoMode::Direct => Some(Spares::start(
                platform,
                layout.clone(),
                counters.clone(),
                options.spare_fault.clone(),
            )?),
        };
        Ok(Self {
            platform,
            layout,
            io,
            segment_bytes,
            current: None,
            unsynced_from: None,
            written: Arc::default(),
            spares,
            fault: None,
            counters,
            lock,
        })
    }

    /// The mode of writing.
    pub(super) fn io(&self) -> IoMode {
        self.io
    }

    /// Whether only the file `lock` keeps other writers out.
    pub(super) fn is_locked_by_file_only(&self) -> bool {
        self.lock.is_file_only()
    }

    /// The counters.
    pub(super) fn counters(&self) -> Arc<LogCounters> {
        self.counters.clone()
    }

    /// The first fault, of this thread, of the one that prepares spares, or of the one that syncs.
    pub(super) fn healthy(&mut self) -> Result<(), LogFault> {
        if self.fault.is_none() {
            self.fault =
                self.spares.as_ref().and_then(Spares::fault).or_else(|| self.written.fault());
        }
        self.fault.map_or(Ok(()), Err)
    }

    /// Makes `fault` the answer to every call from now on.
    pub(super) fn stop_after(&mut self, fault: LogFault) {
        self.fault.get_or_insert(fault);
    }

    /// See [`LogFile::append`](highwater::log_file::LogFile::append).
    pub(super) fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        self.healthy()?;
        let current =
            self.current.as_mut().expect("a segment is begun or cut before the first append");
        assert_eq!(position.0, current.tail, "blocks stand one behind the other");
        let written = match self.io {
            IoMode::Direct => {
                debug_assert!(is_aligned(position.0, blocks), "direct I/O takes aligned blocks");
                current.file.write_at(position.0, blocks)
            }
            IoMode::Append => current.file.append(blocks),
        };
        current.tail += blocks.len() as u64;
        current.unsynced = true;
        self.checked(LogOperation::Append, written)?;
        self.counters.appended(blocks.len());
        self.prepare_next();
        Ok(())
    }

    /// See [`LogFile::sync`](highwater::log_file::LogFile::sync).
    pub(super) fn sync(&mut self) -> Result<(), LogFault> {
        self.healthy()?;
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let from_ns = self.platform.monotonic_ns();
        current.unsynced = false;
        let earlier = self.unsynced_from.take().map_or(0..0, |from| from.0..current.segment.0);
        let synced = earlier
            .map(|number| self.layout.segment(SegmentNumber(number)))
            .try_for_each(|path| self.platform.open_to_read(&path)?.sync())
            .and_then(|()| current.file.sync());
        self.checked(LogOperation::Sync, synced)?;
        self.counters.synced(self.platform.monotonic_ns() - from_ns);
        Ok(())
    }

    /// The side of the log that syncs what this one appends.
    pub(super) fn syncer(&self) -> LogSyncer<P> {
        LogSyncer::new(
            self.platform,
            self.layout.clone(),
            self.written.clone(),
            self.counters.clone(),
        )
    }

    /// See [`LogFile::begin`](highwater::log_file::LogFile::begin).
    ///
    /// Whatever takes time was done ahead, by the thread that prepares segments: what is written
    /// here is one block. Only where files grow is the new name made durable here, before anything
    /// in it can be.
    pub(super) fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        self.healthy()?;
        let request = Request { segment, segment_bytes };
        let taken = self.take_prepared(request).inspect_err(|fault| self.stop_after(*fault))?;
        if let Some(former) = self.current.take().filter(|former| former.unsynced) {
            self.unsynced_from.get_or_insert(former.segment);
        }
        let begun = match taken {
            Some(file) => file.write_at(0, Aligned::copy_of(header).bytes()).map(|()| file),
            None => self.create_growing(segment, header),
        };
        let file = self.checked(LogOperation::Begin, begun)?;
        let tail = header.len() as u64;
        let preparation = Preparation::from(tail, segment_bytes);
        self.current =
            Some(Current { segment, segment_bytes, file, tail, preparation, unsynced: true });
        self.written.is(segment);
        self.counters.begun();
        Ok(())
    }

    /// See [`LogFile::cut`](highwater::log_file::LogFile::cut).
    pub(super) fn cut(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
    ) -> Result<(), LogFault> {
        self.healthy()?;
        self.current = None;
        let discarded = self.spares.as_mut().map_or(Ok(()), Spares::discard);
        discarded.inspect_err(|fault| self.stop_after(*fault))?;
        let cut = self.cut_files(segment, position.0);
        self.current = self.checked(LogOperation::Cut, cut)?;
        if let Some(current) = &self.current {
            self.written.is(current.segment);
        }
        Ok(())
    }

    /// The file that was prepared for `request`; `None` where files grow.
    fn take_prepared(&mut self, request: Request) -> Result<Option<P::Segment>, LogFault> {
        let Some(spares) = &mut self.spares else {
            return Ok(None);
        };
        if let Some(ready) = spares.take_ready(request) {
            return Ok(Some(ready));
        }
        let from_ns = self.platform.monotonic_ns();
        let file = spares.take(request)?;
        // A log's first segment is never ready; that is no wait of a log that is written.
        if self.current.is_some() {
            self.counters.waited(self.platform.monotonic_ns() - from_ns);
        }
        Ok(Some(file))
    }

    fn create_growing(&self, segment: SegmentNumber, header: &[u8]) -> io::Result<P::Segment> {
        let file = self.platform.create_segment(&self.layout.segment(segment), IoMode::Append)?;
        self.platform.sync_directory(self.layout.directory())?;
        file.append(header)?;
        Ok(file)
    }

    /// Every step leaves a log whose chain breaks at `position` or before it, so a crash in between
    /// loses nothing and the next start cuts again.
    fn cut_files(
        &self,
        segment: SegmentNumber,
        position: u64,
    ) -> io::Result<Option<Current<P::Segment>>> {
        for later in self.layout.list()?.segments.into_iter().rev() {
            if later > segment || (later == segment && position == 0) {
                self.remove_segment(later)?;
            }
        }
        if position == 0 {
            return Ok(None);
        }
        self.make_plain(segment, position)?;
        let path = self.layout.segment(segment);
        let file = self.platform.open_segment(&path, self.io)?;
        let length_bytes = file.length_bytes()?;
        assert!(position <= length_bytes, "a segment is cut at a position that was read");
        let end = self.segment_bytes.max(length_bytes.next_multiple_of(BLOCK_BYTES as u64));
        match self.io {
            IoMode::Direct => {
                aligned::zero_from(&file, &self.platform.open_to_read(&path)?, position, end)?;
            }
            IoMode::Append => file.set_length(position)?,
        }
        file.sync()?;
        self.platform.sync_directory(self.layout.directory())?;
        let segment_bytes = self.segment_bytes;
        let preparation = Preparation::from(position, segment_bytes);
        let unsynced = false;
        Ok(Some(Current { segment, segment_bytes, file, tail: position, preparation, unsynced }))
    }

    /// Removes a segment. Its packed file is gone for good before its plain one, which is the one
    /// that is read while it is there: so a crash in between brings nothing back.
    fn remove_segment(&self, segment: SegmentNumber) -> io::Result<()> {
        for path in [self.layout.packed(segment), self.layout.segment(segment)] {
            if path.try_exists()? {
                layout::remove(self.platform, &path)?;
                self.platform.sync_directory(self.layout.directory())?;
            }
        }
        Ok(())
    }

    /// Makes the plain file of a segment the only one, so that it can be cut at `position`.
    fn make_plain(&self, segment: SegmentNumber, position: u64) -> io::Result<()> {
        if self.layout.plain_bytes(segment)?.is_none() {
            return packing::unpack_segment(self.platform, &self.layout, segment, position);
        }
        layout::remove(self.platform, &self.layout.packed(segment))
    }

    /// Has the next segment prepared as far as this one is written.
    fn prepare_next(&mut self) {
        if let (Some(spares), Some(current)) = (&mut self.spares, &self.current)
            && let Some(due_bytes) = current.preparation.due_bytes(current.tail)
        {
            let segment = current.segment.next();
            let request = Request { segment, segment_bytes: current.segment_bytes };
            spares.ask(request, due_bytes);
        }
    }

    /// Remembers the fault, if it is one: nothing is touched after it.
    fn checked<T>(
        &mut self,
        operation: LogOperation,
        result: io::Result<T>,
    ) -> Result<T, LogFault> {
        fault_of(operation, result).inspect_err(|fault| self.stop_after(*fault))
    }
}
