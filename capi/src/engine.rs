//! The engine behind its handle: the stages, each behind a try-lock, and what a host may ask it.

use crate::codes::HwSide;
use crate::host::Callbacks;
use crate::pointer::{borrow, put, status_of};
use crate::status::{HwError, HwStatus, Wrong};
use crate::try_lock::TryLock;
use highwater::command::TimedCommand;
use highwater::log_writer::LogWriter;
use highwater::releaser::Releaser;
use highwater::ring::Producer;
use highwater::sequencer::Sequencer;
use highwater::stage::Shared;
use highwater::syncer::Syncer;
use highwater::types::{InstrumentId, Price, Sequence, SessionId};

/// An engine. It lives in the memory that its host gave, and ends with it.
///
/// Every call may come from any thread. Each stage lets one caller in at a time and answers a
/// second one with `HW_STATUS_BUSY`; different stages may be stepped at the same time.
#[expect(missing_debug_implementations, reason = "the handle of the C interface is opaque")]
pub struct HwEngine {
    pub(crate) input: TryLock<Producer<'static, TimedCommand>>,
    pub(crate) sequencer: TryLock<Sequencer<'static>>,
    pub(crate) log_writer: TryLock<LogWriter<'static, Callbacks>>,
    pub(crate) syncer: TryLock<Syncer<'static>>,
    pub(crate) releaser: TryLock<Releaser<'static>>,
    pub(crate) shared: &'static Shared,
    pub(crate) host: Callbacks,
    pub(crate) found: HwRecovered,
}

/// What `hw_open` found in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct HwRecovered {
    /// The last sequence; 0 for a new log.
    pub last_sequence: u64,
    /// Bytes of headers and blocks.
    pub log_bytes: u64,
    /// Bytes behind them that a crash had left, and that were cut off.
    pub torn_tail_bytes: u64,
    /// Hash of the book's whole state.
    pub state_hash: u64,
    /// 1 when the engine had been stopped, 0 when it crashed or the log is new.
    pub stopped_cleanly: u8,
}

/// Tells what `hw_open` found.
///
/// # Safety
/// `engine` is a handle, `found` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_recovered(
    engine: *const HwEngine,
    found: *mut HwRecovered,
) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    status_of(engine.and_then(|engine| unsafe { put(found, engine.found) }).map(|()| HwStatus::Ok))
}

/// The highest sequence on stable storage; 0 for a null handle. Waits for nothing.
///
/// # Safety
/// `engine` is a handle or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_durable_sequence(engine: *const HwEngine) -> u64 {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    unsafe { borrow(engine) }.map_or(0, |engine| engine.shared.durable.get().0)
}

/// When the next order expires, in nanoseconds of the engine's clock: a Clock command is due when
/// the host's clock has reached that. 0 when none will, and for a null handle. Waits for nothing.
///
/// # Safety
/// `engine` is a handle or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_next_expiry_ns(engine: *const HwEngine) -> u64 {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    unsafe { borrow(engine) }.map_or(0, |engine| engine.shared.next_expiry.get().unwrap_or(0))
}

/// Asks that everything up to `sequence` be made durable now, in whatever mode. Steps of the
/// stages do it, and `hw_durable_sequence` tells.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_ask_sync(engine: *mut HwEngine, sequence: u64) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.map(|engine| {
        engine.shared.sync_wanted.ask(Sequence(sequence));
        HwStatus::Ok
    }))
}

/// Why the engine stopped by itself: fills `error` and returns its status. `HW_STATUS_OK` while it
/// runs or does what it was asked.
///
/// # Safety
/// `engine` is a handle, `error` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_fault(engine: *const HwEngine, error: *mut HwError) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let why = Wrong::of_state(engine.shared.halt.state());
        // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
        unsafe { put(error, why.into()) }?;
        Ok(why.status())
    }))
}

/// Hash of the book's whole state behind the last command that was sequenced: two engines with the
/// same hash at the same sequence will answer alike. Walks the whole book.
///
/// # Safety
/// `engine` is a handle, `hash` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_state_hash(engine: *const HwEngine, hash: *mut u64) -> HwStatus {
    // SAFETY: the host guarantees both, unless they are null or misaligned.
    unsafe { ask(engine, hash, |sequencer| sequencer.book().state_hash()) }
}

/// The last client sequence of a session that was executed; 0 when there is none. What a session
/// sends next must be above it.
///
/// # Safety
/// `engine` is a handle, `last` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_last_client_sequence(
    engine: *const HwEngine,
    session: u16,
    last: *mut u64,
) -> HwStatus {
    let last_of =
        |sequencer: &mut Sequencer<'_>| sequencer.book().last_client_sequence(SessionId(session)).0;
    // SAFETY: the host guarantees both, unless they are null or misaligned.
    unsafe { ask(engine, last, last_of) }
}

/// The best price of one side of an instrument, in ticks; 0 when that side is empty. It may not be
/// durable yet: to be looked at, not to be told.
///
/// # Safety
/// `engine` is a handle, `price` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_best_price(
    engine: *const HwEngine,
    instrument: u32,
    side: u8,
    price: *mut u32,
) -> HwStatus {
    let Some(side) = HwSide::read(side) else {
        return HwStatus::BadCommand;
    };
    let best = |sequencer: &mut Sequencer<'_>| {
        sequencer.book().best(InstrumentId(instrument), side).map_or(0, Price::ticks)
    };
    // SAFETY: the host guarantees both, unless they are null or misaligned.
    unsafe { ask(engine, price, best) }
}

/// Asks the sequencer something.
///
/// # Safety
/// Those of [`borrow`] and [`put`].
unsafe fn ask<T>(
    engine: *const HwEngine,
    answer: *mut T,
    question: impl FnOnce(&mut Sequencer<'static>) -> T,
) -> HwStatus {
    // SAFETY: the caller guarantees it.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let told = engine.sequencer.try_with(question)?;
        // SAFETY: the caller guarantees it.
        unsafe { put(answer, told) }?;
        Ok(HwStatus::Ok)
    }))
}

impl HwEngine {
    /// The status of an engine that stopped by itself; `Ok` for one that did not.
    pub(crate) fn fault(&self) -> HwStatus {
        Wrong::of_state(self.shared.halt.state()).status()
    }
}
