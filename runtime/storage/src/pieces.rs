//! A stream of bytes in a file, compressed piece by piece with LZ4: the body of a snapshot.
//!
//! A piece is eight bytes, the lengths of what follows and of what it decompresses to, and then the
//! compressed bytes. What the bytes mean, and whether they are right, the snapshot's own blocks
//! say; here lengths are only bounded, so that no file makes a reader take more memory than a piece
//! needs.

use highwater_platform::SegmentFile;
use std::io;

/// Most bytes that a piece decompresses to.
const PIECE_BYTES_MAX: usize = 1 << 18;
/// Bytes of a piece's lengths.
const HEAD_BYTES: usize = 8;

/// How much was in a stream, and a hash of it: equal for the same bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StreamSummary {
    bytes: u64,
    hash: u64,
}

impl StreamSummary {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let sum = highwater::checksum::checksum(&[&self.hash.to_le_bytes(), bytes]);
        self.hash = self.hash.rotate_left(7) ^ u64::from(sum);
    }
}

/// Compresses pieces and appends them to a file.
#[derive(Debug)]
pub(super) struct PieceWriter<'f, S> {
    file: &'f S,
    packed: Vec<u8>,
    summary: StreamSummary,
}

impl<'f, S: SegmentFile> PieceWriter<'f, S> {
    pub(super) fn new(file: &'f S) -> Self {
        let room = HEAD_BYTES + lz4_flex::block::get_maximum_output_size(PIECE_BYTES_MAX);
        Self { file, packed: vec![0; room], summary: StreamSummary::default() }
    }

    /// Appends `bytes` as one or more pieces.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE_BYTES_MAX) {
            self.summary.take(piece);
            let length = lz4_flex::block::compress_into(piece, &mut self.packed[HEAD_BYTES..])
                .map_err(io::Error::other)?;
            self.packed[..4].copy_from_slice(&length_bytes(length));
            self.packed[4..HEAD_BYTES].copy_from_slice(&length_bytes(piece.len()));
            self.file.append(&self.packed[..HEAD_BYTES + length])?;
        }
        Ok(())
    }

    /// What was written.
    pub(super) fn finish(self) -> StreamSummary {
        self.summary
    }
}

/// Reads pieces and gives out what they decompress to.
#[derive(Debug)]
pub(super) struct PieceReader<S> {
    file: S,
    position: u64,
    packed: Vec<u8>,
    plain: Vec<u8>,
    /// What of `plain` is not given out yet.
    rest: std::ops::Range<usize>,
    summary: StreamSummary,
}

impl<S: SegmentFile> PieceReader<S> {
    /// A reader of the pieces that begin at `position`.
    pub(super) fn new(file: S, position: u64) -> Self {
        let packed_bytes_max = lz4_flex::block::get_maximum_output_size(PIECE_BYTES_MAX);
        Self {
            file,
            position,
            packed: vec![0; packed_bytes_max],
            plain: vec![0; PIECE_BYTES_MAX],
            rest: 0..0,
            summary: StreamSummary::default(),
        }
    }

    /// Puts some of what comes next at the front of `into`; 0 at the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() && !self.next_piece()? {
            return Ok(0);
        }
        let count = self.rest.len().min(into.len());
        let end = self.rest.start + count;
        into[..count].copy_from_slice(&self.plain[self.rest.start..end]);
        self.rest.start = end;
        Ok(count)
    }

    /// What was read so far, in the pieces in which it was written.
    pub(super) fn summary(&self) -> StreamSummary {
        self.summary
    }

    /// Decompresses the next piece; false at the end of the file.
    fn next_piece(&mut self) -> io::Result<bool> {
        let mut head = [0; HEAD_BYTES];
        match self.file.read_at(self.position, &mut head)? {
            0 => return Ok(false),
            HEAD_BYTES => {}
            _ => return Err(torn()),
        }
        // The first length is the low half.
        let lengths = u64::from_le_bytes(head);
        let packed = bounded(lengths & u64::from(u32::MAX), self.packed.len())?;
        let plain = bounded(lengths >> 32, PIECE_BYTES_MAX)?;
        let at = self.position + HEAD_BYTES as u64;
        if self.file.read_at(at, &mut self.packed[..packed])? < packed {
            return Err(torn());
        }
        let (from, into) = (&self.packed[..packed], &mut self.plain[..plain]);
        let length = lz4_flex::block::decompress_into(from, into).map_err(broken)?;
        if length != plain {
            return Err(broken("a piece is shorter than it says"));
        }
        self.position = at + packed as u64;
        self.summary.take(&self.plain[..plain]);
        self.rest = 0..plain;
        Ok(true)
    }
}

fn length_bytes(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a piece is small").to_le_bytes()
}

/// A length that was read, if a piece can have it.
fn bounded(length: u64, max: usize) -> io::Result<usize> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if (1..=max).contains(&length) { Ok(length) } else { Err(broken("no piece has this length")) }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file ends inside a piece")
}

fn broken(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// A file of bytes.
    #[derive(Debug, Default)]
    struct Bytes(RefCell<Vec<u8>>);

    impl SegmentFile for Bytes {
        fn read_some_at(&self, position: u64, into: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.borrow();
            let from = bytes.get(usize::try_from(position).unwrap()..).unwrap_or_default();
            let count = from.len().min(into.len());
            into[..count].copy_from_slice(&from[..count]);
            Ok(count)
        }

        fn append_some(&self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn length_bytes(&self) -> io::Result<u64> {
            Ok(self.0.borrow().len() as u64)
        }

        fn write_some_at(&self, _: u64, _: &[u8]) -> io::Result<usize> {
            unreachable!("pieces are appended")
        }

        fn sync(&self) -> io::Result<()> {
            Ok(())
        }

        fn set_length(&self, _: u64) -> io::Result<()> {
            unreachable!("pieces are not cut")
        }

        fn drop_cached(&self) {}

        fn drop_cached_part(&self, _: u64, _: u64) {}
    }

    /// More than a piece of bytes that compress a little.
    fn plain() -> Vec<u8> {
        (0..PIECE_BYTES_MAX + 1_000).map(|at| (at * at).to_le_bytes()[1]).collect()
    }

    fn written(plain: &[u8]) -> (Vec<u8>, StreamSummary) {
        let file = Bytes::default();
        let mut writer = PieceWriter::new(&file);
        writer.write(plain).unwrap();
        let summary = writer.finish();
        (file.0.into_inner(), summary)
    }

    fn read(packed: Vec<u8>) -> io::Result<(Vec<u8>, StreamSummary)> {
        let mut reader = PieceReader::new(Bytes(RefCell::new(packed)), 0);
        let (mut plain, mut some) = (Vec::new(), [0; 777]);
        loop {
            match reader.read(&mut some)? {
                0 => return Ok((plain, reader.summary())),
                count => plain.extend_from_slice(&some[..count]),
            }
        }
    }

    #[test]
    fn what_was_written_is_read_with_the_same_summary() {
        let plain = plain();
        let (packed, summary) = written(&plain);
        assert_eq!(summary.bytes, plain.len() as u64);
        assert_eq!(read(packed).unwrap(), (plain, summary));
        let (nothing, summary) = written(&[]);
        assert_eq!(read(nothing).unwrap(), (Vec::new(), summary));
    }

    #[test]
    fn a_stream_that_ends_inside_a_piece_is_torn() {
        let (packed, _) = written(&plain()[..3_000]);
        for length in 1..packed.len() {
            let error = read(packed[..length].to_vec()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length} bytes");
        }
    }

    #[test]
    fn lengths_that_no_piece_has_are_refused() {
        let (packed, _) = written(&plain()[..3_000]);
        for (at, wrong) in [(0, 0), (0, u32::MAX), (4, 0), (4, u32::MAX), (4, 2_999), (4, 3_001)] {
            let mut changed = packed.clone();
            changed[at..at + 4].copy_from_slice(&u32::to_le_bytes(wrong));
            assert!(read(changed).is_err(), "{wrong} at {at}");
        }
        assert_eq!(packed[4..8], 3_000_u32.to_le_bytes());
    }

    #[test]
    fn a_changed_byte_is_an_error_or_shows_in_the_summary() {
        let plain = &plain()[..3_000];
        let (packed, summary) = written(plain);
        for at in 0..packed.len() {
            let mut changed = packed.clone();
            changed[at] ^= 1;
            // Where text repeats, a piece may say the same in other words.
            if let Ok((found, other)) = read(changed) {
                assert_eq!(found == plain, other == summary, "byte {at}");
            }
        }
    }
}
