//! Outputs that are made durable while they are written, and registered as consumers of the log.
//!
//! The thread that writes them never waits for a disk: when it is asked it hands what it has
//! buffered to the system and says how far that goes, and whoever asked syncs the files.

use super::TextFile;
use highwater::types::Sequence;
use highwater_engine::snapshots::SettleOutputs;
use highwater_platform::Platform;
use highwater_storage::{Consumer, ConsumerKind, Consumers};
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often who waits for an answer asks whether to go on.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A file that follows from the log and can be continued.
#[derive(Debug)]
pub struct DurableFile {
    /// What is in it.
    pub kind: ConsumerKind,
    /// Its absolute path.
    pub path: PathBuf,
    /// The file, for syncing.
    pub file: File,
}

/// What the thread that writes outputs and the one that makes them durable tell each other.
#[derive(Debug, Default)]
pub struct OutputSync {
    /// How often was asked.
    asked: AtomicU64,
    /// How many of these questions were answered.
    answered: AtomicU64,
    last: Mutex<Answer>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Answer {
    flushed: Sequence,
    /// No more answers come.
    is_over: bool,
}

impl OutputSync {
    /// Whether somebody waits for an answer.
    #[inline]
    pub fn is_asked(&self) -> bool {
        self.answered.load(Ordering::Relaxed) != self.asked.load(Ordering::Relaxed)
    }

    /// Everything that follows from the commands up to `flushed` was handed to the system.
    pub fn answer(&self, flushed: Sequence) {
        let asked = self.asked.load(Ordering::Relaxed);
        self.lock().flushed = flushed;
        self.answered.store(asked, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Nothing is written any more, or not all of it could be.
    pub fn end(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Asks, wakes the writer, and waits for its answer while `go_on` says so.
    fn ask(&self, wake: &dyn Fn(), go_on: &dyn Fn() -> bool) -> Option<Sequence> {
        let mut last = self.lock();
        let mine = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        wake();
        while self.answered.load(Ordering::Relaxed) < mine {
            if last.is_over || !go_on() {
                return None;
            }
            let waited = self.changed.wait_timeout(last, LOOK_EVERY);
            last = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(last.flushed)
    }

    fn lock(&self) -> MutexGuard<'_, Answer> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outputs of a run that are registered as consumers of its log.
pub struct RegisteredOutputs<P: Platform> {
    consumers: Consumers<P>,
    files: Vec<DurableFile>,
    sync: Arc<OutputSync>,
    wake: Box<dyn Fn() + Send>,
    /// A sync failed: no later one would prove anything.
    has_failed: bool,
}

impl<P: Platform> RegisteredOutputs<P> {
    /// Registers `files`, which are durable up to `durable`. `sync` is answered by the thread that
    /// writes them, which `wake` wakes.
    ///
    /// # Errors
    /// They could not be registered: a sentence.
    pub fn begin(
        platform: P,
        data: &Path,
        files: Vec<DurableFile>,
        durable: Sequence,
    ) -> Result<Self, String> {
        let outputs = Self { files, ..Self::none(platform, data) };
        outputs.register(durable)?;
        Ok(outputs)
    }

    /// Takes back how far outputs are durable that can only be written in place, before they are
    /// opened and so emptied.
    ///
    /// # Errors
    /// That could not be written down: a sentence.
    pub fn take_back(platform: P, data: &Path, paths: &[&Path]) -> Result<(), String> {
        let consumers = Consumers::of(platform, data);
        let Ok(known) = consumers.list() else {
            // Nothing is retired as long as nobody knows who needs it.
            return Ok(());
        };
        let emptied = known.into_iter().filter(|it| {
            let is_named = |path: &&&Path| path.canonicalize().is_ok_and(|path| path == it.path);
            paths.iter().find(is_named).is_some_and(|path| TextFile::is_written_in_place(path))
        });
        let emptied: Vec<_> = emptied.map(|it| Consumer { durable: Sequence(0), ..it }).collect();
        if emptied.is_empty() {
            return Ok(());
        }
        consumers.note(&emptied).map_err(|error| error.to_string())
    }

    /// A run whose outputs are not registered.
    pub fn none(platform: P, data: &Path) -> Self {
        let consumers = Consumers::of(platform, data);
        let (sync, wake) = (Arc::default(), Box::new(|| ()));
        Self { consumers, files: Vec::new(), sync, wake, has_failed: false }
    }

    /// What the thread that writes the outputs answers to; `wake` wakes that thread.
    pub fn answered_by(&mut self, wake: impl Fn() + Send + 'static) -> Arc<OutputSync> {
        self.wake = Box::new(wake);
        Arc::clone(&self.sync)
    }

    /// Everything that follows from the commands up to `flushed` was handed to the system: makes it
    /// durable, and registers that.
    ///
    /// # Errors
    /// A sentence.
    pub fn sync_up_to(&mut self, flushed: Sequence) -> Result<(), String> {
        if self.has_failed {
            return Err("an output could not be made durable before: it is not tried again, and \
                        nothing that it follows from is retired"
                .to_owned());
        }
        for DurableFile { kind, path, file } in &self.files {
            if let Err(error) = file.sync_data() {
                self.has_failed = true;
                return Err(not_durable(*kind, path, &error));
            }
        }
        self.register(flushed)
    }

    fn register(&self, durable: Sequence) -> Result<(), String> {
        if self.files.is_empty() {
            return Ok(());
        }
        let consumer =
            |file: &DurableFile| Consumer { kind: file.kind, path: file.path.clone(), durable };
        let consumers: Vec<Consumer> = self.files.iter().map(consumer).collect();
        self.consumers.note(&consumers).map_err(|error| error.to_string())
    }
}

fn not_durable(kind: ConsumerKind, path: &Path, error: &io::Error) -> String {
    format!(
        "could not make the {} in '{}' durable ({error}): nothing that they follow from is retired \
         any more; check the disk, and run again",
        kind.name(),
        path.display()
    )
}

/// The same, for the thread that makes snapshots and the one that ends the run.
#[derive(Clone, Debug)]
pub struct SharedOutputs<P: Platform>(Arc<Mutex<RegisteredOutputs<P>>>);

impl<P: Platform> SharedOutputs<P> {
    /// Shares these.
    pub fn new(outputs: RegisteredOutputs<P>) -> Self {
        Self(Arc::new(Mutex::new(outputs)))
    }

    /// The outputs; a thread that panicked with them has stopped the engine.
    pub fn lock(&self) -> MutexGuard<'_, RegisteredOutputs<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Platform> SettleOutputs for SharedOutputs<P> {
    fn settle(&mut self, go_on: &dyn Fn() -> bool) -> Result<(), String> {
        let mut outputs = self.lock();
        if outputs.files.is_empty() {
            return Ok(());
        }
        match outputs.sync.ask(&*outputs.wake, go_on) {
            None => Ok(()),
            Some(flushed) => outputs.sync_up_to(flushed),
        }
    }
}

impl<P: Platform> fmt::Debug for RegisteredOutputs<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredOutputs").field("files", &self.files).finish_non_exhaustive()
    }
}
