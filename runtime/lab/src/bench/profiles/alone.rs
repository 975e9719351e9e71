//! One command in flight: a caller that waits for each answer, each mode in turns with a bare write
//! and sync of one block.

use super::super::bare::BareCommit;
use super::super::callers::{Caller, define_instrument};
use super::super::failed;
use highwater_console::CommandError;
use highwater_engine::config::Config;
use highwater_flows::random::Random;
use highwater_host::{Host, HostConfig};
use highwater_platform::Platform;
use highwater_platform::latency::Latencies;
use highwater_platform::signals::StopFlag;
use std::path::Path;
use std::time::Duration;

/// Commands of a turn that count.
const COUNTED_A_TURN: u32 = 256;
/// Commands before them that do not: the threads are asleep when a turn begins.
const UNCOUNTED_A_TURN: u32 = 16;
/// A rest before a turn, in which the threads that had the one before fall asleep.
const REST: Duration = Duration::from_millis(10);

/// A mode and what it took turns with.
#[derive(Debug)]
pub(super) struct Pair {
    /// From offering a command to its answer, durable as the mode wants it.
    pub(super) answers: Latencies,
    /// One block, written and synced.
    pub(super) bare: Latencies,
}

/// One who takes turns: a mode's caller, or the bare write and sync.
struct Turns<'a> {
    work: Box<dyn FnMut() -> Result<(), CommandError> + 'a>,
    latencies: Latencies,
    spent_ns: u64,
}

/// Lets each mode and the bare write and sync have turns until one has had `span`; `None` when it
/// was stopped. One mode after another: even threads that sleep would cost the others something.
pub(super) fn measure<P: Platform>(
    platform: P,
    place: &Path,
    configs: Vec<Config>,
    span: Duration,
    stop: &StopFlag,
) -> Result<Option<Vec<Pair>>, CommandError> {
    let bare = BareCommit::new(platform, place).map_err(|error| failed("write", place, &error))?;
    let commit = || bare.commit().map_err(|error| failed("write", place, &error));
    let rest = || platform.sleep(REST);
    let mut alone = Vec::new();
    for config in configs {
        let data = place.join(format!("{}-alone", config.sync.name()));
        let config = HostConfig::new(config.data(data));
        let host = Host::start(platform, &config).map_err(CommandError::failed)?;
        define_instrument(&host)?;
        let mut caller = Caller::new(&host, 1).map_err(CommandError::failed)?;
        let mut both = [Turns::of(move || caller.call()), Turns::of(commit)];
        take_turns(&|| platform.monotonic_ns(), &rest, &mut both, span, stop)?;
        let [answers, bare] = both.map(|turns| turns.latencies);
        alone.push(Pair { answers, bare });
        host.stop().map_err(CommandError::failed)?;
    }
    Ok((!stop.is_raised()).then_some(alone))
}

/// Lets all have turns, in an order that changes every round: what one leaves in the disk's queue
/// is not always the same other's.
fn take_turns(
    clock_ns: &dyn Fn() -> u64,
    rest: &dyn Fn(),
    all: &mut [Turns<'_>],
    span: Duration,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let mut random = Random::new(1, 0);
    let mut order: Vec<usize> = (0..all.len()).collect();
    let is_over =
        |all: &[Turns<'_>]| all.iter().any(|turns| u128::from(turns.spent_ns) >= span.as_nanos());
    while !stop.is_raised() && !is_over(all) {
        random.shuffle(&mut order);
        for index in &order {
            rest();
            all[*index].turn(clock_ns)?;
        }
    }
    Ok(())
}

impl<'a> Turns<'a> {
    fn of(work: impl FnMut() -> Result<(), CommandError> + 'a) -> Self {
        Self { work: Box::new(work), latencies: Latencies::new(), spent_ns: 0 }
    }

    /// Works so many times, and counts how long each takes.
    fn turn(&mut self, clock_ns: &dyn Fn() -> u64) -> Result<(), CommandError> {
        let began_ns = clock_ns();
        for _ in 0..UNCOUNTED_A_TURN {
            (self.work)()?;
        }
        for _ in 0..COUNTED_A_TURN {
            let from_ns = clock_ns();
            (self.work)()?;
            self.latencies.record(clock_ns() - from_ns);
        }
        self.spent_ns += clock_ns() - began_ns;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn all_have_as_many_turns_until_one_has_had_its_time() {
        let counts = [const { Cell::new(0_u32) }; 3];
        let now_ns = Cell::new(0);
        // The second is the slowest.
        let work = |index: usize| {
            counts[index].set(counts[index].get() + 1);
            now_ns.set(now_ns.get() + if index == 1 { 1_000 } else { 10 });
            Ok(())
        };
        let mut all: Vec<_> = (0..3).map(|index| Turns::of(move || work(index))).collect();
        let span = Duration::from_micros(700);
        take_turns(&|| now_ns.get(), &|| (), &mut all, span, &StopFlag::default()).unwrap();
        // A turn of the second takes 272,000 ns, so it has three.
        assert_eq!(counts.each_ref().map(Cell::get), [3 * 272; 3]);
        let quantiles = all.iter().map(|turns| turns.latencies.quantiles().unwrap());
        let seen: Vec<_> = quantiles.map(|seen| (seen.count, seen.p50_ns, seen.max_ns)).collect();
        assert_eq!(seen, [(3 * 256, 10, 10), (3 * 256, 1_000, 1_000), (3 * 256, 10, 10)]);
    }

    #[test]
    fn nobody_begins_once_it_is_stopped() {
        let stop = StopFlag::default();
        stop.as_atomic().store(true, std::sync::atomic::Ordering::Release);
        let mut all = vec![Turns::of(|| panic!("it was stopped"))];
        take_turns(&|| 0, &|| (), &mut all, Duration::from_secs(1), &stop).unwrap();
        assert_eq!(all[0].latencies.quantiles(), None);
    }

    #[test]
    fn a_failure_ends_it() {
        let mut all = vec![Turns::of(|| Err(CommandError::failed("no room")))];
        let (span, stop) = (Duration::from_secs(1), StopFlag::default());
        assert!(take_turns(&|| 0, &|| (), &mut all, span, &stop).is_err());
    }
}
