//! A transcript: a stream of messages in a file, read from any number on.
//!
//! The file belongs to the publication, which appends to it. A reader keeps a place in it, and no
//! messages: however slow it is, it holds no memory. Who reads at the end finds what was appended
//! last in memory.

use highwater_protocols::soup::{Packet, ServerPacket};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Messages between two places that are remembered, at least.
const MARK_EVERY: u64 = 1_024;

/// Bytes of the last messages that are kept in memory, at most.
const TAIL_BYTES_MAX: usize = 16 << 10;

/// Bytes that are read from the file at a time.
const READ_BYTES: usize = 16 << 10;

/// Bytes of the length before each message.
const LENGTH_BYTES: usize = 2;

/// The messages of a stream.
#[derive(Debug)]
pub(crate) struct Transcript {
    path: PathBuf,
    /// Bytes of its messages, with their lengths.
    end: u64,
    /// How many messages they are.
    count: u64,
    /// Places of some messages, in order; the first is that of the first message.
    marks: Vec<Mark>,
    /// What was appended last.
    tail: Vec<u8>,
    tail_start: u64,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// How many messages are before it.
    before: u64,
    /// Where its length is in the file.
    offset: u64,
}

impl Transcript {
    /// The transcript of a file that will be written.
    pub(crate) fn new(path: PathBuf) -> Self {
        let marks = vec![Mark { before: 0, offset: 0 }];
        Self { path, end: 0, count: 0, marks, tail: Vec::new(), tail_start: 0 }
    }

    /// The transcript of a file that holds `end` bytes of messages.
    pub(crate) fn scan(path: PathBuf, end: u64) -> io::Result<Self> {
        let mut transcript = Self::new(path);
        let mut scan = Cursor::at_beginning();
        while scan.offset < end {
            let piece = scan.read(&transcript.path, end)?;
            let skipped = skip(&piece, u64::MAX);
            if skipped.messages == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("'{}' ends within a message", transcript.path.display()),
                ));
            }
            scan.advance(skipped);
            transcript.note(Mark { before: scan.before, offset: scan.offset });
        }
        (transcript.end, transcript.count) = (end, scan.before);
        Ok(transcript)
    }

    /// These messages were appended: there are `count` now, and they end at `end`.
    pub(crate) fn append(&mut self, bytes: &[u8], count: u64, end: u64) {
        self.note(Mark { before: self.count, offset: self.end });
        if bytes.len() <= TAIL_BYTES_MAX {
            self.tail.clear();
            self.tail.extend_from_slice(bytes);
            self.tail_start = self.end;
        } else {
            self.tail = Vec::new();
        }
        (self.end, self.count) = (end, count);
    }

    fn note(&mut self, mark: Mark) {
        if self.marks.last().is_none_or(|last| last.before + MARK_EVERY <= mark.before) {
            self.marks.push(mark);
        }
    }

    /// A cursor at the message with this number, from 1; behind all of them where there are fewer.
    pub(crate) fn cursor(&self, number: u64) -> io::Result<Cursor> {
        let before = number.saturating_sub(1).min(self.count);
        if before == self.count {
            return Ok(Cursor::at_mark(Mark { before, offset: self.end }));
        }
        let behind = self.marks.partition_point(|mark| mark.before <= before);
        let mut cursor = Cursor::at_mark(self.marks[behind - 1]);
        while cursor.before < before {
            let piece = cursor.read(&self.path, self.end)?;
            let skipped = skip(&piece, before - cursor.before);
            if skipped.messages == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            cursor.advance(skipped);
        }
        Ok(cursor)
    }

    /// How many messages there are.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The bytes from `offset` on that are in memory, where any are.
    fn tail_from(&self, offset: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.tail_start)?).ok()?;
        self.tail.get(start..).filter(|bytes| !bytes.is_empty())
    }
}

/// A place between two messages of a transcript.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// How many messages are before it.
    before: u64,
    offset: u64,
    /// Open once something was read that was not in memory any more.
    file: Option<File>,
}

/// A number of whole messages.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped {
    messages: u64,
    bytes: u64,
}

impl Cursor {
    const fn at_mark(mark: Mark) -> Self {
        Self { before: mark.before, offset: mark.offset, file: None }
    }

    /// Before the first message.
    pub(crate) const fn at_beginning() -> Self {
        Self::at_mark(Mark { before: 0, offset: 0 })
    }

    /// The number of the next message.
    pub(crate) const fn next(&self) -> u64 {
        self.before + 1
    }

    /// Whether all messages that there are were read.
    pub(crate) const fn is_at_end(&self, transcript: &Transcript) -> bool {
        self.offset >= transcript.end
    }

    /// Hands the next messages to `take`, without their lengths, until it wants no more; returns
    /// whether there may be more.
    pub(crate) fn each(
        &mut self,
        transcript: &Transcript,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> io::Result<bool> {
        if self.is_at_end(transcript) {
            return Ok(false);
        }
        let mut taken = Skipped::default();
        let mut walk = |bytes: &[u8]| {
            while let Some(message) = first_message(&bytes[usize_of(taken.bytes)..]) {
                if !take(message) {
                    break;
                }
                taken.messages += 1;
                taken.bytes += u64_of(LENGTH_BYTES + message.len());
            }
        };
        if let Some(tail) = transcript.tail_from(self.offset) {
            walk(tail);
        } else {
            walk(&self.read(&transcript.path, transcript.end)?);
        }
        self.advance(taken);
        Ok(!self.is_at_end(transcript))
    }

    /// Puts the next messages behind `out` as packets of sequenced data, until it has `max` bytes.
    pub(crate) fn fill(
        &mut self,
        transcript: &Transcript,
        out: &mut Vec<u8>,
        max: usize,
    ) -> io::Result<bool> {
        self.each(transcript, |message| put(message, out, max))
    }

    /// The bytes of the file from here on, some at least as long as there are any before `end`.
    fn read(&mut self, path: &Path, end: u64) -> io::Result<Vec<u8>> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(path)?),
        };
        let bytes = end.saturating_sub(self.offset).min(u64_of(READ_BYTES));
        let mut piece = vec![0; usize_of(bytes)];
        file.read_exact_at(&mut piece, self.offset)?;
        Ok(piece)
    }

    const fn advance(&mut self, skipped: Skipped) {
        self.before += skipped.messages;
        self.offset += skipped.bytes;
    }
}

/// Puts a message behind `out` as a packet of sequenced data, unless that had more than `max` bytes
/// then.
fn put(message: &[u8], out: &mut Vec<u8>, max: usize) -> bool {
    let packet = ServerPacket::SequencedData(message);
    let (at, bytes) = (out.len(), packet.length());
    if at + bytes > max {
        return false;
    }
    out.resize(at + bytes, 0);
    packet.emit(&mut out[at..]).expect("there is room for the packet");
    true
}

/// Puts messages that are in memory behind `out` as packets, until it has many bytes: how many
/// bytes of them it took, and whether those were all.
pub(crate) fn fill_packets(messages: &[u8], out: &mut Vec<u8>) -> (usize, bool) {
    let mut taken = 0;
    while let Some(message) = first_message(&messages[taken..])
        && put(message, out, READ_BYTES)
    {
        taken += LENGTH_BYTES + message.len();
    }
    (taken, taken == messages.len())
}

/// Passes over whole messages, at most so many.
fn skip(bytes: &[u8], messages_max: u64) -> Skipped {
    let mut skipped = Skipped::default();
    while skipped.messages < messages_max
        && let Some(message) = first_message(&bytes[usize_of(skipped.bytes)..])
    {
        skipped.messages += 1;
        skipped.bytes += u64_of(LENGTH_BYTES + message.len());
    }
    skipped
}

/// The first message, where it is there as a whole.
fn first_message(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    let [high, low] = length.map(usize::from);
    rest.get(..high << 8 | low)
}

fn u64_of(length: usize) -> u64 {
    u64::try_from(length).expect("a length has 64 bits")
}

fn usize_of(length: u64) -> usize {
    usize::try_from(length).expect("no piece is longer than memory")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A file of messages of 1 to 40 bytes, each of them its number.
    fn messages(count: u64) -> Vec<u8> {
        let message = |number: u64| {
            let length = u8::try_from(8 + number % 33).unwrap();
            let mut bytes = vec![0, length];
            bytes.extend(number.to_le_bytes());
            bytes.resize(2 + usize::from(length), b'x');
            bytes
        };
        (1..=count).flat_map(message).collect()
    }

    fn file(name: &str, bytes: &[u8]) -> PathBuf {
        let path = std::env::temp_dir()
            .join(format!("highwater-transcript-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        path
    }

    fn numbers_from(transcript: &Transcript, first: u64, at_once: u64) -> Vec<u64> {
        let mut cursor = transcript.cursor(first).unwrap();
        assert_eq!(cursor.next(), first.clamp(1, transcript.count + 1));
        let mut numbers = Vec::new();
        loop {
            let mut left = at_once;
            let more = cursor.each(transcript, |message| {
                if left == 0 {
                    return false;
                }
                left -= 1;
                numbers.push(u64::from_le_bytes(message[..8].try_into().unwrap()));
                true
            });
            if !more.unwrap() {
                break;
            }
        }
        assert!(cursor.is_at_end(transcript));
        numbers
    }

    #[test]
    fn every_number_is_found_whether_the_file_was_scanned_or_appended_to() {
        let bytes = messages(5_000);
        let path = file("numbers", &bytes);
        let scanned = Transcript::scan(path.clone(), u64_of(bytes.len())).unwrap();
        let mut appended = Transcript::new(path.clone());
        let (mut count, mut end) = (0, 0);
        for piece in [1, 700, 1_500, 300, 2_499] {
            let start = end;
            let skipped = skip(&bytes[end..], piece);
            (count, end) = (count + piece, end + usize_of(skipped.bytes));
            appended.append(&bytes[start..end], count, u64_of(end));
        }
        for transcript in [&scanned, &appended] {
            assert_eq!(transcript.count, 5_000);
            for first in [0, 1, 2, 1_024, 1_025, 1_026, 2_000, 4_999, 5_000, 5_001, 9_999] {
                let expected: Vec<u64> = (first.max(1)..=5_000).collect();
                assert_eq!(numbers_from(transcript, first, 7), expected, "{first}");
            }
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_was_appended_last_needs_no_file() {
        let bytes = messages(10);
        let mut transcript = Transcript::new("/nowhere/to/be/found".into());
        transcript.append(&bytes, 10, u64_of(bytes.len()));
        let mut cursor = transcript.cursor(1).unwrap();
        let mut out = Vec::new();
        assert!(cursor.fill(&transcript, &mut out, 60).unwrap(), "there is no room for all");
        assert!(!cursor.fill(&transcript, &mut out, 6_000).unwrap());
        assert_eq!(out.len(), bytes.len() + 10, "each packet has a type");
        assert_eq!(out[..3], [0, 10, b'S']);
        // A cursor that is behind needs the file, which is an error and no panic.
        transcript.append(&bytes, 20, 2 * u64_of(bytes.len()));
        assert!(transcript.cursor(2).is_err());
    }

    #[test]
    fn a_file_that_ends_within_a_message_is_refused() {
        let bytes = messages(3);
        let path = file("torn", &bytes);
        assert!(Transcript::scan(path.clone(), u64_of(bytes.len()) - 1).is_err());
        assert!(Transcript::scan(path.clone(), u64_of(bytes.len()) + 1).is_err());
        fs::remove_file(path).unwrap();
    }
}
