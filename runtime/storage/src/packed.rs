//! Packed segments: a sealed segment as frames that are compressed one by one, and a table that
//! finds the frame of any position.
//!
//! `docs/log-format.md` has the bytes. Every length that is read is compared with the limits and
//! with the length of the file before anything is allocated by it; every byte is covered by a
//! checksum. What is wrong is an error of the kind `InvalidData` that holds a [`PackedDamage`].

use super::layout::DirectoryLayout;
use highwater::checksum::checksum;
use highwater::limits::{BLOCK_BYTES, SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
use highwater::types::SegmentNumber;
use highwater_platform::{Platform, SegmentFile};
use std::fmt;
use std::io;
use std::path::Path;

/// Plain bytes of a frame, as they are written; a reader takes what the header says.
pub(super) const FRAME_BYTES: usize = 64 << 10;
/// The largest frame that is read.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// What every packed segment begins with.
const MAGIC: [u8; 4] = *b"HWPK";
/// The version of the format of packed segments.
const VERSION: u32 = 1;
/// LZ4, in its block format.
const ALGORITHM_LZ4: u32 = 1;

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 64;
/// Bytes of a frame's line in the table.
const ENTRY_BYTES: usize = 8;
/// Bytes of the checksum behind the table's lines.
const TABLE_SEAL_BYTES: usize = 4;

/// What the header of a packed segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedHeader {
    /// The segment's number.
    pub(super) segment: SegmentNumber,
    /// Length of the plain segment in bytes.
    pub(super) plain_bytes: u64,
    /// Length of its part that frames hold: everything behind is zeros.
    pub(super) filled_bytes: u64,
    /// Plain bytes of every frame but the last.
    pub(super) frame_bytes: usize,
}

/// Where a packed file is not what was written, and what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedDamage {
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What shows it.
    pub sign: DamageSign,
}

/// What shows that a packed file is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageSign {
    /// The header is not whole, or says what no header says.
    Header,
    /// The file is of a version that this program does not know.
    Version(u32),
    /// The file is compressed in a way that this program does not know.
    Algorithm(u32),
    /// The file holds a segment of another number.
    Segment(SegmentNumber),
    /// The file is shorter or longer than its frames and its table.
    Length,
    /// The table of frames is not whole.
    Table,
    /// A frame is not whole.
    Frame,
}

/// A packed segment that is open for reading.
#[derive(Debug)]
pub(super) struct PackedSegment<S> {
    file: S,
    header: PackedHeader,
    frames: Vec<Frame>,
    /// Scratch room for the bytes of a frame as they are stored.
    stored: Vec<u8>,
}

/// A frame, as the table has it.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Where in the file it begins.
    offset: u64,
    stored_bytes: usize,
    checksum: u32,
}

impl<S: SegmentFile> PackedSegment<S> {
    /// Opens the file of a packed segment and reads its header and table.
    pub(super) fn open<P: Platform<Segment = S>>(
        platform: P,
        path: &Path,
        segment: SegmentNumber,
    ) -> io::Result<Self> {
        let file = platform.open_to_read(path)?;
        let length = file.length_bytes()?;
        let mut bytes = [0; HEADER_BYTES];
        if file.read_at(0, &mut bytes)? < HEADER_BYTES {
            return Err(damage(length, DamageSign::Length));
        }
        let header = PackedHeader::decode(&bytes)?;
        if header.segment != segment {
            return Err(damage(0, DamageSign::Segment(header.segment)));
        }
        let frames = read_table(&file, &header, &bytes, length)?;
        Ok(Self { file, header, frames, stored: Vec::new() })
    }

    /// What the header says.
    pub(super) fn header(&self) -> &PackedHeader {
        &self.header
    }

    /// Number of frames.
    pub(super) fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// The plain bytes of a frame.
    ///
    /// # Panics
    /// If there is no such frame.
    pub(super) fn frame(&mut self, index: usize) -> io::Result<Vec<u8>> {
        let frame = self.frames[index];
        let wrong = || damage(frame.offset, DamageSign::Frame);
        self.stored.resize(frame.stored_bytes, 0);
        if self.file.read_at(frame.offset, &mut self.stored)? < frame.stored_bytes
            || checksum(&[&self.stored]) != frame.checksum
        {
            return Err(wrong());
        }
        let plain_bytes = self.header.frame_length(index);
        if frame.stored_bytes == plain_bytes {
            return Ok(self.stored.clone());
        }
        let mut plain = vec![0; plain_bytes];
        match lz4_flex::block::decompress_into(&self.stored, &mut plain) {
            Ok(length) if length == plain_bytes => Ok(plain),
            Ok(_) | Err(_) => Err(wrong()),
        }
    }

    /// Asks the system to forget its copy of the file.
    pub(super) fn drop_cached(&self) {
        self.file.drop_cached();
    }
}

impl PackedHeader {
    /// How many frames hold the segment.
    pub(super) fn frame_count(&self) -> u64 {
        self.filled_bytes.div_ceil(self.frame_bytes as u64)
    }

    /// Plain bytes of a frame: all are full but the last.
    fn frame_length(&self, index: usize) -> usize {
        let left = self.filled_bytes - (index * self.frame_bytes) as u64;
        usize::try_from(left).map_or(self.frame_bytes, |left| left.min(self.frame_bytes))
    }

    /// The header's bytes.
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let frame_bytes = u32::try_from(self.frame_bytes).expect("a frame is small");
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&ALGORITHM_LZ4.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.segment.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.plain_bytes.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.filled_bytes.to_le_bytes());
        bytes[40..44].copy_from_slice(&frame_bytes.to_le_bytes());
        let seal = checksum(&[&bytes[..4], &bytes[8..]]);
        bytes[4..8].copy_from_slice(&seal.to_le_bytes());
        bytes
    }

    /// Reads a header that a program can have written.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES]) -> io::Result<Self> {
        let is_whole = checksum(&[&bytes[..4], &bytes[8..]]) == u32_at(bytes, 4);
        if bytes[..4] != MAGIC || !is_whole {
            return Err(damage(0, DamageSign::Header));
        }
        let (version, algorithm) = (u32_at(bytes, 8), u32_at(bytes, 12));
        if version != VERSION {
            return Err(damage(8, DamageSign::Version(version)));
        }
        if algorithm != ALGORITHM_LZ4 {
            return Err(damage(12, DamageSign::Algorithm(algorithm)));
        }
        let header = Self {
            segment: SegmentNumber(u64_at(bytes, 16)),
            plain_bytes: u64_at(bytes, 24),
            filled_bytes: u64_at(bytes, 32),
            frame_bytes: usize::try_from(u32_at(bytes, 40)).unwrap_or(usize::MAX),
        };
        let is_possible = header.is_possible() && bytes[44..].iter().all(|byte| *byte == 0);
        is_possible.then_some(header).ok_or_else(|| damage(0, DamageSign::Header))
    }

    fn is_possible(&self) -> bool {
        let block = BLOCK_BYTES as u64;
        (SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&self.plain_bytes)
            && self.plain_bytes.is_multiple_of(block)
            && self.filled_bytes <= self.plain_bytes
            && self.filled_bytes.is_multiple_of(block)
            && (BLOCK_BYTES..=FRAME_BYTES_MAX).contains(&self.frame_bytes)
            && self.frame_bytes.is_multiple_of(BLOCK_BYTES)
    }
}

/// Reads the table at the end of a packed file of `length` bytes.
fn read_table(
    file: &impl SegmentFile,
    header: &PackedHeader,
    header_bytes: &[u8; HEADER_BYTES],
    length: u64,
) -> io::Result<Vec<Frame>> {
    let table_bytes = header.frame_count() * ENTRY_BYTES as u64 + TABLE_SEAL_BYTES as u64;
    let begin = length
        .checked_sub(table_bytes)
        .filter(|begin| *begin >= HEADER_BYTES as u64)
        .ok_or_else(|| damage(length, DamageSign::Length))?;
    // The file is at least that long, so no header makes this larger than what is there.
    let mut table = vec![0; usize::try_from(table_bytes).map_err(io::Error::other)?];
    if file.read_at(begin, &mut table)? < table.len() {
        return Err(damage(length, DamageSign::Length));
    }
    let (entries, seal) = table.split_at(table.len() - TABLE_SEAL_BYTES);
    if checksum(&[header_bytes, entries]) != u32_at(seal, 0) {
        return Err(damage(begin, DamageSign::Table));
    }
    let mut offset = HEADER_BYTES as u64;
    let mut frames = Vec::with_capacity(entries.len() / ENTRY_BYTES);
    for (index, entry) in entries.chunks_exact(ENTRY_BYTES).enumerate() {
        let stored_bytes = u32_at(entry, 0);
        frames.push(Frame {
            offset,
            stored_bytes: usize::try_from(stored_bytes)
                .ok()
                .filter(|stored| (1..=header.frame_length(index)).contains(stored))
                .ok_or_else(|| damage(begin + (index * ENTRY_BYTES) as u64, DamageSign::Table))?,
            checksum: u32_at(entry, 4),
        });
        offset += u64::from(stored_bytes);
    }
    if offset == begin { Ok(frames) } else { Err(damage(begin, DamageSign::Length)) }
}

/// Makes frames and the table of a packed segment; whoever uses it writes them.
#[derive(Debug)]
pub(super) struct Packer {
    header_bytes: [u8; HEADER_BYTES],
    entries: Vec<u8>,
    stored: Vec<u8>,
}

impl Packer {
    /// For a segment with this header.
    pub(super) fn new(header: &PackedHeader) -> Self {
        let stored = vec![0; lz4_flex::block::get_maximum_output_size(header.frame_bytes)];
        Self { header_bytes: header.encode(), entries: Vec::new(), stored }
    }

    /// The stored bytes of the next frame. One that compression does not shorten is stored as it
    /// is.
    pub(super) fn pack<'p>(&'p mut self, plain: &'p [u8]) -> &'p [u8] {
        let stored = match lz4_flex::block::compress_into(plain, &mut self.stored) {
            Ok(length) if length < plain.len() => &self.stored[..length],
            Ok(_) | Err(_) => plain,
        };
        let length = u32::try_from(stored.len()).expect("a frame is small");
        self.entries.extend(length.to_le_bytes());
        self.entries.extend(checksum(&[stored]).to_le_bytes());
        stored
    }

    /// The table behind the frames.
    pub(super) fn table(mut self) -> Vec<u8> {
        let seal = checksum(&[&self.header_bytes, &self.entries]);
        self.entries.extend(seal.to_le_bytes());
        self.entries
    }
}

/// The first packed segment in a directory that is not what was written: its file, the place and
/// what shows it, as a sentence begins. Reads all of them.
pub fn packed_damage<P: Platform>(platform: P, directory: &Path) -> Option<String> {
    let layout = DirectoryLayout::new(directory);
    let packed = layout.list().ok()?.packed;
    packed.into_iter().find_map(|segment| {
        let path = layout.packed(segment);
        let error = read_whole(platform, &path, segment).err()?;
        let damage = error.get_ref()?.downcast_ref::<PackedDamage>()?;
        Some(format!("{}: {damage}", path.display()))
    })
}

fn read_whole<P: Platform>(platform: P, path: &Path, segment: SegmentNumber) -> io::Result<()> {
    let mut packed = PackedSegment::open(platform, path, segment)?;
    (0..packed.frame_count()).try_for_each(|index| packed.frame(index).map(drop))
}

fn damage(offset: u64, sign: DamageSign) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, PackedDamage { offset, sign })
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

impl fmt::Display for PackedDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: ", self.offset)?;
        match self.sign {
            DamageSign::Header => f.write_str("the header of the packed segment is not whole"),
            DamageSign::Version(version) => {
                write!(f, "it is packed in version {version}, which this program does not know")
            }
            DamageSign::Algorithm(number) => {
                write!(f, "it is packed by algorithm {number}, which this program does not know")
            }
            DamageSign::Segment(segment) => write!(f, "it holds segment {segment}"),
            DamageSign::Length => f.write_str("the file does not end where its table says"),
            DamageSign::Table => f.write_str("the table of frames is not whole"),
            DamageSign::Frame => f.write_str("a frame is not whole"),
        }
    }
}

impl std::error::Error for PackedDamage {}
