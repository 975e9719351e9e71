//! `bench --profiles`: the five sync modes over the same flow, side by side with a bare write and
//! sync.
//!
//! Throughput is that of `highwater run`, the program itself, in a process of its own for each
//! mode. The answer of a single command in flight is that of a host with one caller: all modes take
//! turns with the bare write and sync, so that what else happens on the machine hits all alike.

mod alone;
mod section;

pub(super) use section::Profiles;

use super::machine::Machine;
use super::program::{remove_directory, run_on};
use highwater::sync_mode::SyncMode;
use highwater_console::{CommandError, note};
use highwater_engine::config::{CapacityWishes, Config};
use highwater_platform::Platform;
use highwater_platform::latency::Latencies;
use highwater_platform::signals::StopFlag;
use section::Row;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The modes, the safest first, with the count that belongs to one of them.
fn modes() -> [(SyncMode, Option<&'static str>); 5] {
    [
        (SyncMode::Full, None),
        (SyncMode::GROUP, None),
        (Config::balanced().sync, Some("100")),
        (SyncMode::Checkpoint, None),
        (SyncMode::Off, None),
    ]
}

/// How long each mode is measured with one command in flight, and the bare write and sync, at most.
const SINGLE_SPAN: Duration = Duration::from_secs(1);

/// Measures every mode for `seconds` seconds under load, and for one with a single command in
/// flight; `None` when somebody wished to stop.
pub(super) fn bench_profiles<P: Platform>(
    platform: P,
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Profiles>, CommandError> {
    let mut runs = Vec::new();
    let mut configs = Vec::new();
    for (mode, count) in modes() {
        note(&format!("measuring sync {} for {seconds} s", mode.name()));
        let data = place.join(mode.name());
        runs.push((mode, run_program(&data, mode.name(), count, seconds)?));
        configs.push(config_alone(mode));
        remove_directory(&data)?;
        if stop.is_raised() {
            return Ok(None);
        }
    }
    note("measuring one command in flight, each mode in turns with a bare write and sync");
    let measured = alone::measure(platform, place, configs, SINGLE_SPAN, stop)?;
    Ok(measured.map(|alone| {
        let mut bare = Latencies::new();
        for pair in &alone {
            bare.add(&pair.bare);
        }
        let rows = runs.into_iter().zip(&alone).map(|((mode, run), pair)| Row {
            mode: mode.name(),
            loss: loss(mode),
            alone: pair.answers.quantiles(),
            bare: pair.bare.quantiles(),
            run,
        });
        let modes = rows.collect();
        let machine = machine.clone();
        Profiles { machine, seconds, bare: bare.quantiles(), modes }
    }))
}

/// How the host of a single caller runs; what is written to is little, and is removed soon.
fn config_alone(mode: SyncMode) -> Config {
    let capacities =
        CapacityWishes { orders: Some(1 << 16), instruments: Some(16), sessions: None };
    Config::production().sync(mode).capacities(capacities)
}

/// What a power cut can take.
fn loss(mode: SyncMode) -> String {
    match mode {
        SyncMode::Full | SyncMode::Group(_) => "nothing".to_owned(),
        SyncMode::Interval(exposure) => {
            format!("NOT DURABLE at once: at most {} commands", exposure.count)
        }
        SyncMode::Checkpoint => "NOT DURABLE before a segment is sealed".to_owned(),
        SyncMode::Off => "NOT DURABLE".to_owned(),
    }
}

/// Commands that the mode `full` is given for a second; a disk takes some thousand syncs in one.
const FULL_PER_SECOND: u64 = 3_000;

/// Runs the default stream through the program itself, and returns its summary.
fn run_program(
    data: &Path,
    mode: &str,
    count: Option<&str>,
    seconds: u64,
) -> Result<Value, CommandError> {
    // What waits in the rings when the time is over is worked off, so that the mode that syncs
    // every command must not be given more than it can do.
    let limit = if mode == SyncMode::Full.name() { FULL_PER_SECOND * seconds } else { u64::MAX };
    let (limit, seconds) = (limit.to_string(), seconds.to_string());
    let mut words = vec!["--limit", &limit, "--seconds", &seconds, "--sync", mode];
    words.extend(count.into_iter().flat_map(|count| ["--sync-count", count]));
    run_on(data, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_is_measured_once_and_says_what_it_loses() {
        let modes = modes().map(|(mode, _)| mode);
        let names = modes.map(SyncMode::name);
        assert_eq!(names, ["full", "group", "interval", "checkpoint", "off"]);
        for mode in modes {
            assert_eq!(loss(mode).contains("NOT DURABLE"), !mode.answers_are_durable());
        }
        assert_eq!(loss(modes[2]), "NOT DURABLE at once: at most 100 commands");
    }
}
