//! A scenario as a flow: its instruments as definitions, then a line for each command.

use super::super::engine_commands::play;
use super::super::gateway::Passed;
use super::super::scenario::Scenario;
use highwater::book::Book;
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
    play(scenario, |passed, book| match passed {
        Passed::Command(session, action) => {
            say(*session, symbol_of(action, book)?.as_ref(), action)
        }
        Passed::Answered(_) => Err("a name that no engine can have, which conform answers itself"),
    })?;
    Ok(flow_text(&lines))
}

/// The name of the instrument that the action is about.
fn symbol_of(action: &Action, book: &Book<'_>) -> Result<Option<Symbol>, &'static str> {
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
    let symbol = book.symbol(instrument);
    symbol.map(Some).ok_or("an instrument that nobody defined: a flow defines what it names")
}
