//! Lines by the names of their columns: what they mean, and what is refused where.

use super::*;
use crate::flow::write_rule::{WrittenLine, flow_text};
use highwater::book::Book;
use highwater::command::{Command, Control};
use highwater::types::PriceDecimals;
use highwater::types::{Capacities, OrderId, Sequence};

fn layout(header: &str) -> Layout {
    Layout::of_header(header.as_bytes()).unwrap()
}

fn step(header: &str, text: &str) -> FlowStep {
    line(text.as_bytes(), &layout(header), 2, &KnownDecimals::default())
        .unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn rule(header: &str, text: &str) -> RuleLine {
    match step(header, text) {
        FlowStep::Rule(rule) => rule,
        other @ (FlowStep::Line(_) | FlowStep::Pending | FlowStep::End) => {
            panic!("{text}: {other:?}")
        }
    }
}

fn refused(header: &str, text: &str) -> String {
    let LineProblem { column, problem } =
        line(text.as_bytes(), &layout(header), 2, &KnownDecimals::default()).unwrap_err();
    format!("{column}: {problem}")
}

const ORDERS: &str = "seq,command,order_id,side,price_ticks,qty";
const INSTRUMENT: InstrumentId = InstrumentId(3);

#[test]
fn the_order_of_the_columns_means_nothing() {
    let names = [
        ("seq", "7"),
        ("command", "NEW"),
        ("order_id", "5"),
        ("side", "S"),
        ("price_ticks", "101"),
        ("qty", "30"),
        ("symbol", "ACME"),
        ("timestamp_ns", "9"),
    ];
    let joined = |turn: usize, part: fn(&(&'static str, &'static str)) -> &'static str| {
        let turned = names.iter().cycle().skip(turn).take(names.len());
        turned.map(part).collect::<Vec<_>>().join(",")
    };
    let expected = step(&joined(0, |pair| pair.0), &joined(0, |pair| pair.1));
    let FlowStep::Line(plain) = expected else { panic!("{expected:?}") };
    assert_eq!((plain.price, plain.quantity, plain.timestamp_ns), (Ticks(101), Lots(30), 9));
    assert_eq!((plain.order, plain.symbol.as_bytes()), (OrderId(5), &b"ACME"[..]));
    for turn in 1..names.len() {
        let turned = step(&joined(turn, |pair| pair.0), &joined(turn, |pair| pair.1));
        assert_eq!(turned, expected, "turned by {turn}");
    }
}

#[test]
fn an_order_has_what_its_columns_say() {
    let header = "type,tif,trigger,display,min_qty,prevention,post_only,expiry_ns,account,session,\
                  seq,command,order_id,side,price_ticks,qty";
    let line = rule(header, "stop_limit,GTD,90,4,2,CANCEL_BOTH,1,777,12,34,1,NEW,5,B,100,10");
    assert_eq!((line.session, line.client_sequence), (SessionId(34), ClientSequence(1)));
    let expected = NewOrder {
        instrument: INSTRUMENT,
        order: OrderId(5),
        account: AccountId(12),
        side: Side::Buy,
        order_type: OrderType::StopLimit,
        time_in_force: TimeInForce::GoodTillDate,
        price: Ticks(100),
        quantity: Lots(10),
        conditions: Conditions {
            trigger: Ticks(90),
            self_trade: SelfTrade::CancelBoth,
            post_only: true,
            expiry_ns: 777,
            display: Lots(4),
            minimum: Lots(2),
        },
        client_bytes: ClientBytes::EMPTY,
    };
    assert_eq!(line.action(INSTRUMENT), Action::New(expected));
    let plain = step(header, ",,,,,,,,,,1,NEW,5,B,100,10");
    assert!(matches!(plain, FlowStep::Line(FlowLine { kind: FlowKind::New { .. }, .. })));
    let ioc = step(header, "LIMIT,IOC,0,0,0,,0,0,0,1,1,NEW,5,B,100,10");
    assert!(matches!(ioc, FlowStep::Line(FlowLine { kind: FlowKind::Ioc { .. }, .. })));
}

#[test]
fn changes_name_accounts_and_rules() {
    let header = "seq,command,order_id,side,price_ticks,qty,new_order_id,account,trigger";
    let line = rule(header, "1,MODIFY,5,,100,10,6,,95");
    let expected = ReplaceOrder {
        instrument: INSTRUMENT,
        order: OrderId(5),
        new_order: OrderId(6),
        account: AccountId(0),
        rule: ReplaceRule::Modify,
        price: Ticks(100),
        sizing: ReplaceSizing::Open,
        quantity: Lots(10),
        trigger: Ticks(95),
        client_bytes: ClientBytes::EMPTY,
    };
    assert_eq!(line.action(INSTRUMENT), Action::Replace(expected));
    let line = rule(header, "1,CANCEL,5,,,,,9,");
    let (order, account) = (OrderId(5), AccountId(9));
    let cancel = Action::Cancel { instrument: INSTRUMENT, order, account };
    assert_eq!((line.action(INSTRUMENT), line.session), (cancel, FLOW_SESSION));
    let line = rule(header, "1,REDUCE,5,,,3,,9,");
    let reduce = Action::Reduce { instrument: INSTRUMENT, order, account, by: Lots(3) };
    assert_eq!(line.action(INSTRUMENT), reduce);
}

#[test]
fn a_change_may_be_a_difference() {
    let header = "seq,command,order_id,side,price_ticks,sizing,qty";
    let sized = |text: &str| {
        let Action::Replace(replace) = rule(header, text).action(INSTRUMENT) else {
            panic!("{text}")
        };
        (replace.rule, replace.sizing, replace.quantity)
    };
    let (modify, anew) = (ReplaceRule::Modify, ReplaceRule::CancelReplace);
    assert_eq!(sized("1,MODIFY,5,,100,MORE,10"), (modify, ReplaceSizing::More, Lots(10)));
    assert_eq!(sized("1,MODIFY,5,,100,open,10"), (modify, ReplaceSizing::Open, Lots(10)));
    assert_eq!(sized("1,REPLACE,5,,100,less,0"), (anew, ReplaceSizing::Less, Lots(0)));
    let large = "1,REPLACE,5,,100,LESS,99999999999999999999";
    assert_eq!(sized(large), (anew, ReplaceSizing::Less, Lots(u64::MAX)));
    // Nothing is no difference, and a negative one is none: the book rejects both.
    let rejected = (modify, ReplaceSizing::Open, Lots(u64::MAX));
    assert_eq!(sized("1,MODIFY,5,,100,LESS,"), rejected);
    assert_eq!(sized("1,MODIFY,5,,100,LESS,-3"), rejected);
    for plain in ["1,REPLACE,5,,100,,10", "1,REPLACE,5,,100,OPEN,10", "1,REDUCE,5,,,0,1"] {
        assert!(matches!(step(header, plain), FlowStep::Line(_)), "{plain}");
    }
    let said = refused(header, "1,MODIFY,5,,100,TOTAL,10");
    assert_eq!(said, "17: sizing is \"TOTAL\", expected OPEN, MORE, LESS or nothing");
    let said = refused(header, "1,REDUCE,5,,,LESS,1");
    assert_eq!(said, "14: REDUCE has no use for sizing: leave it empty");
}

#[test]
fn the_operator_says_everything_else() {
    let header = "seq,timestamp_ns,command,order_id,side,price_ticks,qty,symbol,account,of_session,\
                  band_low,band_high,tick,lot,max_qty,max_notional,session";
    let action = |text: &str| rule(header, text).action(INSTRUMENT);
    let instrument = INSTRUMENT;
    for (word, control) in [
        ("HALT", Control::Halt),
        ("RESUME", Control::Resume),
        ("MATCHING_OFF", Control::MatchingOff),
        ("MATCHING_ON", Control::MatchingOn),
        ("AUCTION", Control::StartAuction),
        ("UNCROSS", Control::Uncross),
    ] {
        let line = rule(header, &format!("1,,{word},,,,,A"));
        assert_eq!(line.session, SessionId::OPERATOR);
        assert_eq!(line.action(instrument), Action::Control { instrument, control });
    }
    let band = Band { low: Ticks(5), high: Ticks(u32::MAX) };
    assert_eq!(action("1,,BAND,,,,,A,,,5"), Action::SetBand { instrument, band });
    assert_eq!(action("1,77,CLOCK"), Action::Clock { now_ns: 77 });
    assert_eq!(action("1,,END_OF_DAY"), Action::EndOfDay);
    let session = SessionId(7);
    let limit = Action::LimitSession { session, open_orders_max: 9 };
    assert_eq!(action("1,,LIMIT_SESSION,,,,9,,,7"), limit);
    let choice =
        MassCancel { side: Some(Side::Buy), session: Some(session), ..MassCancel::default() };
    assert_eq!(action("1,,MASS_CANCEL,,B,,,,,7"), Action::MassCancel(choice));
    let line = rule(header, "1,,MASS_CANCEL,,,,,A,4");
    let (account, instrument) = (Some(AccountId(4)), Some(instrument));
    let choice = MassCancel { account, instrument, ..MassCancel::default() };
    assert_eq!(line.action(INSTRUMENT), Action::MassCancel(choice));
    assert_eq!(line.session, FLOW_SESSION, "an account's orders are its own");
    let line = rule(header, "1,,DEFINE,,,,,A,,,5,500,5,10,1000,99999999999999999999");
    let terms = InstrumentTerms {
        tick: Ticks(5),
        lot: Lots(10),
        band: Band { low: Ticks(5), high: Ticks(500) },
        quantity_max: Lots(1_000),
        notional_max: Notional::new(99_999_999_999_999_999_999),
        decimals: InstrumentTerms::OPEN.decimals,
    };
    let symbol = Symbol::new(b"A").unwrap();
    let definition = Action::DefineInstrument(Definition { symbol, terms });
    assert_eq!(
        (line.action(INSTRUMENT), line.defined_decimals()),
        (definition, Some(PriceDecimals(2)))
    );
    let open = Action::DefineInstrument(Definition::open(symbol));
    assert_eq!(action("1,,DEFINE,,,,,A"), open);
    assert_eq!(rule(header, "1,,DEFINE,,,,,A,,,,,0").defined_decimals(), None, "a tick of 0");
    assert_eq!(rule(header, "1,,DEFINE,,,,,A,,,,,,,,,5").defined_decimals(), None, "a client");
}

#[test]
fn decimal_prices_are_exact_everywhere() {
    let header = "seq,command,order_id,side,price,qty,type,trigger,band_low,tick,symbol";
    let FlowStep::Line(plain) = step(header, "1,NEW,5,B,12.3,10") else { panic!() };
    assert_eq!(plain.price, Ticks(1_230));
    let line = rule(header, "1,NEW,5,B,0.07,10,STOP_LIMIT,21474836.47");
    let Action::New(new) = line.action(INSTRUMENT) else { panic!("{line:?}") };
    assert_eq!((new.price, new.conditions.trigger), (Ticks(7), Ticks((1 << 31) - 1)));
    let line = rule(header, "1,DEFINE,,,,,,,1.50,0.05,A");
    let Action::DefineInstrument(definition) = line.action(INSTRUMENT) else { panic!("{line:?}") };
    assert_eq!((definition.terms.band.low, definition.terms.tick), (Ticks(150), Ticks(5)));
    for (price, expected) in [
        ("12.345", "a price of this instrument has at most 2 digits behind the point"),
        ("21474836.48", "a price of this instrument is at most 21474836.47"),
        ("-1", NO_DECIMAL),
        ("+1", NO_DECIMAL),
        (" 1", NO_DECIMAL),
        ("1.", NO_DECIMAL),
        (".5", NO_DECIMAL),
        ("1e3", NO_DECIMAL),
    ] {
        let said = refused(header, &format!("1,NEW,5,B,{price},10"));
        assert_eq!(said, format!("11: price is \"{price}\": {expected}"));
    }
}

const NO_DECIMAL: &str = "a decimal price is digits with or without a point between them, such as \
                          12.34: no sign, no exponent, no space";

#[test]
fn a_definition_says_its_decimals_and_has_prices_of_them() {
    let header = "seq,command,order_id,side,price,qty,symbol,band_low,tick,decimals";
    let defined = |line: &str| {
        let line = rule(header, line);
        let Action::DefineInstrument(definition) = line.action else { panic!("{line:?}") };
        (definition.terms.decimals.0, definition.terms.band.low.0, definition.terms.tick.0)
    };
    assert_eq!(defined("1,DEFINE,,,,,A,1.5,0.0001,4"), (4, 15_000, 1));
    assert_eq!(defined("1,DEFINE,,,,,A,1,,0"), (0, 1, 1));
    assert_eq!(defined("1,DEFINE,,,,,A,2.147483647,0.000000005,9"), (9, (1 << 31) - 1, 5));
    assert_eq!(defined("1,DEFINE,,,,,A,1.5"), (2, 150, 1));
    for decimals in ["10", "256", "x", "-1"] {
        let said = refused(header, &format!("1,DEFINE,,,,,A,,,{decimals}"));
        let expected = "expected digits behind the point, 0 to 9, or nothing";
        assert_eq!(said, format!("18: decimals is \"{decimals}\", {expected}"));
    }
    let said = refused(header, "1,DEFINE,,,,,A,1.5,,0");
    assert!(said.ends_with("\"1.5\": a price of this instrument has no digits behind the point"));
    let said = refused(header, "1,NEW,5,B,1,1,A,,,4");
    assert!(said.ends_with("NEW has no use for decimals: leave it empty"), "{said}");
}

/// Every instrument of a flow has its own decimals, and the first definition counts.
#[test]
fn lines_are_read_with_the_decimals_of_their_instruments() {
    let text = "seq,command,order_id,side,price,qty,symbol,band_low,decimals,session\n\
                1,DEFINE,,,,,FX,,4\n2,DEFINE,,,,,JPY,,0\n3,NEW,1,B,1.2345,1,FX\n\
                4,NEW,2,B,150,1,JPY\n5,NEW,3,B,1.25,1,NEW\n6,BAND,,,,,FX,0.0001\n\
                7,DEFINE,,,,,NEW,,4\n8,NEW,4,B,1.25,1,NEW\n9,DEFINE,,,,,GOLD,,3,7\n\
                10,NEW,5,B,1.25,1,GOLD\n11,NEW,6,B,1.250,1,FX\n12,NEW,7,B,150.5,1,JPY\n";
    let mut reader = crate::flow::FlowReader::from_reader("f.csv", text.as_bytes()).unwrap();
    let mut prices = Vec::new();
    let refused = loop {
        match reader.next_line() {
            Ok(FlowStep::Line(line)) => prices.push(line.price.0),
            Ok(FlowStep::Rule(line)) => {
                if let Action::SetBand { band, .. } = line.action {
                    prices.push(band.low.0);
                }
            }
            Ok(FlowStep::Pending | FlowStep::End) => panic!("the last line is refused"),
            Err(error) => break error.to_string(),
        }
    };
    assert_eq!(prices, [12_345, 150, 125, 1, 125, 125, 12_500]);
    let expected =
        "f.csv:13:12: price is \"150.5\": a price of this instrument has no digits behind";
    assert!(refused.starts_with(expected), "{refused}");
    let expected = "f.csv:8: the decimals of NEW stay 2: a second definition changes nothing";
    assert_eq!(reader.redefined(), Some(expected));
}

#[test]
fn a_line_that_contradicts_itself_is_refused_in_place() {
    let header = "seq,command,order_id,side,price_ticks,qty,type,tif,trigger,expiry_ns,post_only,\
                  account,session,of_session";
    for (line, expected) in [
        ("1,NEW,5,B,100,10,,,90", "20: trigger is \"90\", expected nothing, because a LIMIT order"),
        ("1,NEW,5,B,100,10,STOP_LIMIT", "28: trigger is empty, expected a trigger price, because"),
        ("1,NEW,5,B,100,10,,,,7", "21: expiry_ns is \"7\", expected nothing, because only tif GTD"),
        ("1,NEW,5,B,100,10,,GTD", "22: expiry_ns is empty, expected a time in nanoseconds"),
        (
            "1,NEW,5,B,100,10,MARKET",
            "11: price_ticks is \"100\", expected nothing, because a MARKET",
        ),
        ("1,IOC,5,B,100,10,,DAY", "19: tif is \"DAY\", expected IOC or nothing"),
        ("1,NEW,5,B,100,10,PEGGED", "18: type is \"PEGGED\", expected LIMIT, MARKET, STOP, STOP_"),
        ("1,NEW,5,B,100,10,,,,,maybe", "22: post_only is \"maybe\", expected 0, 1, FALSE, TRUE or"),
        ("1,NEW,5,B,100,10,,,,,,4294967296", "23: account is \"4294967296\", expected an account"),
        (
            "1,NEW,5,B,100,10,,,,,,,65536",
            "24: session is \"65536\", expected a session, 0 to 65535",
        ),
        ("1,NEW,5,,100,10", "9: side is empty, expected B or S"),
        ("1,CANCEL,5,,,,MARKET", "15: CANCEL has no use for type: leave it empty"),
        ("1,HALT,5", "8: HALT has no use for order_id: leave it empty"),
        ("1,CLOCK", "3: timestamp_ns is empty, expected the engine's time, an integer from 0"),
        ("1,LIMIT_SESSION", "16: of_session is empty, expected a session, 0 to 65535"),
        ("1,NEW,5,B", "10: the line ends after 4 of at least 6 columns, expected price_ticks"),
        (
            "1,STOP,5,B,1,1",
            "3: command is \"STOP\", expected NEW, IOC, CANCEL, REDUCE or REPLACE, or",
        ),
        ("0,HALT", "1: seq is \"0\", expected an integer from 1"),
        ("4294967296,HALT", "1: seq is \"4294967296\", expected at most 4294967295, because the"),
        ("1,NEW,5,B,1,1,,,,,,,,,x", "23: \"x\" follows the last of 14 columns"),
    ] {
        let said = refused(header, line);
        assert!(said.starts_with(expected), "{line}: {said}");
    }
    // Nothing, and a 0 that somebody fills in, say the same.
    let filled = step(header, "1,NEW,5,B,100,10,LIMIT,GTC,0,0,0,0,1,0");
    assert!(matches!(filled, FlowStep::Line(_)), "{filled:?}");
    let said = refused(ORDERS, "1,NEW,5,B,100,10,");
    assert_eq!(said, "18: \"\" follows the last of 6 columns, expected the line's end");
}

#[test]
fn no_bytes_make_it_panic() {
    let header = "type,price,tif,seq,trigger,command,side,order_id,qty,symbol,expiry_ns,band_low";
    let layout = layout(header);
    let lines = ["STOP_LIMIT,12.34,GTD,7,1.5,NEW,B,5,10,ACME,99,", ",,,7,,BAND,,,,ACME,,3.25"];
    let mut random = crate::random::Random::new(11, 0);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..100_000 {
        let mut text = lines[round % 2].as_bytes().to_vec();
        for _ in 0..=round % 3 {
            let at = random.below_usize(text.len());
            match random.below(4) {
                0 => text[at] = random.byte(),
                1 => text.insert(at, random.byte()),
                2 => text.truncate(at.max(1)),
                _ => text[at] = b',',
            }
        }
        match line(&text, &layout, 2, &KnownDecimals::default()) {
            Ok(_) => taken += 1,
            Err(problem) => {
                refused += 1;
                let length = u64::try_from(text.len()).unwrap();
                assert!((1..=length + 1).contains(&problem.column), "{problem:?}");
            }
        }
    }
    assert!(taken > 1_000 && refused > 10_000, "{taken} taken, {refused} refused");
}

#[test]
fn every_action_reads_back() {
    let random = &mut crate::random::Random::new(13, 0);
    let symbol = Symbol::new(b"ACME").unwrap();
    for round in 0..20_000 {
        let action = any_action(random, round % 12);
        let concerns_none =
            matches!(action, Action::Clock { .. } | Action::EndOfDay | Action::LimitSession { .. });
        let named = (!concerns_none).then_some(&symbol);
        let session = SessionId(u16::try_from(random.below(3)).unwrap());
        let written = WrittenLine::of(7, session, named, &action).unwrap();
        let text = flow_text(&[written]);
        let (header, line) = text.trim_end().split_once('\n').unwrap();
        let (sender, read) = match step(header, line) {
            FlowStep::Rule(rule) => (rule.session, rule.action(INSTRUMENT)),
            FlowStep::Line(plain) => (FLOW_SESSION, plain.action(INSTRUMENT)),
            FlowStep::Pending | FlowStep::End => panic!("{text}"),
        };
        assert_eq!((sender, read), (session, action), "{text}");
    }
}

/// An action of some kind with drawn numbers.
fn any_action(random: &mut crate::random::Random, kind: usize) -> Action {
    let instrument = INSTRUMENT;
    let order = OrderId(random.number() >> random.below(64));
    let account = AccountId(random.below(3));
    let ticks = Ticks(1 + random.below(1_000));
    match kind {
        0..=3 => any_order(random, order, account),
        4 => Action::Cancel { instrument, order, account },
        5 => Action::Reduce { instrument, order, account, by: Lots(random.number()) },
        6 => Action::Replace(ReplaceOrder {
            instrument,
            order,
            new_order: OrderId(random.number()),
            account,
            rule: [ReplaceRule::Modify, ReplaceRule::CancelReplace][random.below_usize(2)],
            price: ticks,
            sizing: SIZINGS[random.below_usize(3)].1,
            quantity: Lots(random.number()),
            trigger: Ticks(random.below(2) * 7),
            client_bytes: ClientBytes::EMPTY,
        }),
        7 => Action::MassCancel(MassCancel {
            instrument: Some(instrument),
            account: random.chance(1, 2).then_some(account),
            side: random.chance(1, 2).then_some(Side::Sell),
            session: random.chance(1, 2).then_some(SessionId(9)),
        }),
        8 => Action::SetBand { instrument, band: Band { low: ticks, high: Ticks(u32::MAX) } },
        9 => Action::Clock { now_ns: random.number() },
        10 => Action::LimitSession { session: SessionId(4), open_orders_max: random.below(9) },
        _ => Action::DefineInstrument(Definition {
            symbol: Symbol::new(b"ACME").unwrap(),
            terms: InstrumentTerms {
                tick: ticks,
                lot: Lots(1 + random.number() / 2),
                band: Band { low: Ticks(0), high: ticks },
                quantity_max: Lots(random.number()),
                notional_max: Notional::new(u128::from(random.number()) << random.below(9)),
                decimals: PriceDecimals(u8::try_from(random.below(10)).unwrap()),
            },
        }),
    }
}

fn any_order(random: &mut crate::random::Random, order: OrderId, account: AccountId) -> Action {
    let order_type = ORDER_TYPES[random.below_usize(4)].1;
    let time_in_force = TIMES_IN_FORCE[random.below_usize(5)].1;
    let is_dated = time_in_force == TimeInForce::GoodTillDate;
    Action::New(NewOrder {
        instrument: INSTRUMENT,
        order,
        account,
        side: [Side::Buy, Side::Sell][random.below_usize(2)],
        order_type,
        time_in_force,
        price: if order_type.has_limit() { Ticks(1 + random.below(99)) } else { Ticks(0) },
        quantity: Lots(random.number()),
        conditions: Conditions {
            trigger: if order_type.is_stop() { Ticks(random.below(99)) } else { Ticks(0) },
            self_trade: SELF_TRADES[random.below_usize(4)].1,
            post_only: random.chance(1, 2),
            expiry_ns: if is_dated { random.number() } else { 0 },
            display: Lots(u64::from(random.below(3))),
            minimum: Lots(u64::from(random.below(3))),
        },
        client_bytes: ClientBytes::EMPTY,
    })
}

/// What a log knows counts, whatever its flow says of it later.
#[test]
fn a_reader_learns_the_decimals_of_a_book() {
    let capacities = Capacities { orders: 16, instruments: 2, sessions: 2 };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 1).unwrap();
    let mut definition = Definition::open(Symbol::new(b"FX").unwrap());
    definition.terms.decimals = PriceDecimals(4);
    let (session, client_sequence) = (SessionId::OPERATOR, ClientSequence(1));
    let action = Action::DefineInstrument(definition);
    book.apply(Sequence(1), &Command { session, client_sequence, action }, &mut ());
    let text = "seq,command,order_id,side,price,qty,symbol\n1,NEW,1,B,1.2345,1,FX\n";
    let price = |learn: bool| {
        let mut reader = crate::flow::FlowReader::from_reader("f.csv", text.as_bytes()).unwrap();
        if learn {
            reader.learn(&book);
        }
        match reader.next_line() {
            Ok(FlowStep::Line(line)) => Some(line.price),
            Ok(FlowStep::Rule(_) | FlowStep::Pending | FlowStep::End) | Err(_) => None,
        }
    };
    assert_eq!((price(true), price(false)), (Some(Ticks(12_345)), None));
}
