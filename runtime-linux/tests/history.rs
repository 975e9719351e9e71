//! Reads of history go through one bounded cache, which never serves what has changed since.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;

use highwater::log_file::LogFile;
use highwater::record::Record;
use highwater::recovery::{RecoveryFault, Visitor, scan};
use highwater::types::{LogPosition, SegmentNumber};
use highwater_storage::history_cache::{CHUNK_BYTES, HistoryCache};
use highwater_storage::{LogDirectory, pack_segment};
use program::{Random, TestDir};
use runtime_linux::Linux;
use rustix::process::Signal;
use std::fs;
use std::sync::Arc;

const CHUNK: u64 = CHUNK_BYTES as u64;

/// A stopped log of segments of 256 KiB.
fn stopped(name: &str) -> TestDir {
    let place = TestDir::new("history", name);
    place.done("run --data d --limit 12000 --segment-bytes 256K");
    place
}

fn reader(place: &TestDir, cache: &Arc<HistoryCache>) -> LogDirectory<Linux> {
    LogDirectory::open_with_cache(Linux, &place.join("d"), cache.clone()).unwrap()
}

fn read(log: &mut LogDirectory<Linux>, segment: u64, position: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0xee; length];
    let position = LogPosition(position);
    let count = log.read_at(SegmentNumber(segment), position, &mut bytes).unwrap();
    bytes.truncate(count);
    bytes
}

/// All records of a log.
#[derive(Debug, Default, PartialEq, Eq)]
struct Records(Vec<Record>);

impl Visitor for Records {
    fn record(&mut self, record: &Record) -> Result<(), RecoveryFault> {
        self.0.push(*record);
        Ok(())
    }
}

fn records(log: &mut LogDirectory<Linux>) -> Records {
    let mut records = Records::default();
    scan(log, &mut vec![0; 1 << 20], &mut records).unwrap();
    records
}

#[test]
fn what_was_read_is_not_read_again() {
    let place = stopped("hits");
    for is_packed in [false, true] {
        if is_packed {
            pack_segment(Linux, &place.join("d"), SegmentNumber(1), || true).unwrap();
        }
        let cache = Arc::new(HistoryCache::default());
        let mut log = reader(&place, &cache);
        let first = read(&mut log, 1, 4_096, 100);
        assert_eq!(cache.totals().miss_count, 1);
        assert!(cache.totals().held_bytes <= CHUNK);
        assert_eq!(read(&mut log, 1, 4_096, 100), first);
        assert_eq!((cache.totals().hit_count, cache.totals().miss_count), (1, 1));
        // Three chunks, of which the first is there.
        assert_eq!(read(&mut log, 1, 100, 2 * CHUNK_BYTES).len(), 2 * CHUNK_BYTES);
        assert_eq!((cache.totals().hit_count, cache.totals().miss_count), (2, 3));
        // Another reader of the same log finds what this one read.
        let mut other = reader(&place, &cache);
        assert_eq!(read(&mut other, 1, 4_096, 100), first);
        assert_eq!((cache.totals().hit_count, cache.totals().miss_count), (3, 3));
    }
}

#[test]
fn the_cache_keeps_its_bound_and_changes_no_byte() {
    let place = stopped("bound");
    let plain = fs::read(place.join("d/0000000000000002.log")).unwrap();
    pack_segment(Linux, &place.join("d"), SegmentNumber(1), || true).unwrap();
    for capacity_bytes in [0, 1, CHUNK, 3 * CHUNK, 1 << 30] {
        let cache = Arc::new(HistoryCache::new(capacity_bytes));
        let mut log = reader(&place, &cache);
        let whole = records(&mut log);
        let mut random = Random::new(3);
        for _ in 0..200 {
            let position = random.below(plain.len() as u64);
            let length = usize::try_from(random.below(150_000)).unwrap();
            let bytes = read(&mut log, 2, position, length);
            let from = usize::try_from(position).unwrap();
            assert!(bytes == plain[from..plain.len().min(from + length)]);
            assert!(cache.totals().held_bytes <= capacity_bytes);
        }
        assert_eq!(records(&mut log), whole);
        if capacity_bytes == 0 {
            assert_eq!(cache.totals().hit_count, 0);
        }
    }
}

#[test]
fn the_segment_that_may_still_change_is_never_kept() {
    let place = stopped("last");
    let cache = Arc::new(HistoryCache::default());
    let mut log = reader(&place, &cache);
    let (_, last) = log.segments().unwrap().unwrap();
    read(&mut log, last.0, 4_096, 4_096);
    let totals = cache.totals();
    assert_eq!((totals.hit_count, totals.miss_count, totals.held_bytes), (0, 0, 0));
    // Its bytes change, and the next read sees it.
    let path = place.join(&format!("d/{last:016}.log"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[5_000] ^= 0xff;
    fs::write(&path, &bytes).unwrap();
    assert!(read(&mut log, last.0, 4_096, 4_096) == bytes[4_096..8_192]);
}

#[test]
fn a_successor_that_vouches_for_nothing_seals_nothing() {
    let place = stopped("unvouched");
    let next = place.join("d/0000000000000003.log");
    let mut bytes = fs::read(&next).unwrap();
    // The header says that nothing was durable when it was begun, and is whole.
    bytes[72..88].fill(0);
    let block = &mut bytes[..4_096];
    let seal = highwater::checksum::checksum(&[&block[..4], &block[8..]]);
    block[4..8].copy_from_slice(&seal.to_le_bytes());
    fs::write(&next, &bytes).unwrap();
    let cache = Arc::new(HistoryCache::default());
    let mut log = reader(&place, &cache);
    read(&mut log, 1, 4_096, 4_096);
    assert_eq!(cache.totals().miss_count, 1, "segment 2's header vouches for segment 1");
    fs::remove_file(place.join("d/0000000000000004.log")).unwrap();
    read(&mut log, 2, 4_096, 4_096);
    assert_eq!(cache.totals().miss_count, 1, "segment 3's header does not for segment 2");
}

#[test]
fn a_reader_that_lives_beside_a_growing_log_sees_all_of_it() {
    let place = TestDir::new("history", "growing");
    let run = "run --data d --limit 100000000 --acks acks --rate 20000 --segment-bytes 128K";
    let cache = Arc::new(HistoryCache::new(1 << 20));
    let mut log = None;
    let mut seen = Records::default();
    for life in 0..3 {
        let mut engine = place.start(run);
        for _ in 0..4 {
            let acked = place.highest_ack("acks");
            engine.until(|| place.highest_ack("acks") > acked + 1_000);
            assert!(!engine.has_ended());
            let log = log.get_or_insert_with(|| reader(&place, &cache));
            let acked = place.highest_ack("acks");
            let now = records(log);
            assert!(now.0.starts_with(&seen.0), "what was durable stays as it was");
            assert!(
                now.0.len() as u64 > acked,
                "{acked} are acknowledged, {} are seen",
                now.0.len()
            );
            // What the last append of a killed engine left may be gone in the next life.
            let kept = now.0.len() - now.0.len().min(100);
            seen = Records(now.0[..kept].to_vec());
        }
        engine.signal(if life == 1 { Signal::KILL } else { Signal::INT });
        engine.wait();
    }
    let mut fresh = reader(&place, &Arc::default());
    assert_eq!(records(&mut log.unwrap()), records(&mut fresh));
    let totals = cache.totals();
    assert!(totals.hit_count > 0 && totals.miss_count > 0, "{totals:?}");
}
