//! Flows: orders from files and from the seeded stream into an engine, and its answers into files
//! of fills, events and acknowledgements.

#![forbid(unsafe_code)]

pub mod event_counts;
pub mod feed;
pub mod flow;
pub mod flow_binding;
pub mod gateway;
pub mod gzip;
pub mod outputs;
pub mod random;
pub mod resolved_path;
pub mod run_outputs;
pub mod stream;
