//! Tests of looking ahead: whatever is looked at, the book stays as it is.

use super::super::ahead::AHEAD;
use super::{example, limit, memory};
use crate::command::{Action, Command, NewOrder, ReplaceOrder};
use crate::types::{
    AccountId, ClientSequence, InstrumentId, OrderId, ReplaceRule, SessionId, Side, Ticks,
};

/// Commands about this order and price, true or not.
fn commands(instrument: InstrumentId, order: OrderId, price: Ticks) -> [Command; 4] {
    let account = AccountId(0);
    let new = |side| Action::New(NewOrder { instrument, price, ..limit(order.0, side, 5) });
    let replace = Action::Replace(ReplaceOrder {
        instrument,
        order,
        new_order: order,
        account,
        rule: ReplaceRule::Modify,
        price,
        quantity: crate::types::Lots(1),
        trigger: Ticks(0),
    });
    let cancel = Action::Cancel { instrument, order, account };
    [new(Side::Buy), new(Side::Sell), cancel, replace].map(|action| Command {
        session: SessionId(9),
        client_sequence: ClientSequence(0),
        action,
    })
}

#[test]
fn looking_at_anything_changes_nothing() {
    let mut memory = memory();
    let book = example(&mut memory);
    let before = book.state_hash();
    for instrument in [0, 1, 2, u32::MAX >> 2, u32::MAX].map(InstrumentId) {
        for order in (0..40).chain([u64::MAX]).map(OrderId) {
            for price in [0, 1, 9, 10, 11, 12, 1 << 31, u32::MAX].map(Ticks) {
                for command in commands(instrument, order, price) {
                    for (_, ahead) in AHEAD {
                        book.look_at(&command, ahead);
                    }
                }
            }
        }
    }
    assert_eq!(book.state_hash(), before);
    book.check().expect("sound");
}

#[test]
fn a_small_book_is_not_looked_at() {
    assert!(!example(&mut memory()).is_large());
    let nobody_is_asked = |_| -> Option<Command> { unreachable!("it is at hand") };
    example(&mut memory()).look_ahead(nobody_is_asked);
}
