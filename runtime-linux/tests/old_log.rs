//! A log of version 2, written by the last program of that version, is read and continued.
#![cfg(target_os = "linux")]

#[path = "old_log/every_kind.rs"]
pub mod every_kind;
#[path = "old_log/life.rs"]
pub mod life;
#[path = "common/program.rs"]
pub mod program;

use every_kind::EveryKind;
use highwater::command::{Action, ClientBytes, Command, Note, ReplaceSizing};
use highwater::event::EventKind;
use highwater::types::{OrderId, PriceDecimals, SessionId};
use highwater_engine::config::Config;
use highwater_host::{Host, HostConfig};
use life::{Left, Trades, live};
use program::{TestDir, number};
use runtime_linux::Linux;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the stored log lies.
fn stored() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_log/version-2")
}

/// What replaying the stored log must come to.
fn expected() -> String {
    fs::read_to_string(stored().join("expected.txt")).unwrap()
}

/// The same of a log that was read.
fn told(last: u64, state_hash: &str, running_hash: &str) -> String {
    format!("last sequence {last}\nstate hash    {state_hash}\nrunning hash  {running_hash}\n")
}

/// A copy of the stored log as `d`.
fn copy(name: &str) -> TestDir {
    let place = TestDir::new("old_log", name);
    fs::create_dir(place.join("d")).unwrap();
    for entry in fs::read_dir(stored()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "expected.txt" {
            fs::copy(entry.path(), place.join("d").join(entry.file_name())).unwrap();
        }
    }
    place
}

/// What `verify` comes to.
fn verified(place: &TestDir) -> String {
    let verified = place.verified("d");
    let text = |name: &str| verified[name].as_str().unwrap().to_owned();
    told(number(&verified, "last_sequence"), &text("state_hash"), &text("running_hash"))
}

#[test]
fn the_stored_log_comes_to_its_hashes() {
    assert_eq!(verified(&copy("hashes")), expected());
}

/// Lets an engine take so many commands more, and returns what `verify` must say.
fn go_on(place: &TestDir, seed: u64) -> String {
    // Behind the definitions and the tie to the flow, which the log has, and with the numbers that
    // its sessions have not used.
    let commands = EveryKind::behind(seed, 20_000 * seed).take(3_000).enumerate();
    let commands: Vec<_> = commands.map(|(number, command)| newer(number, command)).collect();
    let left = live(&place.join("d"), &commands, Trades::Implied);
    told(left.last.0, &format!("{:016x}", left.state_hash), &format!("{:016x}", left.running_hash))
}

/// The command with what version 2 did not have, or in place of a Reduce a Note.
fn newer(number: usize, mut command: Command) -> Command {
    let bytes = ClientBytes::new(&[0xc7; 32][..number % 33]).unwrap();
    let action = &mut command.action;
    if let Action::New(new) = action {
        new.client_bytes = bytes;
    } else if let Action::Replace(replace) = action {
        replace.client_bytes = bytes;
        replace.sizing =
            [ReplaceSizing::Open, ReplaceSizing::More, ReplaceSizing::Less][number / 7 % 3];
    } else if let Action::DefineInstrument(definition) = action {
        definition.terms.decimals = PriceDecimals(u8::try_from(number % 12).unwrap());
    } else if let Action::Reduce { order, .. } = *action {
        *action = Action::Note(Note { code: 7, order, bytes });
    }
    command
}

/// The lines of `dump` up to the last sequence of the stored log.
fn stored_records(place: &TestDir) -> String {
    place.done("dump --data d --json --to 70000").stdout
}

#[test]
fn the_stored_log_goes_on_in_version_three() {
    let place = copy("goes_on");
    let before = stored_records(&place);
    let version = |segment: u64| {
        let file = fs::read(place.join(&format!("d/{segment:016}.log"))).unwrap();
        u32::from_le_bytes(file[8..12].try_into().unwrap())
    };
    for seed in 1..4 {
        let left = go_on(&place, seed);
        assert_eq!(verified(&place), left);
    }
    assert_eq!((version(24), version(25)), (2, 3));
    assert!(stored_records(&place) == before, "what was stored reads otherwise");
    // Behind a snapshot and packed segments of both versions, and without the snapshots.
    let left = verified(&place);
    place.done("snapshot --data d");
    assert!(place.join("d/0000000000000024.packed").exists(), "the end of version 2 is packed");
    assert_eq!(verified(&place), left);
    assert!(stored_records(&place) == before, "what was stored reads otherwise");
    for (name, _) in place.files("d") {
        if name.ends_with(".snapshot") {
            fs::remove_file(place.join("d").join(name)).unwrap();
        }
    }
    assert_eq!(verified(&place), left);
    let left = go_on(&place, 4);
    assert_eq!(verified(&place), left);
}

#[test]
fn backup_and_diff_take_logs_of_two_versions() {
    let place = copy("backup");
    place.done("backup --data d --to copy");
    go_on(&place, 1);
    let differs = place.call("diff d copy");
    assert!(differs.stdout.contains("70"), "{differs:?}");
    place.done("backup --data d --to second");
    place.done("diff d second");
    assert_eq!(place.verified("second")["state_hash"], place.verified("d")["state_hash"]);
}

#[test]
fn segments_below_the_snapshots_are_retired() {
    let place = copy("retired");
    let left = go_on(&place, 1);
    place.done("snapshot --data d --keep snapshot");
    assert_eq!(verified(&place), left);
    note(&place);
    place.done("snapshot --data d --keep snapshot");
    let names: Vec<_> = place.files("d").into_iter().map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.starts_with("0000000000000001.")), "{names:?}");
    assert_ne!(verified(&place), left);
    note(&place);
}

/// Lets a host begin at the newest snapshot, and a session note something in the log.
fn note(place: &TestDir) {
    let engine = Config::production().data(place.join("d")).segment_bytes(256 << 10);
    let host = Host::start(Linux, &HostConfig::new(engine)).unwrap();
    let mut session = host.session(SessionId(3)).unwrap();
    let (order, bytes) = (OrderId(9), ClientBytes::new(b"why").unwrap());
    let note = Action::Note(Note { code: 5, order, bytes });
    let answer = session.call(note, Duration::from_mins(1), &mut ()).unwrap();
    assert!(matches!(answer.kind, EventKind::Noted { code: 5, order: OrderId(9), .. }));
    host.stop().unwrap();
    let last = answer.sequence.0;
    let dumped = place.done(&format!("dump --data d --json --from {last}")).stdout;
    assert!(dumped.contains(r#""code":5,"order":9,"bytes":"776879""#), "{dumped}");
}

#[test]
fn a_torn_copy_is_cut_and_goes_on() {
    let whole = fs::read(stored().join("0000000000000024.log")).unwrap();
    // The stop's marker confirms everything before it, so a copy without it may be torn.
    for cut_bytes in [4_096, 4_097 + 4_096] {
        let place = copy(&format!("torn_{cut_bytes}"));
        // Without the newer snapshot, which covers what is torn off.
        fs::remove_file(place.join("d/00000000000000070000.snapshot")).unwrap();
        let path = place.join("d/0000000000000024.log");
        fs::write(path, &whole[..whole.len() - cut_bytes]).unwrap();
        let left = go_on(&place, 1);
        assert_eq!(verified(&place), left);
    }
}

/// What is done to the bytes of a file.
type Change = fn(&mut Vec<u8>);

#[test]
fn corrupt_copies_are_refused_and_stay_as_they_are() {
    let changes: [(&str, Change); 4] = [
        ("0000000000000024.log", |file| file[8_192 + 200] ^= 4),
        ("0000000000000024.log", |file| file[8_192..12_288].fill(0)),
        ("0000000000000024.log", |file| file[8] = 4),
        ("0000000000000007.packed", |file| file[20_000] ^= 1),
    ];
    for (number, (name, change)) in changes.into_iter().enumerate() {
        let place = copy(&format!("corrupt_{number}"));
        for snapshot in ["00000000000000070000.snapshot", "00000000000000035000.snapshot"] {
            fs::remove_file(place.join("d").join(snapshot)).unwrap();
        }
        let path = place.join("d").join(name);
        let mut file = fs::read(&path).unwrap();
        change(&mut file);
        fs::write(&path, &file).unwrap();
        let files = place.files("d");
        for command in ["verify --data d", "snapshot --data d"] {
            let refused = place.call(command).expect_code(1);
            assert!(refused.stderr.contains(&name[..16]), "{refused:?}");
        }
        let now = place.files("d").into_iter().filter(|(name, _)| name.contains('.'));
        assert!(now.eq(files), "a refused log is as it was");
    }
}

/// Writes such a log with the program as it is now; `old_log/README.md` says when.
#[test]
#[ignore = "writes what is stored"]
fn write_the_log() {
    let place = TestDir::new("old_log", "write");
    let directory = place.join("d");
    let mut commands = EveryKind::new(2);
    let mut life = |count: usize, trades| {
        let some: Vec<_> = (0..count).map(|_| commands.draw()).collect();
        live(&directory, &some, trades)
    };
    life(30_000, Trades::Implied);
    place.done("snapshot --data d");
    life(5_000, Trades::Copied);
    place.done("snapshot --data d");
    let Left { last, state_hash, running_hash } = life(35_000, Trades::Implied);
    place.done("snapshot --data d");
    let text = told(last.0, &format!("{state_hash:016x}"), &format!("{running_hash:016x}"));
    place.write("expected.txt", text);
}
