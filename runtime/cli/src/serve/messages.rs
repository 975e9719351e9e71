//! What a venue writes to standard error while it serves: who comes and goes, and what an operator
//! should know.
//!
//! It is written by the thread that keeps the schedule, never by one that works on orders.

use super::schedule::Step;
use crate::admin::request::Request;
use clap::ValueEnum;
use highwater_engine::notices::Notice;
use highwater_gateway::{GatewayNotice, GatewayNotices, Peer};
use std::path::Path;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, dispatcher, error, info, warn};
use tracing_subscriber::fmt::MakeWriter;

/// Messages of one kind in a second, at most; the rest is counted in one more.
const A_SECOND: u64 = 20;

const SECOND_NS: u64 = 1_000_000_000;

/// What is written to standard error.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct MessageArgs {
    /// Messages of this level and of graver ones are written to standard error; of one kind at
    /// most 20 a second, and then how many more there were
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
    /// How they are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// `--log-level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing is written
    Off,
    /// What ends the venue
    Error,
    /// What somebody should look at: refused logins, snapshots that cannot be made
    Warn,
    /// Who logs in and leaves, steps of the schedule, calls of operators
    Info,
}

/// `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// A line of text each: time (UTC), level, message, fields
    Text,
    /// An object a line
    Json,
}

/// The kinds of messages about clients, each with a limit of its own.
const KINDS: usize = 5;

/// Writes messages.
pub(super) struct Messages {
    dispatch: Dispatch,
    limits: [Limit; KINDS],
}

impl Messages {
    pub(super) fn begin(args: MessageArgs) -> Self {
        Self::written_to(args, std::io::stderr)
    }

    fn written_to<W>(args: MessageArgs, writer: W) -> Self
    where
        W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    {
        Self { dispatch: dispatch(args, writer), limits: [Limit::default(); KINDS] }
    }

    fn say(&self, message: impl FnOnce()) {
        dispatcher::with_default(&self.dispatch, message);
    }

    pub(super) fn serves(&self, data: &Path) {
        self.say(|| info!(data = %data.display(), "serving"));
    }

    pub(super) fn stops(&self) {
        self.say(|| info!("stopping"));
    }

    pub(super) fn step(&self, step: &Step) {
        self.say(|| info!(step = ?step.what, "a step of the schedule"));
    }

    pub(super) fn asked(&self, request: &Request) {
        self.say(|| info!(?request, "an operator's call"));
    }

    pub(super) fn notice(&self, notice: &Notice) {
        let text = notice.to_string();
        let (_, sentence) = text.split_once(": ").unwrap_or(("", &text));
        self.say(|| match notice {
            Notice::SnapshotUnused(_) | Notice::SegmentsUntreated(_) => info!("{sentence}"),
            Notice::NoSnapshot(_)
            | Notice::OutputsUnsettled(_)
            | Notice::BookNotFollowed(_)
            | Notice::SnapshotsBehind { .. } => warn!("{sentence}"),
        });
    }

    pub(super) fn clients(&mut self, taken: &GatewayNotices, now_ns: u64) {
        let each = self.limits.each_mut().map(|limit| limit.withheld(now_ns));
        for (name, withheld) in NAMES.iter().zip(each) {
            if let Some(count) = withheld {
                self.say(|| warn!(count, "more messages like this: {name}"));
            }
        }
        for notice in &taken.notices {
            if self.limits[kind_of(notice)].lets_through() {
                self.say(|| write(notice));
            }
        }
        if taken.lost > 0 {
            let count = taken.lost;
            self.say(|| error!(count, "messages about clients are lost: too many came at once"));
        }
    }
}

/// The names of the kinds.
const NAMES: [&str; KINDS] =
    ["logged in", "login refused", "connection closed", "turned away", "open orders canceled"];

const fn kind_of(notice: &GatewayNotice) -> usize {
    match notice {
        GatewayNotice::LoggedIn { .. } => 0,
        GatewayNotice::LoginRefused { .. } => 1,
        GatewayNotice::Closed { .. } => 2,
        GatewayNotice::TurnedAway { .. } => 3,
        GatewayNotice::OrdersCanceled { .. } => 4,
    }
}

fn write(notice: &GatewayNotice) {
    let name = NAMES[kind_of(notice)];
    match notice {
        GatewayNotice::LoggedIn { user, peer: Peer { service, address }, next } => {
            info!(%user, service, %address, next, "{name}");
        }
        GatewayNotice::LoginRefused { user, peer: Peer { service, address }, why } => {
            let user = user.map(tracing::field::display);
            warn!(user, service, %address, why, "{name}");
        }
        GatewayNotice::Closed { user, peer: Peer { service, address }, reason } => {
            let (user, reason) = (user.map(tracing::field::display), reason.as_deref());
            info!(user, service, %address, reason, "{name}");
        }
        GatewayNotice::TurnedAway { peer: Peer { service, address } } => {
            warn!(service, %address, "{name}: blocked, or too many connections");
        }
        GatewayNotice::OrdersCanceled { user } => {
            warn!(%user, "{name}: the user did not come back in time");
        }
    }
}

/// What writes messages as `args` say.
fn dispatch<W>(args: MessageArgs, writer: W) -> Dispatch
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let level = match args.log_level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        // Who reads nothing any more is no reason to end.
        .log_internal_errors(false)
        .with_writer(writer);
    match args.log_format {
        LogFormat::Text => lines.with_ansi(false).into(),
        LogFormat::Json => lines.json().flatten_event(true).into(),
    }
}

/// How many messages of a kind there were in this second.
#[derive(Clone, Copy, Debug, Default)]
struct Limit {
    since_ns: u64,
    count: u64,
}

impl Limit {
    /// Whether one more is written.
    const fn lets_through(&mut self) -> bool {
        self.count += 1;
        self.count <= A_SECOND
    }

    /// How many were not written in the second before, when that is over.
    const fn withheld(&mut self, now_ns: u64) -> Option<u64> {
        if now_ns.saturating_sub(self.since_ns) < SECOND_NS {
            return None;
        }
        let count = self.count.saturating_sub(A_SECOND);
        *self = Self { since_ns: now_ns, count: 0 };
        if count > 0 { Some(count) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_protocols::Alpha;
    use std::io::Write;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::{Arc, Mutex};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What a venue writes of these notices, and of as many again two seconds later.
    fn written(args: MessageArgs, notices: &[GatewayNotice]) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let mut messages = Messages::written_to(args, move || writer.clone());
        let taken = GatewayNotices { notices: notices.to_vec(), lost: 0 };
        messages.clients(&taken, SECOND_NS);
        messages.clients(&taken, 3 * SECOND_NS);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn args(log_level: LogLevel, log_format: LogFormat) -> MessageArgs {
        MessageArgs { log_level, log_format }
    }

    fn refused() -> GatewayNotice {
        let peer = Peer { service: "orders", address: IpAddr::V4(Ipv4Addr::LOCALHOST) };
        let user = Alpha::new(b"A\"\nB");
        GatewayNotice::LoginRefused { user, peer, why: "the password is wrong" }
    }

    #[test]
    fn a_flood_is_some_lines_and_a_count() {
        let text = written(args(LogLevel::Warn, LogFormat::Text), &vec![refused(); 1_000]);
        let refusals = text.lines().filter(|line| line.contains("the password is wrong")).count();
        assert_eq!(refusals, 40, "{text}");
        assert!(text.contains("more messages like this: login refused count=980"), "{text}");
        assert_eq!(text.lines().count(), 41, "{text}");
    }

    #[test]
    fn a_name_cannot_make_a_line_of_its_own() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = written(args(LogLevel::Info, format), &[refused()]);
            assert_eq!(text.lines().count(), 2, "{text}");
        }
    }

    #[test]
    fn lines_of_json_have_the_fields_and_levels_are_kept() {
        let text = written(args(LogLevel::Info, LogFormat::Json), &[refused()]);
        let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!((&line["level"], &line["service"]), (&"WARN".into(), &"orders".into()));
        assert_eq!(line["message"], "login refused");
        assert_eq!(line["address"], "127.0.0.1");
        for level in [LogLevel::Off, LogLevel::Error] {
            assert_eq!(written(args(level, LogFormat::Text), &[refused()]), "");
        }
    }
}
