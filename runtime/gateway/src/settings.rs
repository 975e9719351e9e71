//! What a gateway is told: where it listens, who may connect, and how patient it is.

use crate::passwords::PasswordHash;
use highwater::types::{AccountId, SelfTrade, SessionId};
use highwater_protocols::Alpha;
use highwater_tls::{Acceptor, CertificateName};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where orders are entered (OUCH over SoupBinTCP); port 0: the system chooses.
    pub ouch: Option<SocketAddr>,
    /// Where the feed is read (ITCH over SoupBinTCP).
    pub itch: Option<SocketAddr>,
    /// Where snapshots of the books are read (GLIMPSE over SoupBinTCP).
    pub glimpse: Option<SocketAddr>,
    /// Where the feed is sent by MoldUDP64.
    pub multicast: Option<MulticastTo>,
    /// Where messages of the feed that were lost are asked for (MoldUDP64).
    pub requests: Option<SocketAddr>,
    /// TLS of the listeners of SoupBinTCP; `None`: they take connections without.
    pub tls: Option<Acceptor>,
    /// Whether addresses other than loopback may be listened on without encryption.
    pub plaintext: Plaintext,
    /// Who may log in; names are unique.
    pub users: Vec<User>,
    /// How patient the gateway is, and how many it serves.
    pub limits: Limits,
    /// What is in front of the day's number in the name of each session: 1 to 6 letters and digits.
    pub session_prefix: Alpha<6>,
}

/// Where packets of the feed go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MulticastTo {
    /// A group, or one receiver; port 0: one that is free on this machine.
    pub to: SocketAddr,
    /// An address of the interface that they leave by.
    pub from: IpAddr,
}

/// Where passwords and orders may go unencrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plaintext {
    /// Within this machine only.
    #[default]
    Loopback,
    /// On every network that the listeners are on: somebody has said that it is trusted.
    TrustedNetwork,
}

/// Somebody who may log in.
#[derive(Clone, Debug)]
pub struct User {
    /// The name, in which case counts.
    pub name: Alpha<6>,
    /// What the password must match.
    pub password: PasswordHash,
    /// What is open to it. Everybody may read the feed.
    pub role: Role,
    /// Addresses that it may come from; empty: any.
    pub addresses: Vec<IpAddr>,
    /// A name that its certificate must have; `None`: it need not have any.
    pub certificate: Option<CertificateName>,
}

/// What is open to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It enters orders.
    Trader(Trader),
    /// It reads what a session is told, and enters nothing.
    DropCopy {
        /// The session.
        of: SessionId,
    },
    /// It reads the feed.
    Reader,
}

/// How a user trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trader {
    /// Its session, which no other trader has. Not 0, the operator's.
    pub session: SessionId,
    /// Whose orders they are; an order that names a firm must name this one.
    pub firm: Alpha<4>,
    /// The account of its orders.
    pub account: AccountId,
    /// What happens when an order meets another one of the account, where the order does not say.
    pub self_trade: SelfTrade,
    /// What becomes of its orders when it is gone.
    pub on_disconnect: OnDisconnect,
    /// How many orders it may enter; `None`: as many as it likes.
    pub throttle: Option<Throttle>,
}

/// What becomes of a trader's orders when its connection is lost or closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDisconnect {
    /// They stay.
    #[default]
    Keep,
    /// Those of its session are canceled, unless it is back in time.
    CancelSession {
        /// How long it has.
        grace: Duration,
    },
    /// Those of its account are canceled, unless it is back in time.
    CancelAccount {
        /// How long it has.
        grace: Duration,
    },
}

/// How many orders may be entered: those above are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Orders and replacements a second in the long run, at least 1.
    pub per_second: u32,
    /// Orders at once, at least 1.
    pub burst: u32,
}

/// How patient a gateway is, and how many it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Connections at a time that have not logged in.
    pub logging_in: usize,
    /// How long a connection has for its login.
    pub login: Duration,
    /// After this long without a byte a peer is gone, unless its login says otherwise.
    pub silence: Duration,
    /// After this long without a packet one is sent, so that the peer sees that the line stands.
    pub heartbeat: Duration,
    /// A peer that takes no byte for so long is dropped.
    pub stalled: Duration,
    /// Bad logins from one address within [`blocked`](Self::blocked) before it is refused.
    pub bad_logins: u32,
    /// For how long.
    pub blocked: Duration,
}

impl Limits {
    /// What SoupBinTCP's servers do as a rule.
    pub const DEFAULT: Self = Self {
        connections: 4_096,
        logging_in: 64,
        login: Duration::from_secs(30),
        silence: Duration::from_secs(15),
        heartbeat: Duration::from_secs(1),
        stalled: Duration::from_secs(15),
        bad_logins: 5,
        blocked: Duration::from_mins(1),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A time in nanoseconds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Settings {
    /// The traders, with the index of each user.
    pub(crate) fn traders(&self) -> impl Iterator<Item = (usize, Trader)> {
        self.users.iter().enumerate().filter_map(|(index, user)| match user.role {
            Role::Trader(trader) => Some((index, trader)),
            Role::DropCopy { .. } | Role::Reader => None,
        })
    }

    /// The user of this name.
    pub(crate) fn user(&self, name: Alpha<6>) -> Option<usize> {
        self.users.iter().position(|user| user.name == name)
    }
}
