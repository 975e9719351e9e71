//! What is kept of a command while its events come: as little as they need.
//!
//! Fields are copied one by one. A command was written by the decoder a moment ago, field by field,
//! and copying it as a whole waits until all of that has left the store buffer.

use crate::client_fields::ClientFields;
use highwater::command::{Action, Definition, MassCancel, NewOrder, Note};
use highwater::types::{Lots, OrderId, Side, Ticks, TimeInForce};
use highwater_protocols::ouch;

/// A command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Request {
    /// One of which nothing more is told than its events say.
    Plain,
    /// A New.
    New(Asked),
    /// A Replace.
    Replace { new_order: OrderId, client: Option<ClientFields> },
    /// A Reduce.
    Reduce { by: Lots },
    /// A mass cancel.
    MassCancel(MassCancel),
    /// A note.
    Note(Note),
    /// A definition.
    Define(Definition),
}

/// What a New asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) side: Side,
    /// 0 where it has none.
    pub(super) limit: Ticks,
    pub(super) quantity: Lots,
    pub(super) time_in_force: ouch::TimeInForce,
    pub(super) is_post_only: bool,
    /// 0 unless it is good till a date.
    pub(super) expiry_ns: u64,
    /// That of a fill-or-kill order is all of it.
    pub(super) minimum: Lots,
    pub(super) display: Lots,
    pub(super) client: ClientFields,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Everybody, by the feed.
    Feed,
    /// Each session, too.
    Sessions,
}

impl Request {
    /// Keeps what is needed of a command, in place: most often that is nothing.
    #[inline]
    pub(super) fn keep(&mut self, action: &Action, audience: Audience) {
        match action {
            // The feed tells the firm.
            Action::New(new) if audience == Audience::Sessions || !new.client_bytes.is_empty() => {
                *self = Self::New(Asked::of(new));
            }
            Action::Replace(replace) => {
                let client = ClientFields::of_bytes(&replace.client_bytes);
                *self = Self::Replace { new_order: replace.new_order, client };
            }
            Action::Reduce { by, .. } => *self = Self::Reduce { by: *by },
            Action::MassCancel(which) => *self = Self::MassCancel(*which),
            Action::Note(note) => *self = Self::Note(*note),
            Action::DefineInstrument(definition) => *self = Self::Define(*definition),
            Action::New(_)
            | Action::Cancel { .. }
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => *self = Self::Plain,
        }
    }
}

impl Asked {
    #[inline]
    fn of(new: &NewOrder) -> Self {
        let conditions = &new.conditions;
        let (time_in_force, minimum, expiry_ns) = match new.time_in_force {
            TimeInForce::GoodTillCancel | TimeInForce::Day => {
                (ouch::TimeInForce::Day, conditions.minimum, 0)
            }
            TimeInForce::ImmediateOrCancel => {
                (ouch::TimeInForce::ImmediateOrCancel, conditions.minimum, 0)
            }
            TimeInForce::FillOrKill => (ouch::TimeInForce::ImmediateOrCancel, new.quantity, 0),
            TimeInForce::GoodTillDate => {
                (ouch::TimeInForce::GoodTillTime, conditions.minimum, conditions.expiry_ns)
            }
        };
        let client = if new.client_bytes.is_empty() {
            ClientFields::DEFAULT
        } else {
            ClientFields::of_bytes(&new.client_bytes).unwrap_or_default()
        };
        Self {
            side: new.side,
            limit: if new.order_type.has_limit() { new.price } else { Ticks(0) },
            quantity: new.quantity,
            time_in_force,
            is_post_only: conditions.post_only,
            expiry_ns,
            minimum,
            display: conditions.display,
            client,
        }
    }
}
