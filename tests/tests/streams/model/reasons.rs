//! The reasons of the book as OUCH's numbers and letters.

use highwater::event::{CancelReason, RejectReason};
use highwater::types::{SessionId, TimeInForce};

/// Why an order is rejected.
pub(super) const fn number_of_reject(reason: RejectReason) -> u64 {
    match reason {
        RejectReason::UnknownInstrument => 0x17,
        RejectReason::Halted => 0x07,
        RejectReason::NoMatching => 0x14,
        RejectReason::BadPrice => 0x1D,
        RejectReason::PriceBand => 0x06,
        RejectReason::BadQuantity => 0x13,
        RejectReason::MaxQuantity => 0x1E,
        RejectReason::MaxNotional => 0x1F,
        RejectReason::NotOperator => 0x0C,
        RejectReason::MaxOrders
        | RejectReason::OrdersFull
        | RejectReason::LevelsFull
        | RejectReason::SessionsFull
        | RejectReason::InstrumentsFull => 0x0A,
        RejectReason::UnknownOrder
        | RejectReason::DuplicateId
        | RejectReason::BadExpiry
        | RejectReason::PostOnlyWouldCross
        | RejectReason::BadTerms
        | RejectReason::WrongPhase
        | RejectReason::BadTime
        | RejectReason::BadCapacities
        | RejectReason::OtherFlow => 0x0F,
    }
}

/// Why quantity is canceled by a command of `session`, of an order that stays so long.
pub(super) fn letter_of(reason: CancelReason, session: SessionId, stay: TimeInForce) -> u8 {
    match reason {
        CancelReason::MassCancel if session == SessionId::OPERATOR => b'S',
        CancelReason::User | CancelReason::MassCancel => b'U',
        CancelReason::IocRemainder
        | CancelReason::FokUnfillable
        | CancelReason::MinimumUnfillable
        | CancelReason::NoLiquidity => b'I',
        CancelReason::SelfTrade => b'Q',
        CancelReason::Expired if stay == TimeInForce::GoodTillDate => b'T',
        CancelReason::Expired => b'E',
        CancelReason::PostOnlyWouldCross => b'G',
        CancelReason::LevelsFull => b'Z',
    }
}
