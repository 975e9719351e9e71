//! Databento's schema MBO as CSV: columns by name, one record a row.
//!
//! Source: databento.com/docs, Market by order, and State management of resting orders. Trades and
//! fills change no book there: each fill is followed by a cancel of the same quantity. Here the
//! fills of one moment make an incoming order, and the cancels that follow from them make nothing.

use super::lines::{ImportedLine, Lines};
use super::open_orders::{Open, OpenOrders, Taker, Takers};
use super::price_refusal;
use super::rows::{Problem, Row, RowImporter, Rows};
use csv::ByteRecord;
use highwater::decimal::DecimalPrice;
use highwater::types::{PriceDecimals, Side, Symbol, Ticks};
use highwater_flows::flow::symbol_of;
use std::time::UNIX_EPOCH;

/// Decimals of a price that is written without a point.
const SCALE: u8 = 9;
/// The bit of the flags that ends an event.
const LAST_OF_EVENT: u64 = 1 << 7;

/// Where the columns are.
#[derive(Clone, Copy, Debug)]
struct Columns {
    ts_event: usize,
    action: usize,
    side: usize,
    price: usize,
    size: usize,
    order_id: usize,
    symbol: Option<usize>,
    instrument_id: Option<usize>,
    flags: Option<usize>,
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Databento {
    columns: Columns,
    decimals: PriceDecimals,
    open: OpenOrders,
    takers: Takers,
}

/// What a row says of an order.
#[derive(Clone, Copy)]
struct Said {
    told: ImportedLine,
    id: u64,
    side: Side,
    price: Ticks,
    quantity: u64,
}

impl Columns {
    fn of(header: &ByteRecord) -> Result<Self, Problem> {
        let place = |name: &str| {
            header.iter().position(|known| {
                let known = known.strip_prefix(b"\xef\xbb\xbf").unwrap_or(known);
                known.trim_ascii() == name.as_bytes()
            })
        };
        let needed = |name: &str| {
            place(name).ok_or_else(|| {
                let sentence = format!(
                    "the header lacks the column {name}, expected ts_event, action, side, price, \
                     size, order_id, and symbol or instrument_id, as Databento writes CSV"
                );
                Problem { column: 1, sentence }
            })
        };
        let (symbol, instrument_id) = (place("symbol"), place("instrument_id"));
        if symbol.is_none() {
            needed("instrument_id")?;
        }
        Ok(Self {
            ts_event: needed("ts_event")?,
            action: needed("action")?,
            side: needed("side")?,
            price: needed("price")?,
            size: needed("size")?,
            order_id: needed("order_id")?,
            symbol,
            instrument_id,
            flags: place("flags"),
        })
    }
}

impl Databento {
    /// The records of a file whose header stands first in `rows`.
    pub(super) fn new(rows: &mut Rows, decimals: PriceDecimals) -> Result<Self, String> {
        let header = rows.header()?;
        let columns = Columns::of(&header).map_err(|problem| rows.sentence(1, &problem))?;
        let (open, takers) = (OpenOrders::default(), Takers::default());
        Ok(Self { columns, decimals, open, takers })
    }

    /// The name of the instrument: its symbol, or its number where a flow cannot have the symbol.
    fn symbol(&self, row: Row<'_>) -> Result<Symbol, Problem> {
        let Columns { symbol, instrument_id, .. } = self.columns;
        let named = |index: usize| symbol_of(row.field(index));
        let found = symbol.and_then(named).or_else(|| instrument_id.and_then(named));
        found.ok_or_else(|| {
            let index = symbol.or(instrument_id).unwrap_or_default();
            let expected = "1 to 16 printable ASCII characters without space or quote, or a column \
                            instrument_id";
            row.wrong(index, "symbol", expected)
        })
    }

    fn timestamp_ns(&self, row: Row<'_>) -> Result<u64, Problem> {
        let index = self.columns.ts_event;
        let text = std::str::from_utf8(row.field(index)).unwrap_or_default();
        if let Ok(number) = text.parse() {
            return Ok(number);
        }
        let in_utc = text.strip_suffix("+00:00").unwrap_or(text);
        let time = humantime::parse_rfc3339_weak(in_utc).ok();
        let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let ns = since.and_then(|since| u64::try_from(since.as_nanos()).ok());
        ns.ok_or_else(|| {
            row.wrong(
                index,
                "ts_event",
                "nanoseconds since 1970, or 2026-01-31T09:30:00.000000001Z",
            )
        })
    }

    /// The price: with a point decimal, without one in units of 1e-9.
    fn price(&self, row: Row<'_>) -> Result<Ticks, Problem> {
        let index = self.columns.price;
        let field = row.field(index);
        let price = if field.contains(&b'.') {
            DecimalPrice::parse(field)
        } else {
            let scale = PriceDecimals(SCALE);
            Ok(DecimalPrice::of_units(row.number(index, "price")?, scale))
        };
        price
            .and_then(|price| price.ticks(self.decimals))
            .map_err(|fault| row.problem(index, "price", &price_refusal(fault)))
    }

    fn side(&self, row: Row<'_>) -> Result<Option<Side>, Problem> {
        match row.field(self.columns.side) {
            b"B" => Ok(Some(Side::Buy)),
            b"A" => Ok(Some(Side::Sell)),
            b"N" => Ok(None),
            _ => Err(row.wrong(self.columns.side, "side", "A, B or N")),
        }
    }

    /// A record about one order.
    fn order(
        &mut self,
        row: Row<'_>,
        action: u8,
        symbol: Symbol,
        lines: &mut Lines,
    ) -> Result<(), Problem> {
        let id = row.number(self.columns.order_id, "order_id")?;
        let quantity = row.number(self.columns.size, "size")?;
        let timestamp_ns = self.timestamp_ns(row)?;
        let known = self.open.get(symbol, id).copied();
        if known.is_none() && matches!(action, b'C' | b'F') {
            lines.skip("about an order that the file does not show coming");
            return Ok(());
        }
        let Some(side) = self.side(row)?.or_else(|| known.map(|known| known.side)) else {
            lines.skip("about an order without a side");
            return Ok(());
        };
        // Of a cancel the order's own price is known.
        let price = match known {
            Some(known) if action == b'C' => known.price,
            Some(_) | None => self.price(row)?,
        };
        let told = ImportedLine {
            command: "NEW",
            timestamp_ns,
            symbol,
            order: Some(id),
            side: Some(side),
            price: Some(price),
            quantity: Some(quantity),
            new_order: None,
        };
        let said = Said { told, id, side, price, quantity };
        match (action, known) {
            (b'F', Some(known)) => self.filled(&said, known, lines),
            (b'C', Some(known)) => self.canceled(&said, known, lines),
            (b'M', Some(known)) => self.modified(&said, known, lines),
            // An order that was not known is added by a modification.
            _ => {
                self.open.add(symbol, id, Open { side, price, quantity, filled: 0 });
                lines.push(&told);
            }
        }
        Ok(())
    }

    fn filled(&mut self, said: &Said, known: Open, lines: &mut Lines) {
        let ImportedLine { timestamp_ns, symbol, .. } = said.told;
        if let Some(open) = self.open.get(symbol, said.id) {
            open.filled = open.filled.saturating_add(said.quantity);
        }
        let (side, price, quantity) = (known.side.opposite(), said.price, said.quantity);
        let taker = Taker { timestamp_ns, symbol, side, price, quantity };
        self.takers.traded(taker, &self.open, lines);
    }

    fn canceled(&mut self, said: &Said, known: Open, lines: &mut Lines) {
        let symbol = said.told.symbol;
        let by_fill = said.quantity.min(known.filled);
        if let Some(open) = self.open.get(symbol, said.id) {
            open.filled -= by_fill;
        }
        self.open.take(symbol, said.id, said.quantity);
        let quantity = said.quantity - by_fill;
        if quantity == 0 {
            lines.skip("cancels that a fill explains");
            return;
        }
        let is_all = said.quantity >= known.quantity;
        let command = if is_all { "CANCEL" } else { "REDUCE" };
        lines.push(&ImportedLine { command, quantity: Some(quantity), ..said.told });
    }

    /// Another price or more quantity lose the place in the queue, as a MODIFY does.
    fn modified(&mut self, said: &Said, known: Open, lines: &mut Lines) {
        let Said { side, price, quantity, .. } = *said;
        let symbol = said.told.symbol;
        if quantity == 0 {
            self.open.take(symbol, said.id, known.quantity);
        } else {
            let filled = known.filled;
            self.open.add(symbol, said.id, Open { side, price, quantity, filled });
        }
        lines.push(&ImportedLine { command: "MODIFY", ..said.told });
    }

    /// The book of an instrument is emptied.
    fn clear(&mut self, row: Row<'_>, symbol: Symbol, lines: &mut Lines) -> Result<(), Problem> {
        if self.open.clear(symbol) {
            lines.skip("clears of an empty book");
            return Ok(());
        }
        let timestamp_ns = self.timestamp_ns(row)?;
        lines.push(&ImportedLine::without_order("MASS_CANCEL", timestamp_ns, symbol));
        Ok(())
    }
}

impl RowImporter for Databento {
    fn row(&mut self, row: Row<'_>, lines: &mut Lines) -> Result<(), Problem> {
        let action = match row.field(self.columns.action) {
            [action @ (b'A' | b'C' | b'M' | b'T' | b'F' | b'R' | b'N')] => *action,
            _ => return Err(row.wrong(self.columns.action, "action", "A, C, M, R, T, F or N")),
        };
        if !matches!(action, b'T' | b'F' | b'N') {
            self.takers.flush(lines);
        }
        match action {
            b'T' => lines.skip("trades, which fills tell too"),
            b'N' => lines.skip("without an action"),
            b'R' => {
                let symbol = self.symbol(row)?;
                self.clear(row, symbol, lines)?;
            }
            _ => {
                let symbol = self.symbol(row)?;
                self.order(row, action, symbol, lines)?;
            }
        }
        let flags = self.columns.flags.map(|index| row.number(index, "flags")).transpose()?;
        if flags.is_some_and(|flags| flags & LAST_OF_EVENT != 0) {
            self.takers.flush(lines);
        }
        Ok(())
    }

    fn end(&mut self, lines: &mut Lines) {
        self.takers.flush(lines);
    }
}
