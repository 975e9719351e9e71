//! Syncs are spaced where they stall under an open load, and nowhere else: who waits for an answer
//! is not delayed.
//!
//! The pacing of the core decides, in a simulated log writer between callers, a disk and a machine
//! that steals time; what is decided wrong must be noticed.

mod engine;
mod load;
mod world;

use highwater::pacing::SPACING_NS;
use load::Load;
use world::{Disk, Flaw, Machine, Phase, Seen, Steal, run};

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Violation {
    /// A group was held back for longer than it may be.
    HeldTooLong,
    /// A group was held back that had to be synced at once.
    Delayed,
    /// Syncs followed each other too closely.
    NotSpaced,
}

const SECOND_NS: u64 = 1_000_000_000;
const MILLISECOND_NS: u64 = 1_000_000;
const SEEDS: u64 = 4;
/// Groups held back after a load has closed, at most, until that is noticed.
const HOLDS_MAX: u64 = 48;

/// Loads that wait for answers: few and many callers, at once and after thinking, as two groups
/// that take turns, and with a window that is refilled.
const CLOSED: [Load; 9] = [
    Load::Callers(1, 0),
    Load::Callers(1, 40_000),
    Load::Callers(2, 0),
    Load::Callers(3, 5_000),
    Load::Callers(5, 0),
    Load::Callers(64, 0),
    Load::Callers(64, 20_000),
    Load::Callers(64, 200_000),
    Load::Callers(64, 1_000_000),
];

/// Loads that send by the clock, so often that spacing pays.
const OPEN: [Load; 6] = [
    Load::Even(20_000),
    Load::Chance(20_000),
    Load::Even(200_000),
    Load::Chance(200_000),
    Load::Even(1_000_000),
    Load::Chance(1_000_000),
];

const STEALS: [Steal; 2] = [Steal::OfSync, Steal::OfAll];

/// Every check, in turn.
fn check(flaw: Flaw) -> Result<(), Violation> {
    for seed in 0..SEEDS {
        check_closed(flaw, seed)?;
        check_open(flaw, seed)?;
        check_calm(flaw, seed)?;
        check_changes(flaw, seed)?;
        check_end(flaw, seed)?;
    }
    Ok(())
}

/// Runs, and checks what holds always.
fn observe(
    phases: &[Phase],
    machine: Machine,
    flaw: Flaw,
    seed: u64,
) -> Result<Vec<Seen>, Violation> {
    let phases_seen = run(phases, machine, flaw, seed);
    let is_too_long = phases_seen.iter().any(|phase| phase.hold_ns_max > SPACING_NS);
    if is_too_long { Err(Violation::HeldTooLong) } else { Ok(phases_seen) }
}

fn undelayed(phases: &[Phase], machine: Machine, flaw: Flaw, seed: u64) -> Result<(), Violation> {
    let phases_seen = observe(phases, machine, flaw, seed)?;
    if phases_seen.iter().any(|phase| phase.holds > 0) { Err(Violation::Delayed) } else { Ok(()) }
}

/// No stall makes a closed loop wait, not once; nor a load that syncs seldom by itself.
fn check_closed(flaw: Flaw, seed: u64) -> Result<(), Violation> {
    let early = Steal::Once(MILLISECOND_NS);
    for steal in STEALS.into_iter().chain([early]) {
        for load in CLOSED.into_iter().chain([Load::Even(1_000), Load::Chance(1_000)]) {
            undelayed(&[(load, SECOND_NS)], (Disk::Fast, steal), flaw, seed)?;
            undelayed(&[(load, SECOND_NS)], (Disk::Fickle, steal), flaw, seed)?;
        }
    }
    Ok(())
}

/// On a machine that steals nothing, no load waits.
fn check_calm(flaw: Flaw, seed: u64) -> Result<(), Violation> {
    for load in OPEN.into_iter().chain([Load::Bursts(500, 2 * MILLISECOND_NS)]) {
        undelayed(&[(load, SECOND_NS / 5)], (Disk::Fast, Steal::Never), flaw, seed)?;
    }
    Ok(())
}

/// Stalls space the syncs of an open load; bursts wait no longer than they may.
fn check_open(flaw: Flaw, seed: u64) -> Result<(), Violation> {
    for steal in STEALS {
        for load in OPEN {
            let phases_seen = observe(&[(load, SECOND_NS / 2)], (Disk::Fast, steal), flaw, seed)?;
            phases_seen.iter().try_for_each(|phase| check_spaced(*phase))?;
        }
        let bursts = Load::Bursts(500, 2 * MILLISECOND_NS);
        let _seen = observe(&[(bursts, SECOND_NS)], (Disk::Fast, steal), flaw, seed)?;
    }
    Ok(())
}

/// In the second half of the phase, syncs began a spacing apart, but for one in 8.
fn check_spaced(phase: Seen) -> Result<(), Violation> {
    let is_spaced = phase.late_syncs * SPACING_NS * 7 / 8 <= phase.late_ns;
    if is_spaced && phase.holds > 0 { Ok(()) } else { Err(Violation::NotSpaced) }
}

/// A load that closes is noticed within some syncs, and one that opens again is spaced again.
fn check_changes(flaw: Flaw, seed: u64) -> Result<(), Violation> {
    for open in [Load::Chance(20_000), Load::Even(200_000), Load::Chance(200_000)] {
        for callers in [1, 2, 3, 5, 64] {
            let closed = Load::Callers(callers, 0);
            let phases = [(open, SECOND_NS / 2), (closed, SECOND_NS / 2), (open, SECOND_NS / 2)];
            let phases_seen = observe(&phases, (Disk::Fast, Steal::OfSync), flaw, seed)?;
            if phases_seen[1].holds > HOLDS_MAX {
                return Err(Violation::Delayed);
            }
            check_spaced(phases_seen[0])?;
            check_spaced(phases_seen[2])?;
        }
    }
    Ok(())
}

/// One stall spaces syncs for a second, not for longer.
fn check_end(flaw: Flaw, seed: u64) -> Result<(), Violation> {
    let once = (Disk::Fast, Steal::Once(100 * MILLISECOND_NS));
    let phases_seen = observe(&[(Load::Chance(100_000), 3 * SECOND_NS / 2)], once, flaw, seed)?;
    let ends_ns = SECOND_NS + 200 * MILLISECOND_NS;
    match phases_seen[0] {
        Seen { last_hold_ns, .. } if last_hold_ns > ends_ns => Err(Violation::Delayed),
        Seen { holds, .. } if holds < 1_000 => Err(Violation::NotSpaced),
        Seen { .. } => Ok(()),
    }
}

#[test]
fn syncs_are_spaced_where_they_stall_under_an_open_load_and_nowhere_else() {
    assert_eq!(check(Flaw::Nothing), Ok(()));
}

#[test]
fn every_wrong_decision_is_noticed() {
    for (flaw, violation) in [
        (Flaw::NeverSpaces, Violation::NotSpaced),
        (Flaw::AlwaysSpaces, Violation::Delayed),
        (Flaw::SpacesEveryLoad, Violation::Delayed),
        (Flaw::NeverEnds, Violation::Delayed),
        (Flaw::IgnoresClosing, Violation::Delayed),
        (Flaw::HoldsAnew, Violation::HeldTooLong),
        (Flaw::CountsTheAnswered, Violation::Delayed),
        (Flaw::CountsTheEarlier, Violation::Delayed),
    ] {
        assert_eq!(check(flaw), Err(violation), "{flaw:?}");
    }
}
