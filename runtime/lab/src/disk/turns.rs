//! One commit at a time: every way and size takes its turn, in an order that changes every round.

use super::report::{SizeReport, WayReport};
use super::way::{Probe, Way};
use highwater_flows::random::Random;
use highwater_platform::Platform;
use highwater_platform::latency::Latencies;
use highwater_platform::signals::StopFlag;
use highwater_storage::{Aligned, ProbeDirectory};
use std::io;

/// Sizes of a commit: one block, and what gathers under load.
const SIZES_BYTES: [usize; 2] = [4 << 10, 64 << 10];
/// Commits of a turn: as many as leave what the way before left in the disk's queue behind.
const COMMITS_A_TURN: usize = 4;
/// What the blocks are filled with: not zeros, which a disk might not write.
const FILL: u8 = 0xa5;

/// Every way with what was measured of it so far.
#[derive(Debug)]
pub(super) struct Turns<P: Platform> {
    platform: P,
    rows: Vec<Row<P>>,
    block: Aligned,
}

/// A way and its commits by size.
#[derive(Debug)]
struct Row<P: Platform> {
    way: Way,
    /// Why the way cannot be measured, once that is known.
    probe: Result<Probe<P>, io::Error>,
    latencies: [Latencies; SIZES_BYTES.len()],
}

impl<P: Platform> Turns<P> {
    /// Creates the files; a way that the system refuses is no error.
    pub(super) fn prepare(platform: P, directory: &ProbeDirectory<P>) -> io::Result<Self> {
        let mut rows = Vec::with_capacity(Way::ALL.len());
        for way in Way::ALL {
            let probe = Probe::create(platform, directory, way)?;
            rows.push(Row { way, probe, latencies: [Latencies::new(), Latencies::new()] });
        }
        let largest = SIZES_BYTES[SIZES_BYTES.len() - 1];
        let mut block = Aligned::zeroed(largest);
        block.bytes_mut().fill(FILL);
        Ok(Self { platform, rows, block })
    }

    /// Measures for `budget_ns`, in whole rounds; `progress` hears how much of it is over.
    pub(super) fn take(&mut self, budget_ns: u64, stop: &StopFlag, progress: &dyn Fn(u64)) {
        let from_ns = self.platform.monotonic_ns();
        let mut random = Random::new(1, 0);
        let pairs = |row| (0..SIZES_BYTES.len()).map(move |size| (row, size));
        let mut turns: Vec<_> = (0..self.rows.len()).flat_map(pairs).collect();
        loop {
            random.shuffle(&mut turns);
            for (row, size) in &turns {
                if stop.is_raised() {
                    return;
                }
                self.turn(*row, *size);
            }
            let passed_ns = self.platform.monotonic_ns() - from_ns;
            progress(passed_ns.min(budget_ns));
            if passed_ns >= budget_ns {
                return;
            }
        }
    }

    fn turn(&mut self, row: usize, size: usize) {
        let (platform, row) = (self.platform, &mut self.rows[row]);
        let bytes = &self.block.bytes()[..SIZES_BYTES[size]];
        let Ok(probe) = &mut row.probe else {
            return;
        };
        let latencies = &mut row.latencies[size];
        let done = (0..COMMITS_A_TURN).try_for_each(|_| {
            probe.make_room(bytes.len() as u64)?;
            let from_ns = platform.monotonic_ns();
            probe.commit(bytes)?;
            latencies.record(platform.monotonic_ns() - from_ns);
            Ok(())
        });
        if let Err(error) = done {
            row.probe = Err(error);
        }
    }

    /// What was measured; `used` is the way that the engine uses.
    pub(super) fn report(self, used: Way) -> Vec<WayReport> {
        self.rows.into_iter().map(|row| row.report(used)).collect()
    }
}

impl<P: Platform> Row<P> {
    fn report(self, used: Way) -> WayReport {
        let sizes = SIZES_BYTES.iter().zip(&self.latencies);
        let sizes = sizes.map(|(bytes, latencies)| SizeReport {
            bytes: *bytes as u64,
            commit: latencies.quantiles(),
        });
        WayReport {
            way: self.way.name::<P>(),
            used: self.way == used,
            refused: self.probe.err().map(|error| error.to_string()),
            sizes: sizes.collect(),
        }
    }
}
