//! Which thread of the engine a thread is, whether it gets a core of its own, and how much
//! processor time it gets where cores are few.

/// The threads that deserve a core of their own, the most deserving first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRole {
    /// Applies commands to the book.
    Sequencer,
    /// Appends and syncs.
    LogWriter,
    /// Talks to clients.
    Gateway,
}

impl ThreadRole {
    /// Number of roles, and so of cores that pinning needs.
    pub const COUNT: usize = 3;

    /// Place in the order of merit, from 0.
    pub const fn index(self) -> usize {
        match self {
            Self::Sequencer => 0,
            Self::LogWriter => 1,
            Self::Gateway => 2,
        }
    }
}

/// Whether threads are bound to cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pinning {
    /// Where there is a core for every role: otherwise the system's scheduler knows better.
    WhereCoresSuffice,
    /// In any case; with too few cores, roles share them.
    Always,
}

/// How much processor time a thread gets while every core is busy: 1 to 100 percent of what any
/// other busy thread gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share(u64);

impl Share {
    /// So many percent; `None` for what is not from 1 to 100.
    pub const fn of_percent(percent: u64) -> Option<Self> {
        match percent {
            1..=100 => Some(Self(percent)),
            _ => None,
        }
    }

    /// How many percent it is.
    pub const fn percent(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_something_and_at_most_all() {
        for percent in 1..=100 {
            assert_eq!(Share::of_percent(percent).map(Share::percent), Some(percent));
        }
        for percent in [0, 101, 256, 257, u64::MAX] {
            assert_eq!(Share::of_percent(percent), None);
        }
    }
}
