//! Worlds: what random commands are drawn from.
//!
//! The same numbers and the same book give the same command.

mod draws;

use highwater::command::{Action, Command, Control, Definition};
use highwater::types::{
    Band, Capacities, ClientSequence, InstrumentTerms, Lots, Notional, PriceDecimals, SessionId,
    Symbol, Ticks,
};

/// What a kind of flow draws from.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// What it is called where it fails.
    pub(crate) name: &'static str,
    /// Of 100 commands of a run, how many are drawn from it.
    pub(crate) share: u64,
    /// Commands of a flow, at most.
    pub(crate) commands_max: usize,
    /// What the book begins with, and the most that a Configure asks for.
    pub(crate) capacities: Capacities,
    /// What its first instruments take.
    terms: Vec<InstrumentTerms>,
    /// Prices, valid or not.
    prices: Vec<u32>,
    /// Triggers, valid or not.
    triggers: Vec<u32>,
    /// Quantities, valid or not.
    quantities: Vec<u64>,
    /// Order ids.
    ids: Vec<u64>,
    /// Of 100 new orders, how many sell.
    sell_percent: u64,
    /// Of 100 new orders, how many are stops.
    stop_percent: u64,
    /// Of 100 new orders, how many may have conditions.
    rich_percent: u64,
    /// How often the rich ones of them have each time in force: good till cancel, immediate or
    /// cancel, fill or kill, day, good till date.
    stays: [u64; 5],
    /// Of 100 of the rich ones, how many are icebergs.
    iceberg_percent: u64,
    /// How often each kind of command comes.
    kinds: Vec<(u64, Kind)>,
    /// How often each control comes.
    controls: Vec<(u64, Control)>,
}

/// A kind of command.
#[derive(Clone, Copy, Debug)]
enum Kind {
    New,
    Cancel,
    Reduce,
    Replace,
    MassCancel,
    Define,
    SetBand,
    Control,
    Clock,
    EndOfDay,
    LimitSession,
    BindFlow,
    Configure,
    Note,
}

/// Terms of small steps and limits.
const NARROW: InstrumentTerms = InstrumentTerms {
    tick: Ticks(2),
    lot: Lots(2),
    band: Band { low: Ticks(2), high: Ticks(8) },
    quantity_max: Lots(6),
    notional_max: Notional::new(30),
    decimals: PriceDecimals(3),
};

/// Every world.
pub(crate) fn all() -> [World; 8] {
    [plain(), rich(), auctions(), operated(), dated(), extreme(), strewn(), deep()]
}

/// Limit orders, nearly nothing else; everything is small: every price, id and account meets every
/// other, and everything is full soon.
fn plain() -> World {
    World {
        name: "plain",
        share: 10,
        commands_max: 80,
        capacities: Capacities { orders: 6, instruments: 2, sessions: 4 },
        terms: vec![InstrumentTerms::OPEN; 2],
        prices: vec![0, 1, 2, 3, 4, 5],
        triggers: vec![0, 1, 2, 3],
        quantities: vec![0, 1, 2, 3, 5, 8],
        ids: (0..8).collect(),
        sell_percent: 50,
        stop_percent: 1,
        rich_percent: 2,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([50, 20, 15, 30, 1], [2, 0, 0, 0, 0, 0, 1, 2]),
        controls: vec![(1, Control::Resume)],
    }
}

/// Every order type and condition in continuous trading.
fn rich() -> World {
    World {
        name: "rich",
        share: 30,
        commands_max: 120,
        capacities: Capacities { orders: 24, instruments: 3, sessions: 4 },
        terms: vec![InstrumentTerms::OPEN, NARROW],
        prices: vec![1, 2, 3, 4, 4, 5, 6, 8],
        triggers: vec![1, 2, 3, 4, 5, 6, 7, 8],
        quantities: vec![1, 2, 2, 3, 4, 4, 6, 8, 10],
        ids: (0..32).collect(),
        sell_percent: 50,
        stop_percent: 30,
        rich_percent: 70,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([100, 8, 12, 20, 2], [1, 1, 2, 3, 1, 1, 0, 2]),
        controls: vec![
            (4, Control::Resume),
            (2, Control::MatchingOn),
            (1, Control::MatchingOff),
            (1, Control::Halt),
        ],
    }
}

/// The same with many more orders, so that queues and cascades are long.
fn deep() -> World {
    World {
        name: "deep",
        share: 5,
        commands_max: 400,
        capacities: Capacities { orders: 200, instruments: 2, sessions: 3 },
        prices: (10..30).collect(),
        triggers: (8..32).collect(),
        quantities: vec![1, 2, 3, 4, 6, 8, 10, 20, 40],
        ids: (0..1_000).collect(),
        terms: vec![InstrumentTerms::OPEN; 2],
        stop_percent: 40,
        kinds: kinds([100, 4, 4, 8, 0], [0, 0, 0, 3, 0, 0, 0, 0]),
        ..rich()
    }
}

/// Queues of icebergs at few prices, many of which expire at once.
fn dated() -> World {
    World {
        name: "dated",
        share: 4,
        commands_max: 80,
        prices: vec![4, 5],
        triggers: vec![4, 5],
        quantities: vec![2, 4, 6],
        terms: vec![InstrumentTerms::OPEN; 2],
        stop_percent: 6,
        rich_percent: 90,
        stays: [2, 2, 0, 1, 9],
        iceberg_percent: 70,
        sell_percent: 30,
        kinds: kinds([100, 1, 3, 5, 0], [0, 0, 0, 4, 0, 0, 0, 0]),
        ..rich()
    }
}

/// Auction after auction.
fn auctions() -> World {
    World {
        name: "auctions",
        share: 20,
        commands_max: 200,
        capacities: Capacities { orders: 40, instruments: 2, sessions: 3 },
        terms: vec![InstrumentTerms::OPEN, NARROW],
        prices: vec![1, 2, 3, 4, 5, 6, 7, 8, 9],
        triggers: vec![1, 3, 4, 5, 6, 8],
        quantities: vec![1, 2, 3, 4, 6, 8, 12],
        ids: (0..80).collect(),
        sell_percent: 50,
        stop_percent: 12,
        rich_percent: 25,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([100, 4, 6, 10, 1], [0, 0, 7, 1, 0, 0, 0, 0]),
        controls: vec![
            (8, Control::StartAuction),
            (8, Control::Uncross),
            (1, Control::Halt),
            (3, Control::Resume),
            (1, Control::MatchingOff),
            (1, Control::MatchingOn),
        ],
    }
}

/// An operator that does not rest.
fn operated() -> World {
    World {
        name: "operated",
        share: 16,
        commands_max: 160,
        capacities: Capacities { orders: 20, instruments: 3, sessions: 5 },
        terms: vec![InstrumentTerms::OPEN, NARROW],
        prices: vec![1, 2, 3, 4, 4, 5, 6, 6, 8, 10],
        triggers: vec![1, 2, 3, 4, 5, 6, 8],
        quantities: vec![1, 2, 3, 4, 6, 8, 10],
        ids: (0..24).collect(),
        sell_percent: 50,
        stop_percent: 35,
        rich_percent: 50,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([140, 8, 8, 14, 6], [3, 5, 18, 8, 3, 5, 1, 8]),
        controls: vec![
            (2, Control::Halt),
            (6, Control::Resume),
            (4, Control::MatchingOff),
            (6, Control::MatchingOn),
            (1, Control::StartAuction),
            (2, Control::Uncross),
        ],
    }
}

/// Prices and quantities at their ends and just beyond them, and on both sides of every span's
/// border.
fn extreme() -> World {
    let borders = [64, 4_096, 262_144, 16_777_216, 1 << 30, 1 << 31, u32::MAX];
    let beside = |border: u32| [border - 1, border, border.saturating_add(1)];
    let prices: Vec<u32> =
        [0, 1, 2].into_iter().chain(borders.into_iter().flat_map(beside)).collect();
    let wide = InstrumentTerms { notional_max: Notional::new(1 << 64), ..InstrumentTerms::OPEN };
    World {
        name: "extreme",
        share: 10,
        commands_max: 100,
        capacities: Capacities { orders: 24, instruments: 2, sessions: 3 },
        terms: vec![InstrumentTerms::OPEN, wide],
        triggers: prices.clone(),
        prices,
        quantities: vec![1, 7, (1 << 62) - 1, 1 << 62, (1 << 62) + 1, u64::MAX],
        ids: vec![0, 1, 2, 7, 8, 9, 1 << 32, (1 << 32) + 1, u64::MAX - 1, u64::MAX],
        sell_percent: 50,
        stop_percent: 10,
        rich_percent: 30,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([56, 8, 6, 12, 1], [1, 1, 6, 1, 0, 0, 0, 1]),
        controls: vec![(3, Control::StartAuction), (2, Control::Uncross), (1, Control::MatchingOn)],
    }
}

/// Many orders strewn over all prices, so that levels run out before orders do.
fn strewn() -> World {
    let strewn = |part: u32| [part << 24, part << 24 | 1, part << 24 | part << 7];
    World {
        name: "strewn",
        share: 5,
        commands_max: 200,
        capacities: Capacities { orders: 48, instruments: 2, sessions: 5 },
        terms: vec![InstrumentTerms::OPEN; 2],
        prices: (1..100).flat_map(strewn).collect(),
        triggers: [1, 2, 40, 90].into_iter().flat_map(strewn).collect(),
        quantities: vec![1, 2],
        ids: (0..120).collect(),
        sell_percent: 15,
        stop_percent: 25,
        rich_percent: 5,
        stays: [8, 3, 4, 2, 5],
        iceberg_percent: 40,
        kinds: kinds([120, 8, 6, 12, 0], [0, 0, 0, 1, 0, 0, 0, 1]),
        controls: Vec::new(),
    }
}

/// How often each kind comes: those of clients, and those of the operator; and a note.
fn kinds(clients: [u64; 5], operators: [u64; 8]) -> Vec<(u64, Kind)> {
    let clients_kinds = [Kind::New, Kind::Cancel, Kind::Reduce, Kind::Replace, Kind::MassCancel];
    let operators_kinds = [
        Kind::Define,
        Kind::SetBand,
        Kind::Control,
        Kind::Clock,
        Kind::EndOfDay,
        Kind::LimitSession,
        Kind::BindFlow,
        Kind::Configure,
    ];
    let clients = clients.into_iter().zip(clients_kinds);
    let operators = operators.into_iter().zip(operators_kinds);
    clients.chain(operators).chain([(1, Kind::Note)]).collect()
}

impl World {
    /// The first commands of every flow: the capacities and the first instruments.
    pub(crate) fn setup(&self) -> Vec<Command> {
        let defined = (0..).zip(&self.terms).map(|(name, terms)| {
            Action::DefineInstrument(Definition { symbol: symbol(name), terms: *terms })
        });
        let actions = [Action::Configure(self.capacities)].into_iter().chain(defined);
        let numbered = (1..).zip(actions).map(|(number, action)| Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(number),
            action,
        });
        numbered.collect()
    }
}

fn symbol(name: u8) -> Symbol {
    Symbol::new(&[b'A' + name; 5]).expect("a valid symbol")
}
