//! The exceptions: a sentence each that says what to change.

use highwater_book::SubmitError;
use highwater_console::CommandError;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use std::fmt::Display;

create_exception!(highwater, HighwaterError, PyException, "Something of Highwater failed.");
create_exception!(
    highwater,
    ApplyError,
    HighwaterError,
    "Commands were not all applied: `applied` says how many were, `events` holds their events."
);
create_exception!(
    highwater,
    BusyError,
    HighwaterError,
    "Another thread uses the object at this moment."
);
create_exception!(highwater, FlowError, HighwaterError, "A file is no sound flow.");
create_exception!(highwater, LogError, HighwaterError, "A log can't be read, or is damaged.");
create_exception!(highwater, HostError, HighwaterError, "A host or a session of it refuses.");

/// The exception that says so.
pub(crate) fn failed(sentence: impl Display) -> PyErr {
    HighwaterError::new_err(sentence.to_string())
}

pub(crate) fn busy(what: &str, instead: &str) -> PyErr {
    BusyError::new_err(format!(
        "another thread uses this {what} at this moment: {instead}, or let one thread wait for the other"
    ))
}

/// The sentence of an error of the program's commands.
pub(crate) fn sentence(error: CommandError) -> String {
    match error {
        CommandError::Failed(sentence)
        | CommandError::Damaged(sentence)
        | CommandError::WrongUsage(sentence)
        | CommandError::Incomparable(sentence) => sentence,
        CommandError::ClosedPipe | CommandError::Reported | CommandError::Differ => {
            "it could not be read".to_owned()
        }
    }
}

/// Why a command was not submitted, as a sentence for Python.
pub(crate) fn submit_sentence(error: &SubmitError) -> String {
    if let SubmitError::NotFresh { client_sequence, last } = error {
        return format!(
            "client_sequence {client_sequence} is not above {last}, the session's last: reset the \
             book to apply the same commands again, use a session of your own for commands of \
             your own, or set client_sequence to 0, which takes the next"
        );
    }
    error.to_string()
}

/// Adds to an exception how much was applied.
pub(crate) fn with_applied(
    py: Python<'_>,
    error: PyErr,
    applied: usize,
    total: usize,
    events: &Bound<'_, PyAny>,
) -> PyErr {
    let value = error.value(py);
    let told = (|| {
        value.setattr("applied", applied)?;
        value.setattr("events", events)?;
        let note = format!(
            "{applied} of {total} commands were applied; the exception's `events` has their events"
        );
        value.call_method1("add_note", (note,)).map(drop)
    })();
    // An exception that takes no attributes says less.
    drop::<PyResult<()>>(told);
    error
}

/// Puts the exceptions into the module.
pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("HighwaterError", py.get_type::<HighwaterError>())?;
    module.add("ApplyError", py.get_type::<ApplyError>())?;
    module.add("BusyError", py.get_type::<BusyError>())?;
    module.add("FlowError", py.get_type::<FlowError>())?;
    module.add("LogError", py.get_type::<LogError>())?;
    module.add("HostError", py.get_type::<HostError>())
}
