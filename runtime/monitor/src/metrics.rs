//! Metrics for Prometheus: one list, from which the text and the table in the documentation come.

mod list;
mod text;

pub(crate) use text::text_of;

use highwater_gateway::{Answers, GatewaySeen};
use highwater_host::HostStatistics;
use list::METRICS;
use std::fmt::Write;

/// The upper bounds of the classes of syncs, in nanoseconds.
pub(crate) const SYNC_BOUNDS_NS: [u64; 18] = [
    20_000,
    50_000,
    100_000,
    150_000,
    200_000,
    300_000,
    500_000,
    750_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    10_000_000_000,
];

/// Everything that metrics are made of, read at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) version: String,
    pub(crate) statistics: HostStatistics,
    pub(crate) sync_classes: [u64; SYNC_BOUNDS_NS.len()],
    /// How long the oldest command that is not durable has waited, at most.
    pub(crate) durable_lag_ns: u64,
    /// Whether the engine runs.
    pub(crate) is_running: bool,
    /// Nothing where there is no gateway.
    pub(crate) gateway: Option<GatewaySeen>,
}

/// The value of a metric.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Counter(u64),
    /// Nanoseconds that are counted in seconds.
    SecondsCounter(u64),
    Gauge(u64),
    SecondsGauge(u64),
    /// A counter for each value of a label.
    Counters(&'static str, Vec<(String, u64)>),
    /// A gauge for each value of a label.
    Gauges(&'static str, Vec<(String, u64)>),
    /// Always 1, with a label.
    Info(&'static str, String),
    /// Times by their class: their sum, how many there are, and how many are in each class.
    Times {
        total_ns: u64,
        count: u64,
        bounds_ns: &'static [u64],
        classes: Vec<u64>,
    },
}

/// A metric.
struct Metric {
    /// Its name, without the unit and without `_total`.
    name: &'static str,
    unit: Option<&'static str>,
    help: &'static str,
    /// Its value; `None` where there is nothing that it could be of.
    value: fn(&Reading) -> Option<Value>,
}

impl Value {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Counter(_) | Self::SecondsCounter(_) | Self::Counters(..) => "counter",
            Self::Gauge(_) | Self::SecondsGauge(_) | Self::Gauges(..) | Self::Info(..) => "gauge",
            Self::Times { .. } => "histogram",
        }
    }

    const fn label(&self) -> Option<&'static str> {
        match self {
            Self::Counters(label, _) | Self::Gauges(label, _) | Self::Info(label, _) => Some(label),
            Self::Counter(_)
            | Self::SecondsCounter(_)
            | Self::Gauge(_)
            | Self::SecondsGauge(_)
            | Self::Times { .. } => None,
        }
    }
}

/// The table of all metrics in Markdown: name, kind, label and meaning, a line each.
pub fn metrics_table() -> String {
    let gateway = GatewaySeen::default();
    let reading = Reading { gateway: Some(gateway), ..Reading::default() };
    let mut table = "| metric | kind | label | meaning |\n|---|---|---|---|\n".to_owned();
    for Metric { name, unit, help, value } in METRICS {
        let Some(value) = value(&reading) else { continue };
        let unit = unit.map(|unit| format!("_{unit}")).unwrap_or_default();
        let end = match (value.kind(), &value) {
            (_, Value::Info(..)) => "_info",
            ("counter", _) => "_total",
            _ => "",
        };
        let label = value.label().map(|label| format!("`{label}`")).unwrap_or_default();
        let kind = value.kind();
        let line = format!("| `highwater_{name}{unit}{end}` | {kind} | {label} | {help} |");
        writeln!(table, "{line}").expect("a string grows");
    }
    table
}

/// The answers' classes as a value.
fn times_of(answers: &Answers) -> Value {
    Value::Times {
        total_ns: answers.total_ns,
        count: answers.classes.iter().sum(),
        bounds_ns: &highwater_gateway::ANSWER_BOUNDS_NS,
        classes: answers.classes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;

    /// What begins like a metric in a text, without what a histogram adds.
    fn names_in(text: &str) -> BTreeSet<String> {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = text.split(|c: char| !is_of_name(c)).filter(|it| it.starts_with("highwater_"));
        let ends = ["_bucket", "_sum", "_count"];
        let plain = |word: &str| {
            let end = ends.iter().find(|end| word.ends_with(*end)).copied().unwrap_or_default();
            word[..word.len() - end.len()].to_owned()
        };
        words.map(plain).collect()
    }

    #[test]
    fn the_table_names_what_the_text_has() {
        let gateway = Some(GatewaySeen::default());
        let text = text_of(Reading { gateway, ..Reading::default() }).unwrap();
        let types = text.lines().filter(|line| line.starts_with("# TYPE")).collect::<String>();
        assert_eq!(names_in(&metrics_table()), names_in(&types));
        assert!(names_in(&types).len() > 30);
    }

    #[test]
    fn a_histogram_counts_what_is_above_its_last_bound() {
        let mut statistics = HostStatistics::default();
        statistics.log.sync_count = 3;
        let mut reading = Reading { statistics, ..Reading::default() };
        reading.sync_classes[0] = 2;
        let text = text_of(reading).unwrap();
        let has = |line: &str| assert!(text.contains(line), "{line}: {text}");
        has("highwater_log_sync_duration_seconds_bucket{le=\"2e-05\"} 2\n");
        has("highwater_log_sync_duration_seconds_bucket{le=\"10\"} 2\n");
        has("highwater_log_sync_duration_seconds_bucket{le=\"+Inf\"} 3\n");
    }

    /// With `HIGHWATER_WRITE_DOCS` set it writes the table instead.
    #[test]
    fn the_page_about_it_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/monitor.md");
        let text = fs::read_to_string(path).unwrap();
        let (before, _) = text.split_once("-->\n").unwrap();
        let wanted = format!("{before}-->\n\n{}", metrics_table());
        if std::env::var_os("HIGHWATER_WRITE_DOCS").is_some() {
            fs::write(path, &wanted).unwrap();
        }
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            wanted,
            "set HIGHWATER_WRITE_DOCS to write it"
        );
    }

    #[test]
    fn dashboard_and_alerts_name_metrics_that_there_are() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/monitoring");
        let known = names_in(&metrics_table());
        for file in ["grafana.json", "alerts.yml"] {
            let names = names_in(&fs::read_to_string(format!("{folder}/{file}")).unwrap());
            assert!(names.len() > 5 && names.is_subset(&known), "{file}: {names:?}");
        }
    }
}
