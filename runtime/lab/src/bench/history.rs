//! `bench --history`: what it costs an engine that somebody reads its history beside it.

use super::machine::Machine;
use super::plot::{Plot, Upwards, percentiles};
use super::program::{ask, remove_directory, run_on, start_run, summary_of};
use super::report::Section;
use super::words::{Ratio, number, shown, time};
use highwater_console::{CommandError, note};
use highwater_engine::figures::grouped;
use highwater_flows::random::Random;
use highwater_platform::Platform;
use highwater_platform::latency::{Latencies, Quantiles};
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;
use std::process::Child;

/// Commands that the log holds before anything is measured: what is read.
const BEFORE: u32 = 200_000;
/// Commands a second that are offered where latency is measured.
const RATE: u64 = 20_000;
/// Who reads.
const READERS: [Reader; 3] = [Reader::None, Reader::Book, Reader::Verify];

/// Who reads history beside the engine, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reader {
    /// Nobody.
    None,
    /// The book as it stood at a random sequence.
    Book,
    /// All of the log, checked and replayed.
    Verify,
}

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct History {
    machine: Machine,
    /// How long each run took.
    seconds: u64,
    /// The one without a reader first.
    rows: Vec<Row>,
}

/// What was measured with one reader.
#[derive(Debug, Serialize)]
struct Row {
    reader: Reader,
    /// Offered without pause.
    unpaced: Beside,
    /// Offered by the clock.
    paced: Beside,
}

/// A run, and what was read beside it.
#[derive(Debug, Serialize)]
struct Beside {
    run: Value,
    /// How long reads took, each a process of its own.
    reads: Option<Quantiles>,
}

/// Runs the engine without a reader and with each, for `seconds` seconds without pause and as long
/// by the clock; `None` when somebody wished to stop.
pub(super) fn bench_history<P: Platform>(
    platform: P,
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<History>, CommandError> {
    let (limit, lasts, rate) = (u64::MAX.to_string(), seconds.to_string(), RATE.to_string());
    let mut rows = Vec::new();
    for reader in READERS {
        let measured = |words: &[&str]| {
            note(&format!("measuring writing, {}, for {seconds} s", reader.name()));
            beside(platform, &place.join("history"), reader, words)
        };
        let unpaced = measured(&["--limit", &limit, "--seconds", &lasts])?;
        let paced = measured(&["--rate", &rate, "--seconds", &lasts])?;
        if stop.is_raised() {
            return Ok(None);
        }
        rows.push(Row { reader, unpaced, paced });
    }
    Ok(Some(History { machine: machine.clone(), seconds, rows }))
}

/// Runs the engine on a log that has a history, and reads that until it has ended.
fn beside<P: Platform>(
    platform: P,
    data: &Path,
    reader: Reader,
    words: &[&str],
) -> Result<Beside, CommandError> {
    run_on(data, &["--limit", &BEFORE.to_string()])?;
    let mut run = start_run(data, words)?;
    let reads = read_beside(platform, data, reader, &mut run);
    // A read that failed does not leave the engine alone.
    let run = summary_of(run)?;
    remove_directory(data)?;
    Ok(Beside { run, reads: reads?.quantiles() })
}

/// Reads again and again while `run` goes on.
fn read_beside<P: Platform>(
    platform: P,
    data: &Path,
    reader: Reader,
    run: &mut Child,
) -> Result<Latencies, CommandError> {
    let mut reads = Latencies::new();
    let mut random = Random::new(1, 0);
    while reader != Reader::None && run.try_wait().map_err(CommandError::failed)?.is_none() {
        let from_ns = platform.monotonic_ns();
        reader.read(data, random.below(BEFORE) + 1)?;
        reads.record(platform.monotonic_ns() - from_ns);
    }
    Ok(reads)
}

impl Reader {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "nobody reads",
            Self::Book => "`book --at` a random sequence",
            Self::Verify => "`verify`",
        }
    }

    fn read(self, data: &Path, sequence: u32) -> Result<(), CommandError> {
        match self {
            Self::None => Ok(()),
            Self::Book => ask(data, &["book", "--at", &sequence.to_string()]).map(drop),
            Self::Verify => ask(data, &["verify"]).map(drop),
        }
    }
}

impl Section for History {
    const HEADING: &'static str = "## History";

    fn plots(&self) -> Vec<Plot> {
        let curve = |row: &Row| percentiles(row.reader.name(), &row.paced.run["acknowledgement"]);
        vec![Plot {
            title: "Answer latency by percentile, with and without a reader of history",
            x: "one command in so many takes longer",
            y: Upwards::Time,
            curves: self.rows.iter().map(curve).collect(),
        }]
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "An engine in mode group that continues after {} commands, {} s each, while another \
             process reads its log again and again. Throughput: offered without pause. Answers: {} \
             commands a second by the clock, counted \
             from the time at which each was to be offered (corrected for coordinated omission). A read is a whole \
             process: it starts, opens the log, reads and replays.\n",
            grouped(u64::from(BEFORE)),
            self.seconds,
            grouped(RATE)
        )?;
        writeln!(
            f,
            "| reader | commands/s | to no reader | answer p50 | p99 | max | reads, without pause \
             | p50 | max \
             | reads, by the clock | p50 | max |\n|---|{}",
            "---:|".repeat(11)
        )?;
        let alone = self.rows.first().map_or(0, Row::per_second);
        self.rows.iter().try_for_each(|row| row.write(f, alone))
    }
}

impl Row {
    fn per_second(&self) -> u64 {
        number(&self.unpaced.run, "commands_per_second")
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, alone: u64) -> fmt::Result {
        let (per_second, ratio) = (self.per_second(), Ratio(self.per_second(), alone));
        write!(f, "| {} | {} | {ratio} |", self.reader.name(), grouped(per_second))?;
        for quantile in ["p50_ns", "p99_ns", "max_ns"] {
            write!(f, " {} |", time(&self.paced.run["acknowledgement"], quantile))?;
        }
        for reads in [self.unpaced.reads, self.paced.reads] {
            let count = grouped(reads.map_or(0, |reads| reads.count));
            let p50 = shown(reads.map(|reads| reads.p50_ns));
            write!(f, " {count} | {p50} | {} |", shown(reads.map(|reads| reads.max_ns)))?;
        }
        writeln!(f)
    }
}
