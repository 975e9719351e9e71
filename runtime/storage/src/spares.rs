//! The next segment, prepared ahead of need on a thread of its own: zeros, durable, under its final
//! name.
//!
//! The zeros keep pace with the segment that is written, so that they compete with commits as
//! little as can be and are never late. The log writer waits only if it fills its segment faster
//! than the disk takes the next.

use super::aligned;
use super::counters::LogCounters;
use super::error::fault_of;
use super::layout::{self, Layout};
use super::options::SpareFault;
use super::retired;
use highwater::log_file::{LogFault, LogOperation};
use highwater::types::SegmentNumber;
use highwater_platform::{IoMode, Platform, SegmentFile};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

/// The log writer's side of the thread that prepares segments, one at a time.
#[derive(Debug)]
pub(super) struct Spares<P: Platform> {
    platform: P,
    layout: Layout,
    shared: Arc<Shared>,
    /// What was asked for and not yet taken.
    asked: Option<Request>,
    /// How far the thread was last told to go.
    told_bytes: u64,
    /// `None` once the thread is told to end.
    requests: Option<SyncSender<Request>>,
    prepared: Receiver<P::Segment>,
    thread: Option<JoinHandle<()>>,
}

/// Which segment is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Its number.
    pub(super) segment: SegmentNumber,
    /// Its size in bytes.
    pub(super) segment_bytes: u64,
}

/// What both threads see.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// How much of the segment in preparation should be zeros by now, in bytes.
    due_bytes: AtomicU64,
    fault: OnceLock<LogFault>,
}

impl<P: Platform> Spares<P> {
    /// Starts the thread; it has nothing to do yet.
    pub(super) fn start(
        platform: P,
        layout: Layout,
        counters: Arc<LogCounters>,
        tell: SpareFault,
    ) -> io::Result<Self> {
        // One request and one answer at most are under way: neither side ever waits to send.
        let (requests, wanted) = sync_channel(1);
        let (finished, prepared) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let worker =
            Preparer { platform, layout: layout.clone(), shared: shared.clone(), counters, tell };
        let thread = thread::Builder::new()
            .name("hw-spare".to_owned())
            .spawn(move || worker.run(&wanted, &finished))?;
        let (requests, thread) = (Some(requests), Some(thread));
        Ok(Self {
            platform,
            layout,
            shared,
            asked: None,
            told_bytes: 0,
            requests,
            prepared,
            thread,
        })
    }

    /// The fault of preparing a segment, if there was one.
    pub(super) fn fault(&self) -> Option<LogFault> {
        self.shared.fault.get().copied()
    }

    /// Asks for a segment, unless one was asked for already; `due_bytes` of it should be zeros by
    /// now.
    pub(super) fn ask(&mut self, request: Request, due_bytes: u64) {
        if self.asked.is_none()
            && let Some(requests) = &self.requests
        {
            self.told_bytes = 0;
            self.shared.due_bytes.store(0, Ordering::Relaxed);
            // A thread that has ended left a fault behind, or is ending with us.
            self.asked = requests.send(request).is_ok().then_some(request);
        }
        self.tell(due_bytes);
    }

    /// Tells how much should be zeros by now; wakes the thread when that is a piece more.
    fn tell(&mut self, due_bytes: u64) {
        let is_whole = self.asked.is_some_and(|asked| due_bytes >= asked.segment_bytes);
        let is_piece = due_bytes >= self.told_bytes.saturating_add(aligned::CHUNK_BYTES as u64);
        if due_bytes > self.told_bytes && (is_piece || is_whole) {
            self.told_bytes = due_bytes;
            self.shared.due_bytes.store(due_bytes, Ordering::Release);
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Takes the segment that `request` names, if it is ready.
    pub(super) fn take_ready(&mut self, request: Request) -> Option<P::Segment> {
        if self.asked != Some(request) {
            return None;
        }
        let ready = self.prepared.try_recv().ok()?;
        self.asked = None;
        Some(ready)
    }

    /// Takes the segment that `request` names: zeros, durable, under its name. Waits for it, and
    /// has it made when nobody asked before.
    pub(super) fn take(&mut self, request: Request) -> Result<P::Segment, LogFault> {
        loop {
            self.ask(request, u64::MAX);
            let asked = self.asked.take();
            let (Some(asked), Ok(file)) = (asked, self.prepared.recv()) else {
                let unknown = LogFault { operation: LogOperation::Begin, code: 0 };
                return Err(self.fault().unwrap_or(unknown));
            };
            if asked == request {
                return Ok(file);
            }
            drop(file);
            fault_of(LogOperation::Begin, self.remove(asked))?;
        }
    }

    /// Waits for what was asked for, if anything was, and removes it: nobody wants it any more.
    pub(super) fn discard(&mut self) -> Result<(), LogFault> {
        match self.asked {
            None => Ok(()),
            Some(asked) => {
                drop(self.take(asked)?);
                fault_of(LogOperation::Begin, self.remove(asked))
            }
        }
    }

    fn remove(&self, asked: Request) -> io::Result<()> {
        layout::remove(self.platform, &self.layout.segment(asked.segment))
    }
}

impl<P: Platform> Drop for Spares<P> {
    /// Ends the thread between two writes and removes what nobody took.
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        self.requests = None;
        self.wake();
        let ended = self.thread.take().map(JoinHandle::join);
        if let (Some(Ok(())), Some(asked), Ok(_)) = (ended, self.asked, self.prepared.try_recv()) {
            // What stays when this fails is cut off when the log is next recovered.
            drop(self.remove(asked));
        }
    }
}

/// The thread's side.
struct Preparer<P: Platform> {
    platform: P,
    layout: Layout,
    shared: Arc<Shared>,
    counters: Arc<LogCounters>,
    tell: SpareFault,
}

impl<P: Platform> Preparer<P> {
    /// Prepares what is wanted until there is nobody left to want it, or it fails.
    fn run(&self, wanted: &Receiver<Request>, finished: &SyncSender<P::Segment>) {
        for request in wanted {
            match fault_of(LogOperation::Begin, self.prepare(request)) {
                Ok(Some(file)) => {
                    if finished.send(file).is_err() {
                        return;
                    }
                    // Who sees it counted finds it ready.
                    self.counters.prepared(request.segment_bytes);
                }
                Ok(None) => return,
                Err(fault) => {
                    self.shared.fault.get_or_init(|| fault);
                    (self.tell.0)(fault);
                    return;
                }
            }
        }
    }

    /// Makes the segment; `None`, and no file, when it was told to stop.
    ///
    /// The zeros are durable before the file has the segment's name, and the name is durable before
    /// anybody gets the file: what is synced in it later is there after a crash.
    fn prepare(&self, request: Request) -> io::Result<Option<P::Segment>> {
        let spare = self.layout.spare(request.segment);
        let file = match retired::take(self.platform, &self.layout, &spare, request.segment_bytes)?
        {
            Some(file) => {
                self.counters.reused();
                file
            }
            None => self.platform.create_segment(&spare, IoMode::Direct)?,
        };
        let filled = aligned::fill(&file, request.segment_bytes, |end| self.wait_until_due(end));
        if !matches!(filled, Ok(true)) {
            layout::remove(self.platform, &spare)?;
            return filled.map(|_| None);
        }
        file.sync()?;
        if self.layout.plain_bytes(request.segment)?.is_some() {
            // Renaming would replace it, whatever it is.
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.platform.rename(&spare, &self.layout.segment(request.segment))?;
        self.platform.sync_directory(self.layout.directory())?;
        Ok(Some(file))
    }

    /// Waits until there should be zeros up to `end`; false when it is to stop.
    fn wait_until_due(&self, end: u64) -> bool {
        loop {
            if self.shared.stop.load(Ordering::Acquire) {
                return false;
            }
            if self.shared.due_bytes.load(Ordering::Acquire) >= end {
                return true;
            }
            thread::park();
        }
    }
}
