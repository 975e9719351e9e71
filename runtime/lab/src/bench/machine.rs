//! Where and how a measurement was made: what a number means nothing without.

use super::bare::BareCommit;
use super::failed;
use super::pauses::Pauses;
use highwater_console::CommandError;
use highwater_engine::figures::Nanoseconds;
use highwater_platform::latency::{Latencies, Quantiles};
use highwater_platform::{IoMode, Platform};
use highwater_storage::ProbeDirectory;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Bare commits that tell what one costs.
const COMMITS: u32 = 512;

/// The machine, the program, and the time.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    /// The program's version.
    pub(super) version: &'static str,
    /// What it was built from, where that was a checkout.
    pub(super) commit: Option<&'static str>,
    /// The system and the processor's architecture.
    pub(super) system: String,
    /// The kernel's release, where the system has a file that tells it.
    pub(super) kernel: Option<String>,
    /// The processor's name, where the system has a file that tells it.
    pub(super) processor: Option<String>,
    /// Cores that the program may use.
    pub(super) cores: usize,
    /// The file system of the data.
    pub(super) file_system: String,
    /// How the log is written there.
    pub(super) io: &'static str,
    /// One block, written and synced by hand, before everything else.
    pub(super) disk_commit: Option<Quantiles>,
    /// What the machine takes away by itself, before everything else.
    pub(super) pauses: Pauses,
    /// By the system's clock, in UTC.
    pub(super) date: String,
    /// The whole command line.
    pub(super) command: String,
}

impl Machine {
    /// This machine, with a log in `place`.
    pub(super) fn now<P: Platform>(platform: P, place: &Path) -> Result<Self, CommandError> {
        let since_1970 = Duration::from_nanos(platform.wall_clock_ns());
        let date = humantime::format_rfc3339_seconds(UNIX_EPOCH + since_1970).to_string();
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        let command = std::iter::once("highwater".to_owned()).chain(words);
        let own = place.join("machine");
        let directory = ProbeDirectory::open(platform, &own).map_err(CommandError::failed)?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("HIGHWATER_COMMIT"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .ok()
                .map(|text| text.trim_end().to_owned()),
            processor: fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model(&text)),
            cores: platform.cores(),
            file_system: directory.file_system().name.clone(),
            io: match directory.io_mode() {
                IoMode::Direct => P::DIRECT_NOTE,
                IoMode::Append => P::APPEND_NOTE,
            },
            disk_commit: disk_commit(platform, &own)?,
            pauses: Pauses::now(platform),
            date,
            command: command.collect::<Vec<_>>().join(" "),
        })
    }
}

/// What a bare write and sync costs in `place`.
fn disk_commit<P: Platform>(platform: P, place: &Path) -> Result<Option<Quantiles>, CommandError> {
    let no_commit = |error| failed("write", place, &error);
    let bare = BareCommit::new(platform, place).map_err(no_commit)?;
    let mut latencies = Latencies::new();
    for _ in 0..COMMITS {
        let from_ns = platform.monotonic_ns();
        bare.commit().map_err(no_commit)?;
        latencies.record(platform.monotonic_ns() - from_ns);
    }
    Ok(latencies.quantiles())
}

/// The processor's name in what Linux says of its processors; other systems have no such file.
fn model(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "highwater {}", self.version)?;
        self.commit.iter().try_for_each(|commit| write!(f, " (commit {commit})"))?;
        write!(f, ", {}", self.system)?;
        self.kernel.iter().try_for_each(|kernel| write!(f, ", kernel {kernel}"))?;
        self.processor.iter().try_for_each(|name| write!(f, ", {name}"))?;
        write!(f, ", {} cores, {}, {}", self.cores, self.file_system, self.io)?;
        if let Some(commit) = self.disk_commit {
            write!(f, ", a bare write and sync p50 {}", Nanoseconds(commit.p50_ns))?;
        }
        write!(f, ", {}, {}: `{}`", self.pauses, self.date, self.command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_where_the_system_names_it() {
        let said = "processor\t: 0\nmodel name\t: Some CPU 7\nprocessor\t: 1\n";
        assert_eq!(model(said), Some("Some CPU 7".to_owned()));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}
