//! The last ten minutes, second by second.

use crate::metrics::SYNC_BOUNDS_NS;
use crate::view::INSTRUMENTS_MAX;
use crate::watched::Watched;
use highwater::types::Price;
use highwater_gateway::{ANSWER_BOUNDS_NS, GatewaySeen};
use highwater_platform::Platform;
use serde::Serialize;
use std::collections::VecDeque;

/// Seconds that are kept.
const POINTS_MAX: usize = 600;

/// A second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Point {
    time_ms: u64,
    /// Commands that became durable, and syncs that made them so, a second.
    commands: u64,
    syncs: u64,
    /// Commands that were appended and not durable yet.
    lag: u64,
    /// Half and 99 % of the answers and syncs of this second took at most so long; 0 without any.
    answer_p50_ns: u64,
    answer_p99_ns: u64,
    sync_p50_ns: u64,
    sync_p99_ns: u64,
}

/// What the counters said last.
#[derive(Clone, Debug, Default)]
struct Last {
    time_ms: u64,
    durable: u64,
    syncs: u64,
    answers: Vec<u64>,
    sync_classes: Vec<u64>,
}

/// The last ten minutes.
#[derive(Debug, Default)]
pub(crate) struct Series {
    points: VecDeque<Point>,
    /// The last price of each instrument at the end of each second, in ticks.
    prices: VecDeque<Vec<Option<u32>>>,
    last: Option<Last>,
    count: u64,
}

impl Series {
    /// Adds the second that ends now.
    pub(crate) fn add<P: Platform>(&mut self, watched: &Watched<P>, gateway: &GatewaySeen) {
        let statistics = watched.engine.statistics();
        let now = Last {
            time_ms: watched.platform.wall_clock_ns() / 1_000_000,
            durable: statistics.durable.0,
            syncs: statistics.log.sync_count,
            answers: gateway.counts.answers.classes.to_vec(),
            sync_classes: watched.engine.sync_classes(&SYNC_BOUNDS_NS).to_vec(),
        };
        let lag = statistics.appended.0.saturating_sub(statistics.durable.0);
        if let Some(last) = self.last.replace(now.clone()) {
            self.count += 1;
            push(&mut self.points, Point::between(&last, &now, lag));
            let traded = gateway.traded.iter().take(INSTRUMENTS_MAX as usize);
            let prices = traded.map(|it| it.last.map(Price::ticks)).collect();
            push(&mut self.prices, prices);
        }
    }

    /// How many seconds were added since the start.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// The seconds, the oldest first.
    pub(crate) const fn points(&self) -> &VecDeque<Point> {
        &self.points
    }

    /// The last price of an instrument at the end of each of them.
    pub(crate) fn prices(&self, instrument: u32) -> Vec<Option<u32>> {
        let index = usize::try_from(instrument).unwrap_or(usize::MAX);
        self.prices.iter().map(|prices| prices.get(index).copied().flatten()).collect()
    }
}

fn push<T>(queue: &mut VecDeque<T>, value: T) {
    if queue.len() == POINTS_MAX {
        queue.pop_front();
    }
    queue.push_back(value);
}

impl Point {
    fn between(last: &Last, now: &Last, lag: u64) -> Self {
        let elapsed_ms = now.time_ms.saturating_sub(last.time_ms).max(1);
        let a_second = |before: u64, after: u64| after.saturating_sub(before) * 1_000 / elapsed_ms;
        let answers = since(&last.answers, &now.answers);
        let syncs = since(&last.sync_classes, &now.sync_classes);
        Self {
            time_ms: now.time_ms,
            commands: a_second(last.durable, now.durable),
            syncs: a_second(last.syncs, now.syncs),
            lag,
            answer_p50_ns: bound_of(&answers, &ANSWER_BOUNDS_NS, 500),
            answer_p99_ns: bound_of(&answers, &ANSWER_BOUNDS_NS, 990),
            sync_p50_ns: bound_of(&syncs, &SYNC_BOUNDS_NS, 500),
            sync_p99_ns: bound_of(&syncs, &SYNC_BOUNDS_NS, 990),
        }
    }
}

fn since(before: &[u64], after: &[u64]) -> Vec<u64> {
    after.iter().zip(before).map(|(after, before)| after.saturating_sub(*before)).collect()
}

/// The bound of the class that so many in a thousand are at most in; the last bound for what is
/// above all of them, and 0 where there is nothing.
fn bound_of(classes: &[u64], bounds_ns: &[u64], per_mille: u64) -> u64 {
    let count: u64 = classes.iter().sum();
    let rank = (count * per_mille).div_ceil(1_000);
    let mut below = 0;
    let reached = classes.iter().position(|class| {
        below += class;
        below >= rank
    });
    let at = reached.unwrap_or(0).min(bounds_ns.len() - 1);
    if count == 0 { 0 } else { bounds_ns[at] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_what_lies_between_two_readings() {
        let reading = |time_ms, durable, answers: [u64; 3]| Last {
            time_ms,
            durable,
            answers: answers.to_vec(),
            ..Last::default()
        };
        let point = Point::between(&reading(0, 10, [5, 0, 0]), &reading(500, 60, [5, 99, 1]), 7);
        assert_eq!((point.commands, point.lag), (100, 7));
        assert_eq!(point.answer_p50_ns, ANSWER_BOUNDS_NS[1]);
        assert_eq!((point.answer_p99_ns, point.sync_p99_ns), (ANSWER_BOUNDS_NS[1], 0));
    }
}
