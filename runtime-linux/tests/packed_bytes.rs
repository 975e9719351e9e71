//! Whatever bytes stand in a packed file, reading it neither panics nor takes memory by a length
//! that it read.
//!
//! One test in a file of its own, because it measures the memory of the process.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater::checksum::checksum;
use highwater::log_file::LogFile;
use highwater::types::{LogPosition, SegmentNumber};
use highwater_storage::{LogDirectory, pack_segment};
use program::{Random, TestDir, count_from_environment};
use runtime_linux::Linux;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that are made up; `HIGHWATER_PACKED` sets another number.
const FILES: u64 = 3_000;
/// Memory that reading them may take on top: what a whole one takes, and room for chance. The
/// lengths that are made up go up to 2^64.
const ROOM_BYTES: u64 = 64 << 20;

const HEADER_BYTES: usize = 64;
const SEGMENT: SegmentNumber = SegmentNumber(2);

/// The largest memory that this process ever had, in bytes, touched or not.
fn memory_bytes_max() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    let kibibytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    kibibytes << 10
}

/// Reads the packed segment from one end to the other; tells whether it could be.
fn reads(directory: &Path, buffer: &mut [u8]) -> bool {
    let mut log = LogDirectory::open_read_only(Linux, directory).unwrap();
    let Ok(Some(length)) = log.segment_bytes(SEGMENT) else {
        return false;
    };
    assert!(length <= 1 << 40, "no longer than a segment may be");
    let mut position = 0;
    // Zeros at the end are not in the file, and there may be much of them.
    while position < length.min(1 << 24) {
        match log.read_at(SEGMENT, LogPosition(position), buffer) {
            Ok(0) => panic!("{position} of {length} and nothing more"),
            Ok(count) => position += count as u64,
            Err(_) => return false,
        }
    }
    let mut last = [0; 512];
    log.read_at(SEGMENT, LogPosition(length - 512), &mut last).is_ok()
        && log.read_at(SEGMENT, LogPosition(length), &mut last) == Ok(0)
}

/// Changes some of a packed file, and completes the checksums as who wants to do harm would.
fn change(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        match random.below(6) {
            // A field of the header, often with a number that is special.
            0 | 1 => {
                let at = 8 + 4 * usize::try_from(random.below(14)).unwrap();
                let number = match random.below(6) {
                    0 => 0,
                    1 => u32::MAX,
                    2 => 1 << random.below(32),
                    3 => 4_096 * u32::try_from(random.below(300)).unwrap(),
                    _ => u32::try_from(random.below(1 << 32)).unwrap(),
                };
                bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
            // A line of the table.
            2 => {
                let back = 4 + 4 * usize::try_from(1 + random.below(12)).unwrap();
                let at = bytes.len().saturating_sub(back).max(HEADER_BYTES);
                let number = u32::try_from(random.below(1 << 32)).unwrap() >> random.below(32);
                if let Some(field) = bytes.get_mut(at..at + 4) {
                    field.copy_from_slice(&number.to_le_bytes());
                }
            }
            // A byte of a frame, whose checksum is completed too.
            3 => {
                let at = HEADER_BYTES + usize::try_from(random.below(bytes.len() as u64)).unwrap();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(random.below(256)).unwrap();
                }
            }
            4 => bytes.truncate(usize::try_from(random.below(bytes.len() as u64)).unwrap()),
            _ => bytes.extend(random.bytes(40)),
        }
        if bytes.len() < HEADER_BYTES {
            bytes.resize(HEADER_BYTES, 0);
        }
    }
    if random.below(8) > 0 {
        complete(bytes);
    }
}

/// Makes the checksums right, as far as header and table can be found.
fn complete(bytes: &mut [u8]) {
    let seal = checksum(&[&bytes[..4], &bytes[8..HEADER_BYTES]]);
    bytes[4..8].copy_from_slice(&seal.to_le_bytes());
    let filled = u64::from_le_bytes(bytes[32..40].try_into().unwrap());
    let frame = u64::from(u32::from_le_bytes(bytes[40..44].try_into().unwrap()));
    let table = filled.checked_div(frame).map(|count| count + u64::from(filled % frame > 0));
    let table = table.and_then(|count| count.checked_mul(8)).unwrap_or(u64::MAX);
    let Some(begin) = (bytes.len() as u64 - 4).checked_sub(table) else { return };
    let begin = usize::try_from(begin).unwrap();
    if begin < HEADER_BYTES {
        return;
    }
    let mut at = HEADER_BYTES;
    for line in (begin..bytes.len() - 4).step_by(8) {
        let stored = u32::from_le_bytes(bytes[line..line + 4].try_into().unwrap());
        let end = at.saturating_add(usize::try_from(stored).unwrap());
        let Some(frame) = bytes.get(at..end) else { break };
        let seal = checksum(&[frame]);
        bytes[line + 4..line + 8].copy_from_slice(&seal.to_le_bytes());
        at = end;
    }
    let end = bytes.len() - 4;
    let seal = checksum(&[&bytes[..HEADER_BYTES], &bytes[begin..end]]);
    bytes[end..].copy_from_slice(&seal.to_le_bytes());
}

/// The header of the largest segment in the smallest frames, and nothing behind it.
fn largest_header() -> Vec<u8> {
    let mut bytes = one_frame(&[]);
    for field in [24, 32] {
        bytes[field..field + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    }
    complete(&mut bytes);
    bytes
}

/// A packed segment of two blocks, of which the first is stored as these bytes.
fn one_frame(stored: &[u8]) -> Vec<u8> {
    let mut bytes = b"HWPK".to_vec();
    for number in [0, 1, 1, 2_u32, 0, 8_192, 0, 4_096, 0, 4_096, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(stored);
    bytes.extend(u32::try_from(stored.len()).unwrap().to_le_bytes());
    bytes.extend([0; 8]);
    complete(&mut bytes);
    bytes
}

/// LZ4 of so many sevens that repeats none of them.
fn literal(length: usize) -> Vec<u8> {
    let mut bytes = vec![0xf0];
    bytes.extend(vec![255; (length - 15) / 255]);
    bytes.push(u8::try_from((length - 15) % 255).unwrap());
    bytes.extend(vec![7; length]);
    bytes
}

fn path(place: &TestDir) -> PathBuf {
    place.join("d").join("0000000000000002.packed")
}

#[test]
fn no_bytes_make_a_reader_panic_or_take_more_memory_than_the_file_has() {
    let place = TestDir::new("packed_bytes", "files");
    place.done("run --data d --limit 12000 --segment-bytes 256K");
    let directory = place.join("d");
    pack_segment(Linux, &directory, SEGMENT, || true).unwrap();
    let whole = fs::read(path(&place)).unwrap();
    let mut buffer = vec![0; 1 << 20];
    assert!(reads(&directory, &mut buffer));
    for (stored, is_read) in [(literal(4_096), false), (vec![7; 4_096], true)] {
        fs::write(path(&place), one_frame(&stored)).unwrap();
        let is_so = reads(&directory, &mut buffer) == is_read;
        assert!(is_so, "no frame is stored in more bytes than it has: {}", stored.len());
    }
    let memory_before = memory_bytes_max();
    fs::write(path(&place), largest_header()).unwrap();
    assert!(!reads(&directory, &mut buffer), "there is no table of 2 GiB behind it");
    let mut random = Random::new(1);
    let mut read_count = 0;
    let files = count_from_environment("HIGHWATER_PACKED", FILES);
    for _ in 0..files {
        let mut bytes = whole.clone();
        change(&mut bytes, &mut random);
        fs::write(path(&place), bytes).unwrap();
        read_count += u64::from(reads(&directory, &mut buffer));
    }
    // Some are right by chance, and with right checksums many headers are: both ways are taken.
    assert!(read_count > 0 && read_count < files, "{read_count} of {files} can be read");
    let grown = memory_bytes_max() - memory_before;
    assert!(grown < ROOM_BYTES, "reading took {grown} bytes more");
}
