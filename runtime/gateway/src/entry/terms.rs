//! The optional values of an order, and the checks of its numbers.

use super::Refused;
use highwater::types::{Lots, SelfTrade, Ticks};
use highwater_protocols::ouch::{Appendage, CustomerType, Element, PostOnly, PriceType};
use highwater_protocols::{Alpha, WidePrice4, YesNo};
use highwater_publisher::Instrument;

/// OUCH's quantities are below this.
const QUANTITY_END: u32 = 1_000_000;

/// An iceberg has at most so many parts (`docs/matching.md`, R14).
const PARTS_MAX: u64 = 10_000;

/// What an appendage asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) firm: Alpha<4>,
    pub(super) minimum: u32,
    /// 0: all of it.
    pub(super) display: u32,
    pub(super) is_post_only: bool,
    pub(super) expire_seconds: Option<u32>,
    pub(super) self_trade: Option<SelfTrade>,
    pub(super) customer_type: Option<CustomerType>,
    pub(super) group_id: u16,
}

impl Terms {
    /// The terms that there can be here; everything else is refused.
    pub(super) fn of<const TAGS: u32>(appendage: &Appendage<TAGS>) -> Result<Self, Refused> {
        let mut terms = Self::default();
        for element in appendage.elements() {
            terms.add(element)?;
        }
        Ok(terms)
    }

    fn add(&mut self, element: Element) -> Result<(), Refused> {
        match element {
            Element::Firm(firm) => self.firm = firm,
            Element::MinQuantity(minimum) => self.minimum = minimum,
            Element::CustomerType(kind) => self.customer_type = Some(kind),
            Element::MaxFloor(display) => self.display = display,
            Element::PostOnly(post_only) => self.is_post_only = post_only == PostOnly::PostOnly,
            Element::ExpireTime(seconds) => self.expire_seconds = Some(seconds.0),
            Element::GroupId(group) => self.group_id = group,
            Element::AiqStrategy(strategy) => self.self_trade = self_trade_of(strategy)?,
            // They ask for nothing.
            Element::PriceType(PriceType::Limit)
            | Element::TradeNow(YesNo::No)
            | Element::RandomReserves(0)
            | Element::UserRefIdx(0)
            | Element::AiqGroupId(0)
            | Element::SharesLocated(_)
            | Element::LocateBroker(_) => {}
            Element::HandleInst(instruction) if instruction.is_blank() => {}
            Element::PriceType(_) => return Err(Refused::InvalidPegType),
            Element::PegOffset(_) => return Err(Refused::PeggingNotAllowed),
            Element::Route(_) => return Err(Refused::RoutingNotAllowed),
            Element::DiscretionPrice(_)
            | Element::DiscretionPriceType(_)
            | Element::DiscretionPegOffset(_)
            | Element::RandomReserves(_)
            | Element::TradeNow(YesNo::Yes)
            | Element::HandleInst(_)
            | Element::UserRefIdx(_)
            | Element::AiqGroupId(_)
            | Element::SecondaryOrderReference(_)
            | Element::BboWeight(_)
            | Element::ReferencePrice(_)
            | Element::ReferencePriceType(_)
            | Element::DisplayQuantity(_)
            | Element::DisplayPrice(_)
            | Element::Side(_) => return Err(Refused::Other),
        }
        Ok(())
    }

    /// Whether there is one that an open order can't be given.
    pub(super) fn has_new_conditions(&self) -> bool {
        let Self { firm: _, group_id: _, customer_type: _, is_post_only, .. } = *self;
        is_post_only
            || self.minimum > 0
            || self.display > 0
            || self.expire_seconds.is_some()
            || self.self_trade.is_some()
    }

    /// What is shown of so many shares at a time; 0 for all of them.
    pub(super) fn display_of(&self, quantity: u32, known: &Instrument) -> Result<Lots, Refused> {
        if self.display == 0 || self.display >= quantity {
            return Ok(Lots(0));
        }
        let parts = u64::from(quantity).div_ceil(self.display.into());
        if parts > PARTS_MAX || !self.display.is_multiple_of(known.lot.max(1)) {
            return Err(Refused::InvalidMaxFloor);
        }
        Ok(Lots(self.display.into()))
    }
}

/// What happens when the order meets another one of its account: N the newest is canceled, O the
/// oldest, B both; blank: as the port is set.
fn self_trade_of(strategy: Alpha<1>) -> Result<Option<SelfTrade>, Refused> {
    match strategy.as_bytes() {
        b" " => Ok(None),
        b"N" => Ok(Some(SelfTrade::CancelNewest)),
        b"O" => Ok(Some(SelfTrade::CancelOldest)),
        b"B" => Ok(Some(SelfTrade::CancelBoth)),
        _ => Err(Refused::Other),
    }
}

/// A quantity that an order can have.
pub(super) fn quantity_of(quantity: u32, known: &Instrument) -> Result<Lots, Refused> {
    if quantity == 0 || quantity >= QUANTITY_END || !quantity.is_multiple_of(known.lot.max(1)) {
        return Err(Refused::InvalidQuantity);
    }
    Ok(Lots(quantity.into()))
}

/// A limit that an order can have.
pub(super) fn price_of(price: WidePrice4, known: &Instrument) -> Result<Ticks, Refused> {
    known.ticks(price).filter(|ticks| ticks.0 > 0).ok_or(Refused::InvalidPrice)
}
