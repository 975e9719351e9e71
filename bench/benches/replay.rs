//! Recovery: the log of an epoch of the seeded stream is scanned, checked and applied to an empty
//! book, from memory and from files that the system has in its cache.
//!
//! What a start does besides is left out: it syncs the log and drops what the system has of it, so
//! that it reads what the disk holds. `highwater bench --recovery` measures that.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

#[path = "../../core/examples/support/memory_log.rs"]
mod memory_log;

use bench::book_flow::apply_all;
use bench::stream_commands;
use bench::system::{Folder, System};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use highwater::block::Chain;
use highwater::book::Book;
use highwater::command::{Command, TimedCommand};
use highwater::engine::{Engine, Stages};
use highwater::limits::{BLOCK_BYTES, SEGMENT_BYTES_DEFAULT};
use highwater::log_file::LogFile;
use highwater::log_writer::{LogSettings, OpenedLog};
use highwater::recovery::{Replay, scan};
use highwater::stage::Step;
use highwater::sync_mode::SyncMode;
use highwater::types::{Capacities, LogId};
use highwater_platform::{MemoryWishes, Platform};
use highwater_storage::{LogDirectory, LogOptions};
use memory_log::MemoryLog;

const COMMANDS: usize = 1 << 18;
const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 2 };
/// Room for what is written or read at once.
const BUFFER_BYTES: usize = 256 * BLOCK_BYTES;

/// An engine whose stages one thread steps.
type SmallEngine = Engine<1_024, 1_024, 4_096>;

fn replay(criterion: &mut Criterion) {
    let (definitions, commands) = stream_commands(COMMANDS);
    let all: Vec<Command> = definitions.into_iter().chain(commands).collect();
    let mut log = write_log(MemoryLog::default(), &all);
    measure(criterion, "memory", &mut log, &all);

    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "replay");
    let directory = LogDirectory::open(System, folder.path(), &LogOptions::default());
    drop(write_log(directory.expect("it opens"), &all));
    let mut log = LogDirectory::open_read_only(System, folder.path()).expect("there is a log");
    measure(criterion, "files", &mut log, &all);
}

/// Replays a log again and again that holds these commands; the first time warms it.
fn measure(criterion: &mut Criterion, name: &str, log: &mut impl LogFile, commands: &[Command]) {
    let expected = hash_of(commands);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(commands.len() as u64)).sample_size(20);
    group.bench_function(name, |bencher| {
        bencher.iter_batched_ref(
            || vec![0_u8; Book::bytes_needed(CAPACITIES)],
            |memory| {
                let mut book = book_in(memory);
                let mut nobody = ();
                let mut visitor = Replay::new(&mut book, &mut nobody);
                let scanned = scan(log, &mut buffer, &mut visitor).expect("a sound log");
                assert!(scanned.stopped_cleanly, "nothing is torn");
                assert_eq!(scanned.last_sequence.0, commands.len() as u64, "all were there");
                assert_eq!(book.running_hash(), expected, "the events are those of the book alone");
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

/// The running hash behind these commands, without a log.
fn hash_of(commands: &[Command]) -> u64 {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = book_in(&mut memory);
    apply_all(&mut book, commands, &mut ());
    book.running_hash()
}

fn book_in(memory: &mut [u8]) -> Book<'_> {
    Book::new(memory, CAPACITIES, 1).expect("the memory is large enough")
}

/// Lets an engine take the commands, with its log in `file`, until it has stopped cleanly.
fn write_log<F: LogFile>(file: F, commands: &[Command]) -> F {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let wishes = MemoryWishes { huge_pages: false, locked: false };
    let buffer = System.zeroed_memory(BUFFER_BYTES, wishes).expect("there is memory").bytes;
    let chain = Chain::empty(LogId(*b"the log of bench"));
    let settings = LogSettings { mode: SyncMode::Off, segment_bytes: SEGMENT_BYTES_DEFAULT };
    let opened = OpenedLog { file, buffer, chain, settings, now_ns: 0 };
    let engine = Box::<SmallEngine>::default();
    let stages = engine.split(book_in(&mut memory), opened).expect("it takes the log");
    let Stages { mut input, mut sequencer, mut log_writer, mut releaser, shared, .. } = stages;
    let mut left = commands.iter();
    loop {
        for command in left.by_ref().take(input.room()) {
            let timed = TimedCommand { timestamp_ns: 0, command: *command };
            assert!(input.push(timed).is_ok(), "there is room");
        }
        if left.len() == 0 {
            shared.halt.stop();
        }
        // While the event ring is full, the sequencer has the other stages stepped.
        let _worked = sequencer.step(&mut || {
            let _worked = (log_writer.step(0), releaser.step(&mut ()));
        });
        let _worked = log_writer.step(0).expect("the log takes it");
        if releaser.step(&mut ()) == Step::Done {
            return log_writer.into_file();
        }
    }
}

criterion_group!(benches, replay);
criterion_main!(benches);
