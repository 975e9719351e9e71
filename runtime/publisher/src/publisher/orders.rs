//! What is said of orders.

use super::request::{Asked, Request};
use super::{Incoming, Publisher};
use crate::answers::{Told, of_cancel};
use crate::day::DayClock;
use crate::fault::Fit;
use crate::instruments::Instrument;
use crate::open_orders::{KeptTerms, OpenOrder, Terms};
use highwater::event::{CancelReason, Event, EventKind, RejectReason};
use highwater::types::{InstrumentId, Lots, OrderId, Price, Quantity, Side, Ticks};
use highwater_protocols::ouch::CancelReason as OuchCancel;

const NS_PER_SECOND: u64 = 1_000_000_000;

impl Publisher {
    pub(super) fn accepted(
        &mut self,
        event: &Event,
        (order, side): (OrderId, Side),
        (price, quantity): (Ticks, Lots),
    ) -> Fit {
        let reference = self.next_reference();
        let now_ns = self.clock.map_or(0, DayClock::since_epoch_ns);
        let current = &mut self.current;
        let instrument = self.instruments.of(event.instrument);
        let terms = match (&self.answers, &current.request) {
            (Some(_), Request::New(asked)) => terms_of(instrument, asked, now_ns)?,
            // The feed names the firm, and nothing else of it.
            (None, Request::New(asked)) => Terms { client: asked.client, ..Terms::NONE },
            _ => Terms::NONE,
        };
        let terms = KeptTerms::new(terms);
        let open = OpenOrder {
            reference,
            side,
            limit: price,
            remaining: quantity,
            total: quantity,
            shown: 0,
            terms,
        };
        if let Some(answers) = &mut self.answers {
            let told = Told { instrument, order, quantity, open: &open };
            answers.accepted(event.session, told)?;
        }
        current.incoming = Some(Incoming { instrument: event.instrument, order, open });
        Ok(())
    }

    /// A New or a Replace that changed nothing has an answer; other commands have none.
    pub(super) fn rejected(&mut self, event: &Event, order: OrderId, reason: RejectReason) -> Fit {
        let current = &self.current;
        let (id, client) = match current.request {
            Request::New(asked) if reason == RejectReason::PostOnlyWouldCross => {
                return self.accepted_and_canceled(event, order, &asked);
            }
            Request::New(asked) => (order, asked.client),
            // The order is not open: silence, and the number is not used up.
            Request::Replace { .. } if reason == RejectReason::UnknownOrder => return Ok(()),
            Request::Replace { new_order, client } => (new_order, client.unwrap_or_default()),
            // A New: its number is given where answers tell it, and so everywhere.
            Request::Plain if reason == RejectReason::PostOnlyWouldCross => {
                self.next_reference();
                return Ok(());
            }
            Request::Plain
            | Request::Reduce { .. }
            | Request::MassCancel(_)
            | Request::Note(_)
            | Request::Define(_) => return Ok(()),
        };
        let Some(answers) = &mut self.answers else { return Ok(()) };
        answers.rejected(event.session, (id, &client), reason)
    }

    /// A post-only order that would trade, as OUCH tells it: accepted, and canceled at once.
    fn accepted_and_canceled(&mut self, event: &Event, order: OrderId, asked: &Asked) -> Fit {
        self.accepted(event, (order, asked.side), (asked.limit, asked.quantity))?;
        let current = &mut self.current;
        current.incoming = None;
        let Some(answers) = &mut self.answers else { return Ok(()) };
        let canceled = (self.instruments.of(event.instrument), order, asked.quantity);
        answers.canceled(event.session, canceled, OuchCancel::PostOnlyDisplayed)
    }

    pub(super) fn rested(
        &mut self,
        id: InstrumentId,
        order: OrderId,
        (price, remaining, visible): (Price, Quantity, Quantity),
    ) -> Fit {
        let current = &mut self.current;
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
    ) -> Fit {
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
    ) -> Fit {
        let current = &self.current;
        let instrument = self.instruments.of(event.instrument);
        let open = self.orders.of_mut((event.instrument, order));
        let remaining = Lots::from(remaining);
        open.total.0 -= open.remaining.0 - remaining.0;
        open.remaining = remaining;
        let less = open.shown - visible.0;
        if less > 0 {
            self.feed.reduced(instrument, (open.reference, less))?;
            open.shown = visible.0;
        }
        let (Some(answers), Request::Reduce { by }) = (&mut self.answers, &current.request) else {
            return Ok(());
        };
        answers.canceled(event.owner, (instrument, order, *by), OuchCancel::User)
    }

    pub(super) fn replaced(&mut self, event: &Event) -> Fit {
        let EventKind::Replaced {
            order, new_order, price, quantity, visible, kept_priority, ..
        } = event.kind
        else {
            return Ok(());
        };
        let id = event.instrument;
        let mut open = self.orders.remove((id, order));
        let reference = if kept_priority { open.reference } else { self.next_reference() };
        let current = &mut self.current;
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
        if let Request::Replace { client, .. } = current.request
            && (open.terms.minimum > 0 || client.is_some())
        {
            let minimum = u64::from(open.terms.minimum).min(quantity.lots());
            let before = open.terms.client;
            let client = client.map_or(before, |client| before.replaced_by(client));
            open.terms = KeptTerms::new(Terms {
                client,
                minimum: minimum.try_into().unwrap_or(u32::MAX),
                ..*open.terms
            });
        }
        let quantity = Lots::from(quantity);
        open.remaining = quantity;
        open.total.0 = open.total.0 - gone.0 + quantity.0;
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
    pub(super) fn triggered(&mut self, event: &Event, order: OrderId) -> Fit {
        let mut open = self.take_out(event.instrument, order);
        self.settle_incoming();
        open.reference = self.next_reference();
        let current = &mut self.current;
        if let Some(answers) = &mut self.answers {
            let instrument = self.instruments.of(event.instrument);
            answers.triggered(event.owner, (instrument, order, &open))?;
        }
        current.incoming = Some(Incoming { instrument: event.instrument, order, open });
        Ok(())
    }

    pub(super) fn replenished(&mut self, event: &Event, order: OrderId, visible: Quantity) -> Fit {
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
        let current = &mut self.current;
        if let Some(Incoming { instrument, order, open }) = current.incoming.take() {
            self.orders.insert((instrument, order), open);
        }
    }

    /// The order that comes in, or one that is open.
    fn take_out(&mut self, id: InstrumentId, order: OrderId) -> OpenOrder {
        let current = &mut self.current;
        let is_it = |incoming: &mut Incoming| (incoming.instrument, incoming.order) == (id, order);
        match current.incoming.take_if(is_it) {
            Some(incoming) => incoming.open,
            None => self.orders.remove((id, order)),
        }
    }

    const fn next_reference(&mut self) -> u64 {
        self.references += 1;
        self.references
    }
}

/// What is told of an order again and again.
fn terms_of(instrument: &Instrument, asked: &Asked, now_ns: u64) -> Fit<Terms> {
    let Asked { time_in_force, is_post_only, expiry_ns, client, .. } = *asked;
    let seconds = expiry_ns.saturating_sub(now_ns).div_ceil(NS_PER_SECOND);
    Ok(Terms {
        time_in_force,
        is_post_only,
        expire_seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
        minimum: instrument.quantity_of(asked.minimum)?,
        display: instrument.quantity_of(asked.display)?,
        client,
    })
}
