//! The section of the report: one table of the modes, and the two ratios that count.

use super::super::machine::Machine;
use super::super::plot::{Curve, Plot, Upwards, percentiles};
use super::super::report::Section;
use super::super::words::{Ratio, number, shown, time};
use super::SINGLE_SPAN;
use highwater::limits::BLOCK_BYTES;
use highwater_engine::figures::grouped;
use highwater_platform::latency::Quantiles;
use serde::Serialize;
use serde_json::Value;
use std::fmt;

/// What was measured of all modes.
#[derive(Clone, Debug, Serialize)]
pub(in super::super) struct Profiles {
    pub(super) machine: Machine,
    /// How long each mode was under load.
    pub(super) seconds: u64,
    /// One block, written and synced by hand, in turns with all modes.
    pub(super) bare: Option<Quantiles>,
    /// The safest first.
    pub(super) modes: Vec<Row>,
}

/// What was measured of a mode.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) mode: &'static str,
    /// What a power cut can take.
    pub(super) loss: String,
    /// Answers with one command in flight.
    pub(super) alone: Option<Quantiles>,
    /// One block, written and synced by hand, in turns with those.
    pub(super) bare: Option<Quantiles>,
    /// The summary of the run under load.
    pub(super) run: Value,
}

impl Row {
    fn number(&self, name: &str) -> u64 {
        number(&self.run, name)
    }

    /// Rounded to the nearest: the engine has some syncs of its own, so that a mode which syncs
    /// every command has a few more than commands.
    fn commands_per_sync(&self) -> String {
        let syncs = self.number("syncs");
        let rounded = (self.number("commands") + syncs / 2).checked_div(syncs);
        rounded.map_or_else(|| "none".to_owned(), grouped)
    }

    fn latency(&self, name: &str, quantile: &str) -> String {
        time(&self.run[name], quantile)
    }
}

impl Profiles {
    fn of_mode(&self, name: &str) -> Option<&Row> {
        self.modes.iter().find(|row| row.mode == name)
    }

    /// The throughput of `row` beside that of `full`.
    fn of_full(&self, row: &Row) -> Ratio {
        let per_second = |row: &Row| row.number("commands_per_second");
        Ratio(per_second(row), self.of_mode("full").map_or(0, per_second))
    }

    /// An answer of `row` with one command in flight, beside a bare write and sync.
    fn of_bare(row: &Row) -> Ratio {
        let p50_ns = |latency: Option<Quantiles>| latency.map_or(0, |latency| latency.p50_ns);
        Ratio(p50_ns(row.alone), p50_ns(row.bare))
    }
}

impl Section for Profiles {
    const HEADING: &'static str = "## Profiles";

    fn plots(&self) -> Vec<Plot> {
        let curve = |name: &str, latency: &Option<Quantiles>| {
            percentiles(name, &serde_json::to_value(latency).unwrap_or_default())
        };
        let alone = self.modes.iter().map(|row| curve(row.mode, &row.alone));
        let batch = |row: &Row| {
            let commands = row.number("commands").checked_div(row.number("syncs")).unwrap_or(0);
            Curve::new(row.mode, std::iter::once((commands, row.number("commands_per_second"))))
        };
        vec![
            Plot {
                title: "Answer latency by percentile, one command in flight",
                x: "one command in so many takes longer",
                y: Upwards::Time,
                curves: alone.chain([curve("bare write and sync", &self.bare)]).collect(),
            },
            Plot {
                title: "Throughput against batch size, each mode",
                x: "commands a sync",
                y: Upwards::Throughput,
                curves: self.modes.iter().map(batch).collect(),
            },
        ]
    }
}

impl fmt::Display for Profiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "The seeded stream, offered without pause for {} s in each mode, so that answers under load are mostly \
             time in the queue. Then one command in flight, a session of a host that waits for each answer: each \
             mode in turns of some commands with a bare write and sync of one block of {} bytes, until one has had \
             {} s. Default settings, without snapshots.\n",
            self.seconds,
            grouped(BLOCK_BYTES as u64),
            SINGLE_SPAN.as_secs()
        )?;
        writeln!(
            f,
            "| sync | commands/s | to full | critical path p50 | p99 | answer under load p50 | p99 | max | syncs \
             | commands a sync | answer alone p50 | p99 | max | to bare | a power cut loses | \
             worst loss seen, commands |"
        )?;
        writeln!(f, "|---|{}---|---:|", "---:|".repeat(13))?;
        self.modes.iter().try_for_each(|row| self.write_row(row, f))?;
        self.write_ratios(f)
    }
}

impl Profiles {
    fn write_row(&self, row: &Row, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = grouped(row.number("commands_per_second"));
        write!(f, "| {} | {per_second} | {} |", row.mode, self.of_full(row))?;
        for (name, quantile) in [
            ("critical_path", "p50_ns"),
            ("critical_path", "p99_ns"),
            ("acknowledgement", "p50_ns"),
            ("acknowledgement", "p99_ns"),
            ("acknowledgement", "max_ns"),
        ] {
            write!(f, " {} |", row.latency(name, quantile))?;
        }
        write!(f, " {} | {} |", grouped(row.number("syncs")), row.commands_per_sync())?;
        for time in times(row.alone) {
            write!(f, " {time} |")?;
        }
        let worst = grouped(row.number("released_not_durable_max"));
        writeln!(f, " {} | {} | {worst} |", Self::of_bare(row), row.loss)
    }

    fn write_ratios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = times(self.bare);
        let count = grouped(self.bare.map_or(0, |bare| bare.count));
        writeln!(f, "\n- A bare write and sync: p50 {p50}, p99 {p99}, max {max}, {count} times.")?;
        let Some(group) = self.of_mode("group") else {
            return Ok(());
        };
        let (bare, full) = (Self::of_bare(group), self.of_full(group));
        writeln!(
            f,
            "- A durable answer with one command in flight, mode group: {bare} times a bare write and sync (aim: at \
             most 1.50).\n- The throughput of group: {full} times that of full (aim: at least 20)."
        )
    }
}

/// Median, 99 % and longest, with units.
fn times(latency: Option<Quantiles>) -> [String; 3] {
    [
        shown(latency.map(|latency| latency.p50_ns)),
        shown(latency.map(|latency| latency.p99_ns)),
        shown(latency.map(|latency| latency.max_ns)),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::super::pauses::Pauses;
    use super::*;
    use serde_json::json;

    fn quantiles(p50_ns: u64) -> Quantiles {
        Quantiles {
            count: 1_234,
            avg_ns: p50_ns,
            min_ns: p50_ns / 2,
            p50_ns,
            p90_ns: 2 * p50_ns,
            p99_ns: 3 * p50_ns,
            p99_9_ns: 4 * p50_ns,
            max_ns: 5 * p50_ns,
        }
    }

    fn row(mode: &'static str, commands_per_second: u64, loss: &str) -> Row {
        let latency = json!({ "p50_ns": 100, "p99_ns": 1_500, "max_ns": 2_500_000 });
        let run = json!({
            "commands_per_second": commands_per_second, "critical_path": latency,
            "acknowledgement": latency, "syncs": 1_003, "commands": if mode == "full" { 1_000 } else { 12_000 },
            "released_not_durable_max": if mode == "off" { 12_345 } else { 0 },
        });
        Row {
            mode,
            loss: loss.to_owned(),
            alone: Some(quantiles(110_000)),
            bare: Some(quantiles(100_000)),
            run,
        }
    }

    fn section() -> Profiles {
        let machine = Machine {
            version: "9.9.9",
            system: "linux x86_64".to_owned(),
            cores: 2,
            file_system: "xfs".to_owned(),
            io: "direct",
            kernel: Some("7.8".to_owned()),
            processor: None,
            commit: None,
            disk_commit: Some(quantiles(90_000)),
            pauses: Pauses::default(),
            date: "2026-01-02T03:04:05Z".to_owned(),
            command: "highwater bench --profiles".to_owned(),
        };
        let modes = vec![
            row("full", 8_000, "nothing"),
            row("group", 1_234_567, "nothing"),
            row("off", 4_000_000, "NOT DURABLE"),
        ];
        Profiles { machine, seconds: 3, bare: Some(quantiles(100_000)), modes }
    }

    #[test]
    fn every_row_has_a_cell_for_every_column() {
        let text = section().to_string();
        let table: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(table.len(), 2 + 3);
        assert!(table.iter().all(|line| line.matches('|').count() == 17), "{table:#?}");
    }

    #[test]
    fn numbers_have_units_and_ratios_are_of_one_run() {
        let text = section().to_string();
        for said in [
            "## Profiles\n\nhighwater 9.9.9, linux x86_64, kernel 7.8, 2 cores, xfs, direct, ",
            "a bare write and sync p50 90.0 us, a thread that only reads the clock stood still for 0.0 %",
            ", 2026-01-02T03:04:05Z: `highwater bench --profiles`",
            "| group | 1,234,567 | 154.32 | 100 ns | 1.5 us | 100 ns | 1.5 us | 2.5 ms | 1,003 | 12 |",
            "| full | 8,000 | 1.00 | 100 ns | 1.5 us | 100 ns | 1.5 us | 2.5 ms | 1,003 | 1 |",
            "| 110.0 us | 330.0 us | 550.0 us | 1.10 | nothing | 0 |",
            "| NOT DURABLE | 12,345 |",
            "p50 100.0 us, p99 300.0 us, max 500.0 us, 1,234 times.",
            "mode group: 1.10 times a bare write and sync",
            "group: 154.32 times that of full",
        ] {
            assert!(text.contains(said), "'{said}' is not said: {text}");
        }
    }

    #[test]
    fn what_was_not_measured_is_no_number() {
        let mut section = section();
        section.bare = None;
        section.modes.iter_mut().for_each(|row| row.bare = None);
        section.modes[0].run = json!({});
        let text = section.to_string();
        assert!(text.contains("- A bare write and sync: p50 none, p99 none, max none, 0 times."));
        assert!(text.contains("mode group: none times"), "{text}");
        assert!(text.contains("group: none times that of full"), "{text}");
    }
}
