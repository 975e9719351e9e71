//! The sidecar of an ITCH file: which command ends where, and checksums of the pieces between.
//!
//! A header of 32 bytes: `HWITCHP1`, the log's id (16), zeros (8). Then rows of 40 bytes, numbers
//! big-endian: the day (4), the CRC-32C of the piece of the day's file that ends here (4), where it
//! ends (8), the number of the day's messages up to there (8), the last command of which they hold
//! everything (8), zeros (4), the CRC-32C of the row before that (4). A piece ends behind the first
//! command that makes it 64 KiB or longer, and with its day: a function of the log, too.

use super::append_file::is_unfinished;
use crate::image::{Reader, Writer};
use highwater::checksum::checksum;
use highwater::types::{LogId, Sequence};

/// What a sidecar begins with.
const MAGIC: [u8; 8] = *b"HWITCHP1";

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 32;

/// Bytes of a row.
pub(super) const ROW_BYTES: usize = 40;

/// From how many bytes on a piece ends with the next command.
pub(super) const PIECE_BYTES: u64 = 64 << 10;

/// The end of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The day whose file it is in.
    pub(super) day: u32,
    /// The checksum of its bytes.
    pub(super) checksum: u32,
    /// Where it ends in the file.
    pub(super) end: u64,
    /// The number of the day's messages up to there.
    pub(super) count: u64,
    /// The last command of which the messages up to there hold everything.
    pub(super) sequence: Sequence,
}

/// The header of a log's sidecar.
pub(super) fn header(log: LogId) -> Vec<u8> {
    [MAGIC.as_slice(), &log.0, &[0; 8]].concat()
}

impl Row {
    /// The row as bytes.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.put(self.day);
        writer.put(self.checksum);
        writer.put(self.end);
        writer.put(self.count);
        writer.put(self.sequence.0);
        writer.put(0_u32);
        writer.put(checksum(&[&writer.0]));
        writer.0
    }

    /// The row that bytes hold; `None` when they are damaged.
    pub(super) fn of_bytes(bytes: &[u8; ROW_BYTES]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let row = Self {
            day: reader.take().ok()?,
            checksum: reader.take().ok()?,
            end: reader.take().ok()?,
            count: reader.take().ok()?,
            sequence: Sequence(reader.take().ok()?),
        };
        (row.to_bytes() == bytes).then_some(row)
    }
}

/// Whose a sidecar is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    Nothing,
    /// It is something else.
    Other,
    /// Another log's.
    OtherLog,
    /// This log's, with the rows up to the first that is damaged.
    Rows(Vec<Row>),
}

/// Looks at a sidecar.
pub(super) fn look(bytes: Option<&[u8]>, log: LogId) -> Found {
    let (bytes, header) = (bytes.unwrap_or_default(), header(log));
    if bytes != header && is_unfinished(bytes, &header) {
        return Found::Nothing;
    }
    let Some((head, rest)) = bytes.split_at_checked(HEADER_BYTES) else { return Found::Other };
    if !head.starts_with(&MAGIC) {
        return Found::Other;
    }
    if head != header {
        return Found::OtherLog;
    }
    let (rows, _) = rest.as_chunks();
    Found::Rows(rows.iter().map_while(Row::of_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: LogId = LogId([7; 16]);
    const ROW: Row = Row { day: 2, checksum: 3, end: 4, count: 5, sequence: Sequence(6) };

    #[test]
    fn rows_are_read_up_to_the_first_that_is_damaged() {
        let mut bytes = header(LOG);
        for _ in 0..3 {
            bytes.extend(ROW.to_bytes());
        }
        assert_eq!(look(Some(&bytes), LOG), Found::Rows(vec![ROW; 3]));
        for at in HEADER_BYTES + ROW_BYTES..HEADER_BYTES + 2 * ROW_BYTES {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(look(Some(&damaged), LOG), Found::Rows(vec![ROW]), "{at}");
        }
        let torn = &bytes[..bytes.len() - 1];
        assert_eq!(look(Some(torn), LOG), Found::Rows(vec![ROW; 2]));
    }

    #[test]
    fn whatever_is_no_sidecar_of_this_log_is_told_apart() {
        let bytes = header(LOG);
        assert_eq!(look(Some(&bytes), LOG), Found::Rows(Vec::new()));
        assert_eq!(look(Some(&bytes), LogId([8; 16])), Found::OtherLog);
        assert_eq!(look(Some(&bytes[..31]), LOG), Found::Nothing);
        assert_eq!(look(Some(&[0; 32]), LOG), Found::Nothing, "the length survived a power cut");
        assert_eq!(look(Some(&[0; 33]), LOG), Found::Other);
        assert_eq!(look(Some(&[b'x'; 64]), LOG), Found::Other);
        assert_eq!(look(Some(b"short"), LOG), Found::Other);
        assert_eq!(look(None, LOG), Found::Nothing);
    }
}
