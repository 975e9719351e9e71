//! The columns that a header may name, in any order, and where a line has them.

use super::parse::{BYTE_ORDER_MARK, COLUMNS_MAX};
use super::parse::{plain_columns, without_carriage_return};
use super::problem::{LineProblem, column_at, quoted};
use super::write::HEADER;
use highwater_engine::decimals::PriceForm;

/// Declares the columns with their names in files.
macro_rules! columns {
    ($($column:ident $name:literal,)*) => {
        /// A column of a flow.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column { $($column,)* }

        impl Column {
            /// Every column, the nine of the plain header first.
            pub(super) const ALL: &[Self] = &[$(Self::$column,)*];

            /// Its name in a header.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$column => $name,)* }
            }
        }
    };
}

columns! {
    Seq "seq",
    TimestampNs "timestamp_ns",
    Command "command",
    OrderId "order_id",
    Side "side",
    PriceTicks "price_ticks",
    Qty "qty",
    NewOrderId "new_order_id",
    Symbol "symbol",
    Price "price",
    Type "type",
    Tif "tif",
    Trigger "trigger",
    Sizing "sizing",
    Display "display",
    MinQty "min_qty",
    Prevention "prevention",
    PostOnly "post_only",
    ExpiryNs "expiry_ns",
    Account "account",
    Session "session",
    OfSession "of_session",
    BandLow "band_low",
    BandHigh "band_high",
    Tick "tick",
    Lot "lot",
    MaxQty "max_qty",
    MaxNotional "max_notional",
    Decimals "decimals",
}

/// How many columns there are.
pub(super) const COLUMN_COUNT: usize = Column::ALL.len();

/// The columns of a flow, as its header names them.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// How many of the plain columns there are, when the header is the plain one: a line is then
    /// read the quick way.
    pub(super) plain: Option<usize>,
    /// The columns in the order of the header.
    pub(super) columns: Vec<Column>,
    /// The place of every column that there is.
    places: [Option<usize>; COLUMN_COUNT],
    pub(super) prices: PriceForm,
}

/// Without these no line of an order can be said.
const REQUIRED: [Column; 5] =
    [Column::Seq, Column::Command, Column::OrderId, Column::Side, Column::Qty];

impl Layout {
    /// Reads the header line.
    pub(super) fn of_header(line: &[u8]) -> Result<Self, LineProblem> {
        let without_mark = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let mark_bytes = line.len() - without_mark.len();
        let found = without_carriage_return(without_mark);
        let plain = plain_columns(found);
        let mut layout = Self {
            plain,
            columns: Vec::new(),
            places: [None; COLUMN_COUNT],
            prices: PriceForm::Ticks,
        };
        let mut start = mark_bytes;
        for name in found.split(|byte| *byte == b',') {
            layout.add(name, start, found)?;
            start += name.len() + 1;
        }
        layout.check(found)?;
        if layout.has(Column::Price) {
            layout.prices = PriceForm::Decimal;
        }
        Ok(layout)
    }

    fn add(&mut self, name: &[u8], start: usize, header: &[u8]) -> Result<(), LineProblem> {
        let Some(column) = column_of(name) else {
            // Of what is no header at all the whole is shown.
            let problem = if self.columns.is_empty() {
                format!("the header line is {}, expected {}", quoted(header), HEADER.trim_end())
            } else {
                let known: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
                format!(
                    "no column is called {}; expected some of {}",
                    quoted(name),
                    known.join(", ")
                )
            };
            let column = if self.columns.is_empty() { 1 } else { column_at(start) };
            return Err(LineProblem { column, problem });
        };
        if self.has(column) {
            let problem = format!("the column {} is there twice; leave one out", column.name());
            return Err(LineProblem { column: column_at(start), problem });
        }
        let is_price = |column| matches!(column, Column::Price | Column::PriceTicks);
        if is_price(column) && self.columns.iter().copied().any(is_price) {
            let problem =
                "price and price_ticks are both there; keep price for decimal prices, or \
                           price_ticks for ticks"
                    .to_owned();
            return Err(LineProblem { column: column_at(start), problem });
        }
        self.places[column.index()] = Some(self.columns.len());
        self.columns.push(column);
        Ok(())
    }

    /// Refuses a header that lacks what every flow has.
    fn check(&self, header: &[u8]) -> Result<(), LineProblem> {
        let lacking = REQUIRED.iter().copied().find(|column| !self.has(*column));
        let has_price = self.has(Column::Price) || self.has(Column::PriceTicks);
        let lacking = lacking.map(Column::name);
        let Some(name) = lacking.or_else(|| (!has_price).then_some("price_ticks (or price)"))
        else {
            return Ok(());
        };
        let problem = format!(
            "the header line {} lacks the column {name}; expected columns such as {}",
            quoted(header),
            HEADER.trim_end()
        );
        Err(LineProblem { column: 1, problem })
    }

    /// Whether the header names the column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.place(column).is_some()
    }

    /// Which field of a line holds the column, from 0.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        self.places[column.index()]
    }

    /// The column of an order's price.
    pub(super) const fn price_column(&self) -> Column {
        match self.prices {
            PriceForm::Ticks => Column::PriceTicks,
            PriceForm::Decimal => Column::Price,
        }
    }

    /// Fields that the line of an order has at least, and the last column of them.
    pub(super) fn shortest(&self) -> (usize, Column) {
        if self.plain.is_some() {
            return (COLUMNS_MAX - 2, Column::Qty);
        }
        let needed = REQUIRED.into_iter().chain([self.price_column()]);
        let last = needed.max_by_key(|column| self.place(*column)).unwrap_or(Column::Qty);
        (self.place(last).map_or(0, |place| place + 1), last)
    }
}

impl Column {
    const fn index(self) -> usize {
        self as usize
    }
}

fn column_of(name: &[u8]) -> Option<Column> {
    Column::ALL.iter().copied().find(|column| column.name().as_bytes() == name)
}

/// Whether `line`, cut anywhere, may be the beginning of a header line.
pub(super) fn may_become_header(line: &[u8]) -> bool {
    if BYTE_ORDER_MARK.starts_with(line) {
        return true;
    }
    let names = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let (whole, last) = match names.iter().rposition(|byte| *byte == b',') {
        Some(at) => (&names[..at], &names[at + 1..]),
        None => (&names[..0], names),
    };
    let are_known =
        whole.is_empty() || whole.split(|byte| *byte == b',').all(|name| column_of(name).is_some());
    are_known && Column::ALL.iter().any(|column| column.name().as_bytes().starts_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(header: &str) -> String {
        let LineProblem { column, problem } = Layout::of_header(header.as_bytes()).unwrap_err();
        format!("{column}: {problem}")
    }

    #[test]
    fn columns_are_found_in_any_order() {
        let header = b"\xef\xbb\xbfqty,price_ticks,side,order_id,command,seq,post_only\r";
        let layout = Layout::of_header(header).unwrap();
        assert_eq!((layout.place(Column::Qty), layout.place(Column::Seq)), (Some(0), Some(5)));
        assert_eq!((layout.place(Column::PostOnly), layout.place(Column::Symbol)), (Some(6), None));
        assert_eq!((layout.plain, layout.prices), (None, PriceForm::Ticks));
        assert_eq!(layout.shortest(), (6, Column::Seq));
        let layout = Layout::of_header(b"seq,command,order_id,side,price,qty").unwrap();
        assert_eq!((layout.plain, layout.prices), (None, PriceForm::Decimal));
    }

    #[test]
    fn a_header_that_cannot_be_is_refused_in_place() {
        let twice = refused("seq,command,order_id,side,price_ticks,qty,side");
        assert_eq!(twice, "43: the column side is there twice; leave one out");
        let unknown = refused("seq,command,order_id,side,price_ticks,qty,expiry");
        assert!(unknown.starts_with("43: no column is called \"expiry\"; expected some of seq, "));
        let both = refused("seq,price,price_ticks,command,order_id,side,qty");
        assert!(both.starts_with("11: price and price_ticks are both there; keep "), "{both}");
        let spaced = refused("seq, command,order_id,side,price_ticks,qty");
        assert!(spaced.starts_with("5: no column is called \" command\""), "{spaced}");
        for lacking in ["seq", "command", "order_id", "side", "price_ticks", "qty"] {
            let names = ["seq", "command", "order_id", "side", "price_ticks", "qty", "symbol"];
            let others: Vec<&str> = names.into_iter().filter(|name| *name != lacking).collect();
            let said = refused(&others.join(","));
            assert!(said.contains(&format!("lacks the column {lacking}")), "{said}");
        }
    }

    #[test]
    fn a_header_may_be_cut_anywhere() {
        for header in [HEADER.trim_end(), "\u{feff}symbol,qty,price,seq,command,order_id,side"] {
            for cut in 0..=header.len() {
                assert!(may_become_header(&header.as_bytes()[..cut]), "{cut} of {header}");
            }
        }
        for wrong in ["sea", "seq,,", "x", "seq,comand,"] {
            assert!(!may_become_header(wrong.as_bytes()), "{wrong}");
        }
    }
}
