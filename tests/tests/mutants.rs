//! A check that cannot fail is no check: broken engines, hosts and logs, each of which the trials
//! must catch.

use highwater::event::Event;
use highwater::limits::BLOCK_BYTES;
use highwater::record::{Body, Record};
use highwater::recovery::{Damage, RecoveryFault};
use highwater::sync_mode::SyncMode;
use highwater::types::Sequence;
use tests::flawed_log::{Flaw, FlawedLog};
use tests::forge::{self, Forge};
use tests::oracle::{Oracle, Violation, applied};
use tests::sim_log::SimLog;
use tests::trial::{self, Tally, TrialSettings};
use tests::workload;

const GROUP: TrialSettings = TrialSettings { modes: &[SyncMode::GROUP], promise: None };

/// The first violation in a few hundred trials of a flawed log.
fn first_violation(settings: TrialSettings, flaw: Flaw) -> Option<Violation> {
    let wrap = |log| FlawedLog { log, flaw };
    (0..300).find_map(|seed| trial::run(seed, settings, wrap, &mut Tally::default()).err())
}

/// Acknowledged commands were lost, or a start was refused because they were gone.
#[track_caller]
fn assert_lost(violation: Option<&Violation>) {
    let is_lost = match violation {
        Some(Violation::Lost { .. }) => true,
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
    let settings = TrialSettings { modes: &[SyncMode::Off], promise: Some(SyncMode::GROUP) };
    assert_lost(first_violation(settings, Flaw::Nothing).as_ref());
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
        let Ok((found, _)) = forge::scanned(log) else {
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
        chain_on(log, |sequence| forge::record(sequence.0 + 1_000_000));
    });
    let is_caught = matches!(violation, Some(Violation::Invented(_) | Violation::OtherReplay));
    assert!(is_caught, "{violation:?}");
}

#[test]
fn a_command_that_is_logged_twice_is_caught() {
    let violation = first_violation_after(|log| {
        let Ok((_, records)) = forge::scanned(log) else {
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

/// Writes a block with one record behind a log, as if the engine had.
fn chain_on(log: &SimLog, record: impl FnOnce(Sequence) -> Record) {
    let Ok((found, _)) = forge::scanned(log) else {
        return;
    };
    let Some(chain) = found.chain().filter(|chain| chain.room_bytes() > 0) else {
        return;
    };
    if log.bytes(chain.segment.0).len() as u64 != chain.segment_bytes || found.torn_tail_bytes > 0 {
        return;
    }
    let mut forge = Forge::on(log.clone(), &chain);
    let sequence = chain.next_sequence;
    forge.records(&[Record { sequence, ..record(sequence) }]);
}

#[test]
fn wrong_releases_are_caught() {
    let mut random = tests::random::Random::new(3);
    let mut oracle = Oracle::default();
    for _ in 0..200 {
        let arrival = workload::arrival(&mut random, oracle.last_client_sequences());
        oracle.push(&arrival.command);
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
    let forge = Forge::synced(4, 2);
    let mut recovered = forge::recovered(&forge.log).expect("a sound log");
    let mut oracle = Oracle::default();
    for sequence in 1..=4 {
        match forge::record(sequence).body {
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
