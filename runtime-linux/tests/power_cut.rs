//! The power is cut at any moment of a run of the real program: nothing acknowledged is lost.
//!
//! The run's system calls are recorded, and what a disk may hold at a moment follows from them: see
//! `common/power.rs`. A life is recorded, cut at many moments, and the next begins with what the
//! last of these cuts left. In every other life the process is killed and started again before.
#![cfg(target_os = "linux")]

#[path = "common/calls.rs"]
pub mod calls;
#[path = "common/power.rs"]
pub mod power;
#[path = "common/program.rs"]
pub mod program;
#[path = "common/sectors.rs"]
pub mod sectors;
#[path = "common/trace.rs"]
pub mod trace;

use calls::{CALLS, history};
use power::{Content, Forgets, History, Naming};
use program::{Ended, Random, TestDir, count_from_environment, json, last_client_sequence, number};
use serde_json::Value;
use std::fs;
use trace::{Trace, can_trace, traced};

/// Cuts of a test; `HIGHWATER_CUTS` sets another number.
const CUTS: u64 = 40;
/// Cuts of a life.
const CUTS_A_LIFE: u64 = 10;
/// How often the cuts of a test are made at most.
const ROUNDS_MAX: u64 = 16;
/// Lives behind which the data directory is empty again: the flow has an end.
const LIVES_A_LOG: u64 = 4;
/// Commands of the flow.
const COMMANDS: u64 = 8_000;
/// The seed of the first cut; every later one has the next.
const SEED: u64 = 5;
/// The directory of the fills, and their file.
const OUTPUTS: &str = "out";
const FILLS: &str = "out/fills.csv";

/// Few commands in a batch, and as many as there are.
const SHORT_LIVES: [&str; 2] = ["--limit 1000 --rate 15000", "--limit 1000"];
/// Time enough for snapshots, and not too many blocks for a trace.
const LONG_LIVES: [&str; 2] = ["--limit 1600 --rate 2500 --group-delay 4ms"; 2];

fn cuts() -> u64 {
    count_from_environment("HIGHWATER_CUTS", CUTS)
}

/// A flow, and what an undisturbed run makes of it.
struct Subject {
    place: TestDir,
    run: String,
    fills: String,
    state: [String; 2],
    /// Acknowledged commands that its mode may lose.
    may_lose: u64,
}

/// What a cut left, and what had been acknowledged.
#[derive(Clone, Debug, Default)]
struct Left {
    content: Option<Content>,
    /// Of the directory of the fills.
    outputs: Content,
    acked: u64,
}

/// What became of the data directory, and of the directory of the fills.
#[derive(Clone, Debug, Default)]
struct Histories {
    data: History,
    outputs: History,
}

/// What was found in what a cut left.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    last_client_sequence: u64,
    is_torn: bool,
}

/// A process that was killed: what it did, and what it left to the next.
#[derive(Clone, Debug)]
struct Killed {
    trace: String,
    found: Content,
    found_outputs: Content,
}

/// What came by in many cuts.
#[derive(Clone, Debug, Default)]
struct Tally {
    namings: Vec<Naming>,
    cuts: u64,
    torn: u64,
    kills: u64,
}

impl Tally {
    /// Whether tails were torn, processes killed, and for each pair a name of the first kind became
    /// one of the second.
    fn has_all(&self, renamed: &[(&str, &str)]) -> bool {
        let is_there = |(from, to): &(&str, &str)| {
            self.namings.iter().any(|naming| match naming {
                Naming::Rename(old, new) => old.ends_with(from) && new.ends_with(to),
                Naming::Create(..) | Naming::Remove(_) => false,
            })
        };
        self.torn > 0 && self.kills > 0 && renamed.iter().all(is_there)
    }
}

impl Subject {
    /// `None`, and a line that says so, where nothing can be traced.
    fn new(name: &str, options: &str) -> Option<Self> {
        let place = TestDir::new("power_cut", name);
        if !can_trace(&place) {
            return None;
        }
        place.generate(SEED, COMMANDS, "flow.csv");
        let run = format!("run --flow flow.csv --segment-bytes 64K {options} --fills {FILLS}");
        fs::create_dir(place.join(OUTPUTS)).unwrap();
        let whole = place.call(&format!("{run} --data whole"));
        if whole.stderr.contains("takes no direct I/O") {
            println!("skipped: {}", whole.stderr);
            return None;
        }
        whole.expect_code(0);
        let fills = place.read(FILLS);
        let state = state(&place.verified("whole"));
        Some(Self { place, run, fills, state, may_lose: 0 })
    }

    /// Lives that are cut as often as is said, and again as often when not enough came by: a
    /// machine with much to do makes few snapshots.
    fn cut(&self, cuts: u64, lives: [&str; 2], is_enough: impl Fn(&Tally) -> bool) {
        let (mut base, mut history) = (Left::default(), Histories::default());
        let mut tally = Tally::default();
        for index in 0..ROUNDS_MAX * cuts {
            if index > 0 && index.is_multiple_of(cuts) && is_enough(&tally) {
                break;
            }
            if index.is_multiple_of(CUTS_A_LIFE) {
                let life = index / CUTS_A_LIFE;
                if life.is_multiple_of(LIVES_A_LOG) {
                    base = Left::default();
                }
                if life.is_multiple_of(2) {
                    history = self.record(&base, lives[0], None);
                } else {
                    let killed = self.killed(&base, lives, life / 2);
                    tally.kills += u64::from(killed.is_some());
                    history = self.record(&base, lives[1], killed);
                }
                let namings = history.data.namings.iter().map(|(_, naming)| naming.clone());
                tally.namings.extend(namings);
            }
            let (left, about) = left(&history, base.acked, Forgets::Nothing, SEED + index);
            let found = self.check(&left);
            let found = found.unwrap_or_else(|sentence| self.complain(&left, &about, &sentence));
            tally.cuts += 1;
            tally.torn += u64::from(found.is_torn);
            if index % CUTS_A_LIFE == CUTS_A_LIFE - 1 {
                base = Left { acked: left.acked.min(found.last_client_sequence), ..left };
            }
        }
        println!("{} cuts, {} torn tails, {} kills", tally.cuts, tally.torn, tally.kills);
        assert!(is_enough(&tally), "{tally:?}");
    }

    /// The history of a life that begins with what a cut left, or goes on behind a process that did
    /// and was killed.
    fn record(&self, base: &Left, options: &str, killed: Option<Killed>) -> Histories {
        if killed.is_none() {
            self.lay_both("d", base);
        }
        self.trace(&["--seccomp-bpf"], options).expect_code(0);
        let (mut before, mut founds, mut founds_outputs) = (String::new(), vec![], vec![]);
        if let Some(Killed { trace, found, found_outputs }) = killed {
            before = trace;
            founds.push(found);
            founds_outputs.push(found_outputs);
        }
        founds.push(self.content_of("d"));
        founds_outputs.push(self.content_of(OUTPUTS));
        self.place.write("trace", before + &self.place.read("trace"));
        let (trace, place) = (Trace::read(&self.place), self.place.path());
        Histories {
            data: history(&trace, place, "d", base.content.as_ref(), &founds),
            outputs: history(&trace, place, OUTPUTS, Some(&base.outputs), &founds_outputs),
        }
    }

    fn content_of(&self, directory: &str) -> Content {
        self.place.files(directory).into_iter().collect()
    }

    /// A process that begins with what a cut left and is killed as one of its threads is about to
    /// sync, early in a long batch or later; `None` when none did so often.
    fn killed(&self, base: &Left, lives: [&str; 2], index: u64) -> Option<Killed> {
        self.lay_both("d", base);
        let (options, when) = match index % 2 {
            0 => (lives[1], 2 + index / 2 % 3),
            _ => (lives[0], 3 + index * 7 % 20),
        };
        let kill = format!("inject=fdatasync:signal=KILL:when={when}");
        let ended = self.trace(&["-e", &kill], options);
        if ended.code == Some(0) {
            return None;
        }
        assert!(ended.signal == Some(9) || ended.code == Some(128 + 9), "{ended:?}");
        let (found, found_outputs) = (self.content_of("d"), self.content_of(OUTPUTS));
        Some(Killed { trace: self.place.read("trace"), found, found_outputs })
    }

    fn trace(&self, strace: &[&str], options: &str) -> Ended {
        let run = format!("{} --data d --acks acks {options}", self.run);
        let strace = [&["-xx", "-s", "10000000", "-e", CALLS], strace].concat();
        self.place.start_command(&mut traced(&self.place, &strace, &run)).wait()
    }

    /// Lays what a cut left into a data directory, and the outputs where they were.
    fn lay_both(&self, data: &str, left: &Left) {
        self.place.lay(data, left.content.as_ref());
        self.place.lay(OUTPUTS, Some(&left.outputs));
    }

    /// The promise: what is left is sound and holds everything acknowledged, and a run that goes on
    /// with it ends like one that was never disturbed.
    fn check(&self, left: &Left) -> Result<Found, String> {
        self.lay_both("cut", left);
        let found = self.audit(left)?;
        let ended = self.place.call(&format!("{} --data cut --json", self.run));
        if ended.code != Some(0) {
            return Err(format!("the next run did not end well: {}", ended.stderr));
        }
        if state(&json(&ended.stdout)) != self.state {
            return Err(format!("the state differs: {}", ended.stdout));
        }
        if self.place.read(FILLS) != self.fills {
            return Err("the fills differ".to_owned());
        }
        Ok(found)
    }

    fn audit(&self, left: &Left) -> Result<Found, String> {
        let needed = left.acked.saturating_sub(self.may_lose);
        let verified = self.place.call("verify --data cut --json");
        if verified.code != Some(0) {
            let is_none = verified.stderr.contains("there is no log in");
            let sentence = format!("{} was acknowledged: {}", left.acked, verified.stderr);
            return if is_none && needed == 0 { Ok(Found::default()) } else { Err(sentence) };
        }
        let verified = json(&verified.stdout);
        let held = last_client_sequence(&verified, 1);
        if held < needed {
            return Err(format!("{} was acknowledged, and {held} is the last", left.acked));
        }
        let is_torn = number(&verified, "torn_tail_bytes") > 0;
        Ok(Found { last_client_sequence: held, is_torn })
    }

    /// What was left is kept for who looks for the cause, as is the trace.
    fn complain(&self, left: &Left, about: &str, sentence: &str) -> ! {
        self.place.lay("failed", left.content.as_ref());
        panic!("{about}: {sentence}\nsee 'failed' and 'trace' in {}", self.place.path().display());
    }

    /// How many of some cuts lose what was acknowledged, on a disk that forgets.
    fn losses(&self, history: &Histories, forgets: Forgets) -> usize {
        let lefts = (0..2 * CUTS_A_LIFE).map(|index| left(history, 0, forgets, SEED + index).0);
        let found = lefts.filter_map(|left| self.check(&left).err());
        found.filter(|sentence| sentence.contains("was acknowledged")).count()
    }
}

/// What one cut leaves, and which it is.
fn left(history: &Histories, acked: u64, forgets: Forgets, seed: u64) -> (Left, String) {
    let mut random = Random::new(seed);
    let Histories { data, outputs } = history;
    let moment = data.moment(&mut random);
    let content = data.left(moment, forgets, &mut random);
    let outputs = outputs.left(moment, forgets, &mut random).unwrap_or_default();
    let acked = data.acked(moment).max(acked);
    (
        Left { content, outputs, acked },
        format!("seed {seed}, cut before line {moment} of the trace"),
    )
}

/// What two runs of the same commands agree on, by what a run or `verify` says.
fn state(said: &Value) -> [String; 2] {
    ["last_sequence", "state_hash"].map(|name| said[name].to_string())
}

#[test]
fn a_power_cut_loses_nothing_acknowledged_direct() {
    let Some(subject) = Subject::new("direct", "--io direct") else { return };
    subject.cut(cuts(), SHORT_LIVES, |tally| tally.has_all(&[(".spare", ".log")]));
}

#[test]
fn a_power_cut_loses_nothing_acknowledged_append() {
    let Some(subject) = Subject::new("append", "--io append") else { return };
    subject.cut(cuts(), SHORT_LIVES, |tally| tally.has_all(&[]));
}

#[test]
fn a_power_cut_among_snapshots_and_packed_segments_loses_nothing_acknowledged() {
    let Some(subject) = Subject::new("packed", "--snapshot-bytes 64K") else { return };
    let renamed = [("part.snapshot", ".snapshot"), (".packing", ".packed")];
    subject.cut(cuts(), LONG_LIVES, |tally| tally.has_all(&renamed));
}

#[test]
fn a_power_cut_among_retired_segments_loses_nothing_acknowledged_and_no_fill() {
    let options = "--io direct --snapshot-bytes 32K --keep snapshot";
    let Some(subject) = Subject::new("retired", options) else { return };
    let renamed = [("part.snapshot", ".snapshot"), (".log", ".retired"), (".retired", ".spare")];
    subject.cut(cuts(), LONG_LIVES, |tally| tally.has_all(&renamed));
}

#[test]
fn a_power_cut_in_a_weaker_mode_loses_no_more_than_it_says() {
    for (mode, may_lose) in [("interval", 100), ("checkpoint", COMMANDS), ("off", COMMANDS)] {
        let count = if mode == "interval" { "--sync-count 100" } else { "" };
        let options = format!("--sync {mode} {count} --snapshot-bytes 64K");
        let Some(subject) = Subject::new(mode, &options) else { return };
        let subject = Subject { may_lose, ..subject };
        subject.cut(cuts().div_ceil(3), ["--limit 1600 --rate 5000", "--limit 1600"], |_| true);
    }
}

#[test]
fn a_disk_that_forgets_is_found() {
    for io in ["direct", "append"] {
        let name = format!("forgets_{io}");
        let Some(subject) = Subject::new(&name, &format!("--io {io}")) else { continue };
        let history = subject.record(&Left::default(), "--limit 3000 --rate 15000", None);
        for forgets in [Forgets::Data, Forgets::Names] {
            let losses = subject.losses(&history, forgets);
            assert!(losses > 2, "{io}, {forgets:?}: {losses}");
        }
    }
}

#[test]
fn a_run_that_does_not_sync_is_found() {
    let Some(subject) = Subject::new("unsynced", "--sync off") else { return };
    let history = subject.record(&Left::default(), "--limit 3000 --rate 15000", None);
    let losses = subject.losses(&history, Forgets::Nothing);
    assert!(losses > 2, "{losses}");
}
