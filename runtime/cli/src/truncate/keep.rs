//! What of a log is kept: whole blocks of the chain up to a sequence.

use highwater::block::{BlockHead, Chain};
use highwater::book::Book;
use highwater::record::{Body, Record};
use highwater::recovery::{RecoveryFault, Start, Visitor};
use highwater::types::{LogId, LogPosition, SegmentNumber, Sequence};
use std::collections::BTreeMap;

/// The end of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The segment that is cut.
    pub(super) segment: SegmentNumber,
    /// Where it is cut; 0 when not even the log's first block is kept.
    pub(super) position: LogPosition,
    /// The last sequence that is kept; 0 for none.
    pub(super) last_sequence: Sequence,
    /// Where the walk along it began.
    pub(super) start: Start,
}

/// Looks for that end while a log is scanned.
#[derive(Debug)]
pub(super) struct Keep {
    upto: Sequence,
    kept: Kept,
    crossing: Option<(Sequence, Sequence)>,
    log_id: Option<LogId>,
    durable: Sequence,
    /// The last sequence that can be read along the chain.
    last_sequence: Sequence,
    /// The last client sequence that is kept of each session.
    sessions: BTreeMap<u16, u64>,
    /// The same of the records of the next block.
    sessions_next: BTreeMap<u16, u64>,
}

impl Keep {
    /// Keeps the blocks that hold no sequence above `upto`, of a log that is walked from `start`
    /// on, where `book` stands.
    pub(super) fn upto(upto: Sequence, start: Start, book: &Book<'_>) -> Self {
        let (segment, position, log_id) = match start {
            Start::Beginning => (SegmentNumber::FIRST, LogPosition(0), None),
            Start::Snapshot(chain) => (chain.segment, chain.position, Some(chain.log_id)),
        };
        let last_sequence = book.last_sequence();
        let kept = Kept { segment, position, last_sequence, start };
        let sessions = book.sessions().map(|(session, last)| (session.0, last.0));
        Self {
            upto,
            kept,
            crossing: None,
            log_id,
            durable: last_sequence,
            last_sequence,
            sessions: sessions.collect(),
            sessions_next: BTreeMap::new(),
        }
    }

    /// The end that was found.
    pub(super) fn kept(&self) -> Kept {
        self.kept
    }

    /// The first and last sequence of the block that holds the wanted one in its middle.
    pub(super) fn crossing(&self) -> Option<(Sequence, Sequence)> {
        self.crossing
    }

    /// Whether this is the log's id, as far as it is known.
    pub(super) fn is_of_log(&self, log_id: LogId) -> bool {
        self.log_id.is_none_or(|ours| ours == log_id)
    }

    /// Takes a snapshot's last sequence as durable.
    ///
    /// # Errors
    /// The log does not reach it.
    pub(super) fn covered_upto(&mut self, sequence: Sequence) -> Result<(), RecoveryFault> {
        self.durable = self.durable.max(sequence);
        if sequence > self.last_sequence {
            return Err(RecoveryFault::SnapshotAhead { sequence });
        }
        Ok(())
    }

    /// The log's id, once a block was seen.
    pub(super) fn log_id(&self) -> Option<LogId> {
        self.log_id
    }

    /// The last client sequence of a session that is kept; 0 when there is none.
    pub(super) fn last_client_sequence(&self, session: u16) -> u64 {
        self.sessions.get(&session).copied().unwrap_or(0)
    }

    /// The highest sequence that a block of the chain calls durable.
    pub(super) fn durable(&self) -> Sequence {
        self.durable
    }
}

impl Visitor for Keep {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        if let Body::Command(command) = &record.body {
            self.sessions_next.insert(command.session.0, command.client_sequence.0);
        }
        Ok(())
    }

    fn block(&mut self, head: &BlockHead, chain: &Chain) {
        self.log_id = Some(chain.log_id);
        self.durable = self.durable.max(head.durable_sequence);
        let last_sequence = chain.last_sequence();
        self.last_sequence = last_sequence;
        if last_sequence <= self.upto {
            let (segment, position) = (chain.segment, chain.position);
            self.kept = Kept { segment, position, last_sequence, ..self.kept };
            self.sessions.append(&mut self.sessions_next);
        } else if head.first_sequence <= self.upto {
            self.crossing = Some((head.first_sequence, last_sequence));
        }
    }
}
