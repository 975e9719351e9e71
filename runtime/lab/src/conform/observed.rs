//! Events of the engine as scenario files write them.

use super::command::Subject;
use super::fact::{Fact, Value};
use super::kinds::{
    ACCEPTED, AUCTION_TRADE, BAND_SET, CANCELLED, CLOCK_SET, CONFIGURED, DAY_ENDED,
    INSTRUMENT_DEFINED, Kind, MASS_CANCELLED, NOTED, REDUCED, REFUSED, REJECTED, REPLACED,
    REPLENISHED, RESTED, SESSION_LIMITED, STATE_CHANGED, TRADE, TRIGGERED, UNCROSSED,
};
use highwater::event::{Event, EventKind};
use highwater::types::{Capacities, Side};

/// An event of the engine, caused by a command about `subject`.
pub(super) fn observed(event: &Event, subject: Subject) -> Fact {
    let (kind, mut fields) = observed_kind(&event.kind, subject);
    fields.extend(observed_more(&event.kind));
    fields.push(("instrument", event.instrument.0.into()));
    fields.push(("session", event.session.0.into()));
    fields.push(("owner", event.owner.0.into()));
    Fact { kind, fields }
}

macro_rules! fields {
    ($($name:literal: $value:expr),* $(,)?) => { vec![$(($name, Value::from($value))),*] };
}

/// The kind of an event of the engine, with the fields that belong to it alone.
fn observed_kind(
    kind: &EventKind,
    subject: Subject,
) -> (&'static Kind, Vec<(&'static str, Value)>) {
    match *kind {
        EventKind::Accepted { order, .. } => (&ACCEPTED, fields!["id": order]),
        EventKind::Rejected { order, reason, .. } if subject == Subject::Order => {
            (&REJECTED, fields!["id": order, "reason": reason.name()])
        }
        EventKind::Rejected { reason, .. } => (&REFUSED, fields!["reason": reason.name()]),
        EventKind::Trade { maker, taker, price, quantity, .. } => (
            &TRADE,
            fields!["maker": maker, "taker": taker, "price": price.ticks(), "qty": quantity.lots()],
        ),
        EventKind::Rested { order, price, quantity, .. } => {
            (&RESTED, fields!["id": order, "price": price.ticks(), "qty": quantity.lots()])
        }
        EventKind::Canceled { order, quantity, reason, .. } => {
            (&CANCELLED, fields!["id": order, "qty": quantity.lots(), "reason": reason.name()])
        }
        EventKind::Reduced { order, remaining, .. } => {
            (&REDUCED, fields!["id": order, "qty": remaining.lots()])
        }
        EventKind::Replaced { order, price, quantity, kept_priority, .. } => (
            &REPLACED,
            fields![
                "id": order, "price": price.0, "qty": quantity.lots(),
                "kept_priority": kept_priority,
            ],
        ),
        EventKind::Triggered { order } => (&TRIGGERED, fields!["id": order]),
        EventKind::Replenished { order, visible, .. } => {
            (&REPLENISHED, fields!["id": order, "visible": visible.lots()])
        }
        EventKind::AuctionTrade { buy, sell, price, quantity, .. } => (
            &AUCTION_TRADE,
            fields!["buy": buy, "sell": sell, "price": price.ticks(), "qty": quantity.lots()],
        ),
        EventKind::Uncrossed { price, volume, .. } => {
            (&UNCROSSED, fields!["price": price.0, "volume": volume.0])
        }
        EventKind::Noted { order, code, .. } => (&NOTED, fields!["id": order, "code": code]),
        EventKind::MassCanceled { order_count, .. } => {
            (&MASS_CANCELLED, fields!["count": order_count])
        }
        EventKind::StateChanged { phase, is_halted, .. } => {
            (&STATE_CHANGED, fields!["phase": phase.name(), "halted": is_halted])
        }
        EventKind::BandSet { band, .. } => {
            (&BAND_SET, fields!["low": band.low.0, "high": band.high.0])
        }
        EventKind::ClockSet { now_ns, .. } => (&CLOCK_SET, fields!["now": now_ns]),
        EventKind::DayEnded { .. } => (&DAY_ENDED, Vec::new()),
        EventKind::SessionLimited { session, open_orders_max, .. } => {
            (&SESSION_LIMITED, fields!["of_session": session.0, "max_orders": open_orders_max])
        }
        EventKind::InstrumentDefined { is_new, .. } => {
            (&INSTRUMENT_DEFINED, fields!["new": is_new])
        }
        EventKind::Configured {
            capacities: Capacities { orders, instruments, sessions }, ..
        } => (
            &CONFIGURED,
            fields!["orders": orders, "instruments": instruments, "sessions": sessions],
        ),
        EventKind::FlowBound { .. } | EventKind::Duplicate { .. } => {
            unreachable!("a scenario binds no flow, and its client sequences grow")
        }
    }
}

/// What an event of the engine says beyond what every expected fact of its kind must have.
fn observed_more(kind: &EventKind) -> Vec<(&'static str, Value)> {
    if let EventKind::Trade { maker_session, maker_remaining, taker_remaining, .. } = *kind {
        return fields![
            "maker_session": maker_session.0, "maker_remaining": maker_remaining.0,
            "taker_remaining": taker_remaining.0,
        ];
    }
    if let EventKind::AuctionTrade { sell_session, buy_remaining, sell_remaining, .. } = *kind {
        return fields![
            "sell_session": sell_session.0, "buy_remaining": buy_remaining.0,
            "sell_remaining": sell_remaining.0,
        ];
    }
    if let EventKind::Rested { side, visible, .. } = *kind {
        return fields!["side": side_name(side), "visible": visible.lots()];
    }
    if let EventKind::Reduced { visible, .. } = *kind {
        return fields!["visible": visible.0];
    }
    if let EventKind::Replaced { new_order, visible, .. } = *kind {
        return fields!["new_id": new_order, "visible": visible.0];
    }
    Vec::new()
}

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}
