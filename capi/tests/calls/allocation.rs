//! An engine allocates nothing, from its opening to its end.

use crate::host::{Host, Memory, config, open, order, pop, push, step_log_writer, step_sequencer};
use highwater_capi::{HwSide, HwStatus, hw_define, hw_definition_open, hw_stop};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread allocates.
struct Counting;

// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn an_engine_allocates_nothing() {
    let mut config = config();
    let _memory = Memory::of(&mut config);
    let host = Host::new();
    host.segments.borrow_mut().push(Vec::with_capacity(1 << 20));
    let before = COUNT.with(Cell::get);
    open(&config, &host);
    // The new segment is the host's own.
    let opened = COUNT.with(Cell::get);
    assert_eq!(opened - before, 1, "opening");
    live(&host);
    assert_eq!(COUNT.with(Cell::get), opened, "running and stopping");
    drop(Box::new(1));
    assert_eq!(COUNT.with(Cell::get), opened + 1, "an allocation would be seen");
}

/// Orders that rest and trade, to the end.
fn live(host: &Host) {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut aurora = unsafe { core::mem::zeroed() };
    // SAFETY: the name ends with a zero byte, and the other is a reference.
    assert_eq!(unsafe { hw_definition_open(c"AURORA".as_ptr(), &raw mut aurora) }, HwStatus::Ok);
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_define(host.engine.get(), 0, 2, &raw const aurora) }, HwStatus::Ok);
    for id in 1..=100 {
        let side = if id % 3 == 0 { HwSide::Buy } else { HwSide::Sell };
        while push(host, &order(id, side, 100)) == HwStatus::Full {
            let _status = step_sequencer(host);
            let _status = step_log_writer(host);
            let _status = pop(host);
        }
    }
    // SAFETY: the handle is one.
    assert_eq!(unsafe { hw_stop(host.engine.get()) }, HwStatus::Ok);
    loop {
        let _status = step_sequencer(host);
        let _status = step_log_writer(host);
        if pop(host) == HwStatus::Done {
            break;
        }
    }
    assert!(host.events.borrow().len() > 200, "they traded");
}
