//! What a disk may hold of one file after a power cut, by its sectors.

use crate::power::{Forgets, Span};
use crate::program::Random;

/// Bytes that a disk writes in whole or not at all.
const SECTOR_BYTES: usize = 512;

/// A change of a file.
#[derive(Clone, Debug)]
pub enum Change {
    /// Bytes from an offset on.
    Write {
        /// The first one's place.
        offset: usize,
        /// All of them.
        bytes: Vec<u8>,
    },
    /// Another length.
    Length(usize),
}

/// A file with everything that became of it.
#[derive(Clone, Debug, Default)]
pub struct FileHistory {
    /// What it was at first.
    pub base: Vec<u8>,
    /// As the program sees it.
    pub length: usize,
    /// In the order in which they began.
    pub changes: Vec<(Span, Change)>,
    /// Syncs of it.
    pub syncs: Vec<Span>,
}

/// Which sectors of what is not durable are there.
#[derive(Clone, Copy, Debug)]
enum Keeps {
    Nothing,
    All,
    Some,
    First(u64),
    Last,
    /// The file is as long as if all were there.
    Length,
}

impl FileHistory {
    /// One more change.
    pub fn change(&mut self, span: Span, change: Change) {
        self.length = match &change {
            Change::Write { offset, bytes } => self.length.max(offset + bytes.len()),
            Change::Length(length) => *length,
        };
        self.changes.push((span, change));
    }

    /// Whether these bytes are what became of it; what nobody saw end was done as far as they say.
    pub fn settle(&mut self, moment: usize, found: &[u8]) -> bool {
        let mut bytes = self.base.clone();
        for (span, change) in &mut self.changes {
            if span.ended == usize::MAX {
                change.limit(found);
                span.ended = moment;
            }
            match change {
                Change::Length(length) => bytes.resize(*length, 0),
                Change::Write { offset, bytes: written } => {
                    let end = *offset + written.len();
                    if !written.is_empty() {
                        bytes.resize(bytes.len().max(end), 0);
                    }
                    let _nothing =
                        bytes.get_mut(*offset..end).map(|to| to.copy_from_slice(written));
                }
            }
        }
        self.length = found.len();
        bytes == found
    }

    /// What is left of it when the power is cut at a moment.
    pub fn left(&self, cut: usize, forgets: Forgets, random: &mut Random) -> Vec<u8> {
        let covered = if forgets == Forgets::Data { 0 } else { covered_before(&self.syncs, cut) };
        let begun = || self.changes.iter().filter(|(span, _)| span.began < cut);
        let open = begun().filter(|(span, _)| span.ended >= covered);
        let total = open.map(|(_, change)| change.pieces().count()).sum();
        let keeps = Keeps::any(total, random);
        let (mut bytes, mut index) = (self.base.clone(), 0);
        for (span, change) in begun() {
            for piece in change.pieces() {
                let is_durable = span.ended < covered;
                let is_kept = is_durable || keeps.keeps(index, total, random);
                index += usize::from(!is_durable);
                match change {
                    Change::Length(length) if is_kept => bytes.resize(*length, 0),
                    // What comes behind a change of length waits for it.
                    Change::Length(_) => return bytes,
                    Change::Write { offset, bytes: written } => {
                        let is_longer = is_kept || matches!(keeps, Keeps::Length);
                        if is_longer && bytes.len() < piece.end {
                            bytes.resize(piece.end, 0);
                        }
                        if is_kept {
                            let from = &written[piece.start - offset..piece.end - offset];
                            bytes[piece].copy_from_slice(from);
                        }
                    }
                }
            }
        }
        bytes
    }
}

impl Change {
    /// Leaves of it what was done by a process that was killed in it.
    fn limit(&mut self, found: &[u8]) {
        match self {
            Self::Write { offset, bytes } => {
                let found = found.get(*offset..).unwrap_or_default();
                let same = bytes.iter().zip(found).take_while(|(a, b)| a == b).count();
                bytes.truncate(same);
            }
            Self::Length(length) => *length = found.len(),
        }
    }

    /// The parts of it that a disk may keep one without the other, by their places in the file.
    fn pieces(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (start, end) = match self {
            Self::Write { offset, bytes } => (*offset, offset + bytes.len()),
            Self::Length(_) => (0, 1),
        };
        let sectors = start / SECTOR_BYTES..end.div_ceil(SECTOR_BYTES);
        sectors.map(move |sector| {
            start.max(sector * SECTOR_BYTES)..end.min((sector + 1) * SECTOR_BYTES)
        })
    }
}

impl Keeps {
    fn any(total: usize, random: &mut Random) -> Self {
        match random.below(6) {
            0 => Self::Nothing,
            1 => Self::All,
            2 => Self::Some,
            3 => Self::First(random.below(u64::try_from(total).unwrap() + 1)),
            4 => Self::Last,
            _ => Self::Length,
        }
    }

    fn keeps(self, index: usize, total: usize, random: &mut Random) -> bool {
        match self {
            Self::Nothing | Self::Length => false,
            Self::All => true,
            Self::Some => random.below(2) == 0,
            Self::First(count) => u64::try_from(index).unwrap() < count,
            Self::Last => index + 1 == total,
        }
    }
}

/// What had ended before this moment is durable at `cut`.
pub fn covered_before(syncs: &[Span], cut: usize) -> usize {
    let ended = syncs.iter().filter(|span| span.ended < cut);
    ended.map(|span| span.began).max().unwrap_or(0)
}

/// A random number below `end`.
///
/// # Panics
/// When `end` is 0.
pub fn below(end: usize, random: &mut Random) -> usize {
    usize::try_from(random.below(u64::try_from(end).unwrap())).unwrap()
}
