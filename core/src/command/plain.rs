//! Plain commands: most of what is sent, in six words, so that a ring carries one in a cache line.

use super::{Action, ClientBytes, Command, Conditions, NewOrder, ReplaceOrder, ReplaceSizing};
use crate::types::{
    AccountId, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule, SessionId,
    Side, Ticks, TimeInForce, low_half, low_quarter,
};

/// A limit or market order without conditions, a Cancel, a Reduce, or a Replace to an open
/// quantity that leaves the trigger as it is; none with client bytes.
///
/// It is words and not fields, because words stay in registers. What was put together in memory
/// from small pieces is copied only when these have left the processor, and that takes as long as
/// the stores into other threads' cache lines before them.
#[derive(Clone, Copy, Debug)]
pub struct PlainCommand {
    client_sequence: u64,
    order: u64,
    /// In lots; of a Reduce, how many it takes off.
    quantity: u64,
    /// Of a Replace.
    new_order: u64,
    /// The instrument from bit 0, the price in ticks from bit 32.
    place: u64,
    /// The account from bit 0, the session from bit 32, the kind from bit 48, the time in force
    /// from bit 56.
    sender: u64,
}

/// What a plain command asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainKind {
    New,
    Cancel,
    Reduce,
    Replace,
}

// Kinds as bits: the highest two say which, the lowest two what a New or a Replace has besides.
const NEW: u64 = 0;
const CANCEL: u64 = 4;
const REDUCE: u64 = 8;
const REPLACE: u64 = 12;
const IS_SELL: u64 = 1;
const IS_MARKET: u64 = 2;
const IS_MODIFY: u64 = 1;

const KIND_SHIFT: u32 = 48;
const TIME_IN_FORCE_SHIFT: u32 = 56;

impl PlainCommand {
    /// The command in its plain form, if it has one.
    #[inline]
    pub(crate) fn of(command: &Command) -> Option<Self> {
        let Command { session, client_sequence, action } = command;
        let plain = match action {
            Action::New(new) => Self::of_new(new)?,
            Action::Cancel { instrument, order, account } => {
                Self::about(*order, *instrument, *account, CANCEL)
            }
            Action::Reduce { instrument, order, account, by } => {
                Self { quantity: by.0, ..Self::about(*order, *instrument, *account, REDUCE) }
            }
            Action::Replace(replace) => Self::of_replace(replace)?,
            Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => return None,
        };
        let sender = plain.sender | u64::from(session.0) << 32;
        Some(Self { client_sequence: client_sequence.0, sender, ..plain })
    }

    #[inline]
    fn about(order: OrderId, instrument: InstrumentId, account: AccountId, kind: u64) -> Self {
        let (place, sender) = (u64::from(instrument.0), u64::from(account.0) | kind << KIND_SHIFT);
        Self { client_sequence: 0, order: order.0, quantity: 0, new_order: 0, place, sender }
    }

    #[inline]
    fn of_new(new: &NewOrder) -> Option<Self> {
        let is_market = match new.order_type {
            OrderType::Limit => 0,
            OrderType::Market => IS_MARKET,
            OrderType::Stop | OrderType::StopLimit => return None,
        };
        if !new.is_short() {
            return None;
        }
        let is_sell = match new.side {
            Side::Buy => 0,
            Side::Sell => IS_SELL,
        };
        let plain = Self::about(new.order, new.instrument, new.account, NEW | is_sell | is_market);
        Some(Self {
            quantity: new.quantity.0,
            place: plain.place | u64::from(new.price.0) << 32,
            sender: plain.sender | u64::from(new.time_in_force.code()) << TIME_IN_FORCE_SHIFT,
            ..plain
        })
    }

    #[inline]
    fn of_replace(replace: &ReplaceOrder) -> Option<Self> {
        let is_sized = replace.sizing == ReplaceSizing::Open;
        if !is_sized || replace.trigger != Ticks(0) || !replace.client_bytes.is_empty() {
            return None;
        }
        let is_modify = match replace.rule {
            ReplaceRule::Modify => IS_MODIFY,
            ReplaceRule::CancelReplace => 0,
        };
        let kind = REPLACE | is_modify;
        let plain = Self::about(replace.order, replace.instrument, replace.account, kind);
        Some(Self {
            quantity: replace.quantity.0,
            new_order: replace.new_order.0,
            place: plain.place | u64::from(replace.price.0) << 32,
            ..plain
        })
    }

    /// Its words, as a ring carries them.
    #[inline]
    pub(crate) const fn words(&self) -> [u64; 6] {
        let Self { client_sequence, order, quantity, new_order, place, sender } = *self;
        [client_sequence, order, quantity, new_order, place, sender]
    }

    /// The command with these words.
    #[inline]
    pub(crate) const fn of_words(words: [u64; 6]) -> Self {
        let [client_sequence, order, quantity, new_order, place, sender] = words;
        Self { client_sequence, order, quantity, new_order, place, sender }
    }

    /// The command that this is the plain form of.
    #[inline]
    pub(crate) fn command(&self) -> Command {
        let (session, client_sequence) = (self.session(), self.client_sequence());
        Command { session, client_sequence, action: self.action() }
    }

    /// What the command asks for.
    #[inline]
    pub(crate) fn action(&self) -> Action {
        let (instrument, order, account) = (self.instrument(), self.order(), self.account());
        match self.kind() {
            PlainKind::New => Action::New(self.new_order()),
            PlainKind::Cancel => Action::Cancel { instrument, order, account },
            PlainKind::Reduce => Action::Reduce { instrument, order, account, by: self.quantity() },
            PlainKind::Replace => Action::Replace(self.replace_order()),
        }
    }

    /// The new order, where it is one.
    #[inline]
    pub(crate) fn new_order(&self) -> NewOrder {
        let is = |bit| self.sender >> KIND_SHIFT & bit != 0;
        let [.., time_in_force] = self.sender.to_le_bytes();
        NewOrder {
            instrument: self.instrument(),
            order: self.order(),
            account: self.account(),
            side: self.side(),
            order_type: if is(IS_MARKET) { OrderType::Market } else { OrderType::Limit },
            time_in_force: TimeInForce::of_code(time_in_force).unwrap_or_default(),
            price: self.price(),
            quantity: self.quantity(),
            conditions: Conditions::NONE,
            client_bytes: ClientBytes::EMPTY,
        }
    }

    /// The change of an order, where it is one.
    #[inline]
    pub(crate) fn replace_order(&self) -> ReplaceOrder {
        let is_modify = self.sender >> KIND_SHIFT & IS_MODIFY != 0;
        ReplaceOrder {
            instrument: self.instrument(),
            order: self.order(),
            new_order: OrderId(self.new_order),
            account: self.account(),
            rule: if is_modify { ReplaceRule::Modify } else { ReplaceRule::CancelReplace },
            price: self.price(),
            sizing: ReplaceSizing::Open,
            quantity: self.quantity(),
            trigger: Ticks(0),
            client_bytes: ClientBytes::EMPTY,
        }
    }

    /// What it asks for.
    #[inline]
    pub(crate) const fn kind(&self) -> PlainKind {
        match self.sender >> KIND_SHIFT & REPLACE {
            NEW => PlainKind::New,
            CANCEL => PlainKind::Cancel,
            REDUCE => PlainKind::Reduce,
            _ => PlainKind::Replace,
        }
    }

    /// The session's number for it.
    #[inline]
    pub(crate) const fn client_sequence(&self) -> ClientSequence {
        ClientSequence(self.client_sequence)
    }

    /// The order that it names.
    #[inline]
    pub(crate) const fn order(&self) -> OrderId {
        OrderId(self.order)
    }

    /// How much it is about; 0 for a Cancel.
    #[inline]
    pub(crate) const fn quantity(&self) -> Lots {
        Lots(self.quantity)
    }

    /// Where the order trades.
    #[inline]
    pub(crate) const fn instrument(&self) -> InstrumentId {
        InstrumentId(low_half(self.place))
    }

    /// The side of a New; of others it says nothing.
    #[inline]
    pub(crate) const fn side(&self) -> Side {
        if self.sender >> KIND_SHIFT & IS_SELL == 0 { Side::Buy } else { Side::Sell }
    }

    /// The price of a New or a Replace; 0 where it has none.
    #[inline]
    pub(crate) const fn price(&self) -> Ticks {
        Ticks(low_half(self.place >> 32))
    }

    /// Whom the order belongs to.
    #[inline]
    pub(crate) const fn account(&self) -> AccountId {
        AccountId(low_half(self.sender))
    }

    /// Who sent it.
    #[inline]
    pub(crate) const fn session(&self) -> SessionId {
        SessionId(low_quarter(self.sender >> 32))
    }
}
