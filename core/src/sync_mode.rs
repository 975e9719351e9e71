//! The sync modes: when an answer may be released, and what a power cut can take.

use crate::types::Sequence;
use core::num::NonZeroU64;

/// When commands are made durable, and which answers wait for it. Chosen once for an engine.
///
/// | mode | an answer is released when its command is | a power cut loses |
/// |---|---|---|
/// | `full` | durable, synced alone | nothing released |
/// | `group` | durable | nothing released |
/// | `interval` | appended, near what is durable | at most `count` released commands |
/// | `checkpoint` | appended | what was released since a segment was sealed |
/// | `off` | appended | anything since the engine started: NOT DURABLE |
///
/// A process that is killed loses nothing released in any mode: what was appended is the system's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Every command is appended and synced on its own before its events are released.
    Full,
    /// One sync for everything that gathered during the last one, or while it was held back.
    Group(Hold),
    /// Answers are released when they are appended; a stage of its own syncs meanwhile.
    Interval(Exposure),
    /// Syncs only when a segment or a snapshot is sealed, and at a clean stop.
    Checkpoint,
    /// Never syncs a command. For measurements: NOT DURABLE.
    Off,
}

/// How long a group gathers before it is appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Not at all, unless syncs stall under an open load: then syncs are spaced, as
    /// [`pacing`](crate::pacing) says.
    Auto,
    /// Until the first of the two.
    Until {
        /// This long after its first record was seen, in nanoseconds; 0 does not hold it back at
        /// all.
        delay_ns: u64,
        /// So many records.
        count: NonZeroU64,
    },
}

/// How much of what was released may not be durable yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// So many commands at most, always. A sync starts when half of them have gathered, so that the
    /// other half can be answered while it runs; answers beyond wait.
    pub count: NonZeroU64,
    /// A sync starts this long after the oldest command that is not durable was seen, in
    /// nanoseconds.
    pub every_ns: u64,
}

impl Hold {
    /// Nothing is held back: a group is what gathered during the last sync.
    pub const NONE: Self = Self::Until { delay_ns: 0, count: NonZeroU64::MAX };
}

impl Default for SyncMode {
    fn default() -> Self {
        Self::GROUP
    }
}

impl SyncMode {
    /// Group commit that holds a group back only where syncs stall under an open load.
    pub const GROUP: Self = Self::Group(Hold::Auto);

    /// The mode as it is written on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Group(_) => "group",
            Self::Interval(_) => "interval",
            Self::Checkpoint => "checkpoint",
            Self::Off => "off",
        }
    }

    /// Whether every answer waits until its command is on stable storage.
    pub const fn answers_are_durable(self) -> bool {
        match self {
            Self::Full | Self::Group(_) => true,
            Self::Interval(_) | Self::Checkpoint | Self::Off => false,
        }
    }

    /// What a power cut can take of what was released, in words.
    pub const fn loss(self) -> &'static str {
        match self {
            Self::Full | Self::Group(_) => "nothing that was released",
            Self::Interval(_) => "the last released commands, as many as the mode allows",
            Self::Checkpoint => "what was released since the last segment or snapshot was sealed",
            Self::Off => "anything since the engine started: NOT DURABLE",
        }
    }

    /// The highest sequence whose events may be released.
    ///
    /// This is the one place that lets an answer go before it is durable, and only where the mode
    /// says so.
    pub fn releasable(self, durable: Sequence, appended: Sequence) -> Sequence {
        match self {
            Self::Full | Self::Group(_) => durable,
            Self::Interval(exposure) => {
                appended.min(Sequence(durable.0.saturating_add(exposure.count.get())))
            }
            Self::Checkpoint | Self::Off => appended,
        }
    }

    /// Whether the engine has a stage of its own that syncs.
    pub(crate) const fn has_syncer(self) -> bool {
        match self {
            Self::Interval(_) => true,
            Self::Full | Self::Group(_) | Self::Checkpoint | Self::Off => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_modes_that_say_so_release_what_is_not_durable() {
        let exposure = Exposure { count: NonZeroU64::MIN.saturating_add(9), every_ns: 1 };
        let (durable, appended) = (Sequence(100), Sequence(200));
        for (mode, releasable) in [
            (SyncMode::Full, 100),
            (SyncMode::GROUP, 100),
            (SyncMode::Interval(exposure), 110),
            (SyncMode::Checkpoint, 200),
            (SyncMode::Off, 200),
        ] {
            assert_eq!(mode.releasable(durable, appended), Sequence(releasable), "{}", mode.name());
            assert_eq!(mode.answers_are_durable(), releasable == 100, "{}", mode.name());
        }
        let near = SyncMode::Interval(exposure).releasable(durable, Sequence(104));
        assert_eq!(near, Sequence(104), "nothing is released before it is appended");
    }
}
