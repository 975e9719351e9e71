//! The file of a venue: TOML, with the keys that docs/gateway.md lists.

use super::market::Instrument;
use super::schedule::{Do, Schedule, Step, second_of};
use super::{KEEP_DAYS_DEFAULT, PageAt, Venue, Wish, engine_of};
use crate::settings::Settings;
use crate::units::TimeSpan;
use highwater::types::{
    AccountId, InstrumentTerms, Lots, PriceDecimals, SelfTrade, SessionId, Symbol, Ticks,
};
use highwater_gateway::{
    Limits, OnDisconnect, PasswordHash, Plaintext, Role, Throttle, Trader, User,
};
use highwater_protocols::Alpha;
use highwater_tls::{Acceptor, CertificateName, Identity};
use serde::Deserialize;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A venue's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    engine: Settings,
    #[serde(default)]
    listen: Listen,
    plaintext: Option<String>,
    page_token: Option<String>,
    tls: Option<FileTls>,
    keep_days: Option<u32>,
    instruments: Vec<FileInstrument>,
    #[serde(default)]
    users: Vec<FileUser>,
    #[serde(default)]
    schedule: Vec<FileStep>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Listen {
    ouch: Option<SocketAddr>,
    itch: Option<SocketAddr>,
    glimpse: Option<SocketAddr>,
    moldudp64: Option<SocketAddr>,
    packets_from: Option<IpAddr>,
    requests: Option<SocketAddr>,
    page: Option<SocketAddr>,
}

/// Files of PEM; paths are as the program sees them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTls {
    certificate: PathBuf,
    key: PathBuf,
    clients: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileInstrument {
    symbol: String,
    decimals: Option<u8>,
    tick: Option<u32>,
    lot: Option<u64>,
    quantity_max: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileUser {
    user: String,
    password: String,
    session: Option<u16>,
    drop_copy_of: Option<u16>,
    firm: Option<String>,
    account: Option<u32>,
    self_trade: Option<FileSelfTrade>,
    on_disconnect: Option<FileOnDisconnect>,
    grace: Option<TimeSpan>,
    orders_per_second: Option<u32>,
    burst: Option<u32>,
    #[serde(default)]
    addresses: Vec<IpAddr>,
    certificate: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FileSelfTrade {
    Allow,
    CancelNewest,
    CancelOldest,
    CancelBoth,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FileOnDisconnect {
    Keep,
    CancelSession,
    CancelAccount,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStep {
    at: String,
    #[serde(rename = "do")]
    what: Do,
    #[serde(default)]
    symbols: Vec<String>,
}

/// Reads a venue.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn read(path: &Path) -> Result<Venue, String> {
    let in_file = |problem: String| format!("in '{}': {problem}", path.display());
    let text = fs::read_to_string(path)
        .map_err(|error| format!("could not read '{}' ({error})", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|error| in_file(error.to_string()))?;
    file.venue().map_err(in_file)
}

impl File {
    fn venue(self) -> Result<Venue, String> {
        let plaintext = match self.plaintext.as_deref() {
            None => Plaintext::Loopback,
            Some("trusted network") => Plaintext::TrustedNetwork,
            Some(other) => {
                return Err(format!(
                    "plaintext is \"{other}\"; the only value is \"trusted network\", and without \
                     it nothing is listened on but loopback"
                ));
            }
        };
        if self.instruments.is_empty() {
            return Err("there are no instruments; add one: [[instruments]]".to_owned());
        }
        if self.keep_days == Some(0) {
            return Err("keep-days is 0; keep 1 day or more".to_owned());
        }
        Ok(Venue {
            engine: engine_of(&self.engine)?,
            instruments: self.instruments.iter().map(instrument).collect::<Result<_, _>>()?,
            users: self.users.iter().map(FileUser::user).collect::<Result<_, _>>()?,
            password: None,
            ouch: self.listen.ouch,
            itch: self.listen.itch,
            glimpse: self.listen.glimpse,
            moldudp64: self.listen.moldudp64,
            packets_from: self.listen.packets_from.unwrap_or_else(|| Ipv4Addr::LOCALHOST.into()),
            requests: self.listen.requests,
            page: PageAt { address: self.listen.page, token: self.page_token, wish: Wish::Named },
            tls: self.tls.map(FileTls::acceptor).transpose()?,
            plaintext,
            limits: Limits::DEFAULT,
            schedule: Schedule::new(self.schedule.iter().map(step).collect::<Result<Vec<_>, _>>()?),
            keep_days: self.keep_days.unwrap_or(KEEP_DAYS_DEFAULT),
            has_maker: false,
        })
    }
}

impl FileTls {
    fn acceptor(self) -> Result<Acceptor, String> {
        let identity = Identity { certificate: self.certificate, key: self.key };
        let acceptor = Acceptor::read(&identity, self.clients.as_deref());
        acceptor.map_err(|fault| format!("[tls]: {fault}"))
    }
}

fn instrument(file: &FileInstrument) -> Result<Instrument, String> {
    let open = InstrumentTerms::OPEN;
    let terms = InstrumentTerms {
        tick: file.tick.map_or(open.tick, Ticks),
        lot: file.lot.map_or(open.lot, Lots),
        quantity_max: file.quantity_max.map_or(open.quantity_max, Lots),
        decimals: file.decimals.map_or(open.decimals, PriceDecimals),
        ..open
    };
    if !terms.are_possible() || terms.decimals.0 > 4 {
        return Err(format!(
            "'{}' cannot be traded like this: tick and lot are 1 or more, and the protocols' prices \
             have 4 decimals",
            file.symbol
        ));
    }
    Ok(Instrument { symbol: symbol(&file.symbol)?, terms })
}

fn symbol(text: &str) -> Result<Symbol, String> {
    let fits = Alpha::<8>::new(text.as_bytes()).filter(|alpha| !alpha.is_blank());
    fits.and_then(|_| Symbol::new(text.as_bytes())).ok_or_else(|| {
        format!("the symbol '{text}' does not fit: it has 1 to 8 characters of ASCII")
    })
}

fn step(file: &FileStep) -> Result<Step, String> {
    let at = second_of(&file.at).ok_or_else(|| {
        format!("'{}' is no time of the day; write it like 09:30 or 09:30:05 (UTC)", file.at)
    })?;
    let symbols = file.symbols.iter().map(|text| symbol(text)).collect::<Result<_, _>>()?;
    Ok(Step { at, what: file.what, symbols })
}

impl FileUser {
    fn user(&self) -> Result<User, String> {
        let name = short(&self.user, "user")?;
        let password = PasswordHash::parse(&self.password)
            .map_err(|error| format!("the password of '{}': {error}", self.user))?;
        let role = match (self.session, self.drop_copy_of) {
            (Some(session), None) => Role::Trader(self.trader(SessionId(session))?),
            (None, Some(session)) => Role::DropCopy { of: SessionId(session) },
            (None, None) => Role::Reader,
            (Some(_), Some(_)) => {
                return Err(format!(
                    "'{}' has a session and a drop copy of one; make them two users",
                    self.user
                ));
            }
        };
        let certificate = self.certificate.as_deref().map(CertificateName::parse).transpose();
        let certificate =
            certificate.map_err(|fault| format!("the certificate of '{}': {fault}", self.user))?;
        Ok(User { name, password, role, addresses: self.addresses.clone(), certificate })
    }

    fn trader(&self, session: SessionId) -> Result<Trader, String> {
        let grace = self.grace.map_or(Duration::ZERO, |TimeSpan(span)| span);
        let throttle = match (self.orders_per_second, self.burst) {
            (None, None) => None,
            (Some(per_second @ 1..), burst) if burst != Some(0) => {
                Some(Throttle { per_second, burst: burst.unwrap_or(per_second) })
            }
            _ => {
                return Err(format!(
                    "'{}' has a throttle that lets nothing through: orders-per-second is 1 or \
                     more, and so is burst",
                    self.user
                ));
            }
        };
        Ok(Trader {
            session,
            firm: self.firm.as_deref().map_or(Ok(Alpha::BLANK), |firm| short(firm, "firm"))?,
            account: AccountId(self.account.unwrap_or_else(|| session.0.into())),
            self_trade: match self.self_trade {
                None | Some(FileSelfTrade::Allow) => SelfTrade::Allow,
                Some(FileSelfTrade::CancelNewest) => SelfTrade::CancelNewest,
                Some(FileSelfTrade::CancelOldest) => SelfTrade::CancelOldest,
                Some(FileSelfTrade::CancelBoth) => SelfTrade::CancelBoth,
            },
            on_disconnect: match self.on_disconnect {
                None | Some(FileOnDisconnect::Keep) => OnDisconnect::Keep,
                Some(FileOnDisconnect::CancelSession) => OnDisconnect::CancelSession { grace },
                Some(FileOnDisconnect::CancelAccount) => OnDisconnect::CancelAccount { grace },
            },
            throttle,
        })
    }
}

fn short<const N: usize>(text: &str, what: &str) -> Result<Alpha<N>, String> {
    Alpha::new(text.as_bytes()).filter(|alpha| !alpha.is_blank()).ok_or_else(|| {
        format!("the {what} '{text}' does not fit: it has 1 to {N} characters of ASCII")
    })
}
