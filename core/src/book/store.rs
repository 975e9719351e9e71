//! What a book keeps, in memory cut from the host's bytes: orders, price levels, instruments,
//! sessions, and the tables and lists below them.

pub(super) mod expiries;
pub(super) mod index;
pub(super) mod instrument_book;
pub(super) mod ladder;
pub(super) mod ladder_id;
pub(super) mod memory;
pub(super) mod order;
pub(super) mod orders;
pub(super) mod pool;
pub(super) mod row;
pub(super) mod sessions;
pub(super) mod span;
pub(super) mod symbols;
pub(super) mod terms;
