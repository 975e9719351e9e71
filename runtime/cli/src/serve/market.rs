//! The operator's desk: defines instruments, and moves them through the day.

use super::schedule::{Auctions, Do, Step};
use highwater::command::{Action, Control, Definition};
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, InstrumentTerms, PriceDecimals, Symbol};
use highwater_console::CommandError;
use highwater_host::Session;
use highwater_platform::Platform;
use std::time::Duration;

/// A call that takes longer will not be answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// In an auction, what it would trade is told so often.
const TOLD_EVERY_NS: u64 = 1_000_000_000;

/// An instrument of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instrument {
    pub(super) symbol: Symbol,
    pub(super) terms: InstrumentTerms,
}

/// The instruments of a venue, and the operator's session.
pub(super) struct Market<P: Platform> {
    operator: Session<P>,
    instruments: Vec<(Symbol, InstrumentId, PriceDecimals)>,
    auctions: Auctions,
    told_ns: u64,
}

impl<P: Platform> Market<P> {
    /// Defines the instruments; those that are there already stay as they are, and where there are
    /// auctions the log may have left some of them in one.
    pub(super) fn open(
        mut operator: Session<P>,
        wanted: &[Instrument],
        auctions: Auctions,
    ) -> Result<Self, CommandError> {
        let mut instruments = Vec::new();
        for Instrument { symbol, terms } in wanted {
            let define = Definition { symbol: *symbol, terms: *terms };
            let defined = operator.call(Action::DefineInstrument(define), PATIENCE, &mut ());
            let event = defined.map_err(failed)?;
            if matches!(event.kind, EventKind::Rejected { .. }) {
                return Err(CommandError::failed(format!(
                    "the instrument '{symbol}' was rejected: the engine holds no more, or its terms \
                     are not possible; raise 'instruments' of the engine, or correct the terms"
                )));
            }
            instruments.push((*symbol, event.instrument, terms.decimals));
        }
        Ok(Self { operator, instruments, auctions, told_ns: 0 })
    }

    /// The numbers of the instruments, in their order.
    pub(super) fn ids(&self) -> impl Iterator<Item = InstrumentId> {
        self.instruments.iter().map(|(_, id, _)| *id)
    }

    /// The instruments: symbols, numbers, and the decimals of their prices.
    pub(super) fn instruments(
        &self,
    ) -> impl Iterator<Item = (String, InstrumentId, PriceDecimals)> {
        self.instruments.iter().map(|(symbol, id, decimals)| (symbol.to_string(), *id, *decimals))
    }

    /// A command of the operator's, and its answer.
    ///
    /// # Errors
    /// There was none, in a sentence.
    pub(super) fn say(&mut self, action: Action) -> Result<Event, String> {
        self.operator.call(action, PATIENCE, &mut ()).map_err(|error| error.to_string())
    }

    /// A step of the schedule. Where it changes nothing, the engine says so, which is no failure.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), CommandError> {
        let control = match step.what {
            Do::EndOfDay => return self.call(Action::EndOfDay),
            Do::StartAuction => Control::StartAuction,
            Do::Uncross => Control::Uncross,
            Do::Halt => Control::Halt,
            Do::Resume => Control::Resume,
        };
        let of_step = |symbol: &Symbol| step.symbols.is_empty() || step.symbols.contains(symbol);
        let chosen: Vec<_> =
            self.instruments.iter().filter(|(symbol, ..)| of_step(symbol)).copied().collect();
        for (_, instrument, _) in chosen {
            self.call(Action::Control { instrument, control })?;
        }
        Ok(())
    }

    /// Tells the time while there may be auctions: the feed says then what they would trade.
    pub(super) fn tick(&mut self, now_ns: u64) -> Result<(), CommandError> {
        if self.auctions == Auctions::Some && now_ns.saturating_sub(self.told_ns) >= TOLD_EVERY_NS {
            self.told_ns = now_ns;
            self.call(Action::Clock { now_ns })?;
        }
        Ok(())
    }

    fn call(&mut self, action: Action) -> Result<(), CommandError> {
        self.say(action).map(|_| ()).map_err(failed)
    }
}

fn failed<E: std::fmt::Display>(error: E) -> CommandError {
    CommandError::failed(error)
}
