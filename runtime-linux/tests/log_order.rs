//! The order of the calls that keep a log: nothing is acknowledged from a file whose name a crash
//! could take, and nothing gets a name before it is durable.
#![cfg(target_os = "linux")]

#[path = "log_order/traced.rs"]
pub mod traced;

#[path = "common/hooked.rs"]
pub mod hooked;

use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFault, LogFile, LogOperation};
use highwater::types::{LogPosition, SegmentNumber};
use highwater_platform::IoMode;
use highwater_storage::{IoChoice, LogDirectory, LogOptions};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use traced::{Call, Flaw, Traced, has_extension};

const BLOCK: u64 = BLOCK_BYTES as u64;
const SEGMENT_BYTES: u64 = 128 * BLOCK;
const SEGMENTS: u64 = 6;

#[repr(align(4096))]
struct Block([u8; BLOCK_BYTES]);

/// An empty place of this name below the build directory.
fn place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("log_order").join(name);
    if place.exists() {
        fs::remove_dir_all(&place).unwrap();
    }
    fs::create_dir_all(&place).unwrap();
    place.join("data")
}

/// A log in the mode, or a line that says that the build directory takes no direct I/O.
fn open(platform: Traced, directory: &Path, io: IoChoice) -> Option<LogDirectory<Traced>> {
    let options = LogOptions { segment_bytes: SEGMENT_BYTES, io, ..LogOptions::default() };
    LogDirectory::open(platform, directory, &options)
        .inspect_err(|error| println!("skipped: {error}"))
        .ok()
}

/// Fills segments and retires old ones, and acknowledges each block once it is synced; until the
/// end, or the first fault.
fn live(platform: Traced, log: &mut LogDirectory<Traced>) -> Result<(), LogFault> {
    let block = Box::new(Block([7; BLOCK_BYTES]));
    for number in 1..=SEGMENTS {
        let segment = SegmentNumber(number);
        // However slow the machine is, what was asked for is ready; `segments` tells of a fault.
        let is_direct = log.io_mode() == Some(IoMode::Direct);
        while is_direct && number > 1 && log.counters().totals().prepared_count < number {
            log.segments()?;
            std::thread::yield_now();
        }
        log.begin(segment, SEGMENT_BYTES, &block.0)?;
        for position in 1..SEGMENT_BYTES / BLOCK {
            log.append(LogPosition(position * BLOCK), &block.0)?;
            log.sync()?;
            platform.note(Call::Acknowledged(number));
        }
        if number > 2 {
            let retired = log.retire(SegmentNumber(number - 2));
            retired.map_err(|_| LogFault { operation: LogOperation::Begin, code: 0 })?;
        }
    }
    Ok(())
}

fn calls_of(name: &str, io: IoChoice, flaw: Flaw) -> Option<Vec<Call>> {
    let platform = Traced::new(flaw);
    let mut log = open(platform, &place(name), io)?;
    let lived = live(platform, &mut log);
    assert!(lived.is_ok() || !matches!(flaw, Flaw::None), "{lived:?}");
    drop(log);
    Some(platform.calls())
}

/// What is known of the files after a part of the calls, a crash included.
#[derive(Debug, Default)]
struct Files {
    /// Names that the directory's last sync made durable, and that are there now.
    durable: BTreeSet<String>,
    /// Names that are there now.
    names: BTreeSet<String>,
    /// Writes since the last sync, by file.
    unsynced: BTreeMap<u64, u64>,
    /// The file behind a name.
    file_of: BTreeMap<String, u64>,
    /// Names of log segments that a crash could bring back, by file.
    revivable: BTreeMap<u64, String>,
}

/// The first call that breaks a rule, in words.
fn broken_rule(calls: &[Call]) -> Option<String> {
    let mut files = Files::default();
    calls.iter().find_map(|call| {
        let rule = files.meet(call)?;
        Some(format!("{rule}: {call:?}"))
    })
}

impl Files {
    /// Takes a call in; the rule that it breaks, if it does.
    fn meet(&mut self, call: &Call) -> Option<&'static str> {
        match call {
            Call::Created(name, file) => {
                self.names.insert(name.clone());
                self.file_of.insert(name.clone(), *file);
            }
            Call::Opened(name, file) => {
                let former = self.file_of.insert(name.clone(), *file);
                if let Some(revivable) = former.and_then(|file| self.revivable.remove(&file)) {
                    self.revivable.insert(*file, revivable);
                }
            }
            Call::Written(file) if self.revivable.contains_key(file) => {
                return Some("written over while a crash may bring its old name back");
            }
            Call::Written(file) => *self.unsynced.entry(*file).or_default() += 1,
            Call::Synced(file) => drop(self.unsynced.remove(file)),
            Call::Renamed(from, to) => return self.meet_rename(from, to),
            Call::Removed(name) => {
                self.names.remove(name);
                self.durable.remove(name);
            }
            Call::DirectorySynced => {
                self.durable = self.names.clone();
                self.revivable.clear();
            }
            Call::Acknowledged(segment) => {
                let name = format!("{segment:016}.log");
                if !self.durable.contains(&name) {
                    return Some("acknowledged from a file whose name was not synced");
                }
                if self.unsynced.contains_key(&self.file_of[&name]) {
                    return Some("acknowledged what was not synced");
                }
            }
        }
        None
    }

    fn meet_rename(&mut self, from: &str, to: &str) -> Option<&'static str> {
        let Some(file) = self.file_of.remove(from) else {
            return Some("renamed a file that is not there");
        };
        if has_extension(to, "log") && self.unsynced.contains_key(&file) {
            return Some("named before it was synced");
        }
        if has_extension(to, "log") && self.names.contains(to) {
            return Some("a segment was replaced");
        }
        if has_extension(from, "log") {
            self.revivable.insert(file, from.to_owned());
        }
        self.names.remove(from);
        self.durable.remove(from);
        self.names.insert(to.to_owned());
        self.file_of.insert(to.to_owned(), file);
        None
    }
}

#[test]
fn nothing_is_acknowledged_that_a_crash_could_take() {
    for (name, io) in [("sound_direct", IoChoice::Direct), ("sound_append", IoChoice::Append)] {
        let Some(calls) = calls_of(name, io, Flaw::None) else { continue };
        let acknowledged =
            calls.iter().filter(|call| matches!(call, Call::Acknowledged(_))).count();
        assert_eq!(acknowledged as u64, SEGMENTS * (SEGMENT_BYTES / BLOCK - 1));
        assert_eq!(broken_rule(&calls), None, "{name}");
    }
}

#[test]
fn a_segment_that_was_prepared_is_begun_by_one_write() {
    let Some(calls) = calls_of("roll_over", IoChoice::Direct, Flaw::None) else { return };
    let acknowledged = |number| move |call: &Call| *call == Call::Acknowledged(number);
    for number in 1..SEGMENTS {
        let last = calls.iter().rposition(acknowledged(number)).unwrap();
        let next = calls.iter().position(acknowledged(number + 1)).unwrap();
        let between = &calls[last + 1..next];
        let name = format!("{:016}.log", number + 1);
        let files = between.iter().filter_map(Call::name).filter(|changed| **changed == name);
        assert_eq!(files.count(), 0, "its name was there before: {between:?}");
        let writes = between.iter().filter(|call| matches!(call, Call::Written(_))).count();
        let syncs = between.iter().filter(|call| matches!(call, Call::Synced(_))).count();
        // The header and a block, then one sync of both.
        assert_eq!((writes, syncs), (2, 1), "{between:?}");
    }
}

#[test]
fn retired_segments_are_written_over() {
    let Some(calls) = calls_of("reuse", IoChoice::Direct, Flaw::None) else { return };
    let is_reuse = |call: &Call| {
        matches!(call, Call::Renamed(from, to)
            if has_extension(from, "retired") && has_extension(to, "spare"))
    };
    assert!(calls.iter().any(is_reuse), "none was reused");
}

#[test]
fn every_broken_order_is_found() {
    for (flaw, io, rule) in [
        (Flaw::ForgetsDirectorySyncs, IoChoice::Direct, "whose name was not synced"),
        (Flaw::ForgetsDirectorySyncs, IoChoice::Append, "whose name was not synced"),
        (Flaw::ForgetsSyncsOfSpares, IoChoice::Direct, "named before it was synced"),
        (Flaw::ForgetsSyncsOfSegments, IoChoice::Direct, "acknowledged what was not synced"),
        (Flaw::ForgetsSyncsOfSegments, IoChoice::Append, "acknowledged what was not synced"),
    ] {
        let name = format!("{flaw:?}_{io:?}");
        let Some(calls) = calls_of(&name, io, flaw) else { continue };
        let found = broken_rule(&calls).unwrap_or_else(|| panic!("{name} is not found"));
        assert!(found.contains(rule), "{name}: {found}");
    }
}

#[test]
fn a_retired_segment_that_is_written_over_too_soon_is_found() {
    let Some(calls) = calls_of("too_soon", IoChoice::Direct, Flaw::None) else { return };
    // From the first retirement on no sync of the directory is done.
    let mut late = Vec::new();
    let mut is_retiring = false;
    for call in calls {
        is_retiring |= matches!(&call, Call::Renamed(_, to) if has_extension(to, "retired"));
        if call != Call::DirectorySynced || !is_retiring {
            late.push(call);
        }
    }
    // What is acknowledged from segments that came later is not the question here.
    late.retain(|call| !matches!(call, Call::Acknowledged(_)));
    let found = broken_rule(&late).expect("it is found");
    assert!(found.contains("bring its old name back"), "{found}");
}

#[test]
fn a_fault_anywhere_ends_the_log_and_an_interruption_or_a_short_write_does_not() {
    const EIO: i32 = 5;
    const EFBIG: i32 = 27;
    const ENOSPC: i32 = 28;
    const EDQUOT: i32 = 122;
    for code in [EIO, EFBIG, ENOSPC, EDQUOT] {
        for at in [3, 130, 131, 200, 260, 300] {
            let name = format!("fault_{code}_{at}");
            let Some(calls) = calls_of(&name, IoChoice::Direct, Flaw::Fails(at, code)) else {
                return;
            };
            assert_eq!(broken_rule(&calls), None, "{name}");
        }
    }
    for flaw in [Flaw::Interrupts(3), Flaw::Shortens(2)] {
        let Some(calls) = calls_of(&format!("{flaw:?}"), IoChoice::Direct, flaw) else { return };
        let acknowledged =
            calls.iter().filter(|call| matches!(call, Call::Acknowledged(_))).count();
        assert_eq!(acknowledged as u64, SEGMENTS * (SEGMENT_BYTES / BLOCK - 1), "{flaw:?}");
        assert_eq!(broken_rule(&calls), None, "{flaw:?}");
    }
}
