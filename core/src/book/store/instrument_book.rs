//! What an order looks at first on its instrument: the best of each ladder, how it trades, its last
//! trade, and its stops in the order in which they came.

use super::ladder_id::LadderId;
use super::pool::NONE;
use crate::book::invariant::broken_invariant;
use crate::types::{Phase, Side, Ticks};
use bytemuck::{Pod, Zeroable};

/// One ladder of an instrument. All zero while it has no levels.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Ladder {
    /// Which 128ths of the price range hold levels: the top of the spans.
    pub(in crate::book) root: [u64; 2],
    /// Price of the best level, in ticks; 0 when there is none.
    pub(in crate::book) best_price: u32,
    /// Slot of the best level.
    pub(in crate::book) best_level: u32,
}

/// How an instrument trades, in four bytes: 0 while it trades continuously and takes every order.
#[derive(Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(in crate::book) struct Gate {
    /// 0 continuous, 1 auction, 2 collecting.
    phase: u8,
    /// 1 while it is halted.
    is_halted: u8,
    /// 1 when its terms leave anything out.
    pub(in crate::book) is_limited: u8,
    reserved: u8,
}

impl Gate {
    /// 0 while every order is taken, and trades as it comes in.
    #[inline]
    pub(in crate::book) fn word(self) -> u64 {
        u64::from(bytemuck::cast::<Self, u32>(self))
    }

    /// Whether stops trigger.
    pub(in crate::book) fn is_trading(self) -> bool {
        self.phase == 0 && self.is_halted == 0
    }

    /// Phase and halt as one number.
    pub(in crate::book) fn code(self) -> u64 {
        u64::from(self.phase) | u64::from(self.is_halted) << 8
    }

    /// Whether it is halted.
    pub(in crate::book) fn is_halted(self) -> bool {
        self.is_halted != 0
    }

    /// Takes no new orders.
    pub(in crate::book) fn halt(&mut self) {
        self.is_halted = 1;
    }

    /// Takes new orders again.
    pub(in crate::book) fn resume(&mut self) {
        self.is_halted = 0;
    }

    /// The phase.
    pub(in crate::book) fn phase(self) -> Phase {
        match self.phase {
            0 => Phase::Continuous,
            1 => Phase::Auction,
            2 => Phase::Collecting,
            _ => broken_invariant("an instrument without a phase"),
        }
    }

    /// Changes the phase.
    pub(in crate::book) fn set_phase(&mut self, phase: Phase) {
        self.phase = match phase {
            Phase::Continuous => 0,
            Phase::Auction => 1,
            Phase::Collecting => 2,
        };
    }
}

/// What an order looks at first on its instrument: one cache line, and another for its stops.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::book) struct InstrumentBook {
    /// Bids and asks.
    sides: [Ladder; 2],
    /// Price of the last trade, in ticks; 0 before the first.
    pub(in crate::book) last_trade: u32,
    /// How it trades.
    pub(in crate::book) gate: Gate,
    /// The stop that came first, of those that wait: the slot of its order.
    pub(in crate::book) first_stop: u32,
    /// The stop that came last.
    pub(in crate::book) last_stop: u32,
    /// Sell stops and buy stops.
    stops: [Ladder; 2],
    /// How many decimals more than 2 its prices have, modulo 256.
    pub(in crate::book) decimals_beyond_default: u8,
    /// Fills the cache line.
    reserved: [u8; 15],
}

impl InstrumentBook {
    /// Whether an order on `side` with this limit would trade at once.
    #[inline]
    pub(in crate::book) fn would_trade(&self, side: Side, limit: Ticks) -> bool {
        // By number, not by a question: half of all orders buy, and a guess is wrong half the time.
        let best = self.opposite(side).map_or(0, |ladder| ladder.best_price);
        let (bid, ask) = match side {
            Side::Buy => (limit.0, best),
            Side::Sell => (best, limit.0),
        };
        // Without an ask the number before it is above every bid; without a bid nothing is below.
        ask.wrapping_sub(1) < bid
    }

    /// Slot of the best level that an order on `side` would trade with.
    #[inline]
    pub(in crate::book) fn best_opposite(&self, side: Side) -> u32 {
        self.opposite(side).map_or(NONE, |ladder| ladder.best_level)
    }

    /// The ladder with this number, which is of this instrument.
    #[inline]
    pub(super) fn ladder(&self, id: LadderId) -> &Ladder {
        let [descending, ascending] = if id.is_of_stops() { &self.stops } else { &self.sides };
        if id.descends() { descending } else { ascending }
    }

    /// The ladder with this number, to be changed.
    #[inline]
    pub(super) fn ladder_mut(&mut self, id: LadderId) -> &mut Ladder {
        let [descending, ascending] =
            if id.is_of_stops() { &mut self.stops } else { &mut self.sides };
        if id.descends() { descending } else { ascending }
    }

    #[inline]
    fn opposite(&self, side: Side) -> Option<&Ladder> {
        self.sides.get(usize::from(side == Side::Buy))
    }
}

const _: () =
    assert!(core::mem::offset_of!(InstrumentBook, stops) == 64, "stops have their own line");
