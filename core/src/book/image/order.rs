//! Whether an order can be open as an image says: what order entry and all that follows allow.

use super::entry::ReadOrder;
use crate::book::rules::entry::{check_price, check_risk, has_too_many_parts};
use crate::book::store::ladder_id::LadderId;
use crate::book::store::order::{Extra, Order};
use crate::book::store::terms::Terms;
use crate::limits::{CLOCK_NS_MAX, QUANTITY_MAX};
use crate::types::{Band, InstrumentTerms, Lots, Price, Quantity, Ticks, TimeInForce};
use bytemuck::Zeroable;

impl ReadOrder {
    /// Whether an order of this ladder can be open like this on an instrument with these terms,
    /// while the clock stands at `clock_ns`.
    ///
    /// The band alone is not asked: it may have changed since the order came.
    pub(super) fn is_possible(
        &self,
        ladder: LadderId,
        terms: &InstrumentTerms,
        clock_ns: u64,
    ) -> bool {
        let extra = self.extra.unwrap_or_else(Extra::zeroed);
        let open = self.remaining.checked_add(extra.hidden).map(Lots).and_then(Quantity::new);
        let (Some(kept), Some(open)) = (Terms::read(self.terms), open) else { return false };
        let waits = ladder.is_of_stops();
        let is_dated = kept.time_in_force == TimeInForce::GoodTillDate;
        let is_placed =
            if waits { can_wait(&extra) } else { self.can_rest(&extra, kept.time_in_force) };
        let limit = if waits { extra.limit } else { self.price };
        let limit = (limit > 0).then_some(Ticks(limit));
        let lots = [self.remaining, extra.hidden, extra.display, extra.minimum];
        is_placed
            && self.remaining > 0
            && self.extra.is_some() == (waits || is_dated || extra.display > 0)
            && is_dated == (extra.expiry_ns > clock_ns)
            && extra.expiry_ns <= if is_dated { CLOCK_NS_MAX } else { 0 }
            && lots.iter().all(|lots| lots.is_multiple_of(terms.lot.0))
            && extra.display <= QUANTITY_MAX
            && !has_too_many_parts(open, Lots(extra.display))
            && extra.minimum <= open.lots()
            && self.has_prices(limit, open, terms)
    }

    /// Whether an order that rests can have this extra: it shows no more than its part, and hides
    /// something only when it shows a part.
    const fn can_rest(&self, extra: &Extra, time_in_force: TimeInForce) -> bool {
        let shows_its_part =
            if extra.display == 0 { extra.hidden == 0 } else { self.remaining <= extra.display };
        shows_its_part && extra.minimum == 0 && extra.limit == 0 && time_in_force.may_rest()
    }

    /// Whether the instrument has its price and its limit, and takes this much at the limit.
    fn has_prices(
        &self,
        limit: Option<Ticks>,
        open: Quantity,
        instrument: &InstrumentTerms,
    ) -> bool {
        let terms = InstrumentTerms { band: Band::ALL, ..*instrument };
        check_price(Ticks(self.price), &terms).is_ok()
            && limit.is_none_or(|limit| check_price(limit, &terms).is_ok())
            && check_risk(&terms, limit.and_then(Price::new), open).is_ok()
    }

    /// The order as it stands in its slot, but for links and level.
    pub(super) fn as_open(&self, ladder: LadderId) -> Order {
        let waits_at = self.extra.map_or(0, |extra| extra.limit);
        Order {
            id: self.id,
            remaining: self.remaining,
            ladder: ladder.0,
            account: self.account,
            session: self.session,
            terms: self.terms,
            limit: if ladder.is_of_stops() { waits_at } else { self.price },
            ..Order::zeroed()
        }
    }
}

/// Whether a stop can have this extra: it hides nothing before it rests.
const fn can_wait(extra: &Extra) -> bool {
    extra.hidden == 0
}
