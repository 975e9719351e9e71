//! What the benches share: command sequences from the seeded stream, made before the clock starts.

pub mod book_flow;
pub mod counters;
pub mod cpu_clock;
pub mod distance;
pub mod floor;
pub mod flow;
pub mod many;
pub mod markets;
pub mod queues;
pub mod rings;
pub mod shapes;
pub mod system;
pub mod threads;

use highwater::command::{Action, Command, Definition};
use highwater::types::{ClientSequence, InstrumentId, SessionId, Symbol};
use highwater_flows::stream::Stream;

/// The seed of every bench.
pub const SEED: u64 = 1;

/// The commands that define the stream's instruments, and the first `count` commands of the stream
/// behind them.
pub fn stream_commands(count: usize) -> (Vec<Command>, Vec<Command>) {
    let mut stream = Stream::new(SEED);
    let mut symbols: Vec<Symbol> = Vec::new();
    let commands = (0..count)
        .map(|_| {
            let line = stream.next_line();
            let known = symbols.iter().position(|symbol| *symbol == line.symbol);
            let index = known.unwrap_or_else(|| {
                symbols.push(line.symbol);
                symbols.len() - 1
            });
            line.command(SessionId(1), InstrumentId(u32::try_from(index).unwrap_or(u32::MAX)))
        })
        .collect();
    let definitions = symbols.iter().zip(1..).map(|(symbol, number)| Command {
        session: SessionId::OPERATOR,
        client_sequence: ClientSequence(number),
        action: Action::DefineInstrument(Definition::open(*symbol)),
    });
    (definitions.collect(), commands)
}
