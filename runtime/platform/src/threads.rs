//! Which thread of the engine a thread is, and whether it gets a core of its own.

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
