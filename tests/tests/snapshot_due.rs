//! Snapshots come in time: what stands behind the newest one keeps its bound, and nothing waits for
//! ever.
//!
//! A gate that takes commands, a log that grows, and a maker of snapshots that is slow and fails,
//! each as the core decides, in an order that a seed decides.

use highwater::limits::BLOCK_BYTES;
use highwater::snapshot_plan::{COMMAND_BYTES_MAX, Commands, Keep, SnapshotDue, SnapshotPlan};
use std::time::Duration;
use tests::random::Random;

/// What is decided wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Nothing,
    /// What is on its way does not count.
    IgnoresUnderWay,
    /// A command counts as one block.
    CountsOneBlock,
    /// A snapshot is made when the log has grown or time has passed, not because commands wait.
    ForgetsHeld,
    /// One is made only when the log has grown or commands wait.
    ForgetsTime,
    /// What came while a snapshot was made counts as covered by it.
    CoversTooMuch,
    /// It is tried again for ever.
    NeverGivesUp,
}

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Violation {
    /// More stands behind the newest snapshot than is allowed.
    OverBound,
    /// Commands wait for ever.
    Stuck,
    /// No snapshot was begun though its time had come.
    Late,
}

/// Steps of a trial; a command that waits so many is stuck.
const STEPS: u64 = 3_000;
/// Steps that a snapshot takes, at most.
const MAKING_STEPS_MAX: u64 = 40;

struct Trial {
    flaw: Flaw,
    plan: SnapshotPlan,
    due: SnapshotDue,
    random: Random,
    now_ns: u64,
    log_bytes: u64,
    /// What the newest snapshot is said to cover, what it does, and what the one will that is made.
    told_bytes: u64,
    covered_bytes: u64,
    begun_bytes: u64,
    under_way: u64,
    commands: Commands,
    /// Steps since a command was taken.
    waited_steps: u64,
    /// When what stands behind the last try to make one began to come; `None` while nothing has.
    grown_at_ns: Option<u64>,
    /// Steps until the snapshot that is being made is made, or has failed.
    making: Option<u64>,
    fails: u64,
    is_given_up: bool,
}

impl Trial {
    fn new(seed: u64, flaw: Flaw) -> Self {
        let mut random = Random::new(seed);
        let block = BLOCK_BYTES as u64;
        let plan = SnapshotPlan {
            bytes: random.chance(50).then(|| block * (1 + random.below(300))),
            interval: random.chance(50).then(|| Duration::from_nanos(1 + random.below(5_000))),
            keep: Keep::All,
            lag_max_bytes: Some(block * (8 + random.below(200))),
        };
        Self {
            flaw,
            plan,
            due: SnapshotDue::new(plan, 0),
            fails: [0, 30, 100][random.index(3)],
            random,
            now_ns: 0,
            log_bytes: 0,
            told_bytes: 0,
            covered_bytes: 0,
            begun_bytes: 0,
            under_way: 0,
            commands: Commands::Taken,
            waited_steps: 0,
            grown_at_ns: None,
            making: None,
            is_given_up: false,
        }
    }

    fn run(mut self) -> Result<(), Violation> {
        for _ in 0..STEPS {
            self.now_ns += self.random.below(200);
            match self.random.below(3) {
                0 => self.take(),
                1 => self.append()?,
                _ => self.step_maker()?,
            }
            self.waited_steps += 1;
            // Every command finds room behind a snapshot, or the engine stops.
            if self.waited_steps > STEPS / 2 {
                return Err(Violation::Stuck);
            }
            if self.is_given_up {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes commands, as many as there is room for.
    fn take(&mut self) {
        let mut under_way = self.under_way;
        let mut lag_bytes = self.log_bytes - self.told_bytes;
        match self.flaw {
            Flaw::IgnoresUnderWay => under_way = 0,
            Flaw::CountsOneBlock => lag_bytes /= 2,
            Flaw::Nothing
            | Flaw::ForgetsHeld
            | Flaw::ForgetsTime
            | Flaw::CoversTooMuch
            | Flaw::NeverGivesUp => {}
        }
        let room = self.plan.room(lag_bytes, under_way);
        if room > 0 {
            self.commands = Commands::Taken;
            self.waited_steps = 0;
            self.under_way += (1 + self.random.below(20)).min(room);
        } else if self.plan.holds(lag_bytes, 1) {
            self.commands = Commands::Held;
        }
    }

    /// Appends some of what is on its way; each command takes a block, or as many as it may.
    fn append(&mut self) -> Result<(), Violation> {
        let count = self.random.below(self.under_way + 1);
        self.under_way -= count;
        let command_bytes =
            if self.random.chance(50) { COMMAND_BYTES_MAX } else { BLOCK_BYTES as u64 };
        self.log_bytes += count * command_bytes;
        if count > 0 {
            self.grown_at_ns.get_or_insert(self.now_ns);
        }
        let bound = self.plan.lag_max_bytes.unwrap_or(u64::MAX);
        let lag_bytes = self.log_bytes - self.covered_bytes;
        if lag_bytes > bound { Err(Violation::OverBound) } else { Ok(()) }
    }

    /// Begins a snapshot when one is due, and makes it, or fails, some steps later.
    fn step_maker(&mut self) -> Result<(), Violation> {
        match self.making {
            Some(0) => {
                self.making = None;
                self.end_snapshot();
            }
            Some(left) => self.making = Some(left - 1),
            None if self.is_due() => {
                self.due.begin(self.log_bytes, self.now_ns);
                self.begun_bytes = self.log_bytes;
                self.grown_at_ns = None;
                self.making = Some(self.random.below(MAKING_STEPS_MAX));
            }
            None => self.check_time()?,
        }
        Ok(())
    }

    fn is_due(&self) -> bool {
        let is_forgotten = self.flaw == Flaw::ForgetsHeld;
        let commands = if is_forgotten { Commands::Taken } else { self.commands };
        let now_ns = if self.flaw == Flaw::ForgetsTime { 0 } else { self.now_ns };
        self.due.is_due(self.log_bytes, now_ns, commands)
    }

    fn end_snapshot(&mut self) {
        if self.random.chance(self.fails) {
            let is_held = self.commands == Commands::Held;
            let is_often = is_held && self.due.failed_while_held();
            self.is_given_up = is_often && self.flaw != Flaw::NeverGivesUp;
            return;
        }
        self.covered_bytes = self.begun_bytes;
        self.told_bytes = self.due.made();
        if self.flaw == Flaw::CoversTooMuch {
            self.told_bytes = self.log_bytes;
        }
        self.commands = Commands::Taken;
    }

    /// What has come does not stand behind the last try for longer than the interval.
    fn check_time(&self) -> Result<(), Violation> {
        let Some((interval, grown_at_ns)) = self.plan.interval.zip(self.grown_at_ns) else {
            return Ok(());
        };
        let waited = Duration::from_nanos(self.now_ns - grown_at_ns);
        if waited >= interval { Err(Violation::Late) } else { Ok(()) }
    }
}

fn first_violation(flaw: Flaw) -> Option<Violation> {
    (0..300).find_map(|seed| Trial::new(seed, flaw).run().err())
}

#[test]
fn snapshots_that_come_when_they_are_due_keep_the_bound() {
    for seed in 0..3_000 {
        assert_eq!(Trial::new(seed, Flaw::Nothing).run(), Ok(()), "seed {seed}");
    }
}

#[test]
fn wrong_room_is_caught() {
    assert_eq!(first_violation(Flaw::IgnoresUnderWay), Some(Violation::OverBound));
    assert_eq!(first_violation(Flaw::CountsOneBlock), Some(Violation::OverBound));
    assert_eq!(first_violation(Flaw::CoversTooMuch), Some(Violation::OverBound));
}

#[test]
fn a_snapshot_that_is_not_made_for_held_commands_is_caught() {
    assert_eq!(first_violation(Flaw::ForgetsHeld), Some(Violation::Stuck));
    assert_eq!(first_violation(Flaw::NeverGivesUp), Some(Violation::Stuck));
}

#[test]
fn a_snapshot_whose_time_is_forgotten_is_caught() {
    assert_eq!(first_violation(Flaw::ForgetsTime), Some(Violation::Late));
}
