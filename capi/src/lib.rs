//! Highwater for hosts in C and C++: the core behind opaque handles, plain structs and numbers.
//!
//! It decides nothing and touches nothing: memory, files, time and threads are the host's. Its
//! header is `include/highwater.h`; `docs/capi.md` tells how to use it.
//!
//! Nothing here allocates, and no panic gets out: a function of the C interface cannot unwind, so a
//! bug ends the process with a message.

#![deny(missing_docs)]

mod book_views;
mod codes;
mod command;
mod config;
mod engine;
mod event;
mod host;
mod layout;
mod names;
mod open;
mod plain_book;
mod pointer;
mod prices;
mod rings;
mod status;
mod steps;
mod try_lock;

pub use book_views::{
    HwIndicative, HwLevel, HwOrder, hw_book_best, hw_book_depth, hw_book_indicative, hw_book_level,
    hw_book_order, hw_book_state_hash,
};
pub use codes::{
    HwCancelReason, HwCommandKind, HwControl, HwEventKind, HwOrderType, HwPhase, HwRejectReason,
    HwReplaceRule, HwReplaceSizing, HwSelfTrade, HwSide, HwSyncMode, HwTimeInForce,
};
pub use command::{
    HW_CHOOSE_ACCOUNT, HW_CHOOSE_INSTRUMENT, HW_CHOOSE_SESSION, HW_CLIENT_BYTES, HW_SYMBOL_BYTES,
    HwCommand, HwDefinition, hw_definition_open,
};
pub use config::{HW_SYNC_DELAY_AUTO, HwConfig, hw_config_default, hw_memory_bytes};
pub use engine::{
    HwEngine, HwRecovered, hw_ask_sync, hw_best_price, hw_durable_sequence, hw_fault,
    hw_last_client_sequence, hw_next_expiry_ns, hw_recovered, hw_state_hash,
};
pub use event::HwEvent;
pub use host::{HW_NO_SEGMENT, HwHost};
pub use layout::HW_MEMORY_ALIGN;
pub use names::{hw_cancel_reason_name, hw_event_kind_name, hw_reject_reason_name, hw_version};
pub use open::hw_open;
pub use plain_book::{
    HwBook, HwBookConfig, HwListener, hw_book_apply, hw_book_bytes, hw_book_define, hw_book_open,
    hw_book_reset,
};
pub use prices::{HW_PRICE_BYTES, hw_price_text, hw_price_ticks};
pub use status::{HW_TEXT_BYTES, HwError, HwStatus, hw_error_text};
pub use steps::{
    hw_define, hw_mark_idle, hw_pop, hw_push, hw_step_log_writer, hw_step_sequencer,
    hw_step_syncer, hw_stop,
};
