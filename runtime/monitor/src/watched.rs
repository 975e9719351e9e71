//! What a monitor looks at.

use crate::metrics::SYNC_BOUNDS_NS;
use highwater::book::Book;
use highwater_gateway::{GatewaySeen, GatewayWatch};
use highwater_host::{HostStatistics, HostWatch};
use highwater_platform::Platform;
use serde::Serialize;
use std::fmt;

/// An engine that is looked at, from another thread and also behind its end.
pub trait EngineLook: Send {
    /// What is counted, now.
    fn statistics(&self) -> HostStatistics;

    /// How many syncs took at most each of these times, in nanoseconds, and longer than the one
    /// before.
    fn sync_classes(&self, bounds_ns: &[u64; SYNC_CLASSES]) -> [u64; SYNC_CLASSES];

    /// Why it has ended; `None` while it runs.
    fn end(&self) -> Option<String>;

    /// Whether there is a book to look at.
    fn book(&self) -> BookThere;

    /// Shows the book to `look`, where it is there.
    fn show_book(&self, look: &mut dyn FnMut(&Book<'_>));
}

/// Classes of syncs.
pub const SYNC_CLASSES: usize = SYNC_BOUNDS_NS.len();

/// Whether there is a book to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookThere {
    /// There is one.
    Yes,
    /// It is being recovered.
    Soon,
    /// Nobody has asked for one.
    Never,
}

impl<P: Platform> EngineLook for HostWatch<P> {
    fn statistics(&self) -> HostStatistics {
        Self::statistics(self)
    }

    fn sync_classes(&self, bounds_ns: &[u64; SYNC_CLASSES]) -> [u64; SYNC_CLASSES] {
        Self::sync_classes(self, bounds_ns)
    }

    fn end(&self) -> Option<String> {
        Self::end(self).map(|end| end.to_string())
    }

    fn book(&self) -> BookThere {
        match self.questions().map(|questions| questions.ask(|_| ())) {
            Some(Ok(())) => BookThere::Yes,
            Some(Err(_)) => BookThere::Soon,
            None => BookThere::Never,
        }
    }

    fn show_book(&self, look: &mut dyn FnMut(&Book<'_>)) {
        if let Some(questions) = self.questions() {
            // Where it is not there, there is nothing to show.
            let _shown = questions.ask(|book| look(book));
        }
    }
}

/// What a monitor looks at.
pub struct Watched<P: Platform> {
    /// For clocks.
    pub platform: P,
    /// The engine.
    pub engine: Box<dyn EngineLook>,
    /// The gateway, where there is one: trades and clients are seen there.
    pub gateway: Option<GatewayWatch>,
}

impl<P: Platform> Watched<P> {
    pub(crate) fn gateway(&self) -> Option<GatewaySeen> {
        self.gateway.as_ref().map(GatewayWatch::look)
    }
}

impl<P: Platform> fmt::Debug for Watched<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// What does not change while a venue runs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// The data directory.
    pub data: String,
    /// The sync mode by its name.
    pub sync: String,
    /// When it started, in milliseconds since the Unix epoch.
    pub started_ms: u64,
}
