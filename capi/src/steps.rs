//! What a host does with a running engine: push commands, step stages, pop events, stop.

use crate::command::{HwCommand, HwDefinition};
use crate::engine::HwEngine;
use crate::event::HwEvent;
use crate::pointer::{borrow, check, put, status_of};
use crate::status::HwStatus;
use highwater::command::{Action, Command, TimedCommand};
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::log_writer::LogWriter;
use highwater::stage::{State, Step};
use highwater::types::{ClientSequence, SessionId};

/// Hands a command to the sequencer. `timestamp_ns` is the time of its arrival since the Unix
/// epoch: it is logged, and never a reason for a decision.
///
/// `HW_STATUS_FULL` when it was not taken and is to be pushed again, `HW_STATUS_STOPPED` after
/// `hw_stop`.
///
/// # Safety
/// `engine` is a handle, `command` may be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_push(
    engine: *mut HwEngine,
    timestamp_ns: u64,
    command: *const HwCommand,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let command = unsafe { borrow(command) }.and_then(HwCommand::read);
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| engine.push(timestamp_ns, &command?)))
}

/// Hands an instrument's definition to the sequencer, as the operator. Its number is that of the
/// event that answers. Ends like `hw_push`.
///
/// # Safety
/// `engine` is a handle, `definition` may be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_define(
    engine: *mut HwEngine,
    timestamp_ns: u64,
    client_sequence: u64,
    definition: *const HwDefinition,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let command = unsafe { HwDefinition::read(definition) }.map(|definition| Command {
        session: SessionId::OPERATOR,
        client_sequence: ClientSequence(client_sequence),
        action: Action::DefineInstrument(definition),
    });
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| engine.push(timestamp_ns, &command?)))
}

/// Takes some of the commands that wait, gives each its sequence, and applies it.
///
/// `HW_STATUS_OK` when there were some, `HW_STATUS_IDLE` when there were none or the log writer is
/// behind, `HW_STATUS_DONE` behind the last one after `hw_stop`.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_step_sequencer(engine: *mut HwEngine) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let mut host = engine.host;
        let step = engine.sequencer.try_with(|sequencer| sequencer.step(&mut host))?;
        Ok(engine.ended(step))
    }))
}

/// Appends what the sequencer has published, and makes it durable as the mode wants. `now_ns` is a
/// clock that never runs backwards, of the host's choice.
///
/// `HW_STATUS_OK` when it did something, `HW_STATUS_IDLE` when there was nothing to do,
/// `HW_STATUS_DONE` when everything is on the disk after `hw_stop`, `HW_STATUS_LOG_FAULT` ever
/// after a callback has failed.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_step_log_writer(engine: *mut HwEngine, now_ns: u64) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let step = engine.log_writer.try_with(|log_writer| log_writer.step(now_ns))?;
        Ok(step.map_or(HwStatus::LogFault, |step| engine.ended(step)))
    }))
}

/// Syncs beside the log writer in the mode `interval`; done at once in every other. Ends like
/// `hw_step_log_writer`.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_step_syncer(engine: *mut HwEngine, now_ns: u64) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let mut sync = || engine.host.sync_beside();
        let step = engine.syncer.try_with(|syncer| syncer.step(now_ns, &mut sync))?;
        Ok(step.map_or(HwStatus::LogFault, |step| engine.ended(step)))
    }))
}

/// Appends a block that vouches for everything before it, unless the last one does. To be called
/// when the engine has been idle for a while, by whoever steps the log writer.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_mark_idle(engine: *mut HwEngine) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        let marked = engine.log_writer.try_with(LogWriter::mark_idle)?;
        Ok(marked.map_or(HwStatus::LogFault, |()| HwStatus::Ok))
    }))
}

/// Takes the oldest events into `events`, at most `capacity` of them, and tells in `count` how many
/// they are. Only events whose command is as durable as the mode promises come out, in order.
///
/// `HW_STATUS_OK` when there were some, `HW_STATUS_IDLE` when there were none, `HW_STATUS_DONE`
/// when none will come any more after `hw_stop`.
///
/// # Safety
/// `engine` is a handle, `events` has room for `capacity` events, `count` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_pop(
    engine: *mut HwEngine,
    events: *mut HwEvent,
    capacity: usize,
    count: *mut usize,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let cleared = unsafe { put(count, 0) };
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(cleared.and_then(|()| check(events)).and(engine).and_then(|engine| {
        let mut sink = Popped { events, count: 0 };
        let step = engine.releaser.try_with(|releaser| releaser.step_up_to(capacity, &mut sink))?;
        // SAFETY: it was written a moment ago.
        unsafe { count.write(sink.count) };
        Ok(engine.ended(step))
    }))
}

/// Asks the engine to finish what it has taken and stop: step and pop until all stages are done,
/// and everything is durable. Nothing is taken afterwards.
///
/// # Safety
/// `engine` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_stop(engine: *mut HwEngine) -> HwStatus {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let engine = unsafe { borrow(engine) };
    status_of(engine.and_then(|engine| {
        // Under the lock of the input ring: no push is under way, and none comes afterwards.
        engine.input.try_with(|_| engine.shared.halt.stop())?;
        Ok(HwStatus::Ok)
    }))
}

/// Writes what is released to the host's array, which has room for all that is handed over.
struct Popped {
    events: *mut HwEvent,
    count: usize,
}

impl Popped {
    fn put(&mut self, event: &HwEvent) {
        // SAFETY: the releaser hands over no more than there is room for.
        unsafe { self.events.wrapping_add(self.count).write(*event) };
        self.count += 1;
    }
}

impl EventSink for Popped {
    fn event(&mut self, event: &Event) {
        self.put(&event.into());
    }

    fn end(&mut self, end: CommandEnd) {
        self.put(&end.into());
    }
}

impl HwEngine {
    fn push(&self, timestamp_ns: u64, command: &Command) -> Result<HwStatus, HwStatus> {
        self.input.try_with(|input| match self.shared.halt.state() {
            State::Running => match input.push(TimedCommand { timestamp_ns, command: *command }) {
                Ok(()) => HwStatus::Ok,
                Err(_) => HwStatus::Full,
            },
            State::Stopping => HwStatus::Stopped,
            State::Faulted(_) => self.fault(),
        })
    }

    /// How a step ended, as the host is told.
    fn ended(&self, step: Step) -> HwStatus {
        match (step, self.fault()) {
            (Step::Worked(_), _) => HwStatus::Ok,
            (Step::Idle, _) => HwStatus::Idle,
            (Step::Done, HwStatus::Ok) => HwStatus::Done,
            (Step::Done, fault) => fault,
        }
    }
}
