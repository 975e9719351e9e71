//! `highwater run`: the engine end to end, from a flow's lines to released events in files.

mod args;
mod conclusion;
#[cfg(feature = "monitor")]
mod metrics;

pub use args::RunArgs;

use args::STREAM_LIMIT_DEFAULT;
use conclusion::{RecoverySummary, conclude};
use highwater::command::{Action, TimedCommand};
use highwater::ring::Producer;
use highwater_console::progress::watch;
use highwater_console::{CommandError, Console, note};
use highwater_engine::config::Config;
use highwater_engine::config::Keep;
use highwater_engine::context::EngineContext;
use highwater_engine::notices::NoticeSink;
use highwater_engine::runner::{Ended, Panicked, Ports, Runner};
use highwater_engine::snapshots::held_by;
use highwater_engine::start::{Launch, NotStarted, Started, process_engine, start};
use highwater_flows::feed::{Feed, Source};
use highwater_flows::flow::{FlowReader, LastLine};
use highwater_flows::flow_binding::{BindingState, FlowBinding};
use highwater_flows::gateway::{
    AnswerTracker, GatewayEnd, GatewayPort, GatewayReport, OfferRate, Progress,
};
use highwater_flows::outputs::{RegisteredOutputs, SharedOutputs};
use highwater_flows::resolved_path::STANDARD;
use highwater_flows::run_outputs::{OutputPaths, RunOutputs};
use highwater_flows::stream::{SEED_DEFAULT, Stream};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use highwater_storage::{Consumer, Consumers};
use std::fmt;
use std::sync::Arc;
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
    #[cfg(feature = "monitor")]
    metrics::check(args)?;
    let stop = StopFlag::on_signals(platform)
        .map_err(|error| system_error("watch for signals", &error))?;
    let reader = args.flow.as_deref().map(FlowReader::open).transpose();
    let reader = reader
        .map_err(CommandError::failed)?
        .map(|reader| reader.with_last_line(LastLine::of_flag(args.last_line_whole)));
    let mut flow_binding = FlowBinding::new(reader, stop.clone(), RunOutputs::new(paths_of(args)));
    if !config.sync.answers_are_durable() {
        note(&format!("sync {}: a power cut loses {}", config.sync.name(), config.sync.loss()));
    }
    let outputs: Vec<_> =
        [&args.fills, &args.events].into_iter().flatten().map(|it| &**it).collect();
    RegisteredOutputs::take_back(platform, &config.data, &outputs).map_err(CommandError::Failed)?;
    let notices = NoticeSink::new(|notice| note(&notice.to_string()));
    let engine = process_engine();
    let context = EngineContext::new(engine.shared());
    let launch = Launch { engine, context, config: &config, notices };
    let (mut started, input) = match start(platform, launch, &mut flow_binding) {
        Ok(started) => started,
        Err(NotStarted::Refused(refusal)) => {
            if let Some(sentence) = refusal.sentence(&config.data) {
                return Err(CommandError::Failed(sentence));
            }
            note("stopped before the log was recovered; run again to continue");
            return Ok(());
        }
        Err(NotStarted::Failed(error)) => return Err(error.into()),
    };
    for warning in &started.warnings {
        note(&format!("note: {warning}"));
    }
    let recovered = RecoverySummary::of(&started, flow_binding.recovered_seq(started.book()));
    note(&recovered.to_string());
    let binding = flow_binding.binding(started.book()).map_err(CommandError::Failed)?;
    if matches!(binding, BindingState::Stopped) {
        return Ok(());
    }
    let (reader, run_outputs) = flow_binding.into_parts();
    let outputs = registered(platform, &config, &started, &run_outputs)?;
    started.lease = None;
    let feed = feed_of(args, reader, &started, &binding);
    let outputs = SharedOutputs::new(outputs);
    let plugged = Plugged { input, feed, run_outputs, outputs, stop };
    let settings = RunSettings { args, config: &config };
    let finished = work(started, settings, plugged)?;
    conclude(platform, settings, console, &recovered, finished)
}

fn paths_of(args: &RunArgs) -> OutputPaths {
    OutputPaths {
        fills: args.fills.clone(),
        events: args.events.clone(),
        acks: args.acks.clone(),
        times: args.times,
        prices: args.prices.form(),
    }
}

/// The outputs of this run, registered as consumers of the log; other consumers that hold the log
/// back are named.
fn registered<P: Platform>(
    platform: P,
    config: &Config,
    started: &Started<P>,
    run_outputs: &RunOutputs,
) -> Result<RegisteredOutputs<P>, CommandError> {
    let files =
        run_outputs.durable_files().map_err(|error| system_error("read an output", &error))?;
    let last = started.book().last_sequence();
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
    binding: &BindingState,
) -> Feed {
    let book = started.book();
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
    if let BindingState::New(flow) = binding {
        feed.operate(Action::BindFlow(*flow));
    }
    feed
}

/// How a run is wanted: what its command says, and the engine's configuration made of that.
#[derive(Clone, Copy)]
struct RunSettings<'a> {
    args: &'a RunArgs,
    config: &'a Config,
}

/// What a run plugs into its engine.
struct Plugged<P: Platform> {
    input: Producer<'static, TimedCommand>,
    feed: Feed,
    run_outputs: RunOutputs,
    outputs: SharedOutputs<P>,
    stop: StopFlag,
}

/// What is left when a run has ended.
struct Finished<P: Platform> {
    engine: Ended<P, GatewayReport>,
    reserved_bytes: usize,
}

/// Runs the engine until its gateway has ended.
fn work<P: Platform>(
    started: Started<P>,
    settings: RunSettings<'_>,
    plugged: Plugged<P>,
) -> Result<Finished<P>, CommandError> {
    let RunSettings { args, config } = settings;
    let Plugged { input, feed, run_outputs, outputs, stop } = plugged;
    let (platform, context) = (started.platform, started.context);
    #[cfg(feature = "monitor")]
    let counters = started.directory().counters();
    let reserved_bytes = started.reserved_bytes;
    let progress = Arc::new(Progress::default());
    let expected = feed.expected_count();
    let book = started.book();
    let recovered = (book.last_sequence(), feed.recovered_seq());
    let events = GatewayPort {
        input,
        feed,
        answers: AnswerTracker::new(run_outputs, recovered),
        output_sync: outputs.lock().answered_by(|| context.wakeups.release.wake()),
        offer_rate: args.rate.map_or(OfferRate::Unlimited, OfferRate::PerSecond),
        lasts: args.seconds.map(Duration::from_secs),
        stop,
        progress: Arc::clone(&progress),
    };
    let ports = Ports { commands: (), events, outputs: outputs.clone() };
    let runner = Runner::start(started, config, ports)
        .map_err(|error| system_error("start a thread", &error))?;
    #[cfg(feature = "monitor")]
    let _monitor = {
        let (snapshots, progress) = (runner.snapshots(), Arc::clone(&progress));
        metrics::serve(platform, args, metrics::RunLook { context, counters, snapshots, progress })?
    };
    watch(platform, &progress.released_count, expected, || runner.is_finished());
    let engine = runner.join().map_err(|Panicked| CommandError::failed(DEFECT))?;
    settle(&engine.output, &outputs)?;
    Ok(Finished { engine, reserved_bytes })
}

/// Makes the outputs durable, if they are whole.
fn settle<P: Platform>(
    report: &GatewayReport,
    outputs: &SharedOutputs<P>,
) -> Result<(), CommandError> {
    match report.end {
        GatewayEnd::Fed(_) | GatewayEnd::Stopped | GatewayEnd::SnapshotsBehind(_) => {
            outputs.lock().sync_up_to(report.released).map_err(CommandError::Failed)
        }
        GatewayEnd::Output(_) | GatewayEnd::Fault(_) => Ok(()),
    }
}

const DEFECT: &str = "a thread of the engine panicked, which is a defect: everything acknowledged is durable; \
                      keep the data directory, report it, and run again";

fn system_error(doing: &str, error: &dyn fmt::Display) -> CommandError {
    CommandError::failed(format!("could not {doing}: {error}"))
}
