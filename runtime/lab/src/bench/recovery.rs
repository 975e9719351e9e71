//! `bench --recovery`: how long a start takes behind a log of some million commands.

use super::failed;
use super::machine::Machine;
use super::plot::Plot;
use super::program::{remove_directory, run_on};
use super::report::Section;
use super::words::{number, shown};
use highwater_console::{CommandError, note};
use highwater_engine::figures::{grouped, per_second};
use highwater_platform::signals::StopFlag;
use highwater_platform::{Platform, SegmentFile};
use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::Path;

/// Commands in the log for each second that a measurement is to take.
const COMMANDS_A_SECOND: u64 = 1_000_000;
/// Starts that are measured in each state of the cache.
const STARTS: usize = 3;

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct Recovery {
    machine: Machine,
    /// Bytes of the log.
    log_bytes: u64,
    starts: Vec<Start>,
}

/// One start.
#[derive(Debug, Serialize)]
struct Start {
    /// `cold`: nothing of the log was in memory; `warm`: all of it had just been read.
    cache: &'static str,
    /// What recovery replayed.
    commands: u64,
    recovery_ns: u64,
}

/// Writes a log and starts behind it, cold and warm in turn; `None` when somebody wished to stop.
pub(super) fn bench_recovery<P: Platform>(
    platform: P,
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Recovery>, CommandError> {
    let data = place.join("recovery");
    let commands = COMMANDS_A_SECOND * seconds;
    note(&format!("writing a log of {} commands to recover", grouped(commands)));
    let written = run_on(&data, &["--limit", &commands.to_string()])?;
    let mut starts = Vec::new();
    for turn in 1..=STARTS {
        for cache in ["cold", "warm"] {
            if stop.is_raised() {
                return Ok(None);
            }
            note(&format!("recovering it, {cache}, {turn} of {STARTS}"));
            if cache == "cold" { cool(platform, &data) } else { warm(&data) }?;
            let run = run_on(&data, &["--limit", "1"])?;
            let recovery_ns = number(&run, "recovery_ns");
            starts.push(Start { cache, commands: number(&run, "recovered_commands"), recovery_ns });
        }
    }
    remove_directory(&data)?;
    let log_bytes = number(&written, "log_bytes");
    Ok(Some(Recovery { machine: machine.clone(), log_bytes, starts }))
}

/// Lets the system forget what it holds of the files in `data`.
fn cool<P: Platform>(platform: P, data: &Path) -> Result<(), CommandError> {
    each_file(data, |path| {
        let file = platform.open_to_read(path)?;
        file.drop_cached();
        Ok(())
    })
}

/// Reads the files in `data`.
fn warm(data: &Path) -> Result<(), CommandError> {
    each_file(data, |path| {
        std::io::copy(&mut fs::File::open(path)?, &mut std::io::sink()).map(drop)
    })
}

fn each_file(data: &Path, work: impl Fn(&Path) -> std::io::Result<()>) -> Result<(), CommandError> {
    let unread = |error| failed("read", data, &error);
    for entry in fs::read_dir(data).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.is_file() {
            work(&path).map_err(|error| failed("read", &path, &error))?;
        }
    }
    Ok(())
}

impl Start {
    fn per_second(&self) -> u64 {
        if self.recovery_ns == 0 {
            return 0;
        }
        per_second(self.commands, self.recovery_ns)
    }
}

impl Section for Recovery {
    const HEADING: &'static str = "## Recovery";

    fn plots(&self) -> Vec<Plot> {
        Vec::new()
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "A log of {} bytes, without snapshots, and how long a start took to read, check and replay all of it. \
             Cold: the system was asked to forget what it held of the log. Warm: all of it had just been read. In \
             turn.\n",
            grouped(self.log_bytes)
        )?;
        writeln!(f, "| cache | commands | recovery | commands/s |\n|---|---:|---:|---:|")?;
        for start in &self.starts {
            let (commands, per_second) = (grouped(start.commands), grouped(start.per_second()));
            let recovery = shown(Some(start.recovery_ns));
            writeln!(f, "| {} | {commands} | {recovery} | {per_second} |", start.cache)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_took_no_time_has_no_rate() {
        let start = |recovery_ns| Start { cache: "cold", commands: 3_000_000, recovery_ns };
        assert_eq!(start(500_000_000).per_second(), 6_000_000);
        assert_eq!(start(0).per_second(), 0);
    }
}
