//! A trial: several lives of one log, each with its crash, fault or clean stop, all decided by one
//! seed.

use crate::driver::{End, LifeSettings, Lived, live};
use crate::oracle::{Oracle, Violation};
use crate::random::Random;
use crate::sim_disk::Survival;
use crate::sim_log::{FileForm, Happening, Met, Plan, SimLog};
use highwater::log_file::{LogFile, LogOperation};
use highwater::sync_mode::{Exposure, Hold, SyncMode};
use highwater::types::Sequence;
use std::num::NonZeroU64;

/// What trials came by; a trial that never meets a thing shows nothing about it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Trials.
    pub trial_count: u64,
    /// What happened in which operation.
    pub met: Vec<(Met, u64)>,
    /// Lives that ended before recovery was over.
    pub in_recovery_count: u64,
    /// Lives that were stopped cleanly.
    pub stopped_count: u64,
    /// Recoveries that cut something off.
    pub torn_count: u64,
    /// Segments begun.
    pub segment_count: u64,
    /// Commands that were in the log at the end.
    pub command_count: u64,
    /// Events released.
    pub released_count: u64,
}

/// What differs between kinds of trials.
#[derive(Clone, Copy, Debug)]
pub struct TrialSettings {
    /// The modes that the engine runs in; each life has one of them.
    pub modes: &'static [SyncMode],
    /// The mode whose promise it is held to; `None` for that of its own.
    pub promise: Option<SyncMode>,
}

/// A group that is held back for some steps of the driver, or until a few records wait.
pub const HELD_GROUP: SyncMode =
    SyncMode::Group(Hold { delay_ns: 4_000, count: NonZeroU64::new(5).expect("not 0") });

/// At most four released commands may be lost.
pub const INTERVAL: SyncMode =
    SyncMode::Interval(Exposure { count: NonZeroU64::new(4).expect("not 0"), every_ns: 3_000 });

/// Every mode.
pub const MODES: &[SyncMode] =
    &[SyncMode::Full, SyncMode::GROUP, HELD_GROUP, INTERVAL, SyncMode::Checkpoint, SyncMode::Off];

/// Runs the trial of a seed with the log file that `wrap` makes of the simulated one; returns what
/// the log holds.
///
/// # Errors
/// The first broken promise.
pub fn run<F: LogFile>(
    seed: u64,
    settings: TrialSettings,
    wrap: impl Fn(SimLog) -> F,
    tally: &mut Tally,
) -> Result<Oracle, Violation> {
    let mut random = Random::new(seed);
    let form = if random.chance(60) { FileForm::Zeroed } else { FileForm::Growing };
    let log = SimLog::new(form);
    let mut oracle = Oracle::default();
    let mut was_stopped = false;
    let life_count = 3 + random.below(4);
    for _ in 0..life_count {
        log.start(plan(&mut random));
        let life = life_settings(settings.modes, &mut random);
        let file = wrap(log.clone());
        let lived = if life.burst_max > 16 {
            live::<F, 512, 512, 64>((&log, file), &life, &mut oracle, &mut random)?
        } else {
            live::<F, 16, 16, 4>((&log, file), &life, &mut oracle, &mut random)?
        };
        if was_stopped && lived.torn_tail_bytes > 0 {
            return Err(Violation::UncleanStop);
        }
        was_stopped = lived.end == End::Stopped && life.mode != SyncMode::Off;
        check_exposure(life.mode, &lived)?;
        tally.count(&lived, log.met());
        end_life(&log, settings.promise.unwrap_or(life.mode), &lived, &mut oracle, &mut random);
    }
    log.start(None);
    let life = LifeSettings { stops_cleanly: true, ..life_settings(settings.modes, &mut random) };
    let file = wrap(log.clone());
    let lived = live::<F, 16, 16, 4>((&log, file), &life, &mut oracle, &mut random)?;
    tally.count(&lived, None);
    tally.trial_count += 1;
    tally.segment_count += log.begun_count();
    tally.command_count += oracle.commands().len() as u64;
    Ok(oracle)
}

/// Checks that no more was released before it was durable than the mode allows.
fn check_exposure(mode: SyncMode, lived: &Lived) -> Result<(), Violation> {
    let allowed = match mode {
        SyncMode::Full | SyncMode::Group(_) => 0,
        SyncMode::Interval(exposure) => exposure.count.get(),
        SyncMode::Checkpoint | SyncMode::Off => u64::MAX,
    };
    if lived.exposed_count_max > allowed { Err(Violation::OverExposed) } else { Ok(()) }
}

/// Decides what the end of a life leaves on the disk, and what of its answers must be kept.
fn end_life(
    log: &SimLog,
    promise: SyncMode,
    lived: &Lived,
    oracle: &mut Oracle,
    random: &mut Random,
) {
    // Whatever ended the process, the power may go before it is started again.
    let is_cut = random.chance(50);
    if is_cut {
        log.with_disk(|disk| disk.power_cut(Survival::any(random)));
    }
    let told = lived.released.iter().map(|event| event.sequence).max().unwrap_or(Sequence(0));
    // Whatever the mode, what was called durable is.
    oracle.promise(lived.durable);
    match promise {
        SyncMode::Full | SyncMode::Group(_) => oracle.promise(told),
        SyncMode::Interval(exposure) => {
            oracle.promise(Sequence(told.0.saturating_sub(exposure.count.get())));
            oracle.hold(told);
        }
        SyncMode::Checkpoint | SyncMode::Off => oracle.hold(told),
    }
    if is_cut || log.met().is_some_and(loses_unsynced) {
        oracle.let_go();
    }
}

/// True when something happened that takes away what was written and not synced.
const fn loses_unsynced(met: Met) -> bool {
    match met.happening {
        Happening::PowerCut => true,
        Happening::Kill => false,
        Happening::Fault => matches!(met.operation, LogOperation::Sync | LogOperation::Open),
    }
}

fn plan(random: &mut Random) -> Option<Plan> {
    if random.chance(25) {
        return None;
    }
    let operations = [
        None,
        Some(LogOperation::Append),
        Some(LogOperation::Sync),
        Some(LogOperation::Begin),
        Some(LogOperation::Cut),
        Some(LogOperation::Open),
    ];
    let operation = operations[random.index(operations.len())];
    let nth = match operation {
        // Once in a recovery.
        Some(LogOperation::Cut | LogOperation::Open) => 1,
        Some(LogOperation::Begin) => 1 + random.below(4),
        Some(LogOperation::Append | LogOperation::Sync | LogOperation::Read) | None => {
            1 + random.below(24)
        }
    };
    let happening = match random.below(4) {
        0 => Happening::Fault,
        1 => Happening::Kill,
        _ => Happening::PowerCut,
    };
    Some(Plan { operation, nth, happening, seed: random.number() })
}

fn life_settings(modes: &[SyncMode], random: &mut Random) -> LifeSettings {
    LifeSettings {
        mode: modes[random.index(modes.len())],
        segment_blocks: 2 + random.below(4),
        buffer_blocks: 1 + random.index(4),
        step_count: 10 + random.below(120),
        burst_max: if random.chance(20) { 150 } else { 6 },
        stops_cleanly: random.chance(30),
        logs_trades: random.chance(30),
    }
}

impl Tally {
    fn count(&mut self, lived: &Lived, met: Option<Met>) {
        if let Some(met) = met {
            match self.met.iter_mut().find(|(known, _)| *known == met) {
                Some((_, count)) => *count += 1,
                None => self.met.push((met, 1)),
            }
        }
        self.in_recovery_count += u64::from(lived.end == End::InRecovery);
        self.stopped_count += u64::from(lived.end == End::Stopped);
        self.torn_count += u64::from(lived.torn_tail_bytes > 0);
        self.released_count += lived.released.len() as u64;
    }

    /// How often something happened in an operation.
    pub fn met_count(&self, happening: Happening, operation: LogOperation) -> u64 {
        let wanted = Met { happening, operation };
        self.met.iter().filter(|(met, _)| *met == wanted).map(|(_, count)| count).sum()
    }
}
