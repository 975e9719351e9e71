//! Takes one line of a flow apart: bytes to a [`FlowLine`], or the column and what is wrong there.

use super::line::{FlowKind, FlowLine, SYMBOL_RULE, symbol_of, unnamed};
use super::problem::{LineProblem, column_at, wrong_field};
use super::split::Split;
use super::words;
use super::write::HEADER;
use highwater::types::{ClientSequence, Lots, OrderId, Side, Symbol, Ticks};

/// Columns of a full line.
pub(super) const COLUMNS_MAX: usize = 9;
/// Columns that no line can do without: up to `qty`.
const COLUMNS_MIN: usize = 7;

/// What may stand before the header: U+FEFF in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Digits that cannot say a number beyond a `u64`.
const DIGITS_SAFE: usize = 19;

/// The number of columns of a header that is the plain one, up to its optional ends: 7 to 9.
pub(super) fn plain_columns(found: &[u8]) -> Option<usize> {
    let names = HEADER.trim_end();
    let ends =
        [names.len(), names.len() - ",symbol".len(), names.len() - ",new_order_id,symbol".len()];
    let missing = ends.into_iter().position(|end| found == &names.as_bytes()[..end]);
    missing.map(|missing| COLUMNS_MAX - missing)
}

/// The command that a line of at most `columns` columns says; `number` is the line's number.
pub(super) fn command(line: &[u8], columns: usize, number: u64) -> Result<FlowLine, LineProblem> {
    let fields = Fields(Split::of(without_carriage_return(line)));
    let client_sequence = fields.client_sequence()?;
    let timestamp_ns = fields.timestamp_ns()?;
    let word = fields.word()?;
    let order = fields.order()?;
    let kind = fields.kind(word)?;
    let price = fields.price()?;
    let quantity = fields.quantity(word)?;
    let new_order = fields.new_order()?.unwrap_or(order);
    let symbol = fields.symbol()?;
    fields.0.check_end(columns)?;
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

/// A number as a field says it, where the range of a `u64` does not hold it or there is none.
#[derive(Clone, Copy)]
pub(super) enum Integer {
    /// Nothing is written.
    Missing,
    /// A minus stands before it; -0 counts, because whoever writes a minus does not mean 0.
    Negative,
    /// A number, the largest `u64` for every larger one.
    Number(u64),
}

/// The fields of one line.
struct Fields<'a>(Split<'a, COLUMNS_MAX>);

impl<'a> Fields<'a> {
    /// The field of `column`; empty when the line may end before it.
    #[inline]
    fn field(&self, column: Column) -> Result<&'a [u8], LineProblem> {
        match self.0.parts.get(column.index()) {
            Some(field) => Ok(field),
            None if column.index() < COLUMNS_MIN => {
                Err(self.0.too_short(COLUMNS_MIN, column.name()))
            }
            None => Ok(b""),
        }
    }

    /// The command's number: 0 is none, because a client sequence says what comes after it.
    fn client_sequence(&self) -> Result<ClientSequence, LineProblem> {
        let number = unsigned(self.field(Column::Seq)?).filter(|number| *number > 0);
        number
            .map(ClientSequence)
            .ok_or_else(|| self.wrong(Column::Seq, "an integer from 1 to 18446744073709551615"))
    }

    fn order(&self) -> Result<OrderId, LineProblem> {
        unsigned(self.field(Column::OrderId)?)
            .map(OrderId)
            .ok_or_else(|| self.wrong(Column::OrderId, "an integer from 0 to 18446744073709551615"))
    }

    /// The time, which is information: nothing and negative ones are 0.
    fn timestamp_ns(&self) -> Result<u64, LineProblem> {
        Ok(match self.integer(Column::TimestampNs)? {
            Integer::Missing | Integer::Negative => 0,
            Integer::Number(number) => number,
        })
    }

    /// The price. A book has no price 0, so one that is empty or negative becomes that, and one
    /// that is too large becomes the largest: the book rejects them with `bad_price`.
    fn price(&self) -> Result<Ticks, LineProblem> {
        Ok(Ticks(match self.integer(Column::PriceTicks)? {
            Integer::Missing | Integer::Negative => 0,
            Integer::Number(number) => u32::try_from(number).unwrap_or(u32::MAX),
        }))
    }

    /// The quantity. One that is empty or negative becomes one that the book rejects with
    /// `bad_quantity`: of a `REPLACE` the largest number, because 0 cancels the order; of others 0,
    /// because a `REDUCE` by much cancels it.
    fn quantity(&self, word: Word) -> Result<Lots, LineProblem> {
        Ok(Lots(match self.integer(Column::Qty)? {
            Integer::Number(number) => number,
            Integer::Missing | Integer::Negative => match word {
                Word::Replace => u64::MAX,
                Word::New | Word::Ioc | Word::Cancel | Word::Reduce => 0,
            },
        }))
    }

    /// An integer of any size, or nothing.
    #[inline]
    fn integer(&self, column: Column) -> Result<Integer, LineProblem> {
        let field = self.field(column)?;
        if (1..=DIGITS_SAFE).contains(&field.len())
            && let Some(number) = small(field)
        {
            return Ok(Integer::Number(number));
        }
        self.unusual_integer(column)
    }

    /// The same of a field that is empty, long, negative or no number.
    #[cold]
    fn unusual_integer(&self, column: Column) -> Result<Integer, LineProblem> {
        saturated(self.field(column)?).ok_or_else(|| self.wrong(column, "an integer or nothing"))
    }

    fn word(&self) -> Result<Word, LineProblem> {
        match self.field(Column::Command)? {
            b"NEW" => Ok(Word::New),
            b"IOC" => Ok(Word::Ioc),
            b"CANCEL" => Ok(Word::Cancel),
            b"REDUCE" => Ok(Word::Reduce),
            b"REPLACE" => Ok(Word::Replace),
            _ => Err(self.wrong(Column::Command, &words::expected())),
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
        symbol_of(field).ok_or_else(|| self.wrong(Column::Symbol, SYMBOL_RULE))
    }

    #[cold]
    fn wrong(&self, column: Column, expected: &str) -> LineProblem {
        let problem = wrong_field(self.0.parts[column.index()], column.name(), expected);
        LineProblem { column: column_at(self.0.start(column.index())), problem }
    }
}

/// Decimal digits alone, of a number that fits.
#[inline]
pub(super) fn unsigned(field: &[u8]) -> Option<u64> {
    if (1..=DIGITS_SAFE).contains(&field.len()) {
        return small(field);
    }
    let mut number = 0u64;
    for byte in field {
        number = number.checked_mul(10)?.checked_add(digit(*byte)?)?;
    }
    (!field.is_empty()).then_some(number)
}

/// Decimal digits with or without a minus, or nothing; `None` for anything else.
pub(super) fn saturated(field: &[u8]) -> Option<Integer> {
    if field.is_empty() {
        return Some(Integer::Missing);
    }
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let mut number = 0u64;
    for byte in digits {
        number = number.saturating_mul(10).saturating_add(digit(*byte)?);
    }
    let is_negative = digits.len() < field.len();
    (!digits.is_empty()).then_some(if is_negative {
        Integer::Negative
    } else {
        Integer::Number(number)
    })
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

pub(super) fn without_carriage_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests;
