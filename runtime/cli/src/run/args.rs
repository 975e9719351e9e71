//! The arguments of `highwater run`.

use crate::settings::{ConfigError, Settings};
use highwater_console::CommandError;
use highwater_console::paths::Paths;
use highwater_engine::config::Config;
use highwater_lab::prices::Prices;
use std::path::{Path, PathBuf};

/// Commands of the default stream that one run takes.
pub(super) const STREAM_LIMIT_DEFAULT: u64 = 2_000_000;

/// Run the engine: match an order flow, log every command, and release every answer when it is
/// durable.
///
/// An output that is the flow, the settings file, another output or a file in the data directory,
/// through any path or link, is refused before anything is changed.
///
/// Without --flow it takes 2,000,000 fresh commands of a seeded stream over 4 instruments. The next
/// run with the same data directory recovers the log and continues where this one ended, also after
/// a crash.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags that do not touch each other")]
pub struct RunArgs {
    /// The flow to run, CSV or gzip of it; - is standard input [default: the seeded stream]
    #[arg(long, value_name = "FILE")]
    pub flow: Option<PathBuf>,
    /// Take the flow's last line even without a line feed: the flow is known to be complete
    #[arg(long, requires = "flow")]
    pub last_line_whole: bool,
    /// Write the fills of the whole flow, those of earlier runs included
    #[arg(long, value_name = "OUT.csv")]
    pub fills: Option<PathBuf>,
    /// How --fills, --events and the summary write prices: in ticks, or as decimal numbers (in JSON
    /// strings); how a flow writes them its own columns say
    #[arg(long, value_name = "FORM", default_value = "ticks")]
    pub prices: Prices,
    /// Write every released event of the whole flow, one JSON object a line
    #[arg(long, value_name = "OUT.jsonl")]
    pub events: Option<PathBuf>,
    /// Write the time of each command too, in nanoseconds since the Unix epoch: a column of
    /// --fills, a line behind the command's --events
    #[arg(long)]
    pub times: bool,
    /// Write the highest flow seq whose events have been released, one number a line, whenever it
    /// rises; - is standard output (then everything else goes to standard error)
    #[arg(long, value_name = "PATH")]
    pub acks: Option<PathBuf>,
    /// Offer this many commands a second, by the clock; latencies count from the intended time
    /// [default: as fast as the engine takes them]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub rate: Option<u64>,
    /// Take at most this many fresh commands [default: all of a flow, 2000000 of the stream]
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Take no more commands after this many seconds, 1 to 86400 [default: as long as it takes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub seconds: Option<u64>,
    /// Serve metrics for Prometheus there while it runs, at /metrics, like 127.0.0.1:9100
    #[cfg(feature = "monitor")]
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<std::net::SocketAddr>,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Read settings from a TOML file; flags override it. 'highwater config' prints such a file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl RunArgs {
    /// Refuses outputs that would destroy what is read, each other, or the log in `data`.
    ///
    /// # Errors
    /// Which of them, in a sentence.
    pub(super) fn check_paths(&self, data: &Path) -> Result<(), CommandError> {
        let paths = Paths::default()
            .reads_or_stdin("--flow", self.flow.as_deref())
            .reads("--config", self.config.as_deref())
            .data("--data", data);
        paths
            .writes("--fills", self.fills.as_deref())
            .writes("--events", self.events.as_deref())
            .writes_or_stdout("--acks", self.acks.as_deref())
            .check()
    }

    /// How the engine runs.
    ///
    /// # Errors
    /// The file of settings cannot be read, or they contradict each other.
    pub(super) fn configuration(&self) -> Result<Config, ConfigError> {
        Ok(self.settings.with_file(self.config.as_deref())?.tell_ends(self.times))
    }
}
