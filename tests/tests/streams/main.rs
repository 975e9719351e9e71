//! The publisher's streams follow from the log: readers of their own make of them the engine's book
//! and the open orders of each session, after every command of random runs.
//!
//! A longer campaign: `HIGHWATER_STREAMS=10000 cargo test -p tests --test streams`.

mod drawn;
mod images;
mod judge;
mod model;
mod mutants;
mod recorded;
mod unfit;

use judge::{Counts, judge};
use recorded::record;

/// Runs of a test, where the environment names no other number.
const RUNS_DEFAULT: u64 = 100;

/// The variable of the environment that names another number of runs.
const RUNS_VARIABLE: &str = "HIGHWATER_STREAMS";

/// Commands of a run.
const COMMAND_COUNT: usize = 300;

/// How many runs a test makes.
fn run_count() -> u64 {
    std::env::var(RUNS_VARIABLE).map_or(RUNS_DEFAULT, |number| {
        number.parse().unwrap_or_else(|_| panic!("{RUNS_VARIABLE} is no number: {number}"))
    })
}

#[test]
fn streams_say_what_the_engine_did() {
    let mut counts = Counts::default();
    for seed in 0..run_count() {
        let found = judge(&record(seed, COMMAND_COUNT));
        let found = found.unwrap_or_else(|complaint| panic!("seed {seed}: {complaint}"));
        for (all, found) in counts.iter_mut().zip(found) {
            for (kind, count) in found {
                *all.entry(kind).or_default() += count;
            }
        }
    }
    for (kinds, counts) in [&b"AFECXDRHSQI"[..], b"AUCJERTXGKQS"].into_iter().zip(&counts) {
        let named: Vec<_> = counts.iter().map(|(kind, count)| (char::from(*kind), count)).collect();
        println!("{named:?}");
        let missing = kinds.iter().filter(|kind| !counts.contains_key(kind));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&u8>::new(), "never occurred");
        assert_eq!(counts.len(), kinds.len(), "no other type is made");
    }
}

#[test]
fn the_same_log_gives_the_same_bytes() {
    for seed in 0..run_count().div_ceil(10) {
        let [first, second] = [(); 2].map(|()| record(seed, COMMAND_COUNT));
        assert!(first.iter().map(|it| &it.chunk).eq(second.iter().map(|it| &it.chunk)), "{seed}");
    }
}
