//! A host whose log is memory: callbacks that count, fail and lie as a test wants.

use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::ptr;
use highwater_capi::{
    HW_MEMORY_ALIGN, HwCommand, HwCommandKind, HwConfig, HwEngine, HwError, HwEvent, HwHost,
    HwSide, HwStatus, hw_config_default, hw_define, hw_definition_open, hw_memory_bytes, hw_open,
    hw_pop, hw_push, hw_step_log_writer, hw_step_sequencer,
};
use std::alloc::{Layout, alloc_zeroed, dealloc};

/// Room for what one test appends to a segment: it never allocates while an engine runs.
const SEGMENT_ROOM: usize = 1 << 19;

/// What the callbacks see as their context.
pub(crate) struct Host {
    /// The segments, from number 1 on.
    pub(crate) segments: RefCell<Vec<Vec<u8>>>,
    /// What the next sync returns, and every one after it.
    pub(crate) sync_fails: Cell<i32>,
    pub(crate) sync_count: Cell<u64>,
    pub(crate) append_count: Cell<u64>,
    /// What `segments` answers in the place of the truth.
    pub(crate) lied_segments: Cell<Option<(u64, u64)>>,
    /// What is added to the number of bytes that were read.
    pub(crate) lied_bytes: Cell<usize>,
    /// Steps its engine's log writer once more out of a sync: what that returned.
    pub(crate) reentered: Cell<Option<HwStatus>>,
    pub(crate) reenters: Cell<bool>,
    pub(crate) engine: Cell<*mut HwEngine>,
    /// Events that came out, those of a replay first; room for all of them is there.
    pub(crate) events: RefCell<Vec<HwEvent>>,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self {
            segments: RefCell::new(Vec::with_capacity(8)),
            sync_fails: Cell::new(0),
            sync_count: Cell::new(0),
            append_count: Cell::new(0),
            lied_segments: Cell::new(None),
            lied_bytes: Cell::new(0),
            reentered: Cell::new(None),
            reenters: Cell::new(false),
            engine: Cell::new(ptr::null_mut()),
            events: RefCell::new(Vec::with_capacity(4_096)),
        }
    }

    pub(crate) fn calls(&self) -> HwHost {
        HwHost {
            struct_bytes: size_of::<HwHost>(),
            context: ptr::from_ref(self).cast_mut().cast(),
            segments: Some(segments),
            segment_bytes: Some(segment_bytes),
            read_at: Some(read_at),
            sync_all: Some(sync_all),
            begin: Some(begin),
            cut: Some(cut),
            append: Some(append),
            sync: Some(sync),
            sync_beside: None,
            wait: Some(wait),
            replayed: Some(replayed),
        }
    }
}

/// Memory of an engine, freed at the end.
pub(crate) struct Memory(*mut u8, Layout);

impl Memory {
    pub(crate) fn of(config: &mut HwConfig) -> Self {
        // SAFETY: both are references.
        let status = unsafe { hw_memory_bytes(&raw const *config, &raw mut config.memory_bytes) };
        assert_eq!(status, HwStatus::Ok);
        let layout = Layout::from_size_align(config.memory_bytes, HW_MEMORY_ALIGN).expect("a size");
        // SAFETY: the size is not 0.
        let start = unsafe { alloc_zeroed(layout) };
        config.memory = start.cast();
        Self(start, layout)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and the test is done with its engine.
        unsafe { dealloc(self.0, self.1) };
    }
}

/// A small engine.
pub(crate) fn config() -> HwConfig {
    // SAFETY: every field of it is a number or a pointer, for which zero is a value.
    let mut config = unsafe { core::mem::zeroed() };
    // SAFETY: it is a reference.
    assert_eq!(unsafe { hw_config_default(&raw mut config) }, HwStatus::Ok);
    HwConfig {
        orders: 200,
        instruments: 4,
        sessions: 4,
        ring_capacity: 16,
        batch_blocks: 4,
        log_id: *b"chosen at random",
        ..config
    }
}

/// Opens an engine, which must succeed, and notes its handle in the host.
pub(crate) fn open(config: &HwConfig, host: &Host) {
    match try_open(config, host) {
        Ok(engine) => host.engine.set(engine),
        Err(error) => panic!("{}", text_of(&error)),
    }
}

#[expect(clippy::result_large_err, reason = "it is what the C interface fills in")]
pub(crate) fn try_open(config: &HwConfig, host: &Host) -> Result<*mut HwEngine, HwError> {
    host.events.borrow_mut().clear();
    let calls = host.calls();
    let mut engine = ptr::null_mut();
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut error: HwError = unsafe { core::mem::zeroed() };
    // SAFETY: all four are references, and the memory stays as long as the test.
    let status =
        unsafe { hw_open(&raw const *config, &raw const calls, &raw mut engine, &raw mut error) };
    assert_eq!(status == HwStatus::Ok, !engine.is_null(), "a handle exactly when all is well");
    if status == HwStatus::Ok { Ok(engine) } else { Err(error) }
}

pub(crate) fn text_of(error: &HwError) -> String {
    let bytes = error.text.iter().map(|c| c.to_le_bytes()[0]);
    let bytes: Vec<u8> = bytes.take_while(|byte| *byte != 0).collect();
    String::from_utf8(bytes).expect("UTF-8")
}

/// An order of session 1 on instrument 0.
pub(crate) fn order(id: u64, side: HwSide, price: u32) -> HwCommand {
    HwCommand {
        kind: HwCommandKind::New as u8,
        session: 1,
        client_sequence: id,
        order: id,
        side: side as u8,
        price,
        quantity: 10,
        ..HwCommand::default()
    }
}

pub(crate) fn push(host: &Host, command: &HwCommand) -> HwStatus {
    push_at(host, 7, command)
}

/// Pushes it as one that came at this time.
pub(crate) fn push_at(host: &Host, timestamp_ns: u64, command: &HwCommand) -> HwStatus {
    // SAFETY: the handle is one, and the command a reference.
    unsafe { hw_push(host.engine.get(), timestamp_ns, &raw const *command) }
}

pub(crate) fn step_sequencer(host: &Host) -> HwStatus {
    // SAFETY: the handle is one.
    unsafe { hw_step_sequencer(host.engine.get()) }
}

pub(crate) fn step_log_writer(host: &Host) -> HwStatus {
    // SAFETY: the handle is one.
    unsafe { hw_step_log_writer(host.engine.get(), 0) }
}

/// Pops what may leave, a few at a time, and notes it.
pub(crate) fn pop(host: &Host) -> HwStatus {
    let mut events = [HwEvent::default(); 3];
    loop {
        let mut count = 0;
        // SAFETY: the handle is one, and there is room for three events.
        let status = unsafe { hw_pop(host.engine.get(), events.as_mut_ptr(), 3, &raw mut count) };
        host.events.borrow_mut().extend_from_slice(&events[..count]);
        if status != HwStatus::Ok {
            return status;
        }
    }
}

/// Defines the one instrument, as the operator's second command; a repeat is answered as one.
pub(crate) fn define(host: &Host) {
    // SAFETY: every field of it is a number, for which zero is a value.
    let mut aurora = unsafe { core::mem::zeroed() };
    // SAFETY: the name ends with a zero byte, and the other is a reference.
    assert_eq!(unsafe { hw_definition_open(c"AURORA".as_ptr(), &raw mut aurora) }, HwStatus::Ok);
    // SAFETY: the handle is one, and the other a reference.
    assert_eq!(unsafe { hw_define(host.engine.get(), 0, 2, &raw const aurora) }, HwStatus::Ok);
}

/// Steps the stages until nothing is left to do.
pub(crate) fn settle(host: &Host) {
    while step_sequencer(host) == HwStatus::Ok
        || step_log_writer(host) == HwStatus::Ok
        || pop(host) == HwStatus::Ok
    {}
    let _status = pop(host);
}

/// # Safety
/// `context` is a host.
unsafe fn host<'a>(context: *mut c_void) -> &'a Host {
    // SAFETY: the caller vouches for it.
    unsafe { &*context.cast() }
}

unsafe extern "C" fn segments(context: *mut c_void, first: *mut u64, last: *mut u64) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    let count = host.segments.borrow().len() as u64;
    let (from, to) = host.lied_segments.get().unwrap_or_else(|| (count.min(1), count));
    // SAFETY: the engine gives room for it.
    unsafe { first.write(from) };
    // SAFETY: the engine gives room for it.
    unsafe { last.write(to) };
    0
}

unsafe extern "C" fn segment_bytes(context: *mut c_void, segment: u64, bytes: *mut u64) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    let segments = host.segments.borrow();
    if let Some(written) = usize::try_from(segment).ok().and_then(|n| segments.get(n - 1)) {
        // SAFETY: the engine gives room for it.
        unsafe { bytes.write(written.len() as u64) };
    }
    0
}

unsafe extern "C" fn read_at(
    context: *mut c_void,
    segment: u64,
    position: u64,
    into: *mut u8,
    wanted: usize,
    read: *mut usize,
) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    let segments = host.segments.borrow();
    let written = &segments[usize::try_from(segment).expect("a segment") - 1];
    let there = written.get(usize::try_from(position).expect("a place")..).unwrap_or_default();
    let count = there.len().min(wanted);
    // SAFETY: the engine gives room for what it wants, which is apart from the log.
    unsafe { into.copy_from_nonoverlapping(there.as_ptr(), count) };
    // SAFETY: the engine gives room for it.
    unsafe { read.write(count + host.lied_bytes.get()) };
    0
}

unsafe extern "C" fn sync_all(_: *mut c_void, _: u64) -> i32 {
    0
}

unsafe extern "C" fn begin(
    context: *mut c_void,
    segment: u64,
    _: u64,
    header: *const u8,
    header_bytes: usize,
) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    assert_eq!(segment, host.segments.borrow().len() as u64 + 1);
    host.segments.borrow_mut().push(Vec::with_capacity(SEGMENT_ROOM));
    // SAFETY: the engine gives these bytes, and the context is that of this call.
    unsafe { append(context, 0, header, header_bytes) }
}

unsafe extern "C" fn cut(context: *mut c_void, segment: u64, position: u64) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    let kept = usize::try_from(segment).expect("a segment") - usize::from(position == 0);
    let mut segments = host.segments.borrow_mut();
    segments.truncate(kept);
    if position > 0 {
        let last = segments.last_mut().expect("a segment");
        last.truncate(usize::try_from(position).expect("a place"));
    }
    0
}

unsafe extern "C" fn append(
    context: *mut c_void,
    position: u64,
    blocks: *const u8,
    length: usize,
) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    host.append_count.update(|count| count + 1);
    let mut segments = host.segments.borrow_mut();
    let last = segments.last_mut().expect("a segment");
    assert_eq!(position, last.len() as u64, "right behind what is there");
    // SAFETY: the engine gives these bytes.
    last.extend_from_slice(unsafe { core::slice::from_raw_parts(blocks, length) });
    0
}

unsafe extern "C" fn sync(context: *mut c_void) -> i32 {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    host.sync_count.update(|count| count + 1);
    if host.reenters.get() {
        host.reentered.set(Some(step_log_writer(host)));
    }
    host.sync_fails.get()
}

unsafe extern "C" fn wait(context: *mut c_void) {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    let _status = step_log_writer(host);
    let _status = pop(host);
}

unsafe extern "C" fn replayed(context: *mut c_void, event: *const HwEvent) {
    // SAFETY: `calls` made it.
    let host = unsafe { host(context) };
    // SAFETY: the engine gives it.
    host.events.borrow_mut().push(unsafe { *event });
}
