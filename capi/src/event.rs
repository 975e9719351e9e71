//! Events as the host reads them: numbers, of which each kind fills its own.

use crate::codes::{HwCancelReason, HwEventKind, HwPhase, HwRejectReason, HwSide};
use highwater::event::{CommandEnd, Event, EventKind};
use highwater::types::Capacities;

/// One fact, caused by the command with its sequence. What a kind does not fill is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HwEvent {
    /// The command that caused it; of a Duplicate, the last one sequenced before.
    pub sequence: u64,
    /// The session's number for the command that it answers, or that canceled an order.
    pub client_sequence: u64,
    /// The order; the maker of a Trade, the buying order of an `AuctionTrade`.
    pub order: u64,
    /// The taker of a Trade, the selling order of an `AuctionTrade`, the new name of a Replaced.
    pub other_order: u64,
    /// In lots: what was accepted, traded, rested or canceled; the open quantity of a Replaced; the
    /// volume of an Uncrossed.
    pub quantity: u64,
    /// What is still open of `order`, in lots: Trade, `AuctionTrade`, Reduced.
    pub remaining: u64,
    /// What is still open of `other_order`, in lots: Trade, `AuctionTrade`.
    pub other_remaining: u64,
    /// What the order shows, in lots: Rested, Reduced, Replaced, Replenished. What it showed when
    /// it left, 0 when it did not rest: Canceled.
    pub visible: u64,
    /// The last client sequence of the session that was executed: Duplicate.
    pub last_client_sequence: u64,
    /// Orders that are canceled: `MassCanceled`.
    pub order_count: u64,
    /// In nanoseconds: the engine's time of a `ClockSet`; when the command of a `CommandEnd` was
    /// pushed.
    pub time_ns: u64,
    /// The instrument that it is about; 0 where it is about none.
    pub instrument: u32,
    /// In ticks. What was traded at: Trade, `AuctionTrade`, Uncrossed. The limit of the order, 0
    /// for one without: Accepted, Rested, Canceled, Reduced, Replaced, Replenished.
    pub price: u32,
    /// In ticks: what a stop waits for, 0 for every other order: Accepted.
    pub trigger: u32,
    /// `BandSet`.
    pub band_low: u32,
    /// `BandSet`.
    pub band_high: u32,
    /// `SessionLimited`.
    pub open_orders_max: u32,
    /// Configured.
    pub orders: u32,
    /// Configured.
    pub instruments: u32,
    /// Configured.
    pub sessions: u32,
    /// The session that sent the command.
    pub session: u16,
    /// The session of the order that it is about: the taker's, or the buyer's, of a trade.
    pub owner: u16,
    /// The maker's session of a Trade, the seller's of an `AuctionTrade`; `SessionLimited`.
    pub other_session: u16,
    /// An `hw_event_kind`.
    pub kind: u8,
    /// An `hw_side`. The order's: Accepted, Rested, Canceled, Reduced, Replaced, Replenished. The
    /// taker's: Trade.
    pub side: u8,
    /// An `hw_reject_reason` of a Rejected, an `hw_cancel_reason` of a Canceled.
    pub reason: u8,
    /// An `hw_phase`: `StateChanged`.
    pub phase: u8,
    /// 1 when the instrument is halted: `StateChanged`.
    pub is_halted: u8,
    /// 0 when the instrument had been defined before: `InstrumentDefined`.
    pub is_new: u8,
    /// 1 when the order kept its place: Replaced.
    pub kept_priority: u8,
    /// The host's number for what it noted: Noted.
    pub note_code: u16,
}

impl From<CommandEnd> for HwEvent {
    fn from(end: CommandEnd) -> Self {
        Self {
            kind: HwEventKind::CommandEnd as u8,
            sequence: end.sequence.0,
            time_ns: end.timestamp_ns,
            ..Self::default()
        }
    }
}

impl From<&Event> for HwEvent {
    fn from(event: &Event) -> Self {
        let mut said = Self {
            kind: HwEventKind::from(&event.kind) as u8,
            sequence: event.sequence.0,
            client_sequence: event.answers().unwrap_or_default().0,
            instrument: event.instrument.0,
            session: event.session.0,
            owner: event.owner.0,
            ..Self::default()
        };
        said.fill_orders(&event.kind);
        said.fill_places(&event.kind);
        said.fill_others(&event.kind);
        said
    }
}

impl HwEvent {
    /// Fills in the orders that the event is about, and their quantities.
    fn fill_orders(&mut self, kind: &EventKind) {
        match *kind {
            EventKind::Rejected { order, .. }
            | EventKind::Noted { order, .. }
            | EventKind::Triggered { order } => self.order = order.0,
            EventKind::Accepted { order, quantity, .. } => {
                (self.order, self.quantity) = (order.0, quantity.lots());
            }
            EventKind::Trade {
                maker, taker, quantity, maker_remaining, taker_remaining, ..
            } => {
                (self.order, self.other_order, self.quantity) = (maker.0, taker.0, quantity.lots());
                (self.remaining, self.other_remaining) = (maker_remaining.0, taker_remaining.0);
            }
            EventKind::AuctionTrade {
                buy, sell, quantity, buy_remaining, sell_remaining, ..
            } => {
                (self.order, self.other_order, self.quantity) = (buy.0, sell.0, quantity.lots());
                (self.remaining, self.other_remaining) = (buy_remaining.0, sell_remaining.0);
            }
            EventKind::Rested { order, quantity, visible, .. } => {
                (self.order, self.quantity, self.visible) =
                    (order.0, quantity.lots(), visible.lots());
            }
            EventKind::Canceled { order, quantity, visible, .. } => {
                (self.order, self.quantity, self.visible) = (order.0, quantity.lots(), visible.0);
            }
            EventKind::Reduced { order, remaining, visible, .. } => {
                (self.order, self.remaining, self.visible) = (order.0, remaining.lots(), visible.0);
            }
            EventKind::Replaced { order, new_order, quantity, visible, .. } => {
                (self.order, self.other_order) = (order.0, new_order.0);
                (self.quantity, self.visible) = (quantity.lots(), visible.0);
            }
            EventKind::Replenished { order, visible, .. } => {
                (self.order, self.visible) = (order.0, visible.lots());
            }
            EventKind::Uncrossed { volume, .. } => self.quantity = volume.0,
            EventKind::MassCanceled { order_count, .. } => self.order_count = order_count,
            EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::StateChanged { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => {}
        }
    }

    /// Fills in which side of the book it is about, and at what price.
    fn fill_places(&mut self, kind: &EventKind) {
        let (side, price) = match *kind {
            EventKind::Accepted { side, price, trigger, .. } => {
                self.trigger = trigger.0;
                (Some(side), price.0)
            }
            EventKind::Canceled { side, price, .. }
            | EventKind::Reduced { side, price, .. }
            | EventKind::Replaced { side, price, .. } => (Some(side), price.0),
            EventKind::Trade { side, price, .. }
            | EventKind::Rested { side, price, .. }
            | EventKind::Replenished { side, price, .. } => (Some(side), price.ticks()),
            EventKind::AuctionTrade { price, .. } => (None, price.ticks()),
            EventKind::Uncrossed { price, .. } => (None, price.0),
            EventKind::Rejected { .. }
            | EventKind::Noted { .. }
            | EventKind::Triggered { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::Duplicate { .. }
            | EventKind::InstrumentDefined { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Configured { .. }
            | EventKind::StateChanged { .. }
            | EventKind::BandSet { .. }
            | EventKind::ClockSet { .. }
            | EventKind::DayEnded { .. }
            | EventKind::SessionLimited { .. } => (None, 0),
        };
        (self.side, self.price) = (side.map_or(HwSide::None, HwSide::from) as u8, price);
    }

    /// Fills in what else the event says.
    fn fill_others(&mut self, kind: &EventKind) {
        match *kind {
            EventKind::Rejected { reason, .. } => self.reason = HwRejectReason::from(reason) as u8,
            EventKind::Trade { maker_session: other, .. }
            | EventKind::AuctionTrade { sell_session: other, .. } => self.other_session = other.0,
            EventKind::Canceled { client_sequence, reason, .. } => {
                self.client_sequence = client_sequence.0;
                self.reason = HwCancelReason::from(reason) as u8;
            }
            EventKind::Replaced { kept_priority, .. } => {
                self.kept_priority = u8::from(kept_priority);
            }
            EventKind::Duplicate { last, .. } => self.last_client_sequence = last.0,
            EventKind::InstrumentDefined { is_new, .. } => self.is_new = u8::from(is_new),
            EventKind::Configured { capacities, .. } => {
                let Capacities { orders, instruments, sessions } = capacities;
                (self.orders, self.instruments, self.sessions) = (orders, instruments, sessions);
            }
            EventKind::StateChanged { phase, is_halted, .. } => {
                self.phase = HwPhase::from(phase) as u8;
                self.is_halted = u8::from(is_halted);
            }
            EventKind::BandSet { band, .. } => {
                (self.band_low, self.band_high) = (band.low.0, band.high.0);
            }
            EventKind::ClockSet { now_ns, .. } => self.time_ns = now_ns,
            EventKind::Noted { code, .. } => self.note_code = code,
            EventKind::SessionLimited { session, open_orders_max, .. } => {
                (self.other_session, self.open_orders_max) = (session.0, open_orders_max);
            }
            EventKind::Accepted { .. }
            | EventKind::Rested { .. }
            | EventKind::Reduced { .. }
            | EventKind::Uncrossed { .. }
            | EventKind::FlowBound { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. }
            | EventKind::MassCanceled { .. }
            | EventKind::DayEnded { .. } => {}
        }
    }
}

impl From<&EventKind> for HwEventKind {
    fn from(kind: &EventKind) -> Self {
        match kind {
            EventKind::Accepted { .. } => Self::Accepted,
            EventKind::Rejected { .. } => Self::Rejected,
            EventKind::Trade { .. } => Self::Trade,
            EventKind::Rested { .. } => Self::Rested,
            EventKind::Canceled { .. } => Self::Canceled,
            EventKind::Reduced { .. } => Self::Reduced,
            EventKind::Replaced { .. } => Self::Replaced,
            EventKind::Duplicate { .. } => Self::Duplicate,
            EventKind::InstrumentDefined { .. } => Self::InstrumentDefined,
            EventKind::FlowBound { .. } => Self::FlowBound,
            EventKind::Configured { .. } => Self::Configured,
            EventKind::Triggered { .. } => Self::Triggered,
            EventKind::Replenished { .. } => Self::Replenished,
            EventKind::AuctionTrade { .. } => Self::AuctionTrade,
            EventKind::MassCanceled { .. } => Self::MassCanceled,
            EventKind::StateChanged { .. } => Self::StateChanged,
            EventKind::Uncrossed { .. } => Self::Uncrossed,
            EventKind::BandSet { .. } => Self::BandSet,
            EventKind::ClockSet { .. } => Self::ClockSet,
            EventKind::DayEnded { .. } => Self::DayEnded,
            EventKind::SessionLimited { .. } => Self::SessionLimited,
            EventKind::Noted { .. } => Self::Noted,
        }
    }
}
