//! Events to rows.

use crate::codes::{cancel_code, event_code, phase_code, reject_code, side_code};
use crate::rows::EventRow;
use highwater::event::{Event, EventKind, EventSink};

impl EventRow {
    /// The row of an event of a command that was taken at this time.
    #[inline]
    pub(crate) fn of(event: &Event, time_ns: u64) -> Self {
        let row = Self {
            sequence: event.sequence.0,
            number: event.answers().unwrap_or_default().0,
            instrument: event.instrument.0,
            session: event.session.0,
            owner: event.owner.0,
            kind: event_code(&event.kind),
            time_ns,
            ..Self::default()
        };
        row.of_order(&event.kind)
    }

    /// What it says of orders.
    #[inline]
    #[expect(clippy::too_many_lines, reason = "an arm for each kind")]
    fn of_order(self, kind: &EventKind) -> Self {
        match *kind {
            EventKind::Accepted { order, side, price, trigger, quantity, .. } => Self {
                order: order.0,
                side: side_code(side),
                price: price.0,
                remaining: trigger.0.into(),
                quantity: quantity.lots(),
                ..self
            },
            EventKind::Rejected { order, reason, .. } => {
                Self { order: order.0, detail: reject_code(reason).into(), ..self }
            }
            EventKind::Trade {
                maker,
                taker,
                side,
                maker_session,
                price,
                quantity,
                maker_remaining,
                taker_remaining,
            } => Self {
                order: maker.0,
                other_order: taker.0,
                side: side_code(side),
                price: price.ticks(),
                quantity: quantity.lots(),
                remaining: maker_remaining.0,
                number: taker_remaining.0,
                detail: maker_session.0,
                ..self
            },
            EventKind::Rested { order, side, price, quantity, visible } => Self {
                order: order.0,
                side: side_code(side),
                price: price.ticks(),
                quantity: quantity.lots(),
                remaining: visible.lots(),
                ..self
            },
            EventKind::Canceled {
                client_sequence,
                order,
                side,
                price,
                quantity,
                visible,
                reason,
            } => Self {
                number: client_sequence.0,
                order: order.0,
                side: side_code(side),
                price: price.0,
                quantity: quantity.lots(),
                remaining: visible.0,
                detail: cancel_code(reason).into(),
                ..self
            },
            EventKind::Reduced { order, side, price, remaining, visible, .. } => Self {
                order: order.0,
                side: side_code(side),
                price: price.0,
                quantity: remaining.lots(),
                remaining: visible.0,
                ..self
            },
            EventKind::Replaced {
                order,
                new_order,
                side,
                price,
                quantity,
                visible,
                kept_priority,
                ..
            } => Self {
                order: order.0,
                other_order: new_order.0,
                side: side_code(side),
                price: price.0,
                quantity: quantity.lots(),
                remaining: visible.0,
                detail: kept_priority.into(),
                ..self
            },
            EventKind::Replenished { order, side, price, visible } => Self {
                order: order.0,
                side: side_code(side),
                price: price.ticks(),
                remaining: visible.lots(),
                ..self
            },
            EventKind::Triggered { order } => Self { order: order.0, ..self },
            EventKind::AuctionTrade {
                buy,
                sell,
                sell_session,
                price,
                quantity,
                buy_remaining,
                sell_remaining,
            } => Self {
                order: buy.0,
                other_order: sell.0,
                price: price.ticks(),
                quantity: quantity.lots(),
                remaining: buy_remaining.0,
                number: sell_remaining.0,
                detail: sell_session.0,
                ..self
            },
            EventKind::Noted { .. }
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
            | EventKind::SessionLimited { .. } => self.of_rest(kind),
        }
    }

    /// What it says of anything else.
    #[cold]
    fn of_rest(self, kind: &EventKind) -> Self {
        match *kind {
            EventKind::Noted { code, order, .. } => Self { order: order.0, detail: code, ..self },
            EventKind::Duplicate { last, .. } => Self { quantity: last.0, ..self },
            EventKind::InstrumentDefined { is_new, .. } => Self { detail: is_new.into(), ..self },
            EventKind::Configured { capacities, .. } => Self {
                quantity: capacities.orders.into(),
                remaining: capacities.instruments.into(),
                other_order: capacities.sessions.into(),
                ..self
            },
            EventKind::MassCanceled { order_count, .. } => Self { quantity: order_count, ..self },
            EventKind::StateChanged { phase, is_halted, .. } => {
                let detail = u16::from(phase_code(phase)) | u16::from(is_halted) << 8;
                Self { detail, ..self }
            }
            EventKind::Uncrossed { price, volume, .. } => {
                Self { price: price.0, quantity: volume.0, ..self }
            }
            EventKind::BandSet { band, .. } => {
                Self { price: band.low.0, quantity: band.high.0.into(), ..self }
            }
            EventKind::ClockSet { now_ns, .. } => Self { quantity: now_ns, ..self },
            EventKind::SessionLimited { session, open_orders_max, .. } => {
                Self { detail: session.0, quantity: open_orders_max.into(), ..self }
            }
            EventKind::Accepted { .. }
            | EventKind::Rejected { .. }
            | EventKind::Trade { .. }
            | EventKind::Rested { .. }
            | EventKind::Canceled { .. }
            | EventKind::Reduced { .. }
            | EventKind::Replaced { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. }
            | EventKind::AuctionTrade { .. }
            | EventKind::FlowBound { .. }
            | EventKind::DayEnded { .. } => self,
        }
    }
}

/// Rows of events, as long as there is memory for them.
#[derive(Debug, Default)]
pub(crate) struct EventRows {
    pub(crate) rows: Vec<EventRow>,
    /// The time of the command whose events come.
    pub(crate) time_ns: u64,
    /// Set once an event was dropped because there was no memory for it.
    pub(crate) is_full: bool,
}

impl EventSink for EventRows {
    #[inline]
    fn event(&mut self, event: &Event) {
        if self.rows.len() == self.rows.capacity() && self.rows.try_reserve(1).is_err() {
            self.is_full = true;
            return;
        }
        self.rows.push(EventRow::of(event, self.time_ns));
    }
}
