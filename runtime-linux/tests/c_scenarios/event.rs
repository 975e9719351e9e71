//! Events as C reads them, taken back to those of the engine: each kind by the fields that the
//! header says it fills, every other field zero.

use core::ffi::{CStr, c_char};
use highwater::event::{CancelReason, CommandEnd, Event, EventKind, EventOrEnd, RejectReason};
use highwater::types::{
    Band, Capacities, ClientSequence, InstrumentId, Lots, OrderId, Phase, Price, Quantity,
    Sequence, SessionId, Side, Ticks,
};
use highwater_capi::{
    HwCancelReason, HwEvent, HwPhase, HwRejectReason, HwSide, hw_cancel_reason_name,
    hw_event_kind_name, hw_reject_reason_name,
};
use std::mem::take;

/// What the engine said, by what C heard.
///
/// # Panics
/// When the event is none, or fills a field that its kind has not.
pub fn heard(event: &HwEvent) -> EventOrEnd {
    let mut fields = Fields(*event);
    let name = text(hw_event_kind_name(take(&mut fields.0.kind)));
    let sequence = Sequence(take(&mut fields.0.sequence));
    let said = if name == "command_end" {
        let timestamp_ns = take(&mut fields.0.time_ns);
        EventOrEnd::End(CommandEnd { sequence, timestamp_ns })
    } else {
        EventOrEnd::Event(Event {
            sequence,
            instrument: InstrumentId(take(&mut fields.0.instrument)),
            session: SessionId(take(&mut fields.0.session)),
            owner: SessionId(take(&mut fields.0.owner)),
            kind: fields.kind(name),
        })
    };
    assert_eq!(fields.0, HwEvent::default(), "{name} fills more than its fields: {event:?}");
    said
}

/// A name in static memory.
fn text(name: *const c_char) -> &'static str {
    // SAFETY: the library gave it, as a text that ends with a zero and stays.
    unsafe { CStr::from_ptr(name) }.to_str().expect("plain text")
}

/// The fields of an event that nobody has taken yet.
struct Fields(HwEvent);

impl Fields {
    fn kind(&mut self, name: &str) -> EventKind {
        match name {
            "accepted" | "rejected" | "noted" | "reduced" | "replaced" | "mass_canceled" => {
                self.answer(name)
            }
            "trade" | "auction_trade" => self.trade(name),
            "rested" | "replenished" | "canceled" | "triggered" => self.fate(name),
            _ => self.operators(name),
        }
    }

    /// Answers to commands of clients.
    fn answer(&mut self, name: &str) -> EventKind {
        let client_sequence = self.client_sequence();
        match name {
            "mass_canceled" => EventKind::MassCanceled {
                client_sequence,
                order_count: take(&mut self.0.order_count),
            },
            "accepted" => EventKind::Accepted {
                client_sequence,
                order: self.order(),
                side: self.side(),
                price: self.ticks(),
                trigger: Ticks(take(&mut self.0.trigger)),
                quantity: self.quantity(),
            },
            "rejected" => EventKind::Rejected {
                client_sequence,
                order: self.order(),
                reason: reject_reason(take(&mut self.0.reason)),
            },
            "noted" => EventKind::Noted {
                client_sequence,
                code: take(&mut self.0.note_code),
                order: self.order(),
            },
            "reduced" => EventKind::Reduced {
                client_sequence,
                order: self.order(),
                side: self.side(),
                price: self.ticks(),
                remaining: valid(take(&mut self.0.remaining)),
                visible: self.visible(),
            },
            _ => EventKind::Replaced {
                client_sequence,
                order: self.order(),
                new_order: self.other_order(),
                side: self.side(),
                price: self.ticks(),
                quantity: self.quantity(),
                visible: self.visible(),
                kept_priority: flag(take(&mut self.0.kept_priority)),
            },
        }
    }

    fn trade(&mut self, name: &str) -> EventKind {
        let (order, other) = (self.order(), self.other_order());
        let other_session = SessionId(take(&mut self.0.other_session));
        let (price, quantity) = (self.price(), self.quantity());
        let remaining = Lots(take(&mut self.0.remaining));
        let other_remaining = Lots(take(&mut self.0.other_remaining));
        if name == "auction_trade" {
            return EventKind::AuctionTrade {
                buy: order,
                sell: other,
                sell_session: other_session,
                price,
                quantity,
                buy_remaining: remaining,
                sell_remaining: other_remaining,
            };
        }
        EventKind::Trade {
            maker: order,
            taker: other,
            side: self.side(),
            maker_session: other_session,
            price,
            quantity,
            maker_remaining: remaining,
            taker_remaining: other_remaining,
        }
    }

    /// What becomes of an order.
    fn fate(&mut self, name: &str) -> EventKind {
        let order = self.order();
        if name == "triggered" {
            return EventKind::Triggered { order };
        }
        let side = self.side();
        match name {
            "rested" => EventKind::Rested {
                order,
                side,
                price: self.price(),
                quantity: self.quantity(),
                visible: valid(take(&mut self.0.visible)),
            },
            "replenished" => EventKind::Replenished {
                order,
                side,
                price: self.price(),
                visible: valid(take(&mut self.0.visible)),
            },
            _ => EventKind::Canceled {
                client_sequence: self.client_sequence(),
                order,
                side,
                price: self.ticks(),
                quantity: self.quantity(),
                visible: self.visible(),
                reason: cancel_reason(take(&mut self.0.reason)),
            },
        }
    }

    /// Answers to commands of the operator.
    fn operators(&mut self, name: &str) -> EventKind {
        let client_sequence = self.client_sequence();
        match name {
            "instrument_defined" => {
                let is_new = flag(take(&mut self.0.is_new));
                EventKind::InstrumentDefined { client_sequence, is_new }
            }
            "configured" => {
                let capacities = Capacities {
                    orders: take(&mut self.0.orders),
                    instruments: take(&mut self.0.instruments),
                    sessions: take(&mut self.0.sessions),
                };
                EventKind::Configured { client_sequence, capacities }
            }
            "state_changed" => EventKind::StateChanged {
                client_sequence,
                phase: phase(take(&mut self.0.phase)),
                is_halted: flag(take(&mut self.0.is_halted)),
            },
            "uncrossed" => EventKind::Uncrossed {
                client_sequence,
                price: self.ticks(),
                volume: Lots(take(&mut self.0.quantity)),
            },
            "band_set" => {
                let low = Ticks(take(&mut self.0.band_low));
                let band = Band { low, high: Ticks(take(&mut self.0.band_high)) };
                EventKind::BandSet { client_sequence, band }
            }
            "clock_set" => {
                EventKind::ClockSet { client_sequence, now_ns: take(&mut self.0.time_ns) }
            }
            "day_ended" => EventKind::DayEnded { client_sequence },
            "session_limited" => EventKind::SessionLimited {
                client_sequence,
                session: SessionId(take(&mut self.0.other_session)),
                open_orders_max: take(&mut self.0.open_orders_max),
            },
            name => panic!("a book without a log says no '{name}': {:?}", self.0),
        }
    }

    fn client_sequence(&mut self) -> ClientSequence {
        ClientSequence(take(&mut self.0.client_sequence))
    }

    fn order(&mut self) -> OrderId {
        OrderId(take(&mut self.0.order))
    }

    fn other_order(&mut self) -> OrderId {
        OrderId(take(&mut self.0.other_order))
    }

    fn side(&mut self) -> Side {
        let side = take(&mut self.0.side);
        assert!(side == HwSide::Buy as u8 || side == HwSide::Sell as u8, "side {side}");
        if side == HwSide::Buy as u8 { Side::Buy } else { Side::Sell }
    }

    fn ticks(&mut self) -> Ticks {
        Ticks(take(&mut self.0.price))
    }

    fn price(&mut self) -> Price {
        Price::new(self.ticks()).expect("a valid price")
    }

    fn quantity(&mut self) -> Quantity {
        valid(take(&mut self.0.quantity))
    }

    fn visible(&mut self) -> Lots {
        Lots(take(&mut self.0.visible))
    }
}

fn valid(lots: u64) -> Quantity {
    Quantity::new(Lots(lots)).expect("a valid quantity")
}

fn flag(number: u8) -> bool {
    assert!(number <= 1, "a flag of {number}");
    number == 1
}

fn phase(code: u8) -> Phase {
    let phases = [
        (HwPhase::Continuous, Phase::Continuous),
        (HwPhase::Auction, Phase::Auction),
        (HwPhase::Collecting, Phase::Collecting),
    ];
    phases.into_iter().find(|(known, _)| *known as u8 == code).expect("a phase").1
}

/// Finds the value of a code, whose name in C must be its own.
macro_rules! by_code {
    ($code:expr, $name:ident, $c:ident, $core:ident: $($value:ident)*) => {{
        let code = $code;
        let known = [$(($c::$value as u8, $core::$value)),*];
        let (_, value) = known.into_iter().find(|(known, _)| *known == code).expect("a reason");
        assert_eq!(text($name(code)), value.name());
        value
    }};
}

fn reject_reason(code: u8) -> RejectReason {
    by_code!(code, hw_reject_reason_name, HwRejectReason, RejectReason:
        UnknownOrder DuplicateId BadPrice BadQuantity UnknownInstrument SessionsFull OrdersFull
        LevelsFull InstrumentsFull BadCapacities NotOperator OtherFlow Halted NoMatching PriceBand
        MaxQuantity MaxNotional MaxOrders BadExpiry PostOnlyWouldCross BadTerms WrongPhase BadTime)
}

fn cancel_reason(code: u8) -> CancelReason {
    by_code!(code, hw_cancel_reason_name, HwCancelReason, CancelReason:
        User SelfTrade IocRemainder FokUnfillable MassCancel NoLiquidity Expired MinimumUnfillable
        PostOnlyWouldCross LevelsFull)
}
