//! Several commits at once: threads that each commit one block at a time in a place of their own.

use super::report::CrowdReport;
use super::way::{PROBE_BYTES, Way, open};
use highwater::limits::BLOCK_BYTES;
use highwater_platform::latency::Latencies;
use highwater_platform::signals::StopFlag;
use highwater_platform::{Platform, SegmentFile};
use highwater_storage::{Aligned, ProbeDirectory, ProbeFile};
use std::io;
use std::thread;

/// Numbers of threads, which take turns.
const CROWDS: [u64; 4] = [1, 2, 4, 8];
/// Turns of each number of threads.
const TURNS: u64 = 8;
/// The file's number: no way has it.
const PROBE_NUMBER: u64 = 6;

/// The crowds and what was measured of them so far.
#[derive(Debug)]
pub(super) struct Crowd<P: Platform> {
    platform: P,
    way: Way,
    probe: ProbeFile<P>,
    rows: Vec<Row>,
}

/// Commits of one number of threads.
#[derive(Debug)]
struct Row {
    threads: u64,
    latencies: Latencies,
    elapsed_ns: u64,
    refused: Option<io::Error>,
}

impl<P: Platform> Crowd<P> {
    /// Creates the file.
    pub(super) fn prepare(
        platform: P,
        directory: &ProbeDirectory<P>,
        way: Way,
    ) -> io::Result<Self> {
        let probe = directory.create_zeroed(PROBE_NUMBER, PROBE_BYTES)?;
        let row =
            |threads| Row { threads, latencies: Latencies::new(), elapsed_ns: 0, refused: None };
        Ok(Self { platform, way, probe, rows: CROWDS.into_iter().map(row).collect() })
    }

    /// The way in which they commit.
    pub(super) fn way_name(&self) -> String {
        self.way.name::<P>()
    }

    /// Measures for `budget_ns`; `progress` hears how much of it is over.
    pub(super) fn take(&mut self, budget_ns: u64, stop: &StopFlag, progress: &dyn Fn(u64)) {
        let slice_ns = budget_ns / (TURNS * CROWDS.len() as u64);
        let mut passed_ns = 0;
        for _ in 0..TURNS {
            for row in &mut self.rows {
                if stop.is_raised() {
                    return;
                }
                row.turn(self.platform, self.way, &self.probe, slice_ns);
                passed_ns += slice_ns;
                progress(passed_ns);
            }
        }
    }

    /// What was measured.
    pub(super) fn report(self) -> Vec<CrowdReport> {
        self.rows.into_iter().map(Row::report).collect()
    }
}

impl Row {
    fn turn<P: Platform>(&mut self, platform: P, way: Way, probe: &ProbeFile<P>, slice_ns: u64) {
        if self.refused.is_some() {
            return;
        }
        let from_ns = platform.monotonic_ns();
        let end_ns = from_ns + slice_ns;
        let commit = |place| commit_until(platform, way, probe, place, end_ns);
        let done: Vec<io::Result<Latencies>> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..self.threads).map(|place| scope.spawn(move || commit(place))).collect();
            let joined = threads.into_iter().map(|thread| thread.join().expect("it never panics"));
            joined.collect()
        });
        self.elapsed_ns += platform.monotonic_ns() - from_ns;
        for latencies in done {
            match latencies {
                Ok(latencies) => self.latencies.add(&latencies),
                Err(error) => self.refused = Some(error),
            }
        }
    }

    fn report(self) -> CrowdReport {
        let commit = self.latencies.quantiles();
        let count = commit.map_or(0, |commit| u128::from(commit.count));
        let a_second = count * 1_000_000_000 / u128::from(self.elapsed_ns.max(1));
        CrowdReport {
            threads: self.threads,
            commits_per_second: u64::try_from(a_second).unwrap_or(u64::MAX),
            commit,
            refused: self.refused.map(|error| error.to_string()),
        }
    }
}

/// Commits block by block in the place of this number until the clock says `end_ns`.
fn commit_until<P: Platform>(
    platform: P,
    way: Way,
    probe: &ProbeFile<P>,
    place: u64,
    end_ns: u64,
) -> io::Result<Latencies> {
    let file = open(platform, way, probe)?;
    let block = Aligned::copy_of(&[0xa5; BLOCK_BYTES]);
    let mut latencies = Latencies::new();
    let room_bytes = PROBE_BYTES / CROWDS[CROWDS.len() - 1];
    let (begin, end) = (place * room_bytes, (place + 1) * room_bytes);
    let mut position = begin;
    let mut from_ns = platform.monotonic_ns();
    while from_ns < end_ns {
        file.write_at(position, block.bytes())?;
        file.sync()?;
        let now_ns = platform.monotonic_ns();
        latencies.record(now_ns - from_ns);
        from_ns = now_ns;
        position += BLOCK_BYTES as u64;
        if position == end {
            position = begin;
        }
    }
    Ok(latencies)
}
