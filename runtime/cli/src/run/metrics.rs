//! Metrics of a run: `--metrics ADDR`.

use super::RunArgs;
use highwater::book::Book;
use highwater::types::Sequence;
use highwater_console::{CommandError, note};
use highwater_engine::context::EngineContext;
use highwater_engine::snapshots::SnapshotRequests;
use highwater_engine::start::process_engine;
use highwater_flows::gateway::Progress;
use highwater_host::HostStatistics;
use highwater_monitor::{
    About, BookThere, EngineLook, Monitor, MonitorConfig, MonitorError, SYNC_CLASSES, Token,
    Watched, Workers,
};
use highwater_platform::Platform;
use highwater_storage::LogCounters;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The engine of a run.
pub(super) struct RunLook {
    pub(super) context: &'static EngineContext,
    pub(super) counters: Arc<LogCounters>,
    pub(super) snapshots: SnapshotRequests,
    pub(super) progress: Arc<Progress>,
}

impl EngineLook for RunLook {
    fn statistics(&self) -> HostStatistics {
        HostStatistics {
            appended: self.context.shared.appended.get(),
            durable: self.context.shared.durable.get(),
            released: Sequence(self.progress.released.load(Ordering::Relaxed)),
            log: self.counters.totals(),
            sync_time: self.counters.sync_quantiles(),
            snapshots: self.snapshots.totals(),
            rings: process_engine().occupancy(),
            ..HostStatistics::default()
        }
    }

    fn sync_classes(&self, bounds_ns: &[u64; SYNC_CLASSES]) -> [u64; SYNC_CLASSES] {
        self.counters.sync_classes(bounds_ns)
    }

    fn end(&self) -> Option<String> {
        None
    }

    fn book(&self) -> BookThere {
        BookThere::Never
    }

    fn show_book(&self, _look: &mut dyn FnMut(&Book<'_>)) {}
}

/// Refuses an address that cannot be served at, before an engine is started.
///
/// # Errors
/// Why it cannot be, in a sentence.
pub(super) fn check(args: &RunArgs) -> Result<(), CommandError> {
    let Some(address) = args.metrics else { return Ok(()) };
    let listener = TcpListener::bind(address);
    listener.map(drop).map_err(|error| CommandError::failed(MonitorError::Listen(address, error)))
}

/// Serves the metrics of a run, where they are asked for, as long as the result lives.
pub(super) fn serve<P: Platform>(
    platform: P,
    args: &RunArgs,
    look: RunLook,
) -> Result<Option<Monitor>, CommandError> {
    let Some(address) = args.metrics else { return Ok(None) };
    let token = Token::random().map_err(CommandError::failed)?;
    let config = MonitorConfig { address, token, is_network_trusted: false };
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_ms: platform.wall_clock_ns() / 1_000_000,
        ..About::default()
    };
    let watched = Watched { platform, engine: Box::new(look), gateway: None };
    let workers = Workers { book_at: None, operate: None };
    let monitor = Monitor::start(&config, watched, about, workers).map_err(CommandError::failed)?;
    note(&format!("metrics at http://{}/metrics", monitor.address()));
    Ok(Some(monitor))
}
