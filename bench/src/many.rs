//! A flow over many instruments: each has a mix flow of its own, and chance says whose operation
//! comes next.

use crate::book_flow::command_of;
use crate::flow::{Flow, Operation, Shape};
use highwater::command::Command;
use highwater::types::InstrumentId;
use highwater_flows::random::Random;

/// Commands over many instruments, and what they trade in all.
#[derive(Debug)]
pub struct ManyFlow {
    /// All commands; the first of them fill the books.
    pub commands: Vec<Command>,
    /// How many of them only fill the books.
    pub preload: usize,
    /// Number and volume of the trades.
    pub traded: (u64, u64),
}

impl ManyFlow {
    /// Makes a flow of `operations` operations, those that fill the books not counted, over
    /// `instruments` instruments with `live` open orders each.
    ///
    /// # Panics
    ///
    /// When the numbers do not fit the machine.
    pub fn new(instruments: u32, live: u32, operations: usize) -> Self {
        let count = usize::try_from(instruments).expect("at least 32 bits");
        let shape = Shape { operations: operations / count, ..Shape::mix(live) };
        let flows: Vec<Flow> =
            (1..).map(|seed| Flow::new(&Shape { seed, ..shape })).take(count).collect();
        let mut many = Self { commands: Vec::new(), preload: 0, traded: (0, 0) };
        many.interleave(&flows, |flow| &flow.operations[..flow.preload]);
        many.preload = many.commands.len();
        many.interleave(&flows, |flow| &flow.operations[flow.preload..]);
        for Flow { trades, .. } in &flows {
            many.traded = (many.traded.0 + trades.count, many.traded.1 + trades.volume);
        }
        many
    }

    /// Adds a part of every flow: chance says which instrument is next.
    fn interleave(&mut self, flows: &[Flow], part: impl Fn(&Flow) -> &[Operation]) {
        let mut random = Random::from_seed(1);
        let mut left: Vec<_> =
            (0..).map(InstrumentId).zip(flows.iter().map(|flow| part(flow).iter())).collect();
        while !left.is_empty() {
            let count = u32::try_from(left.len()).expect("32 bits count them");
            let chosen = usize::try_from(random.below(count)).expect("an index");
            let (instrument, rest) = &mut left[chosen];
            if let Some(operation) = rest.next() {
                let number = self.commands.len() as u64 + 1;
                self.commands.push(command_of(operation, number, *instrument));
            } else {
                drop(left.swap_remove(chosen));
            }
        }
    }
}
