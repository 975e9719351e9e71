//! What threads share behaves in every order that the memory model allows: checked with loom.
//!
//! The ring, the watermark and the halt are compiled from the core's own source files, what a bell
//! shares from the runtime's, but with another module in the place of their `atomic`: its atomics
//! are loom's, and loom is told of every touch of a slot. So the product knows nothing of loom, and
//! `cargo test` runs the models.
//!
//! A model that cannot fail proves nothing. Each side runs on a thread of its own (loom is blind
//! to some of what its first thread does), the number of explored executions is asserted, and the
//! same model must fail when any one ordering of either side is weakened to `Relaxed`, or its fence
//! left out.

#![deny(unsafe_code)]

mod atomic;
mod explore;
mod models;

#[path = "../../../core/src"]
#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the models use some of what the core's modules offer to everyone"
)]
mod checked {
    pub mod limits;
    pub mod log_file;
    pub mod padded;
    pub mod prefetch;
    pub mod ring;
    pub mod stage;
    pub mod sync_mode;
    pub mod types;
    pub mod watermark;
}

#[path = "../../../runtime/platform/src/wakeup/announcement.rs"]
mod announcement;

// The core's modules know each other by these paths.
use checked::*;
