//! A batch writer: an engine that writes batches of known commands, so that a test knows every
//! block of its log.

use crate::log_builder;
use crate::oracle::book_memory;
use crate::sim_log::SimLog;
use crate::workload::CAPACITIES;
use highwater::book::Book;
use highwater::command::TimedCommand;
use highwater::engine::Engine;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogFault;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::record::Body;
use highwater::recovery::{RecoveryFault, Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::Sequence;

/// How the scribe writes.
#[derive(Clone, Copy, Debug)]
pub struct Script<'b> {
    /// When the engine syncs.
    pub mode: SyncMode,
    /// Size of new segments, in blocks, the header's too.
    pub segment_blocks: u64,
    /// How many commands each append holds, at most [`BATCH_MAX`].
    pub batches: &'b [u64],
    /// Whether the engine is stopped cleanly behind them.
    pub stops: bool,
}

/// Commands that the scribe's engine writes in one append: four blocks of them.
pub const BATCH_MAX: u64 = 240;

/// Why the scribe put down the pen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The log is refused.
    Refused(RecoveryFault),
    /// An operation failed.
    Log(LogFault),
}

/// Recovers `log`, writes, and returns the highest sequence that was called durable.
///
/// # Errors
/// What went wrong.
///
/// # Panics
/// When a batch is larger than [`BATCH_MAX`].
pub fn write(log: &SimLog, script: &Script<'_>) -> Result<Sequence, Trouble> {
    let mut file = log.clone();
    let mut memory = book_memory();
    let mut book = Book::new(&mut memory, CAPACITIES, 7).expect("the memory is large enough");
    let mut buffer = vec![0; 4 * BLOCK_BYTES];
    let found = recover(&mut file, &mut buffer, &mut Replay::new(&mut book, &mut ()))
        .map_err(Trouble::Refused)?;
    let engine = Engine::<512, 512, 512>::new();
    let segment_bytes = script.segment_blocks * BLOCK_BYTES as u64;
    let settings = LogSettings { mode: script.mode, segment_bytes };
    let chain = found.chain_or_new(log_builder::LOG_ID);
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns: 1 };
    let mut stages = engine.split(book, opened).map_err(|fault| match fault {
        highwater::engine::SplitFault::Log(fault) => Trouble::Log(fault),
        highwater::engine::SplitFault::AlreadySplit => unreachable!("the engine is new"),
    })?;
    let mut next = found.last_sequence.0 + 1;
    for count in script.batches {
        assert!(*count <= BATCH_MAX, "a batch is one append");
        for _ in 0..*count {
            stages.input.push(timed(next)).expect("the ring has room");
            next += 1;
        }
        let _step = stages.sequencer.step(&mut || panic!("the event ring has room"));
        // A second append, where the first one's segment was full.
        while let Step::Worked(_) = stages.log_writer.step(0).map_err(Trouble::Log)? {}
        let _step = stages.releaser.step(&mut ());
    }
    if script.stops {
        stages.shared.halt.stop();
        let _step = stages.sequencer.step(&mut || panic!("the event ring has room"));
        while stages.log_writer.step(0).map_err(Trouble::Log)? != Step::Done {}
    }
    Ok(stages.shared.durable.get())
}

fn timed(sequence: u64) -> TimedCommand {
    let record = log_builder::record(sequence);
    match record.body {
        Body::Command(command) => TimedCommand { timestamp_ns: record.timestamp_ns, command },
        Body::RunningHash(_) | Body::Trade(_) => unreachable!("it is a command"),
    }
}
