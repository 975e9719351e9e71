//! Writes any command of a flow: the inverse of the reader by named columns.

use super::columns::Column;
use super::line::{UNNAMED, symbol_of};
use super::named::{order_type_word, self_trade_word, sizing_word, time_in_force_word};
use super::words::text_of_control;
use highwater::command::{Action, ClientBytes, Conditions, MassCancel, NewOrder, ReplaceOrder};
use highwater::types::{
    AccountId, Band, InstrumentTerms, Lots, OrderId, ReplaceRule, SelfTrade, SessionId, Side,
    Symbol, Ticks, TimeInForce,
};
use highwater_engine::fills::FLOW_SESSION;
use std::fmt::Display;

/// A line of a flow by its columns; which of them the file has, its header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenLine(Vec<(Column, String)>);

/// Columns that every header has.
const ALWAYS: [Column; 6] =
    [Column::Seq, Column::Command, Column::OrderId, Column::Side, Column::PriceTicks, Column::Qty];

/// A flow with these lines, under a header that leaves unused columns out.
pub fn flow_text(lines: &[WrittenLine]) -> String {
    let is_used = |column: &Column| {
        ALWAYS.contains(column)
            || lines.iter().any(|line| line.0.iter().any(|(used, _)| used == column))
    };
    let columns: Vec<Column> = Column::ALL.iter().copied().filter(is_used).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let mut text = names.join(",") + "\n";
    for line in lines {
        let fields = columns.iter().map(|column| line.field(*column));
        text.push_str(&fields.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

/// Why a command with client bytes has no line.
const CLIENT_BYTES: &str = "a flow has no client bytes";

impl WrittenLine {
    /// The line that says `action` of the instrument called `symbol`.
    ///
    /// What means nothing is left out: a price of a type without one, a trigger of an order that
    /// does not wait.
    ///
    /// # Errors
    /// A flow cannot say it: why, in a sentence without its end.
    pub fn of(
        seq: u64,
        session: SessionId,
        symbol: Option<&Symbol>,
        action: &Action,
    ) -> Result<Self, &'static str> {
        let mut line = Self(Vec::new());
        line.add(Column::Seq, seq);
        let usual = line.say(action)?;
        if session != usual {
            line.add(Column::Session, session);
        }
        if let Some(symbol) = symbol
            && symbol.as_bytes() != UNNAMED
        {
            if symbol_of(symbol.as_bytes()).is_none() {
                return Err("a flow cannot have this symbol");
            }
            line.add(Column::Symbol, symbol);
        }
        Ok(line)
    }

    fn field(&self, column: Column) -> &str {
        self.0.iter().find(|(known, _)| *known == column).map_or("", |(_, text)| text)
    }

    fn add(&mut self, column: Column, value: impl Display) {
        self.0.push((column, value.to_string()));
    }

    /// The same unless the value says nothing.
    fn add_unless<T: PartialEq + Display>(&mut self, column: Column, value: T, nothing: &T) {
        if value != *nothing {
            self.add(column, value);
        }
    }

    /// Says the action; returns the session that sends such a line where none is named.
    fn say(&mut self, action: &Action) -> Result<SessionId, &'static str> {
        match action {
            Action::New(new) => self.new_order(new)?,
            Action::Cancel { order, account, .. } => self.change("CANCEL", *order, *account),
            Action::Reduce { order, account, by, .. } => {
                self.change("REDUCE", *order, *account);
                self.add(Column::Qty, by);
            }
            Action::Replace(replace) => {
                if replace.client_bytes != ClientBytes::EMPTY {
                    return Err(CLIENT_BYTES);
                }
                self.replace(replace);
            }
            Action::MassCancel(choice) => {
                self.mass_cancel(choice);
                if choice.account.is_none() {
                    return Ok(SessionId::OPERATOR);
                }
            }
            Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Note(_)
            | Action::Configure(_) => {
                self.operators(action)?;
                return Ok(SessionId::OPERATOR);
            }
        }
        Ok(FLOW_SESSION)
    }

    fn new_order(&mut self, new: &NewOrder) -> Result<(), &'static str> {
        let Conditions { trigger, self_trade, post_only, expiry_ns, display, minimum } =
            new.conditions;
        if new.client_bytes != ClientBytes::EMPTY {
            return Err(CLIENT_BYTES);
        }
        self.add(Column::Command, "NEW");
        self.add(Column::OrderId, new.order);
        self.side(new.side);
        self.add(Column::Qty, new.quantity);
        self.add_unless(Column::Type, order_type_word(new.order_type), &"LIMIT");
        self.add_unless(Column::Tif, time_in_force_word(new.time_in_force), &"GTC");
        if new.order_type.has_limit() {
            self.add(Column::PriceTicks, new.price);
        }
        if new.order_type.is_stop() {
            self.add(Column::Trigger, trigger);
        }
        if new.time_in_force == TimeInForce::GoodTillDate {
            self.add(Column::ExpiryNs, expiry_ns);
        } else if expiry_ns != 0 {
            return Err("a flow refuses an expiry whose time in force is not GTD");
        }
        if self_trade != SelfTrade::Allow {
            self.add(Column::Prevention, self_trade_word(self_trade));
        }
        if post_only {
            self.add(Column::PostOnly, 1);
        }
        self.add_unless(Column::Display, display, &Lots(0));
        self.add_unless(Column::MinQty, minimum, &Lots(0));
        self.add_unless(Column::Account, new.account, &AccountId(0));
        Ok(())
    }

    fn side(&mut self, side: Side) {
        self.add(
            Column::Side,
            match side {
                Side::Buy => "B",
                Side::Sell => "S",
            },
        );
    }

    fn change(&mut self, command: &str, order: OrderId, account: AccountId) {
        self.add(Column::Command, command);
        self.add(Column::OrderId, order);
        self.add_unless(Column::Account, account, &AccountId(0));
    }

    fn replace(&mut self, replace: &ReplaceOrder) {
        let command = match replace.rule {
            ReplaceRule::Modify => "MODIFY",
            ReplaceRule::CancelReplace => "REPLACE",
        };
        self.change(command, replace.order, replace.account);
        self.add(Column::PriceTicks, replace.price);
        self.add_unless(Column::Sizing, sizing_word(replace.sizing), &"OPEN");
        self.add(Column::Qty, replace.quantity);
        self.add_unless(Column::NewOrderId, replace.new_order, &replace.order);
        self.add_unless(Column::Trigger, replace.trigger, &Ticks(0));
    }

    fn mass_cancel(&mut self, choice: &MassCancel) {
        self.add(Column::Command, "MASS_CANCEL");
        if let Some(side) = choice.side {
            self.side(side);
        }
        if let Some(account) = choice.account {
            self.add(Column::Account, account);
        }
        if let Some(session) = choice.session {
            self.add(Column::OfSession, session);
        }
    }

    fn operators(&mut self, action: &Action) -> Result<(), &'static str> {
        match action {
            Action::DefineInstrument(definition) => {
                if !definition.terms.decimals.is_possible() {
                    return Err("a flow defines instruments with 0 to 9 decimals");
                }
                self.add(Column::Command, "DEFINE");
                self.terms(&definition.terms);
            }
            Action::SetBand { band, .. } => {
                self.add(Column::Command, "BAND");
                self.band(*band);
            }
            Action::Control { control, .. } => {
                self.add(Column::Command, text_of_control(*control));
            }
            Action::Clock { now_ns } => {
                self.add(Column::Command, "CLOCK");
                self.add(Column::TimestampNs, now_ns);
            }
            Action::EndOfDay => self.add(Column::Command, "END_OF_DAY"),
            Action::LimitSession { session, open_orders_max } => {
                self.add(Column::Command, "LIMIT_SESSION");
                self.add(Column::OfSession, session);
                self.add_unless(Column::Qty, *open_orders_max, &u32::MAX);
            }
            Action::Configure(_) => {
                return Err("capacities are settings of a run, not of a flow");
            }
            Action::New(_)
            | Action::Cancel { .. }
            | Action::Reduce { .. }
            | Action::Replace(_)
            | Action::MassCancel(_)
            | Action::Note(_)
            | Action::BindFlow(_) => return Err("no line of a flow says it"),
        }
        Ok(())
    }

    fn band(&mut self, band: Band) {
        self.add_unless(Column::BandLow, band.low, &Band::ALL.low);
        self.add_unless(Column::BandHigh, band.high, &Band::ALL.high);
    }

    fn terms(&mut self, terms: &InstrumentTerms) {
        let open = InstrumentTerms::OPEN;
        self.add_unless(Column::Tick, terms.tick, &open.tick);
        self.add_unless(Column::Lot, terms.lot, &open.lot);
        self.band(terms.band);
        self.add_unless(Column::MaxQty, terms.quantity_max, &open.quantity_max);
        self.add_unless(Column::MaxNotional, terms.notional_max, &open.notional_max);
        self.add_unless(Column::Decimals, terms.decimals.0, &open.decimals.0);
    }
}
