//! The choices of a configuration as they are written: on the command line and in a TOML file.

use clap::ValueEnum;
use highwater_engine::config::Keep;
use highwater_platform::idle::IdleStrategy;
use highwater_storage::IoChoice;
use serde::Deserialize;

/// `--idle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdleArg {
    /// Never gives the core away: lowest latency, for machines with a core for every thread
    Spin,
    /// Yields in proportion to its last work, then sleeps until it is woken: for any machine
    Adaptive,
    /// Sleeps at once until it is woken: lowest processor use
    Sleep,
}

impl From<IdleArg> for IdleStrategy {
    fn from(arg: IdleArg) -> Self {
        match arg {
            IdleArg::Spin => Self::Spin,
            IdleArg::Adaptive => Self::Adaptive,
            IdleArg::Sleep => Self::Sleep,
        }
    }
}

impl From<IdleStrategy> for IdleArg {
    /// # Panics
    /// When no argument stands for it; every configuration of a command is made of arguments.
    fn from(strategy: IdleStrategy) -> Self {
        let found = Self::value_variants().iter().find(|arg| IdleStrategy::from(**arg) == strategy);
        *found.expect("every choice has its argument")
    }
}

/// `--io`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IoArg {
    /// Direct where the file system takes it and is not in memory, else append
    Auto,
    /// Direct I/O; an error where the file system does not take it
    Direct,
    /// Append to growing files, through the page cache
    Append,
}

impl From<IoArg> for IoChoice {
    fn from(arg: IoArg) -> Self {
        match arg {
            IoArg::Auto => Self::Auto,
            IoArg::Direct => Self::Direct,
            IoArg::Append => Self::Append,
        }
    }
}

impl From<IoChoice> for IoArg {
    /// # Panics
    /// When no argument stands for it; every configuration of a command is made of arguments.
    fn from(choice: IoChoice) -> Self {
        let found = Self::value_variants().iter().find(|arg| IoChoice::from(**arg) == choice);
        *found.expect("every choice has its argument")
    }
}

/// `--keep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepArg {
    /// They are compressed and kept
    All,
    /// Segments that no kept snapshot needs are retired: their history is gone
    Snapshot,
}

impl From<KeepArg> for Keep {
    fn from(arg: KeepArg) -> Self {
        match arg {
            KeepArg::All => Self::All,
            KeepArg::Snapshot => Self::Snapshot,
        }
    }
}

impl From<Keep> for KeepArg {
    fn from(keep: Keep) -> Self {
        match keep {
            Keep::All => Self::All,
            Keep::Snapshot => Self::Snapshot,
        }
    }
}

/// A choice as it is written in a file: in quotation marks.
pub(crate) fn quoted(choice: &impl ValueEnum) -> Option<String> {
    choice.to_possible_value().map(|value| format!("\"{}\"", value.get_name()))
}
