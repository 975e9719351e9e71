//! How files are opened and shared, and what is known of the file system that they are on.

/// Who else may hold a lock at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Exclusive,
    /// Whoever shares it too.
    Shared,
}

/// How segment files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoMode {
    /// Past the system's cache, into segments that were filled with zeros ahead.
    Direct,
    /// Through the system's cache, to the end of files that grow.
    Append,
}

impl IoMode {
    /// The mode's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Append => "append",
        }
    }
}

/// Ways of reaching a file that is measured; whole blocks are written in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeAccess {
    /// Past the system's cache.
    Direct,
    /// Past the system's cache, and each write is durable when it returns.
    DirectDurable,
    /// Through the system's cache.
    Cached,
}

/// A file system, as far as a log cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Its name, like `xfs`.
    pub name: String,
    /// Who keeps what is written there.
    pub keeper: Keeper,
}

/// Who keeps what is written to a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A disk of this machine, as far as the system tells.
    Disk,
    /// Nothing here tells: a kind that is not known, or one that lies above another.
    Unknown,
    /// Memory only: nothing is durable.
    Memory,
    /// Another machine or another program, which may answer a sync sooner than it is done.
    Remote,
}
