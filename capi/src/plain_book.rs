//! A book without a log, in memory that the host gives: commands in, events out, questions.

use crate::command::{HwCommand, HwDefinition, flag};
use crate::event::HwEvent;
use crate::pointer::{borrow, check, put, status_of};
use crate::status::HwStatus;
use crate::try_lock::TryLock;
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;
use core::slice;
use highwater::book::{Book, Depth, SubmissionFault};
use highwater::command::{Action, Command};
use highwater::event::{CommandEnd, Event, EventSink};
use highwater::types::{Capacities, ClientSequence, SessionId};

/// Tells a book's memory from any other.
const TAG: u64 = u64::from_le_bytes(*b"hwbook01");

/// Every part of a book's memory starts at a multiple of this.
const ALIGN: usize = 128;
const _: () = assert!(align_of::<HwBook>() <= ALIGN);

/// A book without a log. It lives in the memory that its host gave, and ends with it.
///
/// One caller at a time may use it; a second one, and a callback of its own, gets
/// `HW_STATUS_BUSY`.
#[expect(missing_debug_implementations, reason = "the handle of the C interface is opaque")]
pub struct HwBook(Tagged);

/// The tag comes first, so that only the first word is read of memory that holds no book.
#[repr(C)]
struct Tagged {
    tag: u64,
    inside: TryLock<Inside>,
}
const _: () = assert!(offset_of!(HwBook, 0) + offset_of!(Tagged, tag) == 0);

/// A book and the quantities of its levels.
pub(crate) struct Inside {
    pub(crate) book: Book<'static>,
    pub(crate) depth: Depth<'static>,
}

/// What a host chooses of a book without a log.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HwBookConfig {
    /// `sizeof(hw_book_config)`.
    pub struct_bytes: usize,
    /// Where the book is to live: as many bytes as `hw_book_bytes` says, wherever they start. It is
    /// the book's until the last call has returned.
    pub memory: *mut c_void,
    /// How many bytes they are.
    pub memory_bytes: usize,
    /// Spreads the hash tables; changes no result.
    pub seed: u64,
    /// Open orders, 1 to 2^28.
    pub orders: u32,
    /// Instruments, 1 to 2^24.
    pub instruments: u32,
    /// Sessions, the operator's included, 2 to 65,536.
    pub sessions: u32,
    /// 1 when all the memory is zero, as fresh pages of a system are: then what the book does not
    /// need is never touched. Else 0, and `hw_book_open` makes it so.
    pub memory_is_zero: u8,
    /// Zeros.
    pub reserved: [u8; 3],
}

/// Where the events of a book without a log go.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HwListener {
    /// Given to `event`.
    pub context: *mut c_void,
    /// Called for each event, in causal order, while the command is executed. It may not throw an
    /// exception or jump out.
    pub event: Option<unsafe extern "C" fn(context: *mut c_void, event: *const HwEvent)>,
    /// 1 to be told the end of every command too, as an event of its own kind; else 0.
    pub wants_ends: u8,
    /// Zeros.
    pub reserved: [u8; 7],
}

impl HwBookConfig {
    fn check(&self) -> Result<Capacities, HwStatus> {
        if self.struct_bytes != size_of::<Self>() {
            return Err(HwStatus::BadStruct);
        }
        let Self { orders, instruments, sessions, .. } = *self;
        let capacities = Capacities { orders, instruments, sessions };
        match (Book::check_capacities(capacities), flag(self.memory_is_zero)) {
            (Ok(()), Some(_)) => Ok(capacities),
            _ => Err(HwStatus::BadConfig),
        }
    }
}

/// Bytes that are needed for these capacities, wherever they start; `None` when this machine cannot
/// address as many.
fn bytes_of(capacities: Capacities) -> Option<usize> {
    let parts = [ALIGN, size_of::<HwBook>(), ALIGN, Book::bytes_needed(capacities), ALIGN];
    let depth = Depth::bytes_needed(capacities);
    let bytes = parts.into_iter().try_fold(depth, usize::checked_add)?;
    isize::try_from(bytes).is_ok().then_some(bytes)
}

/// How much memory a book with this configuration takes, in bytes: some 310 an order. What `config`
/// says of the memory itself is not looked at.
///
/// # Safety
/// `config` may be read, `bytes` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_bytes(config: *const HwBookConfig, bytes: *mut usize) -> HwStatus {
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let capacities = unsafe { borrow(config) }.and_then(HwBookConfig::check);
    let needed = capacities.and_then(|capacities| bytes_of(capacities).ok_or(HwStatus::BadConfig));
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    status_of(needed.and_then(|needed| unsafe { put(bytes, needed) }).map(|()| HwStatus::Ok))
}

/// Makes an empty book in the memory of `config`. When it fails `book` is null and the memory is
/// free.
///
/// # Safety
/// `config` may be read, `book` may be written; the memory is `memory_bytes` bytes that nobody else
/// uses until the last call for this book has returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_open(
    config: *const HwBookConfig,
    book: *mut *mut HwBook,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let cleared = unsafe { put(book, ptr::null_mut()) };
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let config = cleared.and_then(|()| unsafe { borrow(config) });
    // SAFETY: the host guarantees the memory.
    let opened = config.and_then(|config| unsafe { open(config) });
    // SAFETY: it was written a moment ago.
    status_of(opened.and_then(|opened| unsafe { put(book, opened) }).map(|()| HwStatus::Ok))
}

/// # Safety
/// That of [`hw_book_open`].
unsafe fn open(config: &HwBookConfig) -> Result<*mut HwBook, HwStatus> {
    let capacities = config.check()?;
    let needed = bytes_of(capacities).ok_or(HwStatus::BadConfig)?;
    let start = config.memory.cast::<u8>();
    if start.is_null() {
        return Err(HwStatus::Null);
    }
    if config.memory_bytes < needed {
        return Err(HwStatus::TooSmall);
    }
    let zeroed = if config.memory_is_zero == 1 { 0 } else { needed };
    // SAFETY: the memory has that many bytes, and the caller guarantees that they are free.
    unsafe { start.write_bytes(0, zeroed) };
    let place = aligned(start);
    let book_start = aligned(place.wrapping_add(size_of::<HwBook>()));
    let book_bytes = Book::bytes_needed(capacities);
    let depth_start = aligned(book_start.wrapping_add(book_bytes));
    // SAFETY: these bytes lie within the memory, apart from all others, and are zeros.
    let memory = unsafe { slice::from_raw_parts_mut(book_start, book_bytes) };
    let book = Book::new(memory, capacities, config.seed).map_err(|_| HwStatus::BadConfig)?;
    let depth_bytes = Depth::bytes_needed(capacities);
    // SAFETY: as above.
    let memory = unsafe { slice::from_raw_parts_mut(depth_start, depth_bytes) };
    let depth = Depth::new(memory, &book, config.seed).map_err(|_| HwStatus::BadConfig)?;
    let place = place.cast::<c_void>().cast::<HwBook>();
    let made = HwBook(Tagged { tag: TAG, inside: TryLock::new(Inside { book, depth }) });
    // SAFETY: there is room for it here, nobody else uses it, and it is aligned.
    unsafe { place.write(made) };
    Ok(place)
}

/// The next address that is aligned.
fn aligned(start: *mut u8) -> *mut u8 {
    start.wrapping_add(start.addr().wrapping_neg() % ALIGN)
}

impl HwBook {
    /// Lets `work` use the book of a handle.
    ///
    /// # Errors
    /// The handle is null, misaligned or of something else; or somebody is using it.
    ///
    /// # Safety
    /// A handle that is neither null nor misaligned points at memory whose first word can be read.
    pub(crate) unsafe fn with<R>(
        book: *const Self,
        work: impl FnOnce(&mut Inside) -> Result<R, HwStatus>,
    ) -> Result<R, HwStatus> {
        check(book)?;
        // SAFETY: it is aligned and begins with the tag, and the caller guarantees that it can be
        // read.
        let tag = unsafe { book.cast::<u64>().read() };
        if tag != TAG {
            return Err(HwStatus::BadStruct);
        }
        // SAFETY: the tag says that a book was made here.
        let book = unsafe { borrow(book) }?;
        book.0.inside.try_with(work)?
    }
}

/// Executes `count` commands of `command_bytes` (`sizeof(hw_command)`) each, in order.
///
/// Their events go to `listener`, which may be null. `applied`, which may be null, says how many
/// were executed: all of them, or those before the first that is none. A client sequence of 0
/// stands for the session's next one. `timestamp_ns` goes to the ends of the commands and decides
/// nothing.
///
/// A command that cannot be executed is executed all the same: its event says why. These are none:
/// `HW_STATUS_BAD_COMMAND` for codes that stand for nothing, `HW_STATUS_NOT_FRESH` for a client
/// sequence that is not above the session's last, `HW_STATUS_NEEDS_CAPACITIES` for a Configure
/// beyond the book's memory.
///
/// # Safety
/// `book` is a handle, `commands` has `count` commands, `listener` may be read, `applied` may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_apply(
    book: *mut HwBook,
    timestamp_ns: u64,
    commands: *const HwCommand,
    command_bytes: usize,
    count: usize,
    listener: *const HwListener,
    applied: *mut usize,
) -> HwStatus {
    // SAFETY: the host guarantees it.
    let ear = match unsafe { Ear::of(listener) } {
        Ok(ear) => ear,
        Err(status) => return status,
    };
    if command_bytes != size_of::<HwCommand>() {
        return HwStatus::BadStruct;
    }
    let mut done = 0;
    let apply = |inside: &mut Inside| {
        // An empty array may be null.
        if count > 0 {
            check(commands)?;
        }
        while done < count {
            // SAFETY: the host guarantees `count` commands, and this is one of them.
            let command = unsafe { borrow(commands.wrapping_add(done)) }?.read()?;
            inside.apply(timestamp_ns, command, ear)?;
            done += 1;
        }
        Ok(HwStatus::Ok)
    };
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let ended = status_of(unsafe { HwBook::with(book, apply) });
    if check(applied).is_ok() {
        // SAFETY: it is neither null nor misaligned, and the host guarantees the rest.
        unsafe { applied.write(done) };
    }
    ended
}

/// Defines an instrument, as the operator. `instrument`, which may be null, is its number.
/// `HW_STATUS_ABSENT` when the book took none: the event says why.
///
/// # Safety
/// `book` is a handle, `definition` and `listener` may be read, `instrument` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_define(
    book: *mut HwBook,
    definition: *const HwDefinition,
    listener: *const HwListener,
    instrument: *mut u32,
) -> HwStatus {
    // SAFETY: the host guarantees that it may be read, unless it is null or misaligned.
    let definition = unsafe { HwDefinition::read(definition) };
    // SAFETY: the host guarantees it.
    let ear = unsafe { Ear::of(listener) };
    let define = |inside: &mut Inside| {
        let definition = definition?;
        let command = Command {
            session: SessionId::OPERATOR,
            client_sequence: ClientSequence(0),
            action: Action::DefineInstrument(definition),
        };
        inside.apply(0, command, ear?)?;
        inside.book.instrument(definition.symbol).ok_or(HwStatus::Absent)
    };
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    let defined = unsafe { HwBook::with(book, define) };
    status_of(defined.map(|number| {
        if check(instrument).is_ok() {
            // SAFETY: it is neither null nor misaligned, and the host guarantees the rest.
            unsafe { instrument.write(number.0) };
        }
        HwStatus::Ok
    }))
}

/// Makes the book empty, with its capacities and without instruments.
///
/// # Safety
/// `book` is a handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_reset(book: *mut HwBook) -> HwStatus {
    let reset = |inside: &mut Inside| {
        inside.book.reset();
        inside.depth.reset();
        Ok(HwStatus::Ok)
    };
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    status_of(unsafe { HwBook::with(book, reset) })
}

impl Inside {
    /// Executes a command.
    ///
    /// # Errors
    /// It is none that the book can execute; nothing changed.
    fn apply(
        &mut self,
        timestamp_ns: u64,
        mut command: Command,
        mut ear: Ear,
    ) -> Result<(), HwStatus> {
        let Self { book, depth } = self;
        if command.client_sequence.0 == 0 {
            let next = book.next_client_sequence(command.session);
            command.client_sequence = next.ok_or(HwStatus::NotFresh)?;
        }
        let sequence = book.next_sequence(&command).map_err(|fault| match fault {
            SubmissionFault::NotFresh { .. } | SubmissionFault::SequencesUsed => HwStatus::NotFresh,
            SubmissionFault::NeedsMoreMemory => HwStatus::NeedsCapacities,
        })?;
        book.apply_at(sequence, timestamp_ns, &command, &mut (depth, &mut ear));
        Ok(())
    }
}

/// A host's listener, or nobody.
#[derive(Clone, Copy)]
struct Ear {
    context: *mut c_void,
    event: Option<unsafe extern "C" fn(context: *mut c_void, event: *const HwEvent)>,
    wants_ends: bool,
}

impl Ear {
    /// What a pointer of the host points at; null is nobody.
    ///
    /// # Safety
    /// Any other pointer that is aligned may be read.
    unsafe fn of(listener: *const HwListener) -> Result<Self, HwStatus> {
        if listener.is_null() {
            return Ok(Self { context: ptr::null_mut(), event: None, wants_ends: false });
        }
        // SAFETY: the caller guarantees that it may be read, unless it is misaligned.
        let listener = unsafe { borrow(listener) }?;
        let HwListener { context, event, wants_ends, .. } = *listener;
        if event.is_none() {
            return Err(HwStatus::Null);
        }
        let wants_ends = flag(wants_ends).ok_or(HwStatus::BadConfig)?;
        Ok(Self { context, event, wants_ends })
    }

    fn hear(&self, event: &HwEvent) {
        if let Some(callback) = self.event {
            // SAFETY: the host gave it to be called with this context and an event.
            unsafe { callback(self.context, event) };
        }
    }
}

impl EventSink for Ear {
    fn event(&mut self, event: &Event) {
        self.hear(&event.into());
    }

    fn end(&mut self, end: CommandEnd) {
        if self.wants_ends {
            self.hear(&end.into());
        }
    }
}
