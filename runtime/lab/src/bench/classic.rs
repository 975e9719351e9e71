//! `bench --classic`: 50,000 orders in three modes, beside what a classical design publishes of
//! itself.

use super::machine::Machine;
use super::plot::{Plot, Upwards, percentiles};
use super::program::{remove_directory, run_on};
use super::report::Section;
use super::words::{number, time};
use highwater_console::{CommandError, note};
use highwater_engine::figures::grouped;
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// Orders of a run.
const ORDERS: u64 = 50_000;

/// The modes, each with the rate that the classical design reports of it, in commands a second.
const MODES: [(&str, &str, u64); 3] = [
    ("per-order sync", "full", 9_780),
    ("memory only", "off", 418_800),
    ("group commit", "group", 41_110),
];

/// What the classical design publishes: throughput, and average, P50, P90, P99 in microseconds.
const PUBLISHED: [(&str, &str, [&str; 4]); 4] = [
    ("per-order sync", "9.78 K/s", ["99.68", "", "", ""]),
    ("memory only", "418.80 K/s", ["1.75", "", "", ""]),
    ("group commit, hoped for", "200 K/s", ["5", "4", "8", "15"]),
    ("group commit, measured", "41.11 K/s", ["22.47", "14.50", "39.71", "114.25"]),
];

/// The section of the report.
#[derive(Debug, Serialize)]
pub(super) struct Classic {
    machine: Machine,
    columns: Vec<Column>,
}

/// What was measured in a mode.
#[derive(Debug, Serialize)]
struct Column {
    name: &'static str,
    /// All orders, offered without pause.
    unpaced: Value,
    /// Orders offered by the clock, as many a second as the classical design reports.
    paced: Value,
}

/// Runs the orders in each mode; `None` when somebody wished to stop.
pub(super) fn bench_classic(
    machine: &Machine,
    place: &Path,
    seconds: u64,
    stop: &StopFlag,
) -> Result<Option<Classic>, CommandError> {
    let data = place.join("classic");
    let (orders, lasts) = (ORDERS.to_string(), seconds.to_string());
    let mut columns = Vec::new();
    for (name, mode, rate) in MODES {
        note(&format!("running {} orders, {name}", grouped(ORDERS)));
        let words = ["--limit", &orders, "--sync", mode];
        let unpaced = run_on(&data, &words)?;
        remove_directory(&data)?;
        let rate = offered(rate, number(&unpaced, "commands_per_second"));
        note(&format!("offering {} orders a second, {name}", grouped(rate)));
        let rate = rate.to_string();
        let paced = [&words[..], &["--rate", &rate, "--seconds", &lasts]].concat();
        let paced = run_on(&data, &paced)?;
        remove_directory(&data)?;
        if stop.is_raised() {
            return Ok(None);
        }
        columns.push(Column { name, unpaced, paced });
    }
    Ok(Some(Classic { machine: machine.clone(), columns }))
}

/// The rate at which latency is measured: what takes more than it can do only measures its queue.
fn offered(reported: u64, reached: u64) -> u64 {
    reported.min(reached / 5 * 4).max(1)
}

impl Section for Classic {
    const HEADING: &'static str = "## Classic run";

    fn plots(&self) -> Vec<Plot> {
        let curve = |column: &Column| percentiles(column.name, &column.paced["acknowledgement"]);
        vec![Plot {
            title: "Classic run: answer latency by percentile",
            x: "one order in so many takes longer",
            y: Upwards::Time,
            curves: self.columns.iter().map(curve).collect(),
        }]
    }
}

impl fmt::Display for Classic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n\n{}\n", Self::HEADING, self.machine)?;
        writeln!(
            f,
            "{} orders (commands of the seeded stream), offered without pause: throughput. Then as many a second by \
             the clock as the classical design reports of the mode, or four fifths of what was just reached where \
             that is less: latencies of the answers, counted from the time at which each was to be offered \
             (corrected for coordinated omission). An answer that is said to be durable waited for the disk.\n",
            grouped(ORDERS)
        )?;
        write!(f, "| |")?;
        self.columns.iter().try_for_each(|column| write!(f, " {} |", column.name))?;
        writeln!(f, "\n|---|{}", "---:|".repeat(self.columns.len()))?;
        self.write_run(f)?;
        self.write_latencies(f)?;
        self.write_row(f, "data safety", Column::safety)?;
        write_published(f)
    }
}

impl Classic {
    fn write_run(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { version, system, date, .. } = &self.machine;
        let counted = |name: &'static str| move |column: &Column| column.count(name);
        self.write_row(f, "version", |_| (*version).to_owned())?;
        self.write_row(f, "platform", |_| system.clone())?;
        self.write_row(f, "date", |_| date.clone())?;
        self.write_row(f, "total orders", counted("commands"))?;
        self.write_row(f, "status", Column::status)?;
        self.write_row(f, "throughput, orders/s", counted("commands_per_second"))?;
        self.write_row(f, "trades", counted("trades"))?;
        self.write_row(f, "trade rate", Column::trade_rate)?;
        self.write_row(f, "errors", counted("rejects"))?;
        self.write_row(f, "syncs", counted("syncs"))
    }

    fn write_latencies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paced =
            |name: &'static str| move |column: &Column| grouped(number(&column.paced, name));
        self.write_row(f, "offered, orders/s", paced("rate"))?;
        self.write_row(f, "reached, orders/s", paced("commands_per_second"))?;
        for (title, name) in [
            ("answer, average", "avg_ns"),
            ("min", "min_ns"),
            ("max", "max_ns"),
            ("P50", "p50_ns"),
            ("P90", "p90_ns"),
            ("P99", "p99_ns"),
        ] {
            self.write_row(f, title, |column| time(&column.paced["acknowledgement"], name))?;
        }
        self.write_row(f, "critical path, average", |column| {
            time(&column.paced["critical_path"], "avg_ns")
        })
    }

    fn write_row(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        cell: impl Fn(&Column) -> String,
    ) -> fmt::Result {
        write!(f, "| {title} |")?;
        self.columns.iter().try_for_each(|column| write!(f, " {} |", cell(column)))?;
        writeln!(f)
    }
}

impl Column {
    fn count(&self, name: &str) -> String {
        grouped(number(&self.unpaced, name))
    }

    fn status(&self) -> String {
        match self.unpaced["ended"].as_str() {
            Some("limit_reached") => "complete".to_owned(),
            other => other.unwrap_or("unknown").to_owned(),
        }
    }

    /// Trades for a hundred orders.
    fn trade_rate(&self) -> String {
        let hundredths = number(&self.unpaced, "trades") * 10_000;
        let orders = number(&self.unpaced, "commands");
        hundredths.checked_div(orders).map_or_else(
            || "none".to_owned(),
            |hundredths| format!("{}.{:02} %", hundredths / 100, hundredths % 100),
        )
    }

    fn safety(&self) -> String {
        if self.unpaced["durable"] == Value::Bool(true) {
            "every answer waited for stable storage".to_owned()
        } else {
            let worst = number(&self.unpaced, "released_not_durable_max");
            format!("NOT DURABLE: {} orders could have been lost", grouped(worst))
        }
    }
}

/// The figures of the classical design, as they are given; nobody measured them here.
fn write_published(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\nThe classical design's published figures, of another machine and not measured here. Its throughput times \
         its average is 0.73 to 1.00, as of a design that takes one order after another. Microseconds:\n"
    )?;
    writeln!(
        f,
        "| classical design | throughput | average | P50 | P90 | P99 |\n|---|{}",
        "---:|".repeat(5)
    )?;
    for (name, throughput, latencies) in PUBLISHED {
        writeln!(f, "| {name} | {throughput} | {} |", latencies.join(" | "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_more_is_offered_than_can_be_done() {
        for (reported, reached, rate) in
            [(9_780, 50_000, 9_780), (9_780, 2_500, 2_000), (9_780, 0, 1)]
        {
            assert_eq!(offered(reported, reached), rate);
        }
    }

    #[test]
    fn a_run_that_is_not_durable_is_called_so() {
        let column = |durable: bool| {
            let unpaced = json!({ "durable": durable, "released_not_durable_max": 12_345,
                "trades": 7_722, "commands": 50_000, "ended": "limit_reached" });
            Column { name: "one", unpaced, paced: json!({}) }
        };
        assert_eq!(column(false).safety(), "NOT DURABLE: 12,345 orders could have been lost");
        assert_eq!(column(true).safety(), "every answer waited for stable storage");
        assert_eq!(column(true).trade_rate(), "15.44 %");
        assert_eq!(column(true).status(), "complete");
    }
}
