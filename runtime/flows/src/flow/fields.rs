//! The fields of a line by the names of the header, and what their texts mean.

use super::columns::{COLUMN_COUNT, Column, Layout};
use super::line::{SYMBOL_RULE, symbol_of, unnamed};
use super::parse::{Integer, saturated, unsigned};
use super::problem::{LineProblem, column_at, what_is, wrong_field};
use super::split::Split;
use highwater::types::{AccountId, Lots, OrderId, PriceDecimals, SessionId, Side, Symbol, Ticks};
use highwater_engine::decimals::PriceForm;

/// The fields of one line.
pub(super) struct Fields<'a> {
    split: Split<'a, COLUMN_COUNT>,
    layout: &'a Layout,
    /// Those of the line's prices, where they are decimal.
    pub(super) decimals: PriceDecimals,
}

impl<'a> Fields<'a> {
    pub(super) fn of(line: &'a [u8], layout: &'a Layout) -> Self {
        Self { split: Split::of(line), layout, decimals: PriceDecimals::default() }
    }

    /// The field of a column; empty where there is none.
    pub(super) fn field(&self, column: Column) -> &'a [u8] {
        let place = self.layout.place(column);
        place.and_then(|place| self.split.parts.get(place)).copied().unwrap_or_default()
    }

    /// Whether something is written in the column.
    pub(super) fn says(&self, column: Column) -> bool {
        !self.field(column).is_empty()
    }

    /// Whether something is written in the column that is not 0.
    pub(super) fn asks(&self, column: Column) -> bool {
        !matches!(self.field(column), b"" | b"0")
    }

    /// The column of prices of this flow.
    pub(super) const fn price_column(&self) -> Column {
        self.layout.price_column()
    }

    /// The command's number: 0 is none, because a client sequence says what comes after it.
    pub(super) fn client_sequence(&self) -> Result<u64, LineProblem> {
        unsigned(self.field(Column::Seq))
            .filter(|number| *number > 0)
            .ok_or_else(|| self.wrong(Column::Seq, "an integer from 1 to 18446744073709551615"))
    }

    pub(super) fn order(&self) -> Result<OrderId, LineProblem> {
        unsigned(self.field(Column::OrderId))
            .map(OrderId)
            .ok_or_else(|| self.wrong(Column::OrderId, "an integer from 0 to 18446744073709551615"))
    }

    /// The new id, where there is one.
    pub(super) fn new_order(&self) -> Result<Option<OrderId>, LineProblem> {
        if !self.says(Column::NewOrderId) {
            return Ok(None);
        }
        let wrong = || self.wrong(Column::NewOrderId, "nothing or an integer below 2^64");
        unsigned(self.field(Column::NewOrderId)).map(|id| Some(OrderId(id))).ok_or_else(wrong)
    }

    /// An integer of any size, or nothing.
    pub(super) fn integer(&self, column: Column) -> Result<Integer, LineProblem> {
        saturated(self.field(column)).ok_or_else(|| self.wrong(column, "an integer or nothing"))
    }

    /// Lots, 0 where nothing is said; a negative number becomes one that the book rejects.
    pub(super) fn lots(&self, column: Column) -> Result<Lots, LineProblem> {
        Ok(Lots(match self.integer(column)? {
            Integer::Missing => 0,
            Integer::Negative => u64::MAX,
            Integer::Number(number) => number,
        }))
    }

    /// A price of the instrument, or `missing` where nothing is said.
    ///
    /// In ticks, a negative one becomes 0 and a huge one the largest: the book rejects both. A
    /// decimal one is exact or wrong.
    pub(super) fn price(&self, column: Column, missing: u32) -> Result<Ticks, LineProblem> {
        if self.layout.prices == PriceForm::Decimal {
            if !self.says(column) {
                return Ok(Ticks(missing));
            }
            let field = self.field(column);
            return self.decimals.ticks(field).map_err(|fault| {
                self.problem(column, format!("{}: {fault}", what_is(field, column.name())))
            });
        }
        Ok(Ticks(match self.integer(column)? {
            Integer::Missing => missing,
            Integer::Negative => 0,
            Integer::Number(number) => u32::try_from(number).unwrap_or(u32::MAX),
        }))
    }

    /// The side, where there is one.
    pub(super) fn side(&self) -> Result<Option<Side>, LineProblem> {
        match self.field(Column::Side) {
            b"B" => Ok(Some(Side::Buy)),
            b"S" => Ok(Some(Side::Sell)),
            b"" => Ok(None),
            _ => Err(self.wrong(Column::Side, "B, S or nothing")),
        }
    }

    /// The instrument's name; the one without a name where nothing is said.
    pub(super) fn symbol(&self) -> Result<Symbol, LineProblem> {
        let field = self.field(Column::Symbol);
        if field.is_empty() {
            return Ok(unnamed());
        }
        symbol_of(field).ok_or_else(|| self.wrong(Column::Symbol, SYMBOL_RULE))
    }

    pub(super) fn account(&self) -> Result<Option<AccountId>, LineProblem> {
        let number: Option<u32> = self.small(Column::Account, "an account, 0 to 4294967295")?;
        Ok(number.map(AccountId))
    }

    pub(super) fn session(&self, column: Column) -> Result<Option<SessionId>, LineProblem> {
        let number: Option<u16> = self.small(column, "a session, 0 to 65535")?;
        Ok(number.map(SessionId))
    }

    /// The decimals that a definition says; as many as is usual where it says nothing.
    pub(super) fn defined_decimals(&self) -> Result<PriceDecimals, LineProblem> {
        const EXPECTED: &str = "digits behind the point, 0 to 9";
        let said: Option<u8> = self.small(Column::Decimals, EXPECTED)?;
        let decimals = said.map_or_else(PriceDecimals::default, PriceDecimals);
        if decimals.is_possible() {
            return Ok(decimals);
        }
        Err(self.wrong(Column::Decimals, &format!("{EXPECTED}, or nothing")))
    }

    fn small<N: TryFrom<u64>>(
        &self,
        column: Column,
        expected: &str,
    ) -> Result<Option<N>, LineProblem> {
        let field = self.field(column);
        if field.is_empty() {
            return Ok(None);
        }
        let number = unsigned(field).and_then(|number| N::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.wrong(column, &format!("{expected}, or nothing")))
    }

    /// One of some words, in either case; the first where nothing is said.
    pub(super) fn word<T: Copy>(
        &self,
        column: Column,
        words: &[(&str, T)],
    ) -> Result<T, LineProblem> {
        let field = self.field(column);
        let found = words.iter().find(|(word, _)| field.eq_ignore_ascii_case(word.as_bytes()));
        let first = words.first().filter(|_| field.is_empty());
        found.or(first).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(column, &format!("{} or nothing", known.join(", ")))
        })
    }

    /// Refuses a line of an order that ends too early.
    pub(super) fn check_length(&self) -> Result<(), LineProblem> {
        let (shortest, last) = self.layout.shortest();
        let count = self.split.parts.len();
        if count >= shortest {
            return Ok(());
        }
        let missing = self.layout.columns.get(count).copied().unwrap_or(last);
        Err(self.split.too_short(shortest, missing.name()))
    }

    /// Refuses a line with more columns than the header.
    pub(super) fn check_end(&self) -> Result<(), LineProblem> {
        self.split.check_end(self.layout.columns.len())
    }

    /// The field is not what was expected.
    #[cold]
    pub(super) fn wrong(&self, column: Column, expected: &str) -> LineProblem {
        self.problem(column, wrong_field(self.field(column), column.name(), expected))
    }

    /// Something is wrong at the column; where the header lacks it, at the command.
    #[cold]
    pub(super) fn problem(&self, column: Column, problem: String) -> LineProblem {
        match self.layout.place(column).or_else(|| self.layout.place(Column::Command)) {
            Some(place) if place < self.split.parts.len() => {
                LineProblem { column: column_at(self.split.start(place)), problem }
            }
            Some(_) | None => LineProblem { column: column_at(self.split.line.len()), problem },
        }
    }
}
