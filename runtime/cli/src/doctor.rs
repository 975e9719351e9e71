//! `highwater doctor`: what a machine and a directory do to latency and durability, in a table.

use highwater_console::{CommandError, Console, note};
use highwater_gateway::Limits;
use highwater_lab::disk::{DiskArgs, DiskReport, measured};
use highwater_platform::signals::StopFlag;
use highwater_platform::{Finding, Needs, Platform, ThreadRole, Verdict};
use highwater_storage::{OpenError, ProbeDirectory};
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// What an engine reserves by default, rounded up.
const LOCKED_BYTES: u64 = 256 << 20;

/// Files for each connection of a venue: its socket, and two streams at worst.
const FILES_OF_A_CONNECTION: u64 = 3;

/// All other files of a venue.
const OTHER_FILES: u64 = 128;

/// Show what this machine and a data directory do to latency and durability, and what to change.
///
/// One line each: good, weak, or unknown, which is never taken for good. The directory is measured
/// as 'highwater disk' does, which creates one that is missing and shows every way to write; while
/// an engine runs in it, it is left alone.
///
/// Exit codes: 0 the table is printed, whatever it says; 1 the directory cannot be written.
#[derive(Clone, Debug, clap::Args)]
pub struct DoctorArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// How long to measure the directory, in seconds, 1 to 3600
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub seconds: u64,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// What was found. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
struct Examination {
    /// The data directory.
    data: String,
    /// What was found, the machine's findings first.
    findings: Vec<Finding>,
    /// The measurement; nothing where an engine has the directory.
    disk: Option<DiskReport>,
}

/// Looks at everything and prints the table. When `stop` is raised it ends early and prints none.
///
/// # Errors
/// The directory cannot be written, or the output.
pub fn doctor<P: Platform>(
    platform: P,
    args: &DoctorArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let mut findings = platform.examine(needs());
    let disk = match ProbeDirectory::open(platform, &args.data) {
        Ok(directory) => {
            let DoctorArgs { data, seconds, json } = args.clone();
            let args = DiskArgs { data, seconds, json };
            let Some(report) = measured(platform, &directory, &args, stop)? else {
                note("stopped before the end: there is no table");
                return Ok(());
            };
            findings.extend_from_slice(&report.findings);
            Some(report)
        }
        Err(error @ OpenError::InUse(_)) => {
            findings.push(Finding::unknown("directory", "not measured", error));
            None
        }
        Err(error) => return Err(CommandError::failed(error)),
    };
    let data = args.data.display().to_string();
    let examination = Examination { data, findings, disk };
    if args.json {
        return console.print_json(&examination);
    }
    console.print(&examination.to_string())
}

fn needs() -> Needs {
    let connections = u64::try_from(Limits::DEFAULT.connections).unwrap_or(u64::MAX);
    Needs {
        cores: ThreadRole::COUNT as u64,
        locked_bytes: LOCKED_BYTES,
        open_files: connections.saturating_mul(FILES_OF_A_CONNECTION).saturating_add(OTHER_FILES),
    }
}

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { subject, verdict, found, change } in &self.findings {
            writeln!(f, "{subject:<14}{:<9}{found}", verdict.name())?;
            if let Some(change) = change {
                writeln!(f, "{:23}-> {change}", "")?;
            }
        }
        let count = |wanted| self.findings.iter().filter(|it| it.verdict == wanted).count();
        writeln!(
            f,
            "\nin '{}' and on this machine: {} good, {} weak, {} unknown",
            self.data,
            count(Verdict::Good),
            count(Verdict::Weak),
            count(Verdict::Unknown)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_for_each_and_one_for_what_to_change() {
        let findings = vec![
            Finding::good("cores", "4"),
            Finding::weak("governor", "powersave", "choose performance"),
            Finding::unknown("steal", "none is told", "ask"),
        ];
        let examination = Examination { data: "d".to_owned(), findings, disk: None };
        let wanted = "cores         good     4\n\
                      governor      weak     powersave\n\
                      \x20                      -> choose performance\n\
                      steal         unknown  none is told\n\
                      \x20                      -> ask\n\
                      \nin 'd' and on this machine: 1 good, 1 weak, 1 unknown\n";
        assert_eq!(examination.to_string(), wanted);
    }
}
