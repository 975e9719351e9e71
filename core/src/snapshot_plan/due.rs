//! When a snapshot is due: the log has grown, time has passed, or commands are held for it.

use super::Keep;
use crate::limits::BLOCK_BYTES;
use crate::types::length_of;
use core::time::Duration;

/// Bytes of log that a command on its way may come to: a block of its own, and one for the
/// definition before it.
pub const COMMAND_BYTES_MAX: u64 = 2 * length_of(BLOCK_BYTES);
/// The log has fallen behind when it has grown by so many times what a snapshot is wanted for.
const BEHIND_TIMES: u64 = 4;
/// Snapshots in a row that cannot be made while commands are held, until the engine stops for it.
const HELD_FAILURES_MAX: u32 = 3;

/// When snapshots are made, and what becomes of the log below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotPlan {
    /// Behind this many bytes of log; `None` for never.
    pub bytes: Option<u64>,
    /// When this much time has passed and something has come; `None` for never.
    pub interval: Option<Duration>,
    /// What becomes of the segments below.
    pub keep: Keep,
    /// No command is taken while about so many bytes of log stand behind the newest snapshot;
    /// `None` for no bound.
    pub lag_max_bytes: Option<u64>,
}

impl SnapshotPlan {
    /// Bytes of growth that want a snapshot; `None` when none is wanted by growth. Half of the
    /// bound is left for the time that it takes.
    pub fn wanted_bytes(&self) -> Option<u64> {
        let by_bound = self.lag_max_bytes.map(|max_bytes| max_bytes / 2);
        [self.bytes, by_bound].into_iter().flatten().min()
    }

    /// How many more commands may be on their way when `under_way` are and `lag_bytes` of log stand
    /// behind the newest snapshot, so that the lag stays within its bound however they are logged;
    /// a number beyond all bounds where there is none.
    pub fn room(&self, lag_bytes: u64, under_way: u64) -> u64 {
        self.lag_max_bytes.map_or(u64::MAX, |max_bytes| {
            let left = max_bytes.saturating_sub(lag_bytes) / COMMAND_BYTES_MAX;
            left.saturating_sub(under_way)
        })
    }

    /// Whether commands are held until a snapshot is made: there would not be room for `at_once` of
    /// them though none were under way.
    pub fn holds(&self, lag_bytes: u64, at_once: u64) -> bool {
        self.room(lag_bytes, 0) < at_once
    }

    /// Whether the log has fallen behind, or by twice as much as when its host said so last, at
    /// `warned_bytes`; that is 0 before the first time.
    pub fn is_behind(&self, lag_bytes: u64, warned_bytes: u64) -> bool {
        self.bytes.is_some_and(|wanted| {
            let behind = wanted.saturating_mul(BEHIND_TIMES);
            lag_bytes >= warned_bytes.saturating_mul(2).max(behind)
        })
    }
}

/// Whether commands are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// They are.
    Taken,
    /// They wait for a snapshot.
    Held,
}

/// Says when the next snapshot is due. Bytes are those of a log that only grows, times those of a
/// clock that only goes forward, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotDue {
    plan: SnapshotPlan,
    /// How many bytes the log had when the last snapshot was begun, whatever came of it.
    begun_bytes: u64,
    /// When that was.
    begun_at_ns: u64,
    /// Snapshots that could not be made since commands are held.
    held_failures: u32,
}

impl SnapshotDue {
    /// Before the first snapshot of a log that has no bytes yet.
    pub const fn new(plan: SnapshotPlan, now_ns: u64) -> Self {
        Self { plan, begun_bytes: 0, begun_at_ns: now_ns, held_failures: 0 }
    }

    /// A snapshot is begun of a log with so many bytes.
    pub const fn begin(&mut self, log_bytes: u64, now_ns: u64) {
        (self.begun_bytes, self.begun_at_ns) = (log_bytes, now_ns);
    }

    /// It was made, or nothing had come since the one before: returns how many bytes of log it
    /// covers.
    pub const fn made(&mut self) -> u64 {
        self.held_failures = 0;
        self.begun_bytes
    }

    /// It could not be made though commands are held for it; whether that has happened so often
    /// that the engine is to stop.
    pub const fn failed_while_held(&mut self) -> bool {
        self.held_failures = self.held_failures.saturating_add(1);
        self.held_failures == HELD_FAILURES_MAX
    }

    /// Whether one is due. Where commands are held for it, always.
    pub fn is_due(&self, log_bytes: u64, now_ns: u64, commands: Commands) -> bool {
        let grown = self.grown_bytes(log_bytes);
        commands == Commands::Held
            || self.plan.wanted_bytes().is_some_and(|wanted| grown >= wanted)
            || self.until_due(log_bytes, now_ns).is_some_and(|until_due| until_due.is_zero())
    }

    /// How many bytes the log has when one is due, or when the time until it is due begins to
    /// count; a number beyond all bounds for never.
    pub fn due_at_bytes(&self, log_bytes: u64) -> u64 {
        let waits_for_first = self.plan.interval.is_some() && self.grown_bytes(log_bytes) == 0;
        let wanted = if waits_for_first { Some(1) } else { self.plan.wanted_bytes() };
        wanted.map_or(u64::MAX, |wanted| self.begun_bytes.saturating_add(wanted))
    }

    /// How long it is until one is due by time; `None` while nothing has come.
    pub fn until_due(&self, log_bytes: u64, now_ns: u64) -> Option<Duration> {
        let interval = self.plan.interval.filter(|_| self.grown_bytes(log_bytes) > 0)?;
        let passed_ns = now_ns.saturating_sub(self.begun_at_ns);
        Some(interval.saturating_sub(Duration::from_nanos(passed_ns)))
    }

    /// Bytes of log behind where the last one was begun.
    const fn grown_bytes(&self, log_bytes: u64) -> u64 {
        log_bytes.saturating_sub(self.begun_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: SnapshotPlan =
        SnapshotPlan { bytes: None, interval: None, keep: Keep::All, lag_max_bytes: None };
    const BOUNDED: SnapshotPlan = SnapshotPlan { lag_max_bytes: Some(163_840), ..NEVER };

    #[test]
    fn growth_wants_a_snapshot_at_half_of_the_bound_or_earlier() {
        assert_eq!(NEVER.wanted_bytes(), None);
        assert_eq!(BOUNDED.wanted_bytes(), Some(81_920));
        let sooner = SnapshotPlan { bytes: Some(100), ..BOUNDED };
        assert_eq!(sooner.wanted_bytes(), Some(100));
        let later = SnapshotPlan { bytes: Some(100_000), ..BOUNDED };
        assert_eq!(later.wanted_bytes(), Some(81_920));
        let due = SnapshotDue::new(sooner, 0);
        assert!(!due.is_due(99, 0, Commands::Taken) && due.is_due(100, 0, Commands::Taken));
        assert_eq!(due.due_at_bytes(5), 100);
    }

    #[test]
    fn growth_counts_from_where_the_last_one_was_begun() {
        let mut due = SnapshotDue::new(SnapshotPlan { bytes: Some(100), ..NEVER }, 0);
        due.begin(130, 9);
        assert!(!due.is_due(229, 9, Commands::Taken) && due.is_due(230, 9, Commands::Taken));
        assert_eq!((due.due_at_bytes(130), due.made()), (230, 130));
    }

    #[test]
    fn time_counts_when_something_has_come() {
        let interval = Some(Duration::from_nanos(50));
        let mut due = SnapshotDue::new(SnapshotPlan { interval, ..NEVER }, 1_000);
        assert!(!due.is_due(0, 9_000, Commands::Taken), "nothing has come");
        assert_eq!((due.until_due(0, 9_000), due.due_at_bytes(0)), (None, 1));
        assert_eq!(due.until_due(1, 1_010), Some(Duration::from_nanos(40)));
        assert!(!due.is_due(1, 1_049, Commands::Taken) && due.is_due(1, 1_050, Commands::Taken));
        assert_eq!(due.due_at_bytes(1), u64::MAX, "growth alone wants none");
        due.begin(1, 1_050);
        assert!(!due.is_due(1, 9_000, Commands::Taken) && !due.is_due(2, 1_099, Commands::Taken));
        assert!(due.is_due(2, 1_100, Commands::Taken));
    }

    #[test]
    fn what_is_on_its_way_counts_as_if_each_had_blocks_of_its_own() {
        assert_eq!((BOUNDED.room(81_920, 0), BOUNDED.room(81_920, 4)), (10, 6));
        assert_eq!((BOUNDED.room(81_920, 11), BOUNDED.room(163_841, 0)), (0, 0));
        assert_eq!(NEVER.room(u64::MAX, 1 << 40), u64::MAX);
    }

    #[test]
    fn commands_are_held_where_a_snapshot_alone_makes_room() {
        assert!(!BOUNDED.holds(155_648, 1) && BOUNDED.holds(155_649, 1));
        assert!(BOUNDED.holds(155_648, 2) && !NEVER.holds(u64::MAX, 64));
        assert!(
            SnapshotDue::new(NEVER, 0).is_due(0, 0, Commands::Held),
            "held commands wait for it"
        );
    }

    #[test]
    fn the_engine_stops_behind_three_failures_while_commands_are_held() {
        let mut due = SnapshotDue::new(BOUNDED, 0);
        assert!(!due.failed_while_held() && !due.failed_while_held());
        due.made();
        assert!(!due.failed_while_held() && !due.failed_while_held());
        assert!(due.failed_while_held());
    }

    #[test]
    fn the_host_warns_at_four_times_what_is_wanted_and_at_each_doubling() {
        let plan = SnapshotPlan { bytes: Some(100), ..NEVER };
        assert!(!plan.is_behind(399, 0) && plan.is_behind(400, 0));
        assert!(!plan.is_behind(799, 400) && plan.is_behind(800, 400));
        assert!(!BOUNDED.is_behind(u64::MAX, 0), "growth alone wants none");
    }
}
