//! What reads a book and changes nothing: what callers see of it, its self-check, its hash, and the
//! fetching of what commands that wait will need.

pub(super) mod check;
pub(super) mod prefetcher;
mod state_hash;
pub(super) mod view;
