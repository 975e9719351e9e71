//! The running hash: what every event says that is not said before, folded into one word.
//!
//! It is part of the log's format, so its words stay as they are. What a later version made events
//! say besides follows from the command and the events before it, and stays outside: side, price,
//! trigger and quantity of Accepted; the taker's side of Trade; side, price and what was shown of
//! Canceled; side and price of Reduced and Replenished; side and owner of Replaced, whose hash has
//! its session in the owner's place.

use super::{Event, EventKind};
use crate::types::{Phase, Side};

/// What the words of an event are multiplied by: odd constants without structure, the first digits
/// of the fractional parts of the square roots of the primes from 2 to 19.
const FACTORS: [u64; 8] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The digits of the golden ratio: odd, so that multiplying by it loses nothing.
const CHAIN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The sum of two words, each times its factor.
#[inline(always)]
#[expect(clippy::inline_always, reason = "two multiplications, often of a constant")]
const fn weighed(one: (u64, u64), other: (u64, u64)) -> u64 {
    one.0.wrapping_mul(one.1).wrapping_add(other.0.wrapping_mul(other.1))
}

impl Event {
    /// Folds this event into `hash`: the running hash, the same on every machine.
    ///
    /// The words of an event are weighed and added up modulo 2^64, side by side: no change of one
    /// of them gives the same sum, and one of several by chance only. The sum enters the chain
    /// through a step that can be undone, so that two chains that part never meet again without
    /// another difference. What the events of a command share is weighed once for all of them where
    /// the compiler sees them together.
    #[must_use]
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where the kind is known, most of this is not there")]
    pub fn fold_into(&self, hash: u64) -> u64 {
        let is_replaced = matches!(self.kind, EventKind::Replaced { .. });
        let owner = if is_replaced { self.session } else { self.owner };
        let place = self.routing().of(owner).word();
        let [w0, w1, w2, w3, w4, w5] = self.words();
        let [by_sequence, by_place, f0, f1, f2, f3, f4, f5] = FACTORS;
        // Spelled out: an iterator is at times left as a loop, with its words in memory.
        let shared = weighed((self.sequence.0, by_sequence), (place, by_place));
        let first = weighed((w0, f0), (w1, f1));
        let second = weighed((w2, f2), (w3, f3));
        let third = weighed((w4, f4), (w5, f5));
        let sum = shared.wrapping_add(first).wrapping_add(second).wrapping_add(third);
        (hash.rotate_left(25) ^ sum).wrapping_mul(CHAIN)
    }

    /// The kind's number with its small fields, and its large fields.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where the kind is known, most of this is not there")]
    fn words(&self) -> [u64; 6] {
        match self.kind {
            EventKind::Accepted { client_sequence, order, .. } => {
                [1, order.0, client_sequence.0, 0, 0, 0]
            }
            EventKind::Rejected { client_sequence, order, reason } => {
                [2 | reason.code() << 8, order.0, client_sequence.0, 0, 0, 0]
            }
            EventKind::Trade {
                maker,
                taker,
                maker_session,
                price,
                quantity,
                maker_remaining,
                taker_remaining,
                ..
            } => [
                3 | u64::from(price.ticks()) << 8 | u64::from(maker_session.0) << 40,
                maker.0,
                taker.0,
                quantity.lots(),
                maker_remaining.0,
                taker_remaining.0,
            ],
            EventKind::Rested { order, side, price, quantity, visible } => {
                let small = 4 | u64::from(price.ticks()) << 8 | side_code(side) << 40;
                [small, order.0, quantity.lots(), visible.lots(), 0, 0]
            }
            EventKind::Canceled { client_sequence, order, quantity, reason, .. } => {
                [5 | reason.code() << 8, order.0, client_sequence.0, quantity.lots(), 0, 0]
            }
            EventKind::Reduced { client_sequence, order, remaining, visible, .. } => {
                [6, order.0, client_sequence.0, remaining.lots(), visible.0, 0]
            }
            EventKind::Replaced {
                client_sequence,
                order,
                new_order,
                price,
                quantity,
                visible,
                kept_priority,
                ..
            } => [
                7 | u64::from(price.0) << 8 | u64::from(kept_priority) << 40,
                order.0,
                new_order.0,
                quantity.lots(),
                client_sequence.0,
                visible.0,
            ],
            EventKind::Triggered { order } => [12, order.0, 0, 0, 0, 0],
            EventKind::Replenished { order, visible, .. } => [13, order.0, visible.lots(), 0, 0, 0],
            EventKind::Noted { .. }
            | EventKind::AuctionTrade { .. }
            | EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::StateChanged { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => self.other_words(),
        }
    }

    /// The same for auctions, and for the answers to commands that are not about one order.
    fn other_words(&self) -> [u64; 6] {
        match self.kind {
            EventKind::AuctionTrade {
                buy,
                sell,
                sell_session,
                price,
                quantity,
                buy_remaining,
                sell_remaining,
            } => [
                0xe | u64::from(price.ticks()) << 8 | u64::from(sell_session.0) << 40,
                buy.0,
                sell.0,
                quantity.lots(),
                buy_remaining.0,
                sell_remaining.0,
            ],
            EventKind::Duplicate { client_sequence, last } => {
                [8, client_sequence.0, last.0, 0, 0, 0]
            }
            EventKind::InstrumentDefined { client_sequence, is_new } => {
                [9 | u64::from(is_new) << 8, client_sequence.0, 0, 0, 0, 0]
            }
            EventKind::FlowBound { client_sequence } => [10, client_sequence.0, 0, 0, 0, 0],
            EventKind::Configured { client_sequence, capacities } => [
                11,
                client_sequence.0,
                u64::from(capacities.orders),
                u64::from(capacities.instruments),
                u64::from(capacities.sessions),
                0,
            ],
            EventKind::MassCanceled { client_sequence, order_count } => {
                [15, client_sequence.0, order_count, 0, 0, 0]
            }
            EventKind::StateChanged { client_sequence, phase, is_halted } => [
                16 | phase_code(phase) << 8 | u64::from(is_halted) << 16,
                client_sequence.0,
                0,
                0,
                0,
                0,
            ],
            EventKind::Uncrossed { client_sequence, price, volume } => {
                [0x11 | u64::from(price.0) << 8, client_sequence.0, volume.0, 0, 0, 0]
            }
            EventKind::BandSet { client_sequence, band } => {
                [18, client_sequence.0, u64::from(band.low.0), u64::from(band.high.0), 0, 0]
            }
            EventKind::ClockSet { client_sequence, now_ns } => {
                [19, client_sequence.0, now_ns, 0, 0, 0]
            }
            EventKind::DayEnded { client_sequence } => [20, client_sequence.0, 0, 0, 0, 0],
            EventKind::SessionLimited { client_sequence, session, open_orders_max } => {
                [21, client_sequence.0, u64::from(session.0), u64::from(open_orders_max), 0, 0]
            }
            EventKind::Noted { client_sequence, code, order } => {
                [0x16 | u64::from(code) << 8, order.0, client_sequence.0, 0, 0, 0]
            }
            EventKind::Accepted { .. }
            | EventKind::Rejected { .. }
            | EventKind::Trade { .. }
            | EventKind::Rested { .. }
            | EventKind::Canceled { .. }
            | EventKind::Reduced { .. }
            | EventKind::Replaced { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. } => [0; 6],
        }
    }
}

/// A side's number in the running hash; part of the log format.
#[expect(clippy::as_conversions, reason = "the number of a variant")]
const fn side_code(side: Side) -> u64 {
    const { assert!(Side::Buy as u64 == 0 && Side::Sell as u64 == 1) }
    side as u64 + 1
}

/// A phase's number in the running hash; part of the log format.
const fn phase_code(phase: Phase) -> u64 {
    match phase {
        Phase::Continuous => 1,
        Phase::Auction => 2,
        Phase::Collecting => 3,
    }
}
