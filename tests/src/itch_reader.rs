//! A reader of an ITCH 5.0 feed: the books that follow from its bytes alone, and what is wrong with
//! them.
//!
//! It reads by the published layouts and shares nothing with the codecs or the publisher. It is
//! strict: what no reader of a feed could make sense of is a fault.

use crate::wire::{Fields, ReadFault, demand, split};
use highwater::types::Side;
use std::collections::{BTreeMap, BTreeSet};

/// The system events of a day, in their order.
const DAY: &[u8] = b"OSQMEC";

/// How many of them were said when the market is open.
const OPEN: usize = 3;

/// A message, as far as a book or a tape needs it; 0 where it does not say something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// Its type.
    pub kind: u8,
    /// Nanoseconds since midnight.
    pub time_ns: u64,
    /// The instrument's number.
    pub locate: u16,
    /// The order; the new one of U.
    pub reference: u64,
    /// How much.
    pub shares: u64,
    /// At which price, in ten-thousandths.
    pub price: u32,
    /// Which trade.
    pub match_number: u64,
    /// The letter of S, H and Q, the direction of I, the round lot of R, the firm of F as a number,
    /// whether C is to be printed.
    pub detail: u64,
}

/// What an order shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The instrument's number.
    pub locate: u16,
    /// Buy or sell.
    pub side: Side,
    /// Its price, in ten-thousandths.
    pub price: u32,
    /// How much.
    pub shares: u64,
}

/// An instrument that the feed has listed today.
#[derive(Clone, Copy, Debug)]
struct Listed {
    stock: [u8; 8],
    /// The letter of its last trading action.
    state: u8,
}

/// The reader of a feed.
#[derive(Clone, Debug, Default)]
pub struct ItchReader {
    number: u64,
    time_ns: u64,
    /// How many system events were said today.
    stage: usize,
    listed: BTreeMap<u16, Listed>,
    shown: BTreeMap<u64, Shown>,
    /// The orders of each price, first come first.
    queues: BTreeMap<(u16, Side, u32), Vec<u64>>,
    used: BTreeSet<u64>,
    /// The match number of the last execution.
    last_match: u64,
    /// The sides that each match number was said of.
    matched: BTreeMap<u64, [bool; 2]>,
}

impl ItchReader {
    /// Reads whole messages, each behind its length.
    ///
    /// # Errors
    /// One of them is wrong; the reader must not be used any more.
    pub fn read(&mut self, mut stream: &[u8]) -> Result<Vec<Fact>, ReadFault> {
        let mut facts = Vec::new();
        while !stream.is_empty() {
            self.number += 1;
            let read = split(stream)
                .and_then(|(message, rest)| self.message(message).map(|fact| (fact, rest)));
            let (fact, rest) = read.map_err(|what| ReadFault { number: self.number, what })?;
            facts.push(fact);
            stream = rest;
        }
        Ok(facts)
    }

    /// How many messages it has read today.
    pub const fn count(&self) -> u64 {
        self.number
    }

    /// Whether everything of the day was said.
    pub const fn is_day_over(&self) -> bool {
        self.stage == DAY.len()
    }

    /// The numbers of the instruments that are listed.
    pub fn locates(&self) -> impl Iterator<Item = u16> {
        self.listed.keys().copied()
    }

    /// How an instrument trades: T, Q, H or P; 0 where that was not said.
    pub fn state(&self, locate: u16) -> u8 {
        self.listed.get(&locate).map_or(0, |listed| listed.state)
    }

    /// An instrument's name, padded with spaces.
    pub fn stock(&self, locate: u16) -> Option<[u8; 8]> {
        self.listed.get(&locate).map(|listed| listed.stock)
    }

    /// The orders of a side in the order in which they trade.
    pub fn orders(&self, locate: u16, side: Side) -> Vec<(u64, Shown)> {
        let levels = self.queues.range((locate, side, 0)..=(locate, side, u32::MAX));
        let mut queues: Vec<&Vec<u64>> = levels.map(|(_, queue)| queue).collect();
        if side == Side::Buy {
            queues.reverse();
        }
        queues.into_iter().flatten().map(|reference| (*reference, self.shown[reference])).collect()
    }

    fn message(&mut self, message: Fields<'_>) -> Result<Fact, String> {
        let kind = message.kind();
        let length = length_of(kind).ok_or_else(|| format!("type {kind:#04x} is unknown"))?;
        demand(message.length() == length, "its length is wrong")?;
        let time_ns = message.number(5, 6);
        demand(time_ns >= self.time_ns, "its time is before that of the message before it")?;
        self.time_ns = time_ns;
        let locate = u16::try_from(message.number(1, 2)).expect("2 bytes");
        let fact = Fact { kind, time_ns, locate, ..Fact::default() };
        if kind == b'S' {
            return self.system_event(message, fact);
        }
        demand(self.stage > 0, "the day has not begun")?;
        demand(self.stage + 1 < DAY.len(), "the day has ended")?;
        if kind == b'R' {
            return self.directory(message, fact);
        }
        demand(self.listed.contains_key(&locate), "its instrument is not listed")?;
        match kind {
            b'H' => self.trading_action(message, fact),
            b'A' | b'F' => self.add(message, fact),
            b'D' | b'X' | b'U' => self.change(message, fact),
            _ => {
                demand(self.stage == OPEN, "the market is not open")?;
                self.trade(message, fact)
            }
        }
    }

    fn system_event(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        demand(fact.locate == 0, "it is of one instrument")?;
        let letter = message.0[11];
        demand(DAY.get(self.stage) == Some(&letter), "it is not the next event of the day")?;
        self.stage += 1;
        Ok(Fact { detail: letter.into(), ..fact })
    }

    fn directory(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        let stock = message.text(11)?;
        demand(stock[0] != b' ', "its instrument has no name")?;
        message.letter(25, b"YN")?;
        message.letter(29, b"PT")?;
        demand(fact.locate > 0, "its instrument has no number")?;
        let before = self.listed.insert(fact.locate, Listed { stock, state: 0 });
        demand(before.is_none(), "its instrument is listed twice")?;
        let is_twin = |(locate, it): (&u16, &Listed)| *locate != fact.locate && it.stock == stock;
        demand(!self.listed.iter().any(is_twin), "another instrument has its name")?;
        Ok(Fact { detail: message.number(21, 4), ..fact })
    }

    fn trading_action(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        self.stock_at(message, 11)?;
        let state = message.letter(19, b"HPQT")?;
        let listed = self.listed.get_mut(&fact.locate).expect("it is listed");
        demand(listed.state != state, "it changes nothing")?;
        listed.state = state;
        Ok(Fact { detail: state.into(), ..fact })
    }

    fn add(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        demand(self.stage <= OPEN, "the market is closed")?;
        self.stock_at(message, 24)?;
        let mut detail = 0;
        if fact.kind == b'F' {
            let firm: [u8; 4] = message.text(36)?;
            demand(firm != *b"    ", "it names no firm")?;
            detail = message.number(36, 4);
        }
        let shown = Shown {
            locate: fact.locate,
            side: side_at(message, 19)?,
            price: message.number32(32),
            shares: message.number(20, 4),
        };
        self.join(message.number(11, 8), shown)?;
        Ok(Fact {
            reference: message.number(11, 8),
            shares: shown.shares,
            price: shown.price,
            detail,
            ..fact
        })
    }

    /// D, X and U: an order that nobody traded with.
    fn change(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        let reference = message.number(11, 8);
        let shown = self.live(reference, fact.locate)?;
        let fact = Fact { reference, ..fact };
        match fact.kind {
            b'D' => {
                self.leave(reference);
                Ok(fact)
            }
            b'X' => {
                let shares = message.number(19, 4);
                demand(shares > 0 && shares < shown.shares, "it leaves nothing, or takes nothing")?;
                self.take(reference, shares)?;
                Ok(Fact { shares, ..fact })
            }
            _ => {
                self.leave(reference);
                let reference = message.number(19, 8);
                let (shares, price) = (message.number(27, 4), message.number32(31));
                self.join(reference, Shown { price, shares, ..shown })?;
                Ok(Fact { reference, shares, price, ..fact })
            }
        }
    }

    /// E, C, Q, P and I.
    fn trade(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        match fact.kind {
            b'E' | b'C' => self.executed(message, fact),
            b'Q' => {
                self.stock_at(message, 19)?;
                let letter = message.letter(39, b"OCHA")?;
                let (price, match_number) = (message.number32(27), message.number(31, 8));
                self.matches(match_number, [true, true])?;
                let shares = message.number(11, 8);
                demand((shares == 0) == (price == 0), "shares and price do not fit")?;
                Ok(Fact { shares, price, match_number, detail: letter.into(), ..fact })
            }
            b'P' => {
                self.stock_at(message, 24)?;
                side_at(message, 19)?;
                let match_number = message.number(36, 8);
                self.matches(match_number, [true, true])?;
                let (shares, price) = (message.number(20, 4), message.number32(32));
                Ok(Fact { shares, price, match_number, ..fact })
            }
            _ => {
                self.stock_at(message, 28)?;
                message.letter(48, b"OCHA")?;
                let letter = message.letter(27, b"BSNOP")?;
                let (shares, price) = (message.number(11, 8), message.number32(36));
                Ok(Fact { shares, price, detail: letter.into(), ..fact })
            }
        }
    }

    fn executed(&mut self, message: Fields<'_>, fact: Fact) -> Result<Fact, String> {
        let (reference, shares) = (message.number(11, 8), message.number(19, 4));
        let shown = self.live(reference, fact.locate)?;
        let match_number = message.number(23, 8);
        let (price, sides, detail) = if fact.kind == b'E' {
            (shown.price, [true, true], 0)
        } else {
            let sides = [shown.side == Side::Buy, shown.side == Side::Sell];
            (message.number32(32), sides, message.letter(31, b"YN")?)
        };
        demand(price > 0, "it has no price")?;
        self.matches(match_number, sides)?;
        demand(match_number >= self.last_match, "it traded before the trade that is told before")?;
        self.last_match = match_number;
        self.take(reference, shares)?;
        Ok(Fact { reference, shares, price, match_number, detail: detail.into(), ..fact })
    }

    /// Notes the sides of a trade, which nobody may have told of before.
    fn matches(&mut self, match_number: u64, sides: [bool; 2]) -> Result<(), String> {
        let before = self.matched.entry(match_number).or_default();
        for (before, side) in before.iter_mut().zip(sides) {
            demand(!(*before && side), "its match number was used before")?;
            *before |= side;
        }
        Ok(())
    }

    fn stock_at(&self, message: Fields<'_>, at: usize) -> Result<(), String> {
        let locate = u16::try_from(message.number(1, 2)).expect("2 bytes");
        let is_same = self.stock(locate) == Some(message.bytes(at));
        demand(is_same, "its instrument has another name")
    }

    fn live(&self, reference: u64, locate: u16) -> Result<Shown, String> {
        let shown = self.shown.get(&reference).copied();
        let shown = shown.ok_or_else(|| format!("order {reference} is not shown"))?;
        demand(shown.locate == locate, "its order is of another instrument")?;
        Ok(shown)
    }

    fn join(&mut self, reference: u64, shown: Shown) -> Result<(), String> {
        demand(shown.shares > 0 && shown.price > 0, "it shows nothing, or has no price")?;
        demand(self.used.insert(reference), "its order's number was used before")?;
        self.shown.insert(reference, shown);
        self.queues.entry((shown.locate, shown.side, shown.price)).or_default().push(reference);
        Ok(())
    }

    fn take(&mut self, reference: u64, shares: u64) -> Result<(), String> {
        let shown = self.shown.get_mut(&reference).expect("it is shown");
        demand(shares > 0 && shares <= shown.shares, "it takes more than is shown, or nothing")?;
        shown.shares -= shares;
        if shown.shares == 0 {
            self.leave(reference);
        }
        Ok(())
    }

    fn leave(&mut self, reference: u64) {
        let shown = self.shown.remove(&reference).expect("it is shown");
        let level = (shown.locate, shown.side, shown.price);
        let queue = self.queues.get_mut(&level).expect("it has a place");
        queue.retain(|other| *other != reference);
        if queue.is_empty() {
            self.queues.remove(&level);
        }
    }
}

fn side_at(message: Fields<'_>, at: usize) -> Result<Side, String> {
    message.letter(at, b"BS").map(|it| if it == b'B' { Side::Buy } else { Side::Sell })
}

/// How long a message of this type is; `None` for those that no book needs.
const fn length_of(kind: u8) -> Option<usize> {
    Some(match kind {
        b'S' => 12,
        b'R' => 39,
        b'H' => 25,
        b'A' | b'C' => 36,
        b'F' | b'Q' => 40,
        b'E' => 31,
        b'X' => 23,
        b'D' => 19,
        b'U' => 35,
        b'P' => 44,
        b'I' => 50,
        _ => return None,
    })
}
