//! Promise: after set-up nobody in the core allocates or frees memory: not the sequencer, the log
//! writer, the releaser nor recovery; and the host's threads around the first two allocate none.
//!
//! The counter is the allocator of this program. It counts each thread by itself, so that the tests
//! here and the machinery that runs them do not disturb each other.

mod counting;
#[expect(dead_code, reason = "its main prints, and is called elsewhere")]
#[path = "../../../core/examples/embedded.rs"]
mod embedded;
#[path = "../../no_std/src/memory_log.rs"]
mod memory_log;
mod platform;
mod workload;

use counting::{Calls, NONE, counted};
use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::{Command, TimedCommand};
use highwater::engine::{Engine, Stages};
use highwater::event::{Event, EventKind, EventSink};
use highwater::limits::{BLOCK_BYTES, RUNNING_HASH_EVERY};
use highwater::log_file::LogFile;
use highwater::log_writer::{LogSettings, LogWriter, OpenedLog};
use highwater::recovery::{RecoveryFault, Replay, recover};
use highwater::releaser::Releaser;
use highwater::sequencer::SequencerHost;
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId, Sequence};
use highwater_engine::context::EngineContext;
use highwater_engine::threads::{spawn_log_writer, spawn_sequencer};
use highwater_platform::idle::IdleStrategy;
use highwater_platform::{Pinning, Platform, ThreadRole};
use memory_log::MemoryLog;
use platform::{ALLOCATED, Watching};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const CAPACITIES: Capacities = Capacities { orders: 8_192, instruments: 6, sessions: 3 };
const SEGMENT_BYTES: usize = 1 << 20;
const SEGMENTS_MAX: usize = 96;

#[test]
fn the_embedded_example_allocates_nothing() {
    assert_eq!(counted(embedded::run), (Some(5), NONE));
}

#[test]
fn control_the_counter_counts_this_thread_only() {
    let (kept, calls) = counted(|| Box::new(1));
    assert_eq!(calls, Calls { allocated: 1, freed: 0 });
    let ((), calls) = counted(|| drop(kept));
    assert_eq!(calls, Calls { allocated: 0, freed: 1 });
    let (kept, calls) = counted(|| (0..1_000).map(Box::new).collect::<Vec<_>>());
    assert!(calls.allocated > 1_000 && kept.len() == 1_000);
    let (go, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for(&go);
            drop(vec![1; 1_000]);
            done.store(true, Ordering::Release);
        });
        let ((), calls) = counted(|| {
            go.store(true, Ordering::Release);
            wait_for(&done);
        });
        assert_eq!(calls, NONE, "another thread's calls are not this one's");
    });
}

fn wait_for(flag: &AtomicBool) {
    while !flag.load(Ordering::Acquire) {
        thread::yield_now();
    }
}

#[test]
fn no_stage_allocates_while_sweeps_wait_for_a_tiny_event_ring() {
    static ENGINE: Engine<256, 256, 4> = Engine::new();
    let mut told = Heard::default();
    let waits = trade_and_recover(&ENGINE, &workload::commands(10_000), &mut told);
    assert!(waits > 1_000 && told.events_of_one_command_max > 40, "{waits} waits, {told:?}");
    assert!(told.trades > 1_000 && told.rejects > 400 && told.duplicates > 5, "{told:?}");
    let rich = [told.triggered, told.replenished, told.auction_trades, told.mass_canceled];
    assert!(rich.iter().zip([48, 16, 160, 16]).all(|(count, least)| *count >= least), "{told:?}");
}

#[test]
fn no_stage_allocates_when_the_running_hash_is_due() {
    static ENGINE: Engine<256, 1_024, 4_096> = Engine::new();
    let mut told = Heard::default();
    let count = usize::try_from(RUNNING_HASH_EVERY).expect("it is small") * 9 / 8;
    trade_and_recover(&ENGINE, &workload::commands(count), &mut told);
    assert!(told.last > Sequence(RUNNING_HASH_EVERY), "{told:?}");
}

/// Trades, stops, recovers into a second book, and counts all of it; returns how often the
/// sequencer waited.
fn trade_and_recover<const I: usize, const L: usize, const E: usize>(
    engine: &'static Engine<I, L, E>,
    commands: &[Command],
    told: &mut Heard,
) -> u64 {
    let mut memory = Memory::new();
    let (live, replayed) = (memory.book.leak(), memory.second_book.leak());
    let log = MemoryLog::new(&mut memory.log, SEGMENT_BYTES);
    let (book, made) = counted(|| Book::new(live, CAPACITIES, 1).expect("the memory fits"));
    let (stages, split) = counted(|| split(engine, book, log, &mut memory.buffer));
    let mut host = OneThread::new(stages, told);
    let ((), traded) = counted(|| host.trade(commands));
    assert_eq!([made, split, traded], [NONE; 3]);
    let waits = host.waits;
    let book = host.stages.sequencer.into_book();
    let mut log = host.stages.log_writer.into_file();

    let mut second = Book::new(replayed, CAPACITIES, 2).expect("the memory fits");
    let sink = &mut Heard::default();
    let (scanned, recovered) = counted(|| {
        recover(&mut log, &mut memory.second_buffer, &mut Replay::new(&mut second, sink))
    });
    let scanned = scanned.expect("the log is sound");
    assert!(scanned.stopped_cleanly && scanned.segment_count > 1, "{scanned:?}");
    assert_eq!(sink.events, told.events - told.duplicates);
    let (are_equal, looked) =
        counted(|| book.state_hash() == second.state_hash() && book.check().is_ok());
    assert!(are_equal, "recovery came to another state");
    let (refused, spoiled) = counted(|| {
        log.written()[BLOCK_BYTES + BLOCK_BYTES / 2] ^= 1;
        matches!(
            recover(&mut log, &mut memory.second_buffer, &mut ()),
            Err(RecoveryFault::Corrupt { .. })
        )
    });
    assert!(refused, "a flipped bit");
    assert_eq!([recovered, looked, spoiled], [NONE; 3]);
    waits
}

#[test]
fn control_a_sink_that_allocates_is_seen() {
    static ENGINE: Engine<256, 256, 4> = Engine::new();
    let mut memory = Memory::new();
    let commands = workload::commands(1_000);
    let book = Book::new(memory.book.leak(), CAPACITIES, 1).expect("the memory fits");
    let log = MemoryLog::new(&mut memory.log, SEGMENT_BYTES);
    let stages = split(&ENGINE, book, log, &mut memory.buffer);
    let mut kept = Vec::new();
    let mut sink = |event: &Event| kept.push(*event);
    let mut host = OneThread::new(stages, &mut sink);
    let ((), traded) = counted(|| host.trade(&commands));
    assert!(traded.allocated > 1, "{traded:?}");
    assert!(kept.len() > 1_000);
}

#[test]
fn the_hosts_threads_allocate_nothing_from_their_first_step_to_their_end() {
    static ENGINE: Engine<1_024, 1_024, 64> = Engine::new();
    let memory = Memory::new();
    let commands = workload::commands(10_000);
    let book = Book::new(memory.book.leak(), CAPACITIES, 1).expect("the memory fits");
    let log = MemoryLog::new(memory.log.leak(), SEGMENT_BYTES);
    let Stages { mut input, sequencer, log_writer, mut releaser, shared, .. } =
        split(&ENGINE, book, log, memory.buffer.leak());
    let adaptive = IdleStrategy::Adaptive;
    let around = EngineContext::new(shared);
    let sequencer = spawn_sequencer(Watching, adaptive, sequencer, (), around).expect("a thread");
    let log_writer = spawn_log_writer(Watching, adaptive, log_writer, around).expect("a thread");
    let mut told = Heard::default();
    let ((), calls) = counted(|| {
        for command in &commands {
            let timed = TimedCommand { timestamp_ns: 1, command: *command };
            around.wakeups.sequencer.wake();
            while input.push(timed).is_err() {
                assert!(release(&mut releaser, &mut told) != Step::Done, "it ended too soon");
            }
        }
        shared.halt.stop();
        around.wakeups.wake_all();
        while release(&mut releaser, &mut told) != Step::Done {}
    });
    let after = sequencer.join().expect("no panic");
    log_writer.join().expect("no panic");
    assert_eq!(after.book.last_sequence(), told.last);
    assert!(told.trades > 1_000 && told.rejects > 400, "{told:?}");
    assert!(after.critical_path.quantiles().is_some(), "it measured");
    assert_eq!(calls, NONE, "the gateway's side of the core");
    for role in [ThreadRole::Sequencer, ThreadRole::LogWriter] {
        let allocated = ALLOCATED[role.index()].load(Ordering::Relaxed);
        assert_eq!(allocated, 0, "{role:?}");
    }
}

#[test]
fn a_sleeping_log_writer_is_woken_when_the_log_ring_is_full() {
    static ENGINE: Engine<1_024, 64, 16_384> = Engine::new();
    sleep_whenever_idle(&ENGINE);
}

#[test]
fn a_sleeping_log_writer_is_woken_each_time_that_the_event_ring_is_full() {
    static ENGINE: Engine<1_024, 1_024, 4> = Engine::new();
    sleep_whenever_idle(&ENGINE);
}

/// Works on a full input ring while nobody gives the engine more work, with threads that sleep
/// whenever they have nothing to do.
fn sleep_whenever_idle<const I: usize, const L: usize, const E: usize>(
    engine: &'static Engine<I, L, E>,
) {
    let memory = Memory::new();
    let book = Book::new(memory.book.leak(), CAPACITIES, 1).expect("the memory fits");
    let log = MemoryLog::new(memory.log.leak(), SEGMENT_BYTES);
    let Stages { mut input, sequencer, log_writer, mut releaser, shared, .. } =
        split(engine, book, log, memory.buffer.leak());
    let context = EngineContext::new(shared);
    let sleep = IdleStrategy::Sleep;
    let log_writer = spawn_log_writer(Watching, sleep, log_writer, context).expect("a thread");
    for command in workload::commands(1_000) {
        let timed = TimedCommand { timestamp_ns: 1, command };
        assert!(input.push(timed).is_ok(), "there is room for all of them");
    }
    // It sleeps by now.
    thread::park_timeout(Duration::from_millis(100));
    let sequencer = spawn_sequencer(Watching, sleep, sequencer, (), context).expect("a thread");
    let mut told = Heard::default();
    let mut idle_looks = 0;
    while told.last < Sequence(500) {
        if release(&mut releaser, &mut told) == Step::Idle {
            thread::park_timeout(Duration::from_millis(1));
            idle_looks += 1;
            assert!(idle_looks < 60_000, "the log writer sleeps on: {told:?}");
        }
    }
    shared.halt.stop();
    context.wakeups.wake_all();
    while release(&mut releaser, &mut told) != Step::Done {}
    sequencer.join().expect("no panic");
    log_writer.join().expect("no panic");
}

#[test]
fn control_a_watched_thread_that_allocates_is_seen() {
    let thread = thread::spawn(|| {
        Watching.pin_thread(ThreadRole::Gateway, Pinning::WhereCoresSuffice);
        vec![1; 1_000]
    });
    assert_eq!(thread.join().expect("no panic").len(), 1_000);
    assert!(ALLOCATED[ThreadRole::Gateway.index()].load(Ordering::Relaxed) > 0);
}

fn release(releaser: &mut Releaser<'_>, told: &mut Heard) -> Step {
    let step = releaser.step(told);
    if step == Step::Idle {
        thread::yield_now();
    }
    step
}

/// Everything that is allocated before the engine starts.
struct Memory {
    book: Vec<u8>,
    second_book: Vec<u8>,
    log: Vec<u8>,
    buffer: Vec<u8>,
    second_buffer: Vec<u8>,
}

impl Memory {
    fn new() -> Self {
        Self {
            book: vec![0; Book::bytes_needed(CAPACITIES)],
            second_book: vec![0; Book::bytes_needed(CAPACITIES)],
            log: vec![0; SEGMENTS_MAX * SEGMENT_BYTES],
            buffer: vec![0; 16 * BLOCK_BYTES],
            second_buffer: vec![0; 16 * BLOCK_BYTES],
        }
    }
}

fn split<'a, F: LogFile, const I: usize, const L: usize, const E: usize>(
    engine: &'static Engine<I, L, E>,
    book: Book<'static>,
    file: F,
    buffer: &'a mut [u8],
) -> Stages<'a, F> {
    let segment_bytes = u64::try_from(SEGMENT_BYTES).expect("it is small");
    let settings = LogSettings { mode: SyncMode::GROUP, segment_bytes };
    let chain = Chain::empty(LogId([7; 16]));
    let opened = OpenedLog { file, buffer, chain, settings, now_ns: 1 };
    engine.split(book, opened).expect("it was not split before")
}

/// A host of one thread: while the sequencer waits for room, it makes some.
struct OneThread<'t, 'a, F, S> {
    stages: Stages<'a, F>,
    told: &'t mut S,
    waits: u64,
}

impl<'t, 'a, F: LogFile, S: EventSink> OneThread<'t, 'a, F, S> {
    const fn new(stages: Stages<'a, F>, told: &'t mut S) -> Self {
        Self { stages, told, waits: 0 }
    }

    /// Feeds the commands, lets the log confirm them, and stops.
    fn trade(&mut self, commands: &[Command]) {
        for batch in commands.chunks(self.stages.input.capacity()) {
            for command in batch {
                let timed = TimedCommand { timestamp_ns: 1, command: *command };
                self.stages.input.push(timed).expect("the ring was emptied");
            }
            self.step_until(Step::Idle);
        }
        self.stages.log_writer.mark_idle().expect("memory does not fail");
        self.stages.shared.halt.stop();
        self.step_until(Step::Done);
    }

    fn step_until(&mut self, wanted: Step) {
        let comes = (0..1_000_000).any(|_| self.step() == [wanted; 3]);
        assert!(comes, "the stages never came to {wanted:?}");
    }

    fn step(&mut self) -> [Step; 3] {
        let Stages { sequencer, log_writer, releaser, .. } = &mut self.stages;
        let mut others = Others { log_writer, releaser, told: self.told, waits: &mut self.waits };
        let sequenced = sequencer.step(&mut others);
        let written = log_writer.step(0).expect("memory does not fail");
        [sequenced, written, releaser.step(self.told)]
    }
}

struct Others<'s, 'a, F, S> {
    log_writer: &'s mut LogWriter<'a, F>,
    releaser: &'s mut Releaser<'a>,
    told: &'s mut S,
    waits: &'s mut u64,
}

impl<F: LogFile, S: EventSink> SequencerHost for Others<'_, '_, F, S> {
    fn wait(&mut self) {
        *self.waits += 1;
        let _written = self.log_writer.step(0).expect("memory does not fail");
        let _released = self.releaser.step(self.told);
    }
}

/// Counts what it is told.
#[derive(Debug, Default)]
struct Heard {
    events: u64,
    trades: u64,
    rejects: u64,
    duplicates: u64,
    triggered: u64,
    replenished: u64,
    auction_trades: u64,
    mass_canceled: u64,
    last: Sequence,
    events_of_this_command: u64,
    events_of_one_command_max: u64,
}

impl EventSink for Heard {
    fn event(&mut self, event: &Event) {
        self.events += 1;
        self.trades += u64::from(matches!(event.kind, EventKind::Trade { .. }));
        self.rejects += u64::from(event.kind.is_rejected());
        self.duplicates += u64::from(event.kind.is_duplicate());
        self.triggered += u64::from(matches!(event.kind, EventKind::Triggered { .. }));
        self.replenished += u64::from(matches!(event.kind, EventKind::Replenished { .. }));
        self.auction_trades += u64::from(matches!(event.kind, EventKind::AuctionTrade { .. }));
        self.mass_canceled += u64::from(matches!(event.kind, EventKind::MassCanceled { .. }));
        if event.sequence != self.last {
            self.events_of_this_command = 0;
        }
        self.last = event.sequence;
        self.events_of_this_command += 1;
        let max = self.events_of_one_command_max.max(self.events_of_this_command);
        self.events_of_one_command_max = max;
    }
}
