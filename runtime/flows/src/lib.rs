//! Flows: orders from files and from the seeded stream into an engine, and its answers into files
//! of fills, events and acknowledgements.

#![forbid(unsafe_code)]

pub mod feed;
pub mod flow;
pub mod gateway;
pub mod gzip;
pub mod intake;
pub mod outputs;
pub mod place;
pub mod random;
pub mod stream;
pub mod tally;
pub mod told;
