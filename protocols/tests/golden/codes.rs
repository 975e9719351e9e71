//! The codes of every enumeration, in the order of its values.

use highwater_protocols::ouch::{self, RejectReason};
use highwater_protocols::soup::RejectCode;
use highwater_protocols::{Code, YesNo, itch};

/// The letters of these values; each names its value again.
fn letters<E: Code<Raw = u8>>(values: &[E]) -> String {
    for value in values {
        assert_eq!(E::from_raw(value.raw()), Some(*value));
    }
    assert_eq!((0..=255).filter_map(E::from_raw).count(), values.len(), "there are no others");
    values.iter().map(|value| char::from(value.raw())).collect()
}

#[test]
fn letters_of_the_feed() {
    assert_eq!(letters(itch::Side::ALL), "BS");
    assert_eq!(letters(itch::Flag::ALL), "YN ");
    assert_eq!(letters(itch::EventCode::ALL), "OSQMEC");
    assert_eq!(letters(itch::MarketCategory::ALL), "QGSNAPMZV ");
    assert_eq!(letters(itch::FinancialStatus::ALL), "DEQSGHJKCN ");
    assert_eq!(letters(itch::IssueClassification::ALL), "ABCFILNOPQRSTUVW");
    assert_eq!(letters(itch::Authenticity::ALL), "PT");
    assert_eq!(letters(itch::IpoFlag::ALL), "YNZ ");
    assert_eq!(letters(itch::LuldTier::ALL), "12 ");
    assert_eq!(letters(itch::TradingState::ALL), "HPQT");
    assert_eq!(letters(itch::RegShoAction::ALL), "012");
    assert_eq!(letters(itch::MarketMakerMode::ALL), "NPSRL");
    assert_eq!(letters(itch::ParticipantState::ALL), "AEWSD");
    assert_eq!(letters(itch::BreachedLevel::ALL), "123");
    assert_eq!(letters(itch::IpoQualifier::ALL), "AC");
    assert_eq!(letters(itch::MarketCode::ALL), "QBX");
    assert_eq!(letters(itch::HaltAction::ALL), "HT");
    assert_eq!(letters(itch::CrossType::ALL), "OCHA");
    assert_eq!(letters(itch::ImbalanceDirection::ALL), "BSNOP");
    assert_eq!(letters(itch::PriceVariation::ALL), "L123456789ABC ");
    assert_eq!(letters(itch::InterestFlag::ALL), "BSAN");
}

#[test]
fn letters_of_orders() {
    assert_eq!(letters(YesNo::ALL), "YN");
    assert_eq!(letters(RejectCode::ALL), "AS");
    assert_eq!(letters(ouch::Side::ALL), "BSTE");
    assert_eq!(letters(ouch::TimeInForce::ALL), "0356E");
    assert_eq!(letters(ouch::Display::ALL), "AYNPIMWLOTQZmn");
    assert_eq!(letters(ouch::Capacity::ALL), "OAPR");
    assert_eq!(letters(ouch::CrossType::ALL), "NOCHSREA");
    assert_eq!(letters(ouch::OrderState::ALL), "LD");
    assert_eq!(letters(ouch::EventCode::ALL), "SE");
    assert_eq!(letters(ouch::CancelReason::ALL), "UITSDQZCKHXEFGe");
    assert_eq!(letters(ouch::LiquidityFlag::ALL), "AeHiJjkKLMmNnOpqRrt078");
    assert_eq!(letters(ouch::RestatedReason::ALL), "RP");
    assert_eq!(letters(ouch::BrokenTradeReason::ALL), "ECSX");
    assert_eq!(letters(ouch::TradeCorrectionReason::ALL), "N");
    assert_eq!(letters(ouch::CustomerType::ALL), "RN");
    assert_eq!(letters(ouch::PriceType::ALL), "LPRMQ");
    assert_eq!(letters(ouch::PostOnly::ALL), "PN");
}

#[test]
fn reasons_for_rejects_are_numbered_from_1() {
    for (number, reason) in (1..).zip(RejectReason::ALL) {
        assert_eq!((reason.raw(), RejectReason::from_raw(number)), (number, Some(*reason)));
    }
    assert_eq!(RejectReason::ALL.len(), 0x32);
    let some = [(0x000F, RejectReason::Other), (0x0017, RejectReason::InvalidSymbol)];
    for (number, reason) in some {
        assert_eq!(RejectReason::from_raw(number), Some(reason));
    }
}
