//! Messages of ITCH.

use super::{alpha, check};
use highwater_protocols::itch::{self, AnyMessage, Header};
use highwater_protocols::{Price4, Price8, Seconds, Time48, Time64, YesNo};

fn check_itch(message: impl Into<AnyMessage>, golden: &str) {
    check(message.into(), golden, AnyMessage::parse, AnyMessage::emit);
}

/// Stock 0x0102, tracking number 0x0304, time 0x05060708090A.
fn header() -> Header {
    let timestamp = Time48::new(0x0506_0708_090A).expect("48 bits");
    Header { stock_locate: 0x0102, tracking_number: 0x0304, timestamp }
}

#[test]
fn orders_of_the_feed() {
    check_itch(
        itch::AddOrder {
            header: header(),
            order_reference: 0x1112_1314_1516_1718,
            side: itch::Side::Buy,
            shares: 0x2122_2324,
            stock: alpha("AAPL"),
            price: Price4(0x3132_3334),
        },
        "'A 0102 0304 05060708090A 1112131415161718 'B 21222324 'AAPL____ 31323334",
    );
    check_itch(
        itch::AddOrderAttributed {
            header: header(),
            order_reference: 0x1112_1314_1516_1718,
            side: itch::Side::Sell,
            shares: 0x2122_2324,
            stock: alpha("AAPL"),
            price: Price4(0x3132_3334),
            attribution: alpha("MPID"),
        },
        "'F 0102 0304 05060708090A 1112131415161718 'S 21222324 'AAPL____ 31323334 'MPID",
    );
    check_itch(
        itch::OrderExecuted {
            header: header(),
            order_reference: 0x1112_1314_1516_1718,
            executed_shares: 0x2122_2324,
            match_number: 0x4142_4344_4546_4748,
        },
        "'E 0102 0304 05060708090A 1112131415161718 21222324 4142434445464748",
    );
    check_itch(
        itch::OrderExecutedWithPrice {
            header: header(),
            order_reference: 0x1112_1314_1516_1718,
            executed_shares: 0x2122_2324,
            match_number: 0x4142_4344_4546_4748,
            printable: YesNo::No,
            execution_price: Price4(0x3132_3334),
        },
        "'C 0102 0304 05060708090A 1112131415161718 21222324 4142434445464748 'N 31323334",
    );
    check_itch(
        itch::OrderCancel {
            header: header(),
            order_reference: 0x1112_1314_1516_1718,
            canceled_shares: 0x2122_2324,
        },
        "'X 0102 0304 05060708090A 1112131415161718 21222324",
    );
    check_itch(
        itch::OrderDelete { header: header(), order_reference: 0x1112_1314_1516_1718 },
        "'D 0102 0304 05060708090A 1112131415161718",
    );
    check_itch(
        itch::OrderReplace {
            header: header(),
            original_order_reference: 0x1112_1314_1516_1718,
            new_order_reference: 0x5152_5354_5556_5758,
            shares: 0x2122_2324,
            price: Price4(0x3132_3334),
        },
        "'U 0102 0304 05060708090A 1112131415161718 5152535455565758 21222324 31323334",
    );
}

#[test]
fn trades_and_auctions_of_the_feed() {
    check_itch(
        itch::Trade {
            header: header(),
            order_reference: 0,
            side: itch::Side::Buy,
            shares: 0x2122_2324,
            stock: alpha("AAPL"),
            price: Price4(0x3132_3334),
            match_number: 0x4142_4344_4546_4748,
        },
        "'P 0102 0304 05060708090A 0000000000000000 'B 21222324 'AAPL____ 31323334
         4142434445464748",
    );
    check_itch(
        itch::CrossTrade {
            header: header(),
            shares: 0x6162_6364_6566_6768,
            stock: alpha("AAPL"),
            cross_price: Price4(0x3132_3334),
            match_number: 0x4142_4344_4546_4748,
            cross_type: itch::CrossType::Closing.into(),
        },
        "'Q 0102 0304 05060708090A 6162636465666768 'AAPL____ 31323334 4142434445464748 'C",
    );
    check_itch(
        itch::NetOrderImbalance {
            header: header(),
            paired_shares: 0x6162_6364_6566_6768,
            imbalance_shares: 0x7172_7374_7576_7778,
            imbalance_direction: itch::ImbalanceDirection::Insufficient.into(),
            stock: alpha("AAPL"),
            far_price: Price4(1),
            near_price: Price4(2),
            current_reference_price: Price4(3),
            cross_type: itch::CrossType::Opening.into(),
            price_variation: itch::PriceVariation::NotAvailable.into(),
        },
        "'I 0102 0304 05060708090A 6162636465666768 7172737475767778 'O 'AAPL____ 00000001
         00000002 00000003 'O '_",
    );
    check_itch(
        itch::DirectListing {
            header: header(),
            stock: alpha("AAPL"),
            open_eligibility: YesNo::Yes,
            minimum_price: Price4(1),
            maximum_price: Price4(2),
            near_execution_price: Price4(3),
            near_execution_time: Time64(0x8182_8384_8586_8788),
            lower_collar: Price4(4),
            upper_collar: Price4(5),
        },
        "'O 0102 0304 05060708090A 'AAPL____ 'Y 00000001 00000002 00000003 8182838485868788
         00000004 00000005",
    );
}

#[test]
fn stocks_of_the_feed() {
    check_itch(
        itch::StockDirectory {
            header: header(),
            stock: alpha("AAPL"),
            market_category: itch::MarketCategory::NasdaqGlobalSelect.into(),
            financial_status: itch::FinancialStatus::Normal.into(),
            round_lot_size: 100,
            round_lots_only: YesNo::No,
            issue_classification: itch::IssueClassification::CommonStock.into(),
            issue_sub_type: alpha("Z"),
            authenticity: itch::Authenticity::Production.into(),
            short_sale_threshold: itch::Flag::No.into(),
            ipo_flag: itch::IpoFlag::NotAvailable.into(),
            luld_tier: itch::LuldTier::Tier1.into(),
            etp_flag: itch::Flag::Yes.into(),
            etp_leverage_factor: 3,
            inverse_indicator: itch::Flag::No.into(),
        },
        "'R 0102 0304 05060708090A 'AAPL____ 'Q 'N 00000064 'N 'C 'Z_ 'P 'N '_ '1 'Y 00000003 'N",
    );
    check_itch(
        itch::StockTradingAction {
            header: header(),
            stock: alpha("AAPL"),
            trading_state: itch::TradingState::Halted.into(),
            reserved: b' ',
            reason: alpha("T12"),
        },
        "'H 0102 0304 05060708090A 'AAPL____ 'H '_ 'T12_",
    );
    check_itch(
        itch::MwcbDeclineLevel {
            header: header(),
            level_1: Price8(1),
            level_2: Price8(2),
            level_3: Price8(3),
        },
        "'V 0102 0304 05060708090A 0000000000000001 0000000000000002 0000000000000003",
    );
    check_itch(
        itch::MarketParticipantPosition {
            header: header(),
            mpid: alpha("MPID"),
            stock: alpha("AAPL"),
            is_primary: YesNo::Yes,
            mode: itch::MarketMakerMode::Normal.into(),
            state: itch::ParticipantState::Active.into(),
        },
        "'L 0102 0304 05060708090A 'MPID 'AAPL____ 'Y 'N 'A",
    );
}

#[test]
fn short_messages_of_the_feed() {
    let (header, stock) = (header(), alpha("AAPL"));
    let start = "0102 0304 05060708090A";
    let event_code = itch::EventCode::StartOfSystemHours.into();
    check_itch(itch::SystemEvent { header, event_code }, &format!("'S {start} 'S"));
    let action = itch::RegShoAction::Restricted.into();
    check_itch(itch::RegSho { header, stock, action }, &format!("'Y {start} 'AAPL____ '1"));
    let breached_level = itch::BreachedLevel::Level2.into();
    check_itch(itch::MwcbStatus { header, breached_level }, &format!("'W {start} '2"));
    let match_number = 0x4142_4344_4546_4748;
    let broken = itch::BrokenTrade { header, match_number };
    check_itch(broken, &format!("'B {start} 4142434445464748"));
    let interest = itch::InterestFlag::Both.into();
    let retail = itch::RetailInterest { header, stock, interest };
    check_itch(retail, &format!("'N {start} 'AAPL____ 'A"));
    let (market_code, action) = (itch::MarketCode::Psx.into(), itch::HaltAction::Halted.into());
    let halt = itch::OperationalHalt { header, stock, market_code, action };
    check_itch(halt, &format!("'h {start} 'AAPL____ 'X 'H"));
    let qualifier = itch::IpoQualifier::Anticipated.into();
    let (release_time, price) = (Seconds(0x1112_1314), Price4(0x3132_3334));
    let period = itch::IpoQuotingPeriod { header, stock, release_time, qualifier, price };
    check_itch(period, &format!("'K {start} 'AAPL____ 11121314 'A 31323334"));
    let collar = itch::LuldAuctionCollar {
        header,
        stock,
        reference_price: Price4(1),
        upper_price: Price4(2),
        lower_price: Price4(3),
        extension: 4,
    };
    check_itch(collar, &format!("'J {start} 'AAPL____ 00000001 00000002 00000003 00000004"));
}
