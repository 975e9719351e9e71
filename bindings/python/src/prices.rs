//! Prices as decimal text, exactly or not at all.

use highwater::limits::PRICE_DECIMALS_MAX;
use highwater::types::{PriceDecimals, Ticks};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn decimals_of(decimals: u8) -> PyResult<PriceDecimals> {
    if decimals > PRICE_DECIMALS_MAX {
        return Err(PyValueError::new_err(format!("decimals is {decimals}: use 0 to 9")));
    }
    Ok(PriceDecimals(decimals))
}

/// The ticks of a decimal price.
#[pyfunction]
pub(crate) fn ticks_of(text: &str, decimals: u8) -> PyResult<u32> {
    let ticks = decimals_of(decimals)?.ticks(text);
    ticks.map(|ticks| ticks.0).map_err(|fault| PyValueError::new_err(format!("{text}: {fault}")))
}

/// The decimal price of ticks.
#[pyfunction]
pub(crate) fn price_of(ticks: u32, decimals: u8) -> PyResult<String> {
    Ok(decimals_of(decimals)?.price(Ticks(ticks)).to_string())
}
