//! `highwater bench`: measures the engine on this machine and this disk, and writes down what it
//! saw.

mod bare;
mod callers;
mod classic;
mod commits;
mod gateway;
mod history;
mod load;
mod machine;
mod pauses;
mod plot;
mod profiles;
mod program;
mod recovery;
mod report;
mod words;

use callers::bench_callers;
use classic::bench_classic;
use commits::bench_disk;
use gateway::bench_gateway;
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console, note};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use history::bench_history;
use load::bench_load;
use machine::Machine;
use profiles::bench_profiles;
use recovery::bench_recovery;
use report::{Section, write_down};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// Measure the engine on this machine, and write tables and plots into a report.
///
/// Without a choice it measures every part, in less than three minutes on an idle machine. A part
/// alone replaces its section of the report. The data is in a new directory below --data, which is
/// removed afterwards.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// What is measured.
    #[command(flatten)]
    pub parts: Parts,
    /// Where the data is written: this file system is measured
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub data: PathBuf,
    /// How long each measurement takes, in seconds, 1 to 10
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=10))]
    pub seconds: u64,
    /// The report: its sections are written or replaced
    #[arg(long, value_name = "FILE", default_value = "BENCHMARK_REPORT.md")]
    pub report: PathBuf,
    /// The report with plots, as one HTML file [default: the report's name with the ending .html]
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print one JSON object a measurement instead of text
    #[arg(long)]
    pub json: bool,
}

impl BenchArgs {
    /// The page: the report's name with another ending, unless it was named.
    fn html(&self) -> PathBuf {
        self.html.clone().unwrap_or_else(|| self.report.with_extension("html"))
    }
}

/// What is measured; all of it when nothing is chosen.
#[expect(clippy::struct_excessive_bools, reason = "each asks for a measurement of its own")]
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Parts {
    /// The five sync modes over the same flow: throughput, latency and worst loss, compared with a
    /// bare write and sync
    #[arg(long)]
    pub profiles: bool,
    /// 1, 8, 64 and 100 threads that each wait for every answer, in mode group, compared with a
    /// bare group commit of as many threads
    #[arg(long)]
    pub callers: bool,
    /// Latency at each offered load, from 1,000 commands a second until a load is not reached, and
    /// without pause
    #[arg(long)]
    pub load: bool,
    /// How long a start takes after a million commands for each of --seconds, cold and warm
    #[arg(long)]
    pub recovery: bool,
    /// An engine alone, and while another process reads its history again and again
    #[arg(long)]
    pub history: bool,
    /// 50,000 orders with a sync for each, in memory only, and in group commit, compared with the
    /// published figures of a classical design
    #[arg(long)]
    pub classic: bool,
    /// Orders over OUCH: 1 connection with 1 and with 64 orders in flight, 64 with 64, 1,000 with
    /// 16, compared with the engine alone; 1,000 logins take half a minute
    #[arg(long)]
    pub gateway: bool,
    /// What a commit costs on the disk, in each way of writing
    #[arg(long)]
    pub disk: bool,
}

impl Parts {
    /// What was chosen, or all.
    fn chosen(&self) -> Self {
        let Self { profiles, callers, load, recovery, history, classic, gateway, disk } = *self;
        if profiles || callers || load || recovery || history || classic || gateway || disk {
            return self.clone();
        }
        let (profiles, callers, load, recovery) = (true, true, true, true);
        let (history, classic, gateway, disk) = (true, true, true, true);
        Self { profiles, callers, load, recovery, history, classic, gateway, disk }
    }
}

/// Measures what was asked for, or everything.
///
/// # Errors
/// What failed, in a sentence.
pub fn bench<P: Platform>(
    platform: P,
    args: &BenchArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let html = args.html();
    Paths::default()
        .writes("--report", Some(&args.report))
        .writes("--html", Some(&html))
        .check()?;
    let place = BenchPlace::new(platform, &args.data)?;
    let results = Results { console, args, html, stop };
    let (place, parts, seconds) = (place.0.as_path(), args.parts.chosen(), args.seconds);
    let machine = &Machine::now(platform, place)?;
    if parts.profiles {
        results.take(|| bench_profiles(platform, machine, place, seconds, stop))?;
    }
    if parts.callers {
        results.take(|| bench_callers(platform, machine, place, seconds, stop))?;
    }
    if parts.load {
        results.take(|| bench_load(machine, place, seconds, stop))?;
    }
    if parts.recovery {
        results.take(|| bench_recovery(platform, machine, place, seconds, stop))?;
    }
    if parts.history {
        results.take(|| bench_history(platform, machine, place, seconds, stop))?;
    }
    if parts.classic {
        results.take(|| bench_classic(machine, place, seconds, stop))?;
    }
    if parts.gateway {
        results.take(|| bench_gateway(platform, machine, place, seconds, stop))?;
    }
    if parts.disk {
        results.take(|| bench_disk(machine, place, seconds, stop))?;
    }
    Ok(())
}

/// Where the results go.
struct Results<'a> {
    console: Console,
    args: &'a BenchArgs,
    html: PathBuf,
    stop: &'a StopFlag,
}

impl Results<'_> {
    /// Measures a section, prints it, and puts it into the report; nothing of it once somebody
    /// wished to stop.
    fn take<S: Section>(
        &self,
        measure: impl FnOnce() -> Result<Option<S>, CommandError>,
    ) -> Result<(), CommandError> {
        let heading = S::HEADING.trim_start_matches("## ");
        let measured = if self.stop.is_raised() { Ok(None) } else { measure() };
        // A signal of a terminal goes to the program's own runs too, and not all end well by it.
        let measured = if self.stop.is_raised() { None } else { measured? };
        let Some(section) = measured else {
            note(&format!("stopped before '{heading}' was measured: the report has nothing of it"));
            return Ok(());
        };
        let written = write_down(&section, &self.args.report, &self.html);
        if self.args.json {
            self.console.report_json(&section, written)
        } else {
            self.console.report(&section.to_string(), written)
        }
    }
}

/// A new directory for the data, which is removed when it is dropped.
struct BenchPlace(PathBuf);

impl BenchPlace {
    fn new<P: Platform>(platform: P, below: &Path) -> Result<Self, CommandError> {
        let random = platform
            .random()
            .map_err(|error| CommandError::failed(format!("no random bytes: {error}")))?;
        let path = below.join(format!("highwater-bench-{:032x}", u128::from_le_bytes(random)));
        fs::create_dir_all(&path).map_err(|error| failed("create", &path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for BenchPlace {
    fn drop(&mut self) {
        // What stays when this fails is named like nothing else, and harms nobody.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The sentence of a file that failed.
fn failed(doing: &str, path: &Path, error: &dyn Display) -> CommandError {
    CommandError::failed(format!("could not {doing} '{}': {error}", path.display()))
}
