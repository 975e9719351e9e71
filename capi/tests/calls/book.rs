//! A book without a log: what it answers, and what its calls refuse.

use core::ffi::{CStr, c_void};
use core::ptr;
use highwater_capi::{
    HwBook, HwBookConfig, HwCommand, HwCommandKind, HwEvent, HwEventKind, HwLevel, HwListener,
    HwOrder, HwOrderType, HwRejectReason, HwSide, HwStatus, hw_book_apply, hw_book_best,
    hw_book_bytes, hw_book_define, hw_book_depth, hw_book_level, hw_book_open, hw_book_order,
    hw_book_reset, hw_book_state_hash, hw_cancel_reason_name, hw_definition_open,
    hw_event_kind_name, hw_reject_reason_name, hw_version,
};

/// A book, its memory, and what it told.
struct Made {
    book: *mut HwBook,
    _memory: Vec<u8>,
    events: Vec<HwEvent>,
}

fn config() -> HwBookConfig {
    HwBookConfig {
        struct_bytes: size_of::<HwBookConfig>(),
        memory: ptr::null_mut(),
        memory_bytes: 0,
        seed: 5,
        orders: 100,
        instruments: 2,
        sessions: 4,
        memory_is_zero: 0,
        reserved: [0; 3],
    }
}

/// A book with an instrument, in memory of rubbish that starts so many bytes behind an allocation.
fn made(skipped: usize) -> Made {
    let mut config = config();
    let mut bytes = 0;
    // SAFETY: references to what is asked for.
    assert_eq!(unsafe { hw_book_bytes(&raw const config, &raw mut bytes) }, HwStatus::Ok);
    let mut memory = vec![0xa5; bytes + skipped];
    config.memory = memory.as_mut_ptr().wrapping_add(skipped).cast::<c_void>();
    config.memory_bytes = bytes;
    let mut book = ptr::null_mut();
    // SAFETY: the memory stays with the handle.
    assert_eq!(unsafe { hw_book_open(&raw const config, &raw mut book) }, HwStatus::Ok);
    let mut made = Made { book, _memory: memory, events: Vec::new() };
    let mut definition = core::mem::MaybeUninit::uninit();
    // SAFETY: a text with its zero, and room for a definition.
    let named = unsafe { hw_definition_open(c"GOLD".as_ptr(), definition.as_mut_ptr()) };
    assert_eq!(named, HwStatus::Ok);
    let (listener, mut instrument) = (made.listener(), 9);
    // SAFETY: the handle is one, and the definition was filled in.
    let defined = unsafe {
        hw_book_define(book, definition.as_ptr(), &raw const listener, &raw mut instrument)
    };
    assert_eq!((defined, instrument), (HwStatus::Ok, 0));
    made
}

unsafe extern "C" fn hear(context: *mut c_void, event: *const HwEvent) {
    // SAFETY: the context is the vector of a `Made`, which nobody else uses meanwhile.
    let events = unsafe { &mut *context.cast::<Vec<HwEvent>>() };
    // SAFETY: the event is one.
    events.push(unsafe { *event });
}

impl Made {
    fn listener(&mut self) -> HwListener {
        let context = (&raw mut self.events).cast::<c_void>();
        HwListener { context, event: Some(hear), wants_ends: 0, reserved: [0; 7] }
    }

    /// Applies commands; returns how it ended, how many were applied, and the kinds of events.
    fn apply(&mut self, commands: &[HwCommand]) -> (HwStatus, usize, Vec<u8>) {
        self.events.clear();
        let (listener, mut applied) = (self.listener(), 77);
        // SAFETY: the handle is one, the commands and the listener are references.
        let status = unsafe {
            hw_book_apply(
                self.book,
                0,
                commands.as_ptr(),
                size_of::<HwCommand>(),
                commands.len(),
                &raw const listener,
                &raw mut applied,
            )
        };
        (status, applied, self.events.iter().map(|event| event.kind).collect())
    }

    fn order(&self, order: u64) -> Result<HwOrder, HwStatus> {
        let mut found = HwOrder::default();
        // SAFETY: the handle is one, and there is room for an order.
        let status = unsafe { hw_book_order(self.book, 0, order, &raw mut found) };
        if status == HwStatus::Ok { Ok(found) } else { Err(status) }
    }
}

fn new(order: u64, side: HwSide, price: u32) -> HwCommand {
    HwCommand {
        kind: HwCommandKind::New as u8,
        session: 1,
        order,
        side: side as u8,
        price,
        quantity: 10,
        ..HwCommand::default()
    }
}

#[test]
fn a_book_answers_wherever_its_memory_starts() {
    for skipped in [0, 1, 63, 64, 127] {
        let mut made = made(skipped);
        let commands = [new(1, HwSide::Buy, 99), new(2, HwSide::Buy, 99), new(3, HwSide::Sell, 99)];
        let (status, applied, kinds) = made.apply(&commands);
        let (accepted, rested) = (HwEventKind::Accepted, HwEventKind::Rested);
        let expected = [accepted, rested, accepted, rested, accepted, HwEventKind::Trade];
        let expected = expected.map(|kind| kind as u8);
        assert_eq!((status, applied, kinds), (HwStatus::Ok, 3, expected.to_vec()));
        let order = made.order(2).expect("it rests");
        assert_eq!((order.remaining, order.orders_ahead, order.quantity_ahead), (10, 0, 0));
        assert_eq!(made.order(1), Err(HwStatus::Absent));
        let mut levels = [HwLevel::default(); 4];
        let mut count = 0;
        // SAFETY: the handle is one, and there is room for four levels.
        let status = unsafe {
            hw_book_depth(made.book, 0, HwSide::Buy as u8, levels.as_mut_ptr(), 4, &raw mut count)
        };
        let level = HwLevel { visible: 10, quantity: 10, price: 99, order_count: 1 };
        assert_eq!((status, count, levels[0]), (HwStatus::Ok, 1, level));
        let mut best = HwLevel::default();
        // SAFETY: as above.
        let status = unsafe { hw_book_best(made.book, 0, HwSide::Sell as u8, &raw mut best) };
        assert_eq!(status, HwStatus::Absent, "nobody sells");
        // SAFETY: as above.
        let status = unsafe { hw_book_level(made.book, 0, HwSide::Buy as u8, 99, &raw mut best) };
        assert_eq!((status, best), (HwStatus::Ok, level));
    }
}

#[test]
fn a_waiting_stop_is_found_too() {
    let mut made = made(0);
    let stop =
        HwCommand { order_type: HwOrderType::Stop as u8, trigger: 120, ..new(7, HwSide::Buy, 0) };
    assert_eq!(made.apply(&[stop]).0, HwStatus::Ok);
    let found = made.order(7).expect("it waits");
    assert_eq!((found.trigger, found.price, found.visible), (120, 0, 0));
}

#[test]
fn a_batch_ends_before_the_first_command_that_is_none() {
    let mut made = made(0);
    let bad = HwCommand { side: 9, ..new(2, HwSide::Buy, 98) };
    let (status, applied, kinds) =
        made.apply(&[new(1, HwSide::Buy, 99), bad, new(3, HwSide::Buy, 97)]);
    assert_eq!((status, applied, kinds.len()), (HwStatus::BadCommand, 1, 2));
    assert!(made.order(1).is_ok() && made.order(3).is_err());
    let stale = HwCommand { client_sequence: 1, ..new(4, HwSide::Buy, 98) };
    assert_eq!(made.apply(&[stale]), (HwStatus::NotFresh, 0, Vec::new()));
    let configure = HwCommand {
        kind: HwCommandKind::Configure as u8,
        orders: 101,
        instruments: 2,
        sessions: 4,
        ..HwCommand::default()
    };
    assert_eq!(made.apply(&[configure]), (HwStatus::NeedsCapacities, 0, Vec::new()));
    // What cannot be executed is an event, and counts.
    let (status, applied, _) = made.apply(&[new(1, HwSide::Buy, 99)]);
    assert_eq!((status, applied), (HwStatus::Ok, 1));
    assert_eq!(made.events[0].reason, HwRejectReason::DuplicateId as u8);
    assert_eq!(made.apply(&[]), (HwStatus::Ok, 0, Vec::new()));
}

#[test]
fn an_emptied_book_is_as_at_first() {
    let (mut made, other) = (made(0), made(0));
    // SAFETY: both handles are ones.
    let hash = |made: &Made| unsafe { hw_book_state_hash(made.book) };
    made.apply(&[new(1, HwSide::Buy, 99)]);
    assert_ne!(hash(&made), hash(&other));
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_book_reset(made.book) }, HwStatus::Ok);
    let events = made.apply(&[new(1, HwSide::Buy, 99)]);
    assert_eq!(events.1, 1, "the instrument is gone, so that is a reject");
    assert_eq!(made.events[0].reason, HwRejectReason::UnknownInstrument as u8);
}

#[test]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one fact holds for all of them")]
fn wrong_arguments_are_statuses() {
    let made = made(0);
    let (mut level, mut order, mut count) = (HwLevel::default(), HwOrder::default(), 0);
    let mut foreign = [0_u8; 512];
    let foreign = foreign.as_mut_ptr();
    let foreign = foreign.wrapping_add(foreign.addr().wrapping_neg() % 128);
    let foreign = foreign.cast::<c_void>().cast::<HwBook>();
    let misaligned = made.book.cast::<u8>().wrapping_add(1).cast::<c_void>().cast::<HwBook>();
    let buy = HwSide::Buy as u8;
    // SAFETY: null and misaligned pointers are looked for, as is memory that holds no book.
    unsafe {
        for (book, status) in [
            (ptr::null_mut(), HwStatus::Null),
            (misaligned, HwStatus::BadStruct),
            (foreign, HwStatus::BadStruct),
        ] {
            assert_eq!(hw_book_best(book, 0, buy, &raw mut level), status);
            assert_eq!(hw_book_order(book, 0, 1, &raw mut order), status);
            assert_eq!(hw_book_reset(book), status);
            assert_eq!(hw_book_state_hash(book), 0);
            let apply = hw_book_apply(
                book,
                0,
                ptr::null(),
                size_of::<HwCommand>(),
                0,
                ptr::null(),
                ptr::null_mut(),
            );
            assert_eq!(apply, status);
        }
        assert_eq!(hw_book_best(made.book, 0, buy, ptr::null_mut()), HwStatus::Absent);
        assert_eq!(hw_book_best(made.book, 0, 7, &raw mut level), HwStatus::BadCommand);
        assert_eq!(hw_book_best(made.book, 99, buy, &raw mut level), HwStatus::Absent);
        let depth = hw_book_depth(made.book, 0, buy, ptr::null_mut(), 3, &raw mut count);
        assert_eq!(depth, HwStatus::Null);
        let short = hw_book_apply(
            made.book,
            0,
            ptr::null(),
            size_of::<HwCommand>() - 8,
            1,
            ptr::null(),
            ptr::null_mut(),
        );
        assert_eq!(short, HwStatus::BadStruct, "another header's command");
    }
}

#[test]
fn wrong_configurations_are_statuses() {
    let mut memory = vec![0_u8; 1 << 20];
    let good = HwBookConfig {
        memory: memory.as_mut_ptr().cast::<c_void>(),
        memory_bytes: memory.len(),
        ..config()
    };
    for (config, status) in [
        (HwBookConfig { struct_bytes: 8, ..good }, HwStatus::BadStruct),
        (HwBookConfig { orders: 0, ..good }, HwStatus::BadConfig),
        (HwBookConfig { orders: u32::MAX, ..good }, HwStatus::BadConfig),
        (HwBookConfig { memory_is_zero: 2, ..good }, HwStatus::BadConfig),
        (HwBookConfig { memory: ptr::null_mut(), ..good }, HwStatus::Null),
        (HwBookConfig { memory_bytes: 1_000, ..good }, HwStatus::TooSmall),
        (HwBookConfig { orders: 1 << 28, ..good }, HwStatus::TooSmall),
    ] {
        let mut book = ptr::dangling_mut();
        // SAFETY: the memory stays, and the others are references.
        assert_eq!(unsafe { hw_book_open(&raw const config, &raw mut book) }, status);
        assert!(book.is_null(), "{config:?}");
    }
}

#[test]
fn a_listener_that_calls_its_own_book_is_told_that_it_is_busy() {
    struct Caller {
        book: *mut HwBook,
        statuses: Vec<HwStatus>,
    }
    unsafe extern "C" fn call(context: *mut c_void, _: *const HwEvent) {
        let mut level = HwLevel::default();
        // SAFETY: the context is the caller of this test.
        let caller = unsafe { &mut *context.cast::<Caller>() };
        // SAFETY: the handle is one.
        let status = unsafe { hw_book_best(caller.book, 0, 1, &raw mut level) };
        caller.statuses.push(status);
    }
    let made = made(0);
    let mut caller = Caller { book: made.book, statuses: Vec::new() };
    let context = (&raw mut caller).cast::<c_void>();
    let listener = HwListener { context, event: Some(call), wants_ends: 1, reserved: [0; 7] };
    let command = new(1, HwSide::Buy, 99);
    let (bytes, mut applied) = (size_of::<HwCommand>(), 0);
    // SAFETY: the handle is one, and the others are references.
    let status = unsafe {
        let (command, listener) = (&raw const command, &raw const listener);
        hw_book_apply(made.book, 0, command, bytes, 1, listener, &raw mut applied)
    };
    assert_eq!((status, applied), (HwStatus::Ok, 1));
    assert_eq!(caller.statuses, [HwStatus::Busy; 3], "two events, and the end of the command");
}

#[test]
fn numbers_have_names() {
    // SAFETY: each is a text in static memory.
    let text = |name| unsafe { CStr::from_ptr(name) }.to_str().expect("plain text");
    assert_eq!(text(hw_version()), env!("CARGO_PKG_VERSION"));
    assert_eq!(text(hw_event_kind_name(HwEventKind::Trade as u8)), "trade");
    assert_eq!(text(hw_reject_reason_name(HwRejectReason::Halted as u8)), "halted");
    assert_eq!(text(hw_cancel_reason_name(3)), "self_trade");
    for unknown in [0, 99, 255] {
        assert_eq!(text(hw_event_kind_name(unknown)), "unknown");
        assert_eq!(text(hw_reject_reason_name(unknown)), "unknown");
    }
}
