//! Packed segments: mixed logs read like plain ones, a crash between any two steps of packing
//! changes nothing, and what is damaged is refused with file and offset.
#![cfg(target_os = "linux")]

#[path = "packed/breaking.rs"]
pub mod breaking;

#[path = "common/hooked.rs"]
pub mod hooked;
#[path = "common/program.rs"]
pub mod program;

use breaking::{BREAKING, Break, EIO, broke, names_at_syncs, plan, syncs_after};
use highwater::log_file::LogFile;
use highwater::recovery::scan;
use highwater::types::{LogPosition, SegmentNumber};
use highwater_platform::Platform;
use highwater_storage::{
    IoChoice, LogDirectory, LogOptions, PackFault, PackedReport, Packing, PackingStep, pack_segment,
};
use program::{Place, Random, number};
use runtime_linux::Linux;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Bytes of the segments of the logs here.
const SEGMENT_BYTES: usize = 256 << 10;

/// A stopped log of several segments.
struct Log {
    place: Place,
    last: u64,
}

impl Log {
    fn new(name: &str) -> Self {
        let place = Place::new("packed", name);
        place.done("run --data d --limit 12000 --segment-bytes 256K");
        let mut log = Self { place, last: 0 };
        log.last = log.segments().last().copied().unwrap();
        assert!(log.last >= 4, "{} segments", log.last);
        log
    }

    fn segments(&self) -> Vec<u64> {
        let number = |name: String| name.strip_suffix(".log")?.parse().ok();
        self.place.files("d").into_iter().filter_map(|(name, _)| number(name)).collect()
    }

    fn directory(&self) -> PathBuf {
        self.place.join("d")
    }

    fn plain(&self, segment: u64) -> PathBuf {
        self.directory().join(format!("{segment:016}.log"))
    }

    fn packed(&self, segment: u64) -> PathBuf {
        self.directory().join(format!("{segment:016}.packed"))
    }

    fn packing(&self, segment: u64) -> PathBuf {
        self.directory().join(format!("{segment:016}.packing"))
    }

    fn pack(&self, segment: u64) {
        let packed = pack_segment(Linux, &self.directory(), SegmentNumber(segment), || true);
        let report = packed.unwrap().expect("nobody stopped it");
        let file_bytes = fs::metadata(self.packed(segment)).unwrap().len();
        assert_eq!(report.packed_bytes, file_bytes);
        assert!(report.packed_bytes < report.plain_bytes / 2, "{report:?}");
    }

    /// Packs segment 2 as the plan breaks it.
    fn pack_breaking(&self) -> Result<Option<PackedReport>, PackFault> {
        pack_segment(BREAKING, &self.directory(), SegmentNumber(2), || true)
    }

    /// What replaying all of the log comes to, its hashes too.
    fn read(&self) -> String {
        self.place.done("verify --data d --json").stdout
    }

    /// Lets go of the directory: another test's process may hold the lock for an instant, which it
    /// was born with.
    fn close<P: Platform>(&self, directory: LogDirectory<P>) {
        drop(directory);
        while Linux.is_locked(&self.directory().join("lock")).unwrap() {
            std::thread::yield_now();
        }
    }

    /// The directory as a writer finds it.
    fn open(&self) -> LogDirectory<Linux> {
        let options = LogOptions { segment_bytes: SEGMENT_BYTES as u64, ..LogOptions::default() };
        LogDirectory::open(Linux, &self.directory(), &options).unwrap()
    }

    /// The directory as a reader finds it.
    fn open_to_read(&self) -> LogDirectory<Linux> {
        LogDirectory::open_read_only(Linux, &self.directory()).unwrap()
    }
}

#[test]
fn mixed_logs_read_like_plain_ones_and_go_on() {
    let log = Log::new("mixed");
    let read = || [log.read(), log.place.done("dump --data d --json").stdout];
    let plain = read();
    for segment in [2, 1, log.last - 1] {
        log.pack(segment);
        assert!(!log.plain(segment).exists());
        assert!(read() == plain, "with segment {segment} packed the log reads otherwise");
    }
    let more = "run --data d --limit 2000 --segment-bytes 256K";
    log.place.done(more);
    let gone_on = log.place.verified("d");
    assert!(number(&gone_on, "last_sequence") > 14_000);
}

#[test]
fn every_byte_reads_back_at_every_place() {
    let log = Log::new("bytes");
    let plain = fs::read(log.plain(2)).unwrap();
    log.pack(2);
    let mut reader = LogDirectory::open_read_only(Linux, &log.directory()).unwrap();
    let segment = SegmentNumber(2);
    assert_eq!(reader.segment_bytes(segment).unwrap(), Some(plain.len() as u64));
    let mut random = Random::new(5);
    for _ in 0..500 {
        let position = random.below(plain.len() as u64 + 5_000);
        let length = usize::try_from(random.below(200_000)).unwrap();
        let mut read = vec![0xee; length];
        let count = reader.read_at(segment, LogPosition(position), &mut read).unwrap();
        let from = plain.get(usize::try_from(position).unwrap()..).unwrap_or_default();
        let expected = &from[..from.len().min(length)];
        assert!(read[..count] == *expected, "{length} bytes at {position}");
    }
}

#[test]
fn a_crash_behind_any_step_leaves_a_log_that_reads_the_same() {
    let log = Log::new("steps");
    let plain = log.read();
    let files = log.place.files("d");
    let mut steps = Vec::new();
    for count in 0.. {
        log.place.fill("d", &files);
        let mut packing = Packing::begin(Linux, &log.directory(), SegmentNumber(2)).unwrap();
        let taken: Vec<_> = (0..count).map(|_| packing.step().unwrap()).collect();
        drop(packing);
        assert!(log.read() == plain, "behind {taken:?}");
        // The next start that accepts the log clears what is left, and it reads the same.
        let opened = log.open();
        let chain = scan(&mut log.open_to_read(), &mut vec![0; 1 << 16], &mut ()).unwrap();
        let renamed = opened.leftovers().renamed_segment(chain.chain().as_ref()).unwrap();
        assert_eq!(renamed, None, "behind {taken:?}");
        opened.clear_leftovers().unwrap();
        log.close(opened);
        assert!(!log.packing(2).exists(), "behind {taken:?}");
        assert!(log.read() == plain, "opened behind {taken:?}");
        let is_done = taken.last() == Some(&PackingStep::Done);
        assert_eq!(
            log.plain(2).exists(),
            !is_done && taken.last() != Some(&PackingStep::PlainRemoved)
        );
        if is_done {
            steps = taken;
            break;
        }
        // Packing it again comes to the same, whatever the crash left.
        if log.plain(2).exists() {
            log.pack(2);
        }
        assert!(log.read() == plain, "packed again behind {taken:?}");
    }
    steps.dedup();
    let expected = [
        PackingStep::Appended,
        PackingStep::Synced,
        PackingStep::Compared,
        PackingStep::Renamed,
        PackingStep::NameSynced,
        PackingStep::PlainRemoved,
        PackingStep::Done,
    ];
    assert_eq!(steps, expected, "the comparison comes before the name, the removal after it");
}

#[test]
fn a_fault_of_every_call_of_packing_leaves_the_log_as_it_was() {
    let log = Log::new("faults");
    let plain = log.read();
    let before = fs::read(log.plain(2)).unwrap();
    let mut steps = BTreeSet::new();
    for call in 0.. {
        plan(Break::Fail(call));
        let packed = log.pack_breaking();
        if !broke() {
            assert!(packed.unwrap().is_some());
            break;
        }
        assert_eq!(syncs_after(), 0, "call {call}: something is synced after a fault");
        let PackFault::System(step, EIO) = packed.unwrap_err() else {
            panic!("call {call}: {packed:?}");
        };
        steps.insert(format!("{step:?}"));
        assert!(!log.packing(2).exists(), "call {call}");
        assert!(log.read() == plain, "call {call}");
        // For the next round, what the fault came too late for.
        fs::write(log.plain(2), &before).unwrap();
    }
    assert!(log.read() == plain);
    let steps: Vec<_> = steps.iter().map(String::as_str).collect();
    assert_eq!(steps, ["Appended", "Compared", "Done", "NameSynced", "Synced"]);
}

#[test]
fn nothing_goes_before_what_takes_its_place_has_a_durable_name() {
    let log = Log::new("names");
    let has = |names: &[String], extension: &str| {
        names.contains(&format!("0000000000000002.{extension}"))
    };
    plan(Break::Nothing);
    log.pack_breaking().unwrap();
    let [named, removed] = &names_at_syncs()[..] else { panic!("two syncs of the directory") };
    assert!(has(named, "packed") && has(named, "log"), "{named:?}");
    assert!(has(removed, "packed") && !has(removed, "log"), "{removed:?}");
    for segment in 3..log.last {
        log.pack(segment);
    }
    let options = LogOptions { io: IoChoice::Append, ..LogOptions::default() };
    let mut directory = LogDirectory::open(BREAKING, &log.directory(), &options).unwrap();
    plan(Break::Nothing);
    directory.cut(SegmentNumber(2), LogPosition(40_960)).unwrap();
    let syncs = names_at_syncs();
    let first_plain = syncs.iter().find(|names| has(names, "log")).unwrap();
    assert!(has(first_plain, "packed"), "the packed one goes when the plain name is durable");
    assert!(!has(syncs.last().unwrap(), "packed"), "{syncs:?}");
}

#[test]
fn what_is_read_back_otherwise_is_not_named() {
    let log = Log::new("flips");
    let plain = log.read();
    // Every append: the header, the frames, the table.
    for append in 0.. {
        plan(Break::Flip(append));
        let packed = log.pack_breaking();
        if !broke() {
            assert!(packed.unwrap().is_some());
            assert_eq!(append, 6, "a header, four frames, a table");
            break;
        }
        assert_eq!(packed, Err(PackFault::Differs(SegmentNumber(2))), "append {append}");
        assert!(!log.packed(2).exists() && !log.packing(2).exists());
        assert!(log.read() == plain, "append {append}");
    }
}

#[test]
fn what_was_read_otherwise_is_not_packed() {
    let log = Log::new("flipped_reads");
    let plain = log.read();
    let before = fs::read(log.plain(2)).unwrap();
    let mut differs_count = 0;
    for read in 0.. {
        plan(Break::FlipRead(read));
        let packed = log.pack_breaking();
        assert!(!log.packing(2).exists());
        assert!(log.read() == plain, "read {read}: {packed:?}");
        differs_count += usize::from(packed == Err(PackFault::Differs(SegmentNumber(2))));
        if !broke() {
            break;
        }
        fs::write(log.plain(2), &before).unwrap();
    }
    // Every frame as it is packed and as it is compared, read back from the disk too.
    assert!(differs_count >= 12, "{differs_count}");
}

#[test]
fn a_fault_of_every_call_of_cutting_a_packed_segment_leaves_a_sound_log() {
    let log = Log::new("cut_faults");
    for segment in 1..log.last {
        log.pack(segment);
    }
    let files = log.place.files("d");
    let last_sequence = |log: &Log| number(&log.place.verified("d"), "last_sequence");
    let whole = last_sequence(&log);
    let options = LogOptions { io: IoChoice::Append, ..LogOptions::default() };
    let mut ends = BTreeSet::new();
    for call in 0.. {
        log.place.fill("d", &files);
        plan(Break::Nothing);
        let mut directory = LogDirectory::open(BREAKING, &log.directory(), &options).unwrap();
        plan(Break::Fail(call));
        let cut = directory.cut(SegmentNumber(2), LogPosition(40_960));
        log.close(directory);
        assert_eq!(cut.is_err(), broke(), "call {call}");
        let end = last_sequence(&log);
        assert!(end <= whole, "call {call}");
        ends.insert(end);
        // Whatever the fault left, the next cut ends at the same place.
        let mut directory = LogDirectory::open(Linux, &log.directory(), &options).unwrap();
        directory.cut(SegmentNumber(2), LogPosition(40_960)).unwrap();
        log.close(directory);
        ends.insert(last_sequence(&log));
        assert!(log.plain(2).exists() && !log.packed(2).exists());
        if cut.is_ok() {
            assert!(last_sequence(&log) == end, "it was cut already");
            break;
        }
    }
    assert!(ends.len() > 2, "{ends:?}");
}

#[test]
fn packing_stops_when_it_is_told_to() {
    let log = Log::new("told");
    let plain = log.read();
    let mut asked = 0;
    let packed = pack_segment(Linux, &log.directory(), SegmentNumber(2), || {
        asked += 1;
        asked < 4
    });
    assert_eq!((packed, asked), (Ok(None), 4));
    assert!(log.plain(2).exists() && !log.packed(2).exists() && !log.packing(2).exists());
    assert!(log.read() == plain);
}

#[test]
fn the_last_segment_and_missing_ones_are_not_packed() {
    let log = Log::new("last");
    let pack = |segment| pack_segment(Linux, &log.directory(), SegmentNumber(segment), || true);
    assert_eq!(pack(log.last), Err(PackFault::NotSealed(SegmentNumber(log.last))));
    assert_eq!(pack(log.last + 1), Err(PackFault::Missing(SegmentNumber(log.last + 1))));
    log.pack(1);
    assert_eq!(pack(1), Err(PackFault::Missing(SegmentNumber(1))));
}

#[test]
fn a_segment_whose_successor_has_no_header_is_not_packed() {
    let log = Log::new("successor");
    let next = log.plain(log.last);
    let length = fs::metadata(&next).unwrap().len();
    fs::write(&next, vec![0; usize::try_from(length).unwrap()]).unwrap();
    let before = SegmentNumber(log.last - 1);
    let packed = pack_segment(Linux, &log.directory(), before, || true);
    assert_eq!(packed, Err(PackFault::NotSealed(before)));
}

#[test]
fn zeros_at_the_end_cost_nothing() {
    let log = Log::new("zeros");
    let plain = fs::read(log.plain(2)).unwrap();
    log.pack(2);
    let packed_bytes = fs::metadata(log.packed(2)).unwrap().len();
    // The same segment, a thousand times as long: what follows is zeros.
    fs::remove_file(log.packed(2)).unwrap();
    let mut longer = plain.clone();
    longer.resize(1_000 * plain.len(), 0);
    fs::write(log.plain(2), &longer).unwrap();
    log.pack(2);
    assert_eq!(fs::metadata(log.packed(2)).unwrap().len(), packed_bytes);
    let mut reader = LogDirectory::open_read_only(Linux, &log.directory()).unwrap();
    assert_eq!(reader.segment_bytes(SegmentNumber(2)).unwrap(), Some(longer.len() as u64));
    let mut read = vec![1; plain.len() + 4_096];
    let count = reader.read_at(SegmentNumber(2), LogPosition(4_096), &mut read).unwrap();
    assert!(read[..count] == longer[4_096..4_096 + read.len()]);
}

#[test]
fn where_both_files_are_the_plain_one_is_read() {
    let log = Log::new("both");
    let plain = log.read();
    let bytes = fs::read(log.plain(2)).unwrap();
    log.pack(2);
    fs::write(log.plain(2), bytes).unwrap();
    fs::write(log.packed(2), "not a packed segment").unwrap();
    assert!(log.read() == plain);
    log.pack(2);
    assert!(log.read() == plain);
}

#[test]
fn a_packed_segment_is_cut_like_a_plain_one() {
    for io in ["append", "auto"] {
        let log = Log::new(&format!("cut_{io}"));
        let bytes = fs::read(log.plain(2)).unwrap();
        for segment in 2..log.last {
            log.pack(segment);
        }
        let io = if io == "append" { IoChoice::Append } else { IoChoice::Auto };
        let options = LogOptions { io, segment_bytes: SEGMENT_BYTES as u64, ..Default::default() };
        let mut directory = LogDirectory::open(Linux, &log.directory(), &options).unwrap();
        directory.cut(SegmentNumber(2), LogPosition(40_960)).unwrap();
        let mut read = vec![1; SEGMENT_BYTES];
        let count = directory.read_at(SegmentNumber(2), LogPosition(0), &mut read).unwrap();
        assert!(read[..40_960] == bytes[..40_960]);
        assert!(read[40_960..count].iter().all(|byte| *byte == 0));
        let segments = directory.segments().unwrap();
        assert_eq!(segments, Some((SegmentNumber(1), SegmentNumber(2))));
        assert!(log.plain(2).exists() && !log.packed(2).exists() && !log.packed(3).exists());
    }
}

#[test]
fn every_damaged_byte_is_refused_with_file_and_offset() {
    let log = Log::new("damage");
    log.pack(2);
    let whole = fs::read(log.packed(2)).unwrap();
    let mut random = Random::new(11);
    let mut places: Vec<u64> = (0..64).collect();
    places.extend((whole.len() - 40..whole.len()).map(|at| at as u64));
    places.extend((0..20).map(|_| random.below(whole.len() as u64)));
    for at in places {
        let mut damaged = whole.clone();
        damaged[usize::try_from(at).unwrap()] ^= 1 << random.below(8);
        fs::write(log.packed(2), damaged).unwrap();
        let sign =
            if at < 64 { "the header of the packed segment is not whole" } else { "not whole" };
        log.assert_refused(&format!("byte {at}"), sign);
    }
    for length in [0, 1, 63, 64, 65, whole.len() / 2, whole.len() - 1] {
        fs::write(log.packed(2), &whole[..length]).unwrap();
        log.assert_refused(&format!("cut at {length}"), "");
    }
    // The table has four lines of 8 bytes and its checksum.
    let (frames, table) = whole.split_at(whole.len() - 36);
    for longer in [[&whole, [0].as_slice()].concat(), [frames, &[0], table].concat()] {
        fs::write(log.packed(2), longer).unwrap();
        log.assert_refused("a byte more", "");
    }
    fs::write(log.packed(2), whole).unwrap();
    fs::copy(log.packed(2), log.packed(3)).unwrap();
    fs::remove_file(log.plain(3)).unwrap();
    let refused = log.place.call("verify --data d").expect_code(1);
    refused.expect_said("0000000000000003.packed: offset 0: it holds segment 2");
}

impl Log {
    fn assert_refused(&self, about: &str, sign: &str) {
        let ended = self.place.call("run --data d --limit 1");
        assert_eq!(ended.code, Some(1), "{about}: {ended:?}");
        let is_said = ended.stderr.contains("corrupt: d/0000000000000002.packed: offset ")
            && ended.stderr.contains(sign);
        assert!(is_said, "{about}: {ended:?}");
    }
}
