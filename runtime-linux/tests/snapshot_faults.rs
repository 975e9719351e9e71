//! System calls of the snapshot thread fail or the process is killed in them: the engine and its
//! log are none the worse for it.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::{Ended, TestDir, last_client_sequence};
use trace::{Trace, can_trace, traced};

/// Commands of the flow: snapshots are due while it runs.
const COMMANDS: u64 = 6_000;
/// Every call of the thread to the file that becomes a snapshot, in their order.
const CALLS: [(&str, u64); 5] =
    [("write", 1), ("write", 2), ("fdatasync", 1), ("pread64", 1), ("rename", 1)];

struct Subject {
    place: TestDir,
    fills: String,
}

impl Subject {
    /// `None`, and a line that says so, where nothing can be traced.
    fn new(name: &str) -> Option<Self> {
        let place = TestDir::new("snapshot_faults", name);
        if !can_trace(&place) {
            return None;
        }
        place.generate(4, COMMANDS, "flow.csv");
        place.done(&format!("{RUN} --data whole"));
        let fills = place.read("fills.csv");
        Some(Self { place, fills })
    }

    /// Runs with a fault in place of a call that has to do with the file, and again when no
    /// snapshot was begun, as on a machine with much to do.
    fn disturbed(&self, inject: &str) -> Ended {
        let whole_path = self.place.join("d/part.snapshot");
        let option = format!("inject={inject}");
        let paths = ["-Y", "-P", "d/part.snapshot", "-P", whole_path.to_str().unwrap()];
        let options = [&paths[..], &["-e", &option]].concat();
        // Slow enough for snapshots to be made beside it.
        let run = format!("{RUN} --data d --rate 5000");
        for _ in 0..10 {
            self.place.write("acks", "");
            let ended = self.place.start_command(&mut traced(&self.place, &options, &run)).wait();
            let calls = Trace::read(&self.place).calls;
            let is_hit = calls.iter().any(|call| call.text.ends_with("(INJECTED)"));
            if is_hit || ended.code != Some(0) {
                return ended;
            }
            std::fs::remove_dir_all(self.place.join("d")).unwrap();
        }
        panic!("{inject}: no snapshot was begun");
    }

    /// What was acknowledged is there, and a run that nothing disturbs ends like one that was never
    /// disturbed, with a snapshot.
    fn assert_unharmed(&self, about: &str) {
        let held = last_client_sequence(&self.place.verified("d"), 1);
        let acked = self.place.highest_ack("acks");
        assert!(acked > 0 && held >= acked, "{about}: {held} of {acked}");
        self.place.done(&format!("{RUN} --data d"));
        assert!(self.place.read("fills.csv") == self.fills, "{about}: the fills differ");
        self.place.done("snapshot --data d");
        let files = self.place.files("d");
        assert!(files.iter().any(|(name, _)| name.ends_with(".snapshot")), "{about}");
        assert!(files.iter().all(|(name, _)| name != "part.snapshot"), "{about}: left over");
        std::fs::remove_dir_all(self.place.join("d")).unwrap();
    }
}

/// A run with many snapshots. The log's beginning is kept, so that fills can be written again.
const RUN: &str = "run --flow flow.csv --fills fills.csv --acks acks --segment-bytes 64K \
                   --snapshot-bytes 64K";

#[test]
fn a_snapshot_that_fails_is_a_warning_and_the_engine_goes_on() {
    let Some(subject) = Subject::new("fails") else { return };
    for (call, when) in CALLS {
        for error in ["EIO", "ENOSPC"] {
            let about = format!("{call} {when}: {error}");
            let ended = subject.disturbed(&format!("{call}:error={error}:when={when}"));
            ended.expect_code(0).expect_said("warning: no snapshot was made");
            subject.assert_unharmed(&about);
        }
    }
}

#[test]
fn killed_while_a_snapshot_is_made_nothing_is_lost() {
    let Some(subject) = Subject::new("killed") else { return };
    for (call, when) in CALLS {
        let about = format!("killed at {call} {when}");
        let ended = subject.disturbed(&format!("{call}:signal=KILL:when={when}"));
        assert!(ended.signal == Some(9) || ended.code == Some(128 + 9), "{about}: {ended:?}");
        subject.assert_unharmed(&about);
    }
}

#[test]
fn a_failed_sync_of_a_snapshot_is_not_tried_again() {
    let Some(subject) = Subject::new("sync") else { return };
    subject.disturbed("fdatasync:error=EIO:when=1").expect_code(0);
    let calls = Trace::read(&subject.place).calls;
    let failed = calls.iter().position(|call| call.text.ends_with("(INJECTED)")).unwrap();
    // The file is taken away; the next snapshot is another file.
    let names = calls[failed + 1..].iter().map(|call| call.name.as_str());
    let mut of_the_same = names.take_while(|name| !name.starts_with("open"));
    let again = of_the_same.find(|name| ["write", "fdatasync", "rename"].contains(name));
    assert_eq!(again, None, "a file that may not be whole was gone on with");
    subject.assert_unharmed("sync");
}
