//! The two ports of an engine: commands in, events out.

use crate::context::EngineContext;
use highwater::book::Book;
use highwater::record::Record;
use highwater::releaser::Releaser;
use highwater_platform::Platform;
use highwater_platform::idle::Idle;
use std::time::Duration;

/// Brings commands on the sequencer's own thread. For a program that pushes its commands from
/// another thread this is `()`.
pub trait CommandPort: Send + 'static {
    /// Called before each step of the sequencer.
    fn refill(&mut self) {}

    /// How long the sequencer may sleep at most when nobody wakes it; `None` for as long as nobody
    /// does.
    fn until_due(&self) -> Option<Duration> {
        None
    }

    /// Whether [`sequenced`](Self::sequenced) and [`applied`](Self::applied) want to be called.
    fn wants_records(&self) -> bool {
        false
    }

    /// A command was sequenced: its record is on its way to the log, and its events come next.
    /// False when there is no room for it now: it is called again.
    fn sequenced(&mut self, _record: &Record) -> bool {
        true
    }

    /// The events of that command are published, but for its end, and `book` is behind it. False
    /// when there is no room for what is wanted of it: it is called again.
    fn applied(&mut self, _book: &Book<'_>) -> bool {
        true
    }
}

impl CommandPort for () {}

/// Takes released events, on a thread of its own.
pub trait EventPort<P: Platform>: Send + 'static {
    /// What is left when the engine has ended.
    type Output: Send + 'static;

    /// The name of the thread, at most 15 bytes.
    const THREAD_NAME: &'static str;

    /// Takes events until the releaser is [done](highwater::stage::Step::Done).
    fn run(self, released: Released<P>) -> Self::Output;
}

/// Where an event port finds released events, and how it waits for them.
#[derive(Debug)]
pub struct Released<P> {
    /// The system.
    pub platform: P,
    /// Gives each event once the sync mode allows its release.
    pub releaser: Releaser<'static>,
    /// How the port's thread waits.
    pub idle: Idle<P>,
    /// What it shares with the engine's threads.
    pub context: &'static EngineContext,
}
