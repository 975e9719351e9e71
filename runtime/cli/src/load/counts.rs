//! What a load has counted, and its report.

use super::orders::Outcome;
use highwater_engine::figures::{Nanoseconds, grouped, per_second};
use highwater_platform::latency::{Latencies, Quantiles};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What has been counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    /// Requests that were made.
    pub(super) news: u64,
    pub(super) cancels: u64,
    pub(super) replaces: u64,
    /// Answers.
    pub(super) accepted: u64,
    pub(super) canceled: u64,
    pub(super) replaced: u64,
    pub(super) rejects: BTreeMap<u16, u64>,
    /// Requests that their order's end has overtaken.
    pub(super) overtaken: u64,
    /// Trades of own orders; one between two of them counts twice.
    pub(super) executions: u64,
    /// From the time when a request was due to its answer, and to the time when it was sent.
    pub(super) latency: Latencies,
    pub(super) lateness: Latencies,
    /// When the last answer came.
    pub(super) answered_ns: u64,
}

impl Counts {
    /// Requests that were made.
    pub(super) const fn orders(&self) -> u64 {
        self.news + self.cancels + self.replaces
    }

    /// Notes what a message was for a request; 1 when it was its answer.
    pub(super) fn answered(&mut self, outcome: Outcome, now_ns: u64) -> u64 {
        match outcome {
            Outcome::None => 0,
            Outcome::Overtaken => {
                self.overtaken += 1;
                0
            }
            Outcome::AnsweredLate => {
                self.overtaken = self.overtaken.saturating_sub(1);
                1
            }
            Outcome::Answered { due_ns } => {
                self.latency.record(now_ns.saturating_sub(due_ns));
                self.answered_ns = now_ns;
                1
            }
        }
    }

    /// The same of a reject.
    pub(super) fn rejected(&mut self, outcome: Outcome, reason: u16, now_ns: u64) {
        let count = self.answered(outcome, now_ns);
        if count > 0 {
            *self.rejects.entry(reason).or_default() += count;
        }
    }
}

/// What a load has found. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LoadReport {
    /// How many connections there were.
    pub(super) connections: usize,
    /// Requests a second that were due; none when the window alone limited them.
    pub(super) rate: Option<u64>,
    /// Requests of a connection that may be unanswered.
    pub(super) window: usize,
    /// From the first request to the last answer.
    pub(super) elapsed_ns: u64,
    /// Requests that were sent, and of which kind.
    pub(super) orders: u64,
    pub(super) news: u64,
    pub(super) cancels: u64,
    pub(super) replaces: u64,
    /// Requests that were answered, and how.
    pub(super) answers: u64,
    pub(super) accepted: u64,
    pub(super) canceled: u64,
    pub(super) replaced: u64,
    pub(super) rejects: u64,
    /// By the numbers of OUCH.
    pub(super) rejects_by_reason: BTreeMap<String, u64>,
    /// Cancels and replacements whose order had left: a venue does not answer them.
    pub(super) overtaken: u64,
    /// Requests without an answer at the end.
    pub(super) unanswered: u64,
    /// Requests that were due and not sent by the end, most of them because of the window.
    pub(super) unsent: u64,
    /// Messages that an order has traded.
    pub(super) executions: u64,
    /// Orders that are left open.
    pub(super) open_orders: usize,
    /// Answers a second.
    pub(super) answers_per_second: u64,
    /// From the time when a request was due to its answer.
    pub(super) latency: Option<Quantiles>,
    /// From the time when a request was due to the time when it was sent; none in a closed loop,
    /// where it is due when it is sent.
    pub(super) lateness: Option<Quantiles>,
    /// Whether a signal ended it early.
    pub(super) is_stopped: bool,
}

/// What the counts do not know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    pub(super) connections: usize,
    pub(super) rate: Option<u64>,
    pub(super) window: usize,
    pub(super) start_ns: u64,
    pub(super) unanswered: u64,
    pub(super) unsent: u64,
    pub(super) open_orders: usize,
    pub(super) is_stopped: bool,
}

impl LoadReport {
    /// The report.
    pub(super) fn new(counts: &Counts, of: Circumstances) -> Self {
        let elapsed_ns = counts.answered_ns.saturating_sub(of.start_ns);
        let rejects = counts.rejects.values().sum();
        let answers = counts.accepted + counts.canceled + counts.replaced + rejects;
        let by_reason = counts.rejects.iter();
        Self {
            connections: of.connections,
            rate: of.rate,
            window: of.window,
            elapsed_ns,
            orders: counts.orders(),
            news: counts.news,
            cancels: counts.cancels,
            replaces: counts.replaces,
            answers,
            accepted: counts.accepted,
            canceled: counts.canceled,
            replaced: counts.replaced,
            rejects,
            rejects_by_reason: by_reason
                .map(|(reason, count)| (format!("0x{reason:04X}"), *count))
                .collect(),
            overtaken: counts.overtaken,
            unanswered: of.unanswered,
            unsent: of.unsent,
            executions: counts.executions,
            open_orders: of.open_orders,
            answers_per_second: per_second(answers, elapsed_ns),
            latency: counts.latency.quantiles(),
            lateness: of.rate.and_then(|_| counts.lateness.quantiles()),
            is_stopped: of.is_stopped,
        }
    }

    /// The report as text.
    pub(super) fn text(&self) -> String {
        let Self { connections, window, .. } = self;
        let offered = self.rate.map_or_else(
            || {
                "as fast as the window lets (a closed loop: no queue shows in its latency)"
                    .to_owned()
            },
            |rate| format!("{} orders/s offered", grouped(rate)),
        );
        let reasons: Vec<String> =
            self.rejects_by_reason.iter().map(|(why, count)| format!("{count} {why}")).collect();
        let reasons =
            if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        let of = |count: u64, word: &str| format!("{} {word}", grouped(count));
        let rows = [
            ("load", format!("{connections} connections, window {window}, {offered}")),
            (
                "orders",
                format!(
                    "{} ({}, {}, {})",
                    grouped(self.orders),
                    of(self.news, "new"),
                    of(self.cancels, "cancel"),
                    of(self.replaces, "replace"),
                ),
            ),
            (
                "answers",
                format!(
                    "{} ({}, {}, {})",
                    grouped(self.answers),
                    of(self.accepted, "accepted"),
                    of(self.canceled, "canceled"),
                    of(self.replaced, "replaced"),
                ),
            ),
            ("rejects", format!("{}{reasons}", grouped(self.rejects))),
            (
                "overtaken",
                format!(
                    "{} (their order had left; a venue is silent about that)",
                    grouped(self.overtaken)
                ),
            ),
            ("unanswered", grouped(self.unanswered)),
            ("unsent", format!("{} (due, and held back until the end)", grouped(self.unsent))),
            ("executions", grouped(self.executions)),
            ("rate", format!("{} answers/s", grouped(self.answers_per_second))),
            ("latency", quantiles(self.latency)),
            ("sent late", quantiles(self.lateness)),
        ];
        let mut text = String::new();
        for (name, row) in rows {
            // Writing to a string cannot fail.
            let _written = writeln!(text, "{name:<12}{row}");
        }
        if self.is_stopped {
            text.push_str("stopped early by a signal\n");
        }
        text
    }
}

fn quantiles(latency: Option<Quantiles>) -> String {
    let Some(Quantiles { p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns, .. }) = latency else {
        return "none".to_owned();
    };
    let [p50, p90, p99, p99_9, max] = [p50_ns, p90_ns, p99_ns, p99_9_ns, max_ns].map(Nanoseconds);
    format!("p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p99_9}, max {max}")
}
