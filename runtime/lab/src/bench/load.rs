//! `bench --load`: how long an answer takes at each offered load, up to what the engine takes.
//!
//! A latency counts from the time at which the clock wanted the command offered, so that a stall is
//! charged to all that waited behind it (no coordinated omission).

use super::machine::Machine;
use super::plot::{Curve, Plot, Upwards, percentiles};
use super::program::{remove_directory, run_on};
use super::report::Section;
use super::words::{number, time};
use highwater_console::{CommandError, note};
use highwater_engine::figures::grouped;
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// Commands a second that are offered, one rate after another.
const RATES: [u64; 8] = [1_000, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000];
/// Of a hundred commands offered in time, those that must have been answered in it.
const REACHED_PERCENT: u64 = 95;

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct Load {
    machine: Machine,
    /// How long each rate was offered.
    seconds: u64,
    /// The lowest rate first; the last was offered without pause.
    runs: Vec<Value>,
}

/// Offers one rate after another for `seconds` seconds each, until one is not reached, and then
/// without pause; `None` when somebody wished to stop.
pub(super) fn bench_load(
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Load>, CommandError> {
    let data = place.join("load");
    let lasts = seconds.to_string();
    let mut runs = Vec::new();
    for rate in RATES {
        note(&format!("offering {} commands a second for {seconds} s", grouped(rate)));
        let run = run_on(&data, &["--seconds", &lasts, "--rate", &rate.to_string()])?;
        remove_directory(&data)?;
        if stop.is_raised() {
            return Ok(None);
        }
        let is_reached = is_reached(rate, number(&run, "commands_per_second"));
        runs.push(run);
        if !is_reached {
            break;
        }
    }
    note(&format!("offering commands without pause for {seconds} s"));
    let limit = u64::MAX.to_string();
    runs.push(run_on(&data, &["--seconds", &lasts, "--limit", &limit])?);
    remove_directory(&data)?;
    Ok((!stop.is_raised()).then(|| Load { machine: machine.clone(), seconds, runs }))
}

const fn is_reached(rate: u64, per_second: u64) -> bool {
    per_second >= rate / 100 * REACHED_PERCENT
}

impl Section for Load {
    const HEADING: &'static str = "## Load";

    fn plots(&self) -> Vec<Plot> {
        let paced = || self.runs.iter().filter(|run| run["rate"].is_u64());
        let against_load = |name: &str, quantile: &str| {
            let point = |run: &Value| {
                (number(run, "commands_per_second"), number(&run["acknowledgement"], quantile))
            };
            Curve::new(name, paced().map(point))
        };
        let of_load = |run: &Value| {
            let name = format!("{}/s", grouped(number(run, "rate")));
            percentiles(&name, &run["acknowledgement"])
        };
        let batch =
            |run: &Value| (number(run, "commands_per_sync"), number(run, "commands_per_second"));
        vec![
            Plot {
                title: "Answer latency against offered load",
                x: "commands a second",
                y: Upwards::Time,
                curves: vec![
                    against_load("p50", "p50_ns"),
                    against_load("p99", "p99_ns"),
                    against_load("p99.9", "p99_9_ns"),
                ],
            },
            Plot {
                title: "Answer latency by percentile, at each offered load",
                x: "one command in so many takes longer",
                y: Upwards::Time,
                curves: paced().map(of_load).collect(),
            },
            Plot {
                title: "Throughput against batch size",
                x: "commands a sync",
                y: Upwards::Throughput,
                curves: vec![Curve::new("group", self.runs.iter().map(batch))],
            },
        ]
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "The seeded stream, offered by the clock for {} s at each rate, mode group, a new log each time. An \
             answer counts from the time at which its command was to be offered: what waits behind a stall is \
             charged with it (corrected for coordinated omission). The sweep ends at the first load that was not \
             reached ({REACHED_PERCENT} %); there, and without pause, an answer is mostly time in the queue.\n",
            self.seconds
        )?;
        writeln!(
            f,
            "| offered, commands/s | reached | answer p50 | p90 | p99 | p99.9 | max | critical path p50 | p99 \
             | commands a sync |"
        )?;
        writeln!(f, "|{}", "---:|".repeat(10))?;
        self.runs.iter().try_for_each(|run| write_row(f, run))
    }
}

fn write_row(f: &mut fmt::Formatter<'_>, run: &Value) -> fmt::Result {
    let reached = grouped(number(run, "commands_per_second"));
    match run["rate"].as_u64() {
        Some(rate) => write!(f, "| {} | {reached} |", grouped(rate))?,
        None => write!(f, "| without pause | {reached} |")?,
    }
    for quantile in ["p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"] {
        write!(f, " {} |", time(&run["acknowledgement"], quantile))?;
    }
    for quantile in ["p50_ns", "p99_ns"] {
        write!(f, " {} |", time(&run["critical_path"], quantile))?;
    }
    writeln!(f, " {} |", grouped(number(run, "commands_per_sync")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_reached_when_nearly_all_of_it_was_answered_in_time() {
        for (rate, per_second, reached) in
            [(1_000, 999, true), (1_000, 950, true), (1_000, 949, false), (2_000_000, 1, false)]
        {
            assert_eq!(is_reached(rate, per_second), reached, "{per_second} of {rate}");
        }
    }
}
