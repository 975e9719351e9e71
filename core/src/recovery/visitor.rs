//! What a scan tells on its way, and what it found.

use super::RecoveryFault;
use crate::block::{BlockHead, Chain};
use crate::record::{Record, RecordType};
use crate::types::{LogPosition, SegmentNumber, Sequence};

/// Who looks at the records of a log as the scan comes by them.
pub trait Visitor {
    /// Takes one record, in the order of the log.
    ///
    /// # Errors
    /// Ends the scan with that fault.
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault>;

    /// Is told what is handed over next, as far as it is known, to fetch what it will need.
    fn prefetch(&mut self, _waiting: &[Record]) {}

    /// Takes note that the records of a block of the chain were handed over; `chain` stands right
    /// behind it.
    fn block(&mut self, _head: &BlockHead, _chain: &Chain) {}

    /// Is asked before each read of what stands behind the last record, which has the sequence
    /// `last`: who wishes to stop need not wait for the end of it.
    ///
    /// # Errors
    /// Ends the scan with that fault.
    fn looks_behind(&mut self, _last: Sequence) -> Result<(), RecoveryFault> {
        Ok(())
    }

    /// Is asked what is to become of a log that was judged and found sound, before its torn tail is
    /// cut off.
    ///
    /// # Errors
    /// Ends the recovery with that fault, and nothing was changed.
    fn accepts(&mut self, _scanned: &Scanned) -> Result<(), RecoveryFault> {
        Ok(())
    }
}

/// Looks at no record: the log is only scanned.
impl Visitor for () {
    fn record(&mut self, _: &Record) -> Result<(), RecoveryFault> {
        Ok(())
    }
}

/// What a scan found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Where the log stands; `None` when there is none, or one whose first header was never
    /// completed.
    pub(super) chain: Option<Chain>,
    /// Where what is left of a crash must be cut off before the log goes on; `None` when there is
    /// no segment.
    pub cut_at: Option<(SegmentNumber, LogPosition)>,
    /// The last sequence; 0 when there is none.
    pub last_sequence: Sequence,
    /// How many records of each type, in the order of [`RecordType::ALL`].
    pub record_counts: [u64; RecordType::ALL.len()],
    /// How many segments the log has.
    pub segment_count: u64,
    /// Bytes of headers and blocks, without the torn tail and the zeros ahead.
    pub log_bytes: u64,
    /// Bytes behind the break, up to the last block that is not blank.
    pub torn_tail_bytes: u64,
    /// The highest sequence that the log itself calls durable.
    pub confirmed: Sequence,
    /// True when the last block is the marker of a clean stop.
    pub stopped_cleanly: bool,
}

/// Before anything is found.
pub(super) const NOTHING: Scanned = Scanned {
    chain: None,
    cut_at: None,
    last_sequence: Sequence(0),
    record_counts: [0; RecordType::ALL.len()],
    segment_count: 0,
    log_bytes: 0,
    torn_tail_bytes: 0,
    confirmed: Sequence(0),
    stopped_cleanly: false,
};
