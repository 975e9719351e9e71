//! What goes between the package's objects and tables of others.

use crate::arrow::{
    array_capsule, commands_of as arrow_commands, event_batch, schema_capsule, stream_capsule,
};
use crate::buffers::RowBuffer;
use crate::codes::{Coded, CommandKind, EVENT_KINDS};
use crate::row_stream::{Once, Rows};
use crate::rows::EventRow;
use highwater::command::{Control, ReplaceSizing};
use highwater::event::{CancelReason, RejectReason};
use highwater::types::{OrderType, Phase, ReplaceRule, SelfTrade, Side, TimeInForce};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;

/// A copy of event rows that somebody holds as bytes.
pub(crate) fn events_in(bytes: &Bound<'_, PyAny>) -> PyResult<Vec<EventRow>> {
    let buffer = PyBuffer::<u8>::get(bytes)?;
    let bytes = buffer.to_vec(bytes.py())?;
    if bytes.len() % size_of::<EventRow>() != 0 {
        return Err(PyBufferError::new_err("the events are not whole rows"));
    }
    let mut rows = vec![EventRow::default(); bytes.len() / size_of::<EventRow>()];
    bytemuck::cast_slice_mut(&mut rows).copy_from_slice(&bytes);
    Ok(rows)
}

#[pyfunction]
pub(crate) fn events_schema(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    schema_capsule(py, &event_batch(&[]))
}

#[pyfunction]
pub(crate) fn events_array<'py>(
    bytes: &Bound<'py, PyAny>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let (py, batch) = (bytes.py(), event_batch(&events_in(bytes)?));
    Ok((schema_capsule(py, &batch)?, array_capsule(py, batch)?))
}

#[pyfunction]
pub(crate) fn events_stream<'py>(bytes: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let rows = Rows::Events(events_in(bytes)?);
    stream_capsule(bytes.py(), Once(Some(rows), Rows::Events(Vec::new())))
}

/// The commands of an object with an Arrow capsule method, or `None`.
#[pyfunction]
pub(crate) fn commands_of(object: &Bound<'_, PyAny>) -> PyResult<Option<RowBuffer>> {
    Ok(arrow_commands(object)?.map(RowBuffer::writable))
}

fn listed<T: Coded>() -> Vec<(u8, &'static str)> {
    T::ALL.iter().map(|(code, name, _)| (*code, *name)).collect()
}

/// The numbers and names of an enumeration.
#[pyfunction]
pub(crate) fn names(of: &str) -> Vec<(u8, &'static str)> {
    match of {
        "Side" => listed::<Side>(),
        "OrderType" => listed::<OrderType>(),
        "TimeInForce" => listed::<TimeInForce>(),
        "SelfTrade" => listed::<SelfTrade>(),
        "ReplaceRule" => listed::<ReplaceRule>(),
        "ReplaceSizing" => listed::<ReplaceSizing>(),
        "Control" => listed::<Control>(),
        "Phase" => listed::<Phase>(),
        "RejectReason" => listed::<RejectReason>(),
        "CancelReason" => listed::<CancelReason>(),
        "CommandKind" => listed::<CommandKind>(),
        "EventKind" => (1..).zip(EVENT_KINDS).collect(),
        _ => Vec::new(),
    }
}
