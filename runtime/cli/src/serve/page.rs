//! The page of a venue: where it is served, and what it shows of the past.

use super::desk::Desk;
use super::{Venue, Wish};
use crate::book::book_json;
use highwater_console::{CommandError, note};
use highwater_gateway::{Gateway, Plaintext};
use highwater_host::Host;
use highwater_monitor::{
    About, BookQuestion, Monitor, MonitorConfig, MonitorError, Token, Watched, Workers,
};
use highwater_platform::Platform;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// How far the books that are shown may be behind what is durable.
const LAG: Duration = Duration::from_millis(100);

/// A page that is served.
pub(super) struct Page {
    /// Serves as long as it lives.
    _monitor: Monitor,
    /// Where to look at it, with the token that it needs elsewhere.
    pub(super) url: String,
}

/// The books that are shown are those that questions are answered from.
#[expect(clippy::unnecessary_wraps, reason = "without the feature it may fail")]
pub(super) fn prepare(venue: &mut Venue) -> Result<(), CommandError> {
    if venue.page.address.is_some() {
        venue.engine = venue.engine.clone().questions(LAG);
    }
    Ok(())
}

/// Serves the page of a venue, where it has one.
pub(super) fn serve_page<P: Platform>(
    platform: P,
    (host, gateway): (&Host<P>, &Gateway),
    (venue, data): (&Venue, &Path),
    desk: &Desk,
) -> Result<Option<Page>, CommandError> {
    let Some(address) = venue.page.address else { return Ok(None) };
    let token = token_of(venue)?;
    desk.keep_token(token.text())?;
    let start = |address| {
        let config = MonitorConfig {
            address,
            token: token.clone(),
            is_network_trusted: venue.plaintext == Plaintext::TrustedNetwork,
        };
        let host = host.watch().expect("the host runs");
        let watched = Watched { platform, engine: Box::new(host), gateway: Some(gateway.watch()) };
        let (data, caller) = (data.to_path_buf(), desk.caller());
        let about = about(platform, venue, &data);
        let workers = Workers {
            book_at: Some(Box::new(move |BookQuestion { at, symbol, depth }| {
                book_json(platform, &data, at, (&symbol, depth))
            })),
            operate: Some(Box::new(move |line: String| caller.call_for_page(&line))),
        };
        Monitor::start(&config, watched, about, workers)
    };
    let monitor = match start(address) {
        // Nobody has asked for this very port.
        Err(MonitorError::Listen(_, error))
            if venue.page.wish == Wish::Default && error.kind() == ErrorKind::AddrInUse =>
        {
            note(&format!("{address} is in use, so the page has another port"));
            start(SocketAddr::new(address.ip(), 0))
        }
        started => started,
    };
    let monitor = monitor.map_err(CommandError::failed)?;
    let url = if address.ip().is_loopback() {
        format!("http://{}/", monitor.address())
    } else {
        format!("http://{}/?token={}", monitor.address(), token.text())
    };
    desk.keep_url(&url)?;
    Ok(Some(Page { _monitor: monitor, url }))
}

/// The token of the venue's file, or one that nobody knows yet.
fn token_of(venue: &Venue) -> Result<Token, CommandError> {
    let Some(text) = &venue.page.token else {
        return Token::random().map_err(CommandError::failed);
    };
    Token::chosen(text).ok_or_else(|| {
        CommandError::WrongUsage(
            "page-token is too simple: it has 16 or more letters, digits, '-' and '_'".to_owned(),
        )
    })
}

fn about<P: Platform>(platform: P, venue: &Venue, data: &Path) -> About {
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: data.display().to_string(),
        sync: venue.engine.sync.name().to_owned(),
        started_ms: platform.wall_clock_ns() / 1_000_000,
    }
}
