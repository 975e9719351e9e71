//! A log writer, its disk and its callers in simulated time, around the pacing that is tested.

use crate::load::{Load, Running};
use highwater::pacing::{Pacing, SPACING_NS};
use tests::random::Random;

/// What is decided wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Nothing,
    /// Syncs are never spaced.
    NeverSpaces,
    /// They always are.
    AlwaysSpaces,
    /// They are behind every stall, whatever the load.
    SpacesEveryLoad,
    /// They are for good once they were.
    NeverEnds,
    /// They are until the time is over, though the load has closed.
    IgnoresClosing,
    /// The time that a group is held begins anew at each look.
    HoldsAnew,
    /// What answers bring counts as if it had come without them.
    CountsTheAnswered,
    /// What came before a sync counts as if it had come during it.
    CountsTheEarlier,
}

/// Whom the machine stops while it steals time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steal {
    /// Nobody.
    Never,
    /// The thread that syncs, once, in the sync that runs at this time.
    Once(u64),
    /// The thread that syncs.
    OfSync,
    /// Every thread; who sends by the clock makes up for it afterwards.
    OfAll,
}

/// How long a sync takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// Some 65 microseconds.
    Fast,
    /// As long, or one of two some milliseconds.
    Fickle,
}

/// A machine: its disk, and what it steals.
pub(crate) type Machine = (Disk, Steal);

/// One part of a run: a load, and how long it lasts in nanoseconds.
pub(crate) type Phase = (Load, u64);

/// What was seen in one phase.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Syncs.
    pub(crate) syncs: u64,
    /// Groups that were held back.
    pub(crate) holds: u64,
    /// When the last was, after the phase began.
    pub(crate) last_hold_ns: u64,
    /// The longest that one was to be held back.
    pub(crate) hold_ns_max: u64,
    /// Syncs in the second half of the phase, and how long those did not stall.
    pub(crate) late_syncs: u64,
    pub(crate) late_ns: u64,
}

/// A stall takes so long at least, and so much more at most.
const STOLEN_NS: (u64, u64) = (12_000_000, 12_000_000);
/// One sync of so many stalls.
const STALL_OF: u64 = 700;
const SYNC_NS: (u64, u64) = (45_000, 40_000);
/// What one of 16 syncs of a fickle disk takes longer, and what 7 of 16 do.
const SLOW_SYNC_NS: (u64, u64) = (5_000_000, 3_000_000);
/// How long a log writer that holds a group looks away.
const LOOK_NS: u64 = 60_000;
/// Who catches up sends this often.
const CATCH_UP_NS: u64 = 400;

/// A run.
pub(crate) struct World {
    flaw: Flaw,
    disk: Disk,
    steal: Steal,
    random: Random,
    pacing: Pacing,
    load: Running,
    now_ns: u64,
    /// Nobody sends before.
    frozen_until_ns: u64,
    arrived: u64,
    durable: u64,
    sync_began_ns: u64,
    sync_ended_ns: u64,
    /// When the second half of the phase begins.
    late_from_ns: u64,
    /// Commands that came before the phase: their answers go to nobody.
    before_phase: u64,
    /// Until when a flaw spaces syncs.
    wrongly_until_ns: u64,
    seen: Seen,
}

/// Runs the phases one after the other and tells what was seen in each.
pub(crate) fn run(phases: &[Phase], (disk, steal): Machine, flaw: Flaw, seed: u64) -> Vec<Seen> {
    let random = Random::new(seed);
    let mut world = World {
        flaw,
        disk,
        steal,
        load: Running::new(Load::Callers(0, 0), 0, Random::new(seed)),
        random,
        pacing: Pacing::new(),
        now_ns: 0,
        frozen_until_ns: 0,
        arrived: 0,
        durable: 0,
        sync_began_ns: 0,
        sync_ended_ns: 0,
        late_from_ns: 0,
        before_phase: 0,
        wrongly_until_ns: 0,
        seen: Seen::default(),
    };
    phases.iter().map(|phase| world.live(*phase)).collect()
}

impl World {
    fn live(&mut self, (load, length_ns): Phase) -> Seen {
        let begins_ns = self.now_ns;
        self.load = Running::new(load, begins_ns, Random::new(self.random.number()));
        self.before_phase = self.arrived;
        self.seen = Seen::default();
        self.late_from_ns = begins_ns + length_ns / 2;
        while self.now_ns < begins_ns + length_ns {
            self.deliver();
            let is_waited_for = self.arrived > self.durable;
            if is_waited_for || self.pacing.is_look_due() {
                self.pacing.look(self.now_ns, self.arrived);
            }
            if is_waited_for {
                self.hold(begins_ns);
                self.sync();
            } else {
                self.now_ns = self.next_ns().unwrap_or(begins_ns + length_ns).max(self.now_ns);
            }
        }
        self.seen
    }

    fn next_ns(&self) -> Option<u64> {
        self.load.next_ns().map(|time_ns| time_ns.max(self.frozen_until_ns))
    }

    /// What has come until now.
    fn deliver(&mut self) {
        while let Some(time_ns) = self.next_ns().filter(|time_ns| *time_ns <= self.now_ns) {
            self.load.take();
            self.arrived += 1;
            if time_ns == self.frozen_until_ns {
                self.frozen_until_ns += CATCH_UP_NS;
            }
        }
    }

    /// Waits as long as the group is held back.
    fn hold(&mut self, begins_ns: u64) {
        let since_ns = self.now_ns;
        let mut is_held = false;
        while let Some(until_ns) = self.held_until_ns() {
            is_held = true;
            let held_ns = until_ns - since_ns;
            self.seen.hold_ns_max = self.seen.hold_ns_max.max(held_ns);
            if held_ns > 10 * SPACING_NS {
                return;
            }
            self.now_ns = until_ns.min(self.now_ns + LOOK_NS);
            self.deliver();
            self.pacing.look(self.now_ns, self.arrived);
        }
        if is_held {
            self.seen.holds += 1;
            self.seen.last_hold_ns = self.now_ns - begins_ns;
        }
    }

    fn held_until_ns(&mut self) -> Option<u64> {
        let (now_ns, until_ns) = (self.now_ns, self.sync_began_ns + SPACING_NS);
        let decided_ns = self.pacing.held_until_ns(now_ns);
        let spaced = (now_ns < until_ns).then_some(until_ns);
        match self.flaw {
            Flaw::NeverSpaces => None,
            Flaw::AlwaysSpaces => spaced,
            Flaw::SpacesEveryLoad => spaced.filter(|_| now_ns < self.wrongly_until_ns),
            Flaw::NeverEnds | Flaw::IgnoresClosing => {
                let lasts = self.flaw == Flaw::NeverEnds;
                if decided_ns.is_some() && now_ns >= self.wrongly_until_ns {
                    self.wrongly_until_ns = if lasts { u64::MAX } else { now_ns + 1_000_000_000 };
                }
                spaced.filter(|_| now_ns < self.wrongly_until_ns)
            }
            Flaw::HoldsAnew => decided_ns.map(|_| now_ns + SPACING_NS),
            Flaw::Nothing | Flaw::CountsTheAnswered | Flaw::CountsTheEarlier => decided_ns,
        }
    }

    fn sync(&mut self) {
        let is_late = self.now_ns > self.late_from_ns;
        let last = self.arrived;
        // The last one may be taken before it counts.
        let uncounted = self.random.below(2).min(last - self.durable);
        let known =
            if self.flaw == Flaw::CountsTheEarlier { self.durable } else { last - uncounted };
        self.pacing.begin_sync(self.now_ns, known);
        self.sync_began_ns = self.now_ns;
        let slow_ns = match (self.disk, self.random.below(16)) {
            (Disk::Fickle, 0) => SLOW_SYNC_NS.0,
            (Disk::Fickle, 1..=7) => SLOW_SYNC_NS.1,
            (Disk::Fast | Disk::Fickle, _) => 0,
        };
        let usual_ns = SYNC_NS.0 + self.random.below(SYNC_NS.1) + slow_ns;
        let stolen_ns = self.stolen_ns();
        self.now_ns += usual_ns + stolen_ns;
        if stolen_ns > 0 {
            self.wrongly_until_ns = self.wrongly_until_ns.max(self.now_ns + 1_000_000_000);
        }
        self.deliver();
        let answered = last - self.durable.max(self.before_phase).min(last);
        let early = if self.flaw == Flaw::CountsTheAnswered { answered } else { 0 };
        let last_known = if self.flaw == Flaw::CountsTheEarlier { 0 } else { last };
        self.pacing.end_sync(last_known, self.arrived + early);
        self.durable = last;
        self.load.answer(answered, self.now_ns);
        self.seen.syncs += 1;
        if is_late {
            self.seen.late_syncs += 1;
            self.seen.late_ns += self.now_ns - self.sync_ended_ns - stolen_ns;
        }
        self.sync_ended_ns = self.now_ns;
    }

    fn stolen_ns(&mut self) -> u64 {
        let stalls = match self.steal {
            Steal::Never => false,
            Steal::Once(at_ns) => self.now_ns >= at_ns,
            Steal::OfSync | Steal::OfAll => self.random.below(STALL_OF) == 0,
        };
        if !stalls {
            return 0;
        }
        let stolen_ns = STOLEN_NS.0 + self.random.below(STOLEN_NS.1);
        match self.steal {
            Steal::Once(_) => self.steal = Steal::Never,
            Steal::OfAll => self.frozen_until_ns = self.now_ns + stolen_ns,
            Steal::Never | Steal::OfSync => {}
        }
        stolen_ns
    }
}
