//! `highwater snapshot`: makes a snapshot of a log from outside, also beside a running engine.

use crate::choices::KeepArg;
use highwater_console::{CommandError, Console, note};
use highwater_engine::config::SNAPSHOT_SHARE_DEFAULT;
use highwater_engine::error::StartError;
use highwater_engine::figures::{Nanoseconds, grouped};
use highwater_engine::snapshots::{Audience, FollowedBook, Made, SnapshotMaker, SnapshotTrouble};
use highwater_platform::Platform;
use highwater_platform::signals::StopFlag;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

/// Make a snapshot of what is durable, so that the next start does not read the log before it.
///
/// An engine may run meanwhile; it is not delayed. The command replays the log from the newest
/// snapshot into a second book and compares every running hash. The new snapshot is synced and read
/// back before it gets its name. The two newest snapshots stay.
#[derive(Clone, Debug, clap::Args)]
pub struct SnapshotArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data")]
    pub data: PathBuf,
    /// What happens to the segments below the snapshot. all: they are compressed and kept.
    /// snapshot: segments that neither of the two newest snapshots needs are removed, unless an
    /// output still needs them (see 'highwater consumers'); their history is gone
    #[arg(long, value_enum, default_value_t = KeepArg::All)]
    pub keep: KeepArg,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// What was made. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
struct SnapshotReport {
    /// The file; nothing when nothing has come since the newest.
    snapshot: Option<String>,
    /// The last sequence of the newest snapshot.
    sequence: u64,
    /// Open orders in it.
    open_orders: u32,
    /// How long it took to write and prove, in nanoseconds.
    took_ns: u64,
    /// Segments that were packed.
    packed_segments: u64,
    /// Bytes that they had.
    plain_bytes: u64,
    /// Bytes that they have now.
    packed_bytes: u64,
    /// Segments that were removed.
    retired_segments: u64,
    /// Bytes that they had.
    retired_bytes: u64,
    /// Why not more was removed, in words; nothing when nobody needs it.
    held: Option<String>,
}

/// Makes a snapshot and prints what was made.
///
/// # Errors
/// Why none was made, or what could not be done to the log below it.
pub fn snapshot<P: Platform>(
    platform: P,
    args: &SnapshotArgs,
    console: Console,
    stop: &StopFlag,
) -> Result<(), CommandError> {
    let go_on = || !stop.is_raised();
    let refused = |trouble: SnapshotTrouble| match trouble {
        SnapshotTrouble::Log(fault) => StartError::recovery(platform, &args.data, fault).into(),
        SnapshotTrouble::Unsound(_) | SnapshotTrouble::Busy | SnapshotTrouble::Passing(_) => {
            CommandError::failed(trouble)
        }
    };
    let book = FollowedBook::new(Audience::Nobody);
    let mut maker =
        SnapshotMaker::open(platform, &args.data, SNAPSHOT_SHARE_DEFAULT, book).map_err(refused)?;
    for line in maker.notes() {
        note(&format!("note: {line}"));
    }
    let until = maker.durable_end(&go_on).map_err(refused)?;
    maker.follow(until, &go_on).map_err(refused)?;
    if stop.is_raised() {
        note("stopped before the snapshot was made; nothing was changed");
        return Ok(());
    }
    let made = maker.make(args.keep.into(), &go_on).map_err(refused)?;
    let trouble = made.as_ref().and_then(|made| made.trouble.clone());
    let report = SnapshotReport::of(made, maker.newest().0, maker.order_count());
    let verdict = trouble.map_or(Ok(()), |trouble| Err(CommandError::Failed(trouble)));
    if args.json {
        console.report_json(&report, verdict)
    } else {
        console.report(&report.to_string(), verdict)
    }
}

impl SnapshotReport {
    fn of(made: Option<Made>, newest: u64, open_orders: u32) -> Self {
        let kept = made.as_ref().map(|made| made.kept).unwrap_or_default();
        let held = made.as_ref().and_then(|made| made.held.clone());
        Self {
            snapshot: made.as_ref().map(|made| made.path.display().to_string()),
            sequence: newest,
            open_orders,
            took_ns: made.map_or(0, |made| made.took_ns),
            packed_segments: kept.packed_count,
            plain_bytes: kept.plain_bytes,
            packed_bytes: kept.packed_bytes,
            retired_segments: kept.retired_count,
            retired_bytes: kept.retired_bytes,
            held,
        }
    }
}

impl fmt::Display for SnapshotReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(path) = &self.snapshot else {
            return writeln!(
                f,
                "nothing has become durable since the snapshot at sequence {}",
                grouped(self.sequence)
            );
        };
        writeln!(f, "snapshot            {path}")?;
        writeln!(
            f,
            "state               sequence {}, {} open orders, written and proven in {}",
            grouped(self.sequence),
            grouped(u64::from(self.open_orders)),
            Nanoseconds(self.took_ns)
        )?;
        writeln!(
            f,
            "packed              {} segments, {} bytes to {}",
            self.packed_segments,
            grouped(self.plain_bytes),
            grouped(self.packed_bytes)
        )?;
        writeln!(
            f,
            "retired             {} segments, {} bytes",
            self.retired_segments,
            grouped(self.retired_bytes)
        )?;
        self.held.iter().try_for_each(|why| writeln!(f, "held back           {why}"))
    }
}
