//! The demonstration: a small venue for this machine alone.

use super::market::Instrument;
use super::schedule::{Do, Schedule, Step};
use super::{KEEP_DAYS_DEFAULT, PageAt, Venue, Wish, engine_of};
use crate::settings::Settings;
use highwater::types::{AccountId, InstrumentTerms, LogId, SelfTrade, SessionId, Symbol};
use highwater_engine::config::{Keep, SnapshotPlan};
use highwater_gateway::{Limits, OnDisconnect, PasswordHash, Plaintext, Role, Trader, User};
use highwater_protocols::Alpha;
use highwater_protocols::soup::Password;
use std::net::{Ipv4Addr, SocketAddr};

const SYMBOLS: [&str; 4] = ["GOLD", "SILVER", "COPPER", "TIN"];
const USERS: [&str; 4] = ["DEMO1", "DEMO2", "DEMO3", "DEMO4"];

/// The group of the packets, of those that stay within an organisation (RFC 2365).
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 70, 1);

/// Bytes of log behind which a snapshot is made: what is before it goes away.
const SNAPSHOT_BYTES: u64 = 64 << 20;

/// The demonstration, but for its users: their password depends on the log.
pub(super) fn venue() -> Venue {
    let mut engine = engine_of(&Settings::default()).expect("the defaults are possible");
    engine.snapshots =
        SnapshotPlan { bytes: Some(SNAPSHOT_BYTES), keep: Keep::Snapshot, ..engine.snapshots };
    let instrument = |symbol: &str| Instrument {
        symbol: Symbol::new(symbol.as_bytes()).expect("it is short"),
        terms: InstrumentTerms::OPEN,
    };
    let midnight = Step { at: 0, what: Do::EndOfDay, symbols: Vec::new() };
    let on_loopback = |port| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    Venue {
        engine,
        instruments: SYMBOLS.map(instrument).to_vec(),
        users: Vec::new(),
        password: Some(String::new()),
        ouch: on_loopback(7_001),
        itch: on_loopback(7_002),
        glimpse: on_loopback(7_003),
        moldudp64: Some(SocketAddr::from((GROUP, 7_004))),
        packets_from: Ipv4Addr::LOCALHOST.into(),
        requests: on_loopback(7_005),
        page: PageAt { address: on_loopback(7_006), token: None, wish: Wish::Default },
        tls: None,
        plaintext: Plaintext::Loopback,
        limits: Limits::DEFAULT,
        schedule: Schedule::new(vec![midnight]),
        keep_days: KEEP_DAYS_DEFAULT,
        has_maker: true,
    }
}

/// Gives the users names, and the one password that goes with the log.
pub(super) fn name_users(venue: &mut Venue, log: LogId) {
    let text: String = log.to_string().chars().rev().take(8).collect();
    let password = Password(Alpha::new(text.as_bytes()).expect("it has 8 digits"));
    let hash = PasswordHash::of(password);
    venue.password = Some(text);
    venue.users = (1..).zip(USERS).map(|(number, name)| user(number, name, &hash)).collect();
}

fn user(number: u16, name: &str, hash: &PasswordHash) -> User {
    let firm = format!("FRM{number}");
    User {
        name: Alpha::new(name.as_bytes()).expect("it is short"),
        password: hash.clone(),
        role: Role::Trader(Trader {
            session: SessionId(number),
            firm: Alpha::new(firm.as_bytes()).expect("it is short"),
            account: AccountId(number.into()),
            self_trade: SelfTrade::Allow,
            on_disconnect: OnDisconnect::Keep,
            throttle: None,
        }),
        addresses: Vec::new(),
        certificate: None,
    }
}
