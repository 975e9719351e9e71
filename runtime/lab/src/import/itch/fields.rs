//! What the fields of messages mean to an import.

use super::shown::Shown;
use crate::import::lines::Lines;
use highwater::types::{Side, Ticks};
use highwater_protocols::CodecError;
use highwater_protocols::itch::{self, AddOrder, AddOrderAttributed, Header};

/// What a message says is against the protocol.
pub(super) fn damaged(message: &[u8], error: CodecError) -> String {
    let kind = message.first().copied().unwrap_or_default();
    format!(
        "its type is '{}', but {error}; the file is damaged here, or does not hold ITCH 5.0 behind \
         lengths of 2 bytes",
        kind.escape_ascii()
    )
}

/// When a message was made, in nanoseconds since midnight.
pub(super) const fn at(header: Header) -> u64 {
    header.timestamp.nanoseconds()
}

/// The side of an order as the engine has it.
pub(super) const fn side_of(side: itch::Side) -> Side {
    match side {
        itch::Side::Buy => Side::Buy,
        itch::Side::Sell => Side::Sell,
    }
}

/// The order without its participant.
pub(super) const fn without_attribution(add: &AddOrderAttributed) -> AddOrder {
    let AddOrderAttributed { header, order_reference, side, shares, stock, price, attribution: _ } =
        *add;
    AddOrder { header, order_reference, side, shares, stock, price }
}

/// Why a book cannot hold an order.
pub(super) fn what_lacks(shares: u32, price: Ticks) -> Option<&'static str> {
    if shares == 0 {
        Some("orders without shares")
    } else if price.0 == 0 {
        Some("orders at a price of 0")
    } else {
        None
    }
}

/// How much of an order a message is about; nothing for none of it.
pub(super) fn part_of(order: &Shown, shares: u32, lines: &mut Lines) -> Option<u64> {
    let shares = u64::from(shares);
    if shares == 0 {
        lines.skip("about no shares");
        return None;
    }
    if shares > order.quantity {
        lines.skip("as far as about more shares than are open");
    }
    Some(shares.min(order.quantity))
}
