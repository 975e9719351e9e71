//! Blocks that are durable when the call returns: one append and one sync behind it, of one block
//! and of batches, on the disk that the build is on and in memory.
//!
//! This is what the log writer does for each group. A segment that is full is cut back to its
//! header while no clock runs, so that a bench takes the room of two segments, however long it
//! runs.

#![expect(missing_docs, reason = "criterion_group! makes a public function")]

#[path = "../../core/examples/support/memory_log.rs"]
mod memory_log;

use bench::system::{Folder, System};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::types::{LogPosition, SegmentNumber};
use highwater_platform::{MemoryWishes, Platform};
use highwater_storage::{LogDirectory, LogOptions};
use memory_log::MemoryLog;
use std::time::Duration;

/// How many blocks become durable together; the last is the largest batch of the engine.
const BATCHES: [(&str, usize); 3] = [("one_block", 1), ("16_blocks", 16), ("256_blocks", 256)];
const SEGMENT_BYTES: u64 = 64 << 20;
/// Behind the header.
const FIRST: LogPosition = LogPosition(BLOCK_BYTES as u64);

fn appends(criterion: &mut Criterion) {
    measure(criterion, "memory", MemoryLog::default());

    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "log_file");
    let options = LogOptions { segment_bytes: SEGMENT_BYTES, ..LogOptions::default() };
    let directory = LogDirectory::open(System, folder.path(), &options).expect("it opens");
    println!("log_file/disk: {} on {}", directory.io_note(), directory.file_system().name);
    let counters = directory.counters();
    let commits = measure(criterion, "disk", directory);
    let totals = counters.totals();
    assert_eq!((totals.append_count, totals.sync_count), (commits, commits), "a sync for each");
}

/// Measures a log that is empty, and tells how many appends became durable in it.
fn measure(criterion: &mut Criterion, name: &str, file: impl LogFile) -> u64 {
    let (_, blocks_max) = BATCHES[BATCHES.len() - 1];
    let wishes = MemoryWishes { huge_pages: false, locked: false };
    // Aligned, as direct I/O wants it.
    let memory = System.zeroed_memory(blocks_max * BLOCK_BYTES, wishes).expect("there is memory");
    memory.bytes.fill(0x5a);
    let mut log = Log::begin(file, &memory.bytes[..BLOCK_BYTES]).expect("a new segment");
    let mut group = criterion.benchmark_group(format!("log_file/{name}"));
    group.sample_size(30);
    for (name, count) in BATCHES {
        let blocks = &memory.bytes[..count * BLOCK_BYTES];
        group.throughput(Throughput::Bytes(blocks.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| log.commit(blocks, times).expect("the disk takes it"));
        });
    }
    group.finish();
    log.commits
}

/// A log of one segment.
struct Log<F> {
    file: F,
    /// Where the next block goes.
    tail: LogPosition,
    /// Appends that became durable.
    commits: u64,
}

impl<F: LogFile> Log<F> {
    fn begin(mut file: F, header: &[u8]) -> Result<Self, LogFault> {
        file.begin(SegmentNumber::FIRST, SEGMENT_BYTES, header)?;
        Ok(Self { file, tail: FIRST, commits: 0 })
    }

    /// Makes `blocks` durable so many times, and tells how long it took.
    fn commit(&mut self, blocks: &[u8], times: u64) -> Result<Duration, LogFault> {
        let bytes = blocks.len() as u64;
        let (mut left, mut took_ns) = (times, 0);
        while left > 0 {
            let count = left.min((SEGMENT_BYTES - self.tail.0) / bytes);
            let from_ns = System.monotonic_ns();
            for _ in 0..count {
                self.file.append(self.tail, blocks)?;
                self.file.sync()?;
                self.tail.0 += bytes;
            }
            took_ns += System.monotonic_ns() - from_ns;
            self.commits += count;
            left -= count;
            if count > 0 {
                self.check_last(blocks)?;
            }
            if left > 0 {
                self.file.cut(SegmentNumber::FIRST, FIRST)?;
                self.tail = FIRST;
            }
        }
        Ok(Duration::from_nanos(took_ns))
    }

    /// What was appended last stands before the tail.
    fn check_last(&mut self, blocks: &[u8]) -> Result<(), LogFault> {
        let mut read = vec![0; blocks.len()];
        let position = LogPosition(self.tail.0 - blocks.len() as u64);
        let count = self.file.read_at(SegmentNumber::FIRST, position, &mut read)?;
        assert_eq!(count, blocks.len(), "all of it can be read");
        assert!(read == blocks, "it is what was appended");
        Ok(())
    }
}

criterion_group!(benches, appends);
criterion_main!(benches);
