//! What a call refuses: null, sizes, places, numbers, codes.

use crate::host::{Host, Memory, config, open, order, push, text_of, try_open};
use core::ffi::CStr;
use core::ptr;
use highwater_capi::{
    HW_MEMORY_ALIGN, HwCommand, HwCommandKind, HwConfig, HwHost, HwSide, HwStatus, HwSyncMode,
    hw_best_price, hw_config_default, hw_define, hw_definition_open, hw_durable_sequence,
    hw_error_text, hw_fault, hw_memory_bytes, hw_open, hw_pop, hw_push, hw_recovered,
    hw_state_hash, hw_step_log_writer, hw_step_sequencer, hw_step_syncer, hw_stop,
};

#[test]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one fact holds for all of them")]
fn a_null_pointer_is_a_status() {
    let (mut bytes, mut hash, mut price, mut count) = (0, 0, 0, 0);
    let engine = ptr::null_mut();
    // SAFETY: null is what every one of them looks for, and the others are references.
    let statuses = unsafe {
        [
            hw_config_default(ptr::null_mut()),
            hw_memory_bytes(ptr::null(), &raw mut bytes),
            hw_memory_bytes(&raw const *Box::new(config()), ptr::null_mut()),
            hw_definition_open(ptr::null(), ptr::null_mut()),
            hw_definition_open(c"A".as_ptr(), ptr::null_mut()),
            hw_open(ptr::null(), ptr::null(), ptr::null_mut(), ptr::null_mut()),
            hw_push(engine, 0, &raw const *Box::new(HwCommand::default())),
            hw_define(engine, 0, 1, ptr::null()),
            hw_step_sequencer(engine),
            hw_step_log_writer(engine, 0),
            hw_step_syncer(engine, 0),
            hw_pop(engine, ptr::null_mut(), 1, &raw mut count),
            hw_stop(engine),
            hw_fault(engine, ptr::null_mut()),
            hw_recovered(engine, ptr::null_mut()),
            hw_state_hash(engine, &raw mut hash),
            hw_best_price(engine, 0, HwSide::Buy as u8, &raw mut price),
        ]
    };
    assert_eq!(statuses, [HwStatus::Null; 17]);
    // SAFETY: null is looked for.
    assert_eq!(unsafe { hw_durable_sequence(engine) }, 0);
}

#[test]
#[expect(clippy::multiple_unsafe_ops_per_block, reason = "one fact holds for all of them")]
fn null_and_misplaced_arguments_of_a_running_engine_are_statuses() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    let mut room = [0u64; 40];
    let odd = room.as_mut_ptr().cast::<u8>().wrapping_add(1);
    let mut count = 9;
    // SAFETY: the handle is one, and each pointer is null or misaligned, which is looked for.
    let statuses = unsafe {
        [
            hw_push(host.engine.get(), 0, ptr::null()),
            hw_pop(host.engine.get(), ptr::null_mut(), 1, &raw mut count),
            hw_pop(host.engine.get(), odd.cast(), 1, ptr::null_mut()),
            hw_state_hash(host.engine.get(), ptr::null_mut()),
            hw_push(host.engine.get(), 0, odd.cast()),
            hw_pop(host.engine.get(), odd.cast(), 1, &raw mut count),
            hw_state_hash(host.engine.get(), odd.cast()),
        ]
    };
    let (null, bad) = (HwStatus::Null, HwStatus::BadStruct);
    assert_eq!(statuses, [null, null, null, null, bad, bad, bad]);
    assert_eq!(count, 0, "nothing was popped");
}

#[test]
fn memory_that_will_not_do_is_refused() {
    let mut good = config();
    let _memory = Memory::of(&mut good);
    let beside = good.memory.cast::<u8>().wrapping_add(HW_MEMORY_ALIGN / 2).cast();
    for (config, status) in [
        (HwConfig { memory: ptr::null_mut(), ..good }, HwStatus::Null),
        (HwConfig { memory: beside, ..good }, HwStatus::BadAlignment),
        (HwConfig { memory_bytes: good.memory_bytes - 1, ..good }, HwStatus::TooSmall),
        (HwConfig { memory_bytes: 0, ..good }, HwStatus::TooSmall),
        (HwConfig { orders: good.orders * 100, ..good }, HwStatus::TooSmall),
        (HwConfig { struct_bytes: 8, ..good }, HwStatus::BadStruct),
    ] {
        refuses(&config, status);
    }
    open(&good, &Host::new());
}

#[test]
fn numbers_out_of_range_are_refused() {
    let mut good = config();
    let _memory = Memory::of(&mut good);
    let bad = |change: fn(&mut HwConfig)| {
        let mut config = good;
        change(&mut config);
        refuses(&config, HwStatus::BadConfig);
        // SAFETY: both are references.
        let asked = unsafe { hw_memory_bytes(&raw const config, &raw mut config.memory_bytes) };
        assert_eq!(asked, HwStatus::BadConfig);
    };
    bad(|config| config.orders = 0);
    bad(|config| config.orders = u32::MAX);
    bad(|config| config.instruments = 0);
    bad(|config| config.sessions = 1);
    bad(|config| config.sessions = 65_537);
    bad(|config| config.ring_capacity = 0);
    bad(|config| config.ring_capacity = 24);
    bad(|config| config.ring_capacity = 131_072);
    bad(|config| config.batch_blocks = 0);
    bad(|config| config.segment_bytes = 4_096);
    bad(|config| config.segment_bytes = 8_193);
    bad(|config| config.sync_mode = 5);
    bad(|config| config.memory_is_zero = 2);
    bad(|config| config.logs_trades = 255);
    bad(|config| config.sync_mode = HwSyncMode::Interval as u8);
}

#[test]
fn a_missing_callback_is_refused() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let refused = |config: &HwConfig, change: fn(&mut HwHost)| {
        let host = Host::new();
        let mut calls = host.calls();
        change(&mut calls);
        let mut engine = ptr::null_mut();
        // SAFETY: all are references, but the last, which may be null.
        unsafe { hw_open(&raw const *config, &raw const calls, &raw mut engine, ptr::null_mut()) }
    };
    assert_eq!(refused(&config, |calls| calls.struct_bytes += 8), HwStatus::BadStruct);
    let changes: [fn(&mut HwHost); 9] = [
        |calls| calls.segments = None,
        |calls| calls.segment_bytes = None,
        |calls| calls.read_at = None,
        |calls| calls.sync_all = None,
        |calls| calls.begin = None,
        |calls| calls.cut = None,
        |calls| calls.append = None,
        |calls| calls.sync = None,
        |calls| calls.wait = None,
    ];
    for change in changes {
        assert_eq!(refused(&config, change), HwStatus::Null);
    }
    assert_eq!(refused(&config, |calls| calls.replayed = None), HwStatus::Ok);
    config.sync_mode = HwSyncMode::Interval as u8;
    config.sync_count = 10;
    assert_eq!(refused(&config, |_| {}), HwStatus::Null, "the mode needs sync_beside");
}

#[test]
fn codes_that_stand_for_nothing_are_refused() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    open(&config, &host);
    let good = order(1, HwSide::Buy, 100);
    let of_kind = |kind: HwCommandKind| {
        let mut command = good;
        command.kind = kind as u8;
        command
    };
    for bad in [
        HwCommand { kind: 0, ..good },
        HwCommand { kind: 13, ..good },
        HwCommand { client_bytes_count: 33, ..good },
        HwCommand { client_bytes_count: 33, ..of_kind(HwCommandKind::Replace) },
        HwCommand { client_bytes_count: 33, ..of_kind(HwCommandKind::Note) },
        HwCommand { side: 0, ..good },
        HwCommand { side: 3, ..good },
        HwCommand { order_type: 4, ..good },
        HwCommand { time_in_force: 5, ..good },
        HwCommand { self_trade: 4, ..good },
        HwCommand { post_only: 2, ..good },
        HwCommand { rule: 2, ..of_kind(HwCommandKind::Replace) },
        HwCommand { sizing: 3, ..of_kind(HwCommandKind::Replace) },
        HwCommand { control: 0, ..of_kind(HwCommandKind::Control) },
        HwCommand { control: 7, ..of_kind(HwCommandKind::Control) },
        HwCommand { chosen: 8, ..of_kind(HwCommandKind::MassCancel) },
        HwCommand { side: 9, ..of_kind(HwCommandKind::MassCancel) },
    ] {
        assert_eq!(push(&host, &bad), HwStatus::BadCommand, "{bad:?}");
    }
    assert_eq!(push(&host, &good), HwStatus::Ok);
    // SAFETY: every field of it is a number, for which zero is a value.
    let nameless = unsafe { core::mem::zeroed() };
    // SAFETY: the handle is one, and the other a reference.
    let defined = unsafe { hw_define(host.engine.get(), 0, 2, &raw const nameless) };
    assert_eq!(defined, HwStatus::BadCommand);
    let mut definition = nameless;
    for (name, status) in [
        (c"", HwStatus::BadCommand),
        (c"seventeen letters", HwStatus::BadCommand),
        (c"sixteen letters.", HwStatus::Ok),
    ] {
        // SAFETY: the name ends with a zero byte, and the other is a reference.
        let named = unsafe { hw_definition_open(name.as_ptr(), &raw mut definition) };
        assert_eq!(named, status);
    }
}

#[test]
fn every_status_has_a_sentence_of_its_own() {
    let sentence = |status| {
        // SAFETY: it is static and ends with a zero byte.
        let text = unsafe { CStr::from_ptr(hw_error_text(status)) };
        text.to_str().expect("UTF-8").to_owned()
    };
    let mut sentences: Vec<String> = (-15..=3).map(sentence).collect();
    assert!(!sentences.contains(&sentence(4)), "which is no status: {}", sentence(4));
    assert_eq!(sentence(-16), sentence(4));
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 19);
}

fn refuses(config: &HwConfig, status: HwStatus) {
    let host = Host::new();
    let error = try_open(config, &host).expect_err("it is refused");
    assert_eq!(error.status, status as i32);
    assert!(!text_of(&error).is_empty());
    assert!(host.segments.borrow().is_empty(), "the log was not touched");
}
