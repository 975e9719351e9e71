//! The book does what the naive book does: the same events and the same state after every command
//! of random flows.

use highwater::book::{Admission, Book, OrderView};
use highwater::command::{Action, Command, FlowIdentity, NewOrder, ReplaceOrder};
use highwater::event::{Event, EventKind, RejectReason};
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tests::naive_book::{Flaw, NaiveBook, NaiveOrder};

/// What a kind of flow draws from.
#[derive(Clone, Debug)]
struct World {
    /// Sequences of commands that are tried.
    cases: u32,
    /// Commands of a sequence, at most.
    commands_max: usize,
    /// What the book begins with, and the most that a Configure asks for.
    capacities: Capacities,
    /// Prices, valid or not.
    prices: Vec<u32>,
    /// Quantities, valid or not.
    quantities: Vec<u64>,
    /// Order ids.
    ids: Vec<u64>,
    /// Sides of new orders.
    sides: Vec<Side>,
    /// How often a new order comes, where everything else together comes 13 times.
    new_weight: u32,
    /// Commands of clients for each of the operator.
    client_weight: u32,
}

/// Everything is small: every price, id and account meets every other, and everything is full soon.
fn tiny() -> World {
    World {
        cases: 3_000,
        commands_max: 80,
        capacities: Capacities { orders: 6, instruments: 2, sessions: 4 },
        prices: vec![0, 1, 2, 3, 4, 5],
        quantities: vec![0, 1, 2, 3, 5, 8],
        ids: (0..8).collect(),
        sides: vec![Side::Buy, Side::Sell],
        new_weight: 10,
        client_weight: 24,
    }
}

/// Prices and quantities at their ends and just beyond them, and on both sides of every span's
/// border.
fn extreme() -> World {
    let borders = [64, 4_096, 262_144, 16_777_216, 1 << 30, 1 << 31, u32::MAX];
    let beside = |border: u32| [border - 1, border, border.saturating_add(1)];
    World {
        cases: 1_500,
        commands_max: 100,
        capacities: Capacities { orders: 24, instruments: 2, sessions: 3 },
        prices: [0, 1, 2].into_iter().chain(borders.into_iter().flat_map(beside)).collect(),
        quantities: vec![1, 7, (1 << 62) - 1, 1 << 62, (1 << 62) + 1, u64::MAX],
        ids: vec![0, 1, 2, 7, 8, 9, 1 << 32, (1 << 32) + 1, u64::MAX - 1, u64::MAX],
        sides: vec![Side::Buy, Side::Sell],
        new_weight: 14,
        client_weight: 24,
    }
}

/// Many orders strewn over all prices, so that levels run out before orders do.
fn strewn() -> World {
    let parts = 1_u32..100;
    World {
        cases: 400,
        commands_max: 200,
        capacities: Capacities { orders: 48, instruments: 1, sessions: 5 },
        prices: parts
            .flat_map(|part| [part << 24, part << 24 | 1, part << 24 | part << 7])
            .collect(),
        quantities: vec![1, 2],
        ids: (0..120).collect(),
        sides: [Side::Buy; 40].into_iter().chain([Side::Sell]).collect(),
        new_weight: 60,
        client_weight: 150,
    }
}

#[test]
fn tiny_flows_are_matched_as_the_naive_book_matches_them() {
    let outcome = run(&tiny(), Flaw::Nothing);
    assert_eq!(outcome.difference, None);
    let reasons: BTreeSet<_> = outcome.rejections.iter().map(|(reason, _)| *reason).collect();
    assert_eq!(&all_reasons() - &reasons, BTreeSet::new(), "reasons that never occurred");
}

#[test]
fn extreme_flows_are_matched_as_the_naive_book_matches_them() {
    assert_eq!(run(&extreme(), Flaw::Nothing).difference, None);
}

#[test]
fn strewn_flows_are_matched_as_the_naive_book_matches_them() {
    let outcome = run(&strewn(), Flaw::Nothing);
    assert_eq!(outcome.difference, None);
    for by in ["New", "Replace"] {
        let rejection = (RejectReason::LevelsFull, by);
        assert!(outcome.rejections.contains(&rejection), "levels never ran out for a {by}");
    }
}

#[test]
fn every_flaw_is_noticed() {
    for flaw in [
        Flaw::LastInFirstOut,
        Flaw::StrictCrossing,
        Flaw::IgnoresLimit,
        Flaw::TakersPrice,
        Flaw::RestRests,
        Flaw::PartialFillLosesPlace,
        Flaw::IncreaseKeepsPlace,
        Flaw::DecreaseLosesPlace,
        Flaw::ReduceLosesPlace,
        Flaw::CancelReplaceKeepsPlace,
        Flaw::DuplicateId,
        Flaw::OthersOrders,
        Flaw::IocNeedsRoom,
        Flaw::ReplaceNeedsRoom,
        Flaw::SessionStays,
        Flaw::RejectCancels,
        Flaw::Repeats,
    ] {
        assert!(run(&tiny(), flaw).difference.is_some(), "{flaw:?} went unnoticed");
    }
    for flaw in [Flaw::EndlessLevels, Flaw::ReplaceKeepsSpans] {
        assert!(run(&strewn(), flaw).difference.is_some(), "{flaw:?} went unnoticed");
    }
}

/// What came of trying the flows of a world.
struct Outcome {
    /// The first difference, with the shortest flow that shows it.
    difference: Option<String>,
    /// Why commands were rejected, and which.
    rejections: BTreeSet<(RejectReason, &'static str)>,
}

/// Tries flows of a world, always the same ones, against a naive book with a flaw.
fn run(world: &World, flaw: Flaw) -> Outcome {
    let config = Config {
        cases: world.cases,
        failure_persistence: None,
        max_shrink_iters: if flaw == Flaw::Nothing { 20_000 } else { 0 },
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let flows = prop::collection::vec(steps(world), 1..world.commands_max);
    let rejections = RefCell::new(BTreeSet::new());
    let outcome = TestRunner::new_with_rng(config, rng).run(&flows, |flow| {
        let naive = NaiveBook::new(world.capacities, flaw);
        compare(naive, &flow, &mut rejections.borrow_mut()).map_err(TestCaseError::fail)
    });
    let difference = match outcome {
        Ok(()) => None,
        Err(TestError::Fail(reason, shortest)) => Some(format!("{reason}\n{shortest:#?}")),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    };
    Outcome { difference, rejections: rejections.into_inner() }
}

/// All reasons there are.
fn all_reasons() -> BTreeSet<RejectReason> {
    [
        RejectReason::UnknownOrder,
        RejectReason::DuplicateId,
        RejectReason::BadPrice,
        RejectReason::BadQuantity,
        RejectReason::UnknownInstrument,
        RejectReason::SessionsFull,
        RejectReason::OrdersFull,
        RejectReason::LevelsFull,
        RejectReason::InstrumentsFull,
        RejectReason::BadCapacities,
        RejectReason::NotOperator,
        RejectReason::OtherFlow,
    ]
    .into()
}

/// Gives the same commands to a naive book and two real ones, the second with another seed and more
/// memory.
fn compare(
    mut naive: NaiveBook,
    flow: &[Step],
    rejections: &mut BTreeSet<(RejectReason, &'static str)>,
) -> Result<(), String> {
    let capacities = naive.capacities;
    let larger = Capacities {
        orders: capacities.orders * 3 + 1,
        instruments: capacities.instruments + 5,
        sessions: capacities.sessions + 7,
    };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut larger_memory = vec![0; Book::bytes_needed(larger)];
    let mut book = Book::new(&mut memory, capacities, 1).expect("enough memory");
    let mut twin = Book::new(&mut larger_memory, larger, 0xfeed_beef).expect("enough memory");
    let mut sent = BTreeMap::new();
    for step in setup(capacities).iter().chain(flow) {
        let command = number(step, &mut sent);
        let duplicate = naive.duplicate_of(&command);
        let admission = book.admit(command.session, command.client_sequence);
        let expected = duplicate.map_or(Admission::Fresh, |last| Admission::Duplicate { last });
        same("admission", &admission, &expected)?;
        if duplicate.is_some() {
            continue;
        }
        let wanted = naive.apply(&command);
        same("events", &apply(&mut book, &command), &wanted)?;
        same("events of the twin", &apply(&mut twin, &command), &wanted)?;
        if let Some(EventKind::Rejected { reason, .. }) = wanted.first().map(|event| event.kind) {
            rejections.insert((reason, name_of(&command.action)));
        }
        compare_state(&book, &naive)?;
        same("state hash", &book.state_hash(), &twin.state_hash())?;
        book.check().map_err(|fault| fault.to_string())?;
        twin.check().map_err(|fault| fault.to_string())?;
    }
    Ok(())
}

fn name_of(action: &Action) -> &'static str {
    match action {
        Action::New(_) => "New",
        Action::Cancel { .. } => "Cancel",
        Action::Reduce { .. } => "Reduce",
        Action::Replace(_) => "Replace",
        Action::DefineInstrument { .. } => "DefineInstrument",
        Action::BindFlow(_) => "BindFlow",
        Action::Configure(_) => "Configure",
    }
}

fn apply(book: &mut Book<'_>, command: &Command) -> Vec<Event> {
    let mut events = Vec::new();
    book.apply(book.last_sequence().next(), command, &mut |event: &Event| events.push(*event));
    events
}

fn compare_state(book: &Book<'_>, naive: &NaiveBook) -> Result<(), String> {
    same("last sequence", &book.last_sequence(), &naive.last_sequence)?;
    same("running hash", &book.running_hash(), &naive.running_hash)?;
    same("capacities", &book.capacities(), &naive.capacities)?;
    same("flow", &book.flow(), &naive.flow)?;
    let sessions: BTreeMap<_, _> = book.sessions().collect();
    same("sessions", &sessions, &naive.sessions)?;
    same("open orders", &(book.open_order_count() as usize), &naive.orders.len())?;
    same("instruments", &(book.instrument_count() as usize), &naive.symbols.len())?;
    for (number, symbol) in (0..).zip(&naive.symbols) {
        let instrument = InstrumentId(number);
        same("symbol", &book.symbol(instrument), &Some(*symbol))?;
        same("instrument", &book.instrument(*symbol), &Some(instrument))?;
        let last_trade = naive.last_trades.get(&instrument).copied();
        same("last trade", &book.last_trade(instrument), &last_trade)?;
        for side in [Side::Buy, Side::Sell] {
            compare_side(book, instrument, side, &naive.side(instrument, side))?;
        }
    }
    same("symbol of nobody", &book.symbol(InstrumentId(book.instrument_count())), &None)
}

fn compare_side(
    book: &Book<'_>,
    instrument: InstrumentId,
    side: Side,
    naive: &[NaiveOrder],
) -> Result<(), String> {
    let wanted: Vec<OrderView> = naive.iter().map(view).collect();
    same("orders", &book.orders(instrument, side).collect(), &wanted)?;
    let best = naive.first().map(|order| order.price);
    same("best price", &book.best(instrument, side), &best)?;
    let levels: Vec<_> = book
        .levels(instrument, side)
        .map(|level| (level.price, level.quantity_lots, level.order_count as usize))
        .collect();
    let wanted_levels: Vec<_> = naive
        .chunk_by(|one, other| one.price == other.price)
        .map(|level| {
            let lots = level.iter().map(|order| u128::from(order.remaining)).sum::<u128>();
            (level[0].price, lots, level.len())
        })
        .collect();
    same("levels", &levels, &wanted_levels)?;
    for order in &wanted {
        same("order", &book.order(instrument, order.order), &Some(*order))?;
    }
    Ok(())
}

fn view(order: &NaiveOrder) -> OrderView {
    let NaiveOrder { order, account, session, side, price, remaining, .. } = *order;
    let remaining = highwater::types::Quantity::new(Lots(remaining)).expect("open");
    OrderView { order, account, session, side, price, remaining }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: &T, wanted: &T) -> Result<(), String> {
    if real == wanted { Ok(()) } else { Err(format!("{what}: {real:?} instead of {wanted:?}")) }
}

/// A command without its client sequence.
#[derive(Clone, Copy, Debug)]
struct Step {
    session: u16,
    numbering: Numbering,
    action: Action,
}

/// How a client sequence follows from the session's last.
#[derive(Clone, Copy, Debug)]
enum Numbering {
    /// That many above it.
    Ahead(u64),
    /// The same once more.
    Again,
    /// Zero.
    Zero,
}

/// The first commands of every log: the capacities, and one instrument.
fn setup(capacities: Capacities) -> [Step; 2] {
    [Action::Configure(capacities), Action::DefineInstrument { symbol: symbol(0) }]
        .map(|action| Step { session: 0, numbering: Numbering::Ahead(1), action })
}

fn number(step: &Step, sent: &mut BTreeMap<u16, u64>) -> Command {
    let last = sent.entry(step.session).or_default();
    let client_sequence = match step.numbering {
        Numbering::Ahead(gap) => *last + gap,
        Numbering::Again => *last,
        Numbering::Zero => 0,
    };
    *last = client_sequence.max(*last);
    Command {
        session: SessionId(step.session),
        client_sequence: ClientSequence(client_sequence),
        action: step.action,
    }
}

fn steps(world: &World) -> impl Strategy<Value = Step> + use<> {
    let trading = prop_oneof![
        world.new_weight => new_orders(world),
        4 => cancels(world),
        3 => reduces(world),
        6 => replaces(world),
    ];
    let numbering = || {
        prop_oneof![
            30 => (1_u64..4).prop_map(Numbering::Ahead),
            1 => Just(Numbering::Again),
            1 => Just(Numbering::Zero),
        ]
    };
    let sessions = u16::try_from(world.capacities.sessions).expect("few sessions");
    let trading = (0..=sessions, numbering(), trading);
    let operating = (select(vec![0, 0, 0, 1]), numbering(), operator_actions(world));
    let step = |(session, numbering, action)| Step { session, numbering, action };
    prop_oneof![world.client_weight => trading.prop_map(step), 1 => operating.prop_map(step)]
}

fn new_orders(world: &World) -> impl Strategy<Value = Action> + use<> {
    let sides = select(world.sides.clone());
    let times_in_force = prop_oneof![
        4 => Just(TimeInForce::GoodTillCancel),
        1 => Just(TimeInForce::ImmediateOrCancel),
    ];
    let (prices, quantities) = (select(world.prices.clone()), select(world.quantities.clone()));
    (names(world), sides, times_in_force, prices, quantities).prop_map(
        |((instrument, order, account), side, time_in_force, price, quantity)| {
            Action::New(NewOrder {
                instrument,
                order,
                account,
                side,
                order_type: OrderType::Limit,
                time_in_force,
                price: Ticks(price),
                quantity: Lots(quantity),
            })
        },
    )
}

fn cancels(world: &World) -> impl Strategy<Value = Action> + use<> {
    names(world).prop_map(|(instrument, order, account)| Action::Cancel {
        instrument,
        order,
        account,
    })
}

fn reduces(world: &World) -> impl Strategy<Value = Action> + use<> {
    (names(world), select(world.quantities.clone())).prop_map(
        |((instrument, order, account), by)| Action::Reduce {
            instrument,
            order,
            account,
            by: Lots(by),
        },
    )
}

fn replaces(world: &World) -> impl Strategy<Value = Action> + use<> {
    let rules = select(vec![ReplaceRule::Modify, ReplaceRule::CancelReplace]);
    let (prices, quantities) = (select(world.prices.clone()), select(world.quantities.clone()));
    (names(world), select(world.ids.clone()), rules, prices, quantities).prop_map(
        |((instrument, order, account), new_id, rule, price, quantity)| {
            Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order: OrderId(new_id),
                account,
                rule,
                price: Ticks(price),
                quantity: Lots(quantity),
            })
        },
    )
}

/// An instrument, mostly the first, an order and an account, mostly the first.
fn names(world: &World) -> impl Strategy<Value = (InstrumentId, OrderId, AccountId)> + use<> {
    let instruments = select(vec![0, 0, 0, 0, 0, 0, 0, 1, 1, 2, u32::MAX]);
    let accounts = select(vec![0, 0, 0, 0, 0, 0, 1]);
    (instruments, select(world.ids.clone()), accounts).prop_map(|(instrument, id, account)| {
        (InstrumentId(instrument), OrderId(id), AccountId(account))
    })
}

fn operator_actions(world: &World) -> impl Strategy<Value = Action> + use<> {
    let Capacities { orders, instruments, sessions } = world.capacities;
    // What is too large for any engine is rejected; what is only too large for the memory never
    // arrives.
    let or_absurd = |max: u32| prop_oneof![20 => 0..=max, 1 => Just(u32::MAX)];
    prop_oneof![
        3 => (0_u8..4).prop_map(|name| Action::DefineInstrument { symbol: symbol(name) }),
        1 => (0_u64..2).prop_map(|head_hash| {
            Action::BindFlow(FlowIdentity { name: [b'x'; 32], head_bytes: 9, head_hash })
        }),
        2 => (or_absurd(orders), or_absurd(instruments), or_absurd(sessions)).prop_map(
            |(orders, instruments, sessions)| {
                Action::Configure(Capacities { orders, instruments, sessions })
            }
        ),
    ]
}

fn symbol(name: u8) -> Symbol {
    Symbol::new(&[b'A' + name; 5]).expect("a valid symbol")
}
