//! Events say all that a market-data feed needs: whoever hears them alone knows every level, every
//! queue and what every order shows; and each says by itself where its order stands.

#[path = "model/flows.rs"]
mod flows;
#[path = "model/worlds.rs"]
mod worlds;

use highwater::book::Book;
use highwater::event::{Event, EventKind};
use highwater::types::{InstrumentId, OrderId, Phase, Price, Side};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Flows of each world, for each of its shares of 100.
const FLOWS_PER_SHARE: u64 = 40;

/// Whether a feed misses an event.
type Misses = fn(&EventKind) -> bool;

/// What an order shows, as the feed has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    order: OrderId,
    side: Side,
    price: Price,
    visible: u64,
}

/// What the feed knows of an instrument.
#[derive(Clone, Debug, Default)]
struct Market {
    /// Every order that rests, in the order in which they joined their levels.
    shown: Vec<Shown>,
    phase: Phase,
    is_halted: bool,
    last_trade: Option<Price>,
}

/// The feed: it hears events and nothing else.
#[derive(Clone, Debug, Default)]
struct Feed {
    markets: BTreeMap<InstrumentId, Market>,
}

impl Feed {
    fn hear(&mut self, event: &Event) {
        let market = self.markets.entry(event.instrument).or_default();
        match event.kind {
            EventKind::Rested { order, side, price, visible, .. } => {
                market.shown.push(Shown { order, side, price, visible: visible.lots() });
            }
            EventKind::Trade { maker, price, quantity, maker_remaining, .. } => {
                market.take(maker, quantity.lots(), maker_remaining.0);
                market.last_trade = Some(price);
            }
            EventKind::AuctionTrade {
                buy,
                sell,
                price,
                quantity,
                buy_remaining,
                sell_remaining,
                ..
            } => {
                market.take(buy, quantity.lots(), buy_remaining.0);
                market.take(sell, quantity.lots(), sell_remaining.0);
                market.last_trade = Some(price);
            }
            EventKind::Replenished { order, visible, .. } => {
                let shown =
                    market.leave(order).map(|shown| Shown { visible: visible.lots(), ..shown });
                market.shown.extend(shown);
            }
            EventKind::Canceled { order, .. } => {
                market.leave(order);
            }
            EventKind::Reduced { order, visible, .. } => {
                market.change(order, |shown| shown.visible = visible.0);
            }
            EventKind::Replaced { order, new_order, visible, kept_priority, .. } => {
                if kept_priority {
                    market.change(order, |shown| {
                        (shown.order, shown.visible) = (new_order, visible.0);
                    });
                } else {
                    market.leave(order);
                }
            }
            EventKind::StateChanged { phase, is_halted, .. } => {
                (market.phase, market.is_halted) = (phase, is_halted);
            }
            EventKind::Uncrossed { .. } => market.phase = Phase::Continuous,
            EventKind::Accepted { .. }
            | EventKind::Rejected { .. }
            | EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::Triggered { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. }
            | EventKind::Noted { .. } => {}
        }
    }

    /// Compares what an event says of an order that rests with what was heard before.
    fn check(&self, event: &Event) -> Result<(), String> {
        let Some(market) = self.markets.get(&event.instrument) else { return Ok(()) };
        let find = |order| market.shown.iter().find(|shown| shown.order == order);
        let place = |order| find(order).map(|shown| (shown.side, shown.price.ticks()));
        match event.kind {
            EventKind::Trade { maker, side, price, .. } => {
                same(&place(maker), &Some((side.opposite(), price.ticks())))
            }
            EventKind::Replenished { order, side, price, .. } => {
                same(&place(order), &Some((side, price.ticks())))
            }
            EventKind::Canceled { order, side, price, visible, .. } => {
                let showed = find(order).map_or(0, |shown| shown.visible);
                same(&showed, &visible.0)?;
                same(&place(order), &(showed > 0).then_some((side, price.0)))
            }
            EventKind::Reduced { order, side, price, visible, .. } => {
                same(&place(order), &(visible.0 > 0).then_some((side, price.0)))
            }
            EventKind::Replaced { order, side, price, kept_priority, .. } => {
                let Some((old_side, old_price)) = place(order) else { return Ok(()) };
                same(&side, &old_side)?;
                if kept_priority { same(&price.0, &old_price) } else { Ok(()) }
            }
            EventKind::Accepted { .. }
            | EventKind::Rested { .. }
            | EventKind::AuctionTrade { .. }
            | EventKind::StateChanged { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::Rejected { .. }
            | EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::Triggered { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::Noted { .. }
            | EventKind::SessionLimited { .. } => Ok(()),
        }
    }

    /// Compares what was heard with what can be seen.
    fn compare(&self, book: &Book<'_>) -> Result<(), String> {
        for instrument in (0..book.instrument_count()).map(InstrumentId) {
            let market = self.markets.get(&instrument).cloned().unwrap_or_default();
            let heard = (Some(market.phase), market.is_halted, market.last_trade);
            let phase = book.phase(instrument);
            let seen = (phase, book.is_halted(instrument), book.last_trade(instrument));
            same(&heard, &seen)?;
            for side in [Side::Buy, Side::Sell] {
                market.compare_side(book, instrument, side)?;
            }
        }
        Ok(())
    }
}

impl Market {
    /// Takes a traded quantity off an order, which leaves when nothing more is open.
    fn take(&mut self, order: OrderId, lots: u64, remaining: u64) {
        if remaining == 0 {
            self.leave(order);
        } else {
            // In an auction an order trades more than it shows.
            self.change(order, |shown| shown.visible = shown.visible.saturating_sub(lots));
        }
    }

    /// Takes an order out; an order that never rested is not there.
    fn leave(&mut self, order: OrderId) -> Option<Shown> {
        let place = self.shown.iter().position(|shown| shown.order == order)?;
        Some(self.shown.remove(place))
    }

    fn change(&mut self, order: OrderId, change: impl FnOnce(&mut Shown)) {
        self.shown.iter_mut().find(|shown| shown.order == order).map(change);
    }

    fn compare_side(
        &self,
        book: &Book<'_>,
        instrument: InstrumentId,
        side: Side,
    ) -> Result<(), String> {
        let mut heard: Vec<Shown> =
            self.shown.iter().filter(|shown| shown.side == side).copied().collect();
        match side {
            Side::Buy => heard.sort_by_key(|shown| Reverse(shown.price)),
            Side::Sell => heard.sort_by_key(|shown| shown.price),
        }
        let orders = book.orders(instrument, side);
        let seen: Vec<Shown> = orders
            .map(|view| Shown {
                order: view.order,
                side: view.side,
                price: view.price,
                visible: view.visible.lots(),
            })
            .collect();
        same(&heard, &seen)?;
        let heard_levels: Vec<_> = heard
            .chunk_by(|one, other| one.price == other.price)
            .map(|level| {
                let visible_lots: u128 = level.iter().map(|shown| u128::from(shown.visible)).sum();
                (level[0].price, visible_lots, level.len())
            })
            .collect();
        let levels = book.summed_levels(instrument, side);
        let seen_levels: Vec<_> = levels
            .map(|level| (level.price, level.visible_lots, level.order_count as usize))
            .collect();
        same(&heard_levels, &seen_levels)
    }
}

#[test]
fn each_event_says_by_itself_where_its_order_stands() {
    for world in &worlds::all() {
        for seed in 0..world.share * FLOWS_PER_SHARE {
            let mut feed = Feed::default();
            flows::run(world, seed, &mut |_, events, _| {
                events.iter().try_for_each(|event| {
                    feed.check(event)?;
                    feed.hear(event);
                    Ok(())
                })
            })
            .unwrap();
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(heard: &T, seen: &T) -> Result<(), String> {
    if heard == seen { Ok(()) } else { Err(format!("heard {heard:?}, but there is {seen:?}")) }
}

/// The first difference between what is seen and what a feed has heard that misses some events.
fn first_difference(misses: Misses) -> Option<String> {
    worlds::all().iter().find_map(|world| {
        (0..world.share * FLOWS_PER_SHARE).find_map(|seed| {
            let mut feed = Feed::default();
            let outcome = flows::run(world, seed, &mut |_, events, book| {
                events
                    .iter()
                    .filter(|event| !misses(&event.kind))
                    .for_each(|event| feed.hear(event));
                feed.compare(book)
            });
            outcome.err()
        })
    })
}

#[test]
fn the_visible_book_follows_from_the_events_alone() {
    assert_eq!(first_difference(|_| false), None);
}

#[test]
fn a_feed_that_misses_one_kind_of_event_is_wrong() {
    let kinds: [(&str, Misses); 9] = [
        ("Rested", |kind| matches!(kind, EventKind::Rested { .. })),
        ("Trade", |kind| matches!(kind, EventKind::Trade { .. })),
        ("AuctionTrade", |kind| matches!(kind, EventKind::AuctionTrade { .. })),
        ("Replenished", |kind| matches!(kind, EventKind::Replenished { .. })),
        ("Canceled", |kind| matches!(kind, EventKind::Canceled { .. })),
        ("Reduced", |kind| matches!(kind, EventKind::Reduced { .. })),
        ("Replaced", |kind| matches!(kind, EventKind::Replaced { .. })),
        ("StateChanged", |kind| matches!(kind, EventKind::StateChanged { .. })),
        ("Uncrossed", |kind| matches!(kind, EventKind::Uncrossed { .. })),
    ];
    for (name, misses) in kinds {
        assert!(first_difference(misses).is_some(), "{name} can be missed");
    }
}
