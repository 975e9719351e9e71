//! The host's callbacks: its files, its waiting, and its ear for what is replayed.

use crate::config::Chosen;
use crate::event::HwEvent;
use crate::status::HwStatus;
use core::ffi::c_void;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::sequencer::SequencerHost;
use highwater::sync_mode::SyncMode;
use highwater::types::{LogPosition, SegmentNumber};

/// What `segment_bytes` answers for a segment that does not exist.
pub const HW_NO_SEGMENT: u64 = u64::MAX;

/// What the engine asks of its host.
///
/// The files hold one log, in segments with numbers from 1 on. Each callback gets `context` and
/// returns 0 when it did what it should, or the system's error number: then the engine stops, with
/// everything durable as it was. None may retry a failed append or sync, report as done what may
/// not be, throw an exception, or jump out. Those for files are called by `hw_open` and by whoever
/// steps the log writer.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HwHost {
    /// `sizeof(hw_host)`.
    pub struct_bytes: usize,
    /// Given to every callback.
    pub context: *mut c_void,
    /// Numbers of the first and the last segment that exist; both stay 0 when there is none.
    pub segments:
        Option<unsafe extern "C" fn(context: *mut c_void, first: *mut u64, last: *mut u64) -> i32>,
    /// Length of a segment in bytes; stays `HW_NO_SEGMENT` when it does not exist.
    pub segment_bytes:
        Option<unsafe extern "C" fn(context: *mut c_void, segment: u64, bytes: *mut u64) -> i32>,
    /// Reads from `position` until `wanted` bytes are read or the segment ends; `read` says how
    /// many they are.
    pub read_at: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            segment: u64,
            position: u64,
            into: *mut u8,
            wanted: usize,
            read: *mut usize,
        ) -> i32,
    >,
    /// Makes everything durable that can be read now of the segment `from` and of those behind it:
    /// files and their directory.
    pub sync_all: Option<unsafe extern "C" fn(context: *mut c_void, from: u64) -> i32>,
    /// Creates the next segment, which `append` writes from now on, with `header` as its first
    /// block. `segment_bytes` is its size when full. Durable with the next `sync`, its name too.
    pub begin: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            segment: u64,
            segment_bytes: u64,
            header: *const u8,
            header_bytes: usize,
        ) -> i32,
    >,
    /// Drops everything from `position` of `segment` on, later segments first, durably; `append`
    /// writes that segment from now on. With `position` 0 it goes too.
    pub cut: Option<unsafe extern "C" fn(context: *mut c_void, segment: u64, position: u64) -> i32>,
    /// Writes whole blocks at `position` of the current segment, right behind what is there.
    pub append: Option<
        unsafe extern "C" fn(
            context: *mut c_void,
            position: u64,
            blocks: *const u8,
            bytes: usize,
        ) -> i32,
    >,
    /// Makes everything appended durable: a power cut cannot take it away any more.
    pub sync: Option<unsafe extern "C" fn(context: *mut c_void) -> i32>,
    /// The same as `sync`, called by `hw_step_syncer` while another thread may append. Needed by
    /// the mode `interval` only; may be null in others.
    pub sync_beside: Option<unsafe extern "C" fn(context: *mut c_void) -> i32>,
    /// The ring of events is full, and the sequencer waits until this has made room; called again
    /// until there is some. With a thread for each stage it gives the processor away. Where one
    /// thread steps all, it steps the log writer and pops events.
    pub wait: Option<unsafe extern "C" fn(context: *mut c_void)>,
    /// An event of the log that `hw_open` replays, or the end of a command where those are told; it
    /// is durable. May be null.
    pub replayed: Option<unsafe extern "C" fn(context: *mut c_void, event: *const HwEvent)>,
}

/// The callbacks of a host that has all of them.
#[derive(Clone, Copy)]
pub(crate) struct Callbacks {
    context: *mut c_void,
    segments: unsafe extern "C" fn(*mut c_void, *mut u64, *mut u64) -> i32,
    segment_bytes: unsafe extern "C" fn(*mut c_void, u64, *mut u64) -> i32,
    read_at: unsafe extern "C" fn(*mut c_void, u64, u64, *mut u8, usize, *mut usize) -> i32,
    sync_all: unsafe extern "C" fn(*mut c_void, u64) -> i32,
    begin: unsafe extern "C" fn(*mut c_void, u64, u64, *const u8, usize) -> i32,
    cut: unsafe extern "C" fn(*mut c_void, u64, u64) -> i32,
    append: unsafe extern "C" fn(*mut c_void, u64, *const u8, usize) -> i32,
    sync: unsafe extern "C" fn(*mut c_void) -> i32,
    sync_beside: Option<unsafe extern "C" fn(*mut c_void) -> i32>,
    wait: unsafe extern "C" fn(*mut c_void),
    replayed: Option<unsafe extern "C" fn(*mut c_void, *const HwEvent)>,
    tells_ends: bool,
}

// SAFETY: the context is only handed back to the host, whose callbacks are called on the threads
// on which it calls `hw_open` and steps; the header says so.
unsafe impl Send for Callbacks {}
// SAFETY: as above; what may be called from two threads at once is said at `sync_beside`.
unsafe impl Sync for Callbacks {}

impl Callbacks {
    /// The callbacks of a host.
    ///
    /// # Errors
    /// When it was built with another header, or one that is needed is missing.
    pub(crate) fn of(host: &HwHost, chosen: &Chosen) -> Result<Self, HwStatus> {
        if host.struct_bytes != size_of::<HwHost>() {
            return Err(HwStatus::BadStruct);
        }
        if matches!(chosen.settings.mode, SyncMode::Interval(_)) && host.sync_beside.is_none() {
            return Err(HwStatus::Null);
        }
        Ok(Self {
            context: host.context,
            segments: host.segments.ok_or(HwStatus::Null)?,
            segment_bytes: host.segment_bytes.ok_or(HwStatus::Null)?,
            read_at: host.read_at.ok_or(HwStatus::Null)?,
            sync_all: host.sync_all.ok_or(HwStatus::Null)?,
            begin: host.begin.ok_or(HwStatus::Null)?,
            cut: host.cut.ok_or(HwStatus::Null)?,
            append: host.append.ok_or(HwStatus::Null)?,
            sync: host.sync.ok_or(HwStatus::Null)?,
            sync_beside: host.sync_beside,
            wait: host.wait.ok_or(HwStatus::Null)?,
            replayed: host.replayed,
            tells_ends: chosen.tells_ends,
        })
    }

    /// Syncs beside the log writer.
    pub(crate) fn sync_beside(&self) -> Result<(), LogFault> {
        // `of` made sure that it is there in the mode that calls it.
        let sync = self.sync_beside.unwrap_or(self.sync);
        // SAFETY: a callback of the host, called as its documentation says.
        done(LogOperation::Sync, unsafe { sync(self.context) })
    }
}

impl LogFile for Callbacks {
    fn segments(&mut self) -> Result<Option<(SegmentNumber, SegmentNumber)>, LogFault> {
        let (mut first, mut last) = (0, 0);
        // SAFETY: a callback of the host; both numbers may be written.
        done(LogOperation::Open, unsafe {
            (self.segments)(self.context, &raw mut first, &raw mut last)
        })?;
        match (first, last) {
            (0, 0) => Ok(None),
            (1.., _) if first <= last => Ok(Some((SegmentNumber(first), SegmentNumber(last)))),
            _ => Err(nonsense(LogOperation::Open)),
        }
    }

    fn segment_bytes(&mut self, segment: SegmentNumber) -> Result<Option<u64>, LogFault> {
        let mut bytes = HW_NO_SEGMENT;
        // SAFETY: a callback of the host; the number may be written.
        let code = unsafe { (self.segment_bytes)(self.context, segment.0, &raw mut bytes) };
        done(LogOperation::Open, code)?;
        Ok((bytes != HW_NO_SEGMENT).then_some(bytes))
    }

    fn read_at(
        &mut self,
        segment: SegmentNumber,
        position: LogPosition,
        into: &mut [u8],
    ) -> Result<usize, LogFault> {
        let mut read = 0;
        let (start, wanted) = (into.as_mut_ptr(), into.len());
        // SAFETY: a callback of the host; `wanted` bytes from `start` on and the number may be
        // written.
        let code = unsafe {
            (self.read_at)(self.context, segment.0, position.0, start, wanted, &raw mut read)
        };
        done(LogOperation::Read, code)?;
        if read > wanted { Err(nonsense(LogOperation::Read)) } else { Ok(read) }
    }

    fn sync_all(&mut self, from: SegmentNumber) -> Result<(), LogFault> {
        // SAFETY: a callback of the host, called as its documentation says.
        done(LogOperation::Sync, unsafe { (self.sync_all)(self.context, from.0) })
    }

    fn begin(
        &mut self,
        segment: SegmentNumber,
        segment_bytes: u64,
        header: &[u8],
    ) -> Result<(), LogFault> {
        let (start, length) = (header.as_ptr(), header.len());
        // SAFETY: a callback of the host; `length` bytes from `start` on may be read.
        let code = unsafe { (self.begin)(self.context, segment.0, segment_bytes, start, length) };
        done(LogOperation::Begin, code)
    }

    fn cut(&mut self, segment: SegmentNumber, position: LogPosition) -> Result<(), LogFault> {
        // SAFETY: a callback of the host, called as its documentation says.
        done(LogOperation::Cut, unsafe { (self.cut)(self.context, segment.0, position.0) })
    }

    fn append(&mut self, position: LogPosition, blocks: &[u8]) -> Result<(), LogFault> {
        let (start, length) = (blocks.as_ptr(), blocks.len());
        // SAFETY: a callback of the host; `length` bytes from `start` on may be read.
        let code = unsafe { (self.append)(self.context, position.0, start, length) };
        done(LogOperation::Append, code)
    }

    fn sync(&mut self) -> Result<(), LogFault> {
        // SAFETY: a callback of the host, called as its documentation says.
        done(LogOperation::Sync, unsafe { (self.sync)(self.context) })
    }
}

impl SequencerHost for Callbacks {
    fn wait(&mut self) {
        // SAFETY: a callback of the host, called as its documentation says.
        unsafe { (self.wait)(self.context) };
    }
}

impl EventSink for Callbacks {
    fn event(&mut self, event: &Event) {
        if let Some(replayed) = self.replayed {
            let event = HwEvent::from(event);
            // SAFETY: a callback of the host; the event may be read until it returns.
            unsafe { replayed(self.context, &raw const event) };
        }
    }

    fn end(&mut self, end: CommandEnd) {
        if let Some(replayed) = self.replayed.filter(|_| self.tells_ends) {
            let event = HwEvent::from(end);
            // SAFETY: a callback of the host; the event may be read until it returns.
            unsafe { replayed(self.context, &raw const event) };
        }
    }
}

/// What a callback's answer means.
const fn done(operation: LogOperation, code: i32) -> Result<(), LogFault> {
    if code == 0 { Ok(()) } else { Err(LogFault { operation, code }) }
}

/// The fault of a callback that succeeded with an answer that cannot be.
const fn nonsense(operation: LogOperation) -> LogFault {
    LogFault { operation, code: 0 }
}
