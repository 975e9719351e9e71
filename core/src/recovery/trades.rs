//! The comparison of logged copies of trades with the trades of a replay.
//!
//! A command may cause any number of trades, so only their number and a hash over them are kept:
//! when as many copies have come as there were trades, both hashes are equal or the replay differs.
//! Fewer copies than trades are no fault: a crash may have come between a command and its copies.

use super::RecoveryFault;
use crate::event::{CommandEnd, Event, EventSink, LevelStep};
use crate::trade::TradeCopy;
use crate::types::Sequence;

/// What a command's trades were, and what its copies say they were.
#[derive(Debug)]
pub(super) struct TradeCheck {
    /// The last command that was replayed here; 0 before the first.
    sequence: Sequence,
    made: Trades,
    copied: Trades,
}

/// Some trades in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Trades {
    count: u64,
    hash: u64,
}

impl Trades {
    const NONE: Self = Self { count: 0, hash: 0 };

    fn add(&mut self, copy: &TradeCopy) {
        self.count += 1;
        self.hash = copy.fold_into(self.hash);
    }
}

impl TradeCheck {
    pub(super) const fn new() -> Self {
        Self { sequence: Sequence(0), made: Trades::NONE, copied: Trades::NONE }
    }

    /// The next trades are those of this command.
    pub(super) const fn begin(&mut self, sequence: Sequence) {
        *self = Self { sequence, ..Self::new() };
    }

    /// Takes a copy of a trade of this command. One of a command that was not replayed here, but
    /// before a snapshot, cannot be compared.
    pub(super) fn compare(
        &mut self,
        sequence: Sequence,
        copy: &TradeCopy,
    ) -> Result<(), RecoveryFault> {
        if sequence != self.sequence {
            return Ok(());
        }
        self.copied.add(copy);
        let Self { made, copied, .. } = self;
        if copied.count < made.count || copied == made {
            return Ok(());
        }
        Err(RecoveryFault::TradeDiffers { sequence })
    }
}

/// A sink that notes the trades, and hands every event on.
pub(super) struct Watched<'w, S> {
    pub(super) trades: &'w mut TradeCheck,
    pub(super) sink: &'w mut S,
}

impl<S: EventSink> EventSink for Watched<'_, S> {
    #[inline]
    fn event(&mut self, event: &Event) {
        if let Some(copy) = TradeCopy::of(event) {
            self.trades.made.add(&copy);
        }
        self.sink.event(event);
    }

    #[inline]
    fn end(&mut self, end: CommandEnd) {
        self.sink.end(end);
    }

    #[inline]
    fn wants_levels(&self) -> bool {
        self.sink.wants_levels()
    }

    #[inline]
    fn level(&mut self, step: &LevelStep) {
        self.sink.level(step);
    }
}
