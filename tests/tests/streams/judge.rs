//! The judge of streams: readers of the feed and of every session, which must find nothing wrong,
//! say what was due, and hold what the engine's book holds.

use crate::model::{Due, is_event};
use crate::recorded::{Chunk, Seen, Step};
use highwater::types::{SessionId, Side};
use std::collections::BTreeMap;
use std::fmt;
use tests::itch_reader::{Fact, ItchReader};
use tests::ouch_reader::{Answer, OuchReader};
use tests::wire::ReadFault;

/// What is wrong with the streams of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// A reader alone finds it.
    Read(ReadFault),
    /// The streams, the engine's book and what was due do not agree.
    Differs(String),
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(fault) => write!(f, "{fault}"),
            Self::Differs(what) => f.write_str(what),
        }
    }
}

impl From<ReadFault> for Complaint {
    fn from(fault: ReadFault) -> Self {
        Self::Read(fault)
    }
}

/// How many messages of each type there were: of the feed, and of all sessions.
pub(crate) type Counts = [BTreeMap<u8, u64>; 2];

/// Reads the streams of a run.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    feed: ItchReader,
    clients: BTreeMap<SessionId, OuchReader>,
    /// Which order each number of the feed is, by its client's number.
    references: BTreeMap<u64, u32>,
    /// The last number of a trade or an auction.
    last_match: u64,
    /// What there was.
    pub(crate) counts: Counts,
}

/// How much traded under a match number, and how often that was told.
type Matches = BTreeMap<u64, (u64, u32)>;

/// Judges a whole run.
pub(crate) fn judge(steps: &[Step]) -> Result<Counts, Complaint> {
    let mut judge = Judge::default();
    steps.iter().try_for_each(|step| judge.step(&step.chunk, step))?;
    Ok(judge.counts)
}

impl Judge {
    /// Judges the messages of a command; `step` says what they must be.
    pub(crate) fn step(&mut self, chunk: &Chunk, step: &Step) -> Result<(), Complaint> {
        let Step { due, seen, .. } = step;
        if due.starts_day() {
            self.feed = ItchReader::default();
            self.clients.values_mut().for_each(OuchReader::next_day);
        }
        // A day begins with the orders by their names before its first command.
        let at_start = if due.starts_day() { self.references.clone() } else { BTreeMap::new() };
        let matches = self.read_answers(&chunk.answers, due)?;
        self.read_feed(&chunk.feed, (&matches, &at_start), due)?;
        let is_day_over =
            self.feed.is_day_over() && !self.clients.values().any(OuchReader::is_open);
        if is_day_over != due.ends_day() {
            return differs("the day ends, or does not", &due.ends_day(), &is_day_over);
        }
        self.compare_clients(seen)?;
        self.compare_feed(seen)
    }

    fn read_answers(
        &mut self,
        answers: &BTreeMap<SessionId, Vec<u8>>,
        due: &Due,
    ) -> Result<Matches, Complaint> {
        let mut matches = Matches::new();
        let given = self.references.len() as u64;
        if !answers.keys().eq(due.answers.keys()) {
            return differs("the sessions that are told something", &due.answers, &answers.keys());
        }
        for ((session, stream), told_due) in answers.iter().zip(due.answers.values()) {
            let mut told = self.clients.entry(*session).or_default().read(stream)?;
            for answer in &mut told {
                *self.counts[1].entry(answer.kind).or_default() += 1;
                self.note(answer, &mut matches, due)?;
            }
            if told != *told_due {
                return differs(&format!("what session {session} is told"), told_due, &told);
            }
        }
        if let Some(found) = matches.iter().find(|(_, (_, count))| *count != 2) {
            return differs("two parties are told of each match", &2, &found);
        }
        let last = given + due.reference_count;
        if !self.references.keys().copied().eq(1..=last) {
            return differs("numbers of orders are counted", &last, &self.references.keys());
        }
        Ok(matches)
    }

    /// Notes the numbers of an answer, which the model does not know, and takes them out of it.
    fn note(
        &mut self,
        answer: &mut Answer,
        matches: &mut Matches,
        due: &Due,
    ) -> Result<(), Complaint> {
        if answer.reference > 0
            && let Some(before) = self.references.insert(answer.reference, answer.number)
        {
            // The order keeps its place under another name, or with another session.
            let of_another = || due.answers.values().flatten().any(|it| is_loss_of(it, before));
            let is_kept = match answer.kind {
                b'U' => answer.detail == u64::from(before),
                b'A' => of_another(),
                _ => false,
            };
            if !is_kept {
                return differs("numbers of the feed name one order", &before, answer);
            }
        }
        if answer.kind == b'E' {
            let entry = matches.entry(answer.match_number).or_insert((answer.quantity, 0));
            entry.1 += 1;
            if entry.0 != answer.quantity {
                return differs("both parties trade the same", &entry.0, answer);
            }
        }
        (answer.reference, answer.match_number) = (0, 0);
        Ok(())
    }

    fn read_feed(
        &mut self,
        feed: &[u8],
        (matches, at_start): (&Matches, &BTreeMap<u64, u32>),
        due: &Due,
    ) -> Result<(), Complaint> {
        let mut told = self.feed.read(feed)?;
        if !open_at_start(&mut told).is_sorted_by_key(|fact| fact.reference) {
            return differs("a day begins with the orders by their numbers", &"", &told);
        }
        let crosses = told.iter().filter(|it| it.kind == b'Q').map(|it| it.match_number);
        let mut given: Vec<u64> = matches.keys().copied().chain(crosses).collect();
        given.sort_unstable();
        let last = self.last_match + due.match_count;
        if !given.iter().copied().eq(self.last_match + 1..=last) {
            return differs("numbers of trades are counted", &last, &given);
        }
        self.last_match = last;
        for fact in &told {
            *self.counts[0].entry(fact.kind).or_default() += 1;
        }
        let opened = told.iter().position(is_opening).unwrap_or_default();
        let (start, others) = told.split_at_mut(opened);
        start.iter_mut().try_for_each(|fact| resolve(fact, at_start, matches))?;
        others.iter_mut().try_for_each(|fact| resolve(fact, &self.references, matches))?;
        // The model lists what is open at the beginning of a day in another order.
        let mut due = due.feed.clone();
        for facts in [&mut told, &mut due] {
            open_at_start(facts).sort_by_key(|fact| fact.reference);
        }
        if told == due { Ok(()) } else { differs("what the feed says", &due, &told) }
    }

    /// What each client has open is what the engine has open of its session.
    fn compare_clients(&self, seen: &Seen) -> Result<(), Complaint> {
        let none = BTreeMap::new();
        for (session, client) in &self.clients {
            let known = client.orders().iter().map(|(number, order)| {
                (*number, (order.open, order.side, order.price, order.symbol))
            });
            let known: BTreeMap<_, _> = known.collect();
            let open = seen.open.get(session).unwrap_or(&none);
            if known != *open {
                return differs(&format!("what session {session} has open"), open, &known);
            }
        }
        match seen.open.keys().find(|session| !self.clients.contains_key(session)) {
            None => Ok(()),
            Some(session) => differs("a session with open orders was told of them", session, &""),
        }
    }

    /// The books of the feed are those of the engine, and its numbers are those that clients know.
    fn compare_feed(&self, seen: &Seen) -> Result<(), Complaint> {
        let orders = self.clients.values().flat_map(OuchReader::orders);
        let live: Vec<(u64, u32)> = orders.map(|(number, it)| (it.reference, *number)).collect();
        let by_reference: BTreeMap<u64, u32> = live.iter().copied().collect();
        if by_reference.len() != live.len() {
            return differs("open orders have different numbers in the feed", &"", &live);
        }
        let locates: Vec<u16> = self.feed.locates().collect();
        if locates.len() != seen.markets.len() {
            return differs("every instrument is listed", &seen.markets.len(), &locates);
        }
        for (locate, market) in locates.into_iter().zip(&seen.markets) {
            let said = (self.feed.stock(locate), self.feed.state(locate));
            if said != (Some(market.stock), market.state) {
                return differs("how an instrument trades", market, &said);
            }
            for (side, resting) in [Side::Buy, Side::Sell].into_iter().zip(&market.sides) {
                let shown = self.feed.orders(locate, side).into_iter().map(|(reference, shown)| {
                    let number = by_reference.get(&reference).copied().unwrap_or_default();
                    (number, u64::from(shown.price), shown.shares)
                });
                let shown: Vec<_> = shown.collect();
                if shown != *resting {
                    return differs("what the feed shows of a side", resting, &shown);
                }
            }
        }
        Ok(())
    }
}

/// Puts the client's number of its order into a fact, and takes the match number out of it.
fn resolve(
    fact: &mut Fact,
    references: &BTreeMap<u64, u32>,
    matches: &Matches,
) -> Result<(), Complaint> {
    if fact.reference > 0 {
        let Some(number) = references.get(&fact.reference) else {
            return differs("a client was told of the order", &"", fact);
        };
        fact.reference = (*number).into();
    }
    let said = matches.get(&fact.match_number);
    match fact.kind {
        b'E' if said.is_none_or(|it| it.0 != fact.shares) => {
            return differs("both parties were told of the trade", &said, fact);
        }
        b'C' if said.is_none_or(|it| it.0 < fact.shares) => {
            return differs("both parties were told of the auction's trade", &said, fact);
        }
        b'Q' if said.is_some() => {
            return differs("an auction has a match number of its own", &said, fact);
        }
        _ => {}
    }
    fact.match_number = 0;
    Ok(())
}

/// Whether a session loses the order with this number.
const fn is_loss_of(answer: &Answer, number: u32) -> bool {
    answer.kind == b'C' && answer.number == number
}

/// The orders that a day begins with: they stand directly before the market opens.
fn open_at_start(facts: &mut [Fact]) -> &mut [Fact] {
    let end = facts.iter().position(is_opening).unwrap_or_default();
    let before = facts[..end].iter().rposition(|it| !matches!(it.kind, b'A' | b'F'));
    &mut facts[before.map_or(0, |it| it + 1)..end]
}

fn differs<T>(what: &str, due: &dyn fmt::Debug, found: &dyn fmt::Debug) -> Result<T, Complaint> {
    Err(Complaint::Differs(format!("{what}:\n  due   {due:?}\n  found {found:?}")))
}

/// Whether the market opens.
fn is_opening(fact: &Fact) -> bool {
    is_event(fact, b'Q')
}
