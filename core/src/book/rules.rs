//! What commands do to a book: the checks of an entry, matching, stops, changes, cancels of many
//! orders, auctions, and what the operator decides.

pub(super) mod auction;
mod changes;
mod conditional;
pub(super) mod entry;
mod matching;
mod operator;
pub(super) mod origin;
mod queue;
mod removal;
mod stops;
