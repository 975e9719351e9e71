//! Entering an order.

use super::{Decision, Desk, Market, Refused, default_fields, numbered, refusal};
use crate::entry::terms::{Terms, price_of, quantity_of};
use crate::port::{Port, Sizes};
use highwater::command::{Action, Conditions, NewOrder};
use highwater::types::{Lots, OrderType, Side, Ticks, TimeInForce};
use highwater_protocols::ouch::{self, CrossType, Display, EnterOrder};
use highwater_protocols::{Alpha, WidePrice4};
use highwater_publisher::{ClientFields, Instrument};

const NS_PER_SECOND: u64 = 1_000_000_000;

/// A minute less than a day and more: OUCH's orders live for less than one.
const SECONDS_MAX: u32 = 86_400;

impl<M: Market> Desk<'_, M> {
    /// An order comes in, or is refused in the log. A number that was used is not taken again.
    pub(super) fn enter(&self, enter: &EnterOrder) -> Decision {
        if enter.user_ref_num <= self.port.last_number() {
            return Decision::Nothing;
        }
        let order = self.port.order(enter.user_ref_num);
        match self.new_order(enter) {
            Ok(new) => {
                let sizes = Sizes::One(order, new.instrument, new.quantity);
                numbered(enter.user_ref_num, Action::New(new), sizes)
            }
            Err(reason) => self.refuse(enter.user_ref_num, reason, enter.cl_ord_id),
        }
    }

    /// An order is refused without a look at the rest of its message.
    pub(crate) fn refuse(&self, number: u32, reason: Refused, cl_ord_id: Alpha<14>) -> Decision {
        if number <= self.port.last_number() {
            return Decision::Nothing;
        }
        let note = refusal(reason, cl_ord_id).about(self.port.order(number));
        numbered(number, Action::Note(note), Sizes::None)
    }

    /// The same of a replacement, whose number is not used up.
    pub(crate) fn refuse_replacement(
        &self,
        number: u32,
        reason: Refused,
        cl_ord_id: Alpha<14>,
    ) -> Decision {
        if number <= self.port.last_number() {
            return Decision::Nothing;
        }
        let note = refusal(reason, cl_ord_id).about(self.port.order(number));
        self.unnumbered(Action::Note(note), Sizes::None)
    }

    fn new_order(&self, enter: &EnterOrder) -> Result<NewOrder, Refused> {
        let terms = Terms::of(&enter.appendage)?;
        self.check_firm(terms.firm)?;
        let (instrument, known) = self.market.find(enter.symbol).ok_or(Refused::InvalidSymbol)?;
        let side = side_of(enter.side)?;
        check_display(enter.display)?;
        check_cross(enter.cross_type, &known)?;
        let quantity = quantity_of(enter.quantity, &known)?;
        let (time_in_force, expiry_ns) = self.time_in_force(enter.time_in_force, &terms)?;
        let (time_in_force, minimum) = minimum_of(time_in_force, terms.minimum, enter.quantity)?;
        let (order_type, price) = match enter.price {
            WidePrice4::MARKET => (OrderType::Market, Ticks(0)),
            price => (OrderType::Limit, price_of(price, &known)?),
        };
        Ok(NewOrder {
            instrument,
            order: self.port.order(enter.user_ref_num),
            account: self.port.trader.account,
            side,
            order_type,
            time_in_force,
            price,
            quantity,
            conditions: Conditions {
                trigger: Ticks(0),
                self_trade: terms.self_trade.unwrap_or(self.port.trader.self_trade),
                post_only: terms.is_post_only,
                expiry_ns,
                display: terms.display_of(enter.quantity, &known)?,
                minimum,
            },
            client_bytes: ClientFields {
                cl_ord_id: enter.cl_ord_id,
                firm: terms.firm,
                side: enter.side,
                capacity: enter.capacity,
                display: enter.display,
                is_sweep: enter.is_sweep,
                cross_type: enter.cross_type,
                customer_type: terms.customer_type,
                group_id: terms.group_id,
            }
            .to_bytes(),
        })
    }

    fn check_firm(&self, firm: Alpha<4>) -> Result<(), Refused> {
        let Port { is_stopped, disabled, .. } = self.port;
        if *is_stopped || !self.may_name(firm) || disabled.contains(&self.firm_of(firm)) {
            return Err(Refused::FirmNotAuthorized);
        }
        Ok(())
    }

    fn time_in_force(
        &self,
        time_in_force: ouch::TimeInForce,
        terms: &Terms,
    ) -> Result<(TimeInForce, u64), Refused> {
        match time_in_force {
            ouch::TimeInForce::Day => Ok((TimeInForce::Day, 0)),
            ouch::TimeInForce::ImmediateOrCancel => Ok((TimeInForce::ImmediateOrCancel, 0)),
            ouch::TimeInForce::GoodTillTime => match terms.expire_seconds {
                Some(seconds @ 1..SECONDS_MAX) => {
                    let lives_ns = u64::from(seconds) * NS_PER_SECOND;
                    Ok((TimeInForce::GoodTillDate, self.timestamp_ns.saturating_add(lives_ns)))
                }
                Some(_) | None => Err(Refused::Other),
            },
            ouch::TimeInForce::ExtendedHours | ouch::TimeInForce::AfterHours => Err(Refused::Other),
        }
    }

    /// The price of a replacement whose details are right.
    pub(super) fn replaced(
        &self,
        replace: &ouch::ReplaceOrder,
        known: &Instrument,
    ) -> Result<Ticks, Refused> {
        let terms = Terms::of(&replace.appendage)?;
        self.check_firm(Alpha::BLANK)?;
        check_display(replace.display)?;
        quantity_of(replace.quantity, known)?;
        if terms.has_new_conditions() {
            // The conditions of an open order stay as they are.
            return Err(Refused::ReplaceNotAllowed);
        }
        match replace.price {
            WidePrice4::MARKET => Err(Refused::InvalidPrice),
            price => price_of(price, known),
        }
    }

    /// What a replacement says beyond what the book needs.
    pub(super) fn fields_of_replace(replace: &ouch::ReplaceOrder) -> ClientFields {
        ClientFields {
            cl_ord_id: replace.cl_ord_id,
            display: replace.display,
            is_sweep: replace.is_sweep,
            ..default_fields(ouch::Side::Buy)
        }
    }
}

fn side_of(side: ouch::Side) -> Result<Side, Refused> {
    match side {
        ouch::Side::Buy => Ok(Side::Buy),
        ouch::Side::Sell => Ok(Side::Sell),
        // Nobody here knows whose shares are located.
        ouch::Side::SellShort | ouch::Side::SellShortExempt => Err(Refused::InvalidSide),
    }
}

fn check_display(display: Display) -> Result<(), Refused> {
    match display {
        Display::Attributable | Display::Visible => Ok(()),
        Display::Hidden
        | Display::PostOnly
        | Display::ImbalanceOnly
        | Display::MidpointPeg
        | Display::MidpointPegPostOnly
        | Display::PostOnlyAttributable
        | Display::RetailType1
        | Display::RetailType2
        | Display::RetailPriceImprovement
        | Display::Conformant
        | Display::MidpointPegTradeNow
        | Display::HiddenMidpoint => Err(Refused::InvalidDisplay),
    }
}

/// An order for an auction comes while one collects orders.
fn check_cross(cross: CrossType, known: &Instrument) -> Result<(), Refused> {
    match cross {
        CrossType::Continuous => Ok(()),
        CrossType::Opening | CrossType::Closing | CrossType::Halt if known.is_in_auction() => {
            Ok(())
        }
        CrossType::Opening
        | CrossType::Closing
        | CrossType::Halt
        | CrossType::Supplemental
        | CrossType::Retail
        | CrossType::ExtendedLife
        | CrossType::AfterHoursClose => Err(Refused::InvalidCrossOrder),
    }
}

/// OUCH has no fill-or-kill: it is an immediate order whose minimum is all of it.
fn minimum_of(
    time_in_force: TimeInForce,
    minimum: u32,
    quantity: u32,
) -> Result<(TimeInForce, Lots), Refused> {
    match time_in_force {
        _ if minimum > quantity => Err(Refused::InvalidMinQuantity),
        TimeInForce::ImmediateOrCancel if minimum == quantity => {
            Ok((TimeInForce::FillOrKill, Lots(0)))
        }
        TimeInForce::GoodTillCancel
        | TimeInForce::ImmediateOrCancel
        | TimeInForce::FillOrKill
        | TimeInForce::Day
        | TimeInForce::GoodTillDate => Ok((time_in_force, Lots(minimum.into()))),
    }
}
