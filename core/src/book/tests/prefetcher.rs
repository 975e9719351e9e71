//! Tests of the prefetcher: whatever is fetched, the book stays as it is.

use super::super::Book;
use super::alloc::vec;
use super::alloc::vec::Vec;
use super::structures::Random;
use super::{CAPACITIES, example, fill, limit, memory};
use crate::book::views::prefetcher::{PrefetchKey, Prefetcher};
use crate::command::{
    Action, ClientBytes, Command, Conditions, NewOrder, PlainCommand, ReplaceOrder, ReplaceSizing,
};
use crate::limits::CLOCK_NS_MAX;
use crate::types::{
    AccountId, Capacities, ClientSequence, InstrumentId, Lots, OrderId, ReplaceRule, Sequence,
    SessionId, Side, Ticks, TimeInForce, index_of, length_of, low_half,
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
        sizing: ReplaceSizing::Open,
        quantity: Lots(1),
        trigger: Ticks(0),
        client_bytes: ClientBytes::EMPTY,
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
    let (mut prefetcher, mut sequences) = (Prefetcher::new(), 0..);
    for instrument in [0, 1, 2, u32::MAX >> 2, u32::MAX].map(InstrumentId) {
        for order in (0..40).chain([u64::MAX]).map(OrderId) {
            for price in [0, 1, 9, 10, 11, 12, 1 << 31, u32::MAX].map(Ticks) {
                for command in commands(instrument, order, price) {
                    let sequence = sequences.next().expect("there are enough");
                    book.start_lookup(&mut prefetcher, sequence, &PrefetchKey::of(&command));
                }
            }
        }
    }
    // So that the last ones get all their prefetcher.
    for sequence in sequences.take(16) {
        book.start_lookup(&mut prefetcher, sequence, &PrefetchKey::NOWHERE);
    }
    assert_eq!(book.state_hash(), before);
    book.check().expect("sound");
}

#[test]
fn a_glance_at_a_plain_command_is_one_at_the_command() {
    for (order, price) in [(1, 1), (u64::MAX, 1 << 31), (7, 0)] {
        for command in commands(InstrumentId(3), OrderId(order), Ticks(price)) {
            let plain = PlainCommand::of(&command).expect("it has a plain form");
            let plain = PrefetchKey::of_plain(&plain);
            let PrefetchKey { instrument, order, is_new, .. } = PrefetchKey::of(&command);
            assert_eq!((plain.instrument, plain.order, plain.is_new), (instrument, order, is_new));
            if let Action::New(new) = command.action {
                assert_eq!((plain.side, plain.price), (new.side, new.price));
                assert!(is_new);
            }
        }
    }
}

#[test]
fn each_command_is_looked_at_once_and_in_time() {
    let mut memory = memory();
    let mut book = example(&mut memory);
    let mut prefetcher = Prefetcher::new();
    let (first, last) = (book.last_sequence().next().0, book.last_sequence().0 + 100);
    let mut looked_at = first;
    for next in first..=last {
        book.start_lookups(&mut prefetcher, |distance| {
            let sequence = next + u64::try_from(distance).unwrap();
            assert!(sequence == looked_at, "{sequence} is looked at, and not {looked_at}");
            looked_at += u64::from(sequence <= last);
            (sequence <= last).then_some(PrefetchKey::NOWHERE)
        });
        // Ahead of a command that comes right away there is no time.
        let begun = first + 4 * (next - first + 1);
        assert_eq!(looked_at, begun.min(next + 16).min(last + 1), "before {next}");
        let (session, client_sequence) = (SessionId(1), ClientSequence(1_000 + next));
        let [command, ..] = commands(InstrumentId(0), OrderId(0), Ticks(0));
        let command = Command { session, client_sequence, ..command };
        book.apply(Sequence(next), &command, &mut ());
    }
}

/// Enough for a slot to change hands between two prefetcher, some dozens of times.
const COMMANDS: u64 = 100_000;

/// A plain order or an iceberg that expires, both to rest, or a Cancel of one of them.
fn any_command(random: &mut Random, ids: &mut Vec<u64>, number: u64) -> Command {
    let action = if ids.len() > 24 || (ids.len() > 12 && random.below(2) == 0) {
        let order =
            OrderId(ids.swap_remove(index_of(low_half(random.below(length_of(ids.len()))))));
        Action::Cancel { instrument: InstrumentId(0), order, account: AccountId(0) }
    } else {
        let order = random.below(u64::MAX);
        ids.push(order);
        let price = 1_000 + low_half(random.below(40));
        let (side, price) =
            if random.below(2) == 0 { (Side::Buy, price) } else { (Side::Sell, 2 * price) };
        let plain = NewOrder { price: Ticks(price), ..limit(order, side, 5) };
        let expiry_ns = 1 + random.below(CLOCK_NS_MAX);
        let conditions = Conditions { display: Lots(2), expiry_ns, ..Conditions::NONE };
        let time_in_force = TimeInForce::GoodTillDate;
        let is_plain = random.below(2) == 0;
        Action::New(if is_plain { plain } else { NewOrder { time_in_force, conditions, ..plain } })
    };
    Command { session: SessionId(1), client_sequence: ClientSequence(1_000 + number), action }
}

#[test]
fn what_a_look_found_may_be_something_else_by_the_next() {
    let capacities = Capacities { orders: 64, ..CAPACITIES };
    let mut memory = vec![0; Book::bytes_needed(capacities)];
    let mut book = Book::new(&mut memory, capacities, 7).expect("enough memory");
    fill(&mut book);
    let (mut random, mut ids, mut prefetcher) = (Random(1), Vec::new(), Prefetcher::new());
    let commands: Vec<_> =
        (0..COMMANDS).map(|number| any_command(&mut random, &mut ids, number)).collect();
    for (index, command) in commands.iter().enumerate() {
        book.start_lookups(&mut prefetcher, |distance| {
            commands.get(index + distance).map(PrefetchKey::of)
        });
        book.apply(book.last_sequence().next(), command, &mut ());
    }
    book.check().expect("sound");
}

#[test]
fn a_small_book_is_not_looked_at() {
    assert!(!example(&mut memory()).is_large());
    let nobody_is_asked = |_| -> Option<Command> { unreachable!("it is at hand") };
    example(&mut memory()).prefetch(&mut Prefetcher::new(), nobody_is_asked);
}
