//! The configuration of an engine and of the host around it: presets, and a builder for the rest.

mod capacities;

pub use capacities::{CAPACITIES_DEFAULT, CapacityWishes, larger};
pub use highwater::snapshot_plan::{Keep, SnapshotPlan};

use highwater::limits::SEGMENT_BYTES_DEFAULT;
use highwater::sync_mode::{Exposure, Hold, SyncMode};
use highwater_platform::Share;
use highwater_platform::idle::IdleStrategy;
use highwater_storage::IoChoice;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// Where a log lies when nobody says otherwise.
pub const DATA_DEFAULT: &str = "highwater-data";
/// Commands that may be released and not durable in the mode `interval`, by default.
pub const SYNC_COUNT_DEFAULT: NonZeroU64 = count(1_000);
/// Time after which the mode `interval` syncs, by default.
pub const SYNC_INTERVAL_DEFAULT: Duration = Duration::from_millis(10);
/// Bytes of log behind which a snapshot is made, by default: some 16 million commands, a few
/// seconds of replay.
pub const SNAPSHOT_BYTES_DEFAULT: u64 = 1 << 30;
/// Processor time of the snapshot thread while every core is busy, by default.
pub const SNAPSHOT_SHARE_DEFAULT: Share = Share::of_percent(10).expect("it is in range");
/// Commands that may be released and not durable in the profile `balanced`.
const BALANCED_COUNT: NonZeroU64 = count(100);

/// How an engine runs. Made from a preset and changed by the methods named after its fields:
///
/// ```
/// use highwater::sync_mode::SyncMode;
/// use highwater_engine::config::Config;
///
/// let config = Config::production().data("venue-data").segment_bytes(16 << 20);
/// assert_eq!(config.sync, SyncMode::GROUP);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "two wishes that do not touch each other")]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// When commands are made durable, and which answers wait for it.
    pub sync: SyncMode,
    /// How segment files are written.
    pub io: IoChoice,
    /// Size of new segment files in bytes, a whole number of blocks.
    pub segment_bytes: u64,
    /// What the engine may hold; what is not said is as the log has it, or the default.
    pub capacities: CapacityWishes,
    /// What threads do while there is nothing to do.
    pub idle: IdleStrategy,
    /// When snapshots are made, and what becomes of the log below them.
    pub snapshots: SnapshotPlan,
    /// How much processor time the snapshot thread gets while every core is busy.
    pub snapshot_share: Share,
    /// Whether the book that snapshots are made of answers questions, and how far it is behind what
    /// is durable while a core is free for it. It replays the log all the time then, which takes
    /// the processor time of one core at most, within `snapshot_share` while others are busy.
    pub questions: Option<Duration>,
    /// Whether a copy of every trade is logged, for readers of the log that cannot replay it.
    pub log_trades: bool,
    /// Whether who takes released events is also told the end of every command, with its time. Each
    /// takes the place of an event in the engine's rings.
    pub tell_ends: bool,
}

impl Config {
    /// Every command is synced on its own: the safest, and the slowest.
    pub fn durable() -> Self {
        Self::with_mode(SyncMode::Full)
    }

    /// Group commit: nothing is released before it is durable. The default.
    pub fn production() -> Self {
        Self::with_mode(SyncMode::GROUP)
    }

    /// Answers do not wait for the disk; a power cut loses at most the last 100 released commands.
    pub fn balanced() -> Self {
        let every_ns = nanoseconds(SYNC_INTERVAL_DEFAULT);
        Self::with_mode(SyncMode::Interval(Exposure { count: BALANCED_COUNT, every_ns }))
    }

    /// Nothing is synced: NOT DURABLE, for measurements.
    pub fn benchmark() -> Self {
        Self::with_mode(SyncMode::Off)
    }

    /// A group commit that is held back until one of the two is reached; not at all with a delay of
    /// zero.
    pub fn held_group(delay: Duration, count: NonZeroU64) -> Self {
        Self::with_mode(SyncMode::Group(Hold::Until { delay_ns: nanoseconds(delay), count }))
    }

    fn with_mode(sync: SyncMode) -> Self {
        Self {
            data: PathBuf::from(DATA_DEFAULT),
            sync,
            io: IoChoice::Auto,
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            capacities: CapacityWishes::default(),
            idle: IdleStrategy::default(),
            snapshots: SnapshotPlan {
                bytes: Some(SNAPSHOT_BYTES_DEFAULT),
                interval: None,
                keep: Keep::All,
                lag_max_bytes: None,
            },
            snapshot_share: SNAPSHOT_SHARE_DEFAULT,
            questions: None,
            log_trades: false,
            tell_ends: false,
        }
    }

    /// Keeps the log in this directory.
    #[must_use]
    pub fn data(self, directory: impl Into<PathBuf>) -> Self {
        Self { data: directory.into(), ..self }
    }

    /// Syncs in this mode.
    #[must_use]
    pub fn sync(self, sync: SyncMode) -> Self {
        Self { sync, ..self }
    }

    /// Writes segment files in this way.
    #[must_use]
    pub fn io(self, io: IoChoice) -> Self {
        Self { io, ..self }
    }

    /// Begins segment files of this size, in bytes: a whole number of blocks.
    #[must_use]
    pub fn segment_bytes(self, segment_bytes: u64) -> Self {
        Self { segment_bytes, ..self }
    }

    /// Lets the engine hold this much.
    #[must_use]
    pub fn capacities(self, capacities: CapacityWishes) -> Self {
        Self { capacities, ..self }
    }

    /// Makes snapshots by this plan.
    #[must_use]
    pub fn snapshots(self, snapshots: SnapshotPlan) -> Self {
        Self { snapshots, ..self }
    }

    /// Lets the snapshot thread have this much processor time while every core is busy.
    #[must_use]
    pub fn snapshot_share(self, snapshot_share: Share) -> Self {
        Self { snapshot_share, ..self }
    }

    /// Answers questions about what is durable, so far behind it.
    #[must_use]
    pub fn questions(self, lag: Duration) -> Self {
        Self { questions: Some(lag), ..self }
    }

    /// Logs a copy of every trade, or does not.
    #[must_use]
    #[expect(clippy::fn_params_excessive_bools, reason = "it is named after its field")]
    pub fn log_trades(self, log_trades: bool) -> Self {
        Self { log_trades, ..self }
    }

    /// Tells the end of every command, or does not.
    #[must_use]
    #[expect(clippy::fn_params_excessive_bools, reason = "it is named after its field")]
    pub fn tell_ends(self, tell_ends: bool) -> Self {
        Self { tell_ends, ..self }
    }

    /// Lets idle threads wait in this way.
    #[must_use]
    pub fn idle(self, idle: IdleStrategy) -> Self {
        Self { idle, ..self }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::production()
    }
}

/// A length of time in whole nanoseconds; five centuries at most.
pub fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

const fn count(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).expect("it is not 0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_promise_what_their_names_say() {
        assert_eq!(Config::default(), Config::production());
        let modes = [
            (Config::durable(), "full", true),
            (Config::production(), "group", true),
            (Config::held_group(Duration::from_millis(10), count(1_000)), "group", true),
            (Config::balanced(), "interval", false),
            (Config::benchmark(), "off", false),
        ];
        for (config, name, answers_are_durable) in modes {
            assert_eq!(config.sync.name(), name);
            assert_eq!(config.sync.answers_are_durable(), answers_are_durable, "{name}");
        }
    }
}
