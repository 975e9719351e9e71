//! A host and its sessions: calls that wait until their answers may be told.

use crate::buffers::RowBuffer;
use crate::errors::{HostError, busy};
use crate::event_rows::EventRows;
use crate::rows::{CommandRow, EventRow};
use crate::system::{HomeProcess, SYSTEM, System};
use bytemuck::Zeroable;
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::sync_mode::SyncMode;
use highwater::types::{ClientSequence, Sequence, SessionId};
use highwater_engine::config::{CapacityWishes, Config};
use highwater_host::{Host, HostConfig, OrderIds, Session, WaitError};
use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;
use std::mem::{ManuallyDrop, take};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long signals wait for their turn.
const HEARD_EVERY: Duration = Duration::from_millis(50);

fn refused(error: impl std::fmt::Display) -> PyErr {
    HostError::new_err(error.to_string())
}

/// What is left alone in a fork, where its threads are missing.
struct AtHome<T> {
    value: ManuallyDrop<T>,
    home: HomeProcess,
}

impl<T> AtHome<T> {
    fn new(value: T) -> Self {
        Self { value: ManuallyDrop::new(value), home: HomeProcess::here() }
    }
}

impl<T> Drop for AtHome<T> {
    fn drop(&mut self) {
        if self.home.is_here() {
            // SAFETY: it is dropped here only, once.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

/// A host. Dropped, it stops cleanly.
#[pyclass(frozen, module = "highwater._highwater", name = "Host")]
pub(crate) struct NativeHost {
    /// `None` once it was stopped.
    inner: Mutex<Option<AtHome<Host<System>>>>,
    home: HomeProcess,
}

/// The mode of a name.
fn sync_mode(name: &str) -> PyResult<SyncMode> {
    Ok(match name {
        "group" => Config::production().sync,
        "full" => Config::durable().sync,
        "interval" => Config::balanced().sync,
        "checkpoint" => SyncMode::Checkpoint,
        "off" => SyncMode::Off,
        other => {
            return Err(pyo3::exceptions::PyValueError::new_err(format!(
                "sync is {other:?}: use \"group\", \"full\", \"interval\", \"checkpoint\" or \
                 \"off\", which is not durable"
            )));
        }
    })
}

impl NativeHost {
    fn lock(&self) -> PyResult<MutexGuard<'_, Option<AtHome<Host<System>>>>> {
        self.home.check("host", refused)?;
        self.inner.try_lock().map_err(|_| busy("host", "wait until the other call has returned"))
    }
}

fn stopped() -> PyErr {
    refused("the host was stopped: start another one in its directory")
}

#[pymethods]
impl NativeHost {
    #[new]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        sync: &str,
        capacities: (Option<u32>, Option<u32>, Option<u32>),
        slots: usize,
    ) -> PyResult<Self> {
        let (orders, instruments, sessions) = capacities;
        let wishes = CapacityWishes { orders, instruments, sessions };
        let engine = Config::production()
            .data(path)
            .sync(sync_mode(sync)?)
            .capacities(wishes)
            .tell_ends(true);
        let config = HostConfig { slots, order_ids: OrderIds::Raw, ..HostConfig::new(engine) };
        let host = py.detach(|| Host::start(SYSTEM, &config)).map_err(refused)?;
        let inner = Mutex::new(Some(AtHome::new(host)));
        Ok(Self { inner, home: HomeProcess::here() })
    }

    fn session(&self, py: Python<'_>, session: u16) -> PyResult<NativeSession> {
        let guard = self.lock()?;
        let host: &Host<System> = &guard.as_ref().ok_or_else(stopped)?.value;
        let session = py.detach(|| host.session(SessionId(session))).map_err(refused)?;
        Ok(NativeSession {
            inner: Mutex::new(Told { session: AtHome::new(session), early: Vec::new() }),
            home: self.home,
        })
    }

    fn snapshot(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let guard = self.lock()?;
        let host: &Host<System> = &guard.as_ref().ok_or_else(stopped)?.value;
        let made = py.detach(|| host.snapshot()).map_err(refused)?;
        Ok(made.map(|made| made.sequence.0))
    }

    fn recovered(&self) -> PyResult<u64> {
        Ok(self.lock()?.as_ref().ok_or_else(stopped)?.value.recovered().0)
    }

    fn warnings(&self) -> PyResult<Vec<String>> {
        Ok(self.lock()?.as_ref().ok_or_else(stopped)?.value.warnings().to_vec())
    }

    /// Why it has ended; `None` while it runs.
    fn ended(&self) -> PyResult<Option<String>> {
        let guard = self.lock()?;
        let Some(host) = guard.as_ref() else { return Ok(Some(stopped_sentence())) };
        Ok(host.value.end().map(|end| end.to_string()))
    }

    /// Stops cleanly; a second time does nothing.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let Some(mut host) = self.lock()?.take() else { return Ok(()) };
        // SAFETY: the shell around it is forgotten, so that it is not dropped again.
        let inner = unsafe { ManuallyDrop::take(&mut host.value) };
        std::mem::forget(host);
        py.detach(|| inner.stop().map(drop)).map_err(refused)
    }

    fn __del__(&self, py: Python<'_>) -> PyResult<()> {
        if !self.home.is_here() {
            return Ok(());
        }
        self.stop(py)
    }
}

fn stopped_sentence() -> String {
    "the host was stopped".to_owned()
}

/// A session, and what it was told before anybody asked.
struct Told {
    session: AtHome<Session<System>>,
    early: Vec<EventRow>,
}

/// A session of a host.
#[pyclass(frozen, module = "highwater._highwater", name = "Session")]
pub(crate) struct NativeSession {
    inner: Mutex<Told>,
    home: HomeProcess,
}

/// Gathers events, whose times come with the ends of their commands.
#[derive(Default)]
struct Gathered {
    events: EventRows,
    /// The last command of which everything was told.
    ended: Sequence,
}

impl EventSink for Gathered {
    fn event(&mut self, event: &Event) {
        self.events.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.ended = end.sequence;
        let rows = self.events.rows.iter_mut().rev();
        for row in rows.take_while(|row| row.sequence == end.sequence.0) {
            row.time_ns = end.timestamp_ns;
        }
    }
}

/// The answer to a command, as far as it has come.
struct Answer {
    session: SessionId,
    client_sequence: ClientSequence,
    gathered: Gathered,
}

impl Answer {
    /// The sequence of the command, once everything of it was told.
    fn whole(&self) -> Option<Sequence> {
        let rows = self.gathered.events.rows.iter();
        let is_answer = |row: &&EventRow| {
            row.session == self.session.0
                && row.number == self.client_sequence.0
                && !matches!(row.kind, crate::codes::TRADE | crate::codes::AUCTION_TRADE)
        };
        let sequence = Sequence(rows.rev().find(is_answer)?.sequence);
        (self.gathered.ended >= sequence).then_some(sequence)
    }
}

impl NativeSession {
    fn lock(&self) -> PyResult<MutexGuard<'_, Told>> {
        self.home.check("session", refused)?;
        self.inner.try_lock().map_err(|_| busy("session", "take another session"))
    }
}

#[pymethods]
impl NativeSession {
    fn id(&self) -> PyResult<u16> {
        Ok(self.lock()?.session.value.id().0)
    }

    fn last_client_sequence(&self) -> PyResult<u64> {
        self.lock()?.session.value.last_client_sequence().map(|last| last.0).map_err(refused)
    }

    /// Submits one command and waits for all of its events.
    fn call(&self, py: Python<'_>, row: &[u8], timeout: f64) -> PyResult<RowBuffer> {
        let mut said = CommandRow::zeroed();
        if row.len() != size_of::<CommandRow>() {
            return Err(refused("a call takes one command: call for each of them"));
        }
        bytemuck::bytes_of_mut(&mut said).copy_from_slice(row);
        let command = said.command().map_err(refused)?;
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX);
        let mut guard = self.lock()?;
        let told = &mut *guard;
        let session = &mut *told.session.value;
        let client_sequence = session.submit(command.action).map_err(refused)?;
        let answer =
            Answer { session: session.id(), client_sequence, gathered: Gathered::default() };
        answered(py, session, answer, patience, &mut told.early)
    }

    /// What the session was told and nobody has asked for; waits so long for the first of it.
    fn events(&self, py: Python<'_>, timeout: f64) -> PyResult<RowBuffer> {
        let patience = Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX);
        let mut guard = self.lock()?;
        let told = &mut *guard;
        let session = &mut *told.session.value;
        let mut gathered = Gathered::default();
        gathered.events.rows = take(&mut told.early);
        let started = now();
        loop {
            let polled = session.poll(&mut gathered);
            if !gathered.events.rows.is_empty() {
                return Ok(RowBuffer::read_only(gathered.events.rows));
            }
            polled.map_err(refused)?;
            let left = patience.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Ok(RowBuffer::read_only(Vec::<EventRow>::new()));
            }
            match py.detach(|| session.wait(left.min(HEARD_EVERY))) {
                Ok(()) | Err(WaitError::TimedOut) => py.check_signals()?,
                Err(error) => return Err(refused(error)),
            }
        }
    }

    /// Reads what the session missed from the log.
    fn catch_up(&self, py: Python<'_>) -> PyResult<RowBuffer> {
        let mut guard = self.lock()?;
        let told = &mut *guard;
        let mut gathered = Gathered::default();
        gathered.events.rows = take(&mut told.early);
        let session = &mut *told.session.value;
        let caught = py.detach(|| session.catch_up(&mut gathered).map(drop));
        if let Err(error) = caught {
            told.early = gathered.events.rows;
            return Err(refused(error));
        }
        Ok(RowBuffer::read_only(gathered.events.rows))
    }
}

/// Only how long a caller waits depends on it.
#[expect(clippy::disallowed_methods, reason = "a caller's patience is no time of the engine")]
fn now() -> Instant {
    Instant::now()
}

/// Waits for an answer; what else comes meanwhile is kept.
fn answered(
    py: Python<'_>,
    session: &mut Session<System>,
    mut answer: Answer,
    patience: Duration,
    early: &mut Vec<EventRow>,
) -> PyResult<RowBuffer> {
    let started = now();
    let failed = loop {
        let polled = session.poll(&mut answer.gathered);
        if let Some(sequence) = answer.whole() {
            let rows = take(&mut answer.gathered.events.rows);
            let (own, others) = rows.into_iter().partition(|row| row.sequence == sequence.0);
            early.extend::<Vec<EventRow>>(others);
            return Ok(RowBuffer::read_only::<EventRow>(own));
        }
        if let Err(error) = polled {
            break refused(format!("{error}{}", late(answer.client_sequence)));
        }
        let left = patience.saturating_sub(started.elapsed());
        if left.is_zero() {
            let wait = patience.as_secs_f64();
            break PyTimeoutError::new_err(format!(
                "no answer came within {wait} s{}",
                late(answer.client_sequence)
            ));
        }
        match py.detach(|| session.wait(left.min(HEARD_EVERY))) {
            Ok(()) | Err(WaitError::TimedOut | WaitError::Lagging) => {}
            Err(error) => break refused(format!("{error}{}", late(answer.client_sequence))),
        }
        if let Err(interrupt) = py.check_signals() {
            break interrupt;
        }
    };
    early.append(&mut answer.gathered.events.rows);
    Err(failed)
}

/// The command is on its way all the same.
fn late(client_sequence: ClientSequence) -> String {
    format!(
        "; command {client_sequence} of the session was taken, and what is told of it comes from \
         events()"
    )
}
