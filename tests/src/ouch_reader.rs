//! A reader of one session's OUCH 5.0 answers: its open orders, as they follow from the bytes
//! alone, and what is wrong with them.
//!
//! It reads by the published layouts and shares nothing with the codecs or the publisher. It is
//! strict: what no client could make sense of is a fault.

use crate::wire::{Fields, ReadFault, demand, split};
use highwater::types::Side;
use std::collections::BTreeMap;

/// The price of an order that has no limit.
pub const NO_LIMIT: u64 = 0x7FFF_FFFF;

/// The letters of how an order is shown.
const DISPLAYS: &[u8] = b"AYNPIMWLOTQZmn";

/// A message, as far as a client needs it; 0 where it does not say something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its type.
    pub kind: u8,
    /// Nanoseconds since midnight.
    pub time_ns: u64,
    /// The order or the request; the order's new name of U; the next number of Q.
    pub number: u32,
    /// How much.
    pub quantity: u64,
    /// A limit, or the price of a trade, in ten-thousandths.
    pub price: u64,
    /// The order's number in the feed.
    pub reference: u64,
    /// Which trade.
    pub match_number: u64,
    /// The order state of A, the name before of U, the reason of C and J, the flag of E, the side
    /// of X (0 for both), the event of S.
    pub detail: u64,
    /// The user's own words, of A, U and J; the firm of G and K; firm and symbol of X; spaces
    /// elsewhere.
    pub words: [u8; 14],
    /// What A and U repeat of the order; of T the display.
    pub echo: Echo,
}

/// What an order asked for, as A and U repeat it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Echo {
    /// Side, time in force, display, capacity, sweep, cross.
    pub letters: [u8; 6],
    /// The instrument's name, padded with spaces.
    pub symbol: [u8; 8],
    /// The firm; 0 for the port's own.
    pub firm: [u8; 4],
    /// The minimum quantity; 0 for none.
    pub minimum: u32,
    /// How much a reserve order shows; 0 for all.
    pub floor: u32,
    /// P for an order that may only add liquidity; 0 for others.
    pub post_only: u8,
    /// How many seconds the order lives; 0 where that is not said.
    pub expire_seconds: u32,
    /// R or N; 0 where that is not said.
    pub customer: u8,
    /// The group; 0 for none.
    pub group: u16,
}

/// An open order as its client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientOrder {
    /// How much is open.
    pub open: u64,
    /// Its number in the feed.
    pub reference: u64,
    /// Buy or sell.
    pub side: Side,
    /// Its limit, in ten-thousandths; [`NO_LIMIT`] for none.
    pub price: u64,
    /// Its instrument's name, padded with spaces.
    pub symbol: [u8; 8],
}

/// Where in its day a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Before,
    Open,
    Ended,
}

/// The reader of a session's answers.
#[derive(Clone, Debug, Default)]
pub struct OuchReader {
    number: u64,
    time_ns: u64,
    stage: Stage,
    last_match: u64,
    orders: BTreeMap<u32, ClientOrder>,
}

impl OuchReader {
    /// Reads whole messages, each behind its length.
    ///
    /// # Errors
    /// One of them is wrong; the reader must not be used any more.
    pub fn read(&mut self, mut stream: &[u8]) -> Result<Vec<Answer>, ReadFault> {
        let mut answers = Vec::new();
        while !stream.is_empty() {
            self.number += 1;
            let read = split(stream)
                .and_then(|(message, rest)| self.message(message).map(|answer| (answer, rest)));
            let (answer, rest) = read.map_err(|what| ReadFault { number: self.number, what })?;
            answers.push(answer);
            stream = rest;
        }
        Ok(answers)
    }

    /// The open orders, by their numbers.
    pub const fn orders(&self) -> &BTreeMap<u32, ClientOrder> {
        &self.orders
    }

    /// How many messages it has read today.
    pub const fn count(&self) -> u64 {
        self.number
    }

    /// Whether the day has begun and not ended.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// A new day's stream begins; orders stay open.
    pub fn next_day(&mut self) {
        *self = Self { orders: std::mem::take(&mut self.orders), ..Self::default() };
    }

    fn message(&mut self, message: Fields<'_>) -> Result<Answer, String> {
        let kind = message.kind();
        let (fixed, has_elements) =
            length_of(kind).ok_or_else(|| format!("type {kind:#04x} is unknown"))?;
        demand(message.length() >= fixed, "it is too short")?;
        let elements = if has_elements || message.length() > fixed {
            demand(kind != b'S', "it is too long")?;
            message.elements(fixed)?
        } else {
            Vec::new()
        };
        check_elements(&elements)?;
        let time_ns = message.number(1, 8);
        demand(time_ns >= self.time_ns, "its time is before that of the message before it")?;
        self.time_ns = time_ns;
        let answer = Answer { kind, time_ns, words: [b' '; 14], ..Answer::default() };
        if kind == b'S' {
            return self.system_event(message, answer);
        }
        demand(self.stage == Stage::Open, "the day has not begun, or has ended")?;
        let answer = Answer { number: message.number32(9), ..answer };
        match kind {
            b'A' => {
                let echo = Echo { letters: letters_at(message, 13, 44)?, ..echo_of(&elements)? };
                self.accepted(message, Answer { echo, ..answer })
            }
            b'U' => {
                let echo = Echo { letters: letters_at(message, 17, 48)?, ..echo_of(&elements)? };
                self.replaced(message, Answer { echo, ..answer })
            }
            b'C' | b'E' => self.less(message, answer),
            b'R' | b'T' => self.renumbered(message, &elements, answer),
            b'J' => {
                let reason = message.number(13, 2);
                demand((1..0x40).contains(&reason), "its reason is unknown")?;
                Ok(Answer { detail: reason, words: message.text(15)?, ..answer })
            }
            _ => requested(message, &elements, answer),
        }
    }

    fn system_event(&mut self, message: Fields<'_>, answer: Answer) -> Result<Answer, String> {
        let letter = message.0[9];
        self.stage = match (self.stage, letter) {
            (Stage::Before, b'S') => Stage::Open,
            (Stage::Open, b'E') => Stage::Ended,
            _ => return Err("it is not the next event of the day".to_owned()),
        };
        Ok(Answer { detail: letter.into(), ..answer })
    }

    fn accepted(&mut self, message: Fields<'_>, answer: Answer) -> Result<Answer, String> {
        let order = order_at(message, 13, 36)?;
        let state = message.letter(47, b"LD")?;
        demand(!self.orders.contains_key(&answer.number), "the order is open already")?;
        if state == b'L' {
            self.orders.insert(answer.number, order);
        }
        let words = message.text(48)?;
        Ok(of_order(Answer { detail: state.into(), words, ..answer }, order))
    }

    fn replaced(&mut self, message: Fields<'_>, answer: Answer) -> Result<Answer, String> {
        let (before, number) = (answer.number, message.number32(13));
        let order = order_at(message, 17, 40)?;
        let gone = self.orders.remove(&before).ok_or("the order before is not open")?;
        let is_same = (gone.side, gone.symbol) == (order.side, order.symbol);
        demand(is_same, "it has another side or instrument than before")?;
        demand(order.reference >= gone.reference, "its number in the feed is older than before")?;
        message.letter(51, b"L")?;
        let twin = self.orders.insert(number, order);
        demand(twin.is_none(), "its number is that of another open order")?;
        let words = message.text(52)?;
        Ok(of_order(Answer { number, detail: before.into(), words, ..answer }, order))
    }

    /// C and E.
    fn less(&mut self, message: Fields<'_>, answer: Answer) -> Result<Answer, String> {
        let quantity = message.number(13, 4);
        let order = self.orders.get_mut(&answer.number).ok_or("its order is not open")?;
        demand(quantity > 0 && quantity <= order.open, "it takes more than is open, or nothing")?;
        order.open -= quantity;
        let order = *order;
        if order.open == 0 {
            self.orders.remove(&answer.number);
        }
        if answer.kind == b'C' {
            let reason = message.letter(17, b"UITSDQZCKHXEFG")?;
            return Ok(Answer { quantity, detail: reason.into(), ..answer });
        }
        let price = message.number(17, 8);
        let is_worse = match order.side {
            Side::Buy => price > order.price,
            Side::Sell => price < order.price && order.price != NO_LIMIT,
        };
        demand(price > 0 && !is_worse, "its price is worse than the limit, or none")?;
        let flag = message.letter(25, b"ARMKL")?;
        let match_number = message.number(26, 8);
        // Both sides of a trade may be its client's.
        demand(match_number >= self.last_match, "it traded before the trade that is told before")?;
        self.last_match = match_number;
        Ok(Answer { quantity, price, match_number, detail: flag.into(), ..answer })
    }

    /// R and T: the order has another number in the feed.
    fn renumbered(
        &mut self,
        message: Fields<'_>,
        elements: &[(u8, Fields<'_>)],
        answer: Answer,
    ) -> Result<Answer, String> {
        let order = self.orders.get_mut(&answer.number).ok_or("its order is not open")?;
        let mut echo = Echo::default();
        let (reference, quantity, price) = if answer.kind == b'R' {
            message.letter(13, b"R")?;
            let value = |tag| elements.iter().find(|it| it.0 == tag).map(|it| it.1);
            let reference = value(1).ok_or("it has no new number")?.number(0, 8);
            (reference, value(22).ok_or("it does not say what it shows")?.number(0, 4), 0)
        } else {
            echo.letters[2] = message.letter(21, DISPLAYS)?;
            (message.number(22, 8), 0, message.number(13, 8))
        };
        demand(reference > order.reference, "its number in the feed is not a new one")?;
        demand(quantity <= order.open, "it shows more than is open")?;
        demand(price == 0 || price == order.price, "it has another limit")?;
        order.reference = reference;
        Ok(Answer { quantity, price, reference, echo, ..answer })
    }
}

/// X, G, K and Q: answers to requests.
fn requested(
    message: Fields<'_>,
    elements: &[(u8, Fields<'_>)],
    answer: Answer,
) -> Result<Answer, String> {
    let mut words = answer.words;
    if answer.kind != b'Q' {
        words[..4].copy_from_slice(&message.text::<4>(13)?);
    }
    if answer.kind == b'X' {
        words[4..12].copy_from_slice(&message.text::<8>(17)?);
    }
    let side = elements.iter().find(|it| it.0 == 27);
    let detail = side.map_or(Ok(0), |(_, value)| value.letter(0, b"BS"))?;
    Ok(Answer { detail: detail.into(), words, ..answer })
}

/// The order of A and U, whose side and reference stand at these places.
fn order_at(message: Fields<'_>, side: usize, reference: usize) -> Result<ClientOrder, String> {
    let letter = message.letter(side, b"BSTE")?;
    let order = ClientOrder {
        open: message.number(side + 1, 4),
        reference: message.number(reference, 8),
        side: if letter == b'B' { Side::Buy } else { Side::Sell },
        price: message.number(side + 13, 8),
        symbol: message.text(side + 5)?,
    };
    demand(order.open > 0, "it is of nothing")?;
    demand((1..=NO_LIMIT).contains(&order.price), "its price is none")?;
    demand(order.reference > 0, "it has no number in the feed")?;
    Ok(order)
}

/// Side, time in force and display of A and U, and what stands behind the reference.
fn letters_at(message: Fields<'_>, side: usize, capacity: usize) -> Result<[u8; 6], String> {
    Ok([
        message.letter(side, b"BSTE")?,
        message.letter(side + 21, b"0356E")?,
        message.letter(side + 22, DISPLAYS)?,
        message.letter(capacity, b"OAPR")?,
        message.letter(capacity + 1, b"YN")?,
        message.letter(capacity + 2, b"NOCHSREA")?,
    ])
}

/// What the elements of A and U say.
fn echo_of(elements: &[(u8, Fields<'_>)]) -> Result<Echo, String> {
    let mut echo = Echo::default();
    for (tag, value) in elements {
        let number = value.number(0, value.length());
        demand(number > 0, "an element says nothing")?;
        match tag {
            2 => echo.firm = value.text(0)?,
            3 => echo.minimum = value.number32(0),
            4 => echo.customer = value.letter(0, b"RN")?,
            5 => echo.floor = value.number32(0),
            12 => echo.post_only = value.letter(0, b"P")?,
            15 => echo.expire_seconds = value.number32(0),
            24 => echo.group = u16::try_from(number).expect("2 bytes"),
            _ => return Err(format!("tag {tag} must not be there")),
        }
    }
    Ok(echo)
}

const fn of_order(answer: Answer, order: ClientOrder) -> Answer {
    let ClientOrder { open, reference, price, symbol, .. } = order;
    let echo = Echo { symbol, ..answer.echo };
    Answer { quantity: open, reference, price, echo, ..answer }
}

/// Bytes of a message without its elements and their length, and whether it always has these.
const fn length_of(kind: u8) -> Option<(usize, bool)> {
    Some(match kind {
        b'S' => (10, false),
        b'A' => (62, true),
        b'U' => (66, true),
        b'C' => (18, false),
        b'E' => (34, false),
        b'J' => (29, false),
        b'R' => (14, true),
        b'T' => (30, false),
        b'X' => (25, true),
        b'G' | b'K' => (17, true),
        b'Q' => (13, false),
        _ => return None,
    })
}

/// Each tag once, with as many bytes as it has.
fn check_elements(elements: &[(u8, Fields<'_>)]) -> Result<(), String> {
    for (index, (tag, value)) in elements.iter().enumerate() {
        let bytes = match tag {
            1 => 8,
            2 | 3 | 5 | 15 | 22 => 4,
            24 => 2,
            4 | 12 | 27 => 1,
            _ => return Err(format!("tag {tag} is unknown")),
        };
        demand(value.length() == bytes, "an element has the wrong length")?;
        let is_first = elements[..index].iter().all(|(other, _)| other != tag);
        demand(is_first, "a tag is there twice")?;
    }
    Ok(())
}
