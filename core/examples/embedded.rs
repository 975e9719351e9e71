//! A host as it would be on a small machine: everything lies in plain statics, nothing allocates.
//!
//! The log is a static array, where a machine would have flash. Only `main` uses the standard
//! library, to print.

#[path = "support/commands.rs"]
mod commands;
#[path = "support/flash.rs"]
mod flash;

use commands::{define, order};
use flash::Flash;
use highwater::book::{Book, StaticBook};
use highwater::command::TimedCommand;
use highwater::engine::{Engine, Stages};
use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, recover};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId, Side, Symbol};
use std::sync::{Mutex, PoisonError};

const CAPACITIES: Capacities = Capacities { orders: 64, instruments: 1, sessions: 2 };
static BOOK: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
static REPLAYED: StaticBook<{ Book::bytes_needed(CAPACITIES) }> = StaticBook::new();
static ENGINE: Engine<16, 16, 16> = Engine::new();
static FLASH: Mutex<Flash> = Mutex::new(Flash::new());
static BUFFER: Mutex<[u8; BLOCK_BYTES]> = Mutex::new([0; BLOCK_BYTES]);

/// Trades, stops, and recovers what it had; returns the number of trades, or nothing when any of it
/// went wrong.
pub(crate) fn run() -> Option<u32> {
    let mut buffer = BUFFER.lock().unwrap_or_else(PoisonError::into_inner);
    let mut flash = FLASH.lock().unwrap_or_else(PoisonError::into_inner);
    let mut trade_count = 0;
    let mut sink = |event: &Event| {
        trade_count += u32::from(event.kind.is_trade());
    };
    let mut book = BOOK.take(CAPACITIES, 1).ok()?;
    let scanned =
        recover(&mut *flash, &mut *buffer, &mut Replay::new(&mut book, &mut sink)).ok()?;
    let chain = scanned.chain_or_new(LogId(*b"of this machine."));
    let settings = LogSettings { mode: SyncMode::Full, segment_bytes: Flash::SEGMENT_BYTES };
    let opened = OpenedLog { file: &mut *flash, buffer: &mut *buffer, chain, settings, now_ns: 0 };
    let Stages { mut input, mut sequencer, mut log_writer, mut releaser, shared, .. } =
        ENGINE.split(book, opened).ok()?;

    // The main loop of a machine: a command when there is one, then a step of every stage.
    let orders = (1..=10).map(|id| order(id, [Side::Buy, Side::Sell][usize::from(id > 5)], 100, 1));
    let mut commands = [define(Symbol::new(b"AURORA")?)].into_iter().chain(orders);
    loop {
        match commands.next() {
            Some(command) => input.push(TimedCommand { timestamp_ns: 0, command }).ok()?,
            None => shared.halt.stop(),
        }
        let _worked = sequencer.step(&mut || {
            let _worked = (log_writer.step(0), releaser.step(&mut sink));
        });
        let _worked = log_writer.step(0).ok()?;
        if releaser.step(&mut sink) == Step::Done {
            break;
        }
    }
    let state_hash = sequencer.into_book().state_hash();
    let mut replayed = REPLAYED.take(CAPACITIES, 2).ok()?;
    recover(&mut *flash, &mut *buffer, &mut Replay::new(&mut replayed, &mut ())).ok()?;
    (replayed.state_hash() == state_hash).then_some(trade_count)
}

/// Runs it and prints what it came to.
pub(crate) fn main() {
    let trade_count = run();
    println!("{trade_count:?} trades, and the same state after recovery, without an allocator");
    assert_eq!(trade_count, Some(5));
}
