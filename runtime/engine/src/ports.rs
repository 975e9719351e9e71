//! The two ports of an engine: commands in, events out.

use crate::context::EngineContext;
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
