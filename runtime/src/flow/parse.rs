//! Takes one line of a flow apart: bytes to a [`FlowLine`], or the column and what is wrong there.

use super::line::{FlowKind, FlowLine, unnamed};
use super::scan::find_each;
use super::write::HEADER;
use arrayvec::ArrayVec;
use highwater::types::{ClientSequence, Lots, OrderId, Side, Symbol, Ticks};

/// Columns of a full line.
pub(super) const COLUMNS_MAX: usize = 9;
/// Columns that no line can do without: up to `qty`.
const COLUMNS_MIN: usize = 7;

/// Digits that cannot say a number beyond a `u64`.
const DIGITS_SAFE: usize = 19;

/// Bytes of a wrong field that an error shows.
const SHOWN_BYTES: usize = 32;

/// What is wrong with a line, and in which byte column (from 1) the wrong field starts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineProblem {
    pub(super) column: u64,
    pub(super) problem: String,
}

/// The number of columns that the header line names: 7 to 9.
pub(super) fn header(line: &[u8]) -> Result<usize, LineProblem> {
    let without_mark = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let found = without_carriage_return(without_mark);
    let names = HEADER.trim_end();
    let ends =
        [names.len(), names.len() - ",symbol".len(), names.len() - ",new_order_id,symbol".len()];
    for (missing, end) in ends.into_iter().enumerate() {
        if found == &names.as_bytes()[..end] {
            return Ok(COLUMNS_MAX - missing);
        }
    }
    let problem = format!("the header line is {}, expected {names}", quoted(found));
    Err(LineProblem { column: 1, problem })
}

/// The command that a line of at most `columns` columns says; `number` is the line's number.
pub(super) fn command(line: &[u8], columns: usize, number: u64) -> Result<FlowLine, LineProblem> {
    let fields = Fields::of(without_carriage_return(line));
    let client_sequence = ClientSequence(fields.unsigned(Column::Seq)?);
    let timestamp_ns = fields.integer(Column::TimestampNs)?;
    let word = fields.word()?;
    let order = OrderId(fields.unsigned(Column::OrderId)?);
    let kind = fields.kind(word)?;
    let price = Ticks(u32::try_from(fields.integer(Column::PriceTicks)?).unwrap_or(u32::MAX));
    let quantity = Lots(fields.integer(Column::Qty)?);
    let new_order = fields.new_order()?.unwrap_or(order);
    let symbol = fields.symbol()?;
    fields.check_end(columns)?;
    Ok(FlowLine {
        line: number,
        client_sequence,
        timestamp_ns,
        symbol,
        order,
        new_order,
        kind,
        price,
        quantity,
    })
}

/// The columns, in their order.
#[derive(Clone, Copy)]
enum Column {
    Seq,
    TimestampNs,
    Command,
    OrderId,
    Side,
    PriceTicks,
    Qty,
    NewOrderId,
    Symbol,
}

/// The commands, as words alone.
#[derive(Clone, Copy)]
enum Word {
    New,
    Ioc,
    Cancel,
    Reduce,
    Replace,
}

impl Column {
    const fn index(self) -> usize {
        match self {
            Self::Seq => 0,
            Self::TimestampNs => 1,
            Self::Command => 2,
            Self::OrderId => 3,
            Self::Side => 4,
            Self::PriceTicks => 5,
            Self::Qty => 6,
            Self::NewOrderId => 7,
            Self::Symbol => 8,
        }
    }

    fn name(self) -> &'static str {
        HEADER.trim_end().split(',').nth(self.index()).unwrap_or_default()
    }
}

const UNSIGNED: &str = "an integer from 0 to 18446744073709551615";

/// The fields of one line. What is beyond the last column is noted, not kept.
struct Fields<'a> {
    line: &'a [u8],
    parts: ArrayVec<&'a [u8], COLUMNS_MAX>,
    /// Where a field beyond the last column starts, if there is one.
    surplus: Option<usize>,
}

impl<'a> Fields<'a> {
    #[inline]
    fn of(line: &'a [u8]) -> Self {
        let mut parts = ArrayVec::new();
        let mut start = 0;
        find_each(line, b',', |at| {
            parts.push(&line[start..at]);
            start = at + 1;
            !parts.is_full()
        });
        if parts.is_full() {
            return Self { line, parts, surplus: Some(start) };
        }
        parts.push(&line[start..]);
        Self { line, parts, surplus: None }
    }

    /// The field of `column`; empty when the line may end before it.
    #[inline]
    fn field(&self, column: Column) -> Result<&'a [u8], LineProblem> {
        match self.parts.get(column.index()) {
            Some(field) => Ok(field),
            None if column.index() < COLUMNS_MIN => Err(self.missing(column)),
            None => Ok(b""),
        }
    }

    /// An integer that must be there, from 0 to the largest `u64`.
    fn unsigned(&self, column: Column) -> Result<u64, LineProblem> {
        unsigned(self.field(column)?).ok_or_else(|| self.wrong(column, UNSIGNED))
    }

    /// An integer of any size or nothing, brought into the range of a `u64`.
    fn integer(&self, column: Column) -> Result<u64, LineProblem> {
        saturated(self.field(column)?).ok_or_else(|| self.wrong(column, "an integer or nothing"))
    }

    fn word(&self) -> Result<Word, LineProblem> {
        match self.field(Column::Command)? {
            b"NEW" => Ok(Word::New),
            b"IOC" => Ok(Word::Ioc),
            b"CANCEL" => Ok(Word::Cancel),
            b"REDUCE" => Ok(Word::Reduce),
            b"REPLACE" => Ok(Word::Replace),
            _ => Err(self.wrong(Column::Command, "NEW, IOC, CANCEL, REDUCE or REPLACE")),
        }
    }

    /// What the line asks for.
    fn kind(&self, word: Word) -> Result<FlowKind, LineProblem> {
        Ok(match word {
            Word::New => FlowKind::New { side: self.side()? },
            Word::Ioc => FlowKind::Ioc { side: self.side()? },
            Word::Cancel => FlowKind::Cancel { side: self.resting_side()? },
            Word::Reduce => FlowKind::Reduce { side: self.resting_side()? },
            Word::Replace => FlowKind::Replace { side: self.resting_side()? },
        })
    }

    /// The side of a new order.
    fn side(&self) -> Result<Side, LineProblem> {
        match self.field(Column::Side)? {
            b"B" => Ok(Side::Buy),
            b"S" => Ok(Side::Sell),
            _ => Err(self.wrong(Column::Side, "B or S")),
        }
    }

    /// The side of an order that is in the book already, which the line need not say.
    fn resting_side(&self) -> Result<Option<Side>, LineProblem> {
        match self.field(Column::Side)? {
            b"B" => Ok(Some(Side::Buy)),
            b"S" => Ok(Some(Side::Sell)),
            b"" => Ok(None),
            _ => Err(self.wrong(Column::Side, "B, S or nothing")),
        }
    }

    /// The new id, where there is one; only a `REPLACE` has a use for it.
    fn new_order(&self) -> Result<Option<OrderId>, LineProblem> {
        let field = self.field(Column::NewOrderId)?;
        if field.is_empty() {
            return Ok(None);
        }
        let wrong = || self.wrong(Column::NewOrderId, "nothing or an integer below 2^64");
        unsigned(field).map(|id| Some(OrderId(id))).ok_or_else(wrong)
    }

    fn symbol(&self) -> Result<Symbol, LineProblem> {
        let field = self.field(Column::Symbol)?;
        if field.is_empty() {
            return Ok(unnamed());
        }
        let is_plain = field.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'"');
        Symbol::new(field).filter(|_| is_plain).ok_or_else(|| {
            let expected = "at most 16 printable ASCII characters without space, comma or quote";
            self.wrong(Column::Symbol, expected)
        })
    }

    /// Refuses a line with more columns than the header.
    fn check_end(&self, columns: usize) -> Result<(), LineProblem> {
        let start = if columns < self.parts.len() {
            self.start(columns)
        } else if let Some(surplus) = self.surplus {
            surplus
        } else {
            return Ok(());
        };
        let found = quoted(&self.line[start..]);
        let problem =
            format!("{found} follows the last of {columns} columns, expected the line's end");
        Err(LineProblem { column: column_at(start), problem })
    }

    #[cold]
    fn missing(&self, column: Column) -> LineProblem {
        let (count, name) = (self.parts.len(), column.name());
        let problem = format!(
            "the line ends after {count} of at least {COLUMNS_MIN} columns, expected {name}"
        );
        LineProblem { column: column_at(self.line.len()), problem }
    }

    #[cold]
    fn wrong(&self, column: Column, expected: &str) -> LineProblem {
        let found = self.parts[column.index()];
        let found = if found.is_empty() { "empty".to_owned() } else { quoted(found) };
        let problem = format!("{} is {found}, expected {expected}", column.name());
        LineProblem { column: column_at(self.start(column.index())), problem }
    }

    /// Offset of a field that the line has.
    fn start(&self, index: usize) -> usize {
        self.parts[..index].iter().map(|field| field.len() + 1).sum()
    }
}

/// Decimal digits alone, of a number that fits.
#[inline]
fn unsigned(field: &[u8]) -> Option<u64> {
    if (1..=DIGITS_SAFE).contains(&field.len()) {
        return small(field);
    }
    let mut number = 0u64;
    for byte in field {
        number = number.checked_mul(10)?.checked_add(digit(*byte)?)?;
    }
    (!field.is_empty()).then_some(number)
}

/// Decimal digits with or without a minus, or nothing, which is 0; a negative number becomes 0, one
/// beyond a `u64` the largest.
#[inline]
fn saturated(field: &[u8]) -> Option<u64> {
    if field.len() <= DIGITS_SAFE && field.first() != Some(&b'-') {
        return small(field);
    }
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let mut number = 0u64;
    for byte in digits {
        number = number.saturating_mul(10).saturating_add(digit(*byte)?);
    }
    let is_negative = digits.len() < field.len();
    (!digits.is_empty()).then_some(if is_negative { 0 } else { number })
}

/// At most 19 decimal digits, which fit whatever they are; 0 for none.
#[inline]
fn small(digits: &[u8]) -> Option<u64> {
    let (mut number, mut wrong) = (0u64, false);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        wrong |= digit > 9;
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    (!wrong).then_some(number)
}

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Column of the byte at `offset`: from 1.
fn column_at(offset: usize) -> u64 {
    u64::try_from(offset).unwrap_or(u64::MAX).saturating_add(1)
}

/// What was found, in quotes, its unprintable bytes escaped, its end left out when it is long.
fn quoted(found: &[u8]) -> String {
    if found.len() <= SHOWN_BYTES {
        format!("\"{}\"", found.escape_ascii())
    } else {
        format!("\"{}...\"", found[..SHOWN_BYTES].escape_ascii())
    }
}

#[cfg(test)]
mod tests;
