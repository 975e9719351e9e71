//! The log in a data directory on a real file system: both modes, crashes between steps, and
//! faults.
#![cfg(target_os = "linux")]

#[path = "log_directory/inside.rs"]
mod inside;
#[path = "log_directory/writers.rs"]
mod writers;

use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};
use highwater_platform::{IoMode, Keeper, Platform, SegmentFile};
use highwater_storage::{IoChoice, LogDirectory, LogOptions, SpareFault};
use runtime_linux::Linux;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};

const BLOCK: u64 = BLOCK_BYTES as u64;
const SEGMENT_BYTES: u64 = 16 * BLOCK;
const FIRST: SegmentNumber = SegmentNumber(1);
const SECOND: SegmentNumber = SegmentNumber(2);

/// A block where the system wants blocks for direct I/O.
#[repr(align(4096))]
struct Block([u8; BLOCK_BYTES]);

fn block(fill: u8) -> Box<Block> {
    Box::new(Block([fill; BLOCK_BYTES]))
}

/// An empty place of this name below the build directory, which is on a disk where the checkout is.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log_directory").join(name);
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    fs::create_dir_all(&place).unwrap();
    place
}

/// The modes that the build directory's file system takes; what is left out is said once.
fn modes() -> &'static [IoChoice] {
    static MODES: OnceLock<Vec<IoChoice>> = OnceLock::new();
    MODES.get_or_init(|| {
        // A test runner may give each test a process, and several of them look at the same time.
        let place = place(&format!("modes_{}", std::process::id()));
        let opened =
            LogDirectory::open(Linux, &place.join("data"), &options(IoChoice::Direct)).map(drop);
        fs::remove_dir_all(&place).unwrap();
        match opened {
            Ok(()) => vec![IoChoice::Direct, IoChoice::Append],
            Err(error) => {
                println!("direct I/O is not tested: {error}");
                vec![IoChoice::Append]
            }
        }
    })
}

fn takes_direct_io() -> bool {
    modes().contains(&IoChoice::Direct)
}

fn options(io: IoChoice) -> LogOptions {
    LogOptions { segment_bytes: SEGMENT_BYTES, io, ..LogOptions::default() }
}

fn open(directory: &Path, io: IoChoice) -> LogDirectory<Linux> {
    LogDirectory::open(Linux, directory, &options(io)).unwrap()
}

/// Begins the first segment with a header of 1s and appends blocks filled with 2, 3 ... up to
/// `last`.
fn written(directory: &Path, io: IoChoice, last: u8) -> LogDirectory<Linux> {
    let mut log = open(directory, io);
    log.begin(FIRST, SEGMENT_BYTES, &block(1).0).unwrap();
    append(&mut log, BLOCK, 2..=last);
    log
}

fn append(log: &mut LogDirectory<Linux>, mut position: u64, fills: impl Iterator<Item = u8>) {
    for fill in fills {
        log.append(LogPosition(position), &block(fill).0).unwrap();
        position += BLOCK;
    }
    log.sync().unwrap();
}

/// The byte that each block of a segment is filled with, trailing zeros left out.
fn fills(log: &mut LogDirectory<Linux>, segment: SegmentNumber) -> Vec<u8> {
    let length = log.segment_bytes(segment).unwrap().unwrap();
    let mut bytes = vec![0xff; usize::try_from(length).unwrap()];
    assert_eq!(log.read_at(segment, LogPosition(0), &mut bytes).unwrap(), bytes.len());
    let uniform = |block: &[u8]| block.iter().all(|byte| *byte == block[0]);
    let mut fills: Vec<u8> = bytes
        .chunks(BLOCK_BYTES)
        .inspect(|block| assert!(uniform(block), "a block is as it was written"))
        .map(|block| block[0])
        .collect();
    while fills.last() == Some(&0) {
        fills.pop();
    }
    fills
}

fn names(directory: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| name(entry).unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_was_appended_reads_back_in_both_modes() {
    for io in modes().iter().copied() {
        let directory = place("round_trip").join("data");
        let mut log = written(&directory, io, 5);
        let totals = log.counters().totals();
        assert_eq!((totals.append_count, totals.appended_bytes), (4, 4 * BLOCK));
        assert_eq!((totals.sync_count, totals.begin_count), (1, 1));
        assert!(totals.sync_ns_max > 0 && totals.sync_ns_total >= totals.sync_ns_max);
        assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4, 5]);
        drop(log);
        assert_eq!(names(&directory), ["0000000000000001.log", "lease", "lock"]);
        let mut log = open(&directory, io);
        assert_eq!(log.segments().unwrap(), Some((FIRST, FIRST)));
        log.sync_all(FIRST).unwrap();
        assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4, 5]);
        assert_eq!(log.segment_bytes(SECOND).unwrap(), None);
        let fault = log.read_at(SECOND, LogPosition(0), &mut [0]).unwrap_err();
        assert_eq!(fault, LogFault { operation: LogOperation::Read, code: 2 });
    }
}

#[test]
fn what_is_read_once_past_the_cache_is_what_was_appended() {
    for io in modes() {
        let directory = place("read_once").join("data");
        let log = written(&directory, *io, 3);
        let file = Linux.open_to_read_once(&log.segment_path(FIRST)).unwrap();
        let mut read = block(0);
        for fill in 1..=3 {
            let position = u64::from(fill - 1) * BLOCK;
            assert_eq!(file.read_at(position, &mut read.0).unwrap(), BLOCK_BYTES);
            assert_eq!(read.0, [fill; BLOCK_BYTES], "{io:?}");
        }
        Linux.open_to_read_once(&directory.join("missing")).unwrap_err();
    }
}

#[test]
fn direct_segments_have_their_full_size_and_appended_ones_grow() {
    for io in modes().iter().copied() {
        let directory = place("sizes").join("data");
        let mut log = written(&directory, io, 3);
        let expected = if io == IoChoice::Direct { SEGMENT_BYTES } else { 3 * BLOCK };
        assert_eq!(log.segment_bytes(FIRST).unwrap(), Some(expected));
    }
}

#[test]
fn what_was_cut_never_comes_back_in_any_mix_of_modes() {
    let pairs = modes().iter().flat_map(|one| modes().iter().map(move |other| (*one, *other)));
    for (before, after) in pairs {
        let directory = place("cut").join("data");
        let mut log = written(&directory, before, 9);
        log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
        append(&mut log, BLOCK, 21..=23);
        drop(log);
        let mut log = open(&directory, after);
        for _ in 0..2 {
            log.cut(FIRST, LogPosition(4 * BLOCK)).unwrap();
            assert_eq!(log.segments().unwrap(), Some((FIRST, FIRST)));
            assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4], "{before:?} then {after:?}");
        }
        append(&mut log, 4 * BLOCK, 50..=51);
        assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4, 50, 51]);
        let full = if after == IoChoice::Direct { SEGMENT_BYTES } else { 6 * BLOCK };
        assert_eq!(log.segment_bytes(FIRST).unwrap(), Some(full));
    }
}

#[test]
fn a_tail_that_ends_inside_a_block_is_cut_in_both_modes() {
    for io in modes().iter().copied() {
        let directory = place("half_block").join("data");
        drop(written(&directory, IoChoice::Append, 3));
        let file = fs::OpenOptions::new().write(true).open(directory.join("0000000000000001.log"));
        file.unwrap().set_len(2 * BLOCK + 700).unwrap();
        let mut log = open(&directory, io);
        log.cut(FIRST, LogPosition(2 * BLOCK)).unwrap();
        append(&mut log, 2 * BLOCK, 9..=9);
        assert_eq!(fills(&mut log, FIRST), [1, 2, 9]);
    }
}

#[test]
fn a_segment_that_lost_its_zeros_gets_them_back() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("lost_zeros").join("data");
    drop(written(&directory, IoChoice::Direct, 3));
    let file = fs::OpenOptions::new().write(true).open(directory.join("0000000000000001.log"));
    file.unwrap().set_len(6 * BLOCK).unwrap();
    let mut log = open(&directory, IoChoice::Direct);
    log.cut(FIRST, LogPosition(3 * BLOCK)).unwrap();
    assert_eq!(log.segment_bytes(FIRST).unwrap(), Some(SEGMENT_BYTES));
    assert_eq!(fills(&mut log, FIRST), [1, 2, 3]);
}

#[test]
fn cutting_at_zero_removes_the_segment() {
    for io in modes().iter().copied() {
        let directory = place("cut_all").join("data");
        let mut log = written(&directory, io, 3);
        log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
        for _ in 0..2 {
            log.cut(SECOND, LogPosition(0)).unwrap();
            assert_eq!(log.segments().unwrap(), Some((FIRST, FIRST)));
        }
        log.cut(FIRST, LogPosition(0)).unwrap();
        assert_eq!(log.segments().unwrap(), None);
        drop(log);
        assert_eq!(names(&directory), ["lease", "lock"]);
    }
}

#[test]
fn a_segment_that_is_there_is_never_replaced() {
    for io in modes().iter().copied() {
        let directory = place("replace").join("data");
        drop(written(&directory, io, 9));
        let mut log = open(&directory, io);
        let fault = log.begin(FIRST, SEGMENT_BYTES, &block(7).0).unwrap_err();
        assert_eq!(fault.operation, LogOperation::Begin);
        assert_eq!(log.append(LogPosition(BLOCK), &block(8).0), Err(fault));
        drop(log);
        let mut log = open(&directory, io);
        assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}

#[test]
fn a_segment_is_prepared_taken_over_and_removed_when_nobody_takes_it() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("spare").join("data");
    let mut log = written(&directory, IoChoice::Direct, 9);
    let second = directory.join("0000000000000002.log");
    wait_until(|| log.counters().totals().prepared_count == 2);
    assert!(second.exists() && !directory.join("0000000000000002.spare").exists());
    assert_eq!(fills(&mut log, SECOND), [0; 0], "it is prepared and not begun");
    let prepared = inode(&second);
    let calls_before = log.counters().totals();
    log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
    assert_eq!(inode(&second), prepared);
    append(&mut log, BLOCK, 21..=28);
    assert_eq!(fills(&mut log, SECOND), [20, 21, 22, 23, 24, 25, 26, 27, 28]);
    assert_eq!(fills(&mut log, FIRST), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let totals = log.counters().totals();
    assert_eq!((totals.spare_wait_count, totals.begin_count), (0, 2));
    assert_eq!(totals.write_count - calls_before.write_count, 9);
    wait_until(|| directory.join("0000000000000003.log").exists());
    drop(log);
    assert_eq!(
        names(&directory),
        ["0000000000000001.log", "0000000000000002.log", "lease", "lock"]
    );
}

#[test]
fn a_segment_that_is_filled_faster_than_the_next_is_prepared_waits_for_it() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("outrun").join("data");
    let mut log = written(&directory, IoChoice::Direct, 2);
    log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
    append(&mut log, BLOCK, 21..=22);
    assert_eq!(fills(&mut log, SECOND), [20, 21, 22]);
    let totals = log.counters().totals();
    assert_eq!((totals.spare_wait_count, totals.prepared_count), (1, 2));
    assert!(totals.spare_wait_ns_total > 0);
    assert_eq!(totals.zeroed_bytes, 2 * SEGMENT_BYTES);
}

#[test]
fn a_prepared_segment_of_another_size_is_not_used() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("spare_size").join("data");
    for last in [2, 9] {
        let mut log = written(&directory, IoChoice::Direct, last);
        log.begin(SECOND, 2 * SEGMENT_BYTES, &block(20).0).unwrap();
        assert_eq!(log.segment_bytes(SECOND).unwrap(), Some(2 * SEGMENT_BYTES));
        log.cut(FIRST, LogPosition(0)).unwrap();
    }
}

#[test]
fn a_killed_process_leaves_a_prepared_segment_that_is_cut_off() {
    let directory = place("prepared").join("data");
    drop(written(&directory, modes()[0], 4));
    let zeros = vec![0; usize::try_from(SEGMENT_BYTES).unwrap()];
    for length in [0, BLOCK_BYTES, zeros.len()] {
        fs::write(directory.join("0000000000000002.log"), &zeros[..length]).unwrap();
        let mut log = open(&directory, modes()[0]);
        assert_eq!(log.segments().unwrap(), Some((FIRST, SECOND)));
        log.cut(FIRST, LogPosition(4 * BLOCK)).unwrap();
        assert_eq!(log.segments().unwrap(), Some((FIRST, FIRST)));
    }
}

#[test]
fn retired_segments_become_new_ones() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("retired").join("data");
    let mut log = written(&directory, IoChoice::Direct, 9);
    for number in 2..=4 {
        log.begin(SegmentNumber(number), SEGMENT_BYTES, &block(20).0).unwrap();
        append(&mut log, BLOCK, 21..=22);
    }
    log.begin(SegmentNumber(5), SEGMENT_BYTES, &block(20).0).unwrap();
    let first = inode(&directory.join("0000000000000001.log"));
    for number in 1..=3 {
        log.retire(SegmentNumber(number)).unwrap();
    }
    let kept = ["0000000000000001.retired", "0000000000000002.retired", "0000000000000004.log"];
    assert_eq!(names(&directory)[..3], kept, "a third one is removed");
    append(&mut log, BLOCK, 21..=28);
    let sixth = directory.join("0000000000000006.log");
    wait_until(|| sixth.exists());
    assert_eq!(inode(&sixth), first);
    assert_eq!(log.counters().totals().reused_count, 1);
    let sixth = SegmentNumber(6);
    assert_eq!(fills(&mut log, sixth), [0; 0], "nothing of the old segment is left");
    log.begin(sixth, SEGMENT_BYTES, &block(60).0).unwrap();
    append(&mut log, BLOCK, 61..=62);
    assert_eq!(fills(&mut log, sixth), [60, 61, 62]);
    drop(log);
    open(&directory, IoChoice::Direct).clear_leftovers().unwrap();
    let left =
        ["0000000000000004.log", "0000000000000005.log", "0000000000000006.log", "lease", "lock"];
    assert_eq!(names(&directory), left, "a start clears retired files");
}

#[test]
fn a_retired_segment_of_another_size_is_not_reused() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("retired_size").join("data");
    let mut log = written(&directory, IoChoice::Direct, 9);
    fs::write(directory.join("0000000000000000.retired"), "short").unwrap();
    log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
    append(&mut log, BLOCK, 21..=28);
    wait_until(|| directory.join("0000000000000003.log").exists());
    assert_eq!(log.counters().totals().reused_count, 0);
    assert!(!directory.join("0000000000000000.retired").exists());
}

#[test]
fn a_reader_is_told_that_its_segment_was_retired() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("retired_reader").join("data");
    let mut log = written(&directory, IoChoice::Direct, 9);
    log.begin(SECOND, SEGMENT_BYTES, &block(20).0).unwrap();
    let mut reader = LogDirectory::open_read_only(Linux, &directory).unwrap();
    assert_eq!(fills(&mut reader, FIRST).len(), 9);
    log.retire(FIRST).unwrap();
    append(&mut log, BLOCK, 21..=28);
    wait_until(|| directory.join("0000000000000003.log").exists());
    let fault = reader.read_at(FIRST, LogPosition(0), &mut [0; BLOCK_BYTES]).unwrap_err();
    assert_eq!(fault, LogFault { operation: LogOperation::Read, code: 2 });
}

#[test]
fn a_small_run_prepares_no_spare() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("no_spare").join("data");
    let mut log = open(&directory, IoChoice::Direct);
    log.begin(FIRST, 1024 * BLOCK, &block(1).0).unwrap();
    append(&mut log, BLOCK, 2..=9);
    assert_eq!(names(&directory), ["0000000000000001.log", "lease", "lock"]);
}

#[test]
fn spares_and_probes_that_were_left_are_removed_and_other_files_are_not() {
    let directory = place("leftovers").join("data");
    drop(written(&directory, IoChoice::Append, 2));
    let ours = ["0.spare", "7.spare", "1.retired", "1.packing"];
    let ours = ours.map(|name| format!("000000000000000{name}"));
    for name in ours.iter().map(String::as_str).chain(["notes.txt", "7.spare"]) {
        fs::write(directory.join(name), "left").unwrap();
    }
    let before = names(&directory);
    let mut log = open(&directory, IoChoice::Auto);
    assert_eq!(names(&directory), before, "who has judged nothing removes nothing");
    assert_eq!(log.leftovers().renamed_segment(None).unwrap(), None);
    log.clear_leftovers().unwrap();
    let left = ["0000000000000001.log", "7.spare", "lease", "lock", "notes.txt"];
    assert_eq!(names(&directory), left);
    assert_eq!(log.segments().unwrap(), Some((FIRST, FIRST)));
}

#[test]
fn a_spare_that_fails_stops_the_log_at_once() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("spare_fault").join("data");
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let spare_fault = SpareFault(Arc::new(move |fault| {
        tell.lock().unwrap().send(fault).unwrap();
    }));
    let options = LogOptions { spare_fault, ..options(IoChoice::Direct) };
    let mut log = LogDirectory::open(Linux, &directory, &options).unwrap();
    // A directory stands where the spare is to be created.
    fs::create_dir(directory.join("0000000000000002.spare")).unwrap();
    log.begin(FIRST, SEGMENT_BYTES, &block(1).0).unwrap();
    log.append(LogPosition(BLOCK), &block(2).0).unwrap();
    let fault = told.recv().unwrap();
    assert_eq!(fault, LogFault { operation: LogOperation::Begin, code: 17 });
    assert_eq!(log.append(LogPosition(2 * BLOCK), &block(3).0), Err(fault));
    assert_eq!(log.sync(), Err(fault));
    assert_eq!(log.begin(SECOND, SEGMENT_BYTES, &block(1).0), Err(fault));
    assert_eq!(log.segments(), Err(fault));
}

#[test]
fn reading_creates_nothing() {
    let directory = place("read_only").join("data");
    drop(written(&directory, modes()[0], 4));
    fs::remove_file(directory.join("lock")).unwrap();
    let before = (names(&directory), fs::metadata(&directory).unwrap().modified().unwrap());
    let mut reader = LogDirectory::open_read_only(Linux, &directory).unwrap();
    assert!(!reader.writer_is_running().unwrap());
    reader.sync_all(FIRST).unwrap();
    assert_eq!(fills(&mut reader, FIRST), [1, 2, 3, 4]);
    assert_eq!(reader.io_mode(), None);
    drop(reader);
    let after = (names(&directory), fs::metadata(&directory).unwrap().modified().unwrap());
    assert_eq!(after, before);
}

#[test]
#[should_panic(expected = "opened for reading")]
fn a_reader_never_writes() {
    let directory = place("read_only_write").join("data");
    drop(written(&directory, IoChoice::Append, 2));
    let mut reader = LogDirectory::open_read_only(Linux, &directory).unwrap();
    assert_eq!(reader.cut(FIRST, LogPosition(BLOCK)), Ok(()));
}

#[test]
fn a_wrong_directory_is_a_sentence() {
    let place = place("wrong");
    fs::write(place.join("file"), "not a directory").unwrap();
    let writing = |path: &str| {
        let opened = LogDirectory::open(Linux, &place.join(path), &options(IoChoice::Auto));
        opened.unwrap_err().to_string()
    };
    let reading = |path: &str| {
        LogDirectory::open_read_only(Linux, &place.join(path)).unwrap_err().to_string()
    };
    assert!(writing("missing/data").contains("parent does not exist"));
    assert!(writing("file").contains("file' is not a directory"));
    assert!(writing("file/data").contains("file' is not a directory"));
    assert!(reading("file").contains("file' is not a directory"));
    assert!(reading("missing").contains("there is no log in"));
    assert!(reading("").contains("there is no log in"));
    assert_eq!(names(&place), ["file"], "nothing was created");
}

#[test]
fn the_mode_in_use_is_named() {
    if !takes_direct_io() {
        return;
    }
    let directory = place("mode").join("data");
    let log = open(&directory, IoChoice::Direct);
    assert_eq!(log.io_mode(), Some(IoMode::Direct));
    assert!(log.io_note().contains("O_DIRECT"));
    drop(log);
    let log = open(&directory, IoChoice::Append);
    assert_eq!(log.io_mode(), Some(IoMode::Append));
    assert!(log.io_note().contains("O_APPEND"));
    drop(log);
    let log = open(&directory, IoChoice::Auto);
    let in_memory = log.file_system().keeper == Keeper::Memory;
    let expected = if in_memory { IoMode::Append } else { IoMode::Direct };
    assert_eq!(log.io_mode(), Some(expected));
}

/// Runs one of the tests below in a process of its own, started by a shell line that ends in `"$0"
/// "$@"`; tells whether the shell line could be run.
fn in_a_process(test: &str, place: &Path, shell: &str) {
    let output = Command::new("sh")
        .args(["-c", shell])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("HIGHWATER_TEST_PLACE", place)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(77) {
        println!("skipped: this user can't mount: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

fn given_place() -> PathBuf {
    PathBuf::from(std::env::var("HIGHWATER_TEST_PLACE").expect("started by another test"))
}

#[test]
fn a_file_that_may_not_grow_is_a_fault_and_the_log_stays_stopped() {
    let place = place("size_limit");
    // 64 KiB: `ulimit -f` counts 512 bytes.
    in_a_process("inside::may_not_grow", &place, "ulimit -f 128; exec \"$0\" \"$@\"");
    let mut log = open(&place.join("data"), IoChoice::Append);
    assert_eq!(fills(&mut log, FIRST).len(), 16, "what was synced is there");
}

#[test]
fn a_full_disk_is_a_fault_and_leaves_the_log_as_it_was() {
    let place = place("full_disk");
    let mount = "mount -t tmpfs -o size=192k none \"$HIGHWATER_TEST_PLACE\" || exit 77";
    in_a_process("inside::full_disk", &place, &in_a_mount_namespace(mount));
}

#[test]
fn a_directory_that_nobody_may_write_is_a_sentence() {
    let place = place("read_only_mount");
    drop(written(&place.join("data"), IoChoice::Append, 2));
    let mount = "mount --bind \"$HIGHWATER_TEST_PLACE\" \"$HIGHWATER_TEST_PLACE\" && \
                 mount -o remount,ro,bind \"$HIGHWATER_TEST_PLACE\" || exit 77";
    in_a_process("inside::read_only_mount", &place, &in_a_mount_namespace(mount));
}

/// A shell line that runs `mount` where only its own process and its children see it, then the
/// arguments.
fn in_a_mount_namespace(mount: &str) -> String {
    let inner = format!("{{ {mount}; }}; exec \"$0\" \"$@\"");
    format!("unshare -rm true || exit 77; exec unshare -rm sh -c '{inner}' \"$0\" \"$@\"")
}

fn inode(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).unwrap().ino()
}

/// Waits for another thread's work; a hang is the test runner's to notice.
fn wait_until(is_done: impl Fn() -> bool) {
    while !is_done() {
        std::thread::yield_now();
    }
}
