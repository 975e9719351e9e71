//! Messages of OUCH.

use super::{alpha, bytes, check};
use highwater_protocols::ouch::{self, Appendage, Element, Inbound, Outbound};
use highwater_protocols::{
    Alpha, AppendageError, Open, Seconds, SignedPrice4, Time64, WidePrice4, YesNo,
};

fn check_inbound(message: impl Into<Inbound>, golden: &str) {
    check(message.into(), golden, Inbound::parse, Inbound::emit);
}

fn check_outbound(message: impl Into<Outbound>, golden: &str) {
    check(message.into(), golden, Outbound::parse, Outbound::emit);
}

fn enter_order() -> ouch::EnterOrder {
    ouch::EnterOrder {
        user_ref_num: 0x0102_0304,
        side: ouch::Side::SellShort,
        quantity: 0x1112_1314,
        symbol: alpha("AAPL"),
        price: WidePrice4(0x2122_2324_2526_2728),
        time_in_force: ouch::TimeInForce::Day,
        display: ouch::Display::Visible,
        capacity: ouch::Capacity::Agency,
        is_sweep: YesNo::No,
        cross_type: ouch::CrossType::Continuous,
        cl_ord_id: alpha("MINE"),
        appendage: Appendage::new(),
    }
}

#[test]
fn messages_to_the_market() {
    let mut enter = enter_order();
    let fixed = "'O 01020304 'T 11121314 'AAPL____ 2122232425262728 '0 'Y 'A 'N 'N
                 'MINE__________";
    check_inbound(enter, &format!("{fixed} 0000"));
    for element in [Element::Firm(alpha("FIRM")), Element::MinQuantity(7), Element::UserRefIdx(5)] {
        enter.appendage.push(element).expect("it may be there");
    }
    check_inbound(enter, &format!("{fixed} 000F 0502 'FIRM 0503 00000007 021C05"));
    let replace = ouch::ReplaceOrder {
        orig_user_ref_num: 0x0102_0304,
        user_ref_num: 0x0506_0708,
        quantity: 0x1112_1314,
        price: WidePrice4::MARKET,
        time_in_force: ouch::TimeInForce::ImmediateOrCancel,
        display: ouch::Display::Attributable,
        is_sweep: YesNo::Yes,
        cl_ord_id: alpha("MINE"),
        appendage: Appendage::new(),
    };
    check_inbound(
        replace,
        "'U 01020304 05060708 11121314 000000007FFFFFFF '3 'A 'Y 'MINE__________ 0000",
    );
    let (user_ref_num, quantity) = (0x0102_0304, 0x1112_1314);
    let cancel = ouch::CancelOrder { user_ref_num, quantity, appendage: None };
    check_inbound(cancel, "'X 01020304 11121314");
    let mut appendage = Appendage::new();
    let empty = ouch::CancelOrder { appendage: Some(appendage), ..cancel };
    check_inbound(empty, "'X 01020304 11121314 0000");
    appendage.push(Element::UserRefIdx(5)).expect("it may be there");
    let of_channel = ouch::CancelOrder { appendage: Some(appendage), ..cancel };
    check_inbound(of_channel, "'X 01020304 11121314 0003 021C05");
    check_inbound(ouch::AccountQuery { appendage: None }, "'Q");
    check_inbound(ouch::AccountQuery { appendage: Some(appendage) }, "'Q 0003 021C05");
    let (firm, symbol, appendage) = (alpha("FIRM"), Alpha::BLANK, Appendage::new());
    let mass = ouch::MassCancel { user_ref_num, firm, symbol, appendage };
    check_inbound(mass, "'C 01020304 'FIRM '________ 0000");
    let disable = ouch::DisableOrderEntry { user_ref_num, firm, appendage: Appendage::new() };
    check_inbound(disable, "'D 01020304 'FIRM 0000");
    let enable = ouch::EnableOrderEntry { user_ref_num, firm, appendage: Appendage::new() };
    check_inbound(enable, "'E 01020304 'FIRM 0000");
    let side = ouch::Side::SellShortExempt;
    let modify = ouch::ModifyOrder { user_ref_num, side, quantity, appendage: None };
    check_inbound(modify, "'M 01020304 'E 11121314");
}

#[test]
fn messages_from_the_market() {
    let (timestamp, user_ref_num) = (Time64(0x3132_3334_3536_3738), 0x0102_0304);
    let start = "3132333435363738 01020304";
    let accepted = ouch::OrderAccepted {
        timestamp,
        user_ref_num,
        side: ouch::Side::Buy,
        quantity: 0x1112_1314,
        symbol: alpha("AAPL"),
        price: WidePrice4(0x2122_2324_2526_2728),
        time_in_force: ouch::TimeInForce::Day,
        display: ouch::Display::Visible,
        order_reference: 0x4142_4344_4546_4748,
        capacity: ouch::Capacity::Principal,
        is_sweep: YesNo::No,
        cross_type: ouch::CrossType::Continuous,
        state: ouch::OrderState::Live,
        cl_ord_id: alpha("MINE"),
        appendage: Appendage::new(),
    };
    check_outbound(
        accepted,
        &format!(
            "'A {start} 'B 11121314 'AAPL____ 2122232425262728 '0 'Y 4142434445464748 'P 'N 'N 'L
             'MINE__________ 0000"
        ),
    );
    let executed = ouch::OrderExecuted {
        timestamp,
        user_ref_num,
        quantity: 0x1112_1314,
        price: WidePrice4(0x2122_2324_2526_2728),
        liquidity_flag: ouch::LiquidityFlag::Removed.into(),
        match_number: 0x4142_4344_4546_4748,
        appendage: None,
    };
    let fixed = format!("'E {start} 11121314 2122232425262728 'R 4142434445464748");
    check_outbound(executed, &fixed);
    let later = ouch::OrderExecuted { appendage: Some(Appendage::new()), ..executed };
    check_outbound(later, &format!("{fixed} 0000"));
    let canceled = ouch::Canceled {
        timestamp,
        user_ref_num,
        quantity: 0x1112_1314,
        reason: ouch::CancelReason::User.into(),
        appendage: None,
    };
    check_outbound(canceled, &format!("'C {start} 11121314 'U"));
    let rejected = |reason| ouch::Rejected {
        timestamp,
        user_ref_num,
        reason,
        cl_ord_id: alpha("MINE"),
        appendage: None,
    };
    let known = rejected(ouch::RejectReason::InvalidSymbol.into());
    check_outbound(known, &format!("'J {start} 0017 'MINE__________"));
    let unlisted = rejected(Open::from_raw(0x0040));
    check_outbound(unlisted, &format!("'J {start} 0040 'MINE__________"));
    assert_eq!((known.reason.known().is_some(), unlisted.reason.known()), (true, None));
    let event_code = ouch::EventCode::StartOfDay.into();
    check_outbound(ouch::SystemEvent { timestamp, event_code }, "'S 3132333435363738 'S");
}

#[test]
fn prevented_trades_in_their_three_lengths() {
    let mut prevented = ouch::AiqCanceled {
        timestamp: Time64(1),
        user_ref_num: 2,
        decrement_shares: 3,
        reason: ouch::CancelReason::SelfMatchPrevention.into(),
        prevented_shares: 4,
        execution_price: WidePrice4(5),
        liquidity_flag: ouch::LiquidityFlag::Added.into(),
        details: None,
    };
    let fixed = "'D 0000000000000001 00000002 00000003 'Q 00000004 0000000000000005 'A";
    check_outbound(prevented, fixed);
    let strategy = alpha("X");
    prevented.details = Some(ouch::AiqDetails { strategy, appendage: None });
    check_outbound(prevented, &format!("{fixed} 'X"));
    let mut appendage = Appendage::new();
    appendage.push(Element::UserRefIdx(9)).expect("it may be there");
    prevented.details = Some(ouch::AiqDetails { strategy, appendage: Some(appendage) });
    check_outbound(prevented, &format!("{fixed} 'X 0003 021C09"));
}

#[test]
fn wrong_appendages_say_what_is_wrong() {
    let mut out = [0; ouch::MESSAGE_BYTES_MAX];
    let length = Inbound::from(enter_order()).emit(&mut out).expect("there is room");
    let fixed = &out[..length - 2];
    for (appendage, error) in [
        ("", AppendageError::BadLength),
        ("00", AppendageError::BadLength),
        ("0001", AppendageError::BadLength),
        ("0000 021C05", AppendageError::BadLength),
        ("0003 031C05", AppendageError::BadLength),
        ("0001 00", AppendageError::BadLength),
        ("0003 024005", AppendageError::UnknownTag(0x40)),
        ("0003 021B 'B", AppendageError::ForbiddenTag(27)),
        ("0006 021C05 021C05", AppendageError::DuplicateTag(28)),
        ("0004 031C0005", AppendageError::BadElementLength(28)),
        ("0003 020C 'Y", AppendageError::BadElement(12)),
    ] {
        let message = [fixed, &bytes(appendage)].concat();
        assert_eq!(Inbound::parse(&message), Err(error.into()), "{appendage}");
    }
}

#[test]
fn messages_about_one_order() {
    let (timestamp, user_ref_num) = (Time64(0x3132_3334_3536_3738), 0x0102_0304);
    let start = "3132333435363738 01020304";
    let pending = ouch::CancelPending { timestamp, user_ref_num, appendage: None };
    check_outbound(pending, &format!("'P {start}"));
    let reject = ouch::CancelReject { timestamp, user_ref_num, appendage: None };
    check_outbound(reject, &format!("'I {start}"));
    let query =
        ouch::AccountQueryResponse { timestamp, next_user_ref_num: user_ref_num, appendage: None };
    check_outbound(query, &format!("'Q {start}"));
    let update = ouch::PriorityUpdate {
        timestamp,
        user_ref_num,
        price: WidePrice4(0x2122_2324_2526_2728),
        display: ouch::Display::Attributable,
        order_reference: 0x4142_4344_4546_4748,
        appendage: None,
    };
    check_outbound(update, &format!("'T {start} 2122232425262728 'A 4142434445464748"));
    let (side, quantity) = (ouch::Side::SellShort, 0x1112_1314);
    let modified = ouch::OrderModified { timestamp, user_ref_num, side, quantity, appendage: None };
    check_outbound(modified, &format!("'M {start} 'T 11121314"));
    let mut appendage = Appendage::new();
    for element in [
        Element::SecondaryOrderReference(0x4142_4344_4546_4748),
        Element::DisplayQuantity(quantity),
        Element::DisplayPrice(WidePrice4(0x2122_2324_2526_2728)),
    ] {
        appendage.push(element).expect("it may be there");
    }
    let reason = ouch::RestatedReason::RefreshOfDisplay.into();
    check_outbound(
        ouch::OrderRestated { timestamp, user_ref_num, reason, appendage },
        &format!("'R {start} 'R 001A 0901 4142434445464748 0516 11121314 0917 2122232425262728"),
    );
}

#[test]
fn messages_about_trades_and_firms() {
    let (timestamp, user_ref_num) = (Time64(0x3132_3334_3536_3738), 0x0102_0304);
    let start = "3132333435363738 01020304";
    let match_number = 0x4142_4344_4546_4748;
    let broken = ouch::BrokenTrade {
        timestamp,
        user_ref_num,
        match_number,
        reason: ouch::BrokenTradeReason::Erroneous.into(),
        cl_ord_id: alpha("MINE"),
        appendage: None,
    };
    check_outbound(broken, &format!("'B {start} 4142434445464748 'E 'MINE__________"));
    let corrected = ouch::TradeCorrection {
        timestamp,
        user_ref_num,
        quantity: 0x1112_1314,
        price: WidePrice4(0x2122_2324_2526_2728),
        liquidity_flag: ouch::LiquidityFlag::Added.into(),
        match_number,
        reason: ouch::TradeCorrectionReason::AdjustedToNav.into(),
        cl_ord_id: alpha("MINE"),
        appendage: None,
    };
    let golden =
        format!("'F {start} 11121314 2122232425262728 'A 4142434445464748 'N 'MINE__________");
    check_outbound(corrected, &golden);
    let firm = alpha("FIRM");
    let appendage = Appendage::new();
    let disabled = ouch::DisableOrderEntryResponse { timestamp, user_ref_num, firm, appendage };
    check_outbound(disabled, &format!("'G {start} 'FIRM 0000"));
    let enabled = ouch::EnableOrderEntryResponse { timestamp, user_ref_num, firm, appendage };
    check_outbound(enabled, &format!("'K {start} 'FIRM 0000"));
    let mut appendage = Appendage::new();
    appendage.push(Element::Side(ouch::Side::Buy)).expect("it may be there");
    appendage.push(Element::GroupId(0x0102)).expect("it may be there");
    let symbol = alpha("AAPL");
    let mass = ouch::MassCancelResponse { timestamp, user_ref_num, firm, symbol, appendage };
    check_outbound(mass, &format!("'X {start} 'FIRM 'AAPL____ 0007 021B 'B 0318 0102"));
}

#[test]
fn a_replaced_order() {
    let mut appendage = Appendage::new();
    for element in [Element::BboWeight(alpha("2")), Element::AiqGroupId(0x0102)] {
        appendage.push(element).expect("it may be there");
    }
    let replaced = ouch::OrderReplaced {
        timestamp: Time64(0x3132_3334_3536_3738),
        orig_user_ref_num: 0x0102_0304,
        user_ref_num: 0x0506_0708,
        side: ouch::Side::Sell,
        quantity: 0x1112_1314,
        symbol: alpha("AAPL"),
        price: WidePrice4(0x2122_2324_2526_2728),
        time_in_force: ouch::TimeInForce::GoodTillTime,
        display: ouch::Display::Hidden,
        order_reference: 0x4142_4344_4546_4748,
        capacity: ouch::Capacity::Riskless,
        is_sweep: YesNo::Yes,
        cross_type: ouch::CrossType::Supplemental,
        state: ouch::OrderState::Dead,
        cl_ord_id: alpha("MINE"),
        appendage,
    };
    check_outbound(
        replaced,
        "'U 3132333435363738 01020304 05060708 'S 11121314 'AAPL____ 2122232425262728 '6 'N
         4142434445464748 'R 'Y 'S 'D 'MINE__________ 0007 0212 '2 031E 0102",
    );
}

/// Every optional value, with its tag and its length.
#[test]
fn every_optional_value() {
    let mut enter = enter_order();
    let mut out = [0; ouch::MESSAGE_BYTES_MAX];
    let fixed = Inbound::from(enter).emit(&mut out).expect("there is room") - 2;
    let golden = "0502 'FIRM 0503 00000001 0204 'R 0505 00000002 0206 'M 0507 FFFFFFFF
                  0909 0000000000000003 020A 'P 050B 00000004 020C 'P 050D 00000005 050E 'ROUT
                  050F 00000006 0210 'Y 0211 'I 0318 0007 0219 'Y 051A 'LOCA 021C08 021D 'X
                  031E 0009";
    let elements = bytes(golden);
    let length = [0, u8::try_from(elements.len()).expect("short")];
    let message = [&out[..fixed], &length, &elements].concat();
    let parsed = Inbound::parse(&message);
    for element in [
        Element::Firm(alpha("FIRM")),
        Element::MinQuantity(1),
        Element::CustomerType(ouch::CustomerType::Retail),
        Element::MaxFloor(2),
        Element::PriceType(ouch::PriceType::MidpointPeg),
        Element::PegOffset(SignedPrice4(-1)),
        Element::DiscretionPrice(WidePrice4(3)),
        Element::DiscretionPriceType(ouch::PriceType::MarketPeg),
        Element::DiscretionPegOffset(SignedPrice4(4)),
        Element::PostOnly(ouch::PostOnly::PostOnly),
        Element::RandomReserves(5),
        Element::Route(alpha("ROUT")),
        Element::ExpireTime(Seconds(6)),
        Element::TradeNow(YesNo::Yes),
        Element::HandleInst(alpha("I")),
        Element::GroupId(7),
        Element::SharesLocated(YesNo::Yes),
        Element::LocateBroker(alpha("LOCA")),
        Element::UserRefIdx(8),
        Element::AiqStrategy(alpha("X")),
        Element::AiqGroupId(9),
    ] {
        enter.appendage.push(element).expect("it may be there");
    }
    assert_eq!(parsed, Ok(enter.into()));
}
