//! The page of a venue: where it is served, and what it shows of the past.

use super::{Venue, Wish};
use crate::book::book_json;
use highwater_console::{CommandError, note};
use highwater_gateway::{Gateway, Plaintext};
use highwater_host::Host;
use highwater_monitor::{About, BookAt, Monitor, MonitorConfig, MonitorError, Token, Watched};
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
    venue: &Venue,
    data: &Path,
) -> Result<Option<Page>, CommandError> {
    let Some(address) = venue.page.address else { return Ok(None) };
    let token = match &venue.page.token {
        None if address.ip().is_loopback() => None,
        None => Some(Token::random().map_err(CommandError::failed)?),
        Some(text) => Some(Token::chosen(text).ok_or_else(|| {
            CommandError::WrongUsage(
                "page-token is too simple: it has 16 or more letters, digits, '-' and '_'"
                    .to_owned(),
            )
        })?),
    };
    let start = |address| {
        let config = MonitorConfig {
            address,
            token: token.clone(),
            is_network_trusted: venue.plaintext == Plaintext::TrustedNetwork,
        };
        let host = host.watch().expect("the host runs");
        let watched = Watched { platform, host, gateway: Some(gateway.watch()) };
        let book_at: BookAt = {
            let data = data.to_path_buf();
            Box::new(move |at, symbol, depth| book_json(platform, &data, at, (symbol, depth)))
        };
        Monitor::start(&config, watched, about(platform, venue, data), Some(book_at))
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
    let url = match token.filter(|_| !address.ip().is_loopback()) {
        None => format!("http://{}/", monitor.address()),
        Some(token) => format!("http://{}/?token={}", monitor.address(), token.text()),
    };
    Ok(Some(Page { _monitor: monitor, url }))
}

fn about<P: Platform>(platform: P, venue: &Venue, data: &Path) -> About {
    About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: data.display().to_string(),
        sync: venue.engine.sync.name().to_owned(),
        started_ms: platform.wall_clock_ns() / 1_000_000,
    }
}
