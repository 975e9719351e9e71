//! Order entry: what an OUCH message asks for, as a command of its session.
//!
//! A message becomes a command, or a note in the log that it was refused, or nothing: OUCH is
//! silent about orders that are not live and about numbers that were used. Nothing here waits and
//! nothing is remembered; [`Port`](super::port::Port) does that.

mod enter;
mod terms;

use super::port::{Port, Sizes};
use highwater::command::{Action, MassCancel, ReplaceOrder, ReplaceSizing};
use highwater::types::{ClientSequence, InstrumentId, Lots, OrderId, ReplaceRule, Side, Ticks};
use highwater_protocols::ouch::{self, Element, Inbound, RejectReason, tags};
use highwater_protocols::{Alpha, Open};
use highwater_publisher::notes::GatewayNote;
use highwater_publisher::{ClientFields, Instrument};

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is a command.
    Submit(Submission),
    /// Silence.
    Nothing,
    /// It is not done, the log does not know of it, and the client is told why for people to read.
    Unsound(&'static str),
}

/// A command of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Submission {
    /// Its number.
    pub(crate) client_sequence: ClientSequence,
    /// The command.
    pub(crate) action: Action,
    /// What its session asks for in all, once it is done: of which order.
    pub(crate) sizes: Sizes,
}

/// Why an order is refused.
type Refused = RejectReason;

/// What orders are entered into.
pub(crate) trait Market {
    /// The instrument with this symbol.
    fn find(&self, symbol: Alpha<8>) -> Option<(InstrumentId, Instrument)>;

    /// The instrument with this number.
    fn instrument(&self, id: InstrumentId) -> Option<Instrument>;

    /// An order that may be open: where, and what its client asks for in all, commands on their way
    /// included.
    fn asked_for(&self, order: OrderId) -> Option<(InstrumentId, Lots)>;
}

/// What a port's message is decided by.
#[derive(Debug)]
pub(crate) struct Desk<'a, M> {
    /// Whose message.
    pub(crate) port: &'a Port,
    /// What there is.
    pub(crate) market: &'a M,
    /// The time of its command, in nanoseconds since the Unix epoch.
    pub(crate) timestamp_ns: u64,
}

impl<M: Market> Desk<'_, M> {
    /// What becomes of a message.
    pub(crate) fn decide(&self, message: &Inbound) -> Decision {
        match message {
            Inbound::EnterOrder(enter) => self.enter(enter),
            Inbound::ReplaceOrder(replace) => self.replace(replace),
            Inbound::CancelOrder(cancel) => {
                self.resize(cancel.user_ref_num, cancel.quantity, cancel.appendage.as_ref())
            }
            Inbound::ModifyOrder(modify) if modify.quantity == 0 => Decision::Nothing,
            Inbound::ModifyOrder(modify) => {
                self.resize(modify.user_ref_num, modify.quantity, modify.appendage.as_ref())
            }
            Inbound::MassCancel(request) => self.mass_cancel(request),
            Inbound::DisableOrderEntry(request) => {
                let note = GatewayNote::EntryDisabled { firm: self.firm_of(request.firm) };
                self.switch(request.user_ref_num, request.firm, note, &request.appendage)
            }
            Inbound::EnableOrderEntry(request) => {
                let note = GatewayNote::EntryEnabled { firm: self.firm_of(request.firm) };
                self.switch(request.user_ref_num, request.firm, note, &request.appendage)
            }
            Inbound::AccountQuery(query) => {
                if query.appendage.as_ref().is_some_and(names_channel) {
                    return UNKNOWN_CHANNEL;
                }
                let next = OrderId(u64::from(self.port.last_number()) + 1);
                self.unnumbered(Action::Note(GatewayNote::Queried.about(next)), Sizes::None)
            }
        }
    }

    /// An order gets another total, or is canceled.
    fn resize<const TAGS: u32>(
        &self,
        number: u32,
        intended: u32,
        appendage: Option<&ouch::Appendage<TAGS>>,
    ) -> Decision {
        if appendage.is_some_and(names_channel) {
            return UNKNOWN_CHANNEL;
        }
        let order = self.port.order(number);
        let Some((instrument, total)) = self.market.asked_for(order) else {
            return Decision::Nothing;
        };
        let account = self.port.trader.account;
        let intended = Lots(intended.into());
        if intended.0 == 0 {
            let sizes = Sizes::One(order, instrument, Lots(0));
            return self.unnumbered(Action::Cancel { instrument, order, account }, sizes);
        }
        let by = Lots(total.0.saturating_sub(intended.0));
        let lot = self.market.instrument(instrument).map_or(1, |it| u64::from(it.lot.max(1)));
        match by.0 {
            0 => Decision::Nothing,
            by if !by.is_multiple_of(lot) => {
                Decision::Unsound("the quantity is no multiple of the instrument's lot")
            }
            _ => {
                let sizes = Sizes::One(order, instrument, intended);
                self.unnumbered(Action::Reduce { instrument, order, account, by }, sizes)
            }
        }
    }

    fn replace(&self, replace: &ouch::ReplaceOrder) -> Decision {
        let order = self.port.order(replace.orig_user_ref_num);
        let Some((instrument, total)) = self.market.asked_for(order) else {
            return Decision::Nothing;
        };
        if replace.user_ref_num <= self.port.last_number() {
            return Decision::Nothing;
        }
        let new_order = self.port.order(replace.user_ref_num);
        let Some(known) = self.market.instrument(instrument) else { return Decision::Nothing };
        match self.replaced(replace, &known) {
            Err(reason) => {
                let note = refusal(reason, replace.cl_ord_id).about(new_order);
                self.unnumbered(Action::Note(note), Sizes::None)
            }
            Ok(price) => {
                let quantity = Lots(replace.quantity.into());
                let (sizing, by) = if quantity >= total {
                    (ReplaceSizing::More, quantity.0 - total.0)
                } else {
                    (ReplaceSizing::Less, total.0 - quantity.0)
                };
                let action = Action::Replace(ReplaceOrder {
                    instrument,
                    order,
                    new_order,
                    account: self.port.trader.account,
                    rule: ReplaceRule::CancelReplace,
                    price,
                    sizing,
                    quantity: Lots(by),
                    trigger: Ticks(0),
                    client_bytes: Self::fields_of_replace(replace).to_bytes(),
                });
                let sizes = Sizes::Renamed { order, new_order, instrument, total: quantity };
                self.unnumbered(action, sizes)
            }
        }
    }

    fn mass_cancel(&self, request: &ouch::MassCancel) -> Decision {
        if request.user_ref_num <= self.port.last_number() {
            return Decision::Nothing;
        }
        let (mut side, mut refused) = (None, None);
        for element in request.appendage.elements() {
            if let Element::Side(named) = element {
                side = Some(if named == ouch::Side::Buy { Side::Buy } else { Side::Sell });
            } else if element != Element::UserRefIdx(0) {
                refused = Some(Refused::Other);
            }
        }
        let symbol = request.symbol;
        let instrument = match (symbol == Alpha::BLANK, self.market.find(symbol)) {
            (true, _) => None,
            (false, Some((instrument, _))) => Some(instrument),
            (false, None) => {
                refused = refused.or(Some(Refused::InvalidSymbol));
                None
            }
        };
        if !self.may_name(request.firm) {
            refused = refused.or(Some(Refused::FirmNotAuthorized));
        }
        if let Some(reason) = refused {
            return self.refuse(request.user_ref_num, reason, Alpha::BLANK);
        }
        let session = Some(self.port.trader.session);
        let action = Action::MassCancel(MassCancel { instrument, account: None, side, session });
        numbered(request.user_ref_num, action, Sizes::None)
    }

    /// Entry is switched off or on.
    fn switch(
        &self,
        number: u32,
        firm: Alpha<4>,
        note: GatewayNote,
        appendage: &ouch::Appendage<{ tags::CHANNEL }>,
    ) -> Decision {
        if number <= self.port.last_number() {
            return Decision::Nothing;
        }
        if names_channel(appendage) {
            return self.refuse(number, Refused::Other, Alpha::BLANK);
        }
        if !self.may_name(firm) {
            return self.refuse(number, Refused::FirmNotAuthorized, Alpha::BLANK);
        }
        numbered(number, Action::Note(note.about(OrderId(number.into()))), Sizes::None)
    }

    /// A command that the client gives no number.
    fn unnumbered(&self, action: Action, sizes: Sizes) -> Decision {
        match self.port.next_unnumbered() {
            Some(client_sequence) => {
                Decision::Submit(Submission { client_sequence, action, sizes })
            }
            None => Decision::Unsound("there were too many messages since the last numbered one"),
        }
    }

    /// Whether a client may name this firm.
    fn may_name(&self, firm: Alpha<4>) -> bool {
        firm == Alpha::BLANK || firm == self.port.trader.firm
    }

    /// The firm that is meant.
    fn firm_of(&self, named: Alpha<4>) -> Alpha<4> {
        if named == Alpha::BLANK { self.port.trader.firm } else { named }
    }
}

/// A command with a number of the client's.
fn numbered(number: u32, action: Action, sizes: Sizes) -> Decision {
    let client_sequence = Port::sequence_of(number);
    Decision::Submit(Submission { client_sequence, action, sizes })
}

const UNKNOWN_CHANNEL: Decision =
    Decision::Unsound("the port has channel 0 alone; leave tag 28 out");

/// Whether a message is about a channel that there is not.
fn names_channel<const TAGS: u32>(appendage: &ouch::Appendage<TAGS>) -> bool {
    let is_other =
        |element: Element| matches!(element, Element::UserRefIdx(channel) if channel > 0);
    appendage.elements().any(is_other)
}

/// The note of a refusal.
fn refusal(reason: Refused, cl_ord_id: Alpha<14>) -> GatewayNote {
    GatewayNote::Refused { reason: Open::from(reason), cl_ord_id }
}

/// The default of what is echoed, of a sale or a purchase.
const fn default_fields(side: ouch::Side) -> ClientFields {
    ClientFields { side, ..ClientFields::DEFAULT }
}
