//! LOBSTER message files: time, type, order id, size, price, direction; no header.
//!
//! Source: lobsterdata.com, Output Structure. A price is dollars times 10,000; the direction is
//! that of the order that rests, 1 for a buy and -1 for a sell.

use super::lines::{ImportedLine, Lines};
use super::open_orders::{Open, OpenOrders, Taker, Takers};
use super::price_refusal;
use super::rows::{Problem, Row, RowImporter};
use highwater::decimal::DecimalPrice;
use highwater::types::{PriceDecimals, Side, Symbol, Ticks};

const TIME: usize = 0;
const TYPE: usize = 1;
const ORDER_ID: usize = 2;
const SIZE: usize = 3;
const PRICE: usize = 4;
const DIRECTION: usize = 5;

/// Decimals of the prices in the file.
const SCALE: u8 = 4;

/// What a halt's price says: begins, quoting again, trading again.
const HALT_BEGINS: &[u8] = b"-1";
const QUOTING_RESUMES: &[u8] = b"0";
const TRADING_RESUMES: &[u8] = b"1";

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Lobster {
    symbol: Symbol,
    decimals: PriceDecimals,
    open: OpenOrders,
    takers: Takers,
    is_quoting: bool,
}

impl Lobster {
    /// The messages of `symbol`, whose prices get these decimals.
    pub(super) fn new(symbol: Symbol, decimals: PriceDecimals) -> Self {
        let (open, takers) = (OpenOrders::default(), Takers::default());
        Self { symbol, decimals, open, takers, is_quoting: false }
    }

    fn price(&self, row: Row<'_>) -> Result<Ticks, Problem> {
        let units = row.number(PRICE, "price")?;
        let scale = PriceDecimals(SCALE);
        DecimalPrice::of_units(units, scale)
            .ticks(self.decimals)
            .map_err(|fault| row.problem(PRICE, "price", &price_refusal(fault)))
    }

    /// A message about an order.
    fn order(&mut self, row: Row<'_>, kind: u8, lines: &mut Lines) -> Result<(), Problem> {
        let side = match row.field(DIRECTION) {
            b"1" => Side::Buy,
            b"-1" => Side::Sell,
            _ => return Err(row.wrong(DIRECTION, "direction", "1 or -1")),
        };
        let (id, quantity) = (row.number(ORDER_ID, "order id")?, row.number(SIZE, "size")?);
        let price = self.price(row)?;
        let told = ImportedLine {
            command: "NEW",
            timestamp_ns: timestamp_ns(row)?,
            symbol: self.symbol,
            order: Some(id),
            side: Some(side),
            price: Some(price),
            quantity: Some(quantity),
            new_order: None,
        };
        if kind != b'4' {
            self.takers.flush(lines);
        }
        if kind == b'1' {
            self.open.add(self.symbol, id, Open { side, price, quantity, filled: 0 });
            lines.push(&told);
            return Ok(());
        }
        let Some(known) = self.open.get(self.symbol, id).copied() else {
            lines.skip("about an order that the file does not show coming");
            return Ok(());
        };
        match kind {
            b'2' => {
                self.open.take(self.symbol, id, quantity);
                lines.push(&ImportedLine { command: "REDUCE", ..told });
            }
            b'3' => {
                self.open.take(self.symbol, id, known.quantity);
                lines.push(&ImportedLine {
                    command: "CANCEL",
                    quantity: Some(known.quantity),
                    ..told
                });
            }
            _ => {
                let (timestamp_ns, symbol) = (told.timestamp_ns, self.symbol);
                let side = known.side.opposite();
                let taker = Taker { timestamp_ns, symbol, side, price, quantity };
                self.takers.traded(taker, &self.open, lines);
                self.open.take(self.symbol, id, quantity);
            }
        }
        Ok(())
    }

    /// The beginning of a halt, or one of the two steps of its end.
    fn halt(&mut self, row: Row<'_>, lines: &mut Lines) -> Result<(), Problem> {
        self.takers.flush(lines);
        let timestamp_ns = timestamp_ns(row)?;
        let symbol = self.symbol;
        let mut say = |command| {
            lines.push(&ImportedLine::without_order(command, timestamp_ns, symbol));
        };
        match row.field(PRICE) {
            HALT_BEGINS => say("HALT"),
            QUOTING_RESUMES => {
                self.is_quoting = true;
                say("RESUME");
                say("AUCTION");
            }
            TRADING_RESUMES => {
                say(if self.is_quoting { "UNCROSS" } else { "RESUME" });
                self.is_quoting = false;
            }
            _ => return Err(row.wrong(PRICE, "price", "-1, 0 or 1, because the type is 7")),
        }
        Ok(())
    }
}

impl RowImporter for Lobster {
    fn row(&mut self, row: Row<'_>, lines: &mut Lines) -> Result<(), Problem> {
        if row.line == 1 && row.field(TIME).eq_ignore_ascii_case(b"time") {
            return Ok(());
        }
        if row.length() < DIRECTION + 1 {
            let expected = "six columns: time, type, order id, size, price, direction";
            return Err(row.wrong(row.length().saturating_sub(1), "the last column", expected));
        }
        match row.field(TYPE) {
            [kind @ b'1'..=b'4'] => self.order(row, *kind, lines)?,
            b"5" => lines.skip("executions of hidden orders"),
            b"6" => lines.skip("crosses"),
            b"7" => self.halt(row, lines)?,
            _ => return Err(row.wrong(TYPE, "type", "1 to 7")),
        }
        Ok(())
    }

    fn end(&mut self, lines: &mut Lines) {
        self.takers.flush(lines);
    }
}

/// Nanoseconds after midnight; digits beyond them are dropped.
fn timestamp_ns(row: Row<'_>) -> Result<u64, Problem> {
    let field = row.field(TIME);
    let mut parts = field.splitn(2, |byte| *byte == b'.');
    let (seconds, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_time = !seconds.is_empty()
        && seconds.len() <= 9
        && seconds.iter().chain(fraction).all(u8::is_ascii_digit);
    if !is_time {
        return Err(row.wrong(TIME, "time", "seconds after midnight, such as 34200.017459617"));
    }
    let padded = fraction.iter().chain(std::iter::repeat(&b'0')).take(9);
    let digits = seconds.iter().chain(padded);
    Ok(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
