//! Every kind of event has its line, and every line is JSON.

use super::*;
use crate::outputs::text_file::Shared;
use highwater::event::CancelReason;
use highwater::types::{
    Band, Capacities, Lots, OrderId, Phase, Price, PriceDecimals, Quantity, Sequence, Side, Ticks,
};

const CLIENT_SEQUENCE: ClientSequence = ClientSequence(40);
const ORDER: OrderId = OrderId(u64::MAX);
const MAKER_SESSION: SessionId = SessionId(3);

/// A kind, the end of its line, and whether its instrument is shown.
type Row = (EventKind, String, bool);

/// The lines for these kinds, which instrument 1 of session 1 sees in this order.
fn written(kinds: impl Iterator<Item = EventKind>) -> Vec<String> {
    written_with(kinds, None)
}

/// The same, with prices of these decimals.
fn written_with(
    kinds: impl Iterator<Item = EventKind>,
    decimals: Option<PriceDecimals>,
) -> Vec<String> {
    let shared = Shared::default();
    let mut events = EventsWriter::to(TextFile::new("events", "e.jsonl", shared.clone()));
    events.name_instrument(InstrumentId(1), Symbol::new(b"A\\\"\xff").unwrap());
    for (sequence, kind) in (1..).map(Sequence).zip(kinds) {
        let (session, instrument) = (SessionId(1), InstrumentId(1));
        events
            .event(&Event { sequence, session, owner: session, instrument, kind }, decimals)
            .unwrap();
    }
    events.flush().unwrap();
    shared.text().lines().map(str::to_owned).collect()
}

fn price() -> Price {
    Price::new(Ticks(911)).unwrap()
}

fn quantity() -> Quantity {
    Quantity::new(Lots(7)).unwrap()
}

fn visible() -> Quantity {
    Quantity::new(Lots(2)).unwrap()
}

fn trade() -> EventKind {
    EventKind::Trade {
        maker: OrderId(1),
        taker: OrderId(2),
        side: Side::Sell,
        maker_session: MAKER_SESSION,
        price: price(),
        quantity: quantity(),
        maker_remaining: Lots(0),
        taker_remaining: Lots(4),
    }
}

fn auction_trade() -> EventKind {
    EventKind::AuctionTrade {
        buy: OrderId(1),
        sell: OrderId(2),
        sell_session: MAKER_SESSION,
        price: price(),
        quantity: quantity(),
        buy_remaining: Lots(0),
        sell_remaining: Lots(4),
    }
}

/// What a client's commands lead to.
fn order_rows() -> Vec<Row> {
    let (client_sequence, order) = (CLIENT_SEQUENCE, ORDER);
    let (price, quantity, visible) = (price(), quantity(), visible());
    let reason = RejectReason::UnknownOrder;
    let named = "\"order\":18446744073709551615";
    let about = |kind, end: String| (kind, end, true);
    vec![
        about(
            EventKind::Accepted {
                client_sequence,
                order,
                side: Side::Buy,
                price: Ticks(911),
                trigger: Ticks(0),
                quantity,
            },
            format!(r#""kind":"accepted",{named},"side":"buy","price":911,"trigger":0,"quantity":7}}"#),
        ),
        about(
            trade(),
            r#""kind":"trade","maker":1,"taker":2,"maker_session":3,"price":911,"quantity":7,"maker_remaining":0,"taker_remaining":4,"side":"sell"}"#.into(),
        ),
        about(
            EventKind::Rested { order, side: Side::Sell, price, quantity, visible },
            format!(r#""kind":"rested",{named},"side":"sell","price":911,"quantity":7,"visible":2}}"#),
        ),
        about(
            EventKind::Rejected { client_sequence, order, reason },
            format!(r#""kind":"rejected",{named},"reason":"unknown_order"}}"#),
        ),
        about(EventKind::Triggered { order }, format!(r#""kind":"triggered",{named}}}"#)),
        about(
            EventKind::Replenished { order, side: Side::Buy, price, visible },
            format!(r#""kind":"replenished",{named},"visible":2,"side":"buy","price":911}}"#),
        ),
        about(
            auction_trade(),
            r#""kind":"auction_trade","buy":1,"sell":2,"sell_session":3,"price":911,"quantity":7,"buy_remaining":0,"sell_remaining":4}"#.into(),
        ),
        (
            EventKind::MassCanceled { client_sequence, order_count: 9 },
            r#""kind":"mass_canceled","order_count":9}"#.into(),
            false,
        ),
        (
            EventKind::Duplicate { client_sequence, last: ClientSequence(39) },
            r#""kind":"duplicate","last":39}"#.into(),
            false,
        ),
    ]
}

/// What becomes of open orders.
fn change_rows() -> Vec<Row> {
    let (client_sequence, order, new_order) = (CLIENT_SEQUENCE, ORDER, OrderId(3));
    let (quantity, expired) = (quantity(), CancelReason::Expired);
    let named = "\"order\":18446744073709551615";
    let about = |kind, end: String| (kind, end, true);
    vec![
        about(
            EventKind::Reduced {
                client_sequence,
                order,
                side: Side::Sell,
                price: Ticks(0),
                remaining: quantity,
                visible: Lots(0),
            },
            format!(
                r#""kind":"reduced",{named},"remaining":7,"visible":0,"side":"sell","price":0}}"#
            ),
        ),
        about(
            EventKind::Replaced {
                client_sequence,
                order,
                new_order,
                side: Side::Buy,
                price: Ticks(0),
                quantity,
                visible: Lots(2),
                kept_priority: false,
            },
            format!(
                r#""kind":"replaced",{named},"new_order":3,"price":0,"quantity":7,"visible":2,"kept_priority":false,"side":"buy"}}"#
            ),
        ),
        about(
            EventKind::Canceled {
                client_sequence,
                order,
                side: Side::Sell,
                price: Ticks(911),
                quantity,
                visible: Lots(2),
                reason: expired,
            },
            format!(
                r#""kind":"canceled",{named},"quantity":7,"reason":"expired","side":"sell","price":911,"visible":2}}"#
            ),
        ),
    ]
}

/// What the operator's commands lead to.
fn operator_rows() -> Vec<Row> {
    let client_sequence = CLIENT_SEQUENCE;
    let capacities = Capacities { orders: 10, instruments: 20, sessions: 30 };
    let band = Band { low: Ticks(1), high: Ticks(5) };
    let (order, reason) = (OrderId(0), RejectReason::BadTime);
    let row = |kind, end: &str, is_about| (kind, end.to_owned(), is_about);
    vec![
        row(
            EventKind::InstrumentDefined { client_sequence, is_new: true },
            r#""kind":"instrument_defined","is_new":true}"#,
            true,
        ),
        row(
            EventKind::Noted { client_sequence, code: 7, order },
            r#""kind":"noted","order":0,"code":7}"#,
            false,
        ),
        row(EventKind::FlowBound { client_sequence }, r#""kind":"flow_bound"}"#, false),
        row(
            EventKind::Configured { client_sequence, capacities },
            r#""kind":"configured","orders":10,"instruments":20,"sessions":30}"#,
            false,
        ),
        row(
            EventKind::StateChanged { client_sequence, phase: Phase::Auction, is_halted: true },
            r#""kind":"state_changed","phase":"auction","is_halted":true}"#,
            true,
        ),
        row(
            EventKind::Uncrossed { client_sequence, price: Ticks(911), volume: Lots(70) },
            r#""kind":"uncrossed","price":911,"volume":70}"#,
            true,
        ),
        row(
            EventKind::BandSet { client_sequence, band },
            r#""kind":"band_set","band_low":1,"band_high":5}"#,
            true,
        ),
        row(
            EventKind::ClockSet { client_sequence, now_ns: 5 },
            r#""kind":"clock_set","now_ns":5}"#,
            false,
        ),
        row(EventKind::DayEnded { client_sequence }, r#""kind":"day_ended"}"#, false),
        row(
            EventKind::SessionLimited {
                client_sequence,
                session: SessionId(4),
                open_orders_max: 100,
            },
            r#""kind":"session_limited","of_session":4,"open_orders_max":100}"#,
            false,
        ),
        row(
            EventKind::Rejected { client_sequence, order, reason },
            r#""kind":"rejected","order":0,"reason":"bad_time"}"#,
            false,
        ),
    ]
}

#[test]
fn every_kind_has_its_fields() {
    let rows = [order_rows(), change_rows(), operator_rows()].concat();
    let lines = written(rows.iter().map(|row| row.0));
    assert_eq!(lines.len(), rows.len());
    let prefix = r#""session":1,"client_sequence":40,"#;
    for (at, (line, (_, end, is_about))) in lines.iter().zip(&rows).enumerate() {
        let about =
            if *is_about { "\"instrument\":1,\"symbol\":\"A\\\\\\\"\\u00ff\"," } else { "" };
        assert_eq!(line, &format!("{{\"sequence\":{},{prefix}{about}{end}", at + 1));
    }
}

/// Only prices change, and all of them.
#[test]
fn every_price_is_decimal_on_wish() {
    let rows = [order_rows(), change_rows(), operator_rows()].concat();
    let in_ticks = written(rows.iter().map(|row| row.0));
    let in_decimals = written_with(rows.iter().map(|row| row.0), Some(PriceDecimals(3)));
    let mut price_count = 0;
    for (ticks, decimals) in in_ticks.iter().zip(&in_decimals) {
        let [mut ticks, decimals]: [serde_json::Value; 2] =
            [ticks, decimals].map(|line| serde_json::from_str(line).unwrap());
        for name in ["price", "trigger", "band_low", "band_high"] {
            if let Some(price) = ticks.get_mut(name) {
                *price = format!("0.{:03}", price.as_u64().unwrap()).into();
                price_count += 1;
            }
        }
        assert_eq!(ticks, decimals);
    }
    assert_eq!(price_count, 12);
}

#[test]
fn every_line_is_json() {
    let rows = [order_rows(), change_rows(), operator_rows()].concat();
    for line in written(rows.iter().map(|row| row.0)) {
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(value["kind"].is_string() && value["client_sequence"] == 40, "{line}");
    }
}

#[test]
fn the_end_of_a_command_has_its_time() {
    let shared = Shared::default();
    let mut events = EventsWriter::to(TextFile::new("events", "e.jsonl", shared.clone()));
    events.end(CommandEnd { sequence: Sequence(7), timestamp_ns: u64::MAX }).unwrap();
    events.flush().unwrap();
    let line = r#"{"sequence":7,"kind":"command_end","timestamp_ns":18446744073709551615}"#;
    assert_eq!(shared.text(), format!("{line}\n"));
}

#[test]
fn what_is_not_known_is_left_out_and_another_owner_is_named() {
    let lines = written([trade()].into_iter());
    assert!(!lines[0].contains("client_sequence"), "{}", lines[0]);
    assert!(!lines[0].contains("owner"), "{}", lines[0]);
    let shared = Shared::default();
    let mut events = EventsWriter::to(TextFile::new("events", "e.jsonl", shared.clone()));
    let (session, owner, instrument) = (SessionId(1), SessionId(2), InstrumentId(7));
    let sequence = Sequence(1);
    events.event(&Event { sequence, session, owner, instrument, kind: trade() }, None).unwrap();
    events.flush().unwrap();
    let expected = r#"{"sequence":1,"session":1,"owner":2,"instrument":7,"kind":"trade","#;
    assert!(shared.text().starts_with(expected), "{}", shared.text());
}
