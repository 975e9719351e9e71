//! Rows that come in chunks: for a loop in Python, or for a consumer of Arrow.

use crate::arrow::{Batch, Batches, command_batch, event_batch, stream_capsule};
use crate::buffers::RowBuffer;
use crate::errors::{busy, failed};
use crate::rows::{CommandRow, EventRow};
use pyo3::prelude::*;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// How long signals wait for their turn.
const HEARD_EVERY: Duration = Duration::from_millis(100);

/// A chunk.
pub(crate) enum Rows {
    Commands(Vec<CommandRow>),
    Events(Vec<EventRow>),
}

/// What comes next.
pub(crate) enum Step {
    Rows(Rows),
    /// Nothing yet.
    Pending,
    End,
}

/// Where chunks come from.
pub(crate) trait RowSource: Send {
    /// Waits so long for the next chunk.
    ///
    /// # Errors
    /// A sentence; the chunks before it were given.
    fn next(&mut self, patience: Duration) -> Result<Step, String>;

    /// A chunk without rows.
    fn empty(&self) -> Rows;

    /// The exception that a sentence becomes.
    fn exception(&self, sentence: String) -> PyErr;
}

impl Rows {
    fn batch(&self) -> Batch {
        match self {
            Self::Commands(rows) => command_batch(rows),
            Self::Events(rows) => event_batch(rows),
        }
    }

    fn buffer(self) -> RowBuffer {
        match self {
            Self::Commands(rows) => RowBuffer::writable(rows),
            Self::Events(rows) => RowBuffer::read_only(rows),
        }
    }
}

/// Chunks of rows, each given once.
#[pyclass(frozen, module = "highwater._highwater", name = "RowStream")]
pub(crate) struct RowStream {
    /// `None` once a consumer of Arrow has it.
    source: Mutex<Option<Box<dyn RowSource>>>,
}

impl RowStream {
    pub(crate) fn of(source: impl RowSource + 'static) -> Self {
        Self { source: Mutex::new(Some(Box::new(source))) }
    }

    fn lock(&self) -> PyResult<MutexGuard<'_, Option<Box<dyn RowSource>>>> {
        self.source.try_lock().map_err(|_| busy("reader", "open one for each thread"))
    }
}

#[pymethods]
impl RowStream {
    /// The next chunk, or `None` at the end.
    fn next(&self, py: Python<'_>) -> PyResult<Option<RowBuffer>> {
        let mut guard = self.lock()?;
        let source = guard.as_mut().ok_or_else(given_away)?;
        loop {
            let step = py.detach(|| source.next(HEARD_EVERY));
            match step.map_err(|sentence| source.exception(sentence))? {
                Step::Rows(rows) => return Ok(Some(rows.buffer())),
                Step::End => return Ok(None),
                Step::Pending => py.check_signals()?,
            }
        }
    }

    fn arrow_stream<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let source = self.lock()?.take().ok_or_else(given_away)?;
        stream_capsule(py, Whole(source))
    }
}

fn given_away() -> PyErr {
    failed("the rows of this reader were given to a consumer of Arrow: open a new reader")
}

/// A source that is waited for as long as it takes.
struct Whole(Box<dyn RowSource>);

impl Batches for Whole {
    fn empty(&self) -> Batch {
        self.0.empty().batch()
    }

    fn next(&mut self) -> Result<Option<Batch>, String> {
        loop {
            match self.0.next(HEARD_EVERY)? {
                Step::Rows(rows) => return Ok(Some(rows.batch())),
                Step::End => return Ok(None),
                Step::Pending => {}
            }
        }
    }
}

/// Rows that are there, as a stream of one batch.
pub(crate) struct Once(pub(crate) Option<Rows>, pub(crate) Rows);

impl Batches for Once {
    fn empty(&self) -> Batch {
        self.1.batch()
    }

    fn next(&mut self) -> Result<Option<Batch>, String> {
        Ok(self.0.take().map(|rows| rows.batch()))
    }
}
