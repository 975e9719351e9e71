//! Where and how a measurement was made: what a number means nothing without.

use crate::platform::Platform;
use serde::Serialize;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

/// The machine, the program, and the time.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    /// The program's version.
    pub(super) version: &'static str,
    /// The system and the processor's architecture.
    pub(super) system: String,
    /// Cores that the program may use.
    pub(super) cores: usize,
    /// The file system of the data.
    pub(super) file_system: String,
    /// How the log is written there.
    pub(super) io: &'static str,
    /// By the system's clock, in UTC.
    pub(super) date: String,
    /// The whole command line.
    pub(super) command: String,
}

impl Machine {
    /// This machine, with a log on `file_system` that is written in the way `io`.
    pub(super) fn now<P: Platform>(platform: P, (file_system, io): (String, &'static str)) -> Self {
        let since_1970 = Duration::from_nanos(platform.wall_clock_ns());
        let date = humantime::format_rfc3339_seconds(UNIX_EPOCH + since_1970).to_string();
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        let command = std::iter::once("highwater".to_owned()).chain(words);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            cores: platform.cores(),
            file_system,
            io,
            date,
            command: command.collect::<Vec<_>>().join(" "),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, system, cores, file_system, io, date, command } = self;
        write!(
            f,
            "highwater {version}, {system}, {cores} cores, {file_system}, {io}, {date}: `{command}`"
        )
    }
}
