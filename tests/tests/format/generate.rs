//! Any record, for the tests that take them all.

use highwater::command::{
    Action, ClientBytes, Conditions, Control, Definition, FlowIdentity, MassCancel, NewOrder, Note,
    ReplaceOrder, ReplaceSizing,
};
use highwater::limits::{PRICE_MAX, QUANTITY_MAX};
use highwater::record::{Body, Record};
use highwater::trade::{TradeCopy, TradeKind};
use highwater::types::{
    AccountId, Band, Capacities, InstrumentId, InstrumentTerms, Lots, Notional, OrderId, OrderType,
    PriceDecimals, ReplaceRule, SelfTrade, Sequence, SessionId, Side, Symbol, Ticks, TimeInForce,
};
use proptest::option::of as some;
use proptest::prelude::*;
use tests::log_builder::command_record;

/// Any record.
pub(crate) fn records() -> impl Strategy<Value = Record> {
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u16>());
    (numbers, actions(), trades(), 0..10).prop_map(|(numbers, action, copy, choice)| {
        let (sequence, timestamp_ns, number, session) = numbers;
        let command = command_record(number, SessionId(session), action);
        let body = match choice {
            0 => Body::RunningHash(number),
            1 => Body::Trade(copy),
            _ => command.body,
        };
        Record { sequence: Sequence(sequence), timestamp_ns, body }
    })
}

fn trades() -> impl Strategy<Value = TradeCopy> {
    let kind = prop_oneof![Just(TradeKind::Continuous), Just(TradeKind::Auction)];
    let terms = (1..=PRICE_MAX, 1..=QUANTITY_MAX);
    let sides = (orders(), orders(), any::<u16>(), any::<u16>());
    (kind, instruments(), sides, terms).prop_map(|(kind, instrument, sides, terms)| {
        let (maker, taker, maker_session, taker_session) = sides;
        let (price, quantity) = terms;
        TradeCopy {
            kind,
            instrument,
            maker,
            taker,
            maker_session: SessionId(maker_session),
            taker_session: SessionId(taker_session),
            price: Ticks(price),
            quantity: Lots(quantity),
        }
    })
}

fn actions() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => new_orders().prop_map(Action::New),
        1 => (instruments(), orders(), accounts()).prop_map(|(instrument, order, account)| {
            Action::Cancel { instrument, order, account }
        }),
        1 => (instruments(), orders(), accounts(), lots()).prop_map(
            |(instrument, order, account, by)| Action::Reduce { instrument, order, account, by },
        ),
        2 => replaces().prop_map(Action::Replace),
        2 => (any::<u16>(), orders(), client_bytes()).prop_map(|(code, order, bytes)| {
            Action::Note(Note { code, order, bytes })
        }),
        2 => mass_cancels().prop_map(Action::MassCancel),
        2 => definitions().prop_map(Action::DefineInstrument),
        4 => operators(),
    ]
}

fn operators() -> impl Strategy<Value = Action> {
    prop_oneof![
        (instruments(), bands())
            .prop_map(|(instrument, band)| Action::SetBand { instrument, band }),
        (instruments(), controls())
            .prop_map(|(instrument, control)| Action::Control { instrument, control }),
        any::<u64>().prop_map(|now_ns| Action::Clock { now_ns }),
        Just(Action::EndOfDay),
        (any::<u16>().prop_map(SessionId), any::<u32>()).prop_map(|(session, open_orders_max)| {
            Action::LimitSession { session, open_orders_max }
        }),
        (any::<[u8; 32]>(), any::<u32>(), any::<u64>()).prop_map(
            |(name, head_bytes, head_hash)| {
                Action::BindFlow(FlowIdentity { name, head_bytes, head_hash })
            }
        ),
        any::<[u32; 3]>().prop_map(|[orders, instruments, sessions]| {
            Action::Configure(Capacities { orders, instruments, sessions })
        }),
    ]
}

fn new_orders() -> impl Strategy<Value = NewOrder> {
    let names = (instruments(), orders(), accounts());
    let terms = (sides(), order_types(), times_in_force(), ticks(), lots());
    let conditions = prop_oneof![Just(Conditions::NONE), conditions()];
    (names, terms, conditions, client_bytes()).prop_map(
        |(names, terms, conditions, client_bytes)| {
            let (instrument, order, account) = names;
            let (side, order_type, time_in_force, price, quantity) = terms;
            NewOrder {
                instrument,
                order,
                account,
                side,
                order_type,
                time_in_force,
                price,
                quantity,
                conditions,
                client_bytes,
            }
        },
    )
}

/// Any number of any bytes, often none.
fn client_bytes() -> impl Strategy<Value = ClientBytes> {
    let some = prop::collection::vec(any::<u8>(), 0..=32);
    prop_oneof![
        Just(ClientBytes::EMPTY),
        some.prop_map(|bytes| ClientBytes::new(&bytes).expect("at most 32 bytes")),
    ]
}

/// Each of them is often none.
fn conditions() -> impl Strategy<Value = Conditions> {
    let self_trades = prop_oneof![
        Just(SelfTrade::Allow),
        Just(SelfTrade::CancelNewest),
        Just(SelfTrade::CancelOldest),
        Just(SelfTrade::CancelBoth),
    ];
    let number = || prop_oneof![Just(0), any::<u64>()];
    (triggers(), self_trades, any::<bool>(), number(), number(), number()).prop_map(
        |(trigger, self_trade, post_only, expiry_ns, display, minimum)| Conditions {
            trigger,
            self_trade,
            post_only,
            expiry_ns,
            display: Lots(display),
            minimum: Lots(minimum),
        },
    )
}

fn triggers() -> impl Strategy<Value = Ticks> {
    prop_oneof![Just(Ticks(0)), ticks()]
}

fn replaces() -> impl Strategy<Value = ReplaceOrder> {
    let names = (instruments(), orders(), orders(), accounts());
    let rules = prop_oneof![Just(ReplaceRule::Modify), Just(ReplaceRule::CancelReplace)];
    let sizings = prop_oneof![
        Just(ReplaceSizing::Open),
        Just(ReplaceSizing::More),
        Just(ReplaceSizing::Less),
    ];
    (names, rules, ticks(), sizings, lots(), triggers(), client_bytes()).prop_map(
        |(names, rule, price, sizing, quantity, trigger, client_bytes)| {
            let (instrument, order, new_order, account) = names;
            ReplaceOrder {
                instrument,
                order,
                new_order,
                account,
                rule,
                price,
                sizing,
                quantity,
                trigger,
                client_bytes,
            }
        },
    )
}

fn mass_cancels() -> impl Strategy<Value = MassCancel> {
    let sessions = any::<u16>().prop_map(SessionId);
    (some(instruments()), some(accounts()), some(sides()), some(sessions)).prop_map(
        |(instrument, account, side, session)| MassCancel { instrument, account, side, session },
    )
}

fn definitions() -> impl Strategy<Value = Definition> {
    let notionals = any::<u128>().prop_map(Notional::new);
    let symbols =
        prop::collection::vec(1_u8.., 1..=16).prop_map(|bytes| Symbol::new(&bytes).expect("valid"));
    let decimals = any::<u8>().prop_map(PriceDecimals);
    (symbols, ticks(), lots(), bands(), lots(), notionals, decimals).prop_map(
        |(symbol, tick, lot, band, quantity_max, notional_max, decimals)| Definition {
            symbol,
            terms: InstrumentTerms { tick, lot, band, quantity_max, notional_max, decimals },
        },
    )
}

fn instruments() -> impl Strategy<Value = InstrumentId> {
    any::<u32>().prop_map(InstrumentId)
}

fn orders() -> impl Strategy<Value = OrderId> {
    any::<u64>().prop_map(OrderId)
}

fn accounts() -> impl Strategy<Value = AccountId> {
    any::<u32>().prop_map(AccountId)
}

fn ticks() -> impl Strategy<Value = Ticks> {
    any::<u32>().prop_map(Ticks)
}

fn lots() -> impl Strategy<Value = Lots> {
    any::<u64>().prop_map(Lots)
}

fn bands() -> impl Strategy<Value = Band> {
    (ticks(), ticks()).prop_map(|(low, high)| Band { low, high })
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn order_types() -> impl Strategy<Value = OrderType> {
    prop_oneof![
        Just(OrderType::Limit),
        Just(OrderType::Market),
        Just(OrderType::Stop),
        Just(OrderType::StopLimit),
    ]
}

fn times_in_force() -> impl Strategy<Value = TimeInForce> {
    prop_oneof![
        Just(TimeInForce::GoodTillCancel),
        Just(TimeInForce::ImmediateOrCancel),
        Just(TimeInForce::FillOrKill),
        Just(TimeInForce::Day),
        Just(TimeInForce::GoodTillDate),
    ]
}

fn controls() -> impl Strategy<Value = Control> {
    prop_oneof![
        Just(Control::Halt),
        Just(Control::Resume),
        Just(Control::MatchingOn),
        Just(Control::MatchingOff),
        Just(Control::StartAuction),
        Just(Control::Uncross),
    ]
}
