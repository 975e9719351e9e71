//! What a protocol has no room for is a fault that names it, and nothing of the command is
//! published.

use crate::recorded::publish;
use highwater::book::Book;
use highwater::command::{Action, Command, Conditions, Definition, NewOrder, TimedCommand};
use highwater::types::{
    Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId, PriceDecimals,
    SessionId, Side, Symbol, Ticks,
};
use highwater_publisher::{Answers, Publisher};
use tests::random::Random;

const CAPACITIES: Capacities = Capacities { orders: 8, instruments: 4, sessions: 2 };

/// A publisher behind these commands: the sentence of its fault.
fn fault(answers: Option<Answers>, actions: &[Action]) -> Option<String> {
    let mut memory = vec![0; Book::bytes_needed(CAPACITIES)];
    let mut book = Book::new(&mut memory, CAPACITIES, 1).expect("possible capacities");
    let mut publisher = Publisher::new(answers);
    for (number, action) in (1..).zip(actions) {
        let is_clients = matches!(action, Action::New(_));
        let session = SessionId(u16::from(is_clients));
        let command = Command { session, client_sequence: ClientSequence(number), action: *action };
        let timed = TimedCommand { timestamp_ns: number, command };
        let (_, mut results) = publish(&mut book, &mut [&mut publisher], &timed);
        if let Err(fault) = results.remove(0) {
            assert_eq!(fault.sequence, book.last_sequence());
            return Some(fault.to_string());
        }
    }
    None
}

fn with_answers(actions: &[Action]) -> String {
    fault(Some(Answers::default()), actions).expect("a fault")
}

fn define(symbol: &[u8], decimals: u8) -> Action {
    let terms = InstrumentTerms { decimals: PriceDecimals(decimals), ..InstrumentTerms::OPEN };
    Action::DefineInstrument(Definition { symbol: Symbol::new(symbol).expect("a symbol"), terms })
}

const fn order(id: u64, side: Side, price: u32, lots: u64) -> NewOrder {
    NewOrder::limit(InstrumentId(0), OrderId(id), side, Ticks(price), Lots(lots))
}

#[test]
fn a_huge_quantity_is_named() {
    let order = order(1, Side::Buy, 100, 1 << 32);
    let expected = "the command with sequence 2 cannot be published: instrument 'GOLD' has an order \
                    or trade of 4294967296 lots, and OUCH has room for 4,294,967,295";
    let actions = [define(b"GOLD", 2), Action::New(order)];
    assert_eq!(with_answers(&actions), expected);
    assert_eq!(fault(None, &actions), Some(expected.replace("OUCH", "ITCH")));
    let largest = NewOrder { quantity: Lots((1 << 32) - 1), ..order };
    assert_eq!(fault(Some(Answers::default()), &[define(b"GOLD", 2), Action::New(largest)]), None);
    // The feed shows only a part of it, which has room.
    let conditions = Conditions { display: Lots(1 << 30), ..Conditions::NONE };
    let iceberg = Action::New(NewOrder { conditions, ..order });
    assert_eq!(fault(None, &[define(b"GOLD", 2), iceberg]), None);
    assert_eq!(with_answers(&[define(b"GOLD", 2), iceberg]), expected);
}

#[test]
fn a_price_without_room_is_named() {
    let with_price = |decimals, price| {
        let new = Action::New(order(1, Side::Sell, price, 1));
        [define(b"GOLD", decimals), new]
    };
    let expected = "the command with sequence 2 cannot be published: instrument 'GOLD' has the \
                    price 1.00001, and OUCH has room for 4 decimals and prices up to 214,748.3646";
    assert_eq!(with_answers(&with_price(5, 100_001)), expected);
    assert_eq!(fault(Some(Answers::default()), &with_price(5, 100_010)), None);
    assert!(with_answers(&with_price(2, 21_474_837)).contains("the price 214748.37, and OUCH"));
    assert_eq!(fault(Some(Answers::default()), &with_price(2, 21_474_836)), None);
    let without = |price| fault(None, &with_price(2, price));
    assert_eq!(without(42_949_672), None, "the feed has room for more");
    assert!(without(42_949_673).is_some_and(|it| it.contains("ITCH has room for 4 decimals")));
}

#[test]
fn names_without_room_are_named() {
    let expected = "the command with sequence 1 cannot be published: instrument 0 has the symbol \
                    'NINECHARS', and ITCH and OUCH have room for 8 characters";
    assert_eq!(with_answers(&[define(b"NINECHARS", 2)]), expected);
    let id = 65_536 << 32;
    let new = Action::New(order(id, Side::Buy, 100, 1));
    let expected = format!(
        "the command with sequence 2 cannot be published: order {id} is neither a number below \
         4,294,967,296 nor 'session << 32 | number', so OUCH has no number for it"
    );
    assert_eq!(with_answers(&[define(b"GOLD", 2), new]), expected);
    assert_eq!(fault(None, &[define(b"GOLD", 2), new]), None, "the feed names no ids");
}

#[test]
fn numbers_of_any_size_are_published_or_a_fault() {
    let (mut faults, mut sound) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let mut some = |numbers: &[u64]| numbers[random.index(numbers.len())];
        let mut actions = vec![define(b"GOLD", u8::try_from(some(&[0, 2, 4, 9])).expect("small"))];
        for _ in 0..8 {
            let side = if some(&[0, 1]) == 0 { Side::Buy } else { Side::Sell };
            let price = some(&[1, 7, 100_000, 214_748, 1 << 31, (1 << 31) - 1]);
            let price = u32::try_from(price).expect("32 bits");
            let lots = some(&[0, 1, 9, (1 << 32) - 1, (1 << 32) - 1, 1 << 62]);
            let id = some(&[0, 1, 2, 3, 4, 1 << 32, 5 << 32 | 9, (1 << 32) - 1, 1 << 48]);
            let display = Lots(some(&[0, 0, 0, 1, 1 << 20]));
            let conditions = Conditions { display, ..Conditions::NONE };
            actions.push(Action::New(NewOrder { conditions, ..order(id, side, price, lots) }));
        }
        match fault(Some(Answers::default()), &actions) {
            Some(sentence) => {
                assert!(sentence.contains("cannot be published: "), "{sentence}");
                faults += 1;
            }
            None => sound += 1,
        }
    }
    assert!(faults > 50 && sound > 10, "{faults} faults, {sound} without");
}
