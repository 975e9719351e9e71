//! What a running engine promises its host: only what is durable, the first fault for ever, one
//! caller in a stage, and the same state after a crash.

use crate::host::{
    Host, Memory, config, define, open, order, pop, push, settle, step_log_writer, step_sequencer,
    text_of, try_open,
};
use highwater_capi::{
    HwCommand, HwCommandKind, HwError, HwEvent, HwEventKind, HwRecovered, HwSide, HwStatus,
    hw_ask_sync, hw_best_price, hw_durable_sequence, hw_fault, hw_last_client_sequence,
    hw_mark_idle, hw_next_expiry_ns, hw_recovered, hw_state_hash, hw_stop,
};

#[test]
fn nothing_comes_out_before_it_is_durable() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    assert_eq!(push(&host, &order(1, HwSide::Sell, 100)), HwStatus::Ok);
    assert_eq!(push(&host, &order(2, HwSide::Buy, 100)), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    assert_eq!(pop(&host), HwStatus::Idle);
    assert_eq!((host.events.borrow().len(), durable(&host)), (0, 0), "nothing is durable");
    let syncs = host.sync_count.get();
    assert_eq!(step_log_writer(&host), HwStatus::Ok);
    assert_eq!((host.sync_count.get(), durable(&host)), (syncs + 1, 4));
    assert_eq!(pop(&host), HwStatus::Idle);
    let kinds: Vec<u8> = host.events.borrow().iter().map(|event| event.kind).collect();
    let expected = [
        HwEventKind::Configured,
        HwEventKind::InstrumentDefined,
        HwEventKind::Accepted,
        HwEventKind::Rested,
        HwEventKind::Accepted,
        HwEventKind::Trade,
    ];
    assert_eq!(kinds, expected.map(|kind| kind as u8));
    let trade = HwEvent {
        sequence: 4,
        session: 1,
        owner: 1,
        other_session: 1,
        kind: HwEventKind::Trade as u8,
        order: 1,
        other_order: 2,
        side: HwSide::Buy as u8,
        price: 100,
        quantity: 10,
        ..HwEvent::default()
    };
    assert_eq!(host.events.borrow().last(), Some(&trade));
    let accepted = HwEvent {
        kind: HwEventKind::Accepted as u8,
        client_sequence: 2,
        order: 2,
        other_session: 0,
        other_order: 0,
        ..trade
    };
    assert_eq!(host.events.borrow()[4], accepted);
}

#[test]
fn notes_and_client_bytes_are_in_the_log() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    let mut client_bytes = [0; 32];
    client_bytes[..9].copy_from_slice(b"to find 1");
    let new = HwCommand { client_bytes_count: 9, client_bytes, ..order(1, HwSide::Sell, 100) };
    assert_eq!(push(&host, &new), HwStatus::Ok);
    client_bytes[8] = b'2';
    let note = HwCommand {
        client_sequence: 2,
        session: 1,
        order: 7,
        note_code: 0x0102,
        kind: HwCommandKind::Note as u8,
        client_bytes_count: 9,
        client_bytes,
        ..HwCommand::default()
    };
    assert_eq!(push(&host, &note), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    assert_eq!(step_log_writer(&host), HwStatus::Ok);
    assert_eq!(pop(&host), HwStatus::Idle);
    let noted = HwEvent {
        sequence: 4,
        client_sequence: 2,
        session: 1,
        owner: 1,
        order: 7,
        note_code: 0x0102,
        kind: HwEventKind::Noted as u8,
        ..HwEvent::default()
    };
    assert_eq!(host.events.borrow().last(), Some(&noted));
    for bytes in [b"to find 1", b"to find 2"] {
        let segments = host.segments.borrow();
        let is_there = segments.iter().any(|file| file.windows(9).any(|some| some == bytes));
        assert!(is_there, "{bytes:?}");
    }
}

#[test]
fn a_sync_that_failed_is_never_called_again() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    settle(&host);
    let told = host.events.borrow().len();
    assert_eq!(push(&host, &order(1, HwSide::Sell, 100)), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    host.sync_fails.set(5);
    let (syncs, appends) = (host.sync_count.get(), host.append_count.get());
    for _ in 0..3 {
        assert_eq!(step_log_writer(&host), HwStatus::LogFault);
        assert_eq!(step_sequencer(&host), HwStatus::LogFault);
        assert_eq!(pop(&host), HwStatus::LogFault);
        assert_eq!(push(&host, &order(2, HwSide::Sell, 100)), HwStatus::LogFault);
        // SAFETY: the handle is one.
        assert_eq!(unsafe { hw_mark_idle(host.engine.get()) }, HwStatus::LogFault);
    }
    assert_eq!((host.sync_count.get(), host.append_count.get()), (syncs + 1, appends + 1));
    assert_eq!((host.events.borrow().len(), durable(&host)), (told, 2), "nothing more was told");
    let error = fault(&host);
    assert_eq!((error.status, error.system_error), (HwStatus::LogFault as i32, 5));
    assert_eq!(text_of(&error), "could not sync the log (system error 5)");
    // The next life takes what the disk has; here that is everything.
    host.sync_fails.set(0);
    open(&config, &host);
    assert_eq!(recovered(&host).last_sequence, 3);
}

#[test]
fn a_crash_and_a_stop_both_lead_to_the_same_state() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    for id in 1..=12 {
        let side = if id % 3 == 0 { HwSide::Buy } else { HwSide::Sell };
        assert_eq!(push(&host, &order(id, side, 100)), HwStatus::Ok);
    }
    settle(&host);
    let (hash, before) = (state_hash(&host), host.events.borrow().clone());
    let torn = [0x5a; 100];
    host.segments.borrow_mut()[0].extend_from_slice(&torn);
    open(&config, &host);
    let found = recovered(&host);
    assert_eq!((found.state_hash, found.stopped_cleanly), (hash, 0));
    assert_eq!((found.torn_tail_bytes, found.last_sequence), (torn.len() as u64, 14));
    assert_eq!(*host.events.borrow(), before, "the replay tells the same events");
    assert_eq!(best_sell(&host), 100);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_stop(host.engine.get()) }, HwStatus::Ok);
    assert_eq!(push(&host, &order(13, HwSide::Buy, 100)), HwStatus::Stopped);
    assert_eq!(step_sequencer(&host), HwStatus::Done);
    assert_eq!(step_log_writer(&host), HwStatus::Done);
    assert_eq!(pop(&host), HwStatus::Done);
    open(&config, &host);
    let found = recovered(&host);
    assert_eq!((found.state_hash, found.stopped_cleanly), (hash, 1));
    let mut last = 0;
    // SAFETY: the handle is one, and the other a reference.
    let asked = unsafe { hw_last_client_sequence(host.engine.get(), 1, &raw mut last) };
    assert_eq!((asked, last), (HwStatus::Ok, 12));
}

#[test]
fn more_events_than_their_ring_holds_come_out_in_order() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    settle(&host);
    for id in 1..=100 {
        assert_eq!(push(&host, &order(id, HwSide::Sell, 100)), HwStatus::Ok);
        settle(&host);
    }
    let everything = HwCommand {
        kind: HwCommandKind::MassCancel as u8,
        client_sequence: 3,
        ..HwCommand::default()
    };
    assert_eq!(push(&host, &everything), HwStatus::Ok);
    settle(&host);
    let events = host.events.borrow();
    let canceled: Vec<u64> = events[events.len() - 100..]
        .iter()
        .inspect(|event| assert_eq!(event.kind, HwEventKind::Canceled as u8))
        .map(|event| event.order)
        .collect();
    assert_eq!(canceled, (1..=100).collect::<Vec<u64>>());
}

#[test]
fn a_callback_that_comes_back_into_its_stage_is_told_so() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    host.reenters.set(true);
    settle(&host);
    assert_eq!(host.reentered.get(), Some(HwStatus::Busy));
}

#[test]
fn callbacks_that_answer_nonsense_are_faults() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    settle(&host);
    host.lied_bytes.set(1 << 20);
    assert_log_fault(&try_open(&config, &host).expect_err("more was read than wanted"));
    host.lied_bytes.set(0);
    for lie in [(2, 1), (0, 1), (1, 0)] {
        host.lied_segments.set(Some(lie));
        assert_log_fault(&try_open(&config, &host).expect_err("no such segments"));
    }
    host.lied_segments.set(None);
    open(&config, &host);
}

#[test]
fn a_damaged_log_is_refused_with_a_sentence() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    for _ in 0..2 {
        define(&host);
        settle(&host);
    }
    host.segments.borrow_mut()[0][4_096 + 100] ^= 1;
    let written = host.segments.borrow().clone();
    let error = try_open(&config, &host).expect_err("it is damaged");
    assert_eq!(error.status, HwStatus::Refused as i32);
    assert!(
        text_of(&error).starts_with("corrupt: segment 1, offset 4096: "),
        "{}",
        text_of(&error)
    );
    assert!(*host.segments.borrow() == written, "the log stays as it is");
}

#[test]
fn a_log_of_a_larger_engine_says_what_it_needs() {
    let mut large = config();
    let _memory = Memory::of(&mut large);
    let host = Host::new();
    open(&large, &host);
    settle(&host);
    let small = highwater_capi::HwConfig { orders: 10, ..large };
    let error = try_open(&small, &host).expect_err("it is too small");
    assert_eq!(error.status, HwStatus::NeedsCapacities as i32);
    assert!(text_of(&error).contains("200 orders"), "{}", text_of(&error));
}

#[test]
fn small_questions_are_answered() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    assert_eq!(best_sell(&host), 0, "an empty side has no best price");
    let dated = HwCommand { time_in_force: 4, time_ns: 500, ..order(1, HwSide::Sell, 100) };
    assert_eq!(push(&host, &dated), HwStatus::Ok);
    settle(&host);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_next_expiry_ns(host.engine.get()) }, 500);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_ask_sync(host.engine.get(), 3) }, HwStatus::Ok);
    assert_eq!(fault(&host).status, HwStatus::Ok as i32);
}

fn assert_log_fault(error: &HwError) {
    assert_eq!((error.status, error.system_error), (HwStatus::LogFault as i32, 0));
}

fn durable(host: &Host) -> u64 {
    // SAFETY: the handle is one.
    unsafe { hw_durable_sequence(host.engine.get()) }
}

fn state_hash(host: &Host) -> u64 {
    let mut hash = 0;
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_state_hash(host.engine.get(), &raw mut hash) }, HwStatus::Ok);
    hash
}

fn best_sell(host: &Host) -> u32 {
    let mut price = 1;
    // SAFETY: the handle is one, and the other a reference.
    let asked = unsafe { hw_best_price(host.engine.get(), 0, HwSide::Sell as u8, &raw mut price) };
    assert_eq!(asked, HwStatus::Ok);
    price
}

fn recovered(host: &Host) -> HwRecovered {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut found = unsafe { core::mem::zeroed() };
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_recovered(host.engine.get(), &raw mut found) }, HwStatus::Ok);
    found
}

fn fault(host: &Host) -> HwError {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut error: HwError = unsafe { core::mem::zeroed() };
    // SAFETY: the handle is one, and the other a reference.
    let status = unsafe { hw_fault(host.engine.get(), &raw mut error) };
    assert_eq!(status as i32, error.status);
    error
}
