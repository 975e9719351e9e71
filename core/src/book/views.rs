//! What reads a book and changes nothing: what callers see of it, its self-check, its hash, and the
//! fetching of what commands that wait will need.

pub(super) mod ahead;
pub(super) mod check;
mod state_hash;
pub(super) mod view;
