//! What threads of the runtime share in a wake-up: the system's atomics, in a place where a model
//! checker can put its own.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
