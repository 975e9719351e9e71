//! The order book: every open order of every instrument, and the one function that changes them.
//!
//! It keeps no time, reads no files, draws no random numbers and allocates nothing: the same
//! commands give the same events, bit for bit, on every machine and in memory of any size. All
//! storage is cut from bytes that the host gives once. An operation takes a bounded number of steps
//! for each order that it touches, whatever the prices.

mod depth;
mod fault;
mod image;
mod invariant;
mod renew;
mod rules;
mod static_book;
mod store;
mod submission;
#[cfg(test)]
mod tests;
mod views;

pub use depth::{Ahead, Change, Depth, DepthChange, LevelChange, TopChange};
pub use fault::BookFault;
pub(crate) use image::{IMAGE_ENTRY_BYTES_MAX, Restoration};
pub use image::{ImageCounts, ImageFault, ImageHead};
pub use rules::auction::Indicative;
pub use static_book::StaticBook;
pub use store::sessions::Admission;
pub use submission::SubmissionFault;
pub use views::check::CheckFault;
pub use views::view::{LevelCount, LevelView, OrderView, StopView};

use crate::command::{Action, Command, FlowIdentity, Note, PlainCommand, PlainKind, ReplaceSizing};
use crate::event::{CancelReason, CommandEnd, Event, EventKind, EventSink, RejectReason};
use crate::limits::{INSTRUMENTS_MAX, ORDERS_MAX, SESSIONS_MAX};
use crate::types::{
    Capacities, ClientSequence, InstrumentId, InstrumentTerms, Lots, OrderId, Quantity, Sequence,
    SessionId, Side, Ticks, index_of,
};
use invariant::broken_invariant;
use rules::context::Context;
use store::expiries::Expiries;
use store::index::{Index, cells_for};
use store::instrument_book::InstrumentBook;
use store::ladder::{IDLE_ROWS, IDLE_SPANS, Ladders, LevelLimits};
use store::memory::{ALIGN_BYTES, Memory, array_bytes};
use store::order::Order;
use store::orders::Orders;
use store::pool::{NONE, Pool};
use store::row::Row;
use store::sessions::{Session, Sessions};
use store::span::{Span, Spans, spans_max};
use store::symbols::{Instrument, Symbols};
pub(crate) use views::prefetcher::PrefetchKey;
pub use views::prefetcher::Prefetcher;

/// Every open order of every instrument, over memory of the host.
pub struct Book<'m> {
    orders: Orders<'m>,
    ladders: Ladders<'m>,
    symbols: Symbols<'m>,
    sessions: Sessions<'m>,
    /// What the book may hold now.
    capacities: Capacities,
    /// How many levels and spans it may use now, which follows from that.
    level_limits: LevelLimits,
    /// What its memory can hold.
    memory_capacities: Capacities,
    flow: Option<FlowIdentity>,
    /// The time that the last Clock set, in nanoseconds; 0 before the first.
    clock_ns: u64,
    last_sequence: Sequence,
    running_hash: u64,
}

impl Book<'_> {
    /// Executes the next command: changes the book and gives `sink` the events that follow, in
    /// causal order, and the end of the command.
    ///
    /// A command that cannot be executed changes nothing but the last sequence and the session's
    /// last client sequence, and is answered with one [`Rejected`](EventKind::Rejected) that gives
    /// the first reason that applies, in this order:
    ///
    /// - any command: `SessionsFull` when its session is at or above the number of sessions (its
    ///   client sequence is not noted then);
    /// - New: `UnknownInstrument`, `Halted`, `BadPrice`, `BadQuantity`, `BadExpiry`, `DuplicateId`
    ///   (an order of the instrument with this id is open, whoever's it is), `PriceBand`,
    ///   `MaxQuantity`, `MaxNotional`; for an order that may be open after the command `MaxOrders`;
    ///   `NoMatching`, `PostOnlyWouldCross`; for one that may be open `OrdersFull` and
    ///   `LevelsFull`: at entry, even when it might trade in full. An order that never rests needs
    ///   no room. A plain order takes one place; an iceberg, one that expires and a stop that
    ///   waits take two.
    /// - Cancel: `UnknownInstrument`, `UnknownOrder` (not open, or another account's);
    /// - Reduce: the same, then `BadQuantity`;
    /// - Replace: `UnknownInstrument`, `UnknownOrder`; then, unless it leaves 0 and so is a Cancel,
    ///   `Halted`, `BadPrice`, `BadQuantity`, `DuplicateId` (another open order has the new id),
    ///   `PriceBand`, `MaxQuantity`, `MaxNotional`, `MaxOrders` (when the order comes to another
    ///   session); then, unless it keeps its place, `NoMatching`, `PostOnlyWouldCross` and
    ///   `LevelsFull`, as if the order had left its level. A Replace never needs more places than
    ///   it found.
    /// - `MassCancel`: `NotOperator` when the session may not choose so, `UnknownInstrument`;
    /// - the operator's: `NotOperator`; then for `DefineInstrument` `BadTerms`, and
    ///   `InstrumentsFull` unless the symbol is known; for `SetBand` `UnknownInstrument`,
    ///   `BadTerms`; for `Control` `UnknownInstrument`, `Halted` (Uncross), `WrongPhase`; for
    ///   `Clock` `BadTime`; for `LimitSession` `SessionsFull`; for `BindFlow` `OtherFlow`; for
    ///   `Configure` `BadCapacities`. Capacities below what the book holds drop nothing; new things
    ///   are rejected until there is room.
    ///
    /// What happens otherwise is the rule book in `docs/matching.md`; the answers are told at
    /// [`EventKind`].
    ///
    /// # Panics
    ///
    /// When `sequence` is not the one after the last, when the command is not [`Admission::Fresh`],
    /// and when it is a `Configure` for which the memory is too small ([`Book::fits`]).
    pub fn apply(&mut self, sequence: Sequence, command: &Command, sink: &mut impl EventSink) {
        self.apply_at(sequence, 0, command, sink);
    }

    /// The same, for a command of which it is known when it was taken, in nanoseconds since the
    /// Unix epoch: its [end](EventSink::end) says so.
    ///
    /// # Panics
    ///
    /// Those of [`apply`](Self::apply).
    pub fn apply_at(
        &mut self,
        sequence: Sequence,
        timestamp_ns: u64,
        command: &Command,
        sink: &mut impl EventSink,
    ) {
        self.carry_out(sequence, command, sink);
        sink.end(CommandEnd { sequence, timestamp_ns });
    }

    /// The same without the end.
    #[inline]
    pub(crate) fn carry_out(
        &mut self,
        sequence: Sequence,
        command: &Command,
        sink: &mut impl EventSink,
    ) {
        let Command { session, client_sequence, action } = command;
        let about = |instrument| Context::new(*session, *client_sequence, instrument);
        if !self.begin(sequence, *session, *client_sequence) {
            let (instrument, order) = names_of(action);
            return self.reject(about(instrument), order, RejectReason::SessionsFull, sink);
        }
        // The two that come most are asked for first: a table of jumps is guessed worse.
        if let Action::New(new) = action {
            return self.new_order(about(new.instrument), new, sink);
        }
        if let Action::Cancel { instrument, order, account } = action {
            return self.cancel(about(*instrument), *order, *account, sink);
        }
        self.apply_other(about(names_of(action).0), action, sink);
    }

    /// The same for a plain command, whose numbers stay in registers.
    #[inline]
    pub(crate) fn carry_out_plain(
        &mut self,
        sequence: Sequence,
        plain: &PlainCommand,
        sink: &mut impl EventSink,
    ) {
        let (session, client_sequence) = (plain.session(), plain.client_sequence());
        let context = Context::new(session, client_sequence, plain.instrument());
        if !self.begin(sequence, session, client_sequence) {
            return self.reject(context, plain.order(), RejectReason::SessionsFull, sink);
        }
        match plain.kind() {
            PlainKind::New => self.new_order(context, &plain.new_order(), sink),
            PlainKind::Cancel => self.cancel(context, plain.order(), plain.account(), sink),
            PlainKind::Reduce => self.apply_other(context, &plain.action(), sink),
            // Its quantity is never a difference: nothing has to be asked first.
            PlainKind::Replace => self.replace(context, &plain.replace_order(), sink),
        }
    }

    /// Notes that a command takes its place in the order of all; false when there is no room for
    /// its session.
    #[inline]
    fn begin(
        &mut self,
        sequence: Sequence,
        session: SessionId,
        client_sequence: ClientSequence,
    ) -> bool {
        assert!(sequence == self.last_sequence.next(), "commands are applied in sequence");
        self.last_sequence = sequence;
        self.sessions.note(session, client_sequence, self.capacities.sessions)
    }

    /// Executes what is neither New nor Cancel.
    #[inline(never)]
    fn apply_other(&mut self, context: Context, action: &Action, sink: &mut impl EventSink) {
        match action {
            Action::Reduce { order, account, by, .. } => {
                self.reduce(context, *order, *account, *by, sink);
            }
            Action::Replace(replace) if replace.sizing == ReplaceSizing::Open => {
                self.replace(context, replace, sink);
            }
            Action::Replace(replace) => self.replace_by(context, replace, sink),
            Action::New(_)
            | Action::Cancel { .. }
            | Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => self.operate(context, action, sink),
        }
    }

    /// Executes what is not about one order.
    #[inline(never)]
    fn operate(&mut self, context: Context, action: &Action, sink: &mut impl EventSink) {
        match action {
            Action::New(_) | Action::Cancel { .. } | Action::Reduce { .. } | Action::Replace(_) => {
                broken_invariant("an order's command is not the operator's")
            }
            Action::MassCancel(choice) => self.mass_cancel(context, choice, sink),
            Action::Note(Note { code, order, .. }) => {
                let (client_sequence, code, order) = (context.client_sequence, *code, *order);
                self.tell(context, EventKind::Noted { client_sequence, code, order }, sink);
            }
            Action::DefineInstrument(definition) => {
                self.define_instrument(context, definition, sink);
            }
            Action::SetBand { band, .. } => self.set_band(context, *band, sink),
            Action::Control { control, .. } => self.control(context, *control, sink),
            Action::Clock { now_ns } => self.set_clock(context, *now_ns, sink),
            Action::EndOfDay => self.end_of_day(context, sink),
            Action::LimitSession { session, open_orders_max } => {
                self.limit_session(context, *session, *open_orders_max, sink);
            }
            Action::BindFlow(flow) => self.bind_flow(context, flow, sink),
            Action::Configure(capacities) => self.configure(context, *capacities, sink),
        }
    }

    /// Whether a command with this client sequence is to be executed.
    #[inline]
    pub fn admit(&self, session: SessionId, client_sequence: ClientSequence) -> Admission {
        self.sessions.admit(session, client_sequence, self.capacities.sessions)
    }

    /// Folds an event into the running hash and hands it over; for the events that most commands
    /// cause, as many copies as there are callers.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the kind is known, and with it most of the hash")]
    fn emit(&mut self, context: Context, kind: EventKind, sink: &mut impl EventSink) {
        self.emit_as(self.last_sequence, context, kind, sink);
    }

    /// The same, where the last sequence is at hand.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the kind is known, and with it most of the hash")]
    fn emit_as(
        &mut self,
        sequence: Sequence,
        context: Context,
        kind: EventKind,
        sink: &mut impl EventSink,
    ) {
        let event = Event {
            sequence,
            session: context.session(),
            owner: context.owner(),
            instrument: context.instrument(),
            kind,
        };
        self.running_hash = event.fold_into(self.running_hash);
        sink.event(&event);
    }

    /// The same for all other events, in one copy.
    #[inline(never)]
    fn tell(&mut self, context: Context, kind: EventKind, sink: &mut impl EventSink) {
        self.emit(context, kind, sink);
    }

    #[cold]
    fn reject(
        &mut self,
        context: Context,
        order: OrderId,
        reason: RejectReason,
        sink: &mut impl EventSink,
    ) {
        let client_sequence = context.client_sequence;
        self.emit(context, EventKind::Rejected { client_sequence, order, reason }, sink);
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "most of its callers know the reason")]
    fn emit_canceled(
        &mut self,
        context: Context,
        leaving: Leaving,
        reason: CancelReason,
        sink: &mut impl EventSink,
    ) {
        let Leaving { order, side, price, open, visible } = leaving;
        let canceled = EventKind::Canceled {
            client_sequence: context.client_sequence,
            order,
            side,
            price,
            quantity: quantity_of(open),
            visible: Lots(visible),
            reason,
        };
        self.emit(context, canceled, sink);
    }
}

/// What is told of an order that is canceled.
#[derive(Clone, Copy)]
struct Leaving {
    order: OrderId,
    side: Side,
    /// Its limit; 0 when it has none.
    price: Ticks,
    /// What is open of it, in lots.
    open: u64,
    /// What it shows of it; 0 unless it rests.
    visible: u64,
}

impl<'m> Book<'m> {
    /// Bytes of memory that a book with these capacities needs, wherever the memory starts.
    ///
    /// Capacities that no engine can have may give any number; a number that does not fit gives
    /// `usize::MAX`.
    pub const fn bytes_needed(capacities: Capacities) -> usize {
        let orders = index_of(capacities.orders);
        let instruments = index_of(capacities.instruments);
        let spans = index_of(spans_max(capacities));
        (ALIGN_BYTES - 1)
            .saturating_add(array_bytes::<Order>(orders.saturating_add(1)))
            .saturating_add(array_bytes::<u32>(cells_for(orders)))
            .saturating_add(array_bytes::<u32>(expiries_max(orders)))
            .saturating_add(array_bytes::<InstrumentBook>(instruments))
            .saturating_add(array_bytes::<Row>(orders.saturating_add(IDLE_ROWS + 1)))
            .saturating_add(array_bytes::<u32>(cells_for(orders)))
            .saturating_add(array_bytes::<Span>(spans.saturating_add(IDLE_SPANS + 1)))
            .saturating_add(array_bytes::<u32>(cells_for(spans)))
            .saturating_add(array_bytes::<Instrument>(instruments.saturating_add(1)))
            .saturating_add(array_bytes::<u32>(cells_for(instruments)))
            .saturating_add(array_bytes::<Session>(index_of(capacities.sessions)))
    }

    /// An empty book in `memory`, which must be all zero.
    ///
    /// Fresh pages of an operating system are zero; the book does not look, so that pages it never
    /// needs are never touched. Memory that is not zero gives wrong answers, a panic or an endless
    /// loop, but no undefined behaviour. `seed` spreads the hash tables, so that nobody outside can
    /// choose ids that collide; it changes no result.
    ///
    /// # Errors
    ///
    /// [`BookFault::BadCapacities`] and [`BookFault::TooSmall`].
    pub fn new(memory: &'m mut [u8], capacities: Capacities, seed: u64) -> Result<Self, BookFault> {
        Self::check_memory(memory.len(), capacities)?;
        Self::cut(Memory::new(memory), capacities, seed)
            .ok_or_else(|| BookFault::TooSmall { bytes_needed: Self::bytes_needed(capacities) })
    }

    /// Whether an engine can have these capacities, before memory is found for them.
    ///
    /// # Errors
    ///
    /// [`BookFault::BadCapacities`].
    pub const fn check_capacities(capacities: Capacities) -> Result<(), BookFault> {
        if are_possible(capacities) { Ok(()) } else { Err(BookFault::BadCapacities) }
    }

    /// Whether a book with these capacities has room in `bytes` bytes.
    fn check_memory(bytes: usize, capacities: Capacities) -> Result<(), BookFault> {
        Self::check_capacities(capacities)?;
        let bytes_needed = Self::bytes_needed(capacities);
        if bytes < bytes_needed {
            return Err(BookFault::TooSmall { bytes_needed });
        }
        Ok(())
    }

    fn cut(mut memory: Memory<'m>, capacities: Capacities, seed: u64) -> Option<Self> {
        let orders = index_of(capacities.orders);
        let instruments = index_of(capacities.instruments);
        let spans = index_of(spans_max(capacities));
        let index = |memory: &mut Memory<'m>, entries: usize, salt: u64| {
            Some(Index::new(memory.cut(cells_for(entries))?, seed ^ salt))
        };
        Some(Self {
            orders: Orders {
                pool: Pool::new(memory.cut(orders + 1)?),
                ids: index(&mut memory, orders, 1)?,
                expiries: Expiries::new(memory.cut(expiries_max(orders))?),
                extra_count: 0,
                joined_count: 0,
            },
            ladders: Ladders {
                instrument_books: memory.cut(instruments)?,
                rows: Pool::new(memory.cut(orders + IDLE_ROWS + 1)?),
                row_numbers: index(&mut memory, orders, 2)?,
                spans: Spans {
                    pool: Pool::new(memory.cut(spans + IDLE_SPANS + 1)?),
                    prefixes: index(&mut memory, spans, 3)?,
                    live: 0,
                },
                levels_live: 0,
                idle_rows: [NONE; IDLE_ROWS],
            },
            symbols: Symbols::new(
                memory.cut(instruments + 1)?,
                index(&mut memory, instruments, 4)?,
            ),
            sessions: Sessions::new(memory.cut(index_of(capacities.sessions))?),
            capacities,
            level_limits: LevelLimits::of(capacities),
            memory_capacities: capacities,
            flow: None,
            clock_ns: 0,
            last_sequence: Sequence(0),
            running_hash: 0,
        })
    }

    /// What a defined instrument takes.
    fn terms_of(&self, instrument: InstrumentId) -> InstrumentTerms {
        match self.terms(instrument) {
            Some(terms) => terms,
            None => broken_invariant("an instrument without terms"),
        }
    }

    /// Changes what the book may hold.
    fn set_capacities(&mut self, capacities: Capacities) {
        self.capacities = capacities;
        self.level_limits = LevelLimits::of(capacities);
    }
}

/// Orders that can expire: each of them takes two places.
const fn expiries_max(orders: usize) -> usize {
    orders / 2
}

/// Whether an engine can have these capacities.
const fn are_possible(capacities: Capacities) -> bool {
    let Capacities { orders, instruments, sessions } = capacities;
    orders >= 1
        && orders <= ORDERS_MAX
        && instruments >= 1
        && instruments <= INSTRUMENTS_MAX
        && sessions >= 2
        && sessions <= SESSIONS_MAX
}

/// The instrument and the order that an action names; 0 where it names none.
#[inline(never)]
fn names_of(action: &Action) -> (InstrumentId, OrderId) {
    match action {
        Action::New(new) => (new.instrument, new.order),
        Action::Cancel { instrument, order, .. } | Action::Reduce { instrument, order, .. } => {
            (*instrument, *order)
        }
        Action::Replace(replace) => (replace.instrument, replace.order),
        Action::SetBand { instrument, .. } | Action::Control { instrument, .. } => {
            (*instrument, OrderId(0))
        }
        Action::MassCancel(choice) => (choice.instrument.unwrap_or_default(), OrderId(0)),
        Action::Note(note) => (InstrumentId(0), note.order),
        Action::DefineInstrument(_)
        | Action::Clock { .. }
        | Action::EndOfDay
        | Action::LimitSession { .. }
        | Action::BindFlow(_)
        | Action::Configure(_) => (InstrumentId(0), OrderId(0)),
    }
}

/// The quantity of `lots` lots, which the book knows to be valid.
#[inline]
fn quantity_of(lots: u64) -> Quantity {
    match Quantity::new(Lots(lots)) {
        Some(quantity) => quantity,
        None => broken_invariant("a quantity out of range"),
    }
}
