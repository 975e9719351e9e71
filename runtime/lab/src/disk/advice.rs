//! What a directory cannot do, in sentences and as findings.

use highwater::limits::SEGMENT_BYTES_DEFAULT;
use highwater_engine::figures::{Nanoseconds, grouped};
use highwater_platform::latency::Quantiles;
use highwater_platform::{FileSystem, Finding, IoMode, Keeper};

/// Half of the commits of an honest disk take longer than this, in nanoseconds: the way through the
/// system alone takes about as long.
const PLAUSIBLE_NS_MIN: u64 = 10_000;
/// Half of the commits of a disk without moving parts take less than this, in nanoseconds.
const FAST_NS_MAX: u64 = 1_000_000;
/// Segments that there should be room for: the one that is written, the next, and what a day adds
/// until somebody looks.
const SEGMENTS_MIN: u64 = 16;

/// What is known of a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// What it is on.
    pub(super) file_system: &'a FileSystem,
    /// How the engine writes there.
    pub(super) mode: IoMode,
    /// What a commit of one block costs in that mode.
    pub(super) commit: Option<Quantiles>,
    /// Bytes that may still be filled.
    pub(super) free_bytes: u64,
}

impl Facts<'_> {
    /// Every warning that applies.
    pub(super) fn warnings(&self) -> Vec<String> {
        let all = [self.memory(), self.remote(), self.mode(), self.haste(), self.room()];
        all.into_iter().flatten().collect()
    }

    /// Every finding, the good ones too.
    pub(super) fn findings(&self) -> Vec<Finding> {
        vec![
            self.found_file_system(),
            found("writing", self.mode.name(), self.mode()),
            self.found_commit(),
            self.found_flushes(),
            found("room", format!("{} MiB", grouped(self.free_bytes >> 20)), self.room()),
        ]
    }

    fn found_file_system(&self) -> Finding {
        let (subject, name) = ("file system", &self.file_system.name);
        let warning = self.memory().or_else(|| self.remote());
        if warning.is_none() && self.file_system.keeper == Keeper::Unknown {
            let change = "nothing tells who keeps what is written: mount a disk of this machine";
            return Finding::unknown(subject, name, change);
        }
        found(subject, name, warning)
    }

    fn found_commit(&self) -> Finding {
        let subject = "commit";
        let Some(commit) = self.commit else {
            return Finding::unknown(subject, "nothing was measured", "measure longer: --seconds");
        };
        let (p50_ns, p99_ns) = (commit.p50_ns, commit.p99_ns);
        let times = format!("p50 {}, p99 {}", Nanoseconds(p50_ns), Nanoseconds(p99_ns));
        let is_slow = p50_ns > FAST_NS_MAX;
        let change = "every answer waits for it: a disk without moving parts and with power-loss \
                      protection takes 20 to 100 us";
        found(subject, times, is_slow.then(|| change.to_owned()))
    }

    /// That flushes take long enough is no proof that they are honest.
    fn found_flushes(&self) -> Finding {
        let subject = "flushes";
        if let Some(sentence) = self.haste() {
            return Finding::weak(subject, "too fast to be true", sentence);
        }
        if self.file_system.keeper == Keeper::Memory {
            let found = "there is no disk below";
            return Finding::weak(subject, found, "name a directory on a disk");
        }
        Finding::unknown(
            subject,
            "no program can tell whether they reach stable storage",
            "ask who runs the disk, or pull the plug and look with highwater verify",
        )
    }

    fn memory(&self) -> Option<String> {
        let name = &self.file_system.name;
        (self.file_system.keeper == Keeper::Memory).then(|| {
            format!(
                "{name} is a file system in memory: nothing there is durable, whatever the \
                     calls return"
            )
        })
    }

    fn remote(&self) -> Option<String> {
        let name = &self.file_system.name;
        (self.file_system.keeper == Keeper::Remote).then(|| {
            format!(
                "on {name} another machine or program answers locks and syncs: \
                 durability depends on that one; prefer a disk of this machine"
            )
        })
    }

    fn mode(&self) -> Option<String> {
        match self.mode {
            IoMode::Append if self.file_system.keeper != Keeper::Memory => Some(format!(
                "{} takes no direct I/O: segments grow as they are written, and every commit also \
                 waits for the file's new length",
                self.file_system.name
            )),
            IoMode::Append | IoMode::Direct => None,
        }
    }

    /// A disk of which half the commits are faster than flash can be written, on a real file
    /// system.
    fn haste(&self) -> Option<String> {
        let commit = self.commit.filter(|commit| commit.p50_ns < PLAUSIBLE_NS_MIN)?;
        if self.file_system.keeper == Keeper::Memory {
            return None;
        }
        Some(format!(
            "half of the commits took at most {}, less than most disks need to make data safe: \
             unless the disk has power-loss protection, it, or the machine below this one, \
             probably answers flushes early, and a power cut may take acknowledged commands; \
             ask who runs it whether flushes reach stable storage",
            Nanoseconds(commit.p50_ns)
        ))
    }

    fn room(&self) -> Option<String> {
        let wanted = SEGMENTS_MIN * SEGMENT_BYTES_DEFAULT;
        (self.free_bytes < wanted).then(|| {
            format!(
                "{} MiB are free, room for {} segments of {} MiB: \
                 the engine stops when a segment does not fit; free some space",
                grouped(self.free_bytes >> 20),
                self.free_bytes / SEGMENT_BYTES_DEFAULT,
                SEGMENT_BYTES_DEFAULT >> 20
            )
        })
    }
}

/// A finding that is weak where there is a sentence.
fn found(subject: &'static str, found: impl std::fmt::Display, warning: Option<String>) -> Finding {
    match warning {
        None => Finding::good(subject, found),
        Some(sentence) => Finding::weak(subject, found, sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_platform::Verdict::{Good, Unknown, Weak};

    fn warnings(change: impl FnOnce(&mut FileSystem, &mut Facts<'_>)) -> Vec<String> {
        of_facts(change).0
    }

    fn of_facts(
        change: impl FnOnce(&mut FileSystem, &mut Facts<'_>),
    ) -> (Vec<String>, Vec<Finding>) {
        let mut seen = FileSystem { name: "somefs".to_owned(), keeper: Keeper::Disk };
        let p50_ns = PLAUSIBLE_NS_MIN;
        let (p90_ns, p99_ns, p99_9_ns, max_ns) = (p50_ns, p50_ns, p50_ns, p50_ns);
        let (avg_ns, min_ns) = (p50_ns, p50_ns);
        let commit =
            Some(Quantiles { count: 9, avg_ns, min_ns, p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns });
        let free_bytes = SEGMENTS_MIN * SEGMENT_BYTES_DEFAULT;
        let none = seen.clone();
        let mut facts = Facts { file_system: &none, mode: IoMode::Direct, commit, free_bytes };
        change(&mut seen, &mut facts);
        let facts = Facts { file_system: &seen, ..facts };
        (facts.warnings(), facts.findings())
    }

    fn only(warnings: &[String], said: &str) {
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(said), "{warnings:?}");
    }

    #[test]
    fn a_good_disk_is_not_warned_of() {
        assert_eq!(warnings(|_, _| ()), [""; 0]);
        assert_eq!(warnings(|_, facts| facts.commit = None), [""; 0]);
    }

    #[test]
    fn each_shortcoming_has_its_sentence() {
        let fast = |facts: &mut Facts<'_>| {
            facts.commit = facts.commit.map(|commit| Quantiles { p50_ns: 9_999, ..commit });
        };
        only(&warnings(|_, facts| fast(facts)), "at most 9.9 us");
        only(&warnings(|on, _| on.keeper = Keeper::Remote), "on somefs another machine");
        only(&warnings(|_, facts| facts.mode = IoMode::Append), "somefs takes no direct I/O");
        only(&warnings(|_, facts| facts.free_bytes -= 1), "1,023 MiB are free, room for 15");
        let in_memory = |on: &mut FileSystem, facts: &mut Facts<'_>| {
            (on.keeper, facts.mode) = (Keeper::Memory, IoMode::Append);
            fast(facts);
        };
        only(&warnings(in_memory), "nothing there is durable");
    }

    #[test]
    fn each_finding_has_its_verdict_and_flushes_are_never_good() {
        let verdicts = |change: fn(&mut FileSystem, &mut Facts<'_>)| {
            let findings = of_facts(change).1;
            for finding in &findings {
                assert_eq!(finding.verdict == Good, finding.change.is_none(), "{finding:?}");
            }
            findings.iter().map(|finding| finding.verdict).collect::<Vec<_>>()
        };
        assert_eq!(verdicts(|_, _| ()), [Good, Good, Good, Unknown, Good]);
        let unknown = verdicts(|on, _| on.keeper = Keeper::Unknown);
        assert_eq!(unknown, [Unknown, Good, Good, Unknown, Good]);
        let remote = verdicts(|on, facts| {
            (on.keeper, facts.mode, facts.free_bytes) = (Keeper::Remote, IoMode::Append, 0);
        });
        assert_eq!(remote, [Weak, Weak, Good, Unknown, Weak]);
        let slow = verdicts(|_, facts| {
            let slowly = |commit| Quantiles { p50_ns: FAST_NS_MAX + 1, ..commit };
            facts.commit = facts.commit.map(slowly);
        });
        assert_eq!(slow, [Good, Good, Weak, Unknown, Good]);
        let hasty = verdicts(|_, facts| {
            facts.commit = facts.commit.map(|commit| Quantiles { p50_ns: 9_999, ..commit });
        });
        assert_eq!(hasty, [Good, Good, Good, Weak, Good]);
        let in_memory = verdicts(|on, facts| {
            (on.keeper, facts.mode, facts.commit) = (Keeper::Memory, IoMode::Append, None);
        });
        assert_eq!(in_memory, [Weak, Good, Unknown, Weak, Good]);
    }
}
