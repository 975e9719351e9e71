//! Call auctions: the price at which most would trade, and the trades of the uncross.

use super::context::Context;
use super::steps::Step;
use crate::book::invariant::broken_invariant;
use crate::book::store::ladder_id::LadderId;
use crate::book::store::pool::NONE;
use crate::book::store::row::Level;
use crate::book::{Book, quantity_of};
use crate::event::{EventKind, EventSink, RejectReason};
use crate::types::{InstrumentId, Lots, OrderId, Phase, Price, SessionId, Side, Ticks};

/// What an uncross would do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indicative {
    /// The price of all its trades.
    pub price: Price,
    /// What they would add up to, in lots.
    pub volume_lots: u128,
    /// What buys at the price or better less what sells, in lots: above 0 when buyers are left
    /// over.
    pub imbalance_lots: i128,
}

/// Where bids and asks meet: the prices from the lowest ask to the highest bid at which all of
/// `volume` can trade.
struct Crossing {
    volume: u128,
    /// The bids down to this level add up to the volume, or more.
    bid: (Level, u128),
    /// The asks up to this level add up to the volume, or more.
    ask: (Level, u128),
}

/// The prices with the least imbalance so far: all of them while it is 0, else the highest at which
/// buyers are left over and the lowest at which sellers are. At any other one of them an order with
/// a better price than it would be left over.
struct Choice {
    imbalance: u128,
    low: Option<u32>,
    high: Option<u32>,
}

impl Choice {
    /// Considers a price at which this many lots of buyers and of sellers are left over; at least
    /// one of them is 0.
    fn consider(&mut self, price: u32, [buyers, sellers]: [u128; 2]) {
        let imbalance = buyers.max(sellers);
        if imbalance > self.imbalance {
            return;
        }
        if imbalance < self.imbalance {
            *self = Self { imbalance, low: None, high: None };
        }
        if imbalance == 0 {
            self.low = Some(self.low.map_or(price, |low| low.min(price)));
            self.high = self.high.max(Some(price));
        } else if buyers > 0 {
            self.low = self.low.max(Some(price));
        } else {
            self.high = Some(self.high.map_or(price, |high| high.min(price)));
        }
    }

    /// The middle of what is left, rounded up to a multiple of `tick`, as all prices here are.
    fn price(&self, tick: u32) -> u32 {
        let low = self.low.or(self.high).unwrap_or_default();
        let high = self.high.unwrap_or(low);
        low + ((high - low) / tick).div_ceil(2) * tick
    }
}

impl Book<'_> {
    /// What an uncross would do now; `None` when no bid reaches an ask, as always outside an
    /// auction.
    ///
    /// The price is that of an order at which most can trade; of several the one that leaves least
    /// on one side; of several of these the one at which every better order trades in full, or the
    /// middle between the lowest and the highest such, rounded up to a price that the instrument
    /// has. Looks at every order that is priced through; a [`Depth`](crate::book::Depth) has the
    /// sums at hand.
    pub fn indicative(&self, instrument: InstrumentId) -> Option<Indicative> {
        self.indicative_of(instrument, &|level| self.total(level))
    }

    /// The same, where `total` says how many lots are open at a level.
    pub(in crate::book) fn indicative_of(
        &self,
        instrument: InstrumentId,
        total: &impl Fn(&Level) -> u128,
    ) -> Option<Indicative> {
        if instrument.0 >= self.symbols.count() {
            return None;
        }
        let crossing = self.crossing(instrument, total)?;
        let Crossing { volume, bid: (bid, demand), ask: (ask, supply) } = crossing;
        let (lowest, highest) = (ask.price, bid.price);
        let (bids, asks) = (
            || self.summed(bid, demand, lowest, total),
            || self.summed(ask, supply, highest, total),
        );
        let demand_at_lowest = bids().last().map_or(demand, |(_, sum)| sum);
        let supply_at_highest = asks().last().map_or(supply, |(_, sum)| sum);
        let mut choice = Choice { imbalance: u128::MAX, low: None, high: None };
        // One side is filled at every one of these prices: where the other's sum is above the
        // volume, this one's is the volume.
        for (price, sum) in bids() {
            let sellers = if sum > volume { 0 } else { supply_at_highest - volume };
            choice.consider(price, [sum - volume, sellers]);
        }
        for (price, sum) in asks() {
            let buyers = if sum > volume { 0 } else { demand_at_lowest - volume };
            choice.consider(price, [buyers, sum - volume]);
        }
        let price = choice.price(self.terms_of(instrument).tick.0);
        let demand = bids().take_while(|(bid, _)| *bid >= price).last();
        let supply = asks().take_while(|(ask, _)| *ask <= price).last();
        let surplus = |sum: Option<(u32, u128)>| signed(sum.map_or(0, |(_, sum)| sum - volume));
        Some(Indicative {
            price: Price::new(Ticks(price))?,
            volume_lots: volume,
            imbalance_lots: surplus(demand) - surplus(supply),
        })
    }

    /// Where bids and asks meet, found by giving the best of each side to the other.
    fn crossing(
        &self,
        instrument: InstrumentId,
        total: &impl Fn(&Level) -> u128,
    ) -> Option<Crossing> {
        let mut bids = self.raw_levels(LadderId::new(instrument, Side::Buy));
        let mut asks = self.raw_levels(LadderId::new(instrument, Side::Sell));
        let (mut bid, mut ask) = (bids.next()?, asks.next()?);
        let (mut demand, mut supply) = (total(&bid), total(&ask));
        let mut crossing = None;
        while bid.price >= ask.price {
            let volume = demand.min(supply);
            crossing = Some(Crossing { volume, bid: (bid, demand), ask: (ask, supply) });
            let (more_bids, more_asks) = (demand <= supply, supply <= demand);
            if more_bids {
                let Some(next) = bids.next() else { break };
                (bid, demand) = (next, demand + total(&next));
            }
            if more_asks {
                let Some(next) = asks.next() else { break };
                (ask, supply) = (next, supply + total(&next));
            }
        }
        crossing
    }

    /// The levels from `level`, whose orders and all better ones add up to `sum`, as far as
    /// `bound`: their prices, each with the sum up to it.
    fn summed(
        &self,
        level: Level,
        sum: u128,
        bound: u32,
        total: &impl Fn(&Level) -> u128,
    ) -> impl Iterator<Item = (u32, u128)> {
        let descends = level.ladder.descends();
        let is_within = move |price| if descends { price >= bound } else { price <= bound };
        let following = core::iter::successors(Some((level, sum)), move |(level, sum)| {
            let next = self.ladders.after(level.slot)?;
            is_within(next.price).then(|| (next, sum + total(&next)))
        });
        following.map(|(level, sum)| (level.price, sum))
    }

    /// Lots of a level that are open, shown or not.
    fn total(&self, level: &Level) -> u128 {
        self.slots(level.head).map(|slot| u128::from(self.orders.open(slot))).sum()
    }

    /// Ends an auction: all its trades at one price, and on to continuous trading.
    pub(super) fn uncross(&mut self, context: Context, sink: &mut impl EventSink) {
        let gate = self.ladders.instrument_book(context.instrument()).gate;
        if gate.is_halted() {
            return self.reject(context, OrderId(0), RejectReason::Halted, sink);
        }
        if gate.phase() != Phase::Auction {
            return self.reject(context, OrderId(0), RejectReason::WrongPhase, sink);
        }
        let outcome = self.indicative(context.instrument());
        let volume = outcome.map_or(0, |outcome| outcome.volume_lots);
        let uncrossed = EventKind::Uncrossed {
            client_sequence: context.client_sequence,
            price: Ticks(outcome.map_or(0, |outcome| outcome.price.ticks())),
            volume: Lots(u64::try_from(volume).unwrap_or(u64::MAX)),
        };
        self.tell(context, uncrossed, sink);
        if let Some(Indicative { price, volume_lots, .. }) = outcome {
            self.ladders.instrument_book_mut(context.instrument()).last_trade = price.ticks();
            self.allocate(context, price, volume_lots, sink);
        }
        self.ladders.instrument_book_mut(context.instrument()).gate.set_phase(Phase::Continuous);
        self.run_stops(context, sink);
    }

    /// Trades `volume` lots at `price`, on both sides the best price first, then first come first
    /// served.
    fn allocate(
        &mut self,
        context: Context,
        price: Price,
        mut volume: u128,
        sink: &mut impl EventSink,
    ) {
        while volume > 0 {
            let [Some(buyer), Some(seller)] =
                [Side::Buy, Side::Sell].map(|side| self.first(context.instrument(), side))
            else {
                broken_invariant("an auction without orders for its volume")
            };
            let lots = self.orders.open(buyer).min(self.orders.open(seller));
            let lots = u64::try_from(volume).map_or(lots, |volume| lots.min(volume));
            volume -= u128::from(lots);
            self.trade_in_auction(context, [buyer, seller], price, lots, sink);
        }
        for side in [Side::Buy, Side::Sell] {
            if let Some(slot) = self.first(context.instrument(), side)
                && self.orders.pool.get(slot).remaining == 0
            {
                self.replenish(context, slot, sink);
            }
        }
    }

    fn trade_in_auction(
        &mut self,
        context: Context,
        slots: [u32; 2],
        price: Price,
        lots: u64,
        sink: &mut impl EventSink,
    ) {
        let [buyer, seller] = slots.map(|slot| *self.orders.pool.get(slot));
        let [buy_remaining, sell_remaining] =
            slots.map(|slot| self.take(context, slot, lots, sink));
        let trade = EventKind::AuctionTrade {
            buy: OrderId(buyer.id),
            sell: OrderId(seller.id),
            sell_session: SessionId(seller.session),
            price,
            quantity: quantity_of(lots),
            buy_remaining,
            sell_remaining,
        };
        self.tell(context.about(SessionId(buyer.session)), trade, sink);
    }

    /// Takes traded lots off an order, the shown ones first, and the order out of the book when
    /// they are all; returns what is open of it.
    fn take(&mut self, context: Context, slot: u32, lots: u64, sink: &mut impl EventSink) -> Lots {
        let open = self.orders.open(slot) - lots;
        let order = self.orders.pool.get(slot);
        let (side, shown) = (LadderId(order.ladder).side(), order.remaining);
        let price = order.valid_limit();
        self.tell_step(context, Step::traded(side, price, shown, lots, open), sink);
        if open == 0 {
            self.remove(slot);
            return Lots(0);
        }
        let order = self.orders.pool.get_mut(slot);
        order.remaining = order.remaining.saturating_sub(lots);
        let (shown, extra) = (order.remaining, order.extra);
        if extra != NONE {
            self.orders.extra_mut(extra).hidden = open - shown;
        }
        Lots(open)
    }

    /// The order of a side that trades first.
    fn first(&self, instrument: InstrumentId, side: Side) -> Option<u32> {
        let ladder = self.ladders.ladder(LadderId::new(instrument, side));
        (ladder.best_level != NONE).then(|| self.ladders.queue(ladder.best_level).head)
    }
}

/// A sum of lots with a sign; no book holds 2^127 of them.
fn signed(lots: u128) -> i128 {
    i128::try_from(lots).unwrap_or(i128::MAX)
}
