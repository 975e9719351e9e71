//! Kill it anywhere and nothing acknowledged is lost: seeded lives of a log, with crashes and
//! faults at every point.
//!
//! `HIGHWATER_TRIALS=100000 cargo test --release -p tests --test crash` runs so many trials of
//! each kind. A failing seed is printed; `HIGHWATER_SEED=17` runs that one alone.

use highwater::log_file::LogOperation;
use highwater::record::RecordType;
use highwater::recovery::RecoveryFault;
use highwater::sync_mode::SyncMode;
use highwater::types::Sequence;
use std::collections::BTreeSet;
use tests::batch_writer::{self, Script};
use tests::engine_run::{End, Flaws, Ground, RunSettings, live};
use tests::log_builder::{self, LogBuilder};
use tests::naive_book::{Flaw, NaiveBook};
use tests::oracle::{Oracle, applied};
use tests::random::Random;
use tests::sim_disk::Survival;
use tests::sim_log::{FileForm, Happening, Plan, SimLog};
use tests::sim_snapshots::{SimSnapshots, StoreStep};
use tests::tally::Tally;
use tests::trial::{self, HELD_GROUP, INTERVAL, MODES, TrialSettings};
use tests::workload::CAPACITIES;

const EVERY_OPERATION: [LogOperation; 5] = [
    LogOperation::Append,
    LogOperation::Sync,
    LogOperation::Begin,
    LogOperation::Cut,
    LogOperation::Open,
];

/// Runs so many trials, or as many as the environment says, or one alone.
fn run(modes: &'static [SyncMode], trial_count: u64) {
    let number = |name| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let alone = number("HIGHWATER_SEED");
    let seeds = match alone {
        Some(seed) => seed..seed + 1,
        None => 0..number("HIGHWATER_TRIALS").unwrap_or(trial_count),
    };
    let mut tally = Tally::default();
    for seed in seeds {
        let settings = TrialSettings::of(modes);
        if let Err(violation) = trial::run(seed, settings, |log| log, &mut tally) {
            panic!(
                "modes {modes:?}, seed {seed}: {violation:?}; alone: \
                 HIGHWATER_SEED={seed} cargo test -p tests --test crash"
            );
        }
    }
    // Few trials need not come by everything.
    if tally.trial_count >= trial_count {
        check_that_everything_happened(&tally);
        let is_interval = |mode: &SyncMode| matches!(mode, SyncMode::Interval(_));
        assert!(tally.overlap_count > trial_count / 10 || !modes.iter().any(is_interval));
    }
}

fn check_that_everything_happened(tally: &Tally) {
    for happening in [Happening::PowerCut, Happening::Kill, Happening::Fault] {
        for operation in EVERY_OPERATION {
            let count = tally.met_count(happening, operation);
            assert!(count > tally.trial_count / 1_000, "{happening:?} in {operation:?}: {count}");
        }
        for step in StoreStep::ALL {
            let count = tally.met_in_store_count(happening, step);
            assert!(count > tally.trial_count / 1_000, "{happening:?} in {step:?}: {count}");
        }
    }
    let Tally { trial_count, in_recovery_count, stopped_count, torn_count, .. } = *tally;
    let counts = [in_recovery_count, stopped_count, torn_count];
    assert!(counts.into_iter().all(|count| count > trial_count / 2), "{counts:?}");
    assert!(tally.segment_count > 10 * trial_count && tally.command_count > 100 * trial_count);
    assert!(tally.released_count > tally.command_count && tally.wait_count > 10 * trial_count);
    assert!(tally.from_snapshot_count > trial_count && tally.prepared_count > trial_count / 2);
    assert!(tally.retired_count > trial_count / 4 && tally.fallback_count > trial_count / 10);
}

#[test]
fn nothing_released_is_lost_in_group_mode() {
    run(&[SyncMode::GROUP], 2_000);
}

#[test]
fn without_syncs_a_killed_process_loses_nothing_and_a_power_cut_leaves_a_sound_log() {
    run(&[SyncMode::Off], 600);
}

#[test]
fn full_mode_loses_nothing_released() {
    run(&[SyncMode::Full], 600);
}

#[test]
fn a_group_that_is_held_back_loses_nothing_released() {
    run(&[HELD_GROUP], 600);
}

#[test]
fn interval_mode_loses_no_more_than_its_count() {
    run(&[INTERVAL], 2_000);
}

#[test]
fn checkpoint_mode_keeps_what_was_sealed() {
    run(&[SyncMode::Checkpoint], 1_000);
}

#[test]
fn lives_in_all_modes_follow_each_other() {
    run(MODES, 3_000);
}

#[test]
fn surviving_events_are_those_of_the_naive_book() {
    let settings = TrialSettings::of(&[SyncMode::GROUP]);
    for seed in 0..40 {
        let trial = trial::run(seed, settings, |log| log, &mut Tally::default());
        let oracle = trial.unwrap_or_else(|violation| panic!("seed {seed}: {violation:?}"));
        let mut naive = NaiveBook::new(CAPACITIES, Flaw::Nothing);
        let expected: Vec<_> =
            oracle.commands().iter().flat_map(|command| naive.apply(command)).collect();
        let (hashes, events) =
            applied(oracle.commands(), |book| (book.running_hash(), book.last_sequence()));
        assert!(!events.is_empty() && events == expected, "seed {seed}");
        assert_eq!(hashes, (naive.running_hash, naive.last_sequence), "seed {seed}");
    }
}

/// Kinds of events that follow from records: all but the answer to a repeat.
const KINDS: usize = 21;
/// Reasons of cancels: all but levels full, which takes more prices than the commands name.
const CANCEL_REASONS: usize = 9;
/// Reasons of rejects: all but bad capacities, which is answered before a command gets here.
const REJECT_REASONS: usize = 22;

#[test]
fn the_commands_come_by_every_kind_of_event() {
    let settings = TrialSettings::of(&[SyncMode::GROUP]);
    let (mut kinds, mut rejects, mut cancels) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for seed in 0..200 {
        let trial = trial::run(seed, settings, |log| log, &mut Tally::default());
        let oracle = trial.unwrap_or_else(|violation| panic!("seed {seed}: {violation:?}"));
        for event in applied(oracle.commands(), |_| ()).1 {
            if let Some(reason) = event.kind.reject_reason() {
                rejects.insert(reason);
            }
            if let Some(reason) = event.kind.cancel_reason() {
                cancels.insert(reason);
            }
            let kind = std::mem::discriminant(&event.kind);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    assert_eq!(kinds.len(), KINDS);
    assert_eq!(cancels.len(), CANCEL_REASONS, "{cancels:?}");
    assert_eq!(rejects.len(), REJECT_REASONS, "{rejects:?}");
}

const fn plan(operation: LogOperation, nth: u64, happening: Happening) -> Plan {
    Plan { operation: Some(operation), nth, happening, seed: nth }
}

/// One life in which something happens in the nth operation, and one after it; false when it did
/// not happen.
fn something_happens(plan: Plan) -> bool {
    let settings = RunSettings {
        mode: SyncMode::GROUP,
        segment_blocks: 3,
        buffer_blocks: 2,
        step_count: 150,
        burst_max: 4,
        stops_cleanly: true,
        logs_trades: false,
        has_maker: false,
        flaws: Flaws::NONE,
    };
    let (log, mut oracle) = (SimLog::new(FileForm::Zeroed), Oracle::default());
    let store = SimSnapshots::default();
    let ground = || Ground { log: &log, file: log.clone(), store: &store };
    let mut random = Random::new(11);
    log.start(Some(plan));
    let lived = live::<_, 16, 16, 4>(ground(), &settings, &mut oracle, &mut random);
    let lived = lived.unwrap_or_else(|violation| panic!("{plan:?}: {violation:?}"));
    let told = lived.released.iter().map(|event| event.sequence).max();
    oracle.promise(told.unwrap_or(Sequence(0)));
    log.with_disk(|disk| disk.power_cut(Survival::None));
    log.start(None);
    let again = live::<_, 16, 16, 4>(ground(), &settings, &mut oracle, &mut random);
    again.unwrap_or_else(|violation| panic!("behind {plan:?}: {violation:?}"));
    lived.end != End::Stopped
}

#[test]
fn a_fault_of_every_operation_stops_the_engine() {
    for operation in [LogOperation::Append, LogOperation::Sync, LogOperation::Begin] {
        for happening in [Happening::Fault, Happening::PowerCut, Happening::Kill] {
            let count =
                (1..1_000).take_while(|nth| something_happens(plan(operation, *nth, happening)));
            let count = count.count();
            assert!(count > 10, "{operation:?} happened {count} times");
        }
    }
}

#[test]
fn a_fault_of_every_operation_in_recovery_is_told() {
    let builder = LogBuilder::synced(4, 5);
    let operations = [(LogOperation::Open, 1), (LogOperation::Cut, 1), (LogOperation::Read, 4)];
    for (operation, at_least) in operations {
        let fails = |nth: &u64| {
            let log = builder.log.fork();
            log.start(Some(plan(operation, *nth, Happening::Fault)));
            let fault = log_builder::recovered(&log).err();
            let is_told =
                matches!(fault, Some(RecoveryFault::Log(fault)) if fault.operation == operation);
            assert_eq!(is_told, fault.is_some());
            log.start(None);
            let again = log_builder::recovered(&log).expect("the log is sound");
            assert_eq!(again.scanned.last_sequence, Sequence(10));
            is_told
        };
        let count = (1..1_000).take_while(fails).count();
        assert!(count >= at_least, "{operation:?} failed {count} times");
    }
}

#[test]
fn the_running_hash_is_logged_every_65536_sequences_and_compared() {
    let log = SimLog::new(FileForm::Zeroed);
    let batches = [240; 275];
    let script =
        Script { mode: SyncMode::GROUP, segment_blocks: 64, batches: &batches, stops: true };
    assert_eq!(batch_writer::write(&log, &script), Ok(Sequence(66_000)));
    let recovered = log_builder::recovered(&log).expect("a sound log");
    let counts = recovered.scanned.record_counts;
    let hash_index = RecordType::ALL.iter().position(|kind| *kind == RecordType::RunningHash);
    assert_eq!(hash_index.map(|index| counts[index]), Some(1));
    assert_eq!(counts.iter().sum::<u64>(), 66_001);
}
