//! HTTP/1.1 as far as a monitor speaks it: a request is read, an answer is written, and the
//! connection is closed; only a stream of events stays open.

use std::fmt::Write;

/// Bytes of a request without its body, at most.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// Bytes of a body, at most.
const BODY_BYTES_MAX: usize = 4 << 10;

/// Header lines, at most.
const HEADERS_MAX: usize = 64;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    query: Vec<(String, String)>,
    /// The host that the client believes to speak to, without the port.
    pub(crate) host: String,
    /// The word behind `Authorization: Bearer`.
    pub(crate) bearer: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token that it brings, as a header or as a parameter.
    pub(crate) fn token(&self) -> Option<&str> {
        self.bearer.as_deref().or_else(|| self.parameter("token"))
    }
}

/// What became of the bytes that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// There is more to come.
    Partial,
    /// A request.
    Whole(Request),
    /// It cannot be answered as it wishes.
    Wrong(Status),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    /// What was asked for cannot be done, as a sentence of its own says.
    Refused,
    MethodNotAllowed,
    TooLarge,
    HeadersTooLarge,
    Unavailable,
}

impl Status {
    const fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::Unauthorized => "401 Unauthorized",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::Refused => "409 Conflict",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::TooLarge => "413 Content Too Large",
            Self::HeadersTooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
        }
    }

    /// What is to be done, for people.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BadRequest => "this is no request of HTTP/1.1 that can be read here",
            Self::Unauthorized => "the token is missing or wrong; add ?token=TOKEN to the address",
            Self::Forbidden => "open the page by its IP address, or as localhost",
            Self::NotFound => "there is nothing here; the page is at /, metrics are at /metrics",
            Self::Refused => "it cannot be done",
            Self::MethodNotAllowed => "only GET is understood here",
            Self::TooLarge => "the body has more than 4096 bytes",
            Self::HeadersTooLarge => "the request has more than 8192 bytes or 64 header lines",
            Self::Unavailable => "not now; try again",
        }
    }
}

/// Reads a request from all bytes that have come.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
        Ok(httparse::Status::Partial) if bytes.len() < HEAD_BYTES_MAX => return Parsed::Partial,
        Ok(_) | Err(httparse::Error::TooManyHeaders) => {
            return Parsed::Wrong(Status::HeadersTooLarge);
        }
        Err(_) => return Parsed::Wrong(Status::BadRequest),
    };
    let header = |name: &str| {
        let found = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| str::from_utf8(header.value).ok()).map(str::trim)
    };
    let method = match head.method {
        Some("GET") => Method::Get,
        Some("POST") => Method::Post,
        _ => return Parsed::Wrong(Status::MethodNotAllowed),
    };
    let body_bytes = match (header("transfer-encoding"), header("content-length")) {
        (Some(_), _) => return Parsed::Wrong(Status::BadRequest),
        (None, None) => 0,
        (None, Some(text)) => match text.parse::<usize>() {
            Ok(bytes) if bytes <= BODY_BYTES_MAX => bytes,
            Ok(_) => return Parsed::Wrong(Status::TooLarge),
            Err(_) => return Parsed::Wrong(Status::BadRequest),
        },
    };
    let Some(body) = bytes.get(length..length + body_bytes) else { return Parsed::Partial };
    let target = head.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Parsed::Whole(Request {
        method,
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        host: host_of(header("host").unwrap_or_default()),
        bearer: header("authorization")
            .and_then(|text| text.strip_prefix("Bearer "))
            .map(str::to_owned),
        body: body.to_vec(),
    })
}

/// The host of a `Host` header, without its port and the brackets of IPv6.
fn host_of(text: &str) -> String {
    let host = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => text.rsplit_once(':').map_or(text, |(host, _)| host),
    };
    host.to_ascii_lowercase()
}

/// An answer with a body.
pub(crate) fn answer(status: Status, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = head(status, content_type);
    let mut length = String::new();
    write!(length, "Content-Length: {}\r\n\r\n", body.len()).expect("a string grows");
    bytes.extend_from_slice(length.as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The beginning of an answer that goes on until the connection ends.
pub(crate) fn stream(content_type: &str) -> Vec<u8> {
    let mut bytes = head(Status::Ok, content_type);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Nothing is kept by caches or fetched from elsewhere, and no other page may frame it.
fn head(status: Status, content_type: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\n\
         Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n",
        status.line()
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Parsed::Whole(request) => request,
            Parsed::Partial | Parsed::Wrong(_) => panic!("no request: {text:?}"),
        }
    }

    #[test]
    fn a_request_is_read_however_it_is_cut() {
        let text = "POST /a/b?x=1%20y&token=T HTTP/1.1\r\nHost: [::1]:80\r\n\
                    content-length: 3\r\nAuthorization: Bearer W\r\n\r\nabc";
        for end in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..end]), Parsed::Partial, "{end}");
        }
        let request = request(text);
        assert_eq!((request.method, request.path.as_str()), (Method::Post, "/a/b"));
        assert_eq!((request.host.as_str(), request.body.as_slice()), ("::1", &b"abc"[..]));
        assert_eq!((request.parameter("x"), request.token()), (Some("1 y"), Some("W")));
    }

    #[test]
    fn hosts_lose_their_port() {
        for (text, host) in [("LocalHost:80", "localhost"), ("127.0.0.1", "127.0.0.1"), ("", "")] {
            assert_eq!(host_of(text), host);
        }
    }

    #[test]
    fn what_is_too_much_or_wrong_is_refused() {
        let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(HEAD_BYTES_MAX));
        assert_eq!(parse(long.as_bytes()), Parsed::Wrong(Status::HeadersTooLarge));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(HEADERS_MAX + 1));
        assert_eq!(parse(many.as_bytes()), Parsed::Wrong(Status::HeadersTooLarge));
        for (text, status) in [
            ("\u{0}\r\n\r\n", Status::BadRequest),
            ("DELETE / HTTP/1.1\r\n\r\n", Status::MethodNotAllowed),
            ("POST / HTTP/1.1\r\nContent-Length: 4097\r\n\r\n", Status::TooLarge),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", Status::BadRequest),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Status::BadRequest),
        ] {
            assert_eq!(parse(text.as_bytes()), Parsed::Wrong(status), "{text:?}");
        }
    }
}
