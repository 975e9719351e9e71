//! What a running engine promises its host: only what is durable, the first fault for ever, one
//! caller in a stage, and the same state after a crash.

use crate::host::{
    Host, Memory, config, open, order, pop, push, step_log_writer, step_sequencer, text_of,
    try_open,
};
use highwater_capi::{
    HwCommand, HwCommandKind, HwError, HwEvent, HwEventKind, HwRecovered, HwSide, HwStatus,
    hw_ask_sync, hw_best_price, hw_define, hw_definition_open, hw_durable_sequence, hw_fault,
    hw_last_client_sequence, hw_mark_idle, hw_next_expiry_ns, hw_recovered, hw_state_hash, hw_stop,
};

#[test]
fn nothing_comes_out_before_it_is_durable() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    define(&host);
    assert_eq!(push(&host, &order(1, HwSide::Sell, 100)), HwStatus::Ok);
    assert_eq!(push(&host, &order(2, HwSide::Buy, 100)), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    assert_eq!(pop(&mut host), HwStatus::Idle);
    assert_eq!((host.events.len(), durable(&host)), (0, 0), "nothing is durable");
    let syncs = host.sync_count;
    assert_eq!(step_log_writer(&host), HwStatus::Ok);
    assert_eq!((host.sync_count, durable(&host)), (syncs + 1, 4));
    assert_eq!(pop(&mut host), HwStatus::Idle);
    let kinds: Vec<u8> = host.events.iter().map(|event| event.kind).collect();
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
        price: 100,
        quantity: 10,
        ..HwEvent::default()
    };
    assert_eq!(host.events.last(), Some(&trade));
}

#[test]
fn a_sync_that_failed_is_never_called_again() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    define(&host);
    settle(&mut host);
    let told = host.events.len();
    assert_eq!(push(&host, &order(1, HwSide::Sell, 100)), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    host.sync_fails = 5;
    let (syncs, appends) = (host.sync_count, host.append_count);
    for _ in 0..3 {
        assert_eq!(step_log_writer(&host), HwStatus::LogFault);
        assert_eq!(step_sequencer(&host), HwStatus::LogFault);
        assert_eq!(pop(&mut host), HwStatus::LogFault);
        assert_eq!(push(&host, &order(2, HwSide::Sell, 100)), HwStatus::LogFault);
        // SAFETY: the handle is one.
        assert_eq!(unsafe { hw_mark_idle(host.engine) }, HwStatus::LogFault);
    }
    assert_eq!((host.sync_count, host.append_count), (syncs + 1, appends + 1));
    assert_eq!((host.events.len(), durable(&host)), (told, 2), "nothing more was told");
    let error = fault(&host);
    assert_eq!((error.status, error.system_error), (HwStatus::LogFault as i32, 5));
    assert_eq!(text_of(&error), "could not sync the log (system error 5)");
    // The next life takes what the disk has; here that is everything.
    host.sync_fails = 0;
    open(&config, &mut host);
    assert_eq!(recovered(&host).last_sequence, 3);
}

#[test]
fn a_crash_and_a_stop_both_lead_to_the_same_state() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    define(&host);
    for id in 1..=12 {
        let side = if id % 3 == 0 { HwSide::Buy } else { HwSide::Sell };
        assert_eq!(push(&host, &order(id, side, 100)), HwStatus::Ok);
    }
    settle(&mut host);
    let (hash, before) = (state_hash(&host), host.events.clone());
    let torn = [0x5a; 100];
    host.segments[0].extend_from_slice(&torn);
    open(&config, &mut host);
    let found = recovered(&host);
    assert_eq!((found.state_hash, found.stopped_cleanly), (hash, 0));
    assert_eq!((found.torn_tail_bytes, found.last_sequence), (torn.len() as u64, 14));
    assert_eq!(host.events, before, "the replay tells the same events");
    assert_eq!(best_sell(&host), 100);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_stop(host.engine) }, HwStatus::Ok);
    assert_eq!(push(&host, &order(13, HwSide::Buy, 100)), HwStatus::Stopped);
    assert_eq!(step_sequencer(&host), HwStatus::Done);
    assert_eq!(step_log_writer(&host), HwStatus::Done);
    assert_eq!(pop(&mut host), HwStatus::Done);
    open(&config, &mut host);
    let found = recovered(&host);
    assert_eq!((found.state_hash, found.stopped_cleanly), (hash, 1));
    let mut last = 0;
    // SAFETY: the handle is one, and the other a reference.
    let asked = unsafe { hw_last_client_sequence(host.engine, 1, &raw mut last) };
    assert_eq!((asked, last), (HwStatus::Ok, 12));
}

#[test]
fn more_events_than_their_ring_holds_come_out_in_order() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    define(&host);
    settle(&mut host);
    for id in 1..=100 {
        assert_eq!(push(&host, &order(id, HwSide::Sell, 100)), HwStatus::Ok);
        settle(&mut host);
    }
    let everything = HwCommand {
        kind: HwCommandKind::MassCancel as u8,
        client_sequence: 3,
        ..HwCommand::default()
    };
    assert_eq!(push(&host, &everything), HwStatus::Ok);
    settle(&mut host);
    let canceled: Vec<u64> = host.events[host.events.len() - 100..]
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
    let mut host = Host::new();
    open(&config, &mut host);
    host.reenters = true;
    settle(&mut host);
    assert_eq!(host.reentered, Some(HwStatus::Busy));
}

#[test]
fn callbacks_that_answer_nonsense_are_faults() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    settle(&mut host);
    host.lied_bytes = 1 << 20;
    assert_log_fault(&try_open(&config, &mut host).expect_err("more was read than wanted"));
    host.lied_bytes = 0;
    for lie in [(2, 1), (0, 1), (1, 0)] {
        host.lied_segments = Some(lie);
        assert_log_fault(&try_open(&config, &mut host).expect_err("no such segments"));
    }
    host.lied_segments = None;
    open(&config, &mut host);
}

#[test]
fn a_damaged_log_is_refused_with_a_sentence() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    for _ in 0..2 {
        define(&host);
        settle(&mut host);
    }
    host.segments[0][4_096 + 100] ^= 1;
    let written = host.segments.clone();
    let error = try_open(&config, &mut host).expect_err("it is damaged");
    assert_eq!(error.status, HwStatus::Refused as i32);
    assert!(
        text_of(&error).starts_with("corrupt: segment 1, offset 4096: "),
        "{}",
        text_of(&error)
    );
    assert!(host.segments == written, "the log stays as it is");
}

#[test]
fn a_log_of_a_larger_engine_says_what_it_needs() {
    let mut large = config();
    let _memory = Memory::of(&mut large);
    let mut host = Host::new();
    open(&large, &mut host);
    settle(&mut host);
    let small = highwater_capi::HwConfig { orders: 10, ..large };
    let error = try_open(&small, &mut host).expect_err("it is too small");
    assert_eq!(error.status, HwStatus::NeedsCapacities as i32);
    assert!(text_of(&error).contains("200 orders"), "{}", text_of(&error));
}

#[test]
fn small_questions_are_answered() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let mut host = Host::new();
    open(&config, &mut host);
    define(&host);
    assert_eq!(best_sell(&host), 0, "an empty side has no best price");
    let dated = HwCommand { time_in_force: 4, time_ns: 500, ..order(1, HwSide::Sell, 100) };
    assert_eq!(push(&host, &dated), HwStatus::Ok);
    settle(&mut host);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_next_expiry_ns(host.engine) }, 500);
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_ask_sync(host.engine, 3) }, HwStatus::Ok);
    assert_eq!(fault(&host).status, HwStatus::Ok as i32);
}

/// Defines the one instrument, as the operator's second command; a repeat is answered as one.
fn define(host: &Host) {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut aurora = unsafe { core::mem::zeroed() };
    // SAFETY: the name ends with a zero byte, and the other is a reference.
    assert_eq!(unsafe { hw_definition_open(c"AURORA".as_ptr(), &raw mut aurora) }, HwStatus::Ok);
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_define(host.engine, 0, 2, &raw const aurora) }, HwStatus::Ok);
}

/// Steps the stages until nothing is left to do.
fn settle(host: &mut Host) {
    while step_sequencer(host) == HwStatus::Ok
        || step_log_writer(host) == HwStatus::Ok
        || pop(host) == HwStatus::Ok
    {}
    let _status = pop(host);
}

fn assert_log_fault(error: &HwError) {
    assert_eq!((error.status, error.system_error), (HwStatus::LogFault as i32, 0));
}

fn durable(host: &Host) -> u64 {
    // SAFETY: the handle is one.
    unsafe { hw_durable_sequence(host.engine) }
}

fn state_hash(host: &Host) -> u64 {
    let mut hash = 0;
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_state_hash(host.engine, &raw mut hash) }, HwStatus::Ok);
    hash
}

fn best_sell(host: &Host) -> u32 {
    let mut price = 1;
    // SAFETY: the handle is one, and the other a reference.
    let asked = unsafe { hw_best_price(host.engine, 0, HwSide::Sell as u8, &raw mut price) };
    assert_eq!(asked, HwStatus::Ok);
    price
}

fn recovered(host: &Host) -> HwRecovered {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut found = unsafe { core::mem::zeroed() };
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_recovered(host.engine, &raw mut found) }, HwStatus::Ok);
    found
}

fn fault(host: &Host) -> HwError {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut error: HwError = unsafe { core::mem::zeroed() };
    // SAFETY: the handle is one, and the other a reference.
    let status = unsafe { hw_fault(host.engine, &raw mut error) };
    assert_eq!(status as i32, error.status);
    error
}
