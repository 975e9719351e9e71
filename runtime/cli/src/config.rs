//! `highwater config`: the effective configuration, as a TOML file with defaults and units.

use crate::choices::{IdleArg, IoArg, KeepArg, quoted as quoted_choice};
use crate::settings::{ConfigError, Settings};
use crate::units::{ByteSize, GroupDelay, Percent, TimeSpan};
use highwater::sync_mode::{Hold, SyncMode};
use highwater_console::{CommandError, Console};
use highwater_engine::config::CAPACITIES_DEFAULT;
use highwater_engine::config::Config;
use highwater_engine::config::SnapshotPlan;
use std::fmt::Write;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// Print the effective configuration, as a TOML file that --config takes, with defaults and units.
///
/// Flags override the file, and the file overrides the profile.
#[derive(Clone, Debug, clap::Args)]
pub struct ConfigArgs {
    /// A TOML file with settings; its keys are the names of the flags
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Prints the configuration that the arguments make.
///
/// # Errors
/// They make none, or the output cannot be written.
pub fn print_config(args: &ConfigArgs, console: Console) -> Result<(), CommandError> {
    let config = args.settings.with_file(args.config.as_deref())?;
    console.print(&as_toml(&config))
}

/// The configuration as a TOML file.
fn as_toml(config: &Config) -> String {
    let mut text = String::new();
    let mut say = |comment: &str, setting: &str, value: Option<String>| {
        let line = value.map_or_else(|| format!("# {setting} ="), |v| format!("{setting} = {v}"));
        // Writing to a string cannot fail.
        let _written = writeln!(text, "# {comment}\n{line}\n");
    };
    let quoted = |value: &dyn std::fmt::Display| Some(format!("\"{value}\""));
    match config.data.to_str() {
        Some(data) => say("The data directory.", "data", Some(toml_string(data))),
        None => say("The data directory: not UTF-8, so only --data can name it.", "data", None),
    }
    say(
        &format!(
            "full, group, interval, checkpoint or off (default group). A power cut loses {}.",
            config.sync.loss()
        ),
        "sync",
        quoted(&config.sync.name()),
    );
    say_numbers(config.sync, &mut say);
    say("auto, direct or append (default auto).", "io", quoted_choice(&IoArg::from(config.io)));
    say(
        "Size of a segment file in bytes, a multiple of 4096 (default 64M).",
        "segment-bytes",
        quoted(&ByteSize(config.segment_bytes)),
    );
    say(
        "spin, adaptive or sleep (default adaptive).",
        "idle",
        quoted_choice(&IdleArg::from(config.idle)),
    );
    say_snapshots(config, &mut say);
    say(
        "Whether a copy of every trade is logged (default false).",
        "log-trades",
        Some(config.log_trades.to_string()),
    );
    let wishes = [
        ("orders", config.capacities.orders, CAPACITIES_DEFAULT.orders),
        ("instruments", config.capacities.instruments, CAPACITIES_DEFAULT.instruments),
        ("sessions", config.capacities.sessions, CAPACITIES_DEFAULT.sessions),
    ];
    for (setting, wish, default) in wishes {
        let comment = format!("How many {setting} (default: as the log has it, or {default}).");
        say(&comment, setting, wish.map(|number| number.to_string()));
    }
    text
}

/// When snapshots are made, and by whose time.
fn say_snapshots(config: &Config, say: &mut impl FnMut(&str, &str, Option<String>)) {
    let quoted = |value: &dyn std::fmt::Display| Some(format!("\"{value}\""));
    let SnapshotPlan { bytes, interval, keep, lag_max_bytes } = config.snapshots;
    say(
        "Bytes of log after which a snapshot is made; 0 for never (default 1G).",
        "snapshot-bytes",
        quoted(&ByteSize(bytes.unwrap_or(0))),
    );
    say(
        "Time after which a snapshot is made; 0s for never (default 0s).",
        "snapshot-interval",
        quoted(&TimeSpan(interval.unwrap_or_default())),
    );
    say(
        "Bytes of log after the newest snapshot at which commands wait; 0 for no bound (default 0).",
        "snapshot-lag-max",
        quoted(&ByteSize(lag_max_bytes.unwrap_or(0))),
    );
    say(
        "Processor time of the snapshot thread while every core is busy, in percent of another busy \
         thread's, 1 to 100 (default 10).",
        "snapshot-share",
        Some(Percent(config.snapshot_share).to_string()),
    );
    say(
        "Segments below a snapshot: all or snapshot (default all).",
        "keep",
        quoted_choice(&KeepArg::from(keep)),
    );
}

/// The numbers that belong to the mode.
fn say_numbers(mode: SyncMode, say: &mut impl FnMut(&str, &str, Option<String>)) {
    let span = |ns| TimeSpan(Duration::from_nanos(ns));
    let quoted = |value: &dyn std::fmt::Display| Some(format!("\"{value}\""));
    match mode {
        SyncMode::Group(hold) => {
            let (delay, count) = match hold {
                Hold::Auto => (GroupDelay::Auto, NonZeroU64::MAX),
                Hold::Until { delay_ns, count } => (GroupDelay::Time(span(delay_ns)), count),
            };
            say(
                "auto, or time that a group is held back; 0s for none (default auto).",
                "group-delay",
                quoted(&delay),
            );
            say(
                "Commands that end a wait for more (default: no number).",
                "group-count",
                (count != NonZeroU64::MAX).then(|| count.to_string()),
            );
        }
        SyncMode::Interval(exposure) => {
            say(
                "Age of the oldest command that is not durable at which a sync starts (default 10ms).",
                "sync-interval",
                quoted(&span(exposure.every_ns)),
            );
            say(
                "The most released commands that may not be durable (default 1000).",
                "sync-count",
                Some(exposure.count.to_string()),
            );
        }
        SyncMode::Full | SyncMode::Checkpoint | SyncMode::Off => {}
    }
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Unreadable(..) => Self::failed(error),
            ConfigError::NotUnderstood(..)
            | ConfigError::OutOfRange(..)
            | ConfigError::OtherMode(..) => Self::WrongUsage(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_platform::Share;

    #[test]
    fn what_is_printed_reads_back_as_the_same() {
        let configs = [
            Config::durable(),
            Config::production().data("a \"quoted\" \\ name"),
            Config::balanced().segment_bytes(12_288),
            Config::benchmark().snapshot_share(Share::of_percent(33).unwrap()),
            Config::held_group(Duration::from_micros(1_500), 100.try_into().unwrap()),
            Config::held_group(Duration::ZERO, NonZeroU64::MAX),
            Config::production().capacities(highwater_engine::config::CapacityWishes {
                orders: Some(9),
                instruments: None,
                sessions: Some(3),
            }),
        ];
        for config in configs {
            let text = as_toml(&config);
            let settings: Settings = toml::from_str(&text).unwrap_or_else(|e| panic!("{text}{e}"));
            assert_eq!(settings.config().unwrap(), config, "{text}");
        }
    }
}
