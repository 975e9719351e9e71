//! One command of a flow, as a line of a file or the stream says it.

use highwater::command::{
    Action, ClientBytes, Command, Conditions, NewOrder, ReplaceOrder, ReplaceSizing,
};
use highwater::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule, SessionId,
    Side, Symbol, Ticks, TimeInForce,
};
use std::fmt;

/// The name of the instrument of lines whose symbol is empty: one space, which no line can contain.
///
/// Screens and files show it as `-`; see [`shown`].
pub const UNNAMED: &[u8] = b" ";

/// The symbol made of [`UNNAMED`].
///
/// # Panics
///
/// Never: one space is a symbol.
pub fn unnamed() -> Symbol {
    Symbol::new(UNNAMED).expect("one space is a symbol")
}

/// What a flow's field for a symbol holds, where something is written.
pub const SYMBOL_RULE: &str = "at most 16 printable ASCII characters without space, comma or quote";

/// The symbol that a field of a flow says; `None` for a text that a flow cannot have as one.
pub fn symbol_of(field: &[u8]) -> Option<Symbol> {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',');
    Symbol::new(field).filter(|_| field.iter().all(is_plain))
}

/// A symbol as people read it: itself, or `-` for the instrument without a name.
pub fn shown(symbol: &Symbol) -> impl fmt::Display {
    if symbol.as_bytes() == UNNAMED { Symbol::new(b"-").unwrap_or(*symbol) } else { *symbol }
}

/// One command of a flow. Its numbers are unchecked, as those of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowLine {
    /// Number of the line in its file, from 1 (the header); of the stream, as `gen` would write it.
    pub line: u64,
    /// The flow's own number for the command (`seq`).
    pub client_sequence: ClientSequence,
    /// Time in nanoseconds, of any epoch: information. Negative ones read as 0, huge ones as the
    /// largest `u64`.
    pub timestamp_ns: u64,
    /// The instrument's name; [`unnamed`] where the file has none.
    pub symbol: Symbol,
    /// The order that the command is about.
    pub order: OrderId,
    /// Its name behind a `REPLACE`; may be the same. Means nothing for other commands.
    pub new_order: OrderId,
    /// What is to be done.
    pub kind: FlowKind,
    /// Limit price in ticks; 0 where the file has a negative one, `u32::MAX` for larger: both are
    /// rejected. Of a cancel or a reduction it is information, 0 where the file has none.
    pub price: Ticks,
    /// Lots; `u64::MAX` for larger. A negative number is one that is rejected: 0, or `u64::MAX` of
    /// a replacement, which 0 would make a cancel. Of a cancel it is what the exchange says was
    /// open: information, 0 where the file has none.
    pub quantity: Lots,
}

/// What a line of a flow asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// `NEW`: a limit order, good till canceled.
    New {
        /// The order's side.
        side: Side,
    },
    /// `IOC`: a limit order whose rest is dropped.
    Ioc {
        /// The order's side.
        side: Side,
    },
    /// `CANCEL`: take the order out of the book.
    Cancel {
        /// The resting order's side, where the file says it: information.
        side: Option<Side>,
    },
    /// `REDUCE`: take the quantity off the order, which keeps its place.
    Reduce {
        /// The resting order's side, where the file says it: information.
        side: Option<Side>,
    },
    /// `REPLACE`: cancel the order and enter a new one on its side, at the back of the queue.
    Replace {
        /// The resting order's side, where the file says it: information.
        side: Option<Side>,
    },
}

impl FlowKind {
    /// The word for it in a file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New { .. } => "NEW",
            Self::Ioc { .. } => "IOC",
            Self::Cancel { .. } => "CANCEL",
            Self::Reduce { .. } => "REDUCE",
            Self::Replace { .. } => "REPLACE",
        }
    }

    /// The order's side, where the line says it.
    pub const fn side(self) -> Option<Side> {
        match self {
            Self::New { side } | Self::Ioc { side } => Some(side),
            Self::Cancel { side } | Self::Reduce { side } | Self::Replace { side } => side,
        }
    }
}

impl FlowLine {
    /// The command that `session` sends for this line, once its symbol is known as `instrument`.
    #[inline]
    pub const fn command(&self, session: SessionId, instrument: InstrumentId) -> Command {
        Command { session, client_sequence: self.client_sequence, action: self.action(instrument) }
    }

    /// What the line asks for, for nobody's account in particular: account 0.
    #[inline]
    pub const fn action(&self, instrument: InstrumentId) -> Action {
        let account = AccountId(0);
        let order = self.order;
        match self.kind {
            FlowKind::New { side } => {
                Action::New(self.new_order(instrument, side, TimeInForce::GoodTillCancel))
            }
            FlowKind::Ioc { side } => {
                Action::New(self.new_order(instrument, side, TimeInForce::ImmediateOrCancel))
            }
            FlowKind::Cancel { .. } => Action::Cancel { instrument, order, account },
            FlowKind::Reduce { .. } => {
                Action::Reduce { instrument, order, account, by: self.quantity }
            }
            FlowKind::Replace { .. } => Action::Replace(ReplaceOrder {
                instrument,
                order,
                new_order: self.new_order,
                account,
                rule: ReplaceRule::CancelReplace,
                price: self.price,
                sizing: ReplaceSizing::Open,
                quantity: self.quantity,
                trigger: Ticks(0),
                client_bytes: ClientBytes::EMPTY,
            }),
        }
    }

    /// The limit order of a `NEW` or an `IOC`.
    #[inline]
    const fn new_order(
        &self,
        instrument: InstrumentId,
        side: Side,
        time_in_force: TimeInForce,
    ) -> NewOrder {
        NewOrder {
            instrument,
            order: self.order,
            account: AccountId(0),
            side,
            order_type: OrderType::Limit,
            time_in_force,
            price: self.price,
            quantity: self.quantity,
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: FlowKind) -> FlowLine {
        FlowLine {
            line: 2,
            client_sequence: ClientSequence(7),
            timestamp_ns: 5,
            symbol: unnamed(),
            order: OrderId(11),
            new_order: OrderId(12),
            kind,
            price: Ticks(100),
            quantity: Lots(30),
        }
    }

    #[test]
    fn new_and_ioc_differ_in_time_in_force_alone() {
        let new = line(FlowKind::New { side: Side::Sell }).action(InstrumentId(3));
        let ioc = line(FlowKind::Ioc { side: Side::Sell }).action(InstrumentId(3));
        let expected = NewOrder {
            instrument: InstrumentId(3),
            order: OrderId(11),
            account: AccountId(0),
            side: Side::Sell,
            order_type: OrderType::Limit,
            time_in_force: TimeInForce::GoodTillCancel,
            price: Ticks(100),
            quantity: Lots(30),
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        };
        assert_eq!(new, Action::New(expected));
        let dropped = NewOrder { time_in_force: TimeInForce::ImmediateOrCancel, ..expected };
        assert_eq!(ioc, Action::New(dropped));
    }

    #[test]
    fn replace_is_a_cancel_replace() {
        let kind = FlowKind::Replace { side: None };
        let Action::Replace(replace) = line(kind).action(InstrumentId(3)) else {
            panic!("a REPLACE is a Replace");
        };
        assert_eq!(replace.rule, ReplaceRule::CancelReplace);
        assert_eq!((replace.order, replace.new_order), (OrderId(11), OrderId(12)));
        assert_eq!((replace.price, replace.quantity), (Ticks(100), Lots(30)));
    }

    #[test]
    fn reduce_takes_the_quantity_and_cancel_ignores_it() {
        let (instrument, order, account) = (InstrumentId(3), OrderId(11), AccountId(0));
        let reduce = line(FlowKind::Reduce { side: None }).action(instrument);
        assert_eq!(reduce, Action::Reduce { instrument, order, account, by: Lots(30) });
        let cancel = line(FlowKind::Cancel { side: None }).command(SessionId(1), instrument);
        assert_eq!(cancel.action, Action::Cancel { instrument, order, account });
        assert_eq!((cancel.session, cancel.client_sequence), (SessionId(1), ClientSequence(7)));
    }

    #[test]
    fn the_unnamed_instrument_is_shown_as_a_dash() {
        assert_eq!(shown(&unnamed()).to_string(), "-");
        assert_eq!(shown(&Symbol::new(b"ARL").unwrap()).to_string(), "ARL");
    }
}
