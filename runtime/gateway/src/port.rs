//! A port: a trader's numbers, its throttle, and what it asks for on the way.

use crate::settings::{Throttle, Trader};
use highwater::types::{ClientSequence, InstrumentId, Lots, OrderId, SessionId};
use highwater_protocols::Alpha;
use std::collections::BTreeSet;

/// A client sequence is a number of the client's, and how many commands without one came behind it.
const NUMBER_SHIFT: u32 = 31;

const NS_PER_SECOND: u64 = 1_000_000_000;

/// What a trader's port remembers.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    /// Whose it is.
    pub(crate) trader: Trader,
    /// The last client sequence that was used.
    last: ClientSequence,
    /// The highest number of a replacement.
    replaced: u32,
    /// Firms for which no orders are taken.
    pub(crate) disabled: BTreeSet<Alpha<4>>,
    /// Whether no orders are taken, by the operator's word.
    pub(crate) is_stopped: bool,
    bucket: Bucket,
}

/// What a command does to the totals that a session asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// Nothing.
    None,
    /// This order has this total.
    One(OrderId, InstrumentId, Lots),
    /// An order gets another name and total.
    Renamed {
        /// As it is named now.
        order: OrderId,
        /// As it is named then.
        new_order: OrderId,
        /// Where.
        instrument: InstrumentId,
        /// Its total then.
        total: Lots,
    },
}

impl Port {
    /// The port of a trader whose session has used client sequences up to `last`.
    pub(crate) fn new(
        trader: Trader,
        last: ClientSequence,
        disabled: impl IntoIterator<Item = Alpha<4>>,
    ) -> Self {
        Self {
            trader,
            last,
            replaced: 0,
            disabled: disabled.into_iter().collect(),
            is_stopped: false,
            bucket: Bucket::full(trader.throttle),
        }
    }

    /// An open order has this number.
    pub(crate) fn knows(&mut self, number: u32) {
        self.replaced = self.replaced.max(number);
    }

    /// The engine's name of the order with this number.
    pub(crate) fn order(&self, number: u32) -> OrderId {
        OrderId(u64::from(self.trader.session.0) << u32::BITS | u64::from(number))
    }

    /// The highest number that was used: it and those below are not taken again.
    pub(crate) fn last_number(&self) -> u32 {
        let numbered = u32::try_from(self.last.0 >> NUMBER_SHIFT).unwrap_or(u32::MAX);
        numbered.max(self.replaced)
    }

    /// The client sequence of a command with this number.
    pub(crate) fn sequence_of(number: u32) -> ClientSequence {
        ClientSequence(u64::from(number) << NUMBER_SHIFT)
    }

    /// The client sequence of a command without a number; `None` when there were as many as find
    /// room between two numbers.
    pub(crate) fn next_unnumbered(&self) -> Option<ClientSequence> {
        let next = self.last.0 + 1;
        (!next.is_multiple_of(1 << NUMBER_SHIFT)).then_some(ClientSequence(next))
    }

    /// A command was handed in.
    pub(crate) fn used(&mut self, client_sequence: ClientSequence, sizes: Sizes) {
        self.last = self.last.max(client_sequence);
        if let Sizes::Renamed { new_order, .. } = sizes {
            self.knows(number_of(new_order));
        }
    }

    /// Whether one more order may be entered now, which uses up room for it.
    pub(crate) fn admits(&mut self, now_ns: u64) -> bool {
        self.trader.throttle.is_none_or(|throttle| self.bucket.take(throttle, now_ns))
    }

    /// Whether nothing is taken from its connection now: so many orders in a row were refused that
    /// more refusals would only fill the log.
    pub(crate) fn is_held(&mut self, now_ns: u64) -> bool {
        self.trader.throttle.is_some_and(|throttle| self.bucket.is_held(throttle, now_ns))
    }
}

/// The client's number of an order.
pub(crate) const fn number_of(order: OrderId) -> u32 {
    // The lower half is meant.
    let [a, b, c, d, ..] = order.0.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The session of an order that a trader entered; `None` for ids that are named otherwise.
pub(crate) fn session_of(order: OrderId) -> Option<SessionId> {
    u16::try_from(order.0 >> u32::BITS).ok().map(SessionId)
}

/// A token bucket, in billionths of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    level: u64,
    filled_ns: u64,
    /// Orders that were refused in a row.
    refused: u32,
}

impl Bucket {
    fn full(throttle: Option<Throttle>) -> Self {
        let level = throttle.map_or(0, |throttle| u64::from(throttle.burst) * NS_PER_SECOND);
        Self { level, filled_ns: 0, refused: 0 }
    }

    fn fill(&mut self, throttle: Throttle, now_ns: u64) {
        let passed_ns = now_ns.saturating_sub(self.filled_ns);
        self.filled_ns = self.filled_ns.max(now_ns);
        let more = passed_ns.saturating_mul(throttle.per_second.into());
        let room = u64::from(throttle.burst) * NS_PER_SECOND;
        self.level = self.level.saturating_add(more).min(room);
    }

    fn take(&mut self, throttle: Throttle, now_ns: u64) -> bool {
        self.fill(throttle, now_ns);
        if let Some(left) = self.level.checked_sub(NS_PER_SECOND) {
            (self.level, self.refused) = (left, 0);
            true
        } else {
            self.refused = self.refused.saturating_add(1);
            false
        }
    }

    fn is_held(&mut self, throttle: Throttle, now_ns: u64) -> bool {
        self.fill(throttle, now_ns);
        self.level < NS_PER_SECOND && self.refused >= throttle.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::OnDisconnect;
    use highwater::types::{AccountId, SelfTrade};

    fn trader(throttle: Option<Throttle>) -> Trader {
        Trader {
            session: SessionId(7),
            firm: Alpha::BLANK,
            account: AccountId(1),
            self_trade: SelfTrade::Allow,
            on_disconnect: OnDisconnect::Keep,
            throttle,
        }
    }

    #[test]
    fn numbers_leave_room_for_commands_without_one() {
        let mut port = Port::new(trader(None), ClientSequence(0), []);
        assert_eq!(port.next_unnumbered(), Some(ClientSequence(1)));
        port.used(Port::sequence_of(5), Sizes::None);
        assert_eq!((port.last_number(), port.order(5)), (5, OrderId(7 << 32 | 5)));
        port.used(port.next_unnumbered().unwrap(), Sizes::None);
        assert_eq!(port.last_number(), 5);
        port.used(ClientSequence(Port::sequence_of(6).0 - 1), Sizes::None);
        assert_eq!(port.next_unnumbered(), None, "the next number is not used up");
        port.used(Port::sequence_of(u32::MAX), Sizes::None);
        assert_eq!(port.last_number(), u32::MAX);
        let mut port = Port::new(trader(None), Port::sequence_of(3), []);
        port.knows(9);
        assert_eq!(port.last_number(), 9, "a replacement used it");
        assert_eq!(number_of(OrderId(7 << 32 | 9)), 9);
    }

    #[test]
    fn a_throttle_takes_a_burst_and_then_its_rate() {
        let mut port =
            Port::new(trader(Some(Throttle { per_second: 10, burst: 3 })), ClientSequence(0), []);
        let mut admitted = |now_ns: u64| (0..10).filter(|_| port.admits(now_ns)).count();
        assert_eq!(admitted(5_000_000_000), 3);
        assert_eq!(admitted(5_000_000_000), 0);
        assert_eq!(admitted(5_100_000_000), 1, "one in a tenth of a second");
        assert_eq!(admitted(5_050_000_000), 0, "a clock that was set back gives nothing");
        assert_eq!(admitted(u64::MAX), 3, "no more than the burst");
    }

    #[test]
    fn who_goes_on_behind_a_burst_of_refusals_waits() {
        let throttle = Throttle { per_second: 10, burst: 3 };
        let mut port = Port::new(trader(Some(throttle)), ClientSequence(0), []);
        let second_ns = 1_000_000_000;
        assert!(!port.is_held(second_ns));
        let mut admitted = 0;
        let mut orders = 0;
        while !port.is_held(second_ns) {
            admitted += u32::from(port.admits(second_ns));
            orders += 1;
        }
        assert_eq!((orders, admitted), (6, 3));
        assert!(port.is_held(second_ns + second_ns / 20));
        assert!(!port.is_held(second_ns + second_ns / 10), "there is room for one");
        assert!(port.admits(second_ns + second_ns / 10));
        let mut port = Port::new(trader(None), ClientSequence(0), []);
        assert!(!port.is_held(second_ns));
    }
}
