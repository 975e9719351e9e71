//! A check that cannot fail is no check: broken engines, hosts and logs, each of which the trials
//! must catch.

use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, Record};
use highwater::recovery::{Damage, RecoveryFault};
use highwater::sync_mode::{Exposure, SyncMode};
use highwater::types::Sequence;
use std::num::NonZeroU64;
use tests::engine_run::{Flaws, SyncerFlaw};
use tests::flawed_log::Flaw;
use tests::hooked_log::HookedLog;
use tests::log_builder::{self, LogBuilder};
use tests::maker::MakerFlaw;
use tests::oracle::{Oracle, Violation, applied};
use tests::sim_log::SimLog;
use tests::start_point::StartFlaw;
use tests::tally::Tally;
use tests::trial::{self, INTERVAL, MODES, TrialSettings};
use tests::workload;

/// Without snapshots, which would keep a tampered log from its beginning.
const GROUP: TrialSettings =
    TrialSettings { has_snapshots: false, ..TrialSettings::of(&[SyncMode::GROUP]) };

/// The first violation in a few hundred trials of a flawed log.
fn first_violation(settings: TrialSettings, flaw: Flaw) -> Option<Violation> {
    let wrap = |file| HookedLog { file, hooks: flaw };
    (0..300).find_map(|seed| trial::run(seed, settings, wrap, &mut Tally::default()).err())
}

/// Acknowledged commands were lost, or a start was refused because they were gone.
#[track_caller]
fn assert_lost(violation: Option<&Violation>) {
    let is_lost = match violation {
        Some(
            Violation::Lost { .. }
            | Violation::OverExposed
            | Violation::Refused(
                RecoveryFault::SnapshotAhead { .. } | RecoveryFault::MissingSegment(_),
            ),
        ) => true,
        Some(Violation::Refused(RecoveryFault::Corrupt { damage, .. })) => {
            matches!(damage, Damage::AcknowledgedGone(_) | Damage::Header)
        }
        _ => false,
    };
    assert!(is_lost, "{violation:?}");
}

#[test]
fn without_a_flaw_no_violation_is_found() {
    assert_eq!(first_violation(GROUP, Flaw::Nothing), None);
}

#[test]
fn a_sync_that_lies_is_caught() {
    assert_lost(first_violation(GROUP, Flaw::SyncLies).as_ref());
}

#[test]
fn a_failed_sync_that_is_tried_again_is_caught() {
    // What it syncs the second time is called durable, and released, though it is gone.
    let violation = first_violation(GROUP, Flaw::SyncsAgain);
    let is_caught =
        matches!(violation, Some(Violation::LateOperations(_) | Violation::LateRelease));
    assert!(is_caught, "{violation:?}");
}

#[test]
fn a_forgotten_directory_sync_is_caught() {
    assert_lost(first_violation(GROUP, Flaw::ForgetsDirectory).as_ref());
}

#[test]
fn a_recovery_that_does_not_sync_first_is_caught() {
    assert_lost(first_violation(GROUP, Flaw::RecoversUnsynced).as_ref());
}

#[test]
fn an_engine_that_acknowledges_before_the_sync_is_caught() {
    let settings =
        TrialSettings { promise: Some(SyncMode::GROUP), ..TrialSettings::of(&[SyncMode::Off]) };
    assert_lost(first_violation(settings, Flaw::Nothing).as_ref());
}

#[test]
fn a_checkpoint_that_is_not_synced_is_caught() {
    let settings = TrialSettings::of(&[SyncMode::Checkpoint]);
    assert_lost(first_violation(settings, Flaw::SealsUnsynced).as_ref());
}

#[test]
fn an_interval_without_its_bound_is_caught() {
    const UNBOUNDED: SyncMode =
        SyncMode::Interval(Exposure { count: NonZeroU64::MAX, every_ns: 3_000 });
    let settings = TrialSettings { promise: Some(INTERVAL), ..TrialSettings::of(&[UNBOUNDED]) };
    assert_lost(first_violation(settings, Flaw::Nothing).as_ref());
}

/// The first violation in a few hundred trials around which something goes wrong.
fn first_violation_around(modes: &'static [SyncMode], flaws: Flaws) -> Option<Violation> {
    first_violation(TrialSettings { flaws, ..TrialSettings::of(modes) }, Flaw::Nothing)
}

#[test]
fn without_a_flaw_around_the_engine_no_violation_is_found() {
    assert_eq!(first_violation_around(MODES, Flaws::NONE), None);
}

#[test]
fn a_syncer_that_raises_the_mark_first_is_caught() {
    let flaws = Flaws { syncer: SyncerFlaw::RaisesFirst, ..Flaws::NONE };
    assert_lost(first_violation_around(&[INTERVAL], flaws).as_ref());
}

#[test]
fn a_syncer_that_syncs_an_earlier_segment_is_caught() {
    let flaws = Flaws { syncer: SyncerFlaw::SyncsEarlier, ..Flaws::NONE };
    assert_lost(first_violation_around(&[INTERVAL], flaws).as_ref());
}

#[test]
fn a_retention_that_is_one_segment_too_high_is_caught() {
    let flaws = Flaws { maker: MakerFlaw::RetiresOneMore, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    let is_caught = matches!(
        violation,
        Some(
            Violation::MakerRefused(_)
                | Violation::Refused(
                    RecoveryFault::MissingSegment(_) | RecoveryFault::SnapshotAhead { .. }
                )
        )
    );
    assert!(is_caught, "{violation:?}");
}

#[test]
fn a_snapshot_that_is_named_before_it_is_synced_is_caught() {
    let flaws = Flaws { maker: MakerFlaw::NamesUnsynced, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    assert!(matches!(violation, Some(Violation::DamagedSnapshot(_))), "{violation:?}");
}

#[test]
fn a_snapshot_of_what_is_only_appended_is_caught() {
    let flaws = Flaws { maker: MakerFlaw::FollowsAppended, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    // By the next start, or by the next maker, whichever looks at the log first.
    let is_caught = matches!(
        violation,
        Some(
            Violation::Refused(RecoveryFault::SnapshotAhead { .. })
                | Violation::MakerRefused(RecoveryFault::SnapshotAhead { .. })
        )
    );
    assert!(is_caught, "{violation:?}");
}

#[test]
fn a_start_that_ignores_a_snapshot_the_log_does_not_reach_is_caught() {
    let flaws = Flaws { start: StartFlaw::IgnoresAhead, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    assert_eq!(violation, Some(Violation::AcceptedLoss));
}

#[test]
fn a_retention_that_keeps_one_snapshot_is_caught() {
    let flaws = Flaws { maker: MakerFlaw::KeepsOne, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    assert_eq!(violation, Some(Violation::NoFallback));
}

#[test]
fn a_retention_that_forgets_the_consumer_is_caught() {
    let flaws = Flaws { maker: MakerFlaw::ForgetsConsumer, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    assert_eq!(violation, Some(Violation::ConsumerCutOff));
}

#[test]
fn a_start_that_forgets_the_evidence_is_caught() {
    let flaws = Flaws { start: StartFlaw::ForgetsEvidence, ..Flaws::NONE };
    let violation = first_violation_around(&[SyncMode::GROUP], flaws);
    assert_eq!(violation, Some(Violation::AcceptedLoss));
}

/// The first violation in a few trials whose log is changed before each life.
fn first_violation_after(tamper: impl Fn(&SimLog)) -> Option<Violation> {
    let wrap = |log: SimLog| {
        tamper(&log);
        log
    };
    (0..50).find_map(|seed| trial::run(seed, GROUP, wrap, &mut Tally::default()).err())
}

#[test]
fn a_recovery_that_drops_too_much_is_caught() {
    // The last block that holds records goes, and whatever follows: what a recovery leaves that
    // cuts too early.
    let violation = first_violation_after(|log| {
        let Ok((found, _)) = log_builder::scanned(log) else {
            return;
        };
        let Some((segment, position)) = found.cut_at else {
            return;
        };
        let end = usize::try_from(position.0).expect("a small segment");
        if end >= 3 * BLOCK_BYTES {
            log.edit(segment.0, |file| file[end - 2 * BLOCK_BYTES..].fill(0));
        }
    });
    assert_lost(violation.as_ref());
}

#[test]
fn a_recovery_that_ignores_the_chain_is_caught() {
    // Records that were never in this log, or were dropped from it, chained on again.
    let violation = first_violation_after(|log| {
        chain_on(log, |sequence| log_builder::record(sequence.0 + 1_000_000));
    });
    let is_caught = matches!(violation, Some(Violation::Invented(_) | Violation::OtherReplay));
    assert!(is_caught, "{violation:?}");
}

#[test]
fn a_command_that_is_logged_twice_is_caught() {
    let violation = first_violation_after(|log| {
        let Ok((_, records)) = log_builder::scanned(log) else {
            return;
        };
        let repeatable = |record: &&Record| match record.body {
            Body::Command(command) => command.session.0 < 4,
            Body::RunningHash(_) | Body::Trade(_) => false,
        };
        if let Some(record) = records.iter().rfind(repeatable) {
            chain_on(log, |_| *record);
        }
    });
    let repeated =
        |violation| matches!(violation, Some(Violation::Refused(RecoveryFault::Repeated { .. })));
    assert!(repeated(violation.clone()), "{violation:?}");
}

#[test]
fn a_recovery_that_trusts_a_stale_block_of_a_recycled_segment_is_caught() {
    // What such a recovery sees: the stale block behind the log's end, chained on.
    let violation = first_violation_after(|log| {
        let Ok((found, _)) = log_builder::scanned(log) else {
            return;
        };
        let Some(chain) = found.chain().filter(|chain| chain.room_bytes() > 0) else {
            return;
        };
        let at = usize::try_from(chain.position.0).expect("a small segment");
        let bytes = log.bytes(chain.segment.0);
        let Some(stale) = bytes.get(at..at + BLOCK_BYTES).and_then(log_builder::stale_records)
        else {
            return;
        };
        let next = chain.next_sequence.0;
        let renumbered = stale
            .into_iter()
            .zip(next..)
            .map(|(record, sequence)| Record { sequence: Sequence(sequence), ..record });
        log.edit(chain.segment.0, |file| file[at..].fill(0));
        LogBuilder::on(log.clone(), &chain).records(&renumbered.collect::<Vec<_>>());
    });
    let is_caught = matches!(
        violation,
        Some(
            Violation::Invented(_)
                | Violation::OtherReplay
                | Violation::Refused(RecoveryFault::Repeated { .. })
        )
    );
    assert!(is_caught, "{violation:?}");
}

/// Writes a block with one record behind a log, as if the engine had.
fn chain_on(log: &SimLog, record: impl FnOnce(Sequence) -> Record) {
    let Ok((found, _)) = log_builder::scanned(log) else {
        return;
    };
    let Some(chain) = found.chain().filter(|chain| chain.room_bytes() > 0) else {
        return;
    };
    if log.bytes(chain.segment.0).len() as u64 != chain.segment_bytes || found.torn_tail_bytes > 0 {
        return;
    }
    let mut builder = LogBuilder::on(log.clone(), &chain);
    let sequence = chain.next_sequence;
    builder.records(&[Record { sequence, ..record(sequence) }]);
}

#[test]
fn wrong_releases_are_caught() {
    let mut random = tests::random::Random::new(3);
    let mut oracle = Oracle::default();
    for _ in 0..200 {
        let timed = workload::timed(&mut random, oracle.last_client_sequences());
        oracle.push(&timed.command);
    }
    let ((), events) = applied(oracle.commands(), |_| ());
    let check = |released: &[Event]| oracle.check_released(Sequence(0), released);
    assert_eq!(check(&events), Ok(()));
    assert_eq!(check(&events[..50]), Ok(()));
    assert_eq!(oracle.check_complete(Sequence(0), &events[..50]), Err(Violation::UncleanStop));
    let mut wrong = events.clone();
    wrong.swap(20, 21);
    assert_eq!(check(&wrong), Err(Violation::OtherRelease));
    let mut wrong = events.clone();
    wrong.insert(20, events[20]);
    assert_eq!(check(&wrong), Err(Violation::OtherRelease));
    let mut wrong = events;
    wrong.remove(20);
    assert_eq!(check(&wrong), Err(Violation::OtherRelease));
}

#[test]
fn wrong_recoveries_are_caught() {
    let builder = LogBuilder::synced(4, 2);
    let mut recovered = log_builder::recovered(&builder.log).expect("a sound log");
    let mut oracle = Oracle::default();
    for sequence in 1..=4 {
        match log_builder::record(sequence).body {
            Body::Command(command) => oracle.push(&command),
            Body::RunningHash(_) | Body::Trade(_) => {}
        }
    }
    assert_eq!(oracle.clone().check_recovered(&recovered), Ok(()));
    let event = recovered.events.pop().expect("there are events");
    assert_eq!(oracle.clone().check_recovered(&recovered), Err(Violation::OtherReplay));
    recovered.events.push(event);
    recovered.state_hash ^= 1;
    assert_eq!(oracle.check_recovered(&recovered), Err(Violation::OtherBook));
}
