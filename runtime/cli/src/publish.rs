//! `highwater publish`: a log as an ITCH feed and OUCH answers, in files.

use crate::catch_up::CatchUp;
use crate::inspect::CacheArgs;
use clap::value_parser;
use highwater::types::Sequence;
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console};
use highwater_engine::figures::grouped;
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_publisher::files::{Targets, Until};
use serde::Serialize;
use std::path::PathBuf;

/// Publish a log as an ITCH 5.0 feed, and as OUCH 5.0 answers to each session.
///
/// Every byte follows from the log. The command goes on from its last checkpoint; where its files
/// are not as it left them, it makes them again. It registers the feed in the data directory, so
/// that the log it still needs is kept. While an engine runs, it publishes what is durable now.
/// docs/protocols.md says which message each event becomes, and how the files are laid out.
#[derive(Clone, Debug, clap::Args)]
pub struct PublishArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// ITCH file of the first day; FILE.2 is that of the second. FILE.positions and FILE.checkpoint
    /// are written, too
    #[arg(long, value_name = "FILE")]
    pub itch: PathBuf,
    /// Directory for the OUCH answers: a folder for each day, a file for each session [default:
    /// none are written]
    #[arg(long, value_name = "DIR")]
    pub ouch: Option<PathBuf>,
    /// Days to keep, the one that goes on included: the files of earlier days are removed [default:
    /// all]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub keep_days: Option<u32>,
    /// Commands between two checkpoints
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = value_parser!(u64).range(1..))]
    pub checkpoint_every: u64,
    /// How much of the log is kept in memory.
    #[command(flatten)]
    pub cache: CacheArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// What was published. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
struct PublishReport {
    /// The data directory.
    data: String,
    /// The sequence that was published before.
    begun_sequence: u64,
    /// The last sequence that is published now.
    last_sequence: u64,
    /// The trading day that it belongs to, from 1; 0 when there is none.
    day: u32,
    /// The feed's messages of that day.
    feed_messages: u64,
    /// Orders that are open.
    open_orders: usize,
    /// Whether a signal ended it early.
    is_stopped: bool,
}

/// Publishes as `args` say. When `stop` is raised it ends behind a whole command; what it has
/// published is durable.
///
/// # Errors
/// The log is corrupt, a protocol has no room for something that it holds, or the files belong to
/// another log or cannot be written.
pub fn publish<P: Platform>(
    platform: P,
    args: &PublishArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let paths = Paths::default().data("--data", &args.data).writes("--itch", Some(&args.itch));
    paths.writes("--ouch", args.ouch.as_deref()).check()?;
    let targets = Targets {
        itch: args.itch.clone(),
        ouch: args.ouch.clone(),
        keep_days: args.keep_days.unwrap_or(u32::MAX),
        checkpoint_every: args.checkpoint_every,
        open_files_max: Targets::OPEN_FILES_DEFAULT,
    };
    let until = Until { last: Sequence(u64::MAX), stop: stop.as_atomic() };
    let (data, cache) = (&args.data, args.cache);
    let caught_up = CatchUp { platform, data, targets: &targets, cache, until }.run()?;
    let publisher = &caught_up.publication.publisher;
    let report = PublishReport {
        data: args.data.display().to_string(),
        begun_sequence: caught_up.begun.0,
        last_sequence: publisher.sequence().0,
        day: publisher.day(),
        feed_messages: publisher.feed.count(),
        open_orders: publisher.open_order_count(),
        is_stopped: stop.is_raised(),
    };
    if args.json { console.print_json(&report) } else { console.print(&report.text(args)) }
}

impl PublishReport {
    fn text(&self, args: &PublishArgs) -> String {
        let Self { begun_sequence, last_sequence, day, feed_messages, open_orders, .. } = self;
        let [begun, last, messages] =
            [begun_sequence, last_sequence, feed_messages].map(|number| grouped(*number));
        let answers = args.ouch.as_ref().map(|it| format!("answers in {}\n", it.display()));
        let stopped = "stopped early; run the command again to go on\n";
        format!(
            "published from sequence {begun} to {last} into {}: day {day}, {messages} messages, \
             {open_orders} open orders\n{}{}",
            args.itch.display(),
            answers.unwrap_or_default(),
            if self.is_stopped { stopped } else { "" },
        )
    }
}
