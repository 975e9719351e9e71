//! When the next sync of a group may start: spaces syncs where the machine punishes their rate.
//!
//! It takes times and counts as arguments, and decides nothing about what is durable. Two things
//! must come together before it holds a group back:
//!
//! - A sync *stalled*: a hypervisor may take the processor away for some 20 milliseconds where
//!   syncs start ten thousand times a second. Fewer syncs avoid that.
//! - The load is *open*: commands went on coming during the stall and shortly after it at three
//!   quarters of their rate before it, though nothing was answered. Callers that wait for their
//!   answers (a *closed* loop) cannot do that, so they are never delayed to find out.
//!
//! From then on syncs start [`SPACING_NS`] apart, for a time that grows when stalls come back as
//! soon as it has passed. It ends at once where the load looks closed: commands stayed away during
//! a stall, or during several syncs in a row.

/// Shortest time from the start of one sync to the start of the next while syncs are spaced, and so
/// the longest that a group is held back, in nanoseconds: 4,000 syncs a second.
pub const SPACING_NS: u64 = 250_000;

/// A sync that takes this long stalled: a fifth of what a hypervisor takes.
const STALL_NS: u64 = 4_000_000;
/// Where syncs start further apart than this on average, a stall tells nothing: the disk is slow.
const CYCLE_NS_MAX: u64 = STALL_NS / 5;
/// The rates of commands and of syncs are counted over so long: 640 commands at 20,000 a second, a
/// number that chance changes by 4 %.
const WINDOW_NS: u64 = 32_000_000;
/// Spacing pays where so many commands share a sync then.
const COMMANDS_PER_SYNC_MIN: u64 = 3;
/// How long syncs stay spaced behind a stall, at first and at most.
const TERM_NS_MIN: u64 = 1_000_000_000;
const TERM_NS_MAX: u64 = 64 * TERM_NS_MIN;
/// A load is closed when no command came during so many syncs in a row,
const QUIET_SYNCS: u32 = 4;
/// in which this many were to be expected: one open load in ten million looks like that by chance.
const QUIET_COMMANDS: u64 = 16;

// A closed loop in which each sync answers half of the callers must look closed: in 3/2 of a stall
// all of them send once, and go on for half a stall. That is less than 3/4 of their rate before.
const _: () = assert!(2 * CYCLE_NS_MAX + STALL_NS / 2 < STALL_NS * 3 / 2 * 3 / 4);

/// Decides how long a group is held back. Times are in nanoseconds of the host's monotonic clock,
/// what arrived is a number of commands that only grows.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    sync: Sync,
    /// When the last sync began.
    began_ns: u64,
    window: Option<Window>,
    rate: Rate,
    stall: Option<Stall>,
    /// Syncs are spaced until then.
    spaced_until_ns: u64,
    term_ns: u64,
    /// Syncs in a row during which no command came, and the time that they took.
    quiet_syncs: u32,
    quiet_ns: u64,
}

/// How far the last sync has come.
#[derive(Clone, Copy, Debug)]
enum Sync {
    /// Its time was taken.
    Known,
    /// It runs; commands that had arrived when it began.
    Runs(u64),
    /// It has ended; commands that had arrived when it began, and how many came meanwhile.
    Ended(u64, u64),
}

/// What is counted now.
#[derive(Clone, Copy, Debug)]
struct Window {
    since_ns: u64,
    arrived: u64,
    sync_count: u64,
}

/// What was counted in the last window.
#[derive(Clone, Copy, Debug)]
struct Rate {
    command_count: u64,
    sync_count: u64,
    elapsed_ns: u64,
}

/// A sync that stalled, while it is open what it tells.
#[derive(Clone, Copy, Debug)]
struct Stall {
    since_ns: u64,
    arrived: u64,
    took_ns: u64,
    is_judged: bool,
}

impl Pacing {
    /// Nothing was seen, so nothing is held back.
    pub const fn new() -> Self {
        Self {
            sync: Sync::Known,
            began_ns: 0,
            window: None,
            rate: Rate { command_count: 0, sync_count: 0, elapsed_ns: 0 },
            stall: None,
            spaced_until_ns: 0,
            term_ns: TERM_NS_MIN,
            quiet_syncs: 0,
            quiet_ns: 0,
        }
    }

    /// Whether a sync has ended whose time is not known: [`look`](Self::look) is due.
    pub const fn is_look_due(&self) -> bool {
        match self.sync {
            Sync::Ended(..) => true,
            Sync::Known | Sync::Runs(_) => false,
        }
    }

    /// Takes the time, right behind a sync and before a group is begun.
    pub fn look(&mut self, now_ns: u64, arrived: u64) {
        if let Sync::Ended(arrived_before, came) = self.sync {
            self.sync = Sync::Known;
            let took_ns = now_ns.saturating_sub(self.began_ns);
            if took_ns < STALL_NS {
                self.judge_sync(took_ns, came);
            } else {
                self.begin_stall(took_ns, arrived_before);
            }
        }
        match self.stall {
            Some(stall) => self.judge_stall(stall, now_ns, arrived),
            None => self.count(now_ns, arrived),
        }
    }

    /// When the group that waits may be synced; `None` when that is now.
    pub fn held_until_ns(&self, now_ns: u64) -> Option<u64> {
        let until_ns = self.began_ns.saturating_add(SPACING_NS);
        let is_spaced = now_ns < self.spaced_until_ns && self.rate.pays();
        (is_spaced && now_ns < until_ns).then_some(until_ns)
    }

    /// A group is taken, to be synced.
    pub const fn begin_sync(&mut self, now_ns: u64, arrived: u64) {
        self.began_ns = now_ns;
        self.sync = Sync::Runs(arrived);
    }

    /// The group is durable, its last command being number `last`, and nothing of it was answered.
    pub fn end_sync(&mut self, last: u64, arrived: u64) {
        if let Sync::Runs(arrived_before) = self.sync {
            // A command may be taken just before it counts as arrived.
            let came = arrived.saturating_sub(arrived_before.max(last));
            self.sync = Sync::Ended(arrived_before, came);
        }
    }

    /// Notes a stall. Its time, and as long again after it, count in no window.
    fn begin_stall(&mut self, took_ns: u64, arrived: u64) {
        let since_ns = self.began_ns;
        if let Some(earlier) = self.stall {
            self.leave_out(earlier, since_ns, arrived);
        }
        let is_known = self.rate.pays() && self.is_steady(arrived);
        self.stall = Some(Stall { since_ns, arrived, took_ns, is_judged: !is_known });
    }

    /// Whether commands have come at less than twice the rate of the last full window since that
    /// ended: the load has not changed.
    fn is_steady(&self, arrived: u64) -> bool {
        self.window.is_some_and(|window| {
            let came = arrived.saturating_sub(window.arrived);
            let since_ns = self.began_ns.saturating_sub(window.since_ns);
            self.rate.expects(2 * since_ns + WINDOW_NS / 4, came)
        })
    }

    const fn leave_out(&mut self, stall: Stall, until_ns: u64, arrived: u64) {
        if let Some(window) = &mut self.window {
            window.since_ns += until_ns.saturating_sub(stall.since_ns);
            window.arrived += arrived.saturating_sub(stall.arrived);
        }
    }

    fn judge_sync(&mut self, took_ns: u64, came: u64) {
        if self.stall.is_none()
            && let Some(window) = &mut self.window
        {
            window.sync_count += 1;
        }
        if came > 0 {
            (self.quiet_syncs, self.quiet_ns) = (0, 0);
            return;
        }
        self.quiet_syncs = self.quiet_syncs.saturating_add(1);
        self.quiet_ns = self.quiet_ns.saturating_add(took_ns);
        let are_missed = self.rate.expects(self.quiet_ns, QUIET_COMMANDS);
        if self.quiet_syncs >= QUIET_SYNCS && are_missed {
            self.stop_spacing();
        }
    }

    /// Decides whether the load is open: commands came during the stall, and half as long after it,
    /// at three quarters of their rate before. A sender that catches up sends faster for a while,
    /// so the counts go on only when twice the time of the stall has passed.
    fn judge_stall(&mut self, stall: Stall, now_ns: u64, arrived: u64) {
        let passed_ns = now_ns.saturating_sub(stall.since_ns);
        let came = arrived.saturating_sub(stall.arrived);
        if !stall.is_judged {
            let is_flow = !self.rate.expects(passed_ns / 4 * 3, came.saturating_add(1));
            let is_over = passed_ns >= stall.took_ns.saturating_add(stall.took_ns / 2);
            if is_flow {
                self.space(now_ns);
            } else if is_over {
                self.stop_spacing();
            }
            self.stall = Some(Stall { is_judged: is_flow || is_over, ..stall });
        }
        if passed_ns >= stall.took_ns.saturating_mul(2) {
            self.stall = None;
            self.leave_out(stall, now_ns, arrived);
        }
    }

    fn space(&mut self, now_ns: u64) {
        if let Some(since_ns) = now_ns.checked_sub(self.spaced_until_ns) {
            let is_relapse = self.spaced_until_ns > 0 && since_ns < self.term_ns;
            self.term_ns = if is_relapse { TERM_NS_MAX.min(2 * self.term_ns) } else { TERM_NS_MIN };
        }
        self.spaced_until_ns = now_ns.saturating_add(self.term_ns);
    }

    const fn stop_spacing(&mut self) {
        self.spaced_until_ns = 0;
        self.term_ns = TERM_NS_MIN;
        (self.quiet_syncs, self.quiet_ns) = (0, 0);
    }

    fn count(&mut self, now_ns: u64, arrived: u64) {
        let fresh = Window { since_ns: now_ns, arrived, sync_count: 0 };
        let window = *self.window.get_or_insert(fresh);
        let elapsed_ns = now_ns.saturating_sub(window.since_ns);
        if elapsed_ns >= WINDOW_NS {
            let command_count = arrived.saturating_sub(window.arrived);
            self.rate = Rate { command_count, sync_count: window.sync_count, elapsed_ns };
            self.window = Some(fresh);
        }
    }
}

impl Rate {
    /// Whether spacing saves syncs: there are many, and some commands would share one.
    const fn pays(&self) -> bool {
        let are_syncs_many = self.sync_count.saturating_mul(CYCLE_NS_MAX) >= self.elapsed_ns;
        are_syncs_many && self.expects(SPACING_NS, COMMANDS_PER_SYNC_MIN)
    }

    /// Whether in this time so many commands were to be expected; nothing is where nothing was
    /// counted.
    const fn expects(&self, time_ns: u64, count: u64) -> bool {
        let expected = time_ns.saturating_mul(self.command_count);
        self.elapsed_ns > 0 && expected >= count.saturating_mul(self.elapsed_ns)
    }
}
