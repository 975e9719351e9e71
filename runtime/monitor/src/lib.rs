//! What a running venue shows: metrics for Prometheus, and a page to look at the market.
//!
//! One thread (`hw-monitor`) serves both over HTTP, from copies that the engine's threads and the
//! gateway's make anyway: it waits for none of them, and none of them waits for it. A browser that
//! is slow gets fewer updates. `docs/monitor.md` says what there is to see.

#![forbid(unsafe_code)]

mod error;
mod http;
mod live;
mod metrics;
mod monitor;
mod series;
mod server;
mod stop;
mod token;
mod view;
mod watched;
mod worker;

pub use error::MonitorError;
pub use metrics::metrics_table;
pub use monitor::{Monitor, MonitorConfig, Workers};
pub use token::Token;
pub use view::state_of_book;
pub use watched::{About, BookThere, EngineLook, SYNC_CLASSES, Watched};
pub use worker::{BookQuestion, Work};
