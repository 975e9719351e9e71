//! `highwater disk`: measures what a durable commit costs in a directory, in every way there is.
//!
//! The ways take turns commit by commit, so that what else happens on the machine hits all alike.
//! Which one the engine uses follows from what the file system can do, never from a measurement.

mod advice;
mod crowd;
mod report;
mod turns;
mod way;

pub use report::{CrowdReport, DiskReport, SizeReport, WayReport};

use advice::Facts;
use crowd::Crowd;
use highwater_console::{CommandError, Console, note};
use highwater_platform::latency::Quantiles;
use highwater_platform::signals::StopFlag;
use highwater_platform::{IoMode, Platform};
use highwater_storage::ProbeDirectory;
use indicatif::{ProgressBar, ProgressStyle};
use std::io;
use std::path::PathBuf;
use turns::Turns;
use way::Way;

/// Of ten parts of the time, those for one commit at a time; the rest is for several at once.
const TURNS_TENTHS: u64 = 7;
/// Nanoseconds in a second.
const SECOND_NS: u64 = 1_000_000_000;

/// Measure what a durable commit costs in a data directory, and show how the engine will write
/// there.
///
/// The command creates a missing directory, and excludes engines while it measures. It writes probe
/// files of at most 256 MiB in all, and removes them. The report marks the way that the engine
/// uses, and warns when the disk or the file system cannot keep the promise. Exit code 1: the
/// directory cannot be written.
#[derive(Clone, Debug, clap::Args)]
pub struct DiskArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// How long to measure, in seconds, 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 10,
        value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Measures the directory that `args` name and prints the report. When `stop` is raised it ends
/// early and reports nothing.
///
/// # Errors
/// The directory cannot be written, or another process has it.
pub fn disk<P: Platform>(
    platform: P,
    args: &DiskArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let directory = ProbeDirectory::open(platform, &args.data).map_err(CommandError::failed)?;
    let report = measured(platform, &directory, args, stop)?;
    match report {
        None => {
            note("stopped before the end: there is no report");
            Ok(())
        }
        Some(report) if args.json => console.print_json(&report),
        Some(report) => console.print(&report.to_string()),
    }
}

/// Measures a directory that is open; `None` when `stop` was raised before the end.
///
/// # Errors
/// Probe files cannot be written there.
pub fn measured<P: Platform>(
    platform: P,
    directory: &ProbeDirectory<P>,
    args: &DiskArgs,
    stop: &StopFlag,
) -> Result<Option<DiskReport>, CommandError> {
    note(&format!("measuring '{}' for {} s", args.data.display(), args.seconds));
    let measured = measure(&Measuring { platform, directory, args, stop });
    measured.map_err(|error| {
        CommandError::failed(format!(
            "could not write probe files in '{}' ({error}); \
             free some space, check the disk, or name another with --data",
            args.data.display()
        ))
    })
}

/// What every part of the measuring needs.
struct Measuring<'a, P: Platform> {
    platform: P,
    directory: &'a ProbeDirectory<P>,
    args: &'a DiskArgs,
    stop: &'a StopFlag,
}

/// Measures everything; `None` when it was stopped.
fn measure<P: Platform>(measuring: &Measuring<'_, P>) -> io::Result<Option<DiskReport>> {
    let Measuring { platform, directory, args, stop } = *measuring;
    let free_bytes = directory.free_bytes()?;
    let total_ns = args.seconds * SECOND_NS;
    let bar = progress_bar(total_ns);
    let used = used_way(directory.io_mode());
    let mut turns = Turns::prepare(platform, directory)?;
    turns.take(total_ns / 10 * TURNS_TENTHS, stop, &|ns| bar.set_position(ns));
    let from_ns = total_ns / 10 * TURNS_TENTHS;
    let mut crowd = Crowd::prepare(platform, directory, crowd_way(directory.io_mode()))?;
    crowd.take(total_ns - from_ns, stop, &|ns| bar.set_position(from_ns + ns));
    bar.finish_and_clear();
    if stop.is_raised() {
        return Ok(None);
    }
    let ways = turns.report(used);
    let commit = ways.iter().find(|way| way.used).and_then(|way| way.sizes.first());
    let commit = commit.and_then(|size| size.commit);
    Ok(Some(report_of(measuring, free_bytes, ways, commit, crowd)))
}

fn report_of<P: Platform>(
    measuring: &Measuring<'_, P>,
    free_bytes: u64,
    ways: Vec<WayReport>,
    commit: Option<Quantiles>,
    crowd: Crowd<P>,
) -> DiskReport {
    let directory = measuring.directory;
    let mode = directory.io_mode();
    let facts = Facts { file_system: directory.file_system(), mode, commit, free_bytes };
    DiskReport {
        data: measuring.args.data.display().to_string(),
        file_system: directory.file_system().name.clone(),
        free_bytes,
        mode: mode.name(),
        io: match mode {
            IoMode::Direct => P::DIRECT_NOTE,
            IoMode::Append => P::APPEND_NOTE,
        },
        commit,
        warnings: facts.warnings(),
        findings: facts.findings(),
        ways,
        at_once_way: crowd.way_name(),
        at_once: crowd.report(),
    }
}

/// The way in which an engine commits in this mode.
const fn used_way(mode: IoMode) -> Way {
    match mode {
        IoMode::Direct => Way::Direct,
        IoMode::Append => Way::Growing,
    }
}

/// The way in which several threads commit at once: each in its own place, so no file grows.
const fn crowd_way(mode: IoMode) -> Way {
    match mode {
        IoMode::Direct => Way::Direct,
        IoMode::Append => Way::Cached,
    }
}

/// A bar on standard error, which shows itself on terminals only.
fn progress_bar(total_ns: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent} % measured, {eta} left");
    let style = style.unwrap_or_else(|_error| ProgressStyle::default_bar());
    ProgressBar::new(total_ns).with_style(style)
}
