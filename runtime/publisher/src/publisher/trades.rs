//! What is said of trades.

use super::Publisher;
use crate::answers::Match;
use crate::fault::Fit;
use crate::feed::cross_type;
use crate::instruments::Trading;
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, Lots, OrderId, Phase, Price, Quantity, SessionId, Ticks};
use highwater_protocols::itch::CrossType;
use highwater_protocols::ouch::LiquidityFlag;

/// An uncross whose trades come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cross {
    instrument: InstrumentId,
    price: Ticks,
    volume: Lots,
    match_number: u64,
}

/// One side of a trade.
#[derive(Clone, Copy, Debug)]
struct Party {
    session: SessionId,
    order: OrderId,
    /// What is open of it behind the trade.
    remaining: Lots,
    flag: LiquidityFlag,
}

impl Publisher {
    pub(super) fn trade(&mut self, event: &Event) -> Fit {
        let EventKind::Trade {
            maker,
            taker,
            maker_session,
            price,
            quantity,
            maker_remaining,
            taker_remaining,
            ..
        } = event.kind
        else {
            return Ok(());
        };
        let trade = self.match_of(price, quantity);
        let current = &mut self.current;
        let instrument = self.instruments.of(event.instrument);
        let key = (event.instrument, maker);
        let reference = if maker_remaining.0 == 0 {
            self.orders.remove(key).reference
        } else {
            let open = self.orders.of_mut(key);
            open.shown -= quantity.lots();
            open.remaining = maker_remaining;
            open.reference
        };
        self.feed.executed(instrument, (reference, quantity.lots()), trade.number)?;
        if taker_remaining.0 == 0 {
            current.incoming = None;
        }
        let sides = [
            Party {
                session: maker_session,
                order: maker,
                remaining: maker_remaining,
                flag: LiquidityFlag::Added,
            },
            Party {
                session: event.owner,
                order: taker,
                remaining: taker_remaining,
                flag: LiquidityFlag::Removed,
            },
        ];
        self.tell_parties(event.instrument, sides, &trade)
    }

    /// A trade of an uncross: what an order shows trades first.
    pub(super) fn auction_trade(&mut self, event: &Event) -> Fit {
        let EventKind::AuctionTrade {
            buy,
            sell,
            sell_session,
            price,
            quantity,
            buy_remaining,
            sell_remaining,
        } = event.kind
        else {
            return Ok(());
        };
        let trade = self.match_of(price, quantity);
        let flag = match cross_type(self.instruments.of(event.instrument)) {
            CrossType::Opening => LiquidityFlag::OpeningCross,
            CrossType::Closing | CrossType::ExtendedClose => LiquidityFlag::ClosingCross,
            CrossType::Halt => LiquidityFlag::HaltCross,
        };
        let sides = [
            Party { session: event.owner, order: buy, remaining: buy_remaining, flag },
            Party { session: sell_session, order: sell, remaining: sell_remaining, flag },
        ];
        for side in &sides {
            self.show_auction_trade(event.instrument, side, &trade)?;
        }
        self.tell_parties(event.instrument, sides, &trade)
    }

    fn show_auction_trade(&mut self, id: InstrumentId, side: &Party, trade: &Match) -> Fit {
        let instrument = self.instruments.of(id);
        let open = self.orders.of_mut((id, side.order));
        open.remaining = side.remaining;
        let shown = trade.quantity.0.min(open.shown);
        if shown > 0 {
            let number_and_price = (trade.number, trade.price);
            self.feed.crossed(instrument, (open.reference, shown), number_and_price)?;
            open.shown -= shown;
        }
        if side.remaining.0 == 0 {
            self.orders.remove((id, side.order));
        }
        Ok(())
    }

    fn tell_parties(&mut self, id: InstrumentId, sides: [Party; 2], trade: &Match) -> Fit {
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let instrument = self.instruments.of(id);
        for Party { session, order, flag, .. } in sides {
            answers.executed((session, order, flag), instrument, trade)?;
        }
        Ok(())
    }

    /// An uncross: its trades come next.
    pub(super) fn uncrossed(&mut self, instrument: InstrumentId, price: Ticks, volume: Lots) {
        let match_number = self.next_match();
        let current = &mut self.current;
        current.cross = Some(Cross { instrument, price, volume, match_number });
    }

    /// No more trades of an uncross come: the feed sums them up, and trading goes on.
    pub(super) fn settle_cross(&mut self) -> Fit {
        let Some(cross) = self.current.cross.take() else { return Ok(()) };
        let Cross { instrument: id, price, volume, match_number } = cross;
        let instrument = self.instruments.of_mut(id);
        self.feed.cross(instrument, (match_number, price, volume))?;
        instrument.cross_count += 1;
        let trading = Trading { phase: Phase::Continuous, ..instrument.trading };
        self.state_changed(id, trading);
        Ok(())
    }

    /// A trade with a number of its own.
    fn match_of(&mut self, price: Price, quantity: Quantity) -> Match {
        Match { number: self.next_match(), price: price.into(), quantity: quantity.into() }
    }

    const fn next_match(&mut self) -> u64 {
        self.matches += 1;
        self.matches
    }
}
