//! What is said of orders.

use super::{IN_COMMAND, Incoming, Publisher};
use crate::answers::{Told, of_cancel};
use crate::client_fields::ClientFields;
use crate::day::DayClock;
use crate::fault::Unfit;
use crate::instruments::Instrument;
use crate::open_orders::{OpenOrder, Terms};
use highwater::command::{Action, NewOrder};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use highwater::types::{InstrumentId, Lots, OrderId, Price, Quantity, Side, Ticks, TimeInForce};
use highwater_protocols::ouch::{self, CancelReason as OuchCancel};

const NS_PER_SECOND: u64 = 1_000_000_000;

impl Publisher {
    pub(super) fn accepted(
        &mut self,
        event: &Event,
        (order, side): (OrderId, Side),
        (price, quantity): (Ticks, Lots),
    ) -> Result<(), Unfit> {
        let reference = self.next_reference();
        let now_ns = self.clock.map_or(0, DayClock::since_epoch_ns);
        let current = self.current.as_mut().expect(IN_COMMAND);
        let instrument = self.instruments.of(event.instrument);
        let mut terms = Terms::NONE;
        if let (Some(_), Action::New(new)) = (&self.answers, &current.action) {
            terms = terms_of(instrument, new, now_ns)?;
        } else if let Action::New(new) = &current.action {
            // The feed names the firm.
            terms.client = ClientFields::of_bytes(&new.client_bytes).unwrap_or_default();
        }
        let open =
            OpenOrder { reference, side, limit: price, remaining: quantity, shown: 0, terms };
        if let Some(answers) = &mut self.answers {
            let told = Told { instrument, order, quantity, open: &open };
            answers.accepted(event.session, told)?;
        }
        current.incoming = Some(Incoming { instrument: event.instrument, order, open });
        Ok(())
    }

    /// A New or a Replace that changed nothing has an answer; other commands have none.
    pub(super) fn rejected(
        &mut self,
        event: &Event,
        order: OrderId,
        reason: RejectReason,
    ) -> Result<(), Unfit> {
        let current = self.current.as_ref().expect(IN_COMMAND);
        let (id, bytes) = match &current.action {
            Action::New(_) if reason == RejectReason::PostOnlyWouldCross => {
                return self.accepted_and_canceled(event, order);
            }
            Action::New(new) => (order, new.client_bytes),
            // The order is not open: silence, and the number is not used up.
            Action::Replace(_) if reason == RejectReason::UnknownOrder => return Ok(()),
            Action::Replace(replace) => (replace.new_order, replace.client_bytes),
            Action::Cancel { .. }
            | Action::Reduce { .. }
            | Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => return Ok(()),
        };
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let client = ClientFields::of_bytes(&bytes).unwrap_or_default();
        answers.rejected(event.session, (id, &client), reason)
    }

    /// A post-only order that would trade, as OUCH tells it: accepted, and canceled at once.
    fn accepted_and_canceled(&mut self, event: &Event, order: OrderId) -> Result<(), Unfit> {
        let current = self.current.as_ref().expect(IN_COMMAND);
        let Action::New(new) = current.action else { return Ok(()) };
        // The price of an order without a limit means nothing.
        let price = if new.order_type.has_limit() { new.price } else { Ticks(0) };
        self.accepted(event, (order, new.side), (price, new.quantity))?;
        let current = self.current.as_mut().expect(IN_COMMAND);
        current.incoming = None;
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let canceled = (self.instruments.of(event.instrument), order, new.quantity);
        answers.canceled(event.session, canceled, OuchCancel::PostOnlyDisplayed)
    }

    pub(super) fn rested(
        &mut self,
        id: InstrumentId,
        order: OrderId,
        (price, remaining, visible): (Price, Quantity, Quantity),
    ) -> Result<(), Unfit> {
        let current = self.current.as_mut().expect(IN_COMMAND);
        let incoming = current.incoming.take().expect("what rests came in");
        let (limit, remaining) = (price.into(), remaining.into());
        let open = OpenOrder { limit, remaining, shown: visible.lots(), ..incoming.open };
        self.feed.add(self.instruments.of(id), &open)?;
        self.orders.insert((id, order), open);
        Ok(())
    }

    pub(super) fn canceled(
        &mut self,
        event: &Event,
        order: OrderId,
        (quantity, visible): (Quantity, Lots),
        reason: CancelReason,
    ) -> Result<(), Unfit> {
        let open = self.take_out(event.instrument, order);
        let instrument = self.instruments.of(event.instrument);
        if visible.0 > 0 {
            self.feed.deleted(instrument, open.reference);
        }
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let reason = of_cancel(reason, event.session, open.terms.time_in_force);
        let canceled = (instrument, order, quantity.into());
        answers.canceled(event.owner, canceled, reason)
    }

    pub(super) fn reduced(
        &mut self,
        event: &Event,
        order: OrderId,
        (remaining, visible): (Quantity, Lots),
    ) -> Result<(), Unfit> {
        let current = self.current.as_ref().expect(IN_COMMAND);
        let instrument = self.instruments.of(event.instrument);
        let open = self.orders.of_mut((event.instrument, order));
        open.remaining = remaining.into();
        let less = open.shown - visible.0;
        if less > 0 {
            self.feed.reduced(instrument, (open.reference, less))?;
            open.shown = visible.0;
        }
        let (Some(answers), Action::Reduce { by, .. }) = (&mut self.answers, &current.action)
        else {
            return Ok(());
        };
        answers.canceled(event.owner, (instrument, order, *by), OuchCancel::User)
    }

    pub(super) fn replaced(&mut self, event: &Event) -> Result<(), Unfit> {
        let EventKind::Replaced {
            order, new_order, price, quantity, visible, kept_priority, ..
        } = event.kind
        else {
            return Ok(());
        };
        let id = event.instrument;
        let mut open = self.orders.remove((id, order));
        let reference = if kept_priority { open.reference } else { self.next_reference() };
        let current = self.current.as_mut().expect(IN_COMMAND);
        let instrument = self.instruments.of(id);
        let less = open.shown - visible.0;
        match (kept_priority, open.shown) {
            (_, 0) => {}
            (true, _) if less == 0 => {}
            (true, _) => self.feed.reduced(instrument, (open.reference, less))?,
            (false, _) => self.feed.deleted(instrument, open.reference),
        }
        let gone = open.remaining;
        (open.reference, open.limit, open.shown) = (reference, price, visible.0);
        if let Action::Replace(replace) = &current.action
            && let Some(client) = ClientFields::of_bytes(&replace.client_bytes)
        {
            open.terms.client = client;
        }
        let quantity = Lots::from(quantity);
        open.remaining = quantity;
        open.terms.minimum = u64::from(open.terms.minimum).min(quantity.0).try_into().unwrap_or(0);
        if let Some(answers) = &mut self.answers {
            let told = Told { instrument, order: new_order, quantity, open: &open };
            if event.owner == event.session {
                answers.replaced(event.session, order, told)?;
            } else {
                // Each knows only its own orders: one loses this order, the other gets it.
                answers.canceled(event.owner, (instrument, order, gone), OuchCancel::User)?;
                answers.accepted(event.session, told)?;
            }
        }
        if kept_priority {
            self.orders.insert((id, new_order), open);
        } else {
            current.incoming = Some(Incoming { instrument: id, order: new_order, open });
        }
        Ok(())
    }

    /// A stop comes in.
    pub(super) fn triggered(&mut self, event: &Event, order: OrderId) -> Result<(), Unfit> {
        let mut open = self.take_out(event.instrument, order);
        self.settle_incoming();
        open.reference = self.next_reference();
        let current = self.current.as_mut().expect(IN_COMMAND);
        if let Some(answers) = &mut self.answers {
            let instrument = self.instruments.of(event.instrument);
            answers.triggered(event.owner, (instrument, order, &open))?;
        }
        current.incoming = Some(Incoming { instrument: event.instrument, order, open });
        Ok(())
    }

    pub(super) fn replenished(
        &mut self,
        event: &Event,
        order: OrderId,
        visible: Quantity,
    ) -> Result<(), Unfit> {
        let reference = self.next_reference();
        let instrument = self.instruments.of(event.instrument);
        let open = self.orders.of_mut((event.instrument, order));
        (open.reference, open.shown) = (reference, visible.lots());
        self.feed.add(instrument, open)?;
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let shown = (reference, visible.into());
        answers.replenished(event.owner, (instrument, order), shown)
    }

    /// An order that came in and neither rests nor is gone waits: it is a stop.
    pub(super) fn settle_incoming(&mut self) {
        let current = self.current.as_mut().expect(IN_COMMAND);
        if let Some(Incoming { instrument, order, open }) = current.incoming.take() {
            self.orders.insert((instrument, order), open);
        }
    }

    /// The order that comes in, or one that is open.
    fn take_out(&mut self, id: InstrumentId, order: OrderId) -> OpenOrder {
        let current = self.current.as_mut().expect(IN_COMMAND);
        match current.incoming {
            Some(incoming) if (incoming.instrument, incoming.order) == (id, order) => {
                current.incoming = None;
                incoming.open
            }
            Some(_) | None => self.orders.remove((id, order)),
        }
    }

    const fn next_reference(&mut self) -> u64 {
        self.references += 1;
        self.references
    }
}

/// What is told of an order again and again.
fn terms_of(instrument: &Instrument, new: &NewOrder, now_ns: u64) -> Result<Terms, Unfit> {
    let conditions = &new.conditions;
    let is_expiring = new.time_in_force == TimeInForce::GoodTillDate;
    let minimum = match new.time_in_force {
        // An immediate order whose minimum is all of it.
        TimeInForce::FillOrKill => new.quantity,
        TimeInForce::GoodTillCancel
        | TimeInForce::ImmediateOrCancel
        | TimeInForce::Day
        | TimeInForce::GoodTillDate => conditions.minimum,
    };
    let seconds = conditions.expiry_ns.saturating_sub(now_ns).div_ceil(NS_PER_SECOND);
    Ok(Terms {
        time_in_force: match new.time_in_force {
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill => {
                ouch::TimeInForce::ImmediateOrCancel
            }
            TimeInForce::GoodTillDate => ouch::TimeInForce::GoodTillTime,
            TimeInForce::Day | TimeInForce::GoodTillCancel => ouch::TimeInForce::Day,
        },
        is_post_only: conditions.post_only,
        expire_seconds: if is_expiring { u32::try_from(seconds).unwrap_or(u32::MAX) } else { 0 },
        minimum: instrument.quantity_of(minimum)?,
        display: instrument.quantity_of(conditions.display)?,
        client: ClientFields::of_bytes(&new.client_bytes).unwrap_or_default(),
    })
}
