//! A scenario as a flow: its instruments as definitions, then a line for each command.

use super::super::command::{Ask, Step};
use super::super::gateway::{self, Passed};
use super::super::scenario::Scenario;
use super::super::twins::{TwinMemory, Twins};
use highwater::command::{Action, ReplaceOrder};
use highwater::types::{InstrumentId, SessionId, Symbol};
use highwater_flows::flow::{WrittenLine, flow_text};

/// The text of the flow that does what the scenario does.
///
/// # Errors
/// A flow cannot say it: why.
pub(super) fn flow(scenario: &Scenario) -> Result<String, String> {
    if scenario.config.sets_capacities {
        return Err("capacities are settings of a run, not of a flow".to_owned());
    }
    let mut memory = TwinMemory::new(scenario);
    let mut twins = memory.books(scenario)?;
    let mut lines = Vec::new();
    let mut say = |session, symbol: Option<&Symbol>, action: &Action| {
        // Lines are numbered from 1.
        let seq = u64::try_from(lines.len()).unwrap_or(u64::MAX).saturating_add(1);
        lines.push(WrittenLine::of(seq, session, symbol, action)?);
        Ok::<(), &'static str>(())
    };
    for definition in &scenario.config.instruments {
        let action = Action::DefineInstrument(*definition);
        say(SessionId::OPERATOR, Some(&definition.symbol), &action)?;
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        let place = |reason: &str| format!("{reason} (commands[{index}])");
        let Some((session, action)) = command(step, &twins).map_err(place)? else { continue };
        let symbol = symbol_of(&action, &twins).map_err(place)?;
        say(session, symbol.as_ref(), &action).map_err(place)?;
        twins.apply(session, action)?;
    }
    Ok(flow_text(&lines))
}

/// The command of a step; `None` for a question.
fn command(step: &Step, twins: &Twins<'_>) -> Result<Option<(SessionId, Action)>, &'static str> {
    if let Ask::Indicative { .. } = step.ask {
        return Ok(None);
    }
    match gateway::pass(step, twins.book()) {
        Some(Passed::Command(session, action)) => Ok(Some((session, action))),
        Some(Passed::Answered(_)) | None => {
            Err("a name that no engine can have, which conform answers itself")
        }
    }
}

/// The name of the instrument that the action is about.
fn symbol_of(action: &Action, twins: &Twins<'_>) -> Result<Option<Symbol>, &'static str> {
    let instrument: InstrumentId = match action {
        Action::New(new) => new.instrument,
        Action::Replace(ReplaceOrder { instrument, .. })
        | Action::Cancel { instrument, .. }
        | Action::Reduce { instrument, .. }
        | Action::SetBand { instrument, .. }
        | Action::Control { instrument, .. } => *instrument,
        Action::MassCancel(choice) => match choice.instrument {
            Some(instrument) => instrument,
            None => return Ok(None),
        },
        Action::DefineInstrument(definition) => return Ok(Some(definition.symbol)),
        Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Note(_)
        | Action::Configure(_) => return Ok(None),
    };
    let symbol = twins.book().symbol(instrument);
    symbol.map(Some).ok_or("an instrument that nobody defined: a flow defines what it names")
}
