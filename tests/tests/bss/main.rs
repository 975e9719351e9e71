//! Promise: an engine, a ring and a book of the default size are plain statics that take no room in
//! the program's file, never pass over a stack, and together fit in 256 MiB.

mod elf;
#[path = "../../no_std/src/memory_log.rs"]
mod memory_log;

use highwater::book::{Book, StaticBook};
use highwater::command::{Action, Command, Definition, TimedCommand};
use highwater::engine::{Engine, Stages};
use highwater::event::{Event, EventOrEnd};
use highwater::limits::{BLOCK_BYTES, INSTRUMENTS_DEFAULT, ORDERS_DEFAULT, SESSIONS_DEFAULT};
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::record::Record;
use highwater::recovery::{Replay, recover};
use highwater::ring::Ring;
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, ClientSequence, LogId, Sequence, SessionId, Symbol};
use memory_log::MemoryLog;
use std::process::Command as Process;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::Builder;

const DEFAULT: Capacities = Capacities {
    orders: ORDERS_DEFAULT,
    instruments: INSTRUMENTS_DEFAULT,
    sessions: SESSIONS_DEFAULT,
};
const BOOK_BYTES: usize = Book::bytes_needed(DEFAULT);

static PROMISED_ENGINE: Engine = Engine::new();
static PROMISED_RING: Ring<EventOrEnd, 65_536> = Ring::new();
static PROMISED_BOOK: StaticBook<BOOK_BYTES> = StaticBook::new();
/// Differs from zero in its last byte only. Used, or the optimiser would leave it out.
#[used]
static CONTROL_BYTES: [AtomicU8; 4_096] = {
    let mut bytes = [const { AtomicU8::new(0) }; 4_096];
    bytes[4_095] = AtomicU8::new(1);
    bytes
};

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads ELF")]
fn engine_ring_and_book_take_no_room_in_the_file() {
    let program = std::fs::read(std::env::current_exe().expect("a test is a program"));
    let program = program.expect("it can be read");
    for (name, size_bytes) in [
        ("PROMISED_ENGINE", size_of_val(&PROMISED_ENGINE)),
        ("PROMISED_RING", size_of_val(&PROMISED_RING)),
        ("PROMISED_BOOK", size_of_val(&PROMISED_BOOK)),
    ] {
        let found = elf::symbols(&program, name);
        let [symbol] = found.as_slice() else { panic!("{name} is in the program once: {found:?}") };
        assert_eq!(symbol.size_bytes, size_bytes as u64, "{symbol:?}");
        assert!(symbol.takes_no_room && symbol.section.starts_with(".bss"), "{symbol:?}");
    }
    assert!(
        program.len() < size_of_val(&PROMISED_BOOK),
        "and so the file is smaller than the book"
    );
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "reads ELF")]
fn control_one_byte_that_is_not_zero_takes_room() {
    assert_eq!(CONTROL_BYTES[4_095].load(Ordering::Relaxed), 1);
    let program = std::fs::read(std::env::current_exe().expect("a test is a program"));
    let found = elf::symbols(&program.expect("it can be read"), "CONTROL_BYTES");
    let [symbol] = found.as_slice() else { panic!("it is in the program once: {found:?}") };
    assert!(!symbol.takes_no_room && symbol.section.starts_with(".data"), "{symbol:?}");
    assert_eq!(symbol.size_bytes, 4_096);
}

/// Less than a 20th of the rings of one engine of the default size.
const STACK_BYTES: usize = 64 << 10;

/// Runs `work` on a thread with [`STACK_BYTES`] of stack.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = Builder::new().stack_size(STACK_BYTES).spawn(work).expect("a thread");
    thread.join().expect("no panic")
}

#[test]
fn a_default_engine_trades_and_stops_on_a_small_stack() {
    assert!(size_of_val(&PROMISED_ENGINE) > 20 * STACK_BYTES);
    let segment_bytes = 4 * BLOCK_BYTES;
    let memory = vec![0; 2 * segment_bytes].leak();
    let buffer = vec![0; BLOCK_BYTES].leak();
    let last = on_a_small_stack(move || {
        let mut log = MemoryLog::new(memory, segment_bytes);
        let mut book = PROMISED_BOOK.take(DEFAULT, 1).expect("nobody took it");
        let mut nobody = ();
        let replay = &mut Replay::new(&mut book, &mut nobody);
        let scanned = recover(&mut log, buffer, replay).expect("an empty log");
        let chain = scanned.chain_or_new(LogId([1; 16]));
        let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes: segment_bytes as u64 };
        let opened = OpenedLog { file: log, buffer, chain, settings, now_ns: 1 };
        let stages = PROMISED_ENGINE.split(book, opened).expect("nobody split it");
        trade(stages)
    });
    assert_eq!(last, Sequence(1));
}

/// One command, and a clean stop.
fn trade(mut stages: Stages<'_, MemoryLog<'_>>) -> Sequence {
    let symbol = Symbol::new(b"SMALL").expect("a valid symbol");
    let command = Command {
        session: SessionId::OPERATOR,
        client_sequence: ClientSequence(1),
        action: Action::DefineInstrument(Definition::open(symbol)),
    };
    stages.input.push(TimedCommand { timestamp_ns: 1, command }).expect("it is empty");
    stages.shared.halt.stop();
    for _ in 0..100 {
        let sequenced = stages.sequencer.step(&mut || {});
        let written = stages.log_writer.step(0).expect("memory does not fail");
        let released = stages.releaser.step(&mut ());
        if [sequenced, written, released] == [Step::Done; 3] {
            let book = stages.sequencer.into_book();
            assert!(book.state_hash() != 0 && book.check().is_ok());
            assert!(!stages.log_writer.into_file().written().is_empty());
            return stages.releaser.released();
        }
    }
    unreachable!("the stages never stopped")
}

#[test]
fn a_static_ring_is_split_on_a_small_stack() {
    let popped = on_a_small_stack(|| {
        let (_, mut consumer) = PROMISED_RING.split().expect("nobody split it");
        consumer.pop()
    });
    assert_eq!(popped, None);
}

const OVERFLOWS: &str = "HIGHWATER_TEST_OVERFLOWS";

#[test]
fn control_what_passes_over_a_small_stack_ends_the_process() {
    if std::env::var_os(OVERFLOWS).is_some() {
        #[expect(clippy::large_stack_arrays, reason = "it is meant to be too large")]
        let on_stack = on_a_small_stack(|| std::hint::black_box([1_u8; 2 * STACK_BYTES])[0]);
        unreachable!("the stack held twice its size: {on_stack}");
    }
    let name = "control_what_passes_over_a_small_stack_ends_the_process";
    let mut child = Process::new(std::env::current_exe().expect("a test is a program"));
    let output = child.args(["--exact", name]).env(OVERFLOWS, "1").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("overflowed its stack"), "{said}");
}

/// Two batches of the log writer, one of them for recovery.
const BUFFER_BYTES: usize = 2 << 20;

#[test]
fn a_default_engine_fits_in_256_mebibytes() {
    let engine_bytes = size_of::<Engine>();
    let more_orders = Capacities { orders: 2 * DEFAULT.orders, ..DEFAULT };
    let order_bytes = (Book::bytes_needed(more_orders) - BOOK_BYTES) / DEFAULT.orders as usize;
    let more_instruments = Capacities { instruments: 2 * DEFAULT.instruments, ..DEFAULT };
    let more_bytes = Book::bytes_needed(more_instruments) - BOOK_BYTES;
    let instrument_bytes = more_bytes / DEFAULT.instruments as usize;
    println!(
        "book {BOOK_BYTES} bytes: {order_bytes} an order, {instrument_bytes} an idle instrument"
    );
    println!(
        "engine {engine_bytes} bytes: {} a command, {} a record, {} an event",
        size_of::<TimedCommand>(),
        size_of::<Record>(),
        size_of::<Event>()
    );
    let all_bytes = BOOK_BYTES + engine_bytes + BUFFER_BYTES;
    println!("together {all_bytes} bytes, {} MiB", all_bytes >> 20);
    assert!(all_bytes <= 240 << 20, "16 MiB are left for program, stacks and the rest of the host");
}
