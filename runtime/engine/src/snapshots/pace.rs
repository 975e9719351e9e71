//! The pace of the snapshot thread: it yields its core when it has had more than its share.

use highwater_platform::{Platform, Share};
use std::cell::Cell;
use std::thread::yield_now;

/// Yields the core of the calling thread when the thread has had more than its share since the last
/// yield; never when its share is a whole core.
///
/// Without yields, the engine's threads would wait for this one until the scheduler's tick where
/// cores are few. A yield gives up the rest of the time slice, so a thread that always yields gets
/// less than its niceness promises.
#[derive(Debug)]
pub(super) struct Pace<P> {
    platform: P,
    share: Share,
    last: Cell<Yielded>,
}

/// When a thread gave its core away last, by the platform's clock.
#[derive(Clone, Copy, Debug)]
struct Yielded {
    /// How long it was until it had a core again.
    waited_ns: u64,
    /// When that was.
    until_ns: u64,
}

impl<P: Platform> Pace<P> {
    /// Begins to count.
    pub(super) fn begin(platform: P, share: Share) -> Self {
        let begun = Yielded { waited_ns: 0, until_ns: platform.monotonic_ns() };
        Self { platform, share, last: Cell::new(begun) }
    }

    /// Gives the core away if the thread is ahead of its share.
    pub(super) fn keep(&self) {
        let (last, now_ns) = (self.last.get(), self.platform.monotonic_ns());
        if is_ahead(self.share, last.waited_ns, now_ns.saturating_sub(last.until_ns)) {
            yield_now();
            let until_ns = self.platform.monotonic_ns();
            self.last.set(Yielded { waited_ns: until_ns.saturating_sub(now_ns), until_ns });
        }
    }
}

/// Whether a thread that waited for a core and then worked had more than its share of the time.
const fn is_ahead(share: Share, waited_ns: u64, worked_ns: u64) -> bool {
    let passed_ns = waited_ns.saturating_add(worked_ns);
    worked_ns.saturating_mul(100) > passed_ns.saturating_mul(share.percent())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_had_more_than_its_share_is_ahead() {
        let is_ahead = |percent, waited_ns, worked_ns| {
            is_ahead(Share::of_percent(percent).unwrap(), waited_ns, worked_ns)
        };
        assert!(!is_ahead(10, 900, 100) && is_ahead(10, 900, 101));
        assert!(!is_ahead(50, 900, 900) && is_ahead(50, 900, 901));
        assert!(!is_ahead(99, 10, 990) && is_ahead(99, 10, 991));
        assert!(is_ahead(99, 0, 1) && !is_ahead(1, 0, 0), "whoever has not waited is ahead");
        assert!(!is_ahead(100, 0, 1) && !is_ahead(100, 0, u64::MAX), "nobody is ahead of all");
    }
}
