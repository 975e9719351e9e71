//! The floor: the least work that the mix flow can cost, to hold a book against.
//!
//! A flat array of levels with a two-level bitmap and queues linked by numbers; orders are found by
//! their number directly. It checks nothing, makes no events, knows one instrument, prices below
//! 65,536 and limit orders only.

use crate::flow::{Operation, OperationKind};
use highwater::types::Side;

/// What the trades of a flow add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trades {
    /// How many.
    pub count: u64,
    /// Lots that were traded.
    pub volume: u64,
    /// FNV-1a over maker, taker, price and quantity of each, word by word.
    pub hash: u64,
}

impl Default for Trades {
    fn default() -> Self {
        Self { count: 0, volume: 0, hash: 0xcbf2_9ce4_8422_2325 }
    }
}

impl Trades {
    /// Adds the next trade.
    #[inline]
    pub fn add(&mut self, maker: u64, taker: u64, price: u32, quantity: u64) {
        self.count += 1;
        self.volume += quantity;
        for word in [maker, taker, u64::from(price), quantity] {
            self.hash = (self.hash ^ word).wrapping_mul(0x100_0000_01b3);
        }
    }
}

const PRICES: usize = 1 << 16;

#[derive(Clone, Copy, Default)]
struct Level {
    head: u32,
    tail: u32,
}

#[derive(Clone, Copy, Default)]
struct Node {
    prev: u32,
    next: u32,
    quantity: u32,
    /// The price twice, and 1 more for an order that sells.
    price_side: u32,
}

/// One side: its levels by price, and which of them hold orders.
struct Ladder {
    levels: Vec<Level>,
    marks: Box<[u64; PRICES / 64]>,
    summary: [u64; PRICES / 64 / 64],
}

impl Ladder {
    fn new() -> Self {
        Self {
            levels: vec![Level::default(); PRICES],
            marks: vec![0; PRICES / 64].try_into().expect("as long as it says"),
            summary: [0; PRICES / 64 / 64],
        }
    }

    #[inline]
    fn mark(&mut self, price: u32) {
        let word = index(price >> 6);
        self.marks[word] |= 1 << (price & 63);
        self.summary[word >> 6] |= 1 << (word & 63);
    }

    #[inline]
    fn unmark(&mut self, price: u32) {
        let word = index(price >> 6);
        self.marks[word] &= !(1 << (price & 63));
        if self.marks[word] == 0 {
            self.summary[word >> 6] &= !(1 << (word & 63));
        }
    }

    /// The lowest marked price from `price` upwards.
    #[inline]
    fn up(&self, price: u32) -> Option<u32> {
        let word = index(price >> 6);
        let here = self.marks.get(word)? & (!0 << (price & 63));
        if here != 0 {
            return Some(price & !63 | here.trailing_zeros());
        }
        let next = word + 1;
        let mut at = next >> 6;
        let mut map = self.summary.get(at)? & (!0 << (next & 63));
        while map == 0 {
            at += 1;
            map = *self.summary.get(at)?;
        }
        let word = number(at) << 6 | map.trailing_zeros();
        Some(word << 6 | self.marks[index(word)].trailing_zeros())
    }

    /// The highest marked price from `price` downwards.
    #[inline]
    fn down(&self, price: u32) -> Option<u32> {
        let word = index(price >> 6);
        let here = self.marks[word] & (!0 >> (63 - (price & 63)));
        if here != 0 {
            return Some(price & !63 | (63 ^ here.leading_zeros()));
        }
        let next = word.checked_sub(1)?;
        let mut at = next >> 6;
        let mut map = self.summary[at] & (!0 >> (63 - (next & 63)));
        while map == 0 {
            at = at.checked_sub(1)?;
            map = self.summary[at];
        }
        let word = number(at) << 6 | (63 ^ map.leading_zeros());
        Some(word << 6 | (63 ^ self.marks[index(word)].leading_zeros()))
    }
}

/// The ladders of both sides, and the orders by their number.
pub struct Floor {
    bids: Ladder,
    asks: Ladder,
    best_bid: Option<u32>,
    best_ask: Option<u32>,
    nodes: Vec<Node>,
    trades: Trades,
}

impl std::fmt::Debug for Floor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Floor").field("trades", &self.trades).finish_non_exhaustive()
    }
}

impl Floor {
    /// An empty floor for orders with numbers below `order_end`.
    ///
    /// # Panics
    ///
    /// When they are too many for the memory.
    pub fn new(order_end: u64) -> Self {
        Self {
            bids: Ladder::new(),
            asks: Ladder::new(),
            best_bid: None,
            best_ask: None,
            nodes: vec![Node::default(); usize::try_from(order_end).expect("fits memory") + 1],
            trades: Trades::default(),
        }
    }

    /// The trades so far.
    pub fn trades(&self) -> Trades {
        self.trades
    }

    /// Executes the next operation.
    #[inline]
    pub fn apply(&mut self, operation: &Operation) {
        match operation.kind {
            OperationKind::Add => self.add(operation),
            OperationKind::Cancel => self.unlink(slot_of(operation.order)),
            OperationKind::Replace => {
                self.unlink(slot_of(operation.order));
                self.add(operation);
            }
        }
    }

    #[inline]
    fn add(&mut self, operation: &Operation) {
        let Operation { order, price, quantity, side, is_immediate, .. } = *operation;
        let is_sell = side == Side::Sell;
        let mut remaining = quantity;
        if is_sell {
            while remaining > 0
                && let Some(best) = self.best_bid
                && best >= price
            {
                remaining = self.hit::<true>(order, best, remaining);
                if self.bids.levels[index(best)].head == 0 {
                    self.bids.unmark(best);
                    self.best_bid = self.bids.down(best);
                }
            }
        } else {
            while remaining > 0
                && let Some(best) = self.best_ask
                && best <= price
            {
                remaining = self.hit::<false>(order, best, remaining);
                if self.asks.levels[index(best)].head == 0 {
                    self.asks.unmark(best);
                    self.best_ask = self.asks.up(best);
                }
            }
        }
        if remaining > 0 && !is_immediate {
            self.rest(operation, remaining);
        }
    }

    #[inline]
    fn rest(&mut self, operation: &Operation, quantity: u32) {
        let Operation { order, price, side, .. } = *operation;
        let is_sell = side == Side::Sell;
        let order = slot_of(order);
        let ladder = if is_sell { &mut self.asks } else { &mut self.bids };
        let level = &mut ladder.levels[index(price)];
        let last = level.tail;
        level.tail = order;
        self.nodes[index(order)] =
            Node { prev: last, next: 0, quantity, price_side: price << 1 | u32::from(is_sell) };
        if last != 0 {
            self.nodes[index(last)].next = order;
            return;
        }
        level.head = order;
        ladder.mark(price);
        if is_sell {
            if self.best_ask.is_none_or(|best| price < best) {
                self.best_ask = Some(price);
            }
        } else if self.best_bid.is_none_or(|best| price > best) {
            self.best_bid = Some(price);
        }
    }

    #[inline]
    fn unlink(&mut self, order: u32) {
        let Node { prev, next, price_side, .. } = self.nodes[index(order)];
        let (price, is_sell) = (price_side >> 1, price_side & 1 == 1);
        let ladder = if is_sell { &mut self.asks } else { &mut self.bids };
        let level = &mut ladder.levels[index(price)];
        if prev == 0 {
            level.head = next;
        } else {
            self.nodes[index(prev)].next = next;
        }
        if next == 0 {
            level.tail = prev;
        } else {
            self.nodes[index(next)].prev = prev;
        }
        if level.head != 0 {
            return;
        }
        ladder.unmark(price);
        if is_sell && self.best_ask == Some(price) {
            self.best_ask = ladder.up(price);
        } else if !is_sell && self.best_bid == Some(price) {
            self.best_bid = ladder.down(price);
        }
    }

    /// Trades with the level at `best`; returns what is left.
    #[inline]
    fn hit<const BIDS: bool>(&mut self, taker: u64, best: u32, mut remaining: u32) -> u32 {
        let ladder = if BIDS { &mut self.bids } else { &mut self.asks };
        let level = &mut ladder.levels[index(best)];
        while remaining > 0 && level.head != 0 {
            let maker = level.head;
            let node = &mut self.nodes[index(maker)];
            let traded = node.quantity.min(remaining);
            self.trades.add(u64::from(maker), taker, best, u64::from(traded));
            remaining -= traded;
            node.quantity -= traded;
            if node.quantity == 0 {
                level.head = node.next;
                if level.head == 0 {
                    level.tail = 0;
                } else {
                    self.nodes[index(level.head)].prev = 0;
                }
            }
        }
        remaining
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a flow has fewer orders than 32 bits count")]
fn slot_of(order: u64) -> u32 {
    order as u32
}

#[expect(clippy::cast_possible_truncation, reason = "a place among few words")]
fn number(index: usize) -> u32 {
    index as u32
}

fn index(number: u32) -> usize {
    number as usize
}
