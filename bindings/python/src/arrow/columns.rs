//! Rows as columns, each with one meaning: what a kind does not say is missing.

use crate::codes::{
    ACCEPTED, AUCTION_TRADE, CANCELED, Coded, CommandKind, EVENT_KINDS, REDUCED, REJECTED,
    REPLACED, REPLENISHED, RESTED, TRADE, TRIGGERED,
};
use crate::rows::{CommandRow, EventRow};
use highwater::event::{CancelReason, RejectReason};
use std::ffi::CStr;

/// Values of a column.
#[derive(Debug)]
pub(crate) enum Values {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    /// Places in a list of names.
    Named(Vec<u8>, Vec<&'static str>),
}

/// A column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static CStr,
    pub(crate) values: Values,
    /// A bit for each value that is there; `None` when all are.
    pub(crate) valid: Option<Vec<u8>>,
    pub(crate) null_count: i64,
}

/// Columns of one length.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Column>,
}

impl Column {
    const fn whole(name: &'static CStr, values: Values) -> Self {
        Self { name, values, valid: None, null_count: 0 }
    }

    /// The same, where a value is there for these rows only.
    fn where_of<R>(self, rows: &[R], is_there: impl Fn(&R) -> bool) -> Self {
        let mut valid = vec![0; rows.len().div_ceil(8)];
        let mut null_count = 0;
        for (index, row) in rows.iter().enumerate() {
            if is_there(row) {
                valid[index / 8] |= 1 << (index % 8);
            } else {
                null_count += 1;
            }
        }
        Self { valid: Some(valid), null_count, ..self }
    }
}

/// Columns of a field each.
macro_rules! fields {
    ($rows:ident: $($name:literal $type:ident $field:ident)*) => {
        [$(Column::whole(
            $name,
            Values::$type($rows.iter().map(|row| row.$field.into()).collect()),
        )),*]
    };
}

/// The place of a name whose number begins at 1.
fn place(code: u8) -> u8 {
    code.saturating_sub(1)
}

fn names<T: Coded>() -> Vec<&'static str> {
    T::ALL.iter().map(|(_, name, _)| *name).collect()
}

fn is_trade(row: &EventRow) -> bool {
    matches!(row.kind, TRADE | AUCTION_TRADE)
}

fn shows(row: &EventRow) -> bool {
    matches!(row.kind, RESTED | CANCELED | REDUCED | REPLACED | REPLENISHED)
}

fn has_order(row: &EventRow) -> bool {
    shows(row) || is_trade(row) || matches!(row.kind, ACCEPTED | REJECTED | TRIGGERED)
}

/// Events as columns.
pub(crate) fn event_batch(rows: &[EventRow]) -> Batch {
    let named = |place: fn(&EventRow) -> u8, names: Vec<&'static str>| {
        Values::Named(rows.iter().map(place).collect(), names)
    };
    let wide = |value: fn(&EventRow) -> u64| Values::U64(rows.iter().map(value).collect());
    let mut columns = Vec::from(fields!(rows: c"sequence" U64 sequence c"time_ns" U64 time_ns));
    columns.push(Column::whole(c"kind", named(|row| place(row.kind), EVENT_KINDS.to_vec())));
    columns.extend(fields!(rows: c"instrument" U32 instrument c"session" U16 session
        c"owner" U16 owner));
    let side = named(|row| place(row.side), vec!["buy", "sell"]);
    columns.push(Column::whole(c"side", side).where_of(rows, |row| row.side != 0));
    columns.push(Column::whole(c"order", wide(|row| row.order)).where_of(rows, has_order));
    columns.push(
        Column::whole(c"other_order", wide(|row| row.other_order))
            .where_of(rows, |row| is_trade(row) || row.kind == REPLACED),
    );
    columns.extend(fields!(rows: c"price" U32 price c"quantity" U64 quantity));
    columns.push(Column::whole(c"remaining", wide(|row| row.remaining)).where_of(rows, is_trade));
    columns
        .push(Column::whole(c"other_remaining", wide(|row| row.number)).where_of(rows, is_trade));
    columns.push(Column::whole(c"visible", wide(|row| row.remaining)).where_of(rows, shows));
    columns.push(
        Column::whole(c"client_sequence", wide(|row| row.number))
            .where_of(rows, |row| !is_trade(row) && row.number != 0),
    );
    columns.push(reason(rows));
    columns.extend(fields!(rows: c"detail" U16 detail));
    Batch { rows: rows.len(), columns }
}

/// Why, of rejects and of cancels: some reasons are of both, and each name stands once.
fn reason(rows: &[EventRow]) -> Column {
    let mut all = names::<RejectReason>();
    let canceled: Vec<u8> = names::<CancelReason>()
        .into_iter()
        .map(|name| {
            let known = all.iter().position(|known| *known == name);
            let place = known.unwrap_or(all.len());
            if known.is_none() {
                all.push(name);
            }
            u8::try_from(place).unwrap_or(u8::MAX)
        })
        .collect();
    let has_reason = |row: &EventRow| matches!(row.kind, REJECTED | CANCELED);
    let places = rows.iter().map(|row| {
        let code = place(u8::try_from(row.detail).unwrap_or_default());
        match row.kind {
            REJECTED => code,
            CANCELED => canceled.get(usize::from(code)).copied().unwrap_or_default(),
            _ => 0,
        }
    });
    Column::whole(c"reason", Values::Named(places.collect(), all)).where_of(rows, has_reason)
}

/// Commands as columns, under the names of the fields; text is left out.
pub(crate) fn command_batch(rows: &[CommandRow]) -> Batch {
    let mut columns = Vec::from(fields!(rows:
        c"time_ns" U64 time_ns c"client_sequence" U64 client_sequence c"order" U64 order
        c"new_order" U64 new_order c"quantity" U64 quantity c"display" U64 display
        c"minimum" U64 minimum c"expiry_ns" U64 expiry_ns c"instrument" U32 instrument
        c"account" U32 account c"price" U32 price c"trigger" U32 trigger
        c"session" U16 session c"of_session" U16 of_session c"kind" U8 kind c"side" U8 side
        c"order_type" U8 order_type c"time_in_force" U8 time_in_force
        c"self_trade" U8 self_trade c"post_only" U8 post_only c"rule" U8 rule
        c"sizing" U8 sizing c"choice" U8 choice c"decimals" U8 decimals));
    let kinds = rows.iter().map(|row| place(row.kind)).collect();
    let kinds = Values::Named(kinds, names::<CommandKind>());
    columns.push(Column::whole(c"kind_name", kinds));
    Batch { rows: rows.len(), columns }
}
