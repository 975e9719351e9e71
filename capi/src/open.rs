//! Opening: memory, recovery, and the stages in their places.

use crate::config::{Chosen, HwConfig};
use crate::engine::{HwEngine, HwRecovered};
use crate::host::{Callbacks, HwHost};
use crate::layout::HW_MEMORY_ALIGN;
use crate::pointer::{borrow, check, put};
use crate::rings;
use crate::status::{HwError, HwStatus, Wrong};
use crate::try_lock::TryLock;
use core::ffi::c_void;
use core::ptr;
use core::slice;
use highwater::book::Book;
use highwater::command::{Action, Command, TimedCommand};
use highwater::engine::Stages;
use highwater::log_writer::OpenedLog;
use highwater::recovery::{Replay, Scanned, recover};
use highwater::types::{ClientSequence, Sequence, SessionId};

/// Recovers the log and makes an engine that goes on from it, in the memory of `config`.
///
/// A torn tail that a crash left is cut off; a log that is damaged otherwise is refused and stays
/// as it is. Every event of the log goes to `host->replayed`. On a new log the engine gives itself
/// the first command, a Configure with the capacities of `config`, as the operator's client
/// sequence 1.
///
/// When it fails `engine` is null, `error` (which may be null) says why, and the memory is free.
///
/// # Safety
/// What is pointed at may be read or written; the memory is `memory_bytes` bytes that nobody else
/// uses until the last call for this engine has returned; the callbacks do what `hw_host` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_open(
    config: *const HwConfig,
    host: *const HwHost,
    engine: *mut *mut HwEngine,
    error: *mut HwError,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let cleared = unsafe { put(engine, ptr::null_mut()) };
    // SAFETY: the host guarantees what it points at.
    let opened = cleared.map_err(Wrong::from).and_then(|()| unsafe { open(config, host) });
    match opened {
        Ok(made) => {
            // SAFETY: it was written a moment ago.
            unsafe { engine.write(made) };
            HwStatus::Ok
        }
        Err(wrong) => {
            if check(error).is_ok() {
                // SAFETY: it is neither null nor misaligned, and the host guarantees the rest.
                unsafe { error.write(wrong.into()) };
            }
            wrong.status()
        }
    }
}

/// The engine of a configuration.
///
/// # Safety
/// That of [`hw_open`].
unsafe fn open(config: *const HwConfig, host: *const HwHost) -> Result<*mut HwEngine, Wrong> {
    // SAFETY: the caller guarantees it.
    let config = unsafe { borrow(config) }?;
    // SAFETY: the caller guarantees it.
    let host = unsafe { borrow(host) }?;
    let chosen = config.check()?;
    let host = Callbacks::of(host, &chosen)?;
    // SAFETY: the caller guarantees the memory.
    let memory = unsafe { Memory::take(config, &chosen) }?;
    let (place, made) = recover_into(memory, &chosen, host)?;
    if made.found.last_sequence == 0 {
        made.configure(&chosen)?;
    }
    // SAFETY: the layout has room for it here, nobody else uses it, and it is aligned.
    unsafe { place.write(made) };
    Ok(place)
}

/// The memory of an engine, cut into its parts.
struct Memory {
    stages: *mut HwEngine,
    rings: *mut c_void,
    buffer: &'static mut [u8],
    book: &'static mut [u8],
}

impl Memory {
    /// Takes the memory of a host, and makes it zero unless it is.
    ///
    /// # Errors
    /// When it is null, not aligned, or too small.
    ///
    /// # Safety
    /// Nobody else uses the memory, and it stays.
    unsafe fn take(config: &HwConfig, chosen: &Chosen) -> Result<Self, HwStatus> {
        let layout = chosen.layout;
        let start = config.memory.cast::<u8>();
        if start.is_null() {
            return Err(HwStatus::Null);
        }
        if !start.addr().is_multiple_of(HW_MEMORY_ALIGN) {
            return Err(HwStatus::BadAlignment);
        }
        if config.memory_bytes < layout.bytes {
            return Err(HwStatus::TooSmall);
        }
        // SAFETY: the memory has that many bytes, and the caller guarantees that they are free.
        unsafe { start.write_bytes(0, chosen.zeroed_bytes) };
        let part = |offset: usize| start.wrapping_add(offset);
        // SAFETY: these bytes lie within the memory, apart from all others, and are written.
        let buffer = unsafe { slice::from_raw_parts_mut(part(layout.buffer), layout.buffer_bytes) };
        // SAFETY: as above; those that were not written are said to be zero by the host.
        let book = unsafe { slice::from_raw_parts_mut(part(layout.book), layout.book_bytes) };
        Ok(Self { stages: config.memory.cast(), rings: part(layout.rings).cast(), buffer, book })
    }
}

/// Recovers the book and splits the engine.
fn recover_into(
    memory: Memory,
    chosen: &Chosen,
    mut host: Callbacks,
) -> Result<(*mut HwEngine, HwEngine), Wrong> {
    let Memory { stages: place, rings, buffer, book } = memory;
    let mut book =
        Book::new(book, chosen.capacities, chosen.seed).map_err(|_| HwStatus::BadConfig)?;
    let mut ear = host;
    let scanned = recover(&mut host, buffer, &mut Replay::new(&mut book, &mut ear))?;
    let found = found(&scanned, &book);
    let chain = scanned.chain_or_new(chosen.log_id);
    let Chosen { settings, now_ns, ring_capacity, .. } = *chosen;
    let log = OpenedLog { file: host, buffer, chain, settings, now_ns };
    // SAFETY: the layout gives the rings their room, aligned to a page, and it was made zero.
    let split = unsafe { rings::split(ring_capacity, rings, book, log) };
    let Stages { input, mut sequencer, log_writer, syncer, releaser, shared } =
        split.ok_or(HwStatus::BadConfig)??;
    if chosen.logs_trades {
        sequencer.log_trades();
    }
    if chosen.tells_ends {
        sequencer.tell_ends();
    }
    let engine = HwEngine {
        input: TryLock::new(input),
        sequencer: TryLock::new(sequencer),
        log_writer: TryLock::new(log_writer),
        syncer: TryLock::new(syncer),
        releaser: TryLock::new(releaser),
        shared,
        host,
        found,
    };
    Ok((place, engine))
}

fn found(scanned: &Scanned, book: &Book<'_>) -> HwRecovered {
    let Sequence(last_sequence) = scanned.last_sequence;
    HwRecovered {
        last_sequence,
        log_bytes: scanned.log_bytes,
        torn_tail_bytes: scanned.torn_tail_bytes,
        state_hash: book.state_hash(),
        stopped_cleanly: u8::from(scanned.stopped_cleanly),
    }
}

impl HwEngine {
    /// Pushes the first command of a log: the capacities, on which later answers depend.
    fn configure(&self, chosen: &Chosen) -> Result<(), HwStatus> {
        let command = Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(1),
            action: Action::Configure(chosen.capacities),
        };
        let timed = TimedCommand { timestamp_ns: chosen.now_ns, command };
        let pushed = self.input.try_with(|input| input.push(timed).is_ok())?;
        assert!(pushed, "a ring that was just made has room");
        Ok(())
    }
}
