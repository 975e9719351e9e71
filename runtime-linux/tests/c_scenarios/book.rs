//! A book without a log, held through the functions of the C interface.
#![expect(clippy::missing_panics_doc, reason = "what goes wrong in a test panics")]

use core::ffi::c_void;
use core::ptr;
use highwater::types::{Capacities, InstrumentId, Side};
use highwater_capi::{
    HwBook, HwBookConfig, HwCommand, HwDefinition, HwEvent, HwIndicative, HwLevel, HwListener,
    HwStatus, hw_book_apply, hw_book_bytes, hw_book_define, hw_book_depth, hw_book_indicative,
    hw_book_open, hw_book_state_hash,
};

/// A book and its memory.
#[derive(Debug)]
pub struct CBook {
    book: *mut HwBook,
    _memory: Vec<u8>,
}

impl CBook {
    /// An empty book.
    pub fn new(capacities: Capacities, seed: u64) -> Self {
        let Capacities { orders, instruments, sessions } = capacities;
        let mut config = HwBookConfig {
            struct_bytes: size_of::<HwBookConfig>(),
            memory: ptr::null_mut(),
            memory_bytes: 0,
            seed,
            orders,
            instruments,
            sessions,
            memory_is_zero: 1,
            reserved: [0; 3],
        };
        // SAFETY: both are references.
        let asked = unsafe { hw_book_bytes(&raw const config, &raw mut config.memory_bytes) };
        assert_eq!(asked, HwStatus::Ok);
        let mut memory = vec![0_u8; config.memory_bytes];
        config.memory = memory.as_mut_ptr().cast::<c_void>();
        let mut book = ptr::null_mut();
        // SAFETY: the memory is zero, as long as is said, and stays with the handle.
        let opened = unsafe { hw_book_open(&raw const config, &raw mut book) };
        assert_eq!(opened, HwStatus::Ok);
        Self { book, _memory: memory }
    }

    /// What the book tells of a command, its end too; and how the call ended.
    pub fn apply(&mut self, timestamp_ns: u64, command: &HwCommand) -> (HwStatus, Vec<HwEvent>) {
        let mut events = Vec::new();
        let (listener, mut applied) = (listener(&mut events), 0);
        // SAFETY: the handle is one; the rest are references.
        let status = unsafe {
            hw_book_apply(
                self.book,
                timestamp_ns,
                command,
                size_of::<HwCommand>(),
                1,
                &raw const listener,
                &raw mut applied,
            )
        };
        assert_eq!(applied, usize::from(status == HwStatus::Ok));
        (status, events)
    }

    /// The same of a definition, and the instrument's number where it has one.
    pub fn define(&mut self, definition: &HwDefinition) -> (Option<InstrumentId>, Vec<HwEvent>) {
        let (mut events, mut number) = (Vec::new(), u32::MAX);
        let listener = listener(&mut events);
        // SAFETY: the handle is one; the rest are references.
        let status =
            unsafe { hw_book_define(self.book, definition, &raw const listener, &raw mut number) };
        if status == HwStatus::Ok {
            return (Some(InstrumentId(number)), events);
        }
        assert_eq!(status, HwStatus::Absent);
        (None, events)
    }

    /// Up to so many levels of a side, best first.
    pub fn depth(&self, instrument: InstrumentId, side: Side, most: usize) -> Vec<HwLevel> {
        let code = match side {
            Side::Buy => 1,
            Side::Sell => 2,
        };
        let (mut levels, mut count) = (vec![HwLevel::default(); most], 0);
        // SAFETY: the handle is one, and there is room for as many levels.
        let status = unsafe {
            hw_book_depth(self.book, instrument.0, code, levels.as_mut_ptr(), most, &raw mut count)
        };
        assert_eq!(status, HwStatus::Ok);
        levels.truncate(count);
        levels
    }

    /// What an uncross would do.
    pub fn indicative(&self, instrument: InstrumentId) -> Option<HwIndicative> {
        let mut indicative = HwIndicative::default();
        // SAFETY: the handle is one, and the other a reference.
        let status = unsafe { hw_book_indicative(self.book, instrument.0, &raw mut indicative) };
        if status == HwStatus::Ok {
            return Some(indicative);
        }
        assert_eq!(status, HwStatus::Absent);
        None
    }

    /// The hash of its whole state.
    pub fn state_hash(&self) -> u64 {
        // SAFETY: the handle is one.
        unsafe { hw_book_state_hash(self.book) }
    }
}

fn listener(events: &mut Vec<HwEvent>) -> HwListener {
    let context = ptr::from_mut(events).cast::<c_void>();
    HwListener { context, event: Some(hear), wants_ends: 1, reserved: [0; 7] }
}

unsafe extern "C" fn hear(context: *mut c_void, event: *const HwEvent) {
    // SAFETY: the context is the vector of a call that has not returned.
    let events = unsafe { &mut *context.cast::<Vec<HwEvent>>() };
    // SAFETY: the event is one.
    events.push(unsafe { *event });
}
