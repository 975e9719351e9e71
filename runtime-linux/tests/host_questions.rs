//! Questions of any thread are answered about what is durable, in order, and disturb nobody.
#![cfg(target_os = "linux")]

#[path = "common/hosts.rs"]
pub mod hosts;

use highwater::book::Book;
use highwater::command::{Action, Control};
use highwater::event::EventKind;
use highwater::types::{Capacities, InstrumentId, Phase, Price, Sequence, SessionId, Side, Ticks};
use highwater_engine::config::Config;
use highwater_host::{AskError, Host, HostConfig, Questions};
use hosts::{INSTRUMENT, PATIENCE, call, cancel, config, host, host_of, order, place};
use runtime_linux::Linux;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How far the book may be behind in most of these tests.
const LAG: Duration = Duration::from_millis(5);

fn asking(data: &Path, lag: Duration) -> HostConfig {
    let config = config(data);
    HostConfig { engine: config.engine.questions(lag), ..config }
}

fn price(ticks: u32) -> Option<Price> {
    Price::new(Ticks(ticks))
}

fn best(questions: &Questions<Linux>, after: Sequence) -> [Option<Price>; 2] {
    let question = |book: &Book<'_>| {
        assert!(book.last_sequence() >= after);
        [Side::Buy, Side::Sell].map(|side| book.best(INSTRUMENT, side))
    };
    questions.ask_after(after, PATIENCE, question).unwrap()
}

#[test]
fn a_question_after_an_answer_knows_of_its_command() {
    let data = place("asked");
    // So long that only those who wait for it have it followed.
    let host = host_of(&asking(&data, Duration::from_hours(1)));
    let questions = host.questions().unwrap();
    let mut session = host.session(SessionId(1)).unwrap();
    let mut operator = host.session(SessionId::OPERATOR).unwrap();
    for number in 0..20 {
        let ticks = 100 + u32::try_from(number).unwrap();
        let answer = call(&mut session, order(Side::Buy, number, ticks), &mut Vec::new());
        assert_eq!(best(&questions, answer.sequence), [price(ticks), None]);
    }
    let id = session.order_id(3);
    let rests = questions.ask(|book| book.order(INSTRUMENT, id)).unwrap().unwrap();
    assert_eq!((rests.session, rests.price), (SessionId(1), price(103).unwrap()));
    assert_eq!(questions.ask(|book| book.summed_levels(INSTRUMENT, Side::Buy).count()), Ok(20));
    let start = Action::Control { instrument: INSTRUMENT, control: Control::StartAuction };
    operator.call(start, PATIENCE, &mut ()).unwrap();
    let crosses = call(&mut session, order(Side::Sell, 99, 110), &mut Vec::new());
    let seen = questions.ask_after(crosses.sequence, PATIENCE, |book| {
        (book.phase(INSTRUMENT), book.indicative(INSTRUMENT).map(|auction| auction.volume_lots))
    });
    assert_eq!(seen, Ok((Some(Phase::Auction), Some(1))));
    assert_eq!(questions.ask(|book| book.best(InstrumentId(9), Side::Buy)), Ok(None));
    // What nobody sent does not come.
    let next = Sequence(crosses.sequence.0 + 1);
    let reached = crosses.sequence;
    let late = questions.ask_after(next, Duration::from_millis(20), |_| ());
    assert_eq!(late, Err(AskError::TimedOut { wanted: next, reached }));
    let waiting = thread::scope(|scope| {
        let waiting = scope.spawn(|| questions.ask_after(next, PATIENCE, |_| ()));
        host.stop().unwrap();
        waiting.join().unwrap()
    });
    assert_eq!(waiting, Err(AskError::Ended { wanted: next, reached }));
    assert_eq!(questions.ask(Book::last_sequence), Ok(reached), "it stays as it was");
}

#[test]
fn nobody_is_asked_by_default() {
    let host = host(&place("unasked"));
    assert!(host.questions().is_none());
    assert_eq!(host.statistics().questions_at, Sequence(0));
}

#[test]
fn many_threads_ask_while_others_trade_and_snapshots_are_made() {
    let data = place("asked-by-many");
    let host = host_of(&asking(&data, LAG));
    let questions = host.questions().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        questions.ask_after(Sequence(1), PATIENCE, |_| panic!("a question"))
    }));
    assert!(panicked.is_err(), "and nobody else is the worse for it");
    let trading = AtomicUsize::new(2);
    let is_trading = || trading.load(Ordering::SeqCst) > 0;
    let ask_on = || {
        let (mut before, mut asked) = (Sequence(0), 0);
        while is_trading() {
            let (sequence, durable) = questions.ask(|book| look(book, &host)).unwrap();
            assert!(before <= sequence && sequence <= durable);
            (before, asked) = (sequence, asked + 1);
        }
        asked
    };
    thread::scope(|scope| {
        for number in 1..=2 {
            let (host, trading) = (&host, &trading);
            scope.spawn(move || {
                trade(host, SessionId(number));
                trading.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let askers: Vec<_> = (0..3).map(|_| scope.spawn(ask_on)).collect();
        let mut snapshot_count = 0;
        while is_trading() {
            snapshot_count += u64::from(host.snapshot().unwrap().is_some());
        }
        assert!(snapshot_count > 0);
        assert!(askers.into_iter().all(|asker| asker.join().unwrap() > 0));
    });
    // It follows by itself.
    let last = host.statistics().durable;
    while questions.sequence() < last {
        thread::yield_now();
    }
    assert_eq!(host.statistics().questions_at, last);
    let seen = questions.ask(|book| (book.running_hash(), book.state_hash())).unwrap();
    let end = host.stop().unwrap();
    assert_eq!(seen, (end.book.running_hash(), end.book.state_hash()));
}

/// Where the book is, and what is durable by then.
fn look(book: &Book<'_>, host: &Host<Linux>) -> (Sequence, Sequence) {
    let [bid, ask] = [Side::Buy, Side::Sell].map(|side| book.best(INSTRUMENT, side));
    assert!(bid.is_none() || ask.is_none() || bid < ask);
    (book.last_sequence(), host.statistics().durable)
}

/// Rests orders and takes them back.
fn trade(host: &Host<Linux>, session: SessionId) {
    let side = if session.0 == 1 { Side::Buy } else { Side::Sell };
    let offset = if session.0 == 1 { 0 } else { 50 };
    let mut session = host.session(session).unwrap();
    for number in 0..400_u64 {
        let ticks = 100 + offset + u32::try_from(number % 40).unwrap();
        call(&mut session, order(side, number, ticks), &mut Vec::new());
        call(&mut session, cancel(number), &mut Vec::new());
    }
}

#[test]
fn the_book_for_questions_grows_with_the_engine_and_comes_back_after_a_restart() {
    let data = place("asked-and-grown");
    let first = host_of(&asking(&data, LAG));
    let mut operator = first.session(SessionId::OPERATOR).unwrap();
    let larger = Capacities { orders: 2_000_000, instruments: 64, sessions: 300 };
    let grown = operator.call(Action::Configure(larger), PATIENCE, &mut ()).unwrap();
    if let EventKind::Configured { .. } = grown.kind {
        let questions = first.questions().unwrap();
        let asked = questions.ask_after(grown.sequence, PATIENCE, Book::capacities);
        assert_eq!(asked, Ok(larger));
    }
    let mut session = first.session(SessionId(1)).unwrap();
    let rested = call(&mut session, order(Side::Sell, 1, 77), &mut Vec::new());
    let id = session.order_id(1);
    first.stop().unwrap();
    let host = Host::start(Linux, &asking(&data, LAG)).unwrap();
    let questions = host.questions().unwrap();
    let found = questions.ask_after(rested.sequence, PATIENCE, |book| book.order(INSTRUMENT, id));
    assert_eq!(found.unwrap().map(|order| order.order), Some(id));
}

#[test]
fn in_a_mode_that_does_not_sync_a_question_has_it_synced() {
    let data = place("asked-unsynced");
    let config = asking(&data, Duration::from_hours(1));
    let engine = Config { sync: Config::benchmark().sync, ..config.engine };
    let host = host_of(&HostConfig { engine, ..config });
    let mut session = host.session(SessionId(1)).unwrap();
    let answer = call(&mut session, order(Side::Sell, 1, 77), &mut Vec::new());
    assert_eq!(best(&host.questions().unwrap(), answer.sequence), [None, price(77)]);
}
