//! `bench --disk`: what a commit costs on the disk, in every way there is.

use super::machine::Machine;
use super::plot::{Curve, Plot, Upwards};
use super::program::ask;
use super::report::Section;
use super::words::{number, time};
use highwater_console::{CommandError, note};
use highwater_engine::figures::grouped;
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct Commits {
    machine: Machine,
    seconds: u64,
    /// The report of `highwater disk`.
    disk: Value,
}

/// Measures the disk for `seconds` seconds; `None` when somebody wished to stop.
pub(super) fn bench_disk(
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Commits>, CommandError> {
    note(&format!("measuring commits of the disk for {seconds} s"));
    let said = ask(&place.join("disk"), &["disk", "--json", "--seconds", &seconds.to_string()])?;
    // It says nothing when a signal ended it.
    if stop.is_raised() || said.is_empty() {
        return Ok(None);
    }
    let disk = serde_json::from_slice(&said).map_err(CommandError::failed)?;
    Ok(Some(Commits { machine: machine.clone(), seconds, disk }))
}

impl Commits {
    fn ways(&self) -> &[Value] {
        self.disk["ways"].as_array().map_or(&[], Vec::as_slice)
    }
}

fn sizes(way: &Value) -> &[Value] {
    way["sizes"].as_array().map_or(&[], Vec::as_slice)
}

fn name(way: &Value) -> &str {
    way["way"].as_str().unwrap_or("unknown")
}

impl Section for Commits {
    const HEADING: &'static str = "## Disk";

    fn plots(&self) -> Vec<Plot> {
        let point = |size: &Value| (number(size, "bytes"), number(&size["commit"], "p50_ns"));
        let curve = |way: &Value| Curve::new(name(way), sizes(way).iter().map(point));
        vec![Plot {
            title: "Commit time of the disk, p50",
            x: "bytes of a commit",
            y: Upwards::Time,
            curves: self.ways().iter().map(curve).collect(),
        }]
    }
}

impl fmt::Display for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "Commits one at a time, every way in turn, {} s in all, as `highwater disk` measures them.\n",
            self.seconds
        )?;
        writeln!(f, "| way | bytes | commits | p50 | p99 | max |\n|---|{}", "---:|".repeat(5))?;
        for way in self.ways() {
            let used = if way["used"] == Value::Bool(true) { " (the engine's)" } else { "" };
            for size in sizes(way) {
                let (bytes, commit) = (grouped(number(size, "bytes")), &size["commit"]);
                write!(f, "| {}{used} | {bytes} |", name(way).replace('|', "\\|"))?;
                write!(f, " {} |", grouped(number(commit, "count")))?;
                for quantile in ["p50_ns", "p99_ns", "max_ns"] {
                    write!(f, " {} |", time(commit, quantile))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
