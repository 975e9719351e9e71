//! A line of a flow that says more than a plain order does: conditions, sessions, the operator.

use highwater::command::{Action, ReplaceOrder};
use highwater::types::{ClientSequence, InstrumentId, PriceDecimals, SessionId, Symbol};

/// A command of a flow beyond the plain five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleLine {
    /// Number of the line in its file, from 1 (the header).
    pub line: u64,
    /// The flow's own number for the command (`seq`).
    pub client_sequence: ClientSequence,
    /// Time in nanoseconds, of any epoch: information but for a clock.
    pub timestamp_ns: u64,
    /// Who sends it; session 0 is the operator.
    pub session: SessionId,
    /// The instrument's name; `None` for a command that names none.
    pub symbol: Option<Symbol>,
    /// What it asks for, of instrument 0: see [`action`](Self::action).
    pub(super) action: Action,
}

impl RuleLine {
    /// What the line asks for, once its symbol is known as `instrument`.
    pub const fn action(&self, instrument: InstrumentId) -> Action {
        let mut action = self.action;
        match &mut action {
            Action::New(new) => new.instrument = instrument,
            Action::Replace(ReplaceOrder { instrument: of_action, .. })
            | Action::Cancel { instrument: of_action, .. }
            | Action::Reduce { instrument: of_action, .. }
            | Action::SetBand { instrument: of_action, .. }
            | Action::Control { instrument: of_action, .. } => *of_action = instrument,
            Action::MassCancel(choice) => {
                if self.symbol.is_some() {
                    choice.instrument = Some(instrument);
                }
            }
            Action::DefineInstrument(_)
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Note(_)
            | Action::Configure(_) => {}
        }
        action
    }

    /// Whether the line defines its symbol, so that nobody else has to.
    pub const fn defines(&self) -> bool {
        matches!(self.action, Action::DefineInstrument(_))
    }

    /// The decimals of a symbol that is new, when the engine takes the line's definition of it.
    pub const fn defined_decimals(&self) -> Option<PriceDecimals> {
        match &self.action {
            Action::DefineInstrument(definition) => {
                let is_taken =
                    self.session.0 == SessionId::OPERATOR.0 && definition.terms.are_possible();
                if is_taken { Some(definition.terms.decimals) } else { None }
            }
            Action::New(_)
            | Action::Cancel { .. }
            | Action::Reduce { .. }
            | Action::Replace(_)
            | Action::MassCancel(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Note(_)
            | Action::Configure(_) => None,
        }
    }
}
