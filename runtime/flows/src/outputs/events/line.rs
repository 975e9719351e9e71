//! One event as a line of JSON: the fields of each kind.

use crate::flow::UNNAMED;
use highwater::event::EventKind;
use highwater::types::{PriceDecimals, Side, Symbol, Ticks};
use highwater_engine::decimals::push_decimal;
use highwater_engine::text::{push_number, side_name};

/// One line being put together.
pub(super) struct Line<'t> {
    pub(super) text: &'t mut Vec<u8>,
    /// Those of the prices in it; `None` for ticks.
    pub(super) decimals: Option<PriceDecimals>,
}

impl Line<'_> {
    /// The name of the kind, and its fields.
    pub(super) fn kind(&mut self, kind: EventKind) {
        match kind {
            EventKind::Accepted { .. } => self.accepted(kind),
            EventKind::Rejected { order, reason, .. } => {
                self.name("rejected");
                self.order(order.0);
                self.word(",\"reason\":\"", reason.name());
            }
            EventKind::Trade { .. } => self.trade(kind),
            EventKind::Rested { order, side, price, quantity, visible } => {
                self.name("rested");
                self.order(order.0);
                self.side(side);
                self.priced(price.ticks(), quantity.lots());
                self.visible(visible.lots());
            }
            EventKind::Canceled { order, side, price, quantity, visible, reason, .. } => {
                self.name("canceled");
                self.order(order.0);
                self.number(",\"quantity\":", quantity.lots());
                self.word(",\"reason\":\"", reason.name());
                self.placed(side, price.0);
                self.visible(visible.0);
            }
            EventKind::Reduced { order, side, price, remaining, visible, .. } => {
                self.name("reduced");
                self.order(order.0);
                self.number(",\"remaining\":", remaining.lots());
                self.visible(visible.0);
                self.placed(side, price.0);
            }
            EventKind::Replaced { .. } => self.replaced(kind),
            EventKind::Triggered { order } => {
                self.name("triggered");
                self.order(order.0);
            }
            EventKind::Replenished { order, side, price, visible } => {
                self.name("replenished");
                self.order(order.0);
                self.visible(visible.lots());
                self.placed(side, price.ticks());
            }
            EventKind::AuctionTrade { .. } => self.auction_trade(kind),
            EventKind::MassCanceled { order_count, .. } => {
                self.name("mass_canceled");
                self.number(",\"order_count\":", order_count);
            }
            EventKind::Noted { code, order, .. } => {
                self.name("noted");
                self.order(order.0);
                self.number(",\"code\":", u64::from(code));
            }
            EventKind::Duplicate { last, .. } => {
                self.name("duplicate");
                self.number(",\"last\":", last.0);
            }
            EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::StateChanged { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => self.operators(kind),
        }
    }

    /// What answers the operator.
    fn operators(&mut self, kind: EventKind) {
        match kind {
            EventKind::InstrumentDefined { is_new, .. } => {
                self.name("instrument_defined");
                self.truth(",\"is_new\":", u8::from(is_new));
            }
            EventKind::FlowBound { .. } => self.name("flow_bound"),
            EventKind::Configured { capacities, .. } => {
                self.name("configured");
                self.number(",\"orders\":", u64::from(capacities.orders));
                self.number(",\"instruments\":", u64::from(capacities.instruments));
                self.number(",\"sessions\":", u64::from(capacities.sessions));
            }
            EventKind::StateChanged { phase, is_halted, .. } => {
                self.name("state_changed");
                self.word(",\"phase\":\"", phase.name());
                self.truth(",\"is_halted\":", u8::from(is_halted));
            }
            EventKind::Uncrossed { price, volume, .. } => {
                self.name("uncrossed");
                self.price(",\"price\":", price);
                self.number(",\"volume\":", volume.0);
            }
            EventKind::BandSet { band, .. } => {
                self.name("band_set");
                self.price(",\"band_low\":", band.low);
                self.price(",\"band_high\":", band.high);
            }
            EventKind::ClockSet { now_ns, .. } => {
                self.name("clock_set");
                self.number(",\"now_ns\":", now_ns);
            }
            EventKind::DayEnded { .. } => self.name("day_ended"),
            EventKind::SessionLimited { session, open_orders_max, .. } => {
                self.name("session_limited");
                self.number(",\"of_session\":", u64::from(session.0));
                self.number(",\"open_orders_max\":", u64::from(open_orders_max));
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
            | EventKind::MassCanceled { .. }
            | EventKind::Noted { .. }
            | EventKind::Duplicate { .. } => {}
        }
    }

    fn accepted(&mut self, kind: EventKind) {
        let EventKind::Accepted { order, side, price, trigger, quantity, client_sequence: _ } =
            kind
        else {
            return;
        };
        self.name("accepted");
        self.order(order.0);
        self.placed(side, price.0);
        self.price(",\"trigger\":", trigger);
        self.number(",\"quantity\":", quantity.lots());
    }

    fn replaced(&mut self, kind: EventKind) {
        let EventKind::Replaced {
            order,
            new_order,
            side,
            price,
            quantity,
            visible,
            kept_priority,
            client_sequence: _,
        } = kind
        else {
            return;
        };
        self.name("replaced");
        self.order(order.0);
        self.number(",\"new_order\":", new_order.0);
        self.priced(price.0, quantity.lots());
        self.visible(visible.0);
        self.truth(",\"kept_priority\":", u8::from(kept_priority));
        self.side(side);
    }

    fn auction_trade(&mut self, kind: EventKind) {
        let EventKind::AuctionTrade {
            buy,
            sell,
            sell_session,
            price,
            quantity,
            buy_remaining,
            sell_remaining,
        } = kind
        else {
            return;
        };
        self.name("auction_trade");
        self.number(",\"buy\":", buy.0);
        self.number(",\"sell\":", sell.0);
        self.number(",\"sell_session\":", u64::from(sell_session.0));
        self.priced(price.ticks(), quantity.lots());
        self.number(",\"buy_remaining\":", buy_remaining.0);
        self.number(",\"sell_remaining\":", sell_remaining.0);
    }

    fn trade(&mut self, kind: EventKind) {
        let EventKind::Trade {
            maker,
            taker,
            side,
            maker_session,
            price,
            quantity,
            maker_remaining,
            taker_remaining,
        } = kind
        else {
            return;
        };
        self.name("trade");
        self.number(",\"maker\":", maker.0);
        self.number(",\"taker\":", taker.0);
        self.number(",\"maker_session\":", u64::from(maker_session.0));
        self.priced(price.ticks(), quantity.lots());
        self.number(",\"maker_remaining\":", maker_remaining.0);
        self.number(",\"taker_remaining\":", taker_remaining.0);
        self.side(side);
    }

    fn name(&mut self, name: &str) {
        self.word(",\"kind\":\"", name);
    }

    fn order(&mut self, order: u64) {
        self.number(",\"order\":", order);
    }

    fn visible(&mut self, visible_lots: u64) {
        self.number(",\"visible\":", visible_lots);
    }

    fn side(&mut self, side: Side) {
        self.word(",\"side\":\"", side_name(side));
    }

    /// Which side of the book, and at what limit.
    fn placed(&mut self, side: Side, price_ticks: u32) {
        self.side(side);
        self.price(",\"price\":", Ticks(price_ticks));
    }

    fn priced(&mut self, price_ticks: u32, quantity_lots: u64) {
        self.price(",\"price\":", Ticks(price_ticks));
        self.number(",\"quantity\":", quantity_lots);
    }

    fn price(&mut self, key: &str, ticks: Ticks) {
        let Some(decimals) = self.decimals else {
            return self.number(key, u64::from(ticks.0));
        };
        self.text.extend_from_slice(key.as_bytes());
        // A string: readers of JSON take a number with a point for a float.
        self.text.push(b'"');
        push_decimal(self.text, ticks, decimals);
        self.text.push(b'"');
    }

    pub(super) fn number(&mut self, key: &str, number: u64) {
        self.text.extend_from_slice(key.as_bytes());
        push_number(self.text, number);
    }

    /// `key` ends with the opening quotation mark; the word needs no escapes.
    fn word(&mut self, key: &str, word: &str) {
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(word.as_bytes());
        self.text.push(b'"');
    }

    /// 0 is false.
    fn truth(&mut self, key: &str, truth: u8) {
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(if truth == 0 { b"false" } else { b"true" });
    }

    /// Any bytes as a JSON string: unprintable ones as escapes with their number.
    pub(super) fn symbol(&mut self, symbol: Symbol) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let name = if symbol.as_bytes() == UNNAMED { b"-" } else { symbol.as_bytes() };
        self.text.extend_from_slice(b",\"symbol\":\"");
        for byte in name.iter().copied() {
            match byte {
                b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', byte]),
                b' '..=b'~' => self.text.push(byte),
                _ => {
                    self.text.extend_from_slice(b"\\u00");
                    self.text.extend([byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]));
                }
            }
        }
        self.text.push(b'"');
    }
}
