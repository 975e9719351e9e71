//! What commands do to a book: the checks of an entry, matching, stops, changes, cancels of many
//! orders, auctions, and what the operator decides.

pub(super) mod auction;
mod changes;
mod conditional;
pub(super) mod context;
pub(super) mod entry;
mod matching;
mod operator;
mod queue;
mod removal;
mod steps;
mod stops;
