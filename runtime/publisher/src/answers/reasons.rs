//! The reasons of the book as the protocol has them.

use highwater::event::{CancelReason, RejectReason};
use highwater::types::SessionId;
use highwater_protocols::ouch::{self, TimeInForce};

/// Why an order was rejected.
pub(super) const fn of_reject(reason: RejectReason) -> ouch::RejectReason {
    use ouch::RejectReason as Ouch;
    match reason {
        RejectReason::UnknownInstrument => Ouch::InvalidSymbol,
        RejectReason::Halted => Ouch::Halted,
        RejectReason::NoMatching => Ouch::InvalidCrossOrder,
        RejectReason::BadPrice => Ouch::InvalidPrice,
        RejectReason::PriceBand => Ouch::FatFinger,
        RejectReason::BadQuantity => Ouch::InvalidQuantity,
        RejectReason::MaxQuantity => Ouch::SharesExceedThreshold,
        RejectReason::MaxNotional => Ouch::ExceedsMaximumAllowedNotionalValue,
        RejectReason::NotOperator => Ouch::FirmNotAuthorized,
        RejectReason::MaxOrders
        | RejectReason::OrdersFull
        | RejectReason::LevelsFull
        | RejectReason::SessionsFull
        | RejectReason::InstrumentsFull => Ouch::ProcessingError,
        RejectReason::UnknownOrder
        | RejectReason::DuplicateId
        | RejectReason::BadExpiry
        | RejectReason::PostOnlyWouldCross
        | RejectReason::BadTerms
        | RejectReason::WrongPhase
        | RejectReason::BadTime
        | RejectReason::BadCapacities
        | RejectReason::OtherFlow => Ouch::Other,
    }
}

/// Why an order of this time in force was canceled by a command of this session.
pub(crate) const fn of_cancel(
    reason: CancelReason,
    session: SessionId,
    time_in_force: TimeInForce,
) -> ouch::CancelReason {
    use ouch::CancelReason as Ouch;
    match reason {
        CancelReason::User => Ouch::User,
        CancelReason::MassCancel => match session {
            SessionId::OPERATOR => Ouch::Supervisory,
            SessionId(_) => Ouch::User,
        },
        CancelReason::IocRemainder
        | CancelReason::FokUnfillable
        | CancelReason::MinimumUnfillable
        | CancelReason::NoLiquidity => Ouch::ImmediateOrCancel,
        CancelReason::SelfTrade => Ouch::SelfMatchPrevention,
        CancelReason::Expired => match time_in_force {
            TimeInForce::GoodTillTime => Ouch::Timeout,
            TimeInForce::Day
            | TimeInForce::ImmediateOrCancel
            | TimeInForce::ExtendedHours
            | TimeInForce::AfterHours => Ouch::Closed,
        },
        CancelReason::PostOnlyWouldCross => Ouch::PostOnlyDisplayed,
        CancelReason::LevelsFull => Ouch::System,
    }
}
