//! A trial: several lives of one log, each with its crash, fault or clean stop, all decided by one
//! seed.

use crate::engine_run::{End, Flaws, Ground, RunOutcome, RunSettings, live, recover_into_from};
use crate::maker::Maker;
use crate::oracle::{Oracle, Violation, book_memory};
use crate::random::Random;
use crate::sim_disk::Survival;
use crate::sim_log::{FileForm, Happening, Met, Plan, Preparing, SimLog};
use crate::sim_snapshots::{SimSnapshots, StorePlan, StoreStep};
use crate::start_point::{Candidates, confirmed};
use crate::tally::Tally;
use highwater::block::Chain;
use highwater::limits::BLOCK_BYTES;
use highwater::log_file::{LogFile, LogOperation};
use highwater::sync_mode::{Exposure, Hold, SyncMode};
use highwater::types::{LogPosition, Sequence};
use std::num::NonZeroU64;

/// What differs between kinds of trials.
#[derive(Clone, Copy, Debug)]
pub struct TrialSettings {
    /// The modes that the engine runs in; each life has one of them.
    pub modes: &'static [SyncMode],
    /// The mode whose promise it is held to; `None` for that of its own.
    pub promise: Option<SyncMode>,
    /// Whether snapshots are made.
    pub has_snapshots: bool,
    /// What goes wrong.
    pub flaws: Flaws,
}

impl TrialSettings {
    /// Sound trials of some modes, with snapshots.
    pub const fn of(modes: &'static [SyncMode]) -> Self {
        Self { modes, promise: None, has_snapshots: true, flaws: Flaws::NONE }
    }
}

/// A group that is held back for some steps of the driver, or until a few records wait.
pub const HELD_GROUP: SyncMode =
    SyncMode::Group(Hold::Until { delay_ns: 4_000, count: NonZeroU64::new(5).expect("not 0") });

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
    let mut trial = Trial::new(seed, settings);
    let life_count = 3 + trial.random.below(4);
    for _ in 0..life_count {
        trial.prepare();
        // One thing happens in a life.
        let plans = if trial.random.chance(70) {
            Plans { log: plan(&mut trial.random), store: None }
        } else {
            Plans { log: None, store: Some(store_plan(&mut trial.random)) }
        };
        let life = trial.life_settings();
        let lived = trial.live(&life, plans, &wrap, tally)?;
        trial.end_life(&life, &lived)?;
    }
    let life = RunSettings { stops_cleanly: true, ..trial.life_settings() };
    trial.live(&life, Plans::default(), &wrap, tally)?;
    trial.check_evidence()?;
    tally.trial_count += 1;
    tally.segment_count += trial.log.begun_count();
    tally.command_count += trial.oracle.commands().len() as u64;
    let first = trial.log.with_disk(|disk| disk.range()).map_or(1, |(first, _)| first);
    tally.retired_count += u64::from(first > 1);
    Ok(trial.oracle)
}

/// A log, its snapshots, and what must be true of them.
struct Trial {
    settings: TrialSettings,
    log: SimLog,
    store: SimSnapshots,
    oracle: Oracle,
    random: Random,
    form: FileForm,
    was_stopped: bool,
    end: LogEnd,
    /// How fast the consumer of the log is.
    pace: Random,
}

/// What is to happen in a life; nothing, as a rule.
#[derive(Clone, Copy, Debug, Default)]
struct Plans {
    /// To the log.
    log: Option<Plan>,
    /// To the store of its snapshots.
    store: Option<StorePlan>,
}

/// What stands at the end of a log when a life begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogEnd {
    /// What the last life left.
    AsLeft,
    /// Behind that a segment that was prepared and never begun.
    Prepared,
}

impl Trial {
    fn new(seed: u64, settings: TrialSettings) -> Self {
        let mut random = Random::new(seed);
        let form = match random.below(10) {
            0..4 => FileForm::Zeroed,
            4..7 => FileForm::Growing,
            _ => FileForm::Recycled,
        };
        let store = SimSnapshots::default();
        let mut pace = Random::new(!seed);
        if pace.chance(20) {
            store.note_consumer(Sequence(0));
        }
        Self {
            settings,
            log: SimLog::new(form),
            store,
            oracle: Oracle::default(),
            random,
            form,
            was_stopped: false,
            end: LogEnd::AsLeft,
            pace,
        }
    }

    /// Leaves a prepared segment, or none, and damages the newest snapshot, or does not.
    fn prepare(&mut self) {
        self.end = if self.random.chance(20) { LogEnd::Prepared } else { LogEnd::AsLeft };
        if self.end == LogEnd::Prepared {
            self.log.leave_prepared(&mut self.random);
        }
        let is_ahead = self.random.chance(50);
        self.log.prepare(if is_ahead { Preparing::Ahead } else { Preparing::InTime });
        if self.random.chance(15) {
            self.damage_newest();
        }
    }

    /// Damages the newest snapshot where another, or the whole log, is left to begin at.
    fn damage_newest(&mut self) {
        let snapshots = self.store.list();
        let whole: Vec<_> =
            snapshots.iter().filter(|sequence| !self.store.is_damaged(**sequence)).collect();
        let first = self.log.with_disk(|disk| disk.range()).map_or(1, |(first, _)| first);
        if let [newest, rest @ ..] = whole.as_slice()
            && (first == 1 || !rest.is_empty())
        {
            self.store.damage(**newest, &mut self.random);
        }
    }

    /// One life, on a log and a store to which happens what is planned.
    fn live<F: LogFile>(
        &mut self,
        life: &RunSettings,
        plans: Plans,
        wrap: &impl Fn(SimLog) -> F,
        tally: &mut Tally,
    ) -> Result<RunOutcome, Violation> {
        let Self { log, store, oracle, random, .. } = self;
        log.start(plans.log);
        store.start(plans.store);
        let is_damaged = store.list().first().is_some_and(|newest| store.is_damaged(*newest));
        let ground = Ground { log: &*log, file: wrap(log.clone()), store: &*store };
        let lived = match life.burst_max {
            0..4 => live::<F, 2, 2, 1>(ground, life, oracle, random)?,
            4..17 => live::<F, 16, 16, 4>(ground, life, oracle, random)?,
            _ => live::<F, 512, 512, 64>(ground, life, oracle, random)?,
        };
        // Of a recycled segment what is left of its former life counts as a tail.
        let is_blank_behind = self.form != FileForm::Recycled && self.end == LogEnd::AsLeft;
        if self.was_stopped && lived.torn_tail_bytes > 0 && is_blank_behind {
            return Err(Violation::UncleanStop);
        }
        self.was_stopped = lived.end == End::Stopped && life.mode != SyncMode::Off;
        check_exposure(self.settings.promise.unwrap_or(life.mode), &lived)?;
        tally.count(&lived, self.log.met());
        tally.count_store(&lived, self.store.met());
        tally.fallback_count += u64::from(is_damaged);
        tally.prepared_count += u64::from(self.end == LogEnd::Prepared);
        Ok(lived)
    }

    /// Decides what the end of a life leaves on the disk, and what of its answers must be kept; and
    /// makes a snapshot before the next, or does not.
    fn end_life(&mut self, life: &RunSettings, lived: &RunOutcome) -> Result<(), Violation> {
        self.promise(self.settings.promise.unwrap_or(life.mode), lived);
        let met = self.log.met();
        // Whatever ended the process, the power may go before it is started again.
        let is_cut = self.random.chance(50)
            || met.is_some_and(|met| met.happening == Happening::PowerCut)
            || self.store.met().is_some_and(|met| met.happening == Happening::PowerCut);
        if is_cut {
            self.cut_power();
        }
        if is_cut || met.is_some_and(loses_unsynced) {
            self.oracle.let_go();
        }
        if self.settings.has_snapshots && self.random.chance(20) {
            self.make_between()?;
        }
        if self.settings.has_snapshots {
            self.check_retained()?;
        }
        if let Some(consumer) = self.store.consumer()
            && self.pace.chance(60)
        {
            let ahead = lived.durable.0.saturating_sub(consumer.0);
            self.store.note_consumer(Sequence(consumer.0 + self.pace.below(ahead + 1)));
        }
        Ok(())
    }

    /// Checks that what was retired and removed is needed neither by a start that can't read the
    /// newest snapshot nor by the consumer, unless snapshots were damaged.
    fn check_retained(&self) -> Result<(), Violation> {
        let first = self.log.with_disk(|disk| disk.range()).map_or(1, |(first, _)| first);
        if first == 1 || self.store.has_damage() {
            return Ok(());
        }
        let candidates = Candidates::of(&self.store, &self.log, self.settings.flaws.start)?;
        if candidates.headers().count() < 2 {
            return Err(Violation::NoFallback);
        }
        match self.store.consumer() {
            Some(durable) if candidates.headers().all(|header| header.sequence() > durable) => {
                Err(Violation::ConsumerCutOff)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn cut_power(&mut self) {
        let survival = Survival::any(&mut self.random);
        self.log.with_disk(|disk| disk.power_cut(survival));
        self.store.power_cut(&mut self.random);
    }

    fn promise(&mut self, mode: SyncMode, lived: &RunOutcome) {
        let oracle = &mut self.oracle;
        let told = lived.released.iter().map(|event| event.sequence).max().unwrap_or(Sequence(0));
        // Whatever the mode, what was called durable is.
        oracle.promise(lived.durable);
        match mode {
            SyncMode::Full | SyncMode::Group(_) => oracle.promise(told),
            SyncMode::Interval(exposure) => {
                oracle.promise(Sequence(told.0.saturating_sub(exposure.count.get())));
                oracle.hold(told);
            }
            SyncMode::Checkpoint | SyncMode::Off => oracle.hold(told),
        }
    }

    /// Makes a snapshot of what the log itself calls durable, while no engine lives on it, as far
    /// as it comes; the power may be cut behind it.
    fn make_between(&mut self) -> Result<(), Violation> {
        self.log.start(None);
        self.store.start(Some(store_plan(&mut self.random)));
        let flaws = self.settings.flaws;
        let candidates = Candidates::of(&self.store, &self.log, flaws.start)?;
        let mut memory = book_memory();
        let (book, start) = candidates.begin(&mut memory, self.random.number());
        let until = confirmed(&self.log, start).map_err(Violation::MakerRefused)?;
        let (files, begun) = ((&self.log, &self.store), (book, start));
        let random = self.random.fork();
        let mut maker = Maker::new(files, begun, flaws.maker, random);
        for _ in 0..self.random.below(30) {
            maker.step(until, until);
        }
        if let Some(fault) = maker.fault() {
            return Err(Violation::MakerRefused(fault));
        }
        if self.random.chance(50) || self.store.met().is_some() {
            self.cut_power();
            self.oracle.let_go();
        }
        Ok(())
    }

    fn life_settings(&mut self) -> RunSettings {
        let random = &mut self.random;
        RunSettings {
            mode: self.settings.modes[random.index(self.settings.modes.len())],
            segment_blocks: 2 + random.below(4),
            buffer_blocks: 1 + random.index(4),
            step_count: 10 + random.below(140),
            burst_max: match random.below(10) {
                0 => 150,
                1 => 3,
                _ => 6,
            },
            stops_cleanly: random.chance(30),
            logs_trades: random.chance(30),
            has_maker: self.settings.has_snapshots && random.chance(60),
            flaws: self.settings.flaws,
        }
    }

    /// Checks that a log is refused that lacks what its newest snapshot covers, also when nothing
    /// but the header of that is whole.
    fn check_evidence(&mut self) -> Result<(), Violation> {
        let candidates = Candidates::of(&self.store, &self.log, self.settings.flaws.start)?;
        let Some(chain) = candidates.headers().next().map(|header| header.chain) else {
            return Ok(());
        };
        self.check_loss(chain)?;
        self.store.damage_body(chain.last_sequence());
        self.check_loss(chain)
    }

    /// Checks that the log is refused once it ends before a snapshot that was made at `chain`.
    fn check_loss(&mut self, chain: Chain) -> Result<(), Violation> {
        let mut log = self.log.fork();
        log.start(None);
        let block_bytes = BLOCK_BYTES as u64;
        let before = chain.position.0 / block_bytes - 1;
        let position = LogPosition(self.random.below(before + 1) * block_bytes);
        log.cut(chain.segment, position).expect("nothing happens in it");
        let candidates = Candidates::of(&self.store, &log, self.settings.flaws.start)?;
        let mut memory = book_memory();
        let (mut book, start) = candidates.begin(&mut memory, 7);
        let mut buffer = vec![0; 2 * BLOCK_BYTES];
        let covered = candidates.covered();
        match recover_into_from(&mut log, &mut buffer, &mut book, start, covered) {
            Ok(_) => Err(Violation::AcceptedLoss),
            Err(_) => Ok(()),
        }
    }
}

/// Checks that no more was released before it was durable than the mode allows.
fn check_exposure(mode: SyncMode, lived: &RunOutcome) -> Result<(), Violation> {
    let allowed = match mode {
        SyncMode::Full | SyncMode::Group(_) => 0,
        SyncMode::Interval(exposure) => exposure.count.get(),
        SyncMode::Checkpoint | SyncMode::Off => u64::MAX,
    };
    if lived.exposed_count_max > allowed { Err(Violation::OverExposed) } else { Ok(()) }
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

/// Something that happens in a step of making a snapshot.
fn store_plan(random: &mut Random) -> StorePlan {
    let step = StoreStep::ALL[random.index(StoreStep::ALL.len())];
    let happening = match random.below(3) {
        0 => Happening::Fault,
        1 => Happening::Kill,
        _ => Happening::PowerCut,
    };
    StorePlan { step, nth: 1 + random.below(2), happening, seed: random.number() }
}
