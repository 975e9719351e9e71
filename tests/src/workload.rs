//! Seeded commands for a small book: everything that a client may say, sense and nonsense.

use crate::random::Random;
use highwater::command::{Action, Arrival, Command, FlowIdentity, NewOrder, ReplaceOrder};
use highwater::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, OrderType, ReplaceRule,
    SessionId, Side, Symbol, Ticks, TimeInForce,
};
use std::collections::BTreeMap;

/// What the small book may hold.
pub const CAPACITIES: Capacities = Capacities { orders: 16, instruments: 3, sessions: 4 };

/// The last client sequence of each session.
pub type LastClientSequences = BTreeMap<SessionId, ClientSequence>;

/// The next command of the session that it chooses; about one in 16 repeats a client sequence.
///
/// # Panics
/// Never: its numbers are small.
pub fn arrival(random: &mut Random, last: &LastClientSequences) -> Arrival {
    let is_start = last.is_empty();
    // Session 4 is one more than there are.
    let session =
        SessionId(if is_start { 0 } else { u16::try_from(random.below(5)).expect("a session") });
    let before = last.get(&session).copied().unwrap_or_default().0;
    let client_sequence = if random.chance(6) {
        before.saturating_sub(random.below(2))
    } else {
        before + 1 + random.below(2)
    };
    let is_define = is_start || session == SessionId::OPERATOR && random.chance(50);
    let action = if is_define { define(random) } else { action(random) };
    let client_sequence = ClientSequence(client_sequence);
    // The clock may run backwards.
    let timestamp_ns = 1_700_000_000_000_000_000 + random.below(1_000_000_000);
    Arrival { timestamp_ns, command: Command { session, client_sequence, action } }
}

/// True when a command of this session and client sequence is to be executed.
pub fn is_fresh(command: &Command, last: &LastClientSequences) -> bool {
    let before = last.get(&command.session).copied().unwrap_or_default();
    u32::from(command.session.0) >= CAPACITIES.sessions || command.client_sequence > before
}

/// Notes an executed command.
pub fn note(command: &Command, last: &mut LastClientSequences) {
    if u32::from(command.session.0) < CAPACITIES.sessions {
        last.insert(command.session, command.client_sequence);
    }
}

fn action(random: &mut Random) -> Action {
    let instrument = InstrumentId(small(random, 3));
    let order = OrderId(random.below(12));
    let account = AccountId(small(random, 2));
    match random.below(100) {
        0..55 => Action::New(new_order(random)),
        55..65 => Action::Cancel { instrument, order, account },
        65..75 => Action::Reduce { instrument, order, account, by: Lots(random.below(6)) },
        75..92 => Action::Replace(replace(random)),
        92..97 => Action::BindFlow(flow(random)),
        _ => Action::Configure(Capacities { orders: 8 + small(random, 9), ..CAPACITIES }),
    }
}

fn new_order(random: &mut Random) -> NewOrder {
    let side = if random.chance(50) { Side::Buy } else { Side::Sell };
    NewOrder {
        instrument: InstrumentId(small(random, 3)),
        order: OrderId(random.below(12)),
        account: AccountId(small(random, 2)),
        side,
        order_type: OrderType::Limit,
        time_in_force: if random.chance(80) {
            TimeInForce::GoodTillCancel
        } else {
            TimeInForce::ImmediateOrCancel
        },
        price: Ticks(if random.chance(3) { 0 } else { 98 + small(random, 5) }),
        // A large one now and then sweeps more events into the ring than it holds.
        quantity: Lots(if random.chance(10) { 200 } else { random.below(20) }),
    }
}

fn replace(random: &mut Random) -> ReplaceOrder {
    ReplaceOrder {
        instrument: InstrumentId(small(random, 3)),
        order: OrderId(random.below(12)),
        new_order: OrderId(random.below(12)),
        account: AccountId(small(random, 2)),
        rule: if random.chance(50) { ReplaceRule::Modify } else { ReplaceRule::CancelReplace },
        price: Ticks(98 + small(random, 5)),
        quantity: Lots(random.below(20)),
    }
}

fn define(random: &mut Random) -> Action {
    let names: [&[u8]; 4] = [b"AAA", b"BBB", b"CCC", b"DDD"];
    let symbol = Symbol::new(names[random.index(4)]).expect("a valid symbol");
    Action::DefineInstrument { symbol }
}

fn flow(random: &mut Random) -> FlowIdentity {
    FlowIdentity { name: [b'f'; 32], head_bytes: 4_096, head_hash: random.below(2) }
}

/// A small number from 0 to `end` less one.
fn small(random: &mut Random, end: u64) -> u32 {
    u32::try_from(random.below(end)).expect("a small number")
}
