//! The market and the engine as they are shown, and what has changed since somebody looked.

use crate::watched::Watched;
use highwater::book::Book;
use highwater::types::{InstrumentId, Price, Sequence, Side};
use highwater_gateway::{GatewaySeen, LoginSeen, TradeSeen, Traded};
use highwater_host::HostStatistics;
use highwater_platform::Platform;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of each side that a ladder has, at most.
const LEVELS_MAX: usize = 20;

/// Instruments that are shown, at most: the first ones.
pub(crate) const INSTRUMENTS_MAX: u32 = 1_024;

/// An instrument. Prices are in ticks and quantities in lots; `decimals` says how a price is
/// written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(crate) symbol: String,
    decimals: u8,
    phase: &'static str,
    is_halted: bool,
    bid: Option<u32>,
    ask: Option<u32>,
    pub(crate) last: Option<u32>,
    first: Option<u32>,
    highest: Option<u32>,
    lowest: Option<u32>,
    volume: u64,
    trades: u64,
}

/// A level: price, quantity that is shown, quantity that is open, orders.
type Level = (u32, u64, u64, u32);

/// The best levels of both sides, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Ladder {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct TradeRow {
    number: u64,
    sequence: u64,
    time_ms: u64,
    instrument: u32,
    price: u32,
    quantity: u64,
    /// Of the incoming order; none in an auction.
    side: Option<&'static str>,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct LoginRow {
    user: String,
    session: Option<u16>,
    service: &'static str,
    address: String,
    next: u64,
    behind: u64,
    is_held: bool,
}

/// The engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Figures {
    appended: u64,
    durable: u64,
    released: u64,
    log_bytes: u64,
    segments_begun: u64,
    syncs: u64,
    sync_p50_ns: u64,
    sync_p99_ns: u64,
    snapshots: u64,
    snapshots_failed: u64,
    newest_snapshot: u64,
    behind_snapshot_bytes: u64,
    input_ring: usize,
    record_ring: usize,
    event_ring: usize,
    connections: u64,
    logins_refused: u64,
    replaying: u64,
    rejects: BTreeMap<&'static str, u64>,
}

/// Everything that is shown at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    now_ms: u64,
    /// The sequence behind which the books are so; `None` while they are being recovered.
    book_sequence: Option<u64>,
    /// Why the engine has ended.
    ended: Option<String>,
    pub(crate) rows: Vec<Row>,
    ladders: BTreeMap<u32, Ladder>,
    trades: Vec<TradeRow>,
    logins: Vec<LoginRow>,
    figures: Figures,
}

impl View {
    /// What there is to see now, with the ladders of the instruments `wanted`.
    pub(crate) fn of<P: Platform>(
        watched: &Watched<P>,
        gateway: &GatewaySeen,
        wanted: &BTreeSet<u32>,
    ) -> Self {
        let statistics = watched.engine.statistics();
        let mut books = Books::default();
        watched.engine.show_book(&mut |book| books = Books::of(book, gateway, wanted));
        let Books { sequence, rows, ladders } = books;
        Self {
            now_ms: watched.platform.wall_clock_ns() / 1_000_000,
            book_sequence: sequence,
            ended: watched.engine.end(),
            rows,
            ladders,
            trades: gateway.trades.iter().map(TradeRow::of).collect(),
            logins: gateway.logins.iter().map(LoginRow::of).collect(),
            figures: Figures::of(&statistics, gateway),
        }
    }

    /// Whether its books are behind this sequence.
    pub(crate) fn has(&self, sequence: Sequence) -> bool {
        self.book_sequence.is_some_and(|at| at >= sequence.0)
    }

    /// The number of the instrument with this symbol; of the first one where it names none.
    pub(crate) fn instrument(&self, symbol: Option<&str>) -> Option<u32> {
        let at = match symbol {
            None => 0,
            Some(symbol) => self.rows.iter().position(|row| row.symbol == symbol)?,
        };
        u32::try_from(at).ok()
    }

    /// Whether it shows the levels of this instrument.
    pub(crate) fn has_ladder(&self, instrument: u32) -> bool {
        self.ladders.contains_key(&instrument)
    }

    /// All of it, with one ladder.
    pub(crate) fn whole(&self, instrument: u32) -> Map<String, Value> {
        let trades: Vec<_> =
            self.trades.iter().filter(|trade| trade.instrument == instrument).collect();
        let whole = json!({
            "now_ms": self.now_ms,
            "book_sequence": self.book_sequence,
            "ended": self.ended,
            "instrument": instrument,
            "instruments": self.rows,
            "book": self.ladders.get(&instrument),
            "trades": trades,
            "logins": self.logins,
            "figures": self.figures,
        });
        match whole {
            Value::Object(map) => map,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Map::new(),
        }
    }

    /// What is different from `before`, for somebody who watches one instrument. Levels that are
    /// gone have no quantity; instruments are named by their numbers.
    pub(crate) fn since(&self, before: &Self, instrument: u32) -> Value {
        let mut changed = json!({ "now_ms": self.now_ms, "figures": self.figures });
        if self.book_sequence != before.book_sequence {
            changed["book_sequence"] = json!(self.book_sequence);
        }
        if self.ended != before.ended {
            changed["ended"] = json!(self.ended);
        }
        if self.logins != before.logins {
            changed["logins"] = json!(self.logins);
        }
        let rows: BTreeMap<usize, &Row> =
            (0..).zip(&self.rows).filter(|(at, row)| before.rows.get(*at) != Some(*row)).collect();
        if !rows.is_empty() {
            changed["instruments"] = json!(rows);
        }
        let empty = Ladder::default();
        let ladder_of = |view: &Self| view.ladders.get(&instrument).unwrap_or(&empty).clone();
        let (old, new) = (ladder_of(before), ladder_of(self));
        if old != new {
            changed["bids"] = json!(levels_since(&old.bids, &new.bids));
            changed["asks"] = json!(levels_since(&old.asks, &new.asks));
        }
        let seen = before.trades.last().map_or(0, |trade| trade.number);
        let is_new = |it: &&TradeRow| it.number > seen && it.instrument == instrument;
        let trades: Vec<_> = self.trades.iter().filter(is_new).collect();
        if !trades.is_empty() {
            changed["trades"] = json!(trades);
        }
        changed
    }
}

/// The state of a book without an engine, as JSON, with the levels of one instrument; `None` where
/// there is no such instrument.
pub fn state_of_book(book: &Book<'_>, symbol: Option<&str>) -> Option<String> {
    let gateway = GatewaySeen::default();
    let Books { sequence, rows, .. } = Books::of(book, &gateway, &BTreeSet::new());
    let mut view = View { book_sequence: sequence, rows, ..View::default() };
    let instrument = view.instrument(symbol)?;
    view.ladders = BTreeMap::from([(instrument, Ladder::of(book, instrument))]);
    Some(Value::Object(view.whole(instrument)).to_string())
}

/// What the books show.
#[derive(Default)]
struct Books {
    sequence: Option<u64>,
    rows: Vec<Row>,
    ladders: BTreeMap<u32, Ladder>,
}

impl Books {
    fn of(book: &Book<'_>, gateway: &GatewaySeen, wanted: &BTreeSet<u32>) -> Self {
        let count = book.instrument_count().min(INSTRUMENTS_MAX);
        let rows = (0..count).map(|number| Row::of(book, number, gateway)).collect();
        let ladders = wanted.iter().map(|number| (*number, Ladder::of(book, *number))).collect();
        Self { sequence: Some(book.last_sequence().0), rows, ladders }
    }
}

impl Row {
    fn of(book: &Book<'_>, number: u32, gateway: &GatewaySeen) -> Self {
        let id = InstrumentId(number);
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let Traded { first, last, highest, lowest, volume_lots, count } =
            gateway.traded.get(index).copied().unwrap_or_default();
        let best = |side| book.best(id, side).map(ticks);
        Self {
            symbol: book.symbol(id).map(|symbol| symbol.to_string()).unwrap_or_default(),
            decimals: book.terms(id).map(|terms| terms.decimals).unwrap_or_default().0,
            phase: book.phase(id).unwrap_or_default().name(),
            is_halted: book.is_halted(id),
            bid: best(Side::Buy),
            ask: best(Side::Sell),
            last: book.last_trade(id).or(last).map(ticks),
            first: first.map(ticks),
            highest: highest.map(ticks),
            lowest: lowest.map(ticks),
            volume: volume_lots,
            trades: count,
        }
    }
}

impl Ladder {
    fn of(book: &Book<'_>, number: u32) -> Self {
        let levels = |side| {
            let levels = book.summed_levels(InstrumentId(number), side).take(LEVELS_MAX);
            let lots = |lots: u128| u64::try_from(lots).unwrap_or(u64::MAX);
            levels
                .map(|it| {
                    let (shown, open) = (lots(it.visible_lots), lots(it.quantity_lots));
                    (ticks(it.price), shown, open, it.order_count)
                })
                .collect()
        };
        Self { bids: levels(Side::Buy), asks: levels(Side::Sell) }
    }
}

/// The levels that are new or different, and those that are gone, as levels of nothing.
fn levels_since(before: &[Level], now: &[Level]) -> Vec<Level> {
    let prices: BTreeSet<u32> = now.iter().map(|level| level.0).collect();
    let is_gone = |level: &&Level| !prices.contains(&level.0);
    let gone = before.iter().filter(is_gone).map(|level| (level.0, 0, 0, 0));
    gone.chain(now.iter().filter(|level| !before.contains(level)).copied()).collect()
}

impl TradeRow {
    fn of(trade: &TradeSeen) -> Self {
        Self {
            number: trade.number,
            sequence: trade.sequence,
            time_ms: trade.timestamp_ns / 1_000_000,
            instrument: trade.instrument.0,
            price: ticks(trade.price),
            quantity: trade.quantity.lots(),
            side: trade.side.map(|side| match side {
                Side::Buy => "buy",
                Side::Sell => "sell",
            }),
        }
    }
}

impl LoginRow {
    fn of(login: &LoginSeen) -> Self {
        Self {
            user: login.user.to_string(),
            session: login.session.map(|session| session.0),
            service: login.service,
            address: login.address.to_string(),
            next: login.next,
            behind: login.behind,
            is_held: login.is_held,
        }
    }
}

impl Figures {
    fn of(statistics: &HostStatistics, gateway: &GatewaySeen) -> Self {
        let HostStatistics { log, snapshots, rings, .. } = statistics;
        Self {
            appended: statistics.appended.0,
            durable: statistics.durable.0,
            released: statistics.released.0,
            log_bytes: log.appended_bytes,
            segments_begun: log.begin_count,
            syncs: log.sync_count,
            sync_p50_ns: statistics.sync_time.map_or(0, |times| times.p50_ns),
            sync_p99_ns: statistics.sync_time.map_or(0, |times| times.p99_ns),
            snapshots: snapshots.made_count,
            snapshots_failed: snapshots.failed_count,
            newest_snapshot: snapshots.newest.0,
            behind_snapshot_bytes: snapshots.lag.bytes,
            input_ring: rings.input,
            record_ring: rings.records,
            event_ring: rings.events,
            connections: gateway.counts.connections,
            logins_refused: gateway.counts.logins_refused,
            replaying: gateway.counts.replaying,
            rejects: gateway.rejects.iter().map(|(reason, n)| (reason.name(), *n)).collect(),
        }
    }
}

fn ticks(price: Price) -> u32 {
    price.ticks()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let trade = |number, instrument| TradeRow {
            number,
            sequence: number,
            time_ms: 0,
            instrument,
            price: 5,
            quantity: 1,
            side: None,
        };
        let ladder = |bids: &[Level]| Ladder { bids: bids.to_vec(), asks: Vec::new() };
        let view = |bids: &[Level], trades: Vec<TradeRow>| View {
            ladders: BTreeMap::from([(1, ladder(bids))]),
            trades,
            ..View::default()
        };
        let before = view(&[(9, 1, 1, 1), (8, 2, 2, 1)], vec![trade(1, 1)]);
        let now = view(&[(9, 3, 4, 2), (7, 1, 1, 1)], vec![trade(1, 1), trade(2, 0), trade(3, 1)]);
        let changed = now.since(&before, 1);
        assert_eq!(changed["bids"], json!([[8, 0, 0, 0], [9, 3, 4, 2], [7, 1, 1, 1]]));
        assert_eq!(changed["trades"][0]["number"], 3);
        assert_eq!(changed["trades"].as_array().unwrap().len(), 1);
        for unchanged in ["instruments", "logins", "ended", "book_sequence"] {
            assert!(changed.get(unchanged).is_none(), "{unchanged}");
        }
        assert!(now.since(&now, 1).get("bids").is_none());
    }
}
