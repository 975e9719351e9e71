//! Where events go: the sink that the book calls, and what a ring carries to another thread.

use super::{Event, EventKind, Routing};
use crate::limits::SEQUENCE_MAX;
use crate::ring::{Alone, Carried, WORD_MAX};
use crate::types::{InstrumentId, Price, Sequence, Side};
use core::convert::Infallible;

/// The end of a command: all of its events came before.
///
/// It is no event: it is not hashed, not logged, and answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandEnd {
    /// The command.
    pub sequence: Sequence,
    /// When its host took it, in nanoseconds since the Unix epoch, as its record in the log says.
    /// Information only; 0 where whoever applied it gave no time.
    pub timestamp_ns: u64,
}

/// A step by which what rests at a price becomes more or less: an order joins or leaves, or shows
/// another quantity. Several may follow from one command, also for one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelStep {
    /// The command that caused it.
    pub sequence: Sequence,
    /// Where it trades.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// The price that the order rests at.
    pub price: Price,
    /// 1 when an order joined, -1 when it left, 0 when it stayed.
    pub order_count: i32,
    /// What is shown more, in lots; below 0 when it is less.
    pub visible_lots: i64,
    /// What is open more, hidden quantity too, in lots; below 0 when it is less.
    pub quantity_lots: i64,
}

/// Where events go. The book calls it once an event, in causal order, and once when the command has
/// ended.
pub trait EventSink {
    /// Takes one event.
    fn event(&mut self, event: &Event);

    /// Called once after the events of each command, also of a rejected one, live and on replay.
    /// [`Duplicate`](EventKind::Duplicate) follows from no record and has no end.
    fn end(&mut self, _end: CommandEnd) {}

    /// Whether the book calls [`level`](Self::level). A constant answer costs nothing.
    #[inline]
    fn wants_levels(&self) -> bool {
        false
    }

    /// Takes a step by which a level changed, in order, before the command ends.
    #[inline]
    fn level(&mut self, _step: &LevelStep) {}
}

impl<F: FnMut(&Event)> EventSink for F {
    fn event(&mut self, event: &Event) {
        self(event);
    }
}

/// Nobody listens.
impl EventSink for () {
    fn event(&mut self, _: &Event) {}
}

/// Two sinks, one after the other.
impl<A: EventSink, B: EventSink> EventSink for (&mut A, &mut B) {
    fn event(&mut self, event: &Event) {
        self.0.event(event);
        self.1.event(event);
    }

    fn end(&mut self, end: CommandEnd) {
        self.0.end(end);
        self.1.end(end);
    }

    fn wants_levels(&self) -> bool {
        self.0.wants_levels() || self.1.wants_levels()
    }

    fn level(&mut self, step: &LevelStep) {
        self.0.level(step);
        self.1.level(step);
    }
}

/// What goes to another thread: events and, where somebody wants them, the ends of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOrEnd {
    /// An event.
    Event(Event),
    /// The end of a command.
    End(CommandEnd),
}

impl EventOrEnd {
    /// The command that it follows from.
    #[inline]
    pub const fn sequence(&self) -> Sequence {
        match self {
            Self::Event(event) => event.sequence,
            Self::End(end) => end.sequence,
        }
    }

    /// Tells it to a sink.
    #[inline]
    pub fn tell(&self, sink: &mut impl EventSink) {
        match self {
            Self::Event(event) => sink.event(event),
            Self::End(end) => sink.end(*end),
        }
    }
}

/// What is told, without its sequence.
#[derive(Clone, Copy, Debug)]
pub struct Unsequenced(Content);

#[derive(Clone, Copy, Debug)]
enum Content {
    Event {
        /// Each store into a slot costs the same, so these three are one.
        routing: Routing,
        kind: EventKind,
    },
    End {
        timestamp_ns: u64,
    },
}

impl Event {
    /// What a slot holds of it beside its sequence.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "an event goes from where it is made into its slot")]
    pub(crate) fn unsequenced(&self) -> Alone<Unsequenced> {
        Alone(Unsequenced(Content::Event { routing: self.routing(), kind: self.kind }))
    }
}

impl Carried for EventOrEnd {
    type Rest = Alone<Unsequenced>;
    type OutOfLine = Infallible;

    #[inline]
    fn apart(&self) -> Option<(u64, Alone<Unsequenced>)> {
        Some(match self {
            Self::Event(event) => (event.sequence.0, event.unsequenced()),
            Self::End(CommandEnd { sequence, timestamp_ns }) => {
                (sequence.0, Alone(Unsequenced(Content::End { timestamp_ns: *timestamp_ns })))
            }
        })
    }

    #[inline]
    fn together(word: u64, Alone(Unsequenced(rest)): Alone<Unsequenced>) -> Self {
        let sequence = Sequence(word);
        match rest {
            Content::Event { routing, kind } => Self::Event(Event {
                sequence,
                session: routing.session(),
                owner: routing.owner(),
                instrument: routing.instrument(),
                kind,
            }),
            Content::End { timestamp_ns } => Self::End(CommandEnd { sequence, timestamp_ns }),
        }
    }

    fn out_of_line(&self) -> Infallible {
        unreachable!("everything that is told fits its slot")
    }

    fn from_out_of_line(out_of_line: Infallible) -> Self {
        match out_of_line {}
    }
}

const _: () = assert!(SEQUENCE_MAX <= WORD_MAX, "a sequence is a word of a ring");
const _: () = assert!(size_of::<Unsequenced>() <= 56, "an event fills one cache line of a ring");
