//! The book: commands in, events out, and what can be asked of it.

use crate::apply::apply;
use crate::buffers::{ForeignRows, RowBuffer};
use crate::codes::{Coded, phase_code, self_trade_code, side_code, tif_code, type_code};
use crate::errors::{busy, failed};
use crate::rows::LevelRow;
use highwater::book::{LevelView, OrderView, StopView};
use highwater::types::{Capacities, InstrumentId, OrderId, Price, SessionId, Side, Symbol, Ticks};
use highwater_book::OwnedBook;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::sync::{Mutex, MutexGuard, TryLockError};

/// Phase, whether it is halted, last trade price, decimals.
type State = (u8, bool, Option<u32>, u8);

/// Levels that are shown at once, at most.
const LEVELS_MAX: usize = 1 << 20;

/// A book that owns its memory, for one thread at a time.
#[pyclass(frozen, module = "highwater._highwater", name = "Book")]
pub(crate) struct NativeBook {
    inner: Mutex<OwnedBook>,
}

impl NativeBook {
    pub(crate) const fn of(book: OwnedBook) -> Self {
        Self { inner: Mutex::new(book) }
    }

    fn lock(&self) -> PyResult<MutexGuard<'_, OwnedBook>> {
        match self.inner.try_lock() {
            Ok(book) => Ok(book),
            // The book itself knows whether a command was interrupted.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(busy("book", "give each thread its own copy()")),
        }
    }
}

/// The side with this number.
pub(crate) fn side_of(code: u8) -> PyResult<Side> {
    Side::of_code(code)
        .ok_or_else(|| PyValueError::new_err(format!("side is {code}: use 1 (buy) or 2 (sell)")))
}

fn capped(lots: u128) -> u64 {
    u64::try_from(lots).unwrap_or(u64::MAX)
}

impl From<LevelView> for LevelRow {
    fn from(level: LevelView) -> Self {
        Self {
            visible: capped(level.visible_lots),
            quantity: capped(level.quantity_lots),
            price: level.price.ticks(),
            orders: level.order_count,
        }
    }
}

#[pymethods]
impl NativeBook {
    #[new]
    fn new(py: Python<'_>, orders: u32, instruments: u32, sessions: u32) -> PyResult<Self> {
        let capacities = Capacities { orders, instruments, sessions };
        let book = py.detach(|| OwnedBook::new(capacities));
        book.map(Self::of).map_err(failed)
    }

    fn apply(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<RowBuffer> {
        let foreign = ForeignRows::of(rows)?;
        apply(py, &mut *self.lock()?, &foreign)
    }

    fn best(&self, instrument: u32, side: u8) -> PyResult<Option<u32>> {
        let best = self.lock()?.book().best(InstrumentId(instrument), side_of(side)?);
        Ok(best.map(Price::ticks))
    }

    fn depth(&self, instrument: u32, side: u8, levels: usize) -> PyResult<RowBuffer> {
        let (side, book) = (side_of(side)?, self.lock()?);
        let levels = book
            .book()
            .summed_levels(InstrumentId(instrument), side)
            .take(levels.min(LEVELS_MAX))
            .map(LevelRow::from);
        Ok(RowBuffer::read_only(levels.collect::<Vec<_>>()))
    }

    /// Visible and open lots at a price, and how many orders.
    fn level(&self, instrument: u32, side: u8, price: u32) -> PyResult<Option<(u128, u128, u32)>> {
        let (side, book) = (side_of(side)?, self.lock()?);
        let Some(price) = Price::new(Ticks(price)) else { return Ok(None) };
        let (mut visible, mut open, mut count) = (0, 0, 0);
        for order in book.book().orders_at(InstrumentId(instrument), side, price) {
            visible += u128::from(order.visible.lots());
            open += u128::from(order.remaining.lots());
            count += 1;
        }
        Ok((count > 0).then_some((visible, open, count)))
    }

    /// An open order, resting or a stop that waits.
    fn order<'py>(
        &self,
        py: Python<'py>,
        instrument: u32,
        order: u64,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let guard = self.lock()?;
        let (book, instrument, order) = (guard.book(), InstrumentId(instrument), OrderId(order));
        if let Some(view) = book.order(instrument, order) {
            return order_dict(py, &view).map(Some);
        }
        book.stop(instrument, order).map(|view| stop_dict(py, &view)).transpose()
    }

    /// The orders of a side in the order in which they trade, by their ids.
    fn orders(&self, instrument: u32, side: u8) -> PyResult<Vec<u64>> {
        let (side, book) = (side_of(side)?, self.lock()?);
        Ok(book.book().orders(InstrumentId(instrument), side).map(|view| view.order.0).collect())
    }

    /// The stops that wait, in the order in which they came.
    fn stops(&self, instrument: u32) -> PyResult<Vec<u64>> {
        let book = self.lock()?;
        Ok(book.book().stops(InstrumentId(instrument)).map(|view| view.order.0).collect())
    }

    /// Orders and open lots that trade before an order at its price.
    fn queue_ahead(&self, instrument: u32, order: u64) -> PyResult<Option<(u32, u128)>> {
        let guard = self.lock()?;
        let (book, instrument, order) = (guard.book(), InstrumentId(instrument), OrderId(order));
        let Some(view) = book.order(instrument, order) else { return Ok(None) };
        let queue = book.orders_at(instrument, view.side, view.price);
        let ahead = queue.take_while(|other| other.order != order);
        let (count, lots) = ahead.fold((0, 0), |(count, lots), other| {
            (count + 1, lots + u128::from(other.remaining.lots()))
        });
        Ok(Some((count, lots)))
    }

    /// Price, volume and imbalance of an uncross.
    fn indicative(&self, instrument: u32) -> PyResult<Option<(u32, u128, i128)>> {
        let seen = self.lock()?.book().indicative(InstrumentId(instrument));
        Ok(seen.map(|it| (it.price.ticks(), it.volume_lots, it.imbalance_lots)))
    }

    fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        let book = &*self.lock()?;
        py.detach(|| book.copy()).map(Self::of).map_err(failed)
    }

    fn image<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let book = &*self.lock()?;
        let image = py.detach(|| book.image());
        Ok(PyBytes::new(py, &image))
    }

    #[staticmethod]
    fn restore(py: Python<'_>, image: &[u8]) -> PyResult<Self> {
        // What bytes hold never changes, so it may be read without the lock.
        py.detach(|| OwnedBook::restore(image)).map(Self::of).map_err(failed)
    }

    fn reset(&self) -> PyResult<()> {
        self.lock()?.reset();
        self.inner.clear_poison();
        Ok(())
    }

    fn state_hash(&self) -> PyResult<u64> {
        Ok(self.lock()?.book().state_hash())
    }

    fn running_hash(&self) -> PyResult<u64> {
        Ok(self.lock()?.book().running_hash())
    }

    fn last_sequence(&self) -> PyResult<u64> {
        Ok(self.lock()?.book().last_sequence().0)
    }

    fn last_client_sequence(&self, session: u16) -> PyResult<u64> {
        Ok(self.lock()?.book().last_client_sequence(SessionId(session)).0)
    }

    fn open_order_count(&self) -> PyResult<u32> {
        Ok(self.lock()?.book().open_order_count())
    }

    fn clock_ns(&self) -> PyResult<u64> {
        Ok(self.lock()?.book().clock_ns())
    }

    fn capacities(&self) -> PyResult<(u32, u32, u32)> {
        let Capacities { orders, instruments, sessions } = self.lock()?.book().capacities();
        Ok((orders, instruments, sessions))
    }

    fn symbols<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let guard = self.lock()?;
        let book = guard.book();
        let all = (0..book.instrument_count()).filter_map(|id| book.symbol(InstrumentId(id)));
        Ok(all.map(|symbol| PyBytes::new(py, symbol.as_bytes())).collect())
    }

    fn instrument(&self, symbol: &[u8]) -> PyResult<Option<u32>> {
        let guard = self.lock()?;
        let found = Symbol::new(symbol).and_then(|symbol| guard.book().instrument(symbol));
        Ok(found.map(|instrument| instrument.0))
    }

    /// Where an instrument stands.
    fn state(&self, instrument: u32) -> PyResult<Option<State>> {
        let guard = self.lock()?;
        let (book, instrument) = (guard.book(), InstrumentId(instrument));
        let (Some(phase), Some(terms)) = (book.phase(instrument), book.terms(instrument)) else {
            return Ok(None);
        };
        let last = book.last_trade(instrument).map(Price::ticks);
        Ok(Some((phase_code(phase), book.is_halted(instrument), last, terms.decimals.0)))
    }
}

fn order_dict<'py>(py: Python<'py>, view: &OrderView) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("order", view.order.0)?;
    dict.set_item("account", view.account.0)?;
    dict.set_item("session", view.session.0)?;
    dict.set_item("side", side_code(view.side))?;
    dict.set_item("order_type", 0)?;
    dict.set_item("price", view.price.ticks())?;
    dict.set_item("trigger", 0)?;
    dict.set_item("remaining", view.remaining.lots())?;
    dict.set_item("visible", view.visible.lots())?;
    dict.set_item("time_in_force", tif_code(view.time_in_force))?;
    dict.set_item("self_trade", self_trade_code(view.self_trade))?;
    dict.set_item("post_only", view.post_only)?;
    dict.set_item("expiry_ns", view.expiry_ns)?;
    Ok(dict)
}

fn stop_dict<'py>(py: Python<'py>, view: &StopView) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("order", view.order.0)?;
    dict.set_item("account", view.account.0)?;
    dict.set_item("session", view.session.0)?;
    dict.set_item("side", side_code(view.side))?;
    dict.set_item("order_type", type_code(view.order_type))?;
    dict.set_item("price", view.limit.map_or(0, Price::ticks))?;
    dict.set_item("trigger", view.trigger.ticks())?;
    dict.set_item("remaining", view.remaining.lots())?;
    dict.set_item("visible", 0)?;
    dict.set_item("time_in_force", tif_code(view.time_in_force))?;
    dict.set_item("self_trade", self_trade_code(view.self_trade))?;
    dict.set_item("post_only", view.post_only)?;
    dict.set_item("expiry_ns", view.expiry_ns)?;
    Ok(dict)
}
