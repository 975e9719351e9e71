//! `highwater convert`: a scenario as a flow, or a flow as a scenario.
//!
//! Each command of a scenario is taken to the engine's action first, as `conform` does it, and that
//! is said as a line. What a flow cannot say is listed with its reason. A flow becomes a scenario
//! that expects what a book says to it now.

mod to_flow;
mod to_scenario;

use super::read;
use highwater_console::flow_output::FlowOutput;
use highwater_console::paths::Paths;
use highwater_console::{CommandError, Console, note};
use highwater_flows::flow::FlowReader;
use highwater_flows::outputs::OutputError;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Convert a scenario to a flow, or a flow to a scenario.
///
/// A file whose name ends in .json holds scenarios: the one that --scenario names becomes a flow.
/// Any other file is a flow: it becomes a scenario that expects the events and books of today.
#[derive(Clone, Debug, clap::Args)]
pub struct ConvertArgs {
    /// A file of scenarios (.json), or a flow
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The scenario to convert [default: the only one of the file]
    #[arg(long, value_name = "ID")]
    pub scenario: Option<String>,
    /// What to write; - for standard output
    #[arg(long, value_name = "OUT", default_value = "-")]
    pub out: PathBuf,
    /// Only list the scenarios that a flow cannot express, with the reason; nothing is written
    #[arg(long, conflicts_with_all = ["scenario", "out"])]
    pub inexpressible: bool,
}

/// Converts the file that `args` name.
///
/// # Errors
/// The file cannot be read, a flow cannot express the scenario, or the output cannot be written.
pub fn convert(args: &ConvertArgs, console: Console) -> Result<(), CommandError> {
    let paths = Paths::default().reads("FILE", Some(&args.file));
    paths.writes_or_stdout("--out", Some(&args.out)).check()?;
    if args.file.extension().is_none_or(|extension| extension != "json") {
        if args.scenario.is_some() || args.inexpressible {
            let sentence = "--scenario and --inexpressible are for a file of scenarios, and the \
                            name of this file does not end in .json";
            return Err(CommandError::WrongUsage(sentence.to_owned()));
        }
        let reader = FlowReader::open(&args.file).map_err(CommandError::failed)?;
        let name = args.file.file_stem().unwrap_or_default().to_string_lossy();
        let text = to_scenario::scenario(reader, &name).map_err(CommandError::Failed)?;
        return write(&args.out, &text);
    }
    let scenarios = read(&args.file)?;
    if args.inexpressible {
        let failed = scenarios.iter().filter_map(|scenario| {
            let reason = to_flow::flow(scenario).err()?;
            Some(format!("{}: {reason}\n", scenario.id.escape_debug()))
        });
        return console.print(&failed.collect::<String>());
    }
    let file = args.file.display();
    let chosen = match &args.scenario {
        Some(id) => scenarios
            .iter()
            .find(|scenario| scenario.id == *id)
            .ok_or_else(|| CommandError::failed(format!("'{file}' holds no scenario '{id}'")))?,
        None => match scenarios.as_slice() {
            [only] => only,
            several => {
                let sentence =
                    format!("'{file}' holds {} scenarios; name one with --scenario", several.len());
                return Err(CommandError::WrongUsage(sentence));
            }
        },
    };
    let text = to_flow::flow(chosen).map_err(|reason| {
        CommandError::failed(format!("a flow cannot express '{}': {reason}", chosen.id))
    })?;
    write(&args.out, &text)?;
    note(&format!("'{}' written to {}", chosen.id, args.out.display()));
    Ok(())
}

fn write(out: &Path, text: &str) -> Result<(), CommandError> {
    let written = || -> io::Result<()> {
        let mut output = FlowOutput::create(out)?;
        output.write_all(text.as_bytes())?;
        output.finish()
    };
    written().map_err(|error| {
        let error = OutputError::new("result", out, error);
        if error.is_broken_pipe() { CommandError::ClosedPipe } else { CommandError::failed(error) }
    })
}
