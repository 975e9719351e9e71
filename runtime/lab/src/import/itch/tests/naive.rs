//! A book that takes the messages of a feed word by word.

use crate::import::itch::fields::without_attribution;
use highwater_protocols::itch::{AddOrder, AnyMessage, Side};

/// An order of the naive book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) reference: u64,
    pub(super) stock: String,
    pub(super) side: Side,
    pub(super) shares: u32,
    pub(super) price: u32,
}

/// Every open order, in the order of arrival: what the messages say, word by word.
#[derive(Clone, Debug, Default)]
pub(super) struct Naive(pub(super) Vec<Order>);

/// One side of an instrument as orders trade: reference, price, shares.
pub(super) type Queue = Vec<(u64, u32, u64)>;

impl Naive {
    /// Takes a message.
    pub(super) fn apply(&mut self, message: &AnyMessage) {
        if let AnyMessage::AddOrder(it) = message {
            self.add(it);
        } else if let AnyMessage::AddOrderAttributed(it) = message {
            self.add(&without_attribution(it));
        } else if let AnyMessage::OrderExecuted(it) = message {
            self.take(it.order_reference, it.executed_shares);
        } else if let AnyMessage::OrderExecutedWithPrice(it) = message {
            self.take(it.order_reference, it.executed_shares);
        } else if let AnyMessage::OrderCancel(it) = message {
            self.take(it.order_reference, it.canceled_shares);
        } else if let AnyMessage::OrderDelete(it) = message {
            self.take(it.order_reference, u32::MAX);
        } else if let AnyMessage::OrderReplace(it) = message {
            let Some(old) = self.order(it.original_order_reference).cloned() else { return };
            self.take(old.reference, u32::MAX);
            let (reference, shares) = (it.new_order_reference, it.shares);
            self.0.push(Order { reference, shares, price: it.price.0, ..old });
        }
    }

    fn add(&mut self, it: &AddOrder) {
        let (reference, stock) = (it.order_reference, it.stock.to_string());
        let (side, shares, price) = (it.side, it.shares, it.price.0);
        self.0.push(Order { reference, stock, side, shares, price });
    }

    /// The open order with this reference.
    pub(super) fn order(&self, reference: u64) -> Option<&Order> {
        self.0.iter().find(|order| order.reference == reference)
    }

    fn take(&mut self, reference: u64, shares: u32) {
        let place = self.0.iter().position(|order| order.reference == reference);
        let Some(place) = place else { return };
        self.0[place].shares = self.0[place].shares.saturating_sub(shares);
        if self.0[place].shares == 0 {
            self.0.remove(place);
        }
    }

    /// The orders of one side of an instrument.
    pub(super) fn queue(&self, stock: &str, side: Side) -> Queue {
        let orders = self.0.iter().filter(|order| order.stock == stock && order.side == side);
        let mut queue: Queue =
            orders.map(|order| (order.reference, order.price, order.shares.into())).collect();
        // Stable: orders at a price stay as they came.
        queue.sort_by_key(|(_, price, _)| match side {
            Side::Buy => u32::MAX - price,
            Side::Sell => *price,
        });
        queue
    }
}
