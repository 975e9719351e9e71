//! What is lost when a log is cut: every sequence and client sequence that can still be read behind
//! the cut, and what can't be.

use super::keep::{Keep, Kept};
use highwater::block::{BlockHead, confirmed_by, intact_head, records_of};
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile};
use highwater::record::{Body, Record};
use highwater::segment::{HeaderState, LogVersion, read_header};
use highwater::types::{LogId, LogPosition, SegmentNumber, Sequence};
use highwater_engine::figures::grouped;
use std::collections::BTreeMap;
use std::fmt;

/// Places that are named one by one; of more, the number is told.
const PLACES_NAMED: usize = 10;

/// What stands behind the cut.
#[derive(Debug)]
pub(super) struct Loss {
    kept: Kept,
    log_id: Option<LogId>,
    /// The sequences that can be read, in ranges of first and last, in ascending order.
    readable: Ranges,
    /// What is lost of each session.
    sessions: BTreeMap<u16, SessionLoss>,
    /// Where something stands that can't be read.
    unreadable: Vec<(SegmentNumber, LogPosition)>,
    /// The highest sequence that was acknowledged or about to be.
    durable: Sequence,
}

/// What is lost of one session, as far as it can be read.
#[derive(Clone, Copy, Debug)]
struct SessionLoss {
    /// Its last client sequence that is kept; 0 for none.
    kept: u64,
    first: u64,
    last: u64,
    command_count: u64,
}

impl Loss {
    /// Reads everything behind the cut.
    pub(super) fn behind(
        log: &mut impl LogFile,
        kept: &Kept,
        keep: &Keep,
    ) -> Result<Self, LogFault> {
        let mut loss = Self {
            kept: *kept,
            log_id: keep.log_id(),
            readable: Ranges::default(),
            sessions: BTreeMap::new(),
            unreadable: Vec::new(),
            durable: keep.durable(),
        };
        let mut next = Some(kept.segment);
        while let Some(segment) = next {
            let from = if segment == kept.segment { kept.position } else { LogPosition(0) };
            loss.read_segment(log, segment, from);
            next = log.next_segment(segment)?;
        }
        for (session, lost) in &mut loss.sessions {
            lost.kept = keep.last_client_sequence(*session);
        }
        Ok(loss)
    }

    /// Reads a segment block by block; one that can't be read is noted, and does not end it.
    fn read_segment(&mut self, log: &mut impl LogFile, segment: SegmentNumber, from: LogPosition) {
        let end = match log.segment_bytes(segment) {
            Ok(bytes) => bytes.unwrap_or(0),
            Err(_) => return self.unreadable.push((segment, LogPosition(0))),
        };
        let mut block = [0; BLOCK_BYTES];
        for position in (from.0..end).step_by(BLOCK_BYTES).map(LogPosition) {
            match log.read_at(segment, position, &mut block) {
                Ok(length) => self.read_block(&mut block[..length], segment, position),
                Err(_) => self.unreadable.push((segment, position)),
            }
        }
    }

    fn read_block(&mut self, block: &mut [u8], segment: SegmentNumber, position: LogPosition) {
        if block.iter().all(|byte| *byte == 0) {
            return;
        }
        if position == LogPosition(0) {
            match read_header(block) {
                HeaderState::Intact(header) if self.is_ours(header.log_id) => {
                    self.log_id = Some(header.log_id);
                    self.durable = self.durable.max(header.durable_sequence);
                }
                HeaderState::Intact(_)
                | HeaderState::Blank
                | HeaderState::NewerVersion(_)
                | HeaderState::OlderVersion(_)
                | HeaderState::Rotten
                | HeaderState::Broken => self.unreadable.push((segment, position)),
            }
            return;
        }
        // The header that says the version may be gone; records of one are none of another.
        let read = LogVersion::ALL.into_iter().find_map(|version| {
            let head = intact_head(block, version, self.log_id, segment, position)?;
            self.read_records(&head, records_of(block, &head))
        });
        if read.is_none() {
            // What a block that was moved says of the log is true all the same.
            let confirmed = confirmed_by(block, self.log_id).unwrap_or_default();
            self.durable = self.durable.max(confirmed.sequence);
            self.unreadable.push((segment, position));
        }
    }

    fn is_ours(&self, log_id: LogId) -> bool {
        self.log_id.is_none_or(|ours| ours == log_id)
    }

    /// Notes the commands of a block; `None` when it holds something else.
    fn read_records(&mut self, head: &BlockHead, mut bytes: &[u8]) -> Option<()> {
        self.durable = self.durable.max(head.durable_sequence);
        while !bytes.is_empty() {
            let (record, length) = Record::decode(bytes).ok()?;
            if let Body::Command(command) = &record.body {
                self.readable.add(record.sequence.0);
                let client_sequence = command.client_sequence.0;
                let new = SessionLoss { kept: 0, first: u64::MAX, last: 0, command_count: 0 };
                let lost = self.sessions.entry(command.session.0).or_insert(new);
                lost.first = lost.first.min(client_sequence);
                lost.last = lost.last.max(client_sequence);
                lost.command_count += 1;
            }
            bytes = bytes.get(length..)?;
        }
        Some(())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.last_sequence.0;
        let last = self.readable.last().max(self.durable.0);
        writeln!(f, "kept: the sequences up to {}", grouped(kept))?;
        if last <= kept {
            writeln!(f, "lost: no sequence that can be read, and none that the log calls durable")?;
        } else {
            writeln!(f, "lost: {}", range_text(kept + 1, last))?;
        }
        if self.durable.0 > kept {
            let range = range_text(kept + 1, self.durable.0);
            writeln!(f, "  of these the log calls durable, so they may be acknowledged: {range}")?;
        }
        let gaps = self.readable.gaps(kept + 1, last);
        if !gaps.is_empty() {
            let gaps = gaps.iter().map(|(first, last)| range_text(*first, *last));
            writeln!(f, "  of these can't be read: {}", gaps.collect::<Vec<_>>().join("; "))?;
        }
        self.write_sessions(f)?;
        self.write_unreadable(f)
    }
}

impl Loss {
    fn write_sessions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (session, lost) in &self.sessions {
            let who = if *session == 0 { " (operator)" } else { "" };
            let (first, last) = (grouped(lost.first), grouped(lost.last));
            let (kept, count) = (grouped(lost.kept), grouped(lost.command_count));
            writeln!(
                f,
                "  session {session}{who}: kept up to client sequence {kept}; lost {first} to {last}, \
                 {count} commands that can be read"
            )?;
        }
        Ok(())
    }

    fn write_unreadable(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unreadable.is_empty() {
            return Ok(());
        }
        let named = self.unreadable.iter().take(PLACES_NAMED);
        let places =
            named.map(|(segment, position)| format!("segment {segment} offset {position}"));
        let more = if self.unreadable.len() > PLACES_NAMED { ", ..." } else { "" };
        writeln!(
            f,
            "unreadable, or not of this log: {} blocks ({}{more}); the sessions above do not count \
             what was there",
            grouped(self.unreadable.len() as u64),
            places.collect::<Vec<_>>().join(", ")
        )
    }
}

fn range_text(first: u64, last: u64) -> String {
    let count = last - first + 1;
    let sequences = if count == 1 { "sequence" } else { "sequences" };
    format!("{} to {} ({} {sequences})", grouped(first), grouped(last), grouped(count))
}

/// Numbers, most of which follow each other.
#[derive(Debug, Default)]
struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    fn add(&mut self, number: u64) {
        let before = self.0.range_mut(..=number).next_back();
        if let Some((_, last)) = before
            && *last + 1 >= number
        {
            *last = (*last).max(number);
        } else {
            self.0.insert(number, number);
        }
    }

    fn last(&self) -> u64 {
        self.0.values().copied().max().unwrap_or(0)
    }

    /// What is missing from `first` to `last`.
    fn gaps(&self, first: u64, last: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut next = first;
        for (begin, end) in &self.0 {
            if *begin > next {
                gaps.push((next, begin - 1));
            }
            next = next.max(end + 1);
        }
        if next <= last {
            gaps.push((next, last));
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_tell_what_is_missing() {
        let mut ranges = Ranges::default();
        for number in [5, 6, 7, 9, 10, 3] {
            ranges.add(number);
        }
        assert_eq!(ranges.last(), 10);
        assert_eq!(ranges.gaps(3, 12), [(4, 4), (8, 8), (11, 12)]);
        assert_eq!(ranges.gaps(2, 10), [(2, 2), (4, 4), (8, 8)]);
        assert_eq!(Ranges::default().gaps(4, 6), [(4, 6)]);
        assert_eq!(Ranges::default().gaps(4, 3), []);
    }
}
