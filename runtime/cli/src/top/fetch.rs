//! A state from a page: one request, one answer.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of an answer, at most.
const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// Where a page is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Host and port.
    host: String,
    token: Option<String>,
}

impl Address {
    /// Reads the address of a page.
    ///
    /// # Errors
    /// It is none, in a sentence.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://");
        let (host, query) = rest
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .filter(|(host, _)| !host.is_empty())
            .ok_or_else(|| format!("'{url}' is no address like http://127.0.0.1:7006/"))?;
        let token = query.split_once("token=").map(|(_, token)| token.to_owned());
        Ok(Self { host: host.to_owned(), token })
    }
}

/// Asks a page for the state, with the book of an instrument.
///
/// # Errors
/// There is no answer, or a refusal: a sentence.
pub(super) fn fetch(page: &Address, symbol: Option<&str>) -> Result<String, String> {
    let unreachable =
        |error: std::io::Error| format!("no page is reached at {}: {error}", page.host);
    let mut addresses = page.host.to_socket_addrs().map_err(unreachable)?;
    let address = addresses.next().ok_or_else(|| format!("'{}' is no host", page.host))?;
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE).map_err(unreachable)?;
    socket.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
    socket.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
    let query = symbol.map_or_else(String::new, |symbol| {
        let bytes = symbol.bytes().map(|byte| format!("%{byte:02X}"));
        format!("?instrument={}", bytes.collect::<Vec<_>>().concat())
    });
    let token = page
        .token
        .as_ref()
        .map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET /api/state{query} HTTP/1.1\r\nHost: {}\r\n{token}\r\n", page.host);
    socket.write_all(request.as_bytes()).map_err(unreachable)?;
    let mut answer = Vec::new();
    socket.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).map_err(unreachable)?;
    body_of(&String::from_utf8_lossy(&answer))
}

/// The body of an answer.
fn body_of(answer: &str) -> Result<String, String> {
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer is cut off")?;
    if head.starts_with("HTTP/1.1 200 ") {
        return Ok(body.to_owned());
    }
    Err(body.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let address = |host: &str, token: Option<&str>| Address {
            host: host.to_owned(),
            token: token.map(str::to_owned),
        };
        assert_eq!(Address::parse("http://a:1"), Ok(address("a:1", None)));
        assert_eq!(Address::parse("http://a:1/?token=T"), Ok(address("a:1", Some("T"))));
        for wrong in ["", "a:1", "https://a:1/", "http:///x"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refusal_is_its_sentence() {
        assert_eq!(body_of("HTTP/1.1 200 OK\r\nx: y\r\n\r\n{}"), Ok("{}".to_owned()));
        assert_eq!(body_of("HTTP/1.1 404 Not Found\r\n\r\nno\n"), Err("no".to_owned()));
        assert!(body_of("HTTP/1.1 200 OK\r\n").is_err());
    }
}
