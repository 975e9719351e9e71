//! Segments filled with zeros ahead of need, on a thread of its own.
//!
//! The log writer waits for one only if it fills its segment faster than the disk takes the next.

use super::aligned;
use super::fault_of;
use super::layout::{self, Layout};
use super::open::SpareFault;
use crate::platform::Platform;
use highwater::log_file::{LogFault, LogOperation};
use highwater::types::SegmentNumber;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

/// The log writer's side of the thread that prepares spares, one at a time.
#[derive(Debug)]
pub(super) struct Spares<P: Platform> {
    layout: Layout,
    shared: Arc<Shared>,
    /// What was asked for and not yet taken.
    asked: Option<Request>,
    /// `None` once the thread is told to end.
    requests: Option<SyncSender<Request>>,
    prepared: Receiver<P::Segment>,
    thread: Option<JoinHandle<()>>,
}

/// Which spare is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// The segment that it is to become.
    pub(super) segment: SegmentNumber,
    /// Its size in bytes.
    pub(super) segment_bytes: u64,
}

/// What both threads see.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    fault: OnceLock<LogFault>,
}

impl<P: Platform> Spares<P> {
    /// Starts the thread; it has nothing to do yet.
    pub(super) fn start(platform: P, layout: Layout, tell: SpareFault) -> io::Result<Self> {
        // One request and one answer at most are under way: neither side ever waits to send.
        let (requests, wanted) = sync_channel(1);
        let (finished, prepared) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let worker = Preparer { platform, layout: layout.clone(), shared: shared.clone(), tell };
        let thread = thread::Builder::new()
            .name("hw-spare".to_owned())
            .spawn(move || worker.run(&wanted, &finished))?;
        let (requests, thread) = (Some(requests), Some(thread));
        Ok(Self { layout, shared, asked: None, requests, prepared, thread })
    }

    /// The fault of preparing a spare, if there was one.
    pub(super) fn fault(&self) -> Option<LogFault> {
        self.shared.fault.get().copied()
    }

    /// Asks for a spare, unless one was asked for already.
    pub(super) fn ask(&mut self, request: Request) {
        if self.asked.is_none()
            && let Some(requests) = &self.requests
        {
            // A thread that has ended left a fault behind, or is ending with us.
            self.asked = requests.send(request).is_ok().then_some(request);
        }
    }

    /// Takes the spare that `request` asked for, once it is ready; `None` when it was not asked
    /// for.
    pub(super) fn take(&mut self, request: Request) -> Result<Option<P::Segment>, LogFault> {
        let Some(asked) = self.asked.take() else {
            return Ok(None);
        };
        let Ok(file) = self.prepared.recv() else {
            let unknown = LogFault { operation: LogOperation::Begin, code: 0 };
            return Err(self.fault().unwrap_or(unknown));
        };
        if asked == request {
            return Ok(Some(file));
        }
        fault_of(LogOperation::Begin, layout::remove(&self.layout.spare(asked.segment)))?;
        Ok(None)
    }
}

impl<P: Platform> Drop for Spares<P> {
    /// Ends the thread between two writes and removes what nobody took.
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.requests = None;
        let ended = self.thread.take().map(JoinHandle::join);
        if let (Some(Ok(())), Some(asked)) = (ended, self.asked) {
            // What stays when this fails is removed when the directory is next opened.
            drop(layout::remove(&self.layout.spare(asked.segment)));
        }
    }
}

/// The thread's side.
struct Preparer<P> {
    platform: P,
    layout: Layout,
    shared: Arc<Shared>,
    tell: SpareFault,
}

impl<P: Platform> Preparer<P> {
    /// Prepares what is wanted until there is nobody left to want it, or it fails.
    fn run(&self, wanted: &Receiver<Request>, finished: &SyncSender<P::Segment>) {
        for request in wanted {
            match self.prepare(request) {
                Ok(Some(file)) => {
                    if finished.send(file).is_err() {
                        return;
                    }
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

    fn prepare(&self, request: Request) -> Result<Option<P::Segment>, LogFault> {
        let path = self.layout.spare(request.segment);
        let go_on = || !self.shared.stop.load(Ordering::Relaxed);
        let file = aligned::create_zeroed(self.platform, &path, request.segment_bytes, go_on);
        fault_of(LogOperation::Begin, file)
    }
}
