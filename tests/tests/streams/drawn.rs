//! Commands of every kind that the protocols have room for: those of the seeded workload, with ids,
//! prices and bytes as a gateway writes them, or as others do.

use highwater::book::Book;
use highwater::command::{
    Action, ClientBytes, Command, Control, Definition, NewOrder, Note, TimedCommand,
};
use highwater::types::{
    AccountId, Band, Capacities, InstrumentId, OrderId, PriceDecimals, SessionId, Side, Ticks,
};
use tests::random::Random;
use tests::workload::{self, CAPACITIES, LastClientSequences};

const SECOND_NS: u64 = 1_000_000_000;
const HOUR_NS: u64 = 3_600 * SECOND_NS;

/// Decimals of instruments whose prices have one digit more than the protocols.
const FINE: PriceDecimals = PriceDecimals(5);

/// So many times as many orders and sessions does a large book have.
const LARGE: u32 = 4;

/// What commands are drawn with.
#[derive(Debug)]
pub(crate) struct Drawer {
    random: Random,
    now_ns: u64,
    last: LastClientSequences,
    is_large: bool,
}

impl Drawer {
    /// The same seed draws the same commands: every second for a book with long queues and many
    /// sessions.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            now_ns: 1_700_000_000 * SECOND_NS,
            last: LastClientSequences::new(),
            is_large: seed % 2 == 1,
        }
    }

    /// What the book begins with.
    pub(crate) const fn capacities(&self) -> Capacities {
        if self.is_large { enlarged(CAPACITIES) } else { CAPACITIES }
    }

    /// The next command that is to be executed.
    pub(crate) fn next(&mut self, book: &Book<'_>) -> TimedCommand {
        let mut timed = workload::timed(&mut self.random, &self.last);
        while !workload::is_fresh(&timed.command, &self.last) {
            timed = workload::timed(&mut self.random, &self.last);
        }
        workload::note(&timed.command, &mut self.last);
        timed.timestamp_ns = self.time_ns();
        timed.command.session = self.session(timed.command.session);
        let Command { session, action, .. } = &mut timed.command;
        self.fit(action, book);
        if self.random.chance(75) {
            self.aim(action, *session, book);
        }
        timed
    }

    /// Mostly later; now and then the clock is set back, or it is the next day.
    fn time_ns(&mut self) -> u64 {
        let random = &mut self.random;
        match random.below(100) {
            0..8 => self.now_ns -= random.below(10 * SECOND_NS),
            8 => self.now_ns += 20 * HOUR_NS,
            _ => self.now_ns += random.below(SECOND_NS),
        }
        self.now_ns
    }

    /// In a large book one of several, whose numbers grow too when those of the drawn one do.
    fn session(&mut self, drawn: SessionId) -> SessionId {
        let clients = u16::try_from(CAPACITIES.sessions - 1).expect("few sessions");
        match (self.is_large, drawn.0) {
            (false, _) | (true, 0) => drawn,
            (true, number) if number > clients => SessionId(1_000),
            (true, number) => {
                let turn = u16::try_from(self.random.below(LARGE.into())).expect("few");
                SessionId(number + clients * turn)
            }
        }
    }

    fn fit(&mut self, action: &mut Action, book: &Book<'_>) {
        match action {
            Action::New(new) => self.fit_new(new, book),
            Action::Cancel { instrument, order, .. } | Action::Reduce { instrument, order, .. } => {
                *order = self.id_of(*instrument, *order);
            }
            Action::Replace(replace) => {
                replace.order = self.id_of(replace.instrument, replace.order);
                replace.new_order = self.id_of(replace.instrument, replace.new_order);
                replace.price = scaled(replace.price, replace.instrument, book);
                replace.trigger = scaled(replace.trigger, replace.instrument, book);
                replace.client_bytes = self.client_bytes(replace.client_bytes);
            }
            Action::Note(note) => self.fit_note(note),
            Action::DefineInstrument(definition) => self.fit_definition(definition),
            Action::SetBand { instrument, band } => {
                let scaled = |price| scaled(price, *instrument, book);
                *band = Band { low: scaled(band.low), high: scaled(band.high) };
            }
            Action::Control { instrument, control: control @ Control::Uncross } => {
                // An auction goes on until there is something to trade, as a rule.
                if book.indicative(*instrument).is_none() && self.random.chance(85) {
                    *control = Control::StartAuction;
                }
            }
            Action::MassCancel(_)
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_) => {}
            Action::Configure(capacities) => {
                if self.is_large {
                    *capacities = enlarged(*capacities);
                }
            }
        }
    }

    /// A change is of an open order, rather of the session's own.
    fn aim(&mut self, action: &mut Action, session: SessionId, book: &Book<'_>) {
        let open =
            || (0..book.instrument_count()).map(InstrumentId).flat_map(|id| open_of(book, id));
        let own: Vec<_> = open().filter(|it| it.3 == session).collect();
        let targets = if own.is_empty() || self.random.chance(20) { open().collect() } else { own };
        if targets.is_empty() {
            return;
        }
        let target = targets[self.random.index(targets.len())];
        match action {
            Action::Cancel { instrument, order, account }
            | Action::Reduce { instrument, order, account, .. } => {
                (*instrument, *order, *account, _) = target;
            }
            Action::Replace(replace) => {
                let is_other = replace.instrument != target.0;
                (replace.instrument, replace.order, replace.account, _) = target;
                if is_other {
                    let drawn = OrderId(self.random.below(12));
                    replace.new_order = self.id_of(target.0, drawn);
                }
                let shown = book.order(target.0, target.1);
                if let Some(shown) = shown.filter(|_| self.random.chance(50)) {
                    // It can keep its place.
                    replace.price = shown.price.into();
                }
            }
            Action::New(_)
            | Action::MassCancel(_)
            | Action::Note(_)
            | Action::DefineInstrument(_)
            | Action::SetBand { .. }
            | Action::Control { .. }
            | Action::Clock { .. }
            | Action::EndOfDay
            | Action::LimitSession { .. }
            | Action::BindFlow(_)
            | Action::Configure(_) => {}
        }
    }

    fn fit_new(&mut self, new: &mut NewOrder, book: &Book<'_>) {
        new.order = self.id_of(new.instrument, new.order);
        new.price = scaled(new.price, new.instrument, book);
        new.conditions.trigger = scaled(new.conditions.trigger, new.instrument, book);
        new.client_bytes = self.client_bytes(new.client_bytes);
        if !new.order_type.has_limit() && self.random.chance(50) {
            // It means nothing, and so it may be anything.
            new.price = Ticks(u32::try_from(self.random.below(1 << 32)).expect("32 bits"));
        }
    }

    /// Half of them those of a gateway, by the layout that the publisher's documentation gives.
    fn fit_note(&mut self, note: &mut Note) {
        note.order = self.id_of(InstrumentId(3), note.order);
        let firm: &[u8] = if self.random.chance(50) { b"ABCD" } else { b"X   " };
        let (code, bytes) = match self.random.below(8) {
            0 | 1 => {
                let reason = u8::try_from(1 + self.random.below(0x32)).expect("a reason");
                let mut bytes = vec![0, reason];
                bytes.extend(self.words());
                (1, bytes)
            }
            2 => (2, firm.to_vec()),
            3 => (3, firm.to_vec()),
            4 => (4, Vec::new()),
            // Such as no gateway writes.
            5 => (1, b"short".to_vec()),
            6 => (4, b"much".to_vec()),
            _ => return,
        };
        (note.code, note.bytes) = (code, ClientBytes::new(&bytes).expect("few bytes"));
    }

    fn fit_definition(&mut self, definition: &mut Definition) {
        let terms = &mut definition.terms;
        if terms.decimals.is_possible() && self.random.chance(60) {
            terms.decimals = PriceDecimals(u8::try_from(self.random.below(6)).expect("below 6"));
        }
        if (FINE.0..10).contains(&terms.decimals.0) {
            terms.decimals = FINE;
            terms.tick = Ticks(10);
            let Band { low, high } = terms.band;
            terms.band = Band { low: tenfold(low), high: tenfold(high) };
        }
    }

    /// Mostly those of an OUCH order.
    fn client_bytes(&mut self, foreign: ClientBytes) -> ClientBytes {
        if self.random.chance(40) {
            let is_like_ours = foreign.as_bytes().first() == Some(&b'O');
            return if is_like_ours { ClientBytes::EMPTY } else { foreign };
        }
        let mut pick = |letters: &[u8]| letters[self.random.index(letters.len())];
        let letters = [
            pick(b"BSTE"),
            pick(b"OAPR"),
            pick(b"YAAP"),
            pick(b"YN"),
            pick(b"NOCH"),
            pick(b"RN\0"),
            0,
            0,
            pick(&[0, 1, 200]),
        ];
        let firm: &[u8] = if self.random.chance(70) { b"FIRM" } else { b"    " };
        let bytes = [b"O", &self.words()[..], firm, &letters].concat();
        ClientBytes::new(&bytes).expect("28 bytes")
    }

    /// An id that OUCH has a number for: that of a session's order, or below 2^32. No two orders of
    /// any two sessions or instruments have the same number.
    fn id_of(&mut self, instrument: InstrumentId, order: OrderId) -> OrderId {
        let turns = if self.is_large { LARGE } else { 1 };
        let order = order.0 + 12 * self.random.below(turns.into());
        let number = 1 + 100 * u64::from(instrument.0) + order;
        if order.is_multiple_of(2) {
            OrderId(number)
        } else {
            OrderId(((order % 4) << 32) | number)
        }
    }

    fn words(&mut self) -> [u8; 14] {
        let mut words = *b"order         ";
        words[5..8].copy_from_slice(&format!("{:03}", self.random.below(1_000)).into_bytes());
        words
    }
}

/// An open order: where, its name, whose.
type Target = (InstrumentId, OrderId, AccountId, SessionId);

fn open_of(book: &Book<'_>, id: InstrumentId) -> Vec<Target> {
    let sides = [Side::Buy, Side::Sell].into_iter().flat_map(|side| book.orders(id, side));
    let resting = sides.map(|it| (id, it.order, it.account, it.session));
    let waiting = book.stops(id).map(|it| (id, it.order, it.account, it.session));
    resting.chain(waiting).collect()
}

/// The same in a large book; it has the sessions of the turns above.
const fn enlarged(capacities: Capacities) -> Capacities {
    let Capacities { orders, sessions, .. } = capacities;
    Capacities { orders: orders * LARGE, sessions: sessions * LARGE, ..capacities }
}

/// A price of an instrument that may have finer ones.
fn scaled(price: Ticks, instrument: InstrumentId, book: &Book<'_>) -> Ticks {
    let is_fine = book.terms(instrument).is_some_and(|terms| terms.decimals == FINE);
    if is_fine { tenfold(price) } else { price }
}

const fn tenfold(price: Ticks) -> Ticks {
    Ticks(price.0.saturating_mul(10))
}
