//! System calls fail or the process is killed in them: nothing acknowledged is lost, nothing hangs.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
pub mod program;
#[path = "common/trace.rs"]
pub mod trace;

use program::{Ended, TestDir, count_from_environment, last_client_sequence};
use std::collections::BTreeMap;
use trace::{Trace, can_trace, traced};

/// Calls of a kind in whose place a fault is put, counted by thread; `HIGHWATER_FAULTS` sets
/// another number.
const FAULTS: u64 = 6;
/// Commands of the flow for each of them: more than a segment.
const COMMANDS_A_FAULT: u64 = 1_000;

fn faults() -> u64 {
    count_from_environment("HIGHWATER_FAULTS", FAULTS)
}

/// A flow, and what an undisturbed run makes of it.
struct Subject {
    place: TestDir,
    io: &'static str,
    fills: String,
}

impl Subject {
    /// `None`, and a line that says so, where nothing can be traced.
    fn new(name: &str, io: &'static str) -> Option<Self> {
        let place = TestDir::new("faults", name);
        if !can_trace(&place) {
            return None;
        }
        place.generate(4, COMMANDS_A_FAULT * faults(), "flow.csv");
        let mut subject = Self { place, io, fills: String::new() };
        let whole = subject.place.call(&subject.run("whole"));
        if whole.stderr.contains("takes no direct I/O") {
            println!("skipped: {}", whole.stderr);
            return None;
        }
        whole.expect_code(0);
        subject.fills = subject.place.read("fills.csv");
        Some(subject)
    }

    fn run(&self, data: &str) -> String {
        let io = self.io;
        format!(
            "run --flow flow.csv --data {data} --fills fills.csv --acks acks \
             --segment-bytes 64K --io {io}"
        )
    }

    /// Runs with a fault put in place of calls.
    fn disturbed(&self, data: &str, fault: &str) -> (Ended, Trace) {
        let inject = format!("inject={fault}");
        // Naming a thread is traced to know whose calls are whose.
        let calls = fault.split(':').next().unwrap();
        let only = format!("trace=prctl,fdatasync,fsync,pwrite64,{calls}");
        let mut options = vec!["-e", &only, "-e", &inject];
        // Faster, as other calls are not looked at; but strace 6.1 then loses signals that are to
        // be put in.
        if fault.contains(":error=") {
            options.push("--seccomp-bpf");
        }
        let ended =
            self.place.start_command(&mut traced(&self.place, &options, &self.run(data))).wait();
        (ended, Trace::read(&self.place))
    }

    /// The log holds everything acknowledged, and a run that nothing disturbs ends like one that
    /// was never disturbed.
    fn assert_nothing_lost(&self, data: &str, about: &str) {
        let acked = self.place.highest_ack("acks");
        if self.place.join(data).join("0000000000000001.log").exists() {
            let held = last_client_sequence(&self.place.verified(data), 1);
            assert!(
                held >= acked,
                "{about}: {acked} was acknowledged, and {held} is the last in the log"
            );
        } else {
            assert_eq!(acked, 0, "{about}: acknowledged without a log");
        }
    }

    fn assert_ends_the_same(&self, data: &str, about: &str) {
        self.place.done(&self.run(data));
        assert!(self.place.read("fills.csv") == self.fills, "{about}: the fills differ");
        std::fs::remove_dir_all(self.place.join(data)).unwrap();
    }

    /// The calls fail one after the other, each in a run of its own; each has to stop the engine.
    fn fail(&self, call: &str, error: &str) -> u64 {
        let mut hit_count = 0;
        for when in 1..=faults() {
            let about = format!("{}: {call} {error} {when}", self.io);
            // What an earlier run acknowledged is not this one's.
            self.place.write("acks", "");
            let (ended, trace) = self.disturbed("d", &format!("{call}:error={error}:when={when}"));
            let is_hit = assert_no_call_after_a_failed_one(&trace, &about);
            if is_hit {
                hit_count += 1;
                assert_eq!(ended.code, Some(1), "{about}: {ended:?}");
                let sentence = ended.stderr.lines().last().unwrap_or_default();
                // The outputs are synced, too.
                let sentences = ["could not ", "no room", "cannot write the fills to "];
                let is_said = sentences.iter().any(|text| sentence.contains(text));
                assert!(is_said, "{about}: {ended:?}");
            } else {
                assert_eq!(ended.code, Some(0), "{about}: {ended:?}");
            }
            self.assert_nothing_lost("d", &about);
            self.assert_ends_the_same("d", &about);
        }
        hit_count
    }

    /// The process is killed when it is about to make the call, then again during recovery.
    fn kill(&self, call: &str) -> u64 {
        let mut hit_count = 0;
        for when in 1..=faults() {
            let about = format!("{}: killed at {call} {when}", self.io);
            let mut acked = 0;
            for life in 0..2 {
                self.place.write("acks", "");
                let (ended, _) = self.disturbed("d", &format!("{call}:signal=KILL:when={when}"));
                let is_killed = ended.signal == Some(9) || ended.code == Some(128 + 9);
                assert!(is_killed || ended.code == Some(0), "{about}, life {life}: {ended:?}");
                hit_count += u64::from(is_killed);
                acked = self.place.highest_ack("acks").max(acked);
                self.place.write("acks", format!("{acked}\n"));
                self.assert_nothing_lost("d", &about);
            }
            self.assert_ends_the_same("d", &about);
        }
        hit_count
    }
}

/// After a call that failed, its thread writes and syncs nothing any more; tells whether a call
/// failed.
fn assert_no_call_after_a_failed_one(trace: &Trace, about: &str) -> bool {
    let mut failed = BTreeMap::new();
    for call in &trace.calls {
        let touches = matches!(call.name.as_str(), "fdatasync" | "fsync" | "pwrite64");
        if let Some(first) = failed.get(&call.thread)
            && touches
        {
            panic!(
                "{about}: after {first} the thread {} did {}",
                trace.name(call.thread),
                call.text
            );
        }
        if call.text.ends_with("(INJECTED)") {
            failed.insert(call.thread, call.text.clone());
        }
    }
    !failed.is_empty()
}

#[test]
fn a_failed_sync_stops_the_engine() {
    for io in ["direct", "append"] {
        let Some(subject) = Subject::new(&format!("sync_{io}"), io) else { continue };
        assert!(subject.fail("fdatasync", "EIO") > 2);
    }
}

#[test]
fn a_failed_write_stops_the_engine() {
    if let Some(subject) = Subject::new("write_direct", "direct") {
        assert!(subject.fail("pwrite64", "ENOSPC") > 2);
        assert!(subject.fail("pwrite64", "EIO") > 2);
    }
}

#[test]
fn a_failed_spare_stops_the_engine() {
    let Some(subject) = Subject::new("spare", "direct") else { return };
    for spare in 2..=3 {
        for (call, error) in [("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("fdatasync", "EIO")] {
            let about = format!("spare {spare}: {call} {error}");
            subject.place.write("acks", "");
            let path = subject.place.join("d").join(format!("{spare:016}.spare"));
            let inject = format!("inject={call}:error={error}:when=1");
            let options = ["-Y", "-P", path.to_str().unwrap(), "-e", &inject];
            let command = &mut traced(&subject.place, &options, &subject.run("d"));
            let ended = subject.place.start_command(command).wait().expect_code(1);
            let trace = Trace::read(&subject.place);
            assert!(assert_no_call_after_a_failed_one(&trace, &about), "{about}: {ended:?}");
            let failed = trace.calls.iter().find(|call| call.text.ends_with("(INJECTED)")).unwrap();
            assert_eq!(trace.name(failed.thread), "hw-spare", "{about}");
            let said = "could not create a segment of the log";
            subject.assert_nothing_lost("d", &about);
            ended.expect_said(said);
            subject.assert_ends_the_same("d", &about);
        }
    }
}

#[test]
fn a_failed_append_stops_the_engine() {
    let Some(subject) = Subject::new("write_append", "append") else { return };
    for when in 2..=faults() {
        // The main thread's second write is the first to the log; those of acknowledgements and
        // fills fail, too.
        subject.place.write("acks", "");
        let (ended, trace) = subject.disturbed("d", &format!("write:error=ENOSPC:when={when}"));
        let is_hit = trace.calls.iter().any(|call| call.text.ends_with("(INJECTED)"));
        assert!(is_hit || when > FAULTS, "write {when}");
        assert_eq!(ended.code, Some(i32::from(is_hit)), "write {when}: {ended:?}");
        subject.assert_nothing_lost("d", "write");
        subject.assert_ends_the_same("d", "write");
    }
}

#[test]
fn a_failed_change_of_the_directory_stops_the_engine() {
    let Some(subject) = Subject::new("directory", "append") else { return };
    assert!(subject.fail("fsync", "EIO") > 2);
}

#[test]
fn a_file_system_that_makes_no_names_durable_is_refused() {
    let Some(subject) = Subject::new("refused", "append") else { return };
    for error in ["EOPNOTSUPP", "EINVAL"] {
        let (ended, _) = subject.disturbed("d", &format!("fsync:error={error}:when=1"));
        ended.expect_code(1).expect_said("can't make names durable");
    }
}

#[test]
fn an_interrupted_write_is_repeated() {
    let Some(subject) = Subject::new("interrupted", "direct") else { return };
    for when in ["1", "2", "3+2"] {
        let (ended, trace) = subject.disturbed("d", &format!("pwrite64:error=EINTR:when={when}"));
        assert!(trace.calls.iter().any(|call| call.text.ends_with("(INJECTED)")), "{when}");
        assert_eq!(ended.code, Some(0), "{when}: {ended:?}");
        subject.assert_ends_the_same("d", when);
    }
}

#[test]
fn killed_at_a_call_nothing_is_lost() {
    for (io, calls) in [
        ("direct", ["pwrite64", "fdatasync", "rename", "fsync"]),
        ("append", ["write", "fdatasync", "ftruncate", "unlink"]),
    ] {
        let Some(subject) = Subject::new(&format!("kill_{io}"), io) else { continue };
        let killed: u64 = calls.iter().map(|call| subject.kill(call)).sum();
        assert!(killed > 2 * FAULTS, "{killed} kills");
    }
}

#[test]
fn a_repeated_sync_would_be_found() {
    let place = TestDir::new("faults", "mutant");
    let failed = "7 prctl(PR_SET_NAME, \"hw-log\") = 0\n\
                  7 fdatasync(4) = -1 EIO (Input/output error) (INJECTED)\n";
    place.write("trace", failed);
    assert!(assert_no_call_after_a_failed_one(&Trace::read(&place), "sound"));
    for more in ["7 fdatasync(4) = 0\n", "7 pwrite64(4, \"\", 4096, 0) = 4096\n"] {
        place.write("trace", [failed, "8 fdatasync(5) = 0\n", more].concat());
        let trace = Trace::read(&place);
        let found =
            std::panic::catch_unwind(|| assert_no_call_after_a_failed_one(&trace, "mutant"));
        assert!(found.is_err(), "{more}");
    }
}
