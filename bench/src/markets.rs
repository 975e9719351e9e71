//! The stream taken apart: what each of its instruments is sent, and what must come of it.

use crate::book_flow::{Watcher, apply_all};
use highwater::book::Book;
use highwater::command::{Action, Command, NewOrder, ReplaceOrder};
use highwater::types::{Capacities, InstrumentId};
use std::slice;

/// What a book for the stream has to hold.
const CAPACITIES: Capacities = Capacities { orders: 1 << 16, instruments: 16, sessions: 2 };

/// One instrument of the stream. What others are sent changes nothing in it.
#[derive(Debug, Default)]
pub struct Market {
    /// What it is sent, in order.
    pub actions: Vec<Action>,
    /// The events that follow, as a book alone makes them.
    pub seen: Watcher,
}

impl Market {
    /// The markets of commands behind their definitions, by the numbers of the instruments.
    ///
    /// # Panics
    ///
    /// When a command is none of the stream's.
    pub fn all(definitions: &[Command], commands: &[Command]) -> Vec<Self> {
        let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
        let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("the memory is large enough");
        apply_all(&mut book, definitions, &mut ());
        let mut markets: Vec<Self> = definitions.iter().map(|_| Self::default()).collect();
        for command in commands {
            let InstrumentId(number) = instrument_of(&command.action);
            let market = &mut markets[usize::try_from(number).expect("instruments are few")];
            market.actions.push(command.action);
            apply_all(&mut book, slice::from_ref(command), &mut market.seen);
        }
        markets
    }
}

fn instrument_of(action: &Action) -> InstrumentId {
    if let Action::New(NewOrder { instrument, .. })
    | Action::Cancel { instrument, .. }
    | Action::Reduce { instrument, .. }
    | Action::Replace(ReplaceOrder { instrument, .. }) = action
    {
        return *instrument;
    }
    panic!("the stream sends nothing else")
}
