//! Runs a model through all its executions, and says how many there were or what went wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What loom says when a slot is read and written in no order.
pub(crate) const RACE: &str = "Causality violation: Concurrent read and write accesses";

/// Runs every execution of `model` and returns their number.
///
/// # Panics
/// When one of them panics or contains a data race.
pub(crate) fn executions(model: impl Fn() + Send + Sync + 'static) -> usize {
    let started = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&started);
    loom::model(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    started.load(Ordering::Relaxed)
}

/// Asserts that some execution of `model` ends with a panic that says `why`.
pub(crate) fn assert_fails(why: &str, model: impl Fn() + Send + Sync + 'static) {
    let outcome = catch_unwind(AssertUnwindSafe(|| executions(model)));
    let panic = outcome.expect_err("loom finds nothing wrong with a broken model");
    let message = panic.downcast_ref::<String>().cloned();
    let message = message.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    let message = message.expect("panics carry text");
    assert!(message.contains(why), "failed for another reason: {message}");
}
