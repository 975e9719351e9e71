//! The commands that a scenario gives an engine, for what runs it elsewhere than `conform` does.

use super::gateway::{self, Passed};
use super::read;
use super::scenario::Scenario;
use super::twins::TwinMemory;
use highwater::book::Book;
use highwater::command::{Action, Command};
use highwater::types::{Capacities, ClientSequence, SessionId};
use highwater_console::CommandError;
use std::collections::BTreeMap;
use std::path::Path;

/// A scenario as an engine meets it.
#[derive(Clone, Debug)]
pub struct EngineScenario {
    /// Its name.
    pub id: String,
    /// The most that the engine needs room for.
    pub capacities: Capacities,
    /// Its commands in order, those that set the engine up first. A question is none.
    pub commands: Vec<Command>,
    /// Whether `conform` answers others of its commands itself, because their names fit no engine.
    pub has_answered: bool,
}

/// The scenarios of a file, as an engine meets them: for a test of another interface to the engine,
/// which must give the same events. Their expectations are not looked at.
///
/// # Errors
/// The file cannot be read or is no scenario file; or the engine is not sound.
pub fn engine_scenarios(path: &Path) -> Result<Vec<EngineScenario>, CommandError> {
    let scenarios = read(path)?;
    scenarios
        .iter()
        .map(|scenario| engine_scenario(scenario).map_err(CommandError::failed))
        .collect()
}

fn engine_scenario(scenario: &Scenario) -> Result<EngineScenario, String> {
    let mut last = BTreeMap::<SessionId, u64>::new();
    let mut commands = Vec::new();
    let mut send = |session, action| {
        let last = last.entry(session).or_default();
        *last += 1;
        commands.push(Command { session, client_sequence: ClientSequence(*last), action });
    };
    send(SessionId::OPERATOR, Action::Configure(scenario.config.capacities));
    for definition in &scenario.config.instruments {
        send(SessionId::OPERATOR, Action::DefineInstrument(*definition));
    }
    let mut has_answered = false;
    play(scenario, |passed, _| {
        match passed {
            Passed::Command(session, action) => send(*session, *action),
            Passed::Answered(_) => has_answered = true,
        }
        Ok(())
    })?;
    let (id, capacities) = (scenario.id.clone(), scenario.largest_capacities());
    Ok(EngineScenario { id, capacities, commands, has_answered })
}

/// Gives what becomes of each command behind the set-up to `take`, with a book as it is before it.
///
/// # Errors
/// What `take` says, with the command's place; or what is wrong with the engine.
pub(super) fn play(
    scenario: &Scenario,
    mut take: impl FnMut(&Passed, &Book<'_>) -> Result<(), &'static str>,
) -> Result<(), String> {
    let mut memory = TwinMemory::new(scenario);
    let mut twins = memory.books(scenario)?;
    for (index, step) in scenario.steps.iter().enumerate() {
        let Some(passed) = gateway::pass(step, twins.book()) else { continue };
        take(&passed, twins.book()).map_err(|reason| format!("{reason} (commands[{index}])"))?;
        if let Passed::Command(session, action) = passed {
            twins.apply(session, action)?;
        }
    }
    Ok(())
}
