//! Looking at a log from outside: without a lock, without creating anything, also beside a running
//! engine.

use crate::console::CommandError;
use crate::log_directory::LogDirectory;
use crate::platform::Platform;
use crate::start::StartError;
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Visitor, scan};
use highwater::types::Sequence;
use std::path::Path;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// A log that is looked at.
#[derive(Debug)]
pub struct Inspected<P: Platform> {
    /// Its files.
    pub directory: LogDirectory<P>,
    /// Room to read into.
    pub buffer: Vec<u8>,
    /// True when an engine was writing it when it was opened.
    pub is_running: bool,
    platform: P,
}

/// Opens the log in `data` for looking at it.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn open_log<P: Platform>(platform: P, data: &Path) -> Result<Inspected<P>, CommandError> {
    let directory = LogDirectory::open_read_only(platform, data).map_err(StartError::from)?;
    let is_running = directory
        .writer_is_running()
        .map_err(|fault| StartError::recovery(platform, data, RecoveryFault::Log(fault)))?;
    Ok(Inspected { directory, buffer: vec![0; BUFFER_BYTES], is_running, platform })
}

impl<P: Platform> Inspected<P> {
    /// The last sequence that may be reported: of a running engine's log, what the log itself calls
    /// durable.
    ///
    /// # Errors
    /// The log is corrupt.
    pub fn durable_end(&mut self) -> Result<Sequence, CommandError> {
        if !self.is_running {
            return Ok(Sequence(u64::MAX));
        }
        Ok(self.scan(&mut Nothing)?.vouched)
    }

    /// Walks the log with `visitor`.
    ///
    /// # Errors
    /// The log is corrupt, or the visitor ended the walk.
    pub fn scan(
        &mut self,
        visitor: &mut impl Visitor,
    ) -> Result<highwater::recovery::Scanned, CommandError> {
        scan(&mut self.directory, &mut self.buffer, visitor).map_err(|fault| {
            StartError::recovery(self.platform, self.directory.path(), fault).into()
        })
    }
}

/// Looks at no record.
struct Nothing;

impl Visitor for Nothing {
    fn record(&mut self, _: &Record) -> Result<(), RecoveryFault> {
        Ok(())
    }
}
