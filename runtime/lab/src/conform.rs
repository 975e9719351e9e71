//! `highwater conform`: runs scenario files through the book and says which of them it passes.
//!
//! `docs/scenarios.md` describes the files. A file is read as a whole before anything runs, so that
//! one that the schema does not allow runs no scenario at all.

mod capacities;
mod command;
mod config;
mod convert;
mod engine_commands;
mod fact;
mod gateway;
mod integer;
mod json;
mod kinds;
mod observed;
mod scenario;
mod terms;
mod trial;
mod twins;

pub use convert::{ConvertArgs, convert};
pub use engine_commands::{EngineScenario, engine_scenarios};
pub use trial::Difference;

use highwater_console::{CommandError, Console};
use scenario::Scenario;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Run scenario files through the book and compare the results with what the files expect.
///
/// For each scenario it prints `ok ID`, or `FAIL ID: ` and the first difference; the last line
/// counts what passed and failed. Exit code 0: all passed; 1: a scenario failed, or a file breaks
/// the format of docs/scenarios.md (then nothing runs).
#[derive(Clone, Debug, clap::Args)]
pub struct ConformArgs {
    /// Scenario files
    #[arg(required = true, value_name = "FILE.json")]
    pub files: Vec<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// What became of all scenarios. The JSON names are the field names.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Scenarios that went as expected.
    pub passed: usize,
    /// Scenarios that did not.
    pub failed: usize,
    /// Every scenario, in the order of the files.
    pub scenarios: Vec<ScenarioOutcome>,
}

/// What became of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioOutcome {
    /// The file that it stands in, as it was named.
    pub file: String,
    /// Its id.
    pub id: String,
    /// `hard`, `convention` or `optional`.
    pub level: &'static str,
    /// Whether it went as expected.
    pub passed: bool,
    /// The first difference.
    pub difference: Option<Difference>,
}

/// Runs the scenarios of all files and prints what became of them.
///
/// # Errors
/// A file cannot be read or is no scenario file; or a scenario failed, after all were printed.
pub fn conform(args: &ConformArgs, console: Console) -> Result<(), CommandError> {
    let files = args.files.iter().map(|path| read(path));
    let files = files.collect::<Result<Vec<_>, CommandError>>()?;
    let scenarios = args.files.iter().zip(&files).flat_map(|(path, scenarios)| {
        scenarios.iter().map(|scenario| ScenarioOutcome::of(path, scenario))
    });
    let outcome = Outcome::of(scenarios.collect());
    let verdict = if outcome.failed > 0 {
        let all = outcome.scenarios.len();
        Err(CommandError::failed(format!("{} of {all} scenarios failed", outcome.failed)))
    } else {
        Ok(())
    };
    if args.json {
        console.report_json(&outcome, verdict)
    } else {
        console.report(&outcome.to_string(), verdict)
    }
}

/// The scenarios of a file.
fn read(path: &Path) -> Result<Vec<Scenario>, CommandError> {
    let shown = path.display();
    let bytes = fs::read(path)
        .map_err(|error| CommandError::failed(format!("could not read '{shown}': {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        CommandError::failed(format!(
            "could not read '{shown}': it is not UTF-8 text; if it is compressed, unpack it first"
        ))
    })?;
    scenario::read_file(&text)
        .map_err(|complaint| CommandError::failed(format!("'{shown}': {complaint}")))
}

impl ScenarioOutcome {
    fn of(path: &Path, scenario: &Scenario) -> Self {
        let difference = trial::run(scenario).err();
        Self {
            file: path.display().to_string(),
            id: scenario.id.clone(),
            level: scenario.level,
            passed: difference.is_none(),
            difference,
        }
    }
}

impl Outcome {
    fn of(scenarios: Vec<ScenarioOutcome>) -> Self {
        let passed = scenarios.iter().filter(|scenario| scenario.passed).count();
        Self { passed, failed: scenarios.len() - passed, scenarios }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ScenarioOutcome { id, difference, .. } in &self.scenarios {
            // An id with a line end would look like two scenarios.
            let id = id.escape_debug();
            match difference {
                None => writeln!(f, "ok {id}")?,
                Some(difference) => writeln!(f, "FAIL {id}: {difference}")?,
            }
        }
        writeln!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}
