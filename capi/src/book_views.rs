//! What a host may ask a book without a log: levels, depth, orders, hashes.

use crate::codes::{HwOrderType, HwSelfTrade, HwSide, HwTimeInForce};
use crate::plain_book::{HwBook, Inside};
use crate::pointer::{check, put, status_of};
use crate::status::HwStatus;
use highwater::book::{Indicative, LevelView, OrderView, StopView};
use highwater::types::{InstrumentId, OrderId, Price, Side, Ticks};

/// A price and what rests at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HwLevel {
    /// What is shown, in lots; `UINT64_MAX` when it is that or more.
    pub visible: u64,
    /// What is open, hidden quantity too, in lots; `UINT64_MAX` when it is that or more.
    pub quantity: u64,
    /// In ticks.
    pub price: u32,
    /// Orders.
    pub order_count: u32,
}

/// An open order: one that rests, or a stop that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HwOrder {
    /// Its name.
    pub order: u64,
    /// What is open, hidden quantity too, in lots.
    pub remaining: u64,
    /// What it shows of it, in lots; 0 while it waits.
    pub visible: u64,
    /// What is open of the orders that trade before it at its price, in lots; `UINT64_MAX` when it
    /// is that or more; 0 while it waits.
    pub quantity_ahead: u64,
    /// How many these are.
    pub orders_ahead: u32,
    /// Its limit, in ticks; 0 without one.
    pub price: u32,
    /// What it waits for, in ticks; 0 when it rests.
    pub trigger: u32,
    /// Whom it belongs to.
    pub account: u32,
    /// The session that it came from, or that replaced it last.
    pub session: u16,
    /// An `hw_side`.
    pub side: u8,
    /// An `hw_order_type`.
    pub order_type: u8,
    /// An `hw_time_in_force`.
    pub time_in_force: u8,
    /// An `hw_self_trade`.
    pub self_trade: u8,
    /// 1 when it never trades on entry, else 0.
    pub post_only: u8,
    /// Zero.
    pub reserved: u8,
}

/// What an uncross would do now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct HwIndicative {
    /// What would trade, in lots; `UINT64_MAX` when it is that or more.
    pub volume: u64,
    /// What would be left over at the price or better, in lots; `UINT64_MAX` when it is that or
    /// more.
    pub imbalance: u64,
    /// The price of all its trades, in ticks.
    pub price: u32,
    /// The `hw_side` that would be left over, 0 for none.
    pub imbalance_side: u8,
    /// Zeros.
    pub reserved: [u8; 3],
}

impl From<Indicative> for HwIndicative {
    fn from(indicative: Indicative) -> Self {
        let Indicative { price, volume_lots, imbalance_lots } = indicative;
        let left_over = match imbalance_lots.signum() {
            1 => HwSide::Buy,
            -1 => HwSide::Sell,
            _ => HwSide::None,
        };
        Self {
            volume: saturated(volume_lots),
            imbalance: saturated(imbalance_lots.unsigned_abs()),
            price: price.ticks(),
            imbalance_side: left_over as u8,
            reserved: [0; 3],
        }
    }
}

impl From<LevelView> for HwLevel {
    fn from(level: LevelView) -> Self {
        let LevelView { price, visible_lots, quantity_lots, order_count } = level;
        let (visible, quantity) = (saturated(visible_lots), saturated(quantity_lots));
        Self { visible, quantity, price: price.ticks(), order_count }
    }
}

/// The best level of a side; `HW_STATUS_ABSENT` when there is none.
///
/// # Safety
/// `book` is a handle, `level` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_best(
    book: *const HwBook,
    instrument: u32,
    side: u8,
    level: *mut HwLevel,
) -> HwStatus {
    let best = |Inside { book, depth }: &mut Inside| {
        let found = depth.best(book, InstrumentId(instrument), side_of(side)?);
        found.map(HwLevel::from).ok_or(HwStatus::Absent)
    };
    // SAFETY: the host guarantees both pointers.
    unsafe { answer(book, best, level) }
}

/// The level at a price; `HW_STATUS_ABSENT` when nothing rests there.
///
/// # Safety
/// `book` is a handle, `level` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_level(
    book: *const HwBook,
    instrument: u32,
    side: u8,
    price: u32,
    level: *mut HwLevel,
) -> HwStatus {
    let at = |Inside { depth, .. }: &mut Inside| {
        let price = Price::new(Ticks(price)).ok_or(HwStatus::Absent)?;
        let found = depth.level(InstrumentId(instrument), side_of(side)?, price);
        found.map(HwLevel::from).ok_or(HwStatus::Absent)
    };
    // SAFETY: the host guarantees both pointers.
    unsafe { answer(book, at, level) }
}

/// The levels of a side, best first, at most `capacity`; `count` is how many were written.
///
/// # Safety
/// `book` is a handle, `levels` has room for `capacity` levels, `count` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_depth(
    book: *const HwBook,
    instrument: u32,
    side: u8,
    levels: *mut HwLevel,
    capacity: usize,
    count: *mut usize,
) -> HwStatus {
    let copy = |Inside { book, depth }: &mut Inside| {
        let side = side_of(side)?;
        if capacity > 0 {
            check(levels)?;
        }
        let mut written = 0;
        for level in depth.levels(book, InstrumentId(instrument), side).take(capacity) {
            // SAFETY: the host guarantees room for `capacity` levels.
            unsafe { levels.wrapping_add(written).write(level.into()) };
            written += 1;
        }
        Ok(written)
    };
    // SAFETY: the host guarantees that it may be written, unless it is null or misaligned.
    let cleared = status_of(unsafe { put(count, 0) }.map(|()| HwStatus::Ok));
    if cleared != HwStatus::Ok {
        return cleared;
    }
    // SAFETY: the host guarantees both pointers.
    unsafe { answer(book, copy, count) }
}

/// An open order by its name; `HW_STATUS_ABSENT` when none has it. Walks over the orders before or
/// behind it at its price, whichever are fewer.
///
/// # Safety
/// `book` is a handle, `found` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_order(
    book: *const HwBook,
    instrument: u32,
    order: u64,
    found: *mut HwOrder,
) -> HwStatus {
    let look = |inside: &mut Inside| {
        let (instrument, order) = (InstrumentId(instrument), OrderId(order));
        let resting = inside.resting(instrument, order);
        resting.or_else(|| inside.book.stop(instrument, order).map(waiting)).ok_or(HwStatus::Absent)
    };
    // SAFETY: the host guarantees both pointers.
    unsafe { answer(book, look, found) }
}

/// What an uncross of the instrument would do now; `HW_STATUS_ABSENT` when nothing would trade.
/// Costs a few steps for each level that could.
///
/// # Safety
/// `book` is a handle, `indicative` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_indicative(
    book: *const HwBook,
    instrument: u32,
    indicative: *mut HwIndicative,
) -> HwStatus {
    let ask = |Inside { book, depth }: &mut Inside| {
        let found = depth.indicative(book, InstrumentId(instrument));
        found.map(HwIndicative::from).ok_or(HwStatus::Absent)
    };
    // SAFETY: the host guarantees both pointers.
    unsafe { answer(book, ask, indicative) }
}

/// Hash of the book's whole state; 0 for what is no handle or in use.
///
/// # Safety
/// `book` is a handle or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hw_book_state_hash(book: *const HwBook) -> u64 {
    // SAFETY: the host guarantees that it is a handle, unless it is null.
    unsafe { HwBook::with(book, |inside| Ok(inside.book.state_hash())) }.unwrap_or(0)
}

impl Inside {
    fn resting(&self, instrument: InstrumentId, order: OrderId) -> Option<HwOrder> {
        let view = self.book.order(instrument, order)?;
        let ahead = self.depth.ahead(&self.book, instrument, order)?;
        let OrderView { account, session, side, price, remaining, visible, .. } = view;
        Some(HwOrder {
            order: order.0,
            remaining: remaining.lots(),
            visible: visible.lots(),
            quantity_ahead: saturated(ahead.quantity_lots),
            orders_ahead: ahead.order_count,
            price: price.ticks(),
            trigger: 0,
            account: account.0,
            session: session.0,
            side: HwSide::from(side) as u8,
            order_type: HwOrderType::Limit as u8,
            time_in_force: HwTimeInForce::from(view.time_in_force) as u8,
            self_trade: HwSelfTrade::from(view.self_trade) as u8,
            post_only: u8::from(view.post_only),
            reserved: 0,
        })
    }
}

/// Asks a book, and writes the answer where the host wants it.
///
/// # Safety
/// `book` is a handle, `into` may be written; null and misaligned pointers are looked for.
unsafe fn answer<T>(
    book: *const HwBook,
    question: impl FnOnce(&mut Inside) -> Result<T, HwStatus>,
    into: *mut T,
) -> HwStatus {
    // SAFETY: the caller guarantees it.
    let found = unsafe { HwBook::with(book, question) };
    // SAFETY: the caller guarantees it.
    status_of(found.and_then(|found| unsafe { put(into, found) }).map(|()| HwStatus::Ok))
}

fn saturated(lots: u128) -> u64 {
    u64::try_from(lots).unwrap_or(u64::MAX)
}

fn side_of(side: u8) -> Result<Side, HwStatus> {
    HwSide::read(side).ok_or(HwStatus::BadCommand)
}

/// A stop that waits.
fn waiting(stop: StopView) -> HwOrder {
    HwOrder {
        order: stop.order.0,
        remaining: stop.remaining.lots(),
        price: stop.limit.map_or(0, Price::ticks),
        trigger: stop.trigger.ticks(),
        account: stop.account.0,
        session: stop.session.0,
        side: HwSide::from(stop.side) as u8,
        order_type: HwOrderType::from(stop.order_type) as u8,
        time_in_force: HwTimeInForce::from(stop.time_in_force) as u8,
        self_trade: HwSelfTrade::from(stop.self_trade) as u8,
        post_only: u8::from(stop.post_only),
        ..HwOrder::default()
    }
}
