//! `highwater run`: the engine end to end, from a flow's lines to released events in files.

mod args;
mod conclusion;

pub use args::RunArgs;

use crate::bell::{Bells, Callers};
use crate::config::Config;
use crate::console::{CommandError, Console, note};
use crate::feed::{FLOW_SESSION, Feed, Source};
use crate::flow::FlowReader;
use crate::gateway::{Gateway, GatewayReport, Ledger, Pace, Progress};
use crate::idle::Idle;
use crate::intake::{Binding, Intake};
use crate::latency::Quantiles;
use crate::log_directory::{LogDirectory, LogTotals};
use crate::platform::Platform;
use crate::progress::watch;
use crate::signals::StopFlag;
use crate::snapshots::{FollowedLog, SnapshotLag, SnapshotThread, SnapshotTotals};
use crate::stages::{
    Neighbourhood, Sequenced, StageGuard, spawn_log_writer, spawn_sequencer, spawn_syncer,
};
use crate::start::{StartError, Started, start};
use crate::stream::{SEED_DEFAULT, Stream};
use crate::told::{Told, ToldPaths};
use args::STREAM_LIMIT_DEFAULT;
use conclusion::{Recovered, conclude};
use highwater::command::Action;
use highwater::stage::Fault;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Runs the engine until the flow ends, the limit is reached, or somebody wishes to stop.
///
/// # Errors
/// What failed, in a sentence; everything that was acknowledged is durable.
pub fn run<P: Platform>(platform: P, args: &RunArgs) -> Result<(), CommandError> {
    let acks_on_stdout = args.acks.as_deref() == Some("-");
    let console = if acks_on_stdout { Console::on_stderr() } else { Console::on_stdout() };
    if let Some((first, second)) = args.clash() {
        let sentence =
            format!("{first} and {second} name the same file: give each a file of its own");
        return Err(CommandError::Failed(sentence));
    }
    let config = args.configuration()?;
    let stop = StopFlag::on_signals(platform)
        .map_err(|error| system_error("watch for signals", &error))?;
    let reader =
        args.flow.as_deref().map(FlowReader::open).transpose().map_err(CommandError::failed)?;
    let mut intake = Intake::new(reader, stop.clone(), Told::new(paths_of(args)));
    if !config.sync.answers_are_durable() {
        note(&format!("sync {}: a power cut takes {}", config.sync.name(), config.sync.loss()));
    }
    let callers = Callers::default();
    let started = match start(platform, (&config, callers.clone()), &mut intake) {
        Ok(started) => started,
        Err(StartError::Unwanted) => return intake.refusal(&config.data),
        Err(error) => return Err(error.into()),
    };
    for warning in &started.warnings {
        note(&format!("note: {warning}"));
    }
    let recovered = Recovered::of(&started);
    note(&recovered.to_string());
    let binding = intake.binding(started.stages.sequencer.book())?;
    if matches!(binding, Binding::Stopped) {
        return Ok(());
    }
    let (reader, told) = intake.into_parts();
    let feed = feed_of(args, reader, &started, &binding);
    let finished = work(platform, (args, &config), Working { started, feed, told, stop, callers })?;
    conclude(platform, (args, &config), console, (&recovered, finished))
}

fn paths_of(args: &RunArgs) -> ToldPaths {
    ToldPaths { fills: args.fills.clone(), events: args.events.clone(), acks: args.acks.clone() }
}

/// The feed of this run, which goes on where the log stands.
fn feed_of<P: Platform>(
    args: &RunArgs,
    reader: Option<FlowReader>,
    started: &Started<P>,
    binding: &Binding,
) -> Feed {
    let book = started.stages.sequencer.book();
    let (source, limit) = if let Some(reader) = reader {
        (Source::Flow(Box::new(reader)), args.limit.unwrap_or(u64::MAX))
    } else {
        let stream = Stream::starting_at(SEED_DEFAULT, Feed::next_client_sequence(book));
        (Source::Stream(Box::new(stream)), args.limit.unwrap_or(STREAM_LIMIT_DEFAULT))
    };
    let mut feed = Feed::new(source, book, started.capacities.instruments, limit);
    if book.last_sequence().0 == 0 || book.capacities() != started.capacities {
        feed.operate(Action::Configure(started.capacities));
    }
    if let Binding::New(flow) = binding {
        feed.operate(Action::BindFlow(*flow));
    }
    feed
}

/// Everything that a run works with.
struct Working<P: Platform> {
    started: Started<P>,
    feed: Feed,
    told: Told,
    stop: StopFlag,
    /// Who is woken when the next segment can't be prepared.
    callers: Callers,
}

/// What is left when a run has ended.
struct Finished<P: Platform> {
    report: GatewayReport,
    last_state: Sequenced,
    directory: LogDirectory<P>,
    totals: LogTotals,
    sync_time: Option<Quantiles>,
    snapshot_totals: SnapshotTotals,
    reserved_bytes: usize,
}

/// Starts the threads, watches them, and waits for all of them.
fn work<P: Platform>(
    platform: P,
    (args, config): (&RunArgs, &Config),
    working: Working<P>,
) -> Result<Finished<P>, CommandError> {
    let Working { started, feed, told, stop, callers } = working;
    let shared = started.stages.shared;
    let counters = started.stages.log_writer.file().counters();
    let (bells, lag) = (Bells::default(), SnapshotLag::default());
    lag.follow(FollowedLog {
        counters: Arc::clone(&counters),
        behind_bytes: started.behind_snapshot_bytes(),
        plan: config.snapshots,
    });
    // It lives as long as the process, as the engine does.
    let neighbourhood: &'static Neighbourhood =
        Box::leak(Box::new(Neighbourhood { shared, bells, lag }));
    neighbourhood.bells.each().into_iter().for_each(|bell| callers.add(bell));
    let log_syncer = started.stages.log_writer.file().syncer();
    let reserved_bytes = started.reserved_bytes;
    let progress = Arc::new(Progress::default());
    let expected = feed.expected_count();
    let book = started.stages.sequencer.book();
    let recovered = (book.last_sequence(), book.last_client_sequence(FLOW_SESSION));
    let gateway = Gateway {
        platform,
        arrivals: started.stages.arrivals,
        releaser: started.stages.releaser,
        neighbourhood,
        feed,
        ledger: Ledger::new(told, recovered),
        pace: args.rate.map_or(Pace::Unlimited, Pace::PerSecond),
        lasts: args.seconds.map(Duration::from_secs),
        stop,
        progress: Arc::clone(&progress),
        idle: Idle::with_bell(platform, config.idle, &neighbourhood.bells.release),
    };
    let no_thread = |error: io::Error| {
        shared.halt.fault(Fault::StagePanicked);
        system_error("start a thread", &error)
    };
    let log_writer =
        spawn_log_writer(platform, config.idle, started.stages.log_writer, neighbourhood)
            .map_err(no_thread)?;
    let sequencer =
        spawn_sequencer(platform, config.idle, started.stages.sequencer, (), neighbourhood)
            .map_err(no_thread)?;
    let snapshots =
        SnapshotThread::start(platform, config.data.clone(), config.snapshots, neighbourhood)
            .map_err(no_thread)?;
    let mut files = log_syncer;
    let syncer = spawn_syncer(platform, started.stages.syncer, move || files.sync(), neighbourhood)
        .map_err(no_thread)?;
    let gateway = Builder::new()
        .name("hw-gateway".to_owned())
        .spawn(move || {
            let _guard = StageGuard(neighbourhood);
            gateway.work()
        })
        .map_err(no_thread)?;
    watch(platform, &progress, expected, || gateway.is_finished());
    // All are waited for before the first failure is told.
    let (report, last_state, directory) = (joined(gateway), joined(sequencer), joined(log_writer));
    joined(syncer)?;
    let requests = snapshots.requests();
    snapshots.join().map_err(|_| CommandError::failed(DEFECT))?;
    let snapshot_totals = requests.totals();
    Ok(Finished {
        report: report?,
        last_state: last_state?,
        directory: directory?,
        totals: counters.totals(),
        sync_time: counters.sync_quantiles(),
        snapshot_totals,
        reserved_bytes,
    })
}

/// What a thread gives back; a panic in it has stopped the engine and printed its reason.
fn joined<T>(thread: JoinHandle<T>) -> Result<T, CommandError> {
    thread.join().map_err(|_| CommandError::failed(DEFECT))
}

const DEFECT: &str = "a thread of the engine panicked, which is a defect: everything acknowledged is durable; \
                      keep the data directory, report it, and run again";

fn system_error(doing: &str, error: &dyn fmt::Display) -> CommandError {
    CommandError::failed(format!("could not {doing}: {error}"))
}
