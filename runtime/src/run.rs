//! `highwater run`: the engine end to end, from a flow's lines to released events in files.

mod args;
mod conclusion;

pub use args::RunArgs;

use crate::bell::{Bells, Callers};
use crate::config::Config;
use crate::console::{CommandError, Console, note};
use crate::feed::{FLOW_SESSION, Feed, Source};
use crate::flow::{FlowReader, LastLine};
use crate::gateway::{Gateway, GatewayEnd, GatewayReport, Ledger, Pace, Progress};
use crate::idle::Idle;
use crate::intake::{Binding, Intake};
use crate::latency::Quantiles;
use crate::log_directory::{Consumer, Consumers, LogDirectory, LogTotals};
use crate::outputs::RegisteredOutputs;
use crate::paths::STANDARD;
use crate::platform::Platform;
use crate::progress::watch;
use crate::signals::StopFlag;
use crate::snapshots::{FollowedLog, Keep, SnapshotLag, SnapshotThread, SnapshotTotals, held_by};
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
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Runs the engine until the flow ends, the limit is reached, or somebody wishes to stop.
///
/// # Errors
/// What failed, in a sentence; everything that was acknowledged is durable.
pub fn run<P: Platform>(platform: P, args: &RunArgs) -> Result<(), CommandError> {
    let acks_on_stdout = args.acks.as_deref().is_some_and(|acks| acks == STANDARD);
    let console = if acks_on_stdout { Console::on_stderr() } else { Console::on_stdout() };
    let config = args.configuration()?;
    args.check_paths(&config.data)?;
    let stop = StopFlag::on_signals(platform)
        .map_err(|error| system_error("watch for signals", &error))?;
    let reader = args.flow.as_deref().map(FlowReader::open).transpose();
    let reader = reader
        .map_err(CommandError::failed)?
        .map(|reader| reader.with_last_line(LastLine::of_flag(args.last_line_whole)));
    let mut intake = Intake::new(reader, stop.clone(), Told::new(paths_of(args)));
    if !config.sync.answers_are_durable() {
        note(&format!("sync {}: a power cut takes {}", config.sync.name(), config.sync.loss()));
    }
    let outputs: Vec<_> =
        [&args.fills, &args.events].into_iter().flatten().map(|it| &**it).collect();
    RegisteredOutputs::take_back(platform, &config.data, &outputs).map_err(CommandError::Failed)?;
    let callers = Callers::default();
    let mut started = match start(platform, (&config, callers.clone()), &mut intake) {
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
    let outputs = registered(platform, &config, &started, &told)?;
    started.lease = None;
    let feed = feed_of(args, reader, &started, &binding);
    let outputs = Arc::new(Mutex::new(outputs));
    let working = Working { started, feed, told, outputs, stop, callers };
    let finished = work(platform, (args, &config), working)?;
    conclude(platform, (args, &config), console, (&recovered, finished))
}

fn paths_of(args: &RunArgs) -> ToldPaths {
    ToldPaths { fills: args.fills.clone(), events: args.events.clone(), acks: args.acks.clone() }
}

/// The outputs of this run, registered as consumers of the log; other consumers that hold the log
/// back are named.
fn registered<P: Platform>(
    platform: P,
    config: &Config,
    started: &Started<P>,
    told: &Told,
) -> Result<RegisteredOutputs<P>, CommandError> {
    let files = told.durable_files().map_err(|error| system_error("read an output", &error))?;
    let last = started.stages.sequencer.book().last_sequence();
    let consumers = match Consumers::of(platform, &config.data).list() {
        Ok(consumers) => consumers,
        // Nothing is retired as long as nobody knows who needs it.
        Err(error) => {
            note(&format!("warning: {error}"));
            return Ok(RegisteredOutputs::none(platform, &config.data));
        }
    };
    let is_ours = |other: &Consumer| files.iter().any(|file| other.is(file.kind, &file.path));
    if config.snapshots.keep == Keep::Snapshot {
        let holding = |other: &&Consumer| other.kind.needs_all() || other.durable < last;
        for other in consumers.iter().filter(holding).filter(|it| !is_ours(it)) {
            note(&format!("note: {}", held_by(other)));
        }
    }
    RegisteredOutputs::begin(platform, &config.data, files, last).map_err(CommandError::Failed)
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
    outputs: Arc<Mutex<RegisteredOutputs<P>>>,
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
    let Working { started, feed, told, outputs, stop, callers } = working;
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
        input: started.stages.input,
        releaser: started.stages.releaser,
        neighbourhood,
        feed,
        ledger: Ledger::new(told, recovered),
        output_sync: locked(&outputs).answered_by(|| neighbourhood.bells.release.ring()),
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
    let around = (neighbourhood, Arc::clone(&outputs));
    let snapshots = SnapshotThread::start(platform, config.data.clone(), config.snapshots, around)
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
        report: settled(report?, &outputs)?,
        last_state: last_state?,
        directory: directory?,
        totals: counters.totals(),
        sync_time: counters.sync_quantiles(),
        snapshot_totals,
        reserved_bytes,
    })
}

/// The report of a run whose outputs are durable, if they are whole.
fn settled<P: Platform>(
    report: GatewayReport,
    outputs: &Mutex<RegisteredOutputs<P>>,
) -> Result<GatewayReport, CommandError> {
    match report.end {
        GatewayEnd::Fed(_) | GatewayEnd::Stopped | GatewayEnd::SnapshotsBehind(_) => {
            locked(outputs).sync_up_to(report.released).map_err(CommandError::Failed)?;
        }
        GatewayEnd::Output(_) | GatewayEnd::Fault(_) => {}
    }
    Ok(report)
}

/// The outputs; a thread that panicked with them has stopped the engine.
fn locked<P: Platform>(
    outputs: &Mutex<RegisteredOutputs<P>>,
) -> MutexGuard<'_, RegisteredOutputs<P>> {
    outputs.lock().unwrap_or_else(PoisonError::into_inner)
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
