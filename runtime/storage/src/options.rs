//! How a data directory is opened for writing.

use highwater::limits::SEGMENT_BYTES_DEFAULT;
use highwater::log_file::LogFault;
use std::fmt;
use std::sync::Arc;

/// How a data directory is opened for writing.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Size of a segment file in bytes, a whole number of blocks.
    pub segment_bytes: u64,
    /// How segment files are to be written.
    pub io: IoChoice,
    /// Whom to tell at once when a segment can't be prepared ahead.
    pub spare_fault: SpareFault,
}

/// How segment files are to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IoChoice {
    /// Directly where the file system takes it and is not in memory, else by appending.
    Auto,
    /// Directly, or not at all.
    Direct,
    /// By appending.
    Append,
}

/// Is called, on a thread of its own, when a segment can't be prepared ahead: the engine is to stop
/// even if it has nothing to append. The next call that writes returns the same fault.
#[derive(Clone)]
pub struct SpareFault(pub Arc<dyn Fn(LogFault) + Send + Sync>);

impl Default for SpareFault {
    /// Tells nobody.
    fn default() -> Self {
        Self(Arc::new(|_| ()))
    }
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            io: IoChoice::Auto,
            spare_fault: SpareFault::default(),
        }
    }
}

impl fmt::Debug for SpareFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpareFault")
    }
}
