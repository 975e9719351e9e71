//! The right to remove files of a log: nobody reads it meanwhile.

use super::LogDirectory;
use crate::error::OpenError;
use crate::locks::{create_missing, patiently};
use highwater_platform::{Platform, Sharing};
use std::io;

/// How long who removes files waits for readers to end: others may come one behind the other.
const REMOVER_PATIENCE_NS: u64 = 1_000_000_000;

/// The right to remove files that hold a part of the log: nobody reads meanwhile.
#[derive(Debug)]
pub struct Removal<P: Platform> {
    _alone: Option<P::Lock>,
}

impl<P: Platform> LogDirectory<P> {
    /// The right to remove files, if nobody reads the log now; it is held for moments only.
    ///
    /// # Errors
    /// The system's.
    pub fn removal(&self) -> io::Result<Option<Removal<P>>> {
        create_missing(&self.layout.lease())?;
        match self.platform.lock(&self.layout.lease(), Sharing::Exclusive) {
            // Where there are no locks, readers look again instead.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(Some(Removal { _alone: None }))
            }
            locked => Ok(locked?.map(|lock| Removal { _alone: Some(lock) })),
        }
    }

    /// The same, waiting a moment for a gap between readers.
    ///
    /// # Errors
    /// The system's, or somebody reads the log.
    pub fn removal_soon(&self) -> Result<Removal<P>, OpenError> {
        patiently(self.platform, REMOVER_PATIENCE_NS, || self.removal())
            .map_err(|error| OpenError::writing("lock", self.path(), error))?
            .ok_or_else(|| OpenError::BeingRead(self.path().to_owned()))
    }
}
