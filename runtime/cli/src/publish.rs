//! `highwater publish`: a log as an ITCH feed and OUCH answers, in files.

use crate::inspect::{CacheArgs, Inspected, open_log, say_notes, walk};
use clap::value_parser;
use highwater::snapshot_plan::Wanted;
use highwater::types::Sequence;
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console, note};
use highwater_engine::candidates::Candidates;
use highwater_engine::figures::grouped;
use highwater_engine::replay::{Replayed, replay_from};
use highwater_platform::signals::StopFlag;
use highwater_platform::{Platform, Sharing};
use highwater_publisher::files::{
    FilesError, Publication, Published, Publishing, Source, Targets, Trust, Until,
};
use highwater_storage::{Consumer, ConsumerKind, Consumers, LogDirectory};
use serde::Serialize;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

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
///
/// # Panics
/// Never.
pub fn publish<P: Platform>(
    platform: P,
    args: &PublishArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let paths = Paths::default().data("--data", &args.data).writes("--itch", Some(&args.itch));
    paths.writes("--ouch", args.ouch.as_deref()).check()?;
    let mut log = open_log(platform, &args.data, args.cache)?;
    let last = log.durable_end()?;
    let Some(id) = log.directory.log_id() else {
        return Err(CommandError::failed(format!(
            "the log in '{}' has no segment yet, so there is nothing to publish; run an engine first",
            args.data.display()
        )));
    };
    let _lock = locked(platform, &args.itch)?;
    let source = Source { id, first: log.first_sequence() };
    let job = Job { platform, args, source, until: Until { last, stop: stop.as_atomic() } };
    let mut report = job.run(&mut log, Trust::Checkpoints)?;
    if report.is_none() {
        note(
            "note: the log was cut and has gone on otherwise since it was published; everything is \
             published again",
        );
        report = job.run(&mut log, Trust::Nothing)?;
    }
    let report = report.expect("only a checkpoint can be of another history");
    if args.json { console.print_json(&report) } else { console.print(&report.text(args)) }
}

/// Keeps other processes from writing the same files.
fn locked<P: Platform>(platform: P, itch: &Path) -> Result<P::Lock, CommandError> {
    let mut name = itch.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let failed = |error| CommandError::failed(FilesError::Io(path.clone(), error));
    OpenOptions::new().append(true).create(true).open(&path).map_err(failed)?;
    let lock = platform.lock(&path, Sharing::Exclusive).map_err(failed)?;
    lock.ok_or_else(|| CommandError::failed(FilesError::Busy(itch.to_owned())))
}

/// A publication of a log.
struct Job<'a, P> {
    platform: P,
    args: &'a PublishArgs,
    source: Source,
    until: Until<'a>,
}

impl<P: Platform> Job<'_, P> {
    /// `None` when the log is not the one that was published.
    fn run(
        &self,
        log: &mut Inspected<P>,
        trust: Trust,
    ) -> Result<Option<PublishReport>, CommandError> {
        let targets = Targets {
            itch: self.args.itch.clone(),
            ouch: self.args.ouch.clone(),
            keep_days: self.args.keep_days.unwrap_or(u32::MAX),
            checkpoint_every: self.args.checkpoint_every,
            open_files_max: Targets::OPEN_FILES_DEFAULT,
        };
        let opened = Publication::open(&targets, self.source, trust);
        let mut publication = opened.map_err(CommandError::failed)?;
        let begun = publication.begun().sequence;
        self.register(publication.needed()).map_err(CommandError::failed)?;
        let Inspected { directory, buffer, .. } = log;
        // The last command that was published is looked at once more.
        let before = Sequence(begun.0.saturating_sub(1));
        let wanted = |directory: &LogDirectory<P>| Candidates::of(directory, Wanted::State(before));
        let mut is_first = true;
        let replayed = replay_from(self.platform, directory, wanted, |directory, book, start| {
            if !std::mem::take(&mut is_first) {
                // A replay that needed more memory has published a part.
                match Publication::open(&targets, self.source, trust) {
                    Ok(opened) => publication = opened,
                    Err(error) => return Ok(Err(error)),
                }
            }
            let register = |needed| self.register(needed);
            let mut publishing = Publishing::new(&mut publication, book, self.until, register);
            let walked = walk(directory, buffer, "published", start, &mut publishing).map(|_| ());
            publishing.finish(walked)
        });
        let Replayed { found, notes, .. } = replayed?;
        say_notes(&notes);
        match found.map_err(CommandError::failed)? {
            Published::OtherHistory => return Ok(None),
            Published::Whole => {}
        }
        let is_stopped = self.until.stop.load(std::sync::atomic::Ordering::Relaxed);
        let publisher = &publication.publisher;
        Ok(Some(PublishReport {
            data: self.args.data.display().to_string(),
            begun_sequence: begun.0,
            last_sequence: publisher.sequence().0,
            day: publisher.day(),
            feed_messages: publisher.feed.count(),
            open_orders: publisher.open_order_count(),
            is_stopped,
        }))
    }

    /// Notes what the log is kept for.
    fn register(&self, needed: Sequence) -> Result<(), FilesError> {
        let failed = |error| FilesError::Io(self.args.itch.clone(), error);
        let path = std::path::absolute(&self.args.itch).map_err(failed)?;
        let consumer = Consumer { kind: ConsumerKind::Itch, path, durable: needed };
        Ok(Consumers::of(self.platform, &self.args.data).note(&[consumer])?)
    }
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
