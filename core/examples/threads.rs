//! The smallest host with a thread for each stage: nothing waits but for room, and for the disk.
//!
//! The sequencer and the log writer have a thread of their own; this one pushes commands and takes
//! the events, each of which comes out when its command is durable.

#[path = "support/commands.rs"]
mod commands;
#[path = "support/memory_log.rs"]
mod memory_log;

use commands::{define, order};
use highwater::book::{Book, StaticBook};
use highwater::command::TimedCommand;
use highwater::engine::{Engine, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::LogFault;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId, Side, Symbol};
use memory_log::MemoryLog;
use std::error::Error;
use std::thread;

const CAPACITIES: Capacities = Capacities { orders: 1_000, instruments: 4, sessions: 2 };
static BOOK: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
static ENGINE: Engine<64, 64, 64> = Engine::new();

/// An interpreter that watches every access takes its time.
const ORDER_COUNT: u64 = if cfg!(miri) { 50 } else { 1_000 };

/// Sells and buys orders that meet; returns the number of trades.
fn run(mut log: MemoryLog) -> Result<u64, Box<dyn Error>> {
    let mut buffer = vec![0; 16 * BLOCK_BYTES];
    let mut book = BOOK.take(CAPACITIES, 1)?;
    let scanned = recover(&mut log, &mut buffer, &mut Replay::new(&mut book, &mut ()))?;
    let chain = scanned.chain_or_new(LogId(*b"chosen at random"));
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: 1 << 20 };
    let opened = OpenedLog { file: log, buffer: &mut buffer, chain, settings, now_ns: 0 };
    let stages = ENGINE.split(book, opened)?;
    let Stages { mut input, mut sequencer, mut log_writer, mut releaser, shared, .. } = stages;

    let mut trade_count = 0;
    let mut sink = |event: &Event| {
        assert!(event.sequence <= shared.durable.get(), "only what is durable is told");
        trade_count += u64::from(event.kind.is_trade());
    };
    let symbol = Symbol::new(b"AURORA").ok_or("a symbol has 1 to 16 bytes")?;
    thread::scope(|scope| {
        scope.spawn(move || while sequencer.step(&mut thread::yield_now) != Step::Done {});
        let writing = scope.spawn(move || -> Result<(), LogFault> {
            while log_writer.step(0)? != Step::Done {}
            Ok(())
        });
        let orders = (1..=ORDER_COUNT)
            .map(|id| order(id, if id % 2 == 1 { Side::Sell } else { Side::Buy }, 100, 5));
        for command in [define(symbol)].into_iter().chain(orders) {
            let mut timed = TimedCommand { timestamp_ns: 0, command };
            while let Err(full) = input.push(timed) {
                // Back-pressure: events go out until there is room.
                timed = full.0;
                let _worked = releaser.step(&mut sink);
            }
        }
        shared.halt.stop();
        while releaser.step(&mut sink) != Step::Done {}
        writing.join().unwrap_or(Ok(()))
    })?;
    Ok(trade_count)
}

/// Runs it and prints what it came to.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let trade_count = run(MemoryLog::default())?;
    println!("{trade_count} trades, every one of them durable when it was told");
    assert_eq!(trade_count, ORDER_COUNT / 2, "every second order trades with the one before");
    Ok(())
}
