//! One life of an engine on a log: it recovers, takes commands, and stops cleanly.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use crate::every_kind::CAPACITIES;
use highwater::book::Book;
use highwater::command::{Command, TimedCommand};
use highwater::engine::Engine;
use highwater::limits::BLOCK_BYTES;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{LogId, Sequence};
use highwater_storage::{IoChoice, LogDirectory, LogOptions};
use runtime_linux::Linux;
use std::path::Path;

/// Bytes of the segments.
const SEGMENT_BYTES: u64 = 256 << 10;
/// Commands that are pushed together.
const TOGETHER: usize = 240;
/// When the first command came; each comes a microsecond after the one before it.
const BEGIN_NS: u64 = 1_700_000_000_000_000_000;

type LifeEngine = Engine<256, 4_096, 16_384>;

/// What a life leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The last sequence.
    pub last: Sequence,
    /// What the book hashes to.
    pub state_hash: u64,
    /// The hash over all events.
    pub running_hash: u64,
}

/// Whether copies of trades are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trades {
    /// They are.
    Copied,
    /// They follow from the commands.
    Implied,
}

/// Recovers the log in `directory` and lets an engine take `commands`.
pub fn live(directory: &Path, commands: &[Command], trades: Trades) -> Left {
    let options =
        LogOptions { io: IoChoice::Append, segment_bytes: SEGMENT_BYTES, ..LogOptions::default() };
    let mut file = LogDirectory::open(Linux, directory, &options).unwrap();
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).unwrap();
    let mut buffer = vec![0; 8 * BLOCK_BYTES];
    let found = recover(&mut file, &mut buffer, &mut Replay::new(&mut book, &mut ())).unwrap();
    let begin = found.last_sequence.0;
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: SEGMENT_BYTES };
    let chain = found.chain_or_new(LogId(*b"highwater-v2-log"));
    let now_ns = BEGIN_NS + begin * 1_000;
    let opened = OpenedLog { file, buffer: &mut buffer, chain, settings, now_ns };
    let engine: &LifeEngine = Engine::new_in(Box::leak(Box::new_uninit()));
    let mut stages = engine.split(book, opened).unwrap();
    if trades == Trades::Copied {
        stages.sequencer.log_trades();
    }
    let mut now_ns = now_ns;
    for (index, some) in commands.chunks(TOGETHER).enumerate() {
        for command in some {
            now_ns += 1_000;
            let timed = TimedCommand { timestamp_ns: now_ns, command: *command };
            stages.input.push(timed).unwrap();
        }
        while let Step::Worked(_) = stages.sequencer.step(&mut || panic!("a ring is full")) {}
        while let Step::Worked(_) = stages.log_writer.step(now_ns).unwrap() {}
        while let Step::Worked(_) = stages.releaser.step(&mut ()) {}
        if index % 20 == 19 {
            stages.log_writer.mark_idle().unwrap();
        }
    }
    stages.shared.halt.stop();
    while stages.sequencer.step(&mut || panic!("a ring is full")) != Step::Done {}
    while stages.log_writer.step(now_ns).unwrap() != Step::Done {}
    let book = stages.sequencer.into_book();
    Left {
        last: book.last_sequence(),
        state_hash: book.state_hash(),
        running_hash: book.running_hash(),
    }
}
