//! Questions that are asked of an event: is it a trade, with whom, why was it refused.

use super::{CancelReason, Event, EventKind, RejectReason};
use crate::types::{ClientSequence, Quantity, SessionId};

impl Event {
    /// The client sequence of the command that this event answers; `None` for what follows the
    /// answer.
    pub const fn answers(&self) -> Option<ClientSequence> {
        match self.kind {
            EventKind::Accepted { client_sequence, .. }
            | EventKind::Rejected { client_sequence, .. }
            | EventKind::Reduced { client_sequence, .. }
            | EventKind::Replaced { client_sequence, .. }
            | EventKind::Duplicate { client_sequence, .. }
            | EventKind::InstrumentDefined { client_sequence, .. }
            | EventKind::FlowBound { client_sequence }
            | EventKind::Configured { client_sequence, .. }
            | EventKind::MassCanceled { client_sequence, .. }
            | EventKind::StateChanged { client_sequence, .. }
            | EventKind::Uncrossed { client_sequence, .. }
            | EventKind::BandSet { client_sequence, .. }
            | EventKind::ClockSet { client_sequence, .. }
            | EventKind::DayEnded { client_sequence }
            | EventKind::Noted { client_sequence, .. }
            | EventKind::SessionLimited { client_sequence, .. } => Some(client_sequence),
            EventKind::Canceled { client_sequence, reason, .. } => match reason {
                CancelReason::User => Some(client_sequence),
                CancelReason::IocRemainder
                | CancelReason::SelfTrade
                | CancelReason::FokUnfillable
                | CancelReason::MassCancel
                | CancelReason::NoLiquidity
                | CancelReason::Expired
                | CancelReason::MinimumUnfillable
                | CancelReason::PostOnlyWouldCross
                | CancelReason::LevelsFull => None,
            },
            EventKind::Trade { .. }
            | EventKind::Rested { .. }
            | EventKind::Triggered { .. }
            | EventKind::Replenished { .. }
            | EventKind::AuctionTrade { .. } => None,
        }
    }
}

impl EventKind {
    /// Whether two orders traded, in continuous trading or in an uncross.
    #[inline]
    pub const fn is_trade(&self) -> bool {
        self.traded().is_some()
    }

    /// How much two orders traded; `None` for what is no trade.
    #[inline]
    pub const fn traded(&self) -> Option<Quantity> {
        if let Self::Trade { quantity, .. } | Self::AuctionTrade { quantity, .. } = self {
            Some(*quantity)
        } else {
            None
        }
    }

    /// The session on the other side of a trade than the event's owner: the maker's, or the
    /// seller's in an uncross; `None` for what is no trade.
    #[inline]
    pub const fn counterparty(&self) -> Option<SessionId> {
        if let Self::Trade { maker_session: session, .. }
        | Self::AuctionTrade { sell_session: session, .. } = self
        {
            Some(*session)
        } else {
            None
        }
    }

    /// Whether it answers a command that was sent before, and not executed again.
    #[inline]
    pub const fn is_duplicate(&self) -> bool {
        matches!(self, Self::Duplicate { .. })
    }

    /// Whether a command changed nothing.
    #[inline]
    pub const fn is_rejected(&self) -> bool {
        self.reject_reason().is_some()
    }

    /// Why a command was rejected; `None` for every other event.
    #[inline]
    pub const fn reject_reason(&self) -> Option<RejectReason> {
        if let Self::Rejected { reason, .. } = self { Some(*reason) } else { None }
    }

    /// Why an order was canceled; `None` for every other event.
    #[inline]
    pub const fn cancel_reason(&self) -> Option<CancelReason> {
        if let Self::Canceled { reason, .. } = self { Some(*reason) } else { None }
    }
}
