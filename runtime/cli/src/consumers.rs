//! `highwater consumers`: which outputs still need the log, and letting go of them.

use highwater_console::{CommandError, Console};
use highwater_engine::error::StartError;
use highwater_engine::figures::grouped;
use highwater_platform::Platform;
use highwater_storage::{Consumer, Consumers, LogDirectory};
use serde::Serialize;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// List the outputs that still need the log, or forget them.
///
/// A run derives its files of fills and events from the log. It registers them in its data
/// directory, with the sequence up to which they are durable; 'publish' registers its ITCH file.
/// While a file is registered, --keep snapshot retires no log that the file still needs: a file of
/// fills and an ITCH file need the log after that sequence, a file of events the whole log.
#[derive(Clone, Debug, clap::Args)]
pub struct ConsumersArgs {
    /// The data directory
    #[arg(long, value_name = "DIR", default_value = "highwater-data", global = true)]
    pub data: PathBuf,
    #[command(subcommand)]
    action: Action,
}

/// What is done with them.
#[derive(Clone, Debug, clap::Subcommand)]
enum Action {
    /// Print each output, and the sequence up to which it is durable
    List {
        /// Print one JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Forget outputs: the next snapshot retires the log that only they need
    ///
    /// An output whose log is gone can't be continued. A run that writes an output registers it
    /// again.
    Forget {
        /// Outputs as 'list' prints them, or only their paths
        #[arg(value_name = "OUTPUT", required_unless_present = "all", conflicts_with = "all")]
        outputs: Vec<OsString>,
        /// Forget all outputs, also when the list is damaged
        #[arg(long)]
        all: bool,
    },
}

/// The outputs that need a log. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
struct ConsumersReport {
    /// The data directory.
    data: String,
    /// The outputs, by kind and path.
    consumers: Vec<ConsumerReport>,
}

/// One of them.
#[derive(Clone, Debug, Serialize)]
struct ConsumerReport {
    /// `fills`, `events`, `tap` or `itch`.
    kind: &'static str,
    /// Its file.
    path: String,
    /// What follows from the commands up to this sequence is durable in it.
    durable_sequence: u64,
    /// Whether it needs the whole log, and not only what follows that sequence.
    needs_all: bool,
}

/// Does what `args` ask for.
///
/// # Errors
/// There is no log, the list cannot be read or written, or an output is not in it.
pub fn consumers<P: Platform>(
    platform: P,
    args: &ConsumersArgs,
    console: Console,
) -> Result<(), CommandError> {
    let data = &args.data;
    match &args.action {
        Action::List { json } => {
            let known = known(platform, data)?.list().map_err(CommandError::failed)?;
            let consumers = known.iter().map(ConsumerReport::of).collect();
            let report = ConsumersReport { data: data.display().to_string(), consumers };
            if *json { console.print_json(&report) } else { console.print(&text_of(&known)) }
        }
        Action::Forget { all: true, .. } => {
            known(platform, data)?.forget_all().map_err(CommandError::failed)?;
            console.print_line(&format!("no output needs the log in '{}' now", data.display()))
        }
        Action::Forget { outputs, all: false } => {
            let consumers = known(platform, data)?;
            let known = consumers.list().map_err(CommandError::failed)?;
            if let Some(output) =
                outputs.iter().find(|output| !known.iter().any(|it| is(it, output)))
            {
                return Err(CommandError::failed(format!(
                    "'{}' is not registered: 'highwater consumers list' shows what is; nothing was \
                     changed",
                    output.display()
                )));
            }
            let is_named = |consumer: &Consumer| outputs.iter().any(|output| is(consumer, output));
            let forgotten = consumers.forget(is_named).map_err(CommandError::failed)?;
            let lines = forgotten.iter().map(|consumer| format!("forgot {consumer}\n"));
            console.print(&lines.collect::<String>())
        }
    }
}

/// The list of a log that is there.
fn known<P: Platform>(platform: P, data: &Path) -> Result<Consumers<P>, CommandError> {
    drop(LogDirectory::open_read_only(platform, data).map_err(StartError::from)?);
    Ok(Consumers::of(platform, data))
}

/// Whether a user means this output: by its name with or without the kind.
fn is(consumer: &Consumer, output: &OsString) -> bool {
    let path = consumer.path.as_os_str().as_bytes();
    let name = [consumer.kind.name().as_bytes(), b":", path].concat();
    output.as_bytes() == path || output.as_bytes() == name
}

fn text_of(consumers: &[Consumer]) -> String {
    if consumers.is_empty() {
        return "no output needs the log\n".to_owned();
    }
    let lines = consumers.iter().map(|consumer| {
        let durable = grouped(consumer.durable.0);
        let needs = if consumer.kind.needs_all() { "the whole log" } else { "what follows that" };
        format!("{consumer}: durable up to sequence {durable}, needs {needs}\n")
    });
    lines.collect()
}

impl ConsumerReport {
    fn of(consumer: &Consumer) -> Self {
        Self {
            kind: consumer.kind.name(),
            path: consumer.path.display().to_string(),
            durable_sequence: consumer.durable.0,
            needs_all: consumer.kind.needs_all(),
        }
    }
}
