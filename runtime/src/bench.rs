//! `highwater bench`: measures the engine on this machine and this disk, and writes down what it
//! saw.

mod bare;
mod callers;
mod machine;
mod profiles;
mod report;

use crate::console::{CommandError, Console, note};
use crate::platform::Platform;
use crate::signals::StopFlag;
use callers::bench_callers;
use profiles::bench_profiles;
use report::replace_section;
use serde::Serialize;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// Measure the engine on this machine, and put a table into the report.
///
/// The data is written to a new directory below --data, which is removed afterwards.
#[expect(clippy::struct_excessive_bools, reason = "each asks for a measurement of its own")]
#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct BenchArgs {
    /// 1, 8, 64 and 100 threads that each wait for every answer, in mode group, beside a bare group
    /// commit with the same number of threads
    #[arg(long, group = "what")]
    pub callers: bool,
    /// The five sync modes over the same flow: throughput, latency, and the worst loss, beside a
    /// bare write and sync
    #[arg(long, group = "what")]
    pub profiles: bool,
    /// Where the data is written; the file system is what is measured
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub data: PathBuf,
    /// How long each measurement takes, in seconds, 1 to 10
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=10))]
    pub seconds: u64,
    /// The report, a section of which is written or replaced
    #[arg(long, value_name = "FILE", default_value = "BENCHMARK_REPORT.md")]
    pub report: String,
    /// Print one JSON object a measurement instead of text
    #[arg(long)]
    pub json: bool,
}

/// Measures what was asked for.
///
/// # Errors
/// What failed, in a sentence.
pub fn bench<P: Platform>(
    platform: P,
    args: &BenchArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let place = BenchPlace::new(platform, &args.data)?;
    let results = Results { console, args };
    if args.profiles {
        let Some(section) = bench_profiles(platform, &place.0, args.seconds, stop)? else {
            note("stopped before everything was measured; nothing was written down");
            return Ok(());
        };
        results.write_down(profiles::HEADING, &section)?;
    }
    if args.callers {
        let section = bench_callers(platform, &place.0, args.seconds)?;
        results.write_down(callers::HEADING, &section)?;
    }
    Ok(())
}

/// Where the results go.
struct Results<'a> {
    console: Console,
    args: &'a BenchArgs,
}

impl Results<'_> {
    /// Prints a section, and puts it into the report.
    fn write_down<S: Serialize + Display>(
        &self,
        heading: &str,
        section: &S,
    ) -> Result<(), CommandError> {
        let text = section.to_string();
        if self.args.json { self.console.print_json(section) } else { self.console.print(&text) }?;
        replace_section(&self.args.report, heading, &text).map_err(CommandError::failed)
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
