//! The gateway of a venue: sockets in front of a host's trunk and the streams that are published of
//! its log.
//!
//! Orders come in by OUCH, market data goes out by ITCH, over SoupBinTCP and in MoldUDP64 packets.
//! One thread does all of it. What a client is told was written to a file before, and follows from
//! the log: after a crash it logs in with its last number and reads on, byte for byte.
//! `docs/gateway.md` says how to connect, and what happens when something fails.

#![forbid(unsafe_code)]

mod checkpoints;
mod connection;
mod entry;
mod error;
mod gateway;
mod handle;
mod logins;
mod multicast;
mod notices;
mod operator;
mod passwords;
mod port;
mod round;
mod seen;
mod server;
mod settings;
mod snapshots;
mod transcript;
mod venue;

pub use checkpoints::OnCheckpoint;
pub use error::GatewayError;
pub use gateway::{Gateway, GatewayWatch, Listening};
pub use notices::{GatewayNotice, GatewayNotices, Peer};
pub use operator::{UserAction, UserFault};
pub use passwords::{HashFault, PasswordHash};
pub use seen::{
    ANSWER_BOUNDS_NS, Answers, GatewayCounts, GatewaySeen, LoginSeen, TradeSeen, Traded,
};
pub use settings::{
    Limits, MulticastTo, OnDisconnect, Plaintext, Role, Settings, Throttle, Trader, User,
};
