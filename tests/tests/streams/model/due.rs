//! The messages that must come of a command, and how they are put together.

use highwater::types::{InstrumentId, OrderId, Phase, SessionId};
use std::collections::BTreeMap;
use tests::itch_reader::Fact;
use tests::ouch_reader::Answer;

/// What a command's messages must be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Due {
    /// What the feed says. `reference` is the client's number of the order.
    pub(crate) feed: Vec<Fact>,
    /// What each session is told.
    pub(crate) answers: BTreeMap<SessionId, Vec<Answer>>,
    /// How many numbers are given to orders.
    pub(crate) reference_count: u64,
    /// How many numbers are given to trades and auctions.
    pub(crate) match_count: u64,
    /// Their time.
    pub(super) time_ns: u64,
}

impl Due {
    /// Whether a new day begins with the command.
    pub(crate) fn starts_day(&self) -> bool {
        self.feed.first().is_some_and(|it| is_event(it, b'O'))
    }

    /// Whether the day ends with it.
    pub(crate) fn ends_day(&self) -> bool {
        self.feed.last().is_some_and(|it| is_event(it, b'C'))
    }

    pub(super) fn fact(&mut self, fact: Fact) {
        self.feed.push(Fact { time_ns: self.time_ns, ..fact });
    }

    pub(super) fn system_event(&mut self, letter: u8) {
        self.fact(Fact { kind: b'S', detail: letter.into(), ..Fact::default() });
    }

    pub(super) fn listed(&mut self, id: InstrumentId, (lot, state): (u64, u8)) {
        self.fact(Fact { detail: lot, ..fact(b'R', id, OrderId(0), 0) });
        self.fact(Fact { detail: state.into(), ..fact(b'H', id, OrderId(0), 0) });
    }

    pub(super) fn answer(&self, kind: u8, number: u32) -> Answer {
        let words = [b' '; 14];
        Answer { kind, time_ns: self.time_ns, number, words, ..Answer::default() }
    }

    pub(super) fn tell(&mut self, session: SessionId, answer: Answer) {
        let answer = Answer { time_ns: self.time_ns, ..answer };
        self.answers.entry(session).or_default().push(answer);
    }
}

pub(super) fn fact(kind: u8, id: InstrumentId, order: OrderId, shares: u64) -> Fact {
    let locate = u16::try_from(id.0 + 1).expect("few instruments");
    Fact { kind, locate, reference: number_of(order).into(), shares, ..Fact::default() }
}

pub(super) fn due_answer(kind: u8, order: OrderId, quantity: u64, letter: u8) -> Answer {
    let (number, words) = (number_of(order), [b' '; 14]);
    Answer { kind, number, quantity, detail: letter.into(), words, ..Answer::default() }
}

/// The client's number of an order.
pub(crate) fn number_of(order: OrderId) -> u32 {
    u32::try_from(order.0 & 0xFFFF_FFFF).expect("32 bits")
}

/// The letter of how an instrument that is not halted trades.
pub(crate) const fn state_of(phase: Phase) -> u8 {
    match phase {
        Phase::Continuous => b'T',
        Phase::Auction | Phase::Collecting => b'Q',
    }
}

/// Whether it is this system event.
pub(crate) fn is_event(fact: &Fact, letter: u8) -> bool {
    fact.kind == b'S' && fact.detail == u64::from(letter)
}
