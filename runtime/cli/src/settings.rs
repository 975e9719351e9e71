//! The settings that a user may say, each on the command line or in a TOML file, and how they make
//! a configuration: flags before the file, the file before the profile.

use crate::choices::{IdleArg, IoArg, KeepArg};
use crate::units::{ByteSize, GroupDelay, Percent, TimeSpan};
use highwater::limits::{
    BLOCK_BYTES, INSTRUMENTS_MAX, ORDERS_MAX, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN, SESSIONS_MAX,
};
use highwater::sync_mode::{Exposure, Hold, SyncMode};
use highwater_engine::config::CapacityWishes;
use highwater_engine::config::SnapshotPlan;
use highwater_engine::config::{Config, SYNC_COUNT_DEFAULT, SYNC_INTERVAL_DEFAULT, nanoseconds};
use serde::Deserialize;
use std::fmt;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the user says of a configuration; what is not said is the profile's, or the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// The data directory; created when missing, in a parent that exists [default: highwater-data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Choose the mode by purpose. durable: full. production: group. balanced: interval, at most
    /// 100 commands. benchmark: off [default: production]
    #[arg(long, value_enum)]
    pub profile: Option<Profile>,
    /// When commands are made durable. full: each command is synced alone before its answer; a
    /// power cut loses nothing released. group: one sync covers what gathered during the last one;
    /// a power cut loses nothing released. interval: answers do not wait, a thread syncs meanwhile;
    /// a power cut loses at most --sync-count released commands. checkpoint: syncs when a segment
    /// is sealed; a power cut loses what was released since. off: never syncs; NOT DURABLE, for
    /// measurements [default: group]
    #[arg(long, value_enum)]
    pub sync: Option<SyncChoice>,
    /// Delay each group by this time, so that it gathers more commands; 0 for no delay. auto: no
    /// delay, unless syncs stall while commands keep coming; then syncs start 250us apart
    /// [default: auto, or 10ms with --group-count]
    #[arg(long, value_name = "TIME|auto")]
    pub group_delay: Option<GroupDelay>,
    /// Delay each group until it has this many commands, or --group-delay has passed [default: no
    /// number]
    #[arg(long, value_name = "N")]
    pub group_count: Option<NonZeroU64>,
    /// With --sync interval: sync when the oldest command that is not durable is this old [default:
    /// 10ms]
    #[arg(long, value_name = "TIME")]
    pub sync_interval: Option<TimeSpan>,
    /// With --sync interval: the most released commands that may not be durable; a sync starts at
    /// half of them, and answers beyond them wait [default: 1000; balanced: 100]
    #[arg(long, value_name = "N")]
    pub sync_count: Option<NonZeroU64>,
    /// How the log is written. direct: past the page cache, into segments that were filled with
    /// zeros before. append: through the page cache, to growing files. auto: direct where the file
    /// system takes it [default: auto]
    #[arg(long, value_enum)]
    pub io: Option<IoArg>,
    /// Size of new segment files in bytes, a multiple of 4096, 8K to 1T; K, M and G are understood
    /// [default: 64M]
    #[arg(long, value_name = "N")]
    pub segment_bytes: Option<ByteSize>,
    /// What a thread does while it has no work. spin: never give the core away. adaptive: spin,
    /// yield for as long as there was work, then sleep until woken. sleep: sleep at once [default:
    /// adaptive]
    #[arg(long, value_enum)]
    pub idle: Option<IdleArg>,
    /// Make a snapshot after this many bytes of log, so that a start reads little more; 0 for
    /// never; K, M and G are understood [default: 1G]
    #[arg(long, value_name = "N")]
    pub snapshot_bytes: Option<ByteSize>,
    /// Make a snapshot after this time, if commands were logged since the last; 0 for never
    /// [default: 0]
    #[arg(long, value_name = "TIME")]
    pub snapshot_interval: Option<TimeSpan>,
    /// Take no more commands while the log after the newest snapshot has about this many bytes. A
    /// snapshot is due at half of it at the latest. 1M or more, 0 for no bound; K, M and G are
    /// understood [default: 0]
    #[arg(long, value_name = "N")]
    pub snapshot_lag_max: Option<ByteSize>,
    /// Processor time of the snapshot thread while every core is busy, in percent of what another
    /// busy thread gets: 1 to 100 [default: 10]
    #[arg(long, value_name = "PERCENT")]
    pub snapshot_share: Option<Percent>,
    /// What happens to the segments below a snapshot. all: they are compressed and kept. snapshot:
    /// segments that neither of the two newest snapshots needs are retired, and their history is
    /// gone [default: all]
    #[arg(long, value_enum)]
    pub keep: Option<KeepArg>,
    /// Also log a copy of every trade, for readers of the log that cannot replay it; a replay
    /// compares them [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub log_trades: Option<bool>,
    /// Open orders that the engine may hold, 1 to 268435456 [default: 1048576, or as the log has
    /// it]
    #[arg(long, value_name = "N")]
    pub orders: Option<u32>,
    /// Instruments that the engine may hold, 1 to 16777216 [default: 16384, or as the log has it]
    #[arg(long, value_name = "N")]
    pub instruments: Option<u32>,
    /// Sessions that the engine may hold, the operator's included, 2 to 65536 [default: 256, or as
    /// the log has it]
    #[arg(long, value_name = "N")]
    pub sessions: Option<u32>,
}

/// `--profile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// --sync full: every command is synced on its own
    Durable,
    /// --sync group: nothing is released before it is durable
    Production,
    /// --sync interval: a power cut loses at most the last 100 released commands
    Balanced,
    /// --sync off: NOT DURABLE, for measurements
    Benchmark,
}

/// `--sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyncChoice {
    /// Each command is synced alone, before its answer
    Full,
    /// One sync for what gathered during the last one, before the answers
    Group,
    /// Answers do not wait; at most --sync-count of them are ahead of the syncs
    Interval,
    /// Syncs when a segment is full, and at a clean stop
    Checkpoint,
    /// Never syncs: NOT DURABLE
    Off,
}

/// Time that a group is held back when only a number of commands is said.
const GROUP_DELAY_WITH_COUNT: Duration = Duration::from_millis(10);

/// The smallest bound of the log behind the newest snapshot, in bytes: room for the commands that
/// are taken together, each in blocks of its own.
const SNAPSHOT_LAG_BYTES_MIN: u64 = 1 << 20;

/// Why settings make no configuration: a sentence each that says what to do.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// The file is no TOML, or names a setting or value that does not exist.
    NotUnderstood(PathBuf, String),
    /// A value is out of its range: the setting, and what it takes.
    OutOfRange(&'static str, String),
    /// A setting belongs to another mode: the setting, and its mode.
    OtherMode(&'static str, &'static str),
}

impl Settings {
    /// Reads settings from a TOML file, whose keys are the names of the flags without dashes in
    /// front.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable(path.to_owned(), error))?;
        toml::from_str(&text)
            .map_err(|error| ConfigError::NotUnderstood(path.to_owned(), error.to_string()))
    }

    /// These settings, and `file`'s where they say nothing.
    #[must_use]
    pub fn or(self, file: Self) -> Self {
        Self {
            data: self.data.or(file.data),
            profile: self.profile.or(file.profile),
            sync: self.sync.or(file.sync),
            group_delay: self.group_delay.or(file.group_delay),
            group_count: self.group_count.or(file.group_count),
            sync_interval: self.sync_interval.or(file.sync_interval),
            sync_count: self.sync_count.or(file.sync_count),
            io: self.io.or(file.io),
            segment_bytes: self.segment_bytes.or(file.segment_bytes),
            idle: self.idle.or(file.idle),
            snapshot_bytes: self.snapshot_bytes.or(file.snapshot_bytes),
            snapshot_interval: self.snapshot_interval.or(file.snapshot_interval),
            snapshot_lag_max: self.snapshot_lag_max.or(file.snapshot_lag_max),
            snapshot_share: self.snapshot_share.or(file.snapshot_share),
            keep: self.keep.or(file.keep),
            log_trades: self.log_trades.or(file.log_trades),
            orders: self.orders.or(file.orders),
            instruments: self.instruments.or(file.instruments),
            sessions: self.sessions.or(file.sessions),
        }
    }

    /// The configuration that these settings and those in `file` make.
    ///
    /// # Errors
    /// The file cannot be read, or the settings contradict each other.
    pub fn with_file(&self, file: Option<&Path>) -> Result<Config, ConfigError> {
        let file = file.map(Self::read).transpose()?.unwrap_or_default();
        self.clone().or(file).config()
    }

    /// The configuration that these settings make.
    ///
    /// # Errors
    /// A value is out of its range, or belongs to another mode.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let preset = match self.profile {
            None | Some(Profile::Production) => Config::production(),
            Some(Profile::Durable) => Config::durable(),
            Some(Profile::Balanced) => Config::balanced(),
            Some(Profile::Benchmark) => Config::benchmark(),
        };
        Ok(Config {
            data: self.data.clone().unwrap_or(preset.data),
            sync: self.mode(preset.sync)?,
            io: self.io.map_or(preset.io, Into::into),
            segment_bytes: self.checked_segment_bytes()?.unwrap_or(preset.segment_bytes),
            idle: self.idle.map_or(preset.idle, Into::into),
            snapshots: self.plan(preset.snapshots)?,
            snapshot_share: self.snapshot_share.map_or(preset.snapshot_share, |percent| percent.0),
            questions: preset.questions,
            log_trades: self.log_trades.unwrap_or(preset.log_trades),
            tell_ends: preset.tell_ends,
            capacities: CapacityWishes {
                orders: in_range("orders", self.orders, 1, ORDERS_MAX)?,
                instruments: in_range("instruments", self.instruments, 1, INSTRUMENTS_MAX)?,
                sessions: in_range("sessions", self.sessions, 2, SESSIONS_MAX)?,
            },
        })
    }

    /// The mode, with its numbers; a number that belongs to another mode is an error.
    fn mode(&self, preset: SyncMode) -> Result<SyncMode, ConfigError> {
        let mode = match self.sync {
            None => preset,
            Some(SyncChoice::Full) => SyncMode::Full,
            Some(SyncChoice::Group) => SyncMode::GROUP,
            Some(SyncChoice::Interval) => match preset {
                SyncMode::Interval(_) => preset,
                SyncMode::Full | SyncMode::Group(_) | SyncMode::Checkpoint | SyncMode::Off => {
                    SyncMode::Interval(Exposure {
                        count: SYNC_COUNT_DEFAULT,
                        every_ns: nanoseconds(SYNC_INTERVAL_DEFAULT),
                    })
                }
            },
            Some(SyncChoice::Checkpoint) => SyncMode::Checkpoint,
            Some(SyncChoice::Off) => SyncMode::Off,
        };
        let (of_group, of_interval) = (self.numbers_of_group(), self.numbers_of_interval());
        match mode {
            SyncMode::Group(_) => {
                no_more(of_interval, "interval")?;
                Ok(SyncMode::Group(self.hold()?))
            }
            SyncMode::Interval(Exposure { count, every_ns }) => {
                no_more(of_group, "group")?;
                Ok(SyncMode::Interval(Exposure {
                    count: self.sync_count.unwrap_or(count),
                    every_ns: self.sync_interval.map_or(every_ns, |span| nanoseconds(span.0)),
                }))
            }
            SyncMode::Full | SyncMode::Checkpoint | SyncMode::Off => {
                no_more(of_group, "group")?;
                no_more(of_interval, "interval")?;
                Ok(mode)
            }
        }
    }

    fn plan(&self, preset: SnapshotPlan) -> Result<SnapshotPlan, ConfigError> {
        let bytes =
            self.snapshot_bytes.map(|ByteSize(bytes)| Some(bytes).filter(|bytes| *bytes > 0));
        let interval =
            self.snapshot_interval.map(|TimeSpan(span)| Some(span).filter(|span| !span.is_zero()));
        let lag_max_bytes = match self.snapshot_lag_max {
            None => preset.lag_max_bytes,
            Some(ByteSize(0)) => None,
            Some(ByteSize(bytes)) if bytes < SNAPSHOT_LAG_BYTES_MIN => {
                let takes = format!("{SNAPSHOT_LAG_BYTES_MIN} bytes or more, or 0 for no bound");
                return Err(ConfigError::OutOfRange("snapshot-lag-max", takes));
            }
            Some(ByteSize(bytes)) => Some(bytes),
        };
        Ok(SnapshotPlan {
            bytes: bytes.unwrap_or(preset.bytes),
            interval: interval.unwrap_or(preset.interval),
            keep: self.keep.map_or(preset.keep, Into::into),
            lag_max_bytes,
        })
    }

    fn hold(&self) -> Result<Hold, ConfigError> {
        let delay = match (self.group_delay, self.group_count) {
            (Some(GroupDelay::Time(delay)), _) => delay.0,
            (None, Some(_)) => GROUP_DELAY_WITH_COUNT,
            (Some(GroupDelay::Auto), Some(_)) => {
                let takes = "a time with --group-count".to_owned();
                return Err(ConfigError::OutOfRange("group-delay", takes));
            }
            (Some(GroupDelay::Auto) | None, None) => return Ok(Hold::Auto),
        };
        let count = self.group_count.unwrap_or(NonZeroU64::MAX);
        Ok(Hold::Until { delay_ns: nanoseconds(delay), count })
    }

    /// The settings of the mode `group` that are said.
    fn numbers_of_group(&self) -> Option<&'static str> {
        let count = self.group_count.map(|_| "group-count");
        self.group_delay.map(|_| "group-delay").or(count)
    }

    /// The settings of the mode `interval` that are said.
    fn numbers_of_interval(&self) -> Option<&'static str> {
        let count = self.sync_count.map(|_| "sync-count");
        self.sync_interval.map(|_| "sync-interval").or(count)
    }

    fn checked_segment_bytes(&self) -> Result<Option<u64>, ConfigError> {
        let Some(ByteSize(bytes)) = self.segment_bytes else {
            return Ok(None);
        };
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&bytes)
            || !bytes.is_multiple_of(BLOCK_BYTES as u64)
        {
            let takes = format!(
                "a multiple of {BLOCK_BYTES} from {SEGMENT_BYTES_MIN} to {SEGMENT_BYTES_MAX}"
            );
            return Err(ConfigError::OutOfRange("segment-bytes", takes));
        }
        Ok(Some(bytes))
    }
}

/// An error for a setting that was said and belongs to `mode`.
fn no_more(said: Option<&'static str>, mode: &'static str) -> Result<(), ConfigError> {
    said.map_or(Ok(()), |setting| Err(ConfigError::OtherMode(setting, mode)))
}

fn in_range(
    setting: &'static str,
    value: Option<u32>,
    min: u32,
    max: u32,
) -> Result<Option<u32>, ConfigError> {
    match value {
        Some(value) if !(min..=max).contains(&value) => {
            Err(ConfigError::OutOfRange(setting, format!("a number from {min} to {max}")))
        }
        other => Ok(other),
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(
                f,
                "could not read the configuration '{}' ({error}); name another with --config",
                path.display()
            ),
            Self::NotUnderstood(path, error) => write!(
                f,
                "the configuration '{}' is not understood: {error}\n\
                 'highwater config' prints all settings as such a file",
                path.display()
            ),
            Self::OutOfRange(setting, takes) => write!(f, "{setting} takes {takes}"),
            Self::OtherMode(setting, mode) => write!(
                f,
                "{setting} belongs to the sync mode '{mode}': choose that mode, or leave {setting} \
                 out"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_platform::Share;
    use highwater_platform::idle::IdleStrategy;
    use highwater_storage::IoChoice;

    fn of_toml(text: &str) -> Result<Config, String> {
        let settings: Settings = toml::from_str(text).map_err(|error| error.to_string())?;
        settings.config().map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_is_the_default() {
        assert_eq!(of_toml(""), Ok(Config::default()));
    }

    #[test]
    fn a_file_says_everything_that_flags_do() {
        let config = of_toml(
            "profile = 'balanced'\nsync-count = 500\nsync-interval = '3ms'\nsegment-bytes = '4M'\n\
             io = 'append'\nidle = 'spin'\ndata = 'd'\norders = 7\n\
             snapshot-lag-max = '2M'\nsnapshot-share = 50",
        );
        let every_ns = 3_000_000;
        let exposure = Exposure { count: NonZeroU64::new(500).unwrap(), every_ns };
        let expected = Config::balanced()
            .sync(SyncMode::Interval(exposure))
            .segment_bytes(4 << 20)
            .io(IoChoice::Append)
            .idle(IdleStrategy::Spin)
            .snapshots(SnapshotPlan {
                lag_max_bytes: Some(2 << 20),
                ..Config::balanced().snapshots
            })
            .snapshot_share(Share::of_percent(50).unwrap())
            .data("d")
            .capacities(CapacityWishes { orders: Some(7), ..CapacityWishes::default() });
        assert_eq!(config, Ok(expected));
    }

    #[test]
    fn flags_stand_before_the_file_and_the_file_before_the_profile() {
        let flags = Settings { sync: Some(SyncChoice::Full), ..Settings::default() };
        let file: Settings = toml::from_str("profile = 'benchmark'\nsync = 'checkpoint'").unwrap();
        assert_eq!(file.config().unwrap().sync, SyncMode::Checkpoint);
        assert_eq!(flags.or(file).config().unwrap().sync, SyncMode::Full);
    }

    #[test]
    fn a_group_is_held_back_only_when_that_is_said() {
        let mode_of = |text| of_toml(text).map(|config| config.sync);
        let hold = |delay_ns, count| {
            Ok(SyncMode::Group(Hold::Until { delay_ns, count: NonZeroU64::new(count).unwrap() }))
        };
        assert_eq!(mode_of(""), Ok(SyncMode::Group(Hold::Auto)));
        assert_eq!(mode_of("group-delay = 'auto'"), Ok(SyncMode::Group(Hold::Auto)));
        assert_eq!(mode_of("group-delay = '0'"), Ok(SyncMode::Group(Hold::NONE)));
        assert_eq!(mode_of("group-delay = '0s'"), Ok(SyncMode::Group(Hold::NONE)));
        assert_eq!(mode_of("group-delay = '10ms'"), hold(10_000_000, u64::MAX));
        assert_eq!(mode_of("group-count = 100"), hold(10_000_000, 100));
        assert_eq!(mode_of("group-count = 100\ngroup-delay = '1ms'"), hold(1_000_000, 100));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (text, word) in [
            ("sync = 'full'\ngroup-delay = '1ms'", "group-delay"),
            ("sync = 'full'\ngroup-delay = 'auto'", "group-delay"),
            ("group-delay = 'auto'\ngroup-count = 5", "a time with --group-count"),
            ("group-delay = 'automatic'", "or auto"),
            ("sync = 'off'\nsync-count = 5", "sync-count"),
            ("sync-interval = '1ms'", "interval"),
            ("profile = 'balanced'\ngroup-count = 3", "group"),
            ("segment-bytes = '5000'", "multiple of 4096"),
            ("sessions = 1", "from 2"),
            ("sync = 'sometimes'", "sometimes"),
            ("sink = 'off'", "sink"),
            ("group-count = 0", "nonzero"),
            ("snapshot-lag-max = '1023K'", "1048576 bytes or more"),
            ("snapshot-share = 0", "from 1 to 100"),
            ("snapshot-share = 101", "from 1 to 100"),
            ("snapshot-share = 'most'", "from 1 to 100"),
        ] {
            let error = of_toml(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
