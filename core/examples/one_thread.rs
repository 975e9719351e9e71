//! The smallest host: an engine whose log is memory and whose stages one thread steps in turn.
//!
//! A real host implements `LogFile` over files, gives each stage a thread, and has its own clock.

#[path = "support/commands.rs"]
mod commands;
#[path = "support/memory_log.rs"]
mod memory_log;

use commands::{define, order};
use highwater::book::{Book, StaticBook};
use highwater::command::{Command, TimedCommand};
use highwater::engine::{Engine, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId, Side, Symbol};
use memory_log::MemoryLog;
use std::error::Error;

// README begins here.
const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 4, sessions: 2 };
static BOOK: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
static ENGINE: Engine<64, 64, 64> = Engine::new();

/// Recovers `log`, matches `commands`, and returns the log and every event, each released only once
/// its command is durable.
fn run(
    mut log: MemoryLog,
    commands: &[Command],
) -> Result<(MemoryLog, Vec<Event>), Box<dyn Error>> {
    let mut buffer = vec![0; 16 * BLOCK_BYTES];
    let mut book = BOOK.take(CAPACITIES, 1)?;
    let scanned = recover(&mut log, &mut buffer, &mut Replay::new(&mut book, &mut ()))?;
    let chain = scanned.chain_or_new(LogId(*b"chosen at random"));
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: 1 << 20 };
    let opened = OpenedLog { file: log, buffer: &mut buffer, chain, settings, now_ns: 0 };
    let stages = ENGINE.split(book, opened)?;
    let Stages { mut input, mut sequencer, mut log_writer, mut releaser, shared, .. } = stages;

    for command in commands {
        input.push(TimedCommand { timestamp_ns: 0, command: *command })?;
    }
    shared.halt.stop();
    let mut released = Vec::new();
    let mut sink = |event: &Event| released.push(*event);
    loop {
        // While the event ring is full, the sequencer has the other stages stepped.
        let _worked = sequencer.step(&mut || {
            let _worked = (log_writer.step(0), releaser.step(&mut sink));
        });
        let _worked = log_writer.step(0)?;
        if releaser.step(&mut sink) == Step::Done {
            return Ok((log_writer.into_file(), released));
        }
    }
}
// README ends here.

/// Matches three orders and prints what was released.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let symbol = Symbol::new(b"AURORA").ok_or("a symbol has 1 to 16 bytes")?;
    let commands = [
        define(symbol),
        order(1, Side::Sell, 101, 5),
        order(2, Side::Sell, 100, 5),
        order(3, Side::Buy, 101, 7),
    ];
    let (log, events) = run(MemoryLog::default(), &commands)?;
    for event in &events {
        println!("{} {:?}", event.sequence, event.kind);
    }
    let trades = events.iter().filter(|event| event.kind.is_trade());
    assert_eq!(trades.count(), 2, "the buyer takes 5 at 100 and 2 at 101");
    assert_eq!(log.segments.len(), 1, "all of it fits one segment");
    Ok(())
}
