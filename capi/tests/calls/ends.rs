//! The ends of commands, for hosts that ask for them: one behind the events of each command, with
//! the time that it was pushed with; after a crash the same ones come out of the log.

use crate::host::{
    Host, Memory, config, define, open, order, pop, push_at, settle, step_sequencer,
};
use highwater_capi::{
    HwBook, HwBookConfig, HwCommand, HwCommandKind, HwConfig, HwEvent, HwEventKind, HwListener,
    HwSide, HwStatus, hw_book_apply, hw_book_bytes, hw_book_open,
};
use std::ffi::c_void;
use std::ptr;

/// When each command is pushed: the times say nothing of the order.
const TIMES_NS: [u64; 5] = [900, u64::MAX, 0, 900, 17];

/// An engine's own first command and the definition of the instrument, which the tests' host pushes
/// at time 0.
const BEFORE: u64 = 2;

fn end(sequence: u64, time_ns: u64) -> HwEvent {
    let kind = HwEventKind::CommandEnd as u8;
    HwEvent { sequence, time_ns, kind, ..HwEvent::default() }
}

/// Commands with no, one and many events behind their answer, a reject, and one of the operator.
fn commands() -> [HwCommand; 5] {
    [
        order(1, HwSide::Sell, 100),
        order(2, HwSide::Sell, 101),
        HwCommand { quantity: 20, ..order(3, HwSide::Buy, 101) },
        order(4, HwSide::Buy, 0),
        HwCommand {
            kind: HwCommandKind::EndOfDay as u8,
            client_sequence: 3,
            ..HwCommand::default()
        },
    ]
}

/// Starts an engine and gives it the commands, one after the other.
fn told(config: &HwConfig, host: &Host) -> Vec<HwEvent> {
    open(config, host);
    define(host);
    settle(host);
    for (command, time_ns) in commands().iter().zip(TIMES_NS) {
        assert_eq!(push_at(host, time_ns, command), HwStatus::Ok);
        settle(host);
    }
    host.events.borrow().clone()
}

fn is_end(event: &HwEvent) -> bool {
    event.kind == HwEventKind::CommandEnd as u8
}

#[test]
fn each_command_ends_once_behind_its_events_with_its_time() {
    let mut config = HwConfig { tells_ends: 1, ..config() };
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    let told = told(&config, &host);
    let ends: Vec<HwEvent> = told.iter().copied().filter(is_end).collect();
    // The engine pushes its own first command at the time of its start, which is that of the host.
    let expected = (BEFORE + 1..).zip(TIMES_NS).map(|(sequence, time_ns)| end(sequence, time_ns));
    assert_eq!(ends.len(), TIMES_NS.len() + 2, "{ends:?}");
    assert_eq!(ends[2..], expected.collect::<Vec<_>>());
    let sequences: Vec<u64> = ends.iter().map(|end| end.sequence).collect();
    assert_eq!(sequences, (1..=7).collect::<Vec<_>>());
    for pair in told.windows(2) {
        let [one, next] = pair else { unreachable!("two each") };
        assert_eq!(is_end(one), next.sequence == one.sequence + 1, "{one:?}, then {next:?}");
    }
    assert!(told.last().is_some_and(is_end));
    // The host crashes; what the log gives is the same, the times too.
    open(&config, &host);
    assert_eq!(*host.events.borrow(), told);
}

#[test]
fn who_does_not_ask_is_told_no_end() {
    let mut quiet = config();
    let mut asking = HwConfig { tells_ends: 1, ..quiet };
    let (_memory, _other) = (Memory::of(&mut quiet), Memory::of(&mut asking));
    let (host, other) = (Host::new(), Host::new());
    let mut with_ends = told(&asking, &other);
    with_ends.retain(|event| !is_end(event));
    assert_eq!(told(&quiet, &host), with_ends, "the events are the same");
    open(&quiet, &host);
    assert_eq!(*host.events.borrow(), with_ends, "those of a replay too");
}

#[test]
fn an_end_leaves_no_earlier_than_the_events_before_it() {
    let mut config = HwConfig { tells_ends: 1, ..config() };
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    define(&host);
    settle(&host);
    host.events.borrow_mut().clear();
    assert_eq!(push_at(&host, 5, &order(1, HwSide::Sell, 100)), HwStatus::Ok);
    assert_eq!(step_sequencer(&host), HwStatus::Ok);
    assert_eq!(pop(&host), HwStatus::Idle);
    assert!(host.events.borrow().is_empty(), "nothing of it is durable");
    settle(&host);
    assert_eq!(host.events.borrow().last(), Some(&end(BEFORE + 1, 5)));
}

#[test]
fn a_book_without_a_log_tells_its_listener_the_ends() {
    let mut config = HwBookConfig {
        struct_bytes: size_of::<HwBookConfig>(),
        memory: ptr::null_mut(),
        memory_bytes: 0,
        seed: 1,
        orders: 10,
        instruments: 1,
        sessions: 2,
        memory_is_zero: 1,
        reserved: [0; 3],
    };
    // SAFETY: both are references.
    let asked = unsafe { hw_book_bytes(&raw const config, &raw mut config.memory_bytes) };
    assert_eq!(asked, HwStatus::Ok);
    let mut memory = vec![0_u8; config.memory_bytes];
    config.memory = memory.as_mut_ptr().cast::<c_void>();
    let mut book: *mut HwBook = ptr::null_mut();
    // SAFETY: the memory is zero and stays as long as the test.
    assert_eq!(unsafe { hw_book_open(&raw const config, &raw mut book) }, HwStatus::Ok);
    let mut heard: Vec<HwEvent> = Vec::new();
    let context = (&raw mut heard).cast::<c_void>();
    let day_ends = HwCommand { kind: HwCommandKind::EndOfDay as u8, ..HwCommand::default() };
    let commands = [day_ends, day_ends];
    for (time_ns, wants_ends) in [(7, 1), (8, 0), (9, 1)] {
        let listener = HwListener { context, event: Some(hear), wants_ends, reserved: [0; 7] };
        // SAFETY: the handle is one, and the others are references.
        let status = unsafe {
            let (bytes, listener) = (size_of::<HwCommand>(), &raw const listener);
            hw_book_apply(book, time_ns, commands.as_ptr(), bytes, 2, listener, ptr::null_mut())
        };
        assert_eq!(status, HwStatus::Ok);
    }
    assert_eq!(heard.len(), 2 * (2 + 1 + 2));
    let ends: Vec<HwEvent> = heard.iter().copied().filter(is_end).collect();
    assert_eq!(ends, [end(1, 7), end(2, 7), end(5, 9), end(6, 9)]);
}

unsafe extern "C" fn hear(context: *mut c_void, event: *const HwEvent) {
    // SAFETY: the context is the vector of this test, which nobody else uses meanwhile.
    let heard = unsafe { &mut *context.cast::<Vec<HwEvent>>() };
    // SAFETY: the event is one.
    heard.push(unsafe { *event });
}
