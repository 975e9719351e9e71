//! Highwater's book, log and host for Python: what the package `highwater` is built on.
//!
//! It decides nothing. Rows of fixed size go in and come out, the interpreter's lock is given away
//! while the engine works, and every mistake of a caller is an exception with a sentence.

mod apply;
mod arrow;
mod book;
mod buffers;
mod codes;
mod command_rows;
mod errors;
mod event_rows;
mod hftbacktest;
mod host;
mod log;
mod log_replay;
mod prices;
mod replay;
mod row_stream;
mod rows;
mod system;
mod tables;

use pyo3::prelude::*;

/// The native module of the package.
#[pymodule]
fn _highwater(module: &Bound<'_, PyModule>) -> PyResult<()> {
    errors::register(module)?;
    module.add_class::<book::NativeBook>()?;
    module.add_class::<buffers::RowBuffer>()?;
    module.add_class::<host::NativeHost>()?;
    module.add_class::<host::NativeSession>()?;
    module.add_class::<log::NativeLog>()?;
    module.add_class::<row_stream::RowStream>()?;
    module.add_function(wrap_pyfunction!(replay::read_flow, module)?)?;
    module.add_function(wrap_pyfunction!(prices::ticks_of, module)?)?;
    module.add_function(wrap_pyfunction!(prices::price_of, module)?)?;
    module.add_function(wrap_pyfunction!(tables::events_schema, module)?)?;
    module.add_function(wrap_pyfunction!(tables::events_array, module)?)?;
    module.add_function(wrap_pyfunction!(tables::events_stream, module)?)?;
    module.add_function(wrap_pyfunction!(tables::commands_of, module)?)?;
    module.add_function(wrap_pyfunction!(tables::names, module)?)?;
    module.add_function(wrap_pyfunction!(hftbacktest::hftbacktest_rows, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
