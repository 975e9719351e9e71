//! The instruments of a log as the protocols see them: a locate, a short symbol, prices with four
//! decimals.

use crate::fault::{Fit, Protocol, Unfit};
use crate::open_orders::OpenOrder;
use highwater::command::Definition;
use highwater::types::{InstrumentId, Lots, Phase, PriceDecimals, Symbol, Ticks};
use highwater_protocols::itch::TradingState;
use highwater_protocols::{Alpha, Price4, WidePrice4};

/// Decimals of the protocols' prices.
const DECIMALS: u32 = 4;

/// An instrument as the protocols see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instrument {
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// The same as a field of a message.
    pub name: Alpha<8>,
    /// Its number in the feed, from 1.
    pub locate: u16,
    /// How many decimals its prices have.
    pub decimals: PriceDecimals,
    /// The step between its quantities; the highest number where that is larger.
    pub lot: u32,
    /// How it trades.
    pub(crate) trading: Trading,
    /// How many auctions have ended in it today.
    pub(crate) cross_count: u32,
}

/// How an instrument trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trading {
    /// Its phase.
    pub(crate) phase: Phase,
    /// Whether it is halted.
    pub(crate) is_halted: bool,
}

impl Instrument {
    fn new(id: InstrumentId, definition: &Definition) -> Fit<Self> {
        let Definition { symbol, terms } = *definition;
        let unfit = || Box::new(Unfit::Symbol { instrument: id, symbol });
        let name = Alpha::new(symbol.as_bytes()).ok_or_else(unfit)?;
        let locate = id.0.checked_add(1).and_then(|locate| u16::try_from(locate).ok());
        Ok(Self {
            symbol,
            name,
            // The highest number is kept free.
            locate: locate
                .filter(|it| *it < u16::MAX)
                .ok_or_else(|| Box::new(Unfit::Instrument(id)))?,
            decimals: terms.decimals,
            lot: u32::try_from(terms.lot.0).unwrap_or(u32::MAX),
            trading: Trading { phase: Phase::Continuous, is_halted: false },
            cross_count: 0,
        })
    }

    /// A price of the feed.
    pub(crate) fn price4(&self, price: Ticks) -> Fit<Price4> {
        self.in_ten_thousandths(price)
            .and_then(|price| u32::try_from(price).ok())
            .map(Price4)
            .ok_or_else(|| Box::new(self.unfit_price(price, Protocol::Itch, "429,496.7295")))
    }

    /// A limit of an answer, which must not look like that of a market order.
    pub(crate) fn wide_price(&self, price: Ticks) -> Fit<WidePrice4> {
        self.in_ten_thousandths(price)
            .map(WidePrice4)
            .filter(|price| *price < WidePrice4::MARKET)
            .ok_or_else(|| Box::new(self.unfit_price(price, Protocol::Ouch, "214,748.3646")))
    }

    /// Whether an auction collects orders in it now.
    pub fn is_in_auction(&self) -> bool {
        self.trading.phase == Phase::Auction
    }

    /// The price of an order, of which its instrument has so many decimals; `None` where that is
    /// not exact, or above what a price can be.
    pub fn ticks(&self, price: WidePrice4) -> Option<Ticks> {
        let decimals = u32::from(self.decimals.0);
        let ticks = if decimals <= DECIMALS {
            let unit = 10_u64.pow(DECIMALS - decimals);
            price.0.is_multiple_of(unit).then(|| price.0 / unit)?
        } else {
            price.0.checked_mul(10_u64.pow(decimals - DECIMALS))?
        };
        u32::try_from(ticks).ok().map(Ticks)
    }

    fn in_ten_thousandths(&self, price: Ticks) -> Option<u64> {
        let (ticks, decimals) = (u64::from(price.0), u32::from(self.decimals.0));
        if decimals <= DECIMALS {
            return Some(ticks * 10_u64.pow(DECIMALS - decimals));
        }
        let unit = 10_u64.pow(decimals - DECIMALS);
        ticks.is_multiple_of(unit).then(|| ticks / unit)
    }

    fn unfit_price(&self, price: Ticks, protocol: Protocol, most: &'static str) -> Unfit {
        let Self { symbol, decimals, .. } = *self;
        Unfit::Price { symbol, price, decimals, protocol, most }
    }

    /// A quantity of the feed.
    pub(crate) fn shares(&self, lots: u64) -> Fit<u32> {
        self.quantity(lots, Protocol::Itch)
    }

    /// A quantity of an answer.
    pub(crate) fn quantity_of(&self, lots: Lots) -> Fit<u32> {
        self.quantity(lots.0, Protocol::Ouch)
    }

    fn quantity(&self, lots: u64, protocol: Protocol) -> Fit<u32> {
        let unfit = |_| Box::new(Unfit::Quantity { symbol: self.symbol, lots, protocol });
        u32::try_from(lots).map_err(unfit)
    }
}

impl Trading {
    /// The same in the feed.
    pub(crate) const fn state(self) -> TradingState {
        match (self.is_halted, self.phase) {
            (true, _) => TradingState::Halted,
            (false, Phase::Continuous) => TradingState::Trading,
            (false, Phase::Auction | Phase::Collecting) => TradingState::QuotationOnly,
        }
    }
}

/// All instruments, by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Instruments(pub(crate) Vec<Instrument>);

impl Instruments {
    /// Notes a new one.
    ///
    /// # Errors
    /// The protocols have no room for it.
    pub(crate) fn define(&mut self, id: InstrumentId, definition: &Definition) -> Fit {
        assert_eq!(usize::try_from(id.0).ok(), Some(self.0.len()), "numbers are given in order");
        self.0.push(Instrument::new(id, definition)?);
        Ok(())
    }

    /// The instrument with this number.
    pub(crate) fn of(&self, id: InstrumentId) -> &Instrument {
        &self.0[index_of(id)]
    }

    /// Whether the feed has room for what an order shows.
    pub(crate) fn can_show(&self, id: InstrumentId, order: &OpenOrder) -> bool {
        let instrument = usize::try_from(id.0).ok().and_then(|index| self.0.get(index));
        instrument.is_some_and(|it| {
            order.shown == 0 || it.shares(order.shown).is_ok() && it.price4(order.limit).is_ok()
        })
    }

    /// The same, to be changed.
    pub(crate) fn of_mut(&mut self, id: InstrumentId) -> &mut Instrument {
        &mut self.0[index_of(id)]
    }
}

fn index_of(id: InstrumentId) -> usize {
    usize::try_from(id.0).expect("an instrument's number is an index")
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater::types::InstrumentTerms;

    fn of_decimals(decimals: u8) -> Instrument {
        let terms = InstrumentTerms { decimals: PriceDecimals(decimals), ..InstrumentTerms::OPEN };
        let symbol = Symbol::new(b"GOLD").unwrap();
        Instrument::new(InstrumentId(0), &Definition { symbol, terms }).unwrap()
    }

    #[test]
    fn prices_are_exact_or_refused() {
        for (decimals, ticks, price) in [
            (0, 7, Some(70_000)),
            (2, 1_050, Some(105_000)),
            (4, 1, Some(1)),
            (5, 10, Some(1)),
            (5, 11, None),
            (9, 1_200_000, Some(12)),
            (4, 2_147_483_647, Some(2_147_483_647)),
            (2, 42_949_672, Some(4_294_967_200)),
            (2, 42_949_673, None),
        ] {
            let found = of_decimals(decimals).price4(Ticks(ticks));
            assert_eq!(found.ok(), price.map(Price4), "{decimals} {ticks}");
        }
    }

    #[test]
    fn the_price_of_an_order_is_exact_or_refused() {
        for (decimals, price, ticks) in [
            (0, 70_000, Some(7)),
            (0, 70_001, None),
            (2, 105_000, Some(1_050)),
            (2, 105_001, None),
            (4, 1, Some(1)),
            (5, 1, Some(10)),
            (9, 12, Some(1_200_000)),
            (4, u64::from(u32::MAX), Some(u32::MAX)),
            (4, 1 << 32, None),
            (9, u64::MAX, None),
        ] {
            let found = of_decimals(decimals).ticks(WidePrice4(price));
            assert_eq!(found, ticks.map(Ticks), "{decimals} {price}");
        }
    }

    #[test]
    fn a_limit_never_looks_like_a_market_order() {
        let instrument = of_decimals(4);
        assert_eq!(
            instrument.wide_price(Ticks(2_147_483_646)).ok(),
            Some(WidePrice4(2_147_483_646))
        );
        let unfit = instrument.wide_price(Ticks(2_147_483_647)).unwrap_err();
        assert!(unfit.to_string().contains("'GOLD' has the price 214748.3647"), "{unfit}");
    }

    #[test]
    fn what_has_no_room_is_named() {
        let definition = Definition::open(Symbol::new(b"NINECHARS").unwrap());
        let unfit = Instrument::new(InstrumentId(3), &definition).unwrap_err();
        assert!(
            unfit.to_string().starts_with("instrument 3 has the symbol 'NINECHARS'"),
            "{unfit}"
        );
        let definition = Definition::open(Symbol::new(b"A").unwrap());
        assert!(Instrument::new(InstrumentId(65_533), &definition).is_ok());
        let unfit = Instrument::new(InstrumentId(65_534), &definition).unwrap_err();
        assert_eq!(*unfit, Unfit::Instrument(InstrumentId(65_534)));
        let unfit = of_decimals(2).shares(1 << 32).unwrap_err();
        assert!(
            unfit.to_string().contains("'GOLD' has an order or trade of 4294967296"),
            "{unfit}"
        );
    }
}
