//! `bench --profiles`: the five sync modes over the same flow, side by side with a bare write and
//! sync.
//!
//! Throughput is that of `highwater run`, the program itself, in a process of its own for each
//! mode. The answer of a single command in flight is that of a host with one caller.

use super::bare::BareCommit;
use super::callers::{Caller, Measured, define_instrument, measure};
use super::failed;
use crate::config::{Config, Settings, SyncChoice};
use crate::console::{CommandError, note};
use crate::host::{Host, HostConfig};
use crate::platform::Platform;
use crate::signals::StopFlag;
use crate::start::CapacityWishes;
use crate::summary::{Nanoseconds, grouped};
use highwater::sync_mode::SyncMode;
use serde_json::Value;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The section's heading.
pub(super) const HEADING: &str = "## Profiles";

/// The modes, the safest first, with the count that belongs to one of them.
const MODES: [(SyncChoice, Option<&str>); 5] = [
    (SyncChoice::Full, None),
    (SyncChoice::Group, None),
    (SyncChoice::Interval, Some("100")),
    (SyncChoice::Checkpoint, None),
    (SyncChoice::Off, None),
];

/// What one mode came to.
struct Row {
    mode: SyncMode,
    /// The summary of the run.
    run: Value,
    /// One caller that waits for every answer.
    single: Measured,
}

/// The section of the report.
pub(super) struct Section {
    version: &'static str,
    cores: usize,
    seconds: u64,
    io: String,
    file_system: String,
    /// One write and sync after the other, by hand.
    bare: Measured,
    rows: Vec<Row>,
}

/// Measures every mode for `seconds` seconds under load, and for one with a single command in
/// flight; `None` when somebody wished to stop.
pub(super) fn bench_profiles<P: Platform>(
    platform: P,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Section>, CommandError> {
    let bare = BareCommit::new(platform, place).map_err(|error| failed("write", place, &error))?;
    let bare = measure(platform, (1, SINGLE_SECONDS), |_| {
        || bare.commit().map_err(|error| failed("write", place, &error))
    })?;
    let mut rows = Vec::new();
    for (choice, count) in MODES {
        let settings = Settings {
            sync: Some(choice),
            sync_count: count.and_then(|count| count.parse().ok()),
            ..Settings::default()
        };
        let mode = settings.config()?.sync;
        note(&format!("measuring sync {} for {} s", mode.name(), seconds + SINGLE_SECONDS));
        let data = place.join(mode.name());
        let run = run_program(&data, (mode.name(), count), seconds)?;
        remove(&data)?;
        let single = single_caller(platform, &data, mode)?;
        remove(&data)?;
        if stop.is_raised() {
            return Ok(None);
        }
        rows.push(Row { mode, run, single });
    }
    let text = |name: &str| rows.first().map(|row| row.text(name).to_owned()).unwrap_or_default();
    let (io, file_system) = (text("io"), text("file_system"));
    let (version, cores) = (env!("CARGO_PKG_VERSION"), platform.cores());
    Ok(Some(Section { version, cores, seconds, io, file_system, bare, rows }))
}

/// Commands that the mode `full` is given for a second; a disk takes some thousand syncs in one.
const FULL_PER_SECOND: u64 = 3_000;

/// How long a single caller is measured, and the bare commit.
const SINGLE_SECONDS: u64 = 1;

/// Runs the default stream through the program itself, and returns its summary.
fn run_program(
    data: &Path,
    (mode, count): (&str, Option<&str>),
    seconds: u64,
) -> Result<Value, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("could not find this program: {error}")))?;
    // What waits in the rings when the time is over is worked off, so that the mode that syncs
    // every command must not be given more than it can do.
    let limit = if mode == SyncMode::Full.name() { FULL_PER_SECOND * seconds } else { u64::MAX };
    let mut command = Command::new(&program);
    command.args(["run", "--json", "--limit", &limit.to_string(), "--snapshot-bytes", "0"]);
    command.args(["--sync", mode, "--seconds", &seconds.to_string(), "--data"]).arg(data);
    if let Some(count) = count {
        command.args(["--sync-count", count]);
    }
    let ended =
        command.stdin(Stdio::null()).output().map_err(|error| failed("start", &program, &error))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let why = format!("the run with sync {mode} failed: {}", said.trim_end());
        return Err(CommandError::Failed(why));
    }
    serde_json::from_slice(&ended.stdout).map_err(CommandError::failed)
}

/// One caller through a host in this process.
fn single_caller<P: Platform>(
    platform: P,
    data: &Path,
    mode: SyncMode,
) -> Result<Measured, CommandError> {
    let capacities =
        CapacityWishes { orders: Some(1 << 16), instruments: Some(16), sessions: None };
    let config = HostConfig::new(Config::production().data(data).sync(mode).capacities(capacities));
    let host = Host::start(platform, &config).map_err(CommandError::failed)?;
    define_instrument(&host)?;
    let measured = measure(platform, (1, SINGLE_SECONDS), |caller| {
        let mut caller = Caller::new(&host, caller);
        move || caller.as_mut().map_err(CommandError::failed)?.call()
    })?;
    host.stop().map_err(CommandError::failed)?;
    Ok(measured)
}

fn remove(data: &Path) -> Result<(), CommandError> {
    fs::remove_dir_all(data).map_err(|error| failed("remove", data, &error))
}

impl Row {
    fn number(&self, name: &str) -> u64 {
        self.run[name].as_u64().unwrap_or(0)
    }

    fn text(&self, name: &str) -> &str {
        self.run[name].as_str().unwrap_or("unknown")
    }

    fn latency(&self, name: &str, quantile: &str) -> Nanoseconds {
        Nanoseconds(self.run[name][quantile].as_u64().unwrap_or(0))
    }

    /// What a power cut can take, and what it could have taken of this run at its worst.
    fn loss(&self) -> String {
        let worst = grouped(self.number("released_not_durable_max"));
        match self.mode {
            SyncMode::Full | SyncMode::Group(_) => format!("nothing ({worst})"),
            SyncMode::Interval(exposure) => {
                format!("NOT DURABLE at once: at most {} ({worst})", exposure.count)
            }
            SyncMode::Checkpoint => format!("NOT DURABLE before a segment is sealed ({worst})"),
            SyncMode::Off => format!("NOT DURABLE ({worst})"),
        }
    }
}

impl Section {
    fn write_row(&self, row: &Row, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = row.number("commands_per_second");
        let slowest = self.rows.first().map_or(0, |full| full.number("commands_per_second"));
        let single = row.single.p50_ns();
        writeln!(
            f,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.mode.name(),
            grouped(per_second),
            Ratio(per_second, slowest),
            row.latency("critical_path", "p50_ns"),
            row.latency("acknowledgement", "p50_ns"),
            row.latency("acknowledgement", "p99_ns"),
            row.number("commands_per_sync"),
            Nanoseconds(single),
            Nanoseconds(row.single.p99_ns()),
            Ratio(single, self.bare.p50_ns()),
            row.loss(),
        )
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}\n")?;
        writeln!(
            f,
            "Highwater {} on {}, {} cores, {}, {}. The seeded stream, offered without pause for {} \
             seconds in each mode, so that answers under load are mostly time in the queue; then one \
             command in flight for {SINGLE_SECONDS} second. A bare write and sync of one block, by \
             hand, in the same run: p50 {}, p99 {}.",
            self.version,
            std::env::consts::OS,
            self.cores,
            self.file_system,
            self.io,
            self.seconds,
            Nanoseconds(self.bare.p50_ns()),
            Nanoseconds(self.bare.p99_ns())
        )?;
        writeln!(
            f,
            "\n| sync | commands a second | to full | critical path p50 | answer under load p50 | \
             p99 | commands a sync | answer alone p50 | p99 | to bare | a power cut takes (commands \
             released and not durable, at the worst) |"
        )?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|")?;
        self.rows.iter().try_for_each(|row| self.write_row(row, f))
    }
}

/// How many times one number is another, with two decimals.
struct Ratio(u64, u64);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = u128::from(self.0) * 100 / u128::from(self.1.max(1));
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_two_decimals() {
        assert_eq!(Ratio(205, 100).to_string(), "2.05");
        assert_eq!(Ratio(1, 0).to_string(), "1.00");
    }

    #[test]
    fn every_mode_is_measured_once() {
        let names: Vec<_> = MODES
            .iter()
            .map(|(choice, _)| {
                let settings = Settings { sync: Some(*choice), ..Settings::default() };
                settings.config().unwrap().sync.name()
            })
            .collect();
        assert_eq!(names, ["full", "group", "interval", "checkpoint", "off"]);
    }
}
