//! What an operator asks of a venue and is answered: a line of JSON each.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The folder of what belongs to operators, in a data directory.
pub(crate) fn folder_in(data: &Path) -> PathBuf {
    data.join("admin")
}

/// The socket of a venue.
pub(crate) fn socket_in(data: &Path) -> PathBuf {
    folder_in(data).join("socket")
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Request {
    /// What is served, who is logged in, how far the log is.
    Status,
    /// How instruments trade; no symbol: all of them.
    Trading {
        /// What is done.
        thing: Thing,
        /// The instruments.
        #[serde(default)]
        symbols: Vec<String>,
    },
    /// The day ends.
    EndOfDay,
    /// The prices that an instrument takes, decimal; all of them without a bound.
    Band {
        /// The instrument.
        symbol: String,
        /// The lowest.
        low: Option<String>,
        /// The highest.
        high: Option<String>,
    },
    /// How many orders a session may have open; none: as many as it likes.
    Limit {
        /// The session.
        session: u16,
        /// Open orders.
        orders: Option<u32>,
    },
    /// Orders are canceled: those that all of this is true of.
    Cancel {
        /// Of this session.
        session: Option<u16>,
        /// Of this account.
        account: Option<u32>,
        /// Of this instrument.
        symbol: Option<String>,
    },
    /// No more orders of a user are taken.
    StopEntry {
        /// The user.
        user: String,
    },
    /// They are taken again.
    AllowEntry {
        /// The user.
        user: String,
    },
    /// The entry of a user is stopped, and its session's orders are canceled.
    Kill {
        /// The user.
        user: String,
    },
    /// The connections of a user are closed.
    Disconnect {
        /// The user.
        user: String,
    },
    /// A snapshot is made.
    Snapshot,
    /// Somebody has copied the log; only noted.
    BackedUp {
        /// Where the copy is.
        to: String,
    },
    /// The venue stops.
    Stop,
}

/// How instruments trade from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Thing {
    /// Not at all.
    Halt,
    /// As before a halt.
    Resume,
    /// Orders are collected.
    StartAuction,
    /// What was collected trades, and trading is continuous.
    Uncross,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// Lines for people.
    pub(crate) lines: Vec<String>,
    /// The last sequence that came of it; 0 where none did.
    pub(crate) sequence: u64,
}

impl Answer {
    /// A line, of no command.
    pub(crate) fn line(text: impl Into<String>) -> Self {
        Self { lines: vec![text.into()], sequence: 0 }
    }

    /// Nothing but that it is done.
    pub(crate) fn done() -> Self {
        Self::line("done")
    }

    pub(crate) fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_lines_that_come_back() {
        let text = r#"{"do":"trading","thing":"start-auction","symbols":["GOLD"]}"#;
        let request: Request = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&request).unwrap(), text);
        assert_eq!(serde_json::to_string(&Request::Stop).unwrap(), r#"{"do":"stop"}"#);
        for wrong in ["{}", "1", r#"{"do":"fly"}"#, r#"{"do":"kill"}"#] {
            assert!(serde_json::from_str::<Request>(wrong).is_err(), "{wrong}");
        }
    }
}
