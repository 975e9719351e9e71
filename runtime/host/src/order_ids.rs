//! The names of orders: each session numbers its own, so that two of them never choose the same.

use highwater::command::{Action, NewOrder, ReplaceOrder};
use highwater::types::{OrderId, SessionId};

/// Bits of an order id that are the session's own number.
const NUMBER_BITS: u32 = 32;

/// What the order ids of a session's commands mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderIds {
    /// An id below 2^32 is the session's own number: the engine knows the order as
    /// `session << 32 | number`, and that is what events say. Any other id is taken as it is, so
    /// that orders of other sessions can be named.
    #[default]
    Composed,
    /// Every id is taken as it is; callers see to it that no two open orders of an instrument have
    /// the same.
    Raw,
}

impl OrderIds {
    /// The action as the engine is to see it.
    pub(super) fn resolve(self, session: SessionId, action: &Action) -> Action {
        match self {
            Self::Composed => composed(session, action),
            Self::Raw => *action,
        }
    }
}

/// The name of a session's order with this number.
pub(super) fn order_id(session: SessionId, number: u32) -> OrderId {
    OrderId(u64::from(session.0) << NUMBER_BITS | u64::from(number))
}

fn composed(session: SessionId, action: &Action) -> Action {
    let named = |order: OrderId| match u32::try_from(order.0) {
        Ok(number) => order_id(session, number),
        Err(_) => order,
    };
    match *action {
        Action::New(new) => Action::New(NewOrder { order: named(new.order), ..new }),
        Action::Cancel { instrument, order, account } => {
            Action::Cancel { instrument, order: named(order), account }
        }
        Action::Reduce { instrument, order, account, by } => {
            Action::Reduce { instrument, order: named(order), account, by }
        }
        Action::Replace(replace) => Action::Replace(ReplaceOrder {
            order: named(replace.order),
            new_order: named(replace.new_order),
            ..replace
        }),
        // What a note means is the caller's business, its order too.
        other @ (Action::Note(_)
        | Action::MassCancel(_)
        | Action::DefineInstrument(_)
        | Action::SetBand { .. }
        | Action::Control { .. }
        | Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Configure(_)) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater::types::{AccountId, InstrumentId};

    fn cancel(order: u64) -> Action {
        Action::Cancel { instrument: InstrumentId(0), order: OrderId(order), account: AccountId(0) }
    }

    #[test]
    fn own_numbers_are_composed_and_names_are_not() {
        let resolved = |ids: OrderIds, order| ids.resolve(SessionId(3), &cancel(order));
        let whole = 3 << 32;
        for (given, known) in
            [(0, whole), (7, whole | 7), (u64::from(u32::MAX), whole | 0xffff_ffff)]
        {
            assert_eq!(resolved(OrderIds::Composed, given), cancel(known), "{given}");
            assert_eq!(resolved(OrderIds::Raw, given), cancel(given));
        }
        for name in [1 << 32, whole | 7, u64::MAX] {
            assert_eq!(resolved(OrderIds::Composed, name), cancel(name), "it is a name already");
        }
        assert_eq!(OrderIds::Composed.resolve(SessionId::OPERATOR, &cancel(7)), cancel(7));
    }
}
