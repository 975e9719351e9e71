//! The newtypes that everything else is said in: prices, quantities, names and places.
//!
//! What a client sent and what the book holds are different types: [`Ticks`] and [`Lots`] may be
//! anything, a [`Price`] and a [`Quantity`] are valid by construction.

use crate::limits::{
    PRICE_DECIMALS_DEFAULT, PRICE_DECIMALS_MAX, PRICE_MAX, QUANTITY_MAX, SYMBOL_BYTES_MAX,
};
use core::fmt;

/// Declares a `Copy` newtype over an unsigned number that may have any value.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number! {
    /// A price in ticks as a client sent it: unchecked, so 0 and numbers above 2^31 - 1 occur.
    Ticks(u32)
}
number! {
    /// A number of lots, unchecked: what a client sent, or what remains of an order, which may be
    /// 0.
    Lots(u64)
}
number! {
    /// Name of an order, chosen by its client; unique among the open orders of one instrument.
    OrderId(u64)
}
number! {
    /// Whom an order belongs to; 0 where nobody says.
    AccountId(u32)
}
number! {
    /// Number of a session, from 0 ([`SessionId::OPERATOR`]) to the engine's number of sessions
    /// less one.
    #[doc(alias = "client")]
    SessionId(u16)
}
number! {
    /// A session's own number for a command, from 1 and strictly increasing; gaps are allowed.
    ClientSequence(u64)
}
number! {
    /// Number of an instrument, from 0, in the order of definition.
    InstrumentId(u32)
}
number! {
    /// Place of a command in the total order, from 1 without gaps; 0 stands before the first.
    #[doc(alias = "LSN")]
    Sequence(u64)
}
number! {
    /// Number of a segment file, from 1 without gaps.
    SegmentNumber(u64)
}
number! {
    /// Offset in a segment file, in bytes.
    #[doc(alias = "offset")]
    LogPosition(u64)
}

impl SessionId {
    /// The session whose commands set the engine up: instruments, capacities, the flow that a log
    /// belongs to.
    pub const OPERATOR: Self = Self(0);
}

impl Sequence {
    /// The sequence after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl SegmentNumber {
    /// The first segment of a log.
    pub const FIRST: Self = Self(1);

    /// The segment after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Identity of a log: 16 random bytes that its host chose when it was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogId(pub [u8; 16]);

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A valid price: 1 to 2^31 - 1 ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(u32);

impl From<Price> for Ticks {
    fn from(price: Price) -> Self {
        Self(price.ticks())
    }
}

impl Price {
    /// The lowest price, 1 tick.
    pub const MIN: Self = Self(1);
    /// The highest price, 2^31 - 1 ticks.
    pub const MAX: Self = Self(PRICE_MAX);

    /// The price of `ticks` ticks; `None` unless it is 1 to 2^31 - 1.
    pub const fn new(ticks: Ticks) -> Option<Self> {
        if ticks.0 >= 1 && ticks.0 <= PRICE_MAX { Some(Self(ticks.0)) } else { None }
    }

    /// The price in ticks, 1 to 2^31 - 1.
    pub const fn ticks(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A valid quantity: 1 to 2^62 lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u64);

impl Quantity {
    /// The quantity of `lots` lots; `None` unless it is 1 to 2^62.
    pub const fn new(lots: Lots) -> Option<Self> {
        // One shift instead of a comparison with a number that needs a register of its own.
        const { assert!(QUANTITY_MAX == 1 << 62) }
        if lots.0.wrapping_sub(1) >> 62 == 0 { Some(Self(lots.0)) } else { None }
    }

    /// The quantity in lots, 1 to 2^62.
    pub const fn lots(self) -> u64 {
        self.0
    }
}

impl From<Quantity> for Lots {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Name of an instrument: 1 to 16 bytes without a zero byte, padded with zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol([u8; SYMBOL_BYTES_MAX]);

impl Symbol {
    /// The symbol with these bytes; `None` when there are none, more than 16, or a zero byte among
    /// them.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0; SYMBOL_BYTES_MAX];
        padded.get_mut(..bytes.len())?.copy_from_slice(bytes);
        if bytes.is_empty() || bytes.contains(&0) {
            return None;
        }
        Some(Self(padded))
    }

    /// The symbol from its padded form; `None` when a byte follows a zero or the first is one.
    pub fn from_padded(padded: [u8; SYMBOL_BYTES_MAX]) -> Option<Self> {
        let length = padded.iter().position(|byte| *byte == 0).unwrap_or(SYMBOL_BYTES_MAX);
        let (name, padding) = padded.split_at_checked(length)?;
        (!name.is_empty() && padding.iter().all(|byte| *byte == 0)).then_some(Self(padded))
    }

    /// All 16 bytes, the padding too.
    pub const fn padded(&self) -> &[u8; SYMBOL_BYTES_MAX] {
        &self.0
    }

    /// The bytes of the name, without padding.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.split(|byte| *byte == 0).next().unwrap_or(&self.0)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.as_bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("?")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Symbol({self})")
    }
}

/// Side of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Buys at its price or lower.
    Buy,
    /// Sells at its price or higher.
    Sell,
}

impl Side {
    /// The side that this one trades with.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }
}

/// What limits the price of an order, and whether it waits for one (FIX tag 40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderType {
    /// Trades at its price or better.
    #[default]
    Limit,
    /// Trades at any price; what does not trade at once is canceled, whatever its time in force.
    Market,
    /// Waits until the last trade price reaches its trigger, then is a market order.
    Stop,
    /// Waits until the last trade price reaches its trigger, then is a limit order.
    StopLimit,
}

impl OrderType {
    /// True for the types that wait for a trigger.
    pub const fn is_stop(self) -> bool {
        match self {
            Self::Stop | Self::StopLimit => true,
            Self::Limit | Self::Market => false,
        }
    }

    /// True for the types that have a limit price.
    pub const fn has_limit(self) -> bool {
        match self {
            Self::Limit | Self::StopLimit => true,
            Self::Market | Self::Stop => false,
        }
    }
}

/// How long an order stays (FIX tag 59).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeInForce {
    /// What does not trade at once rests until it trades or is canceled.
    #[default]
    GoodTillCancel,
    /// What does not trade at once is canceled.
    ImmediateOrCancel,
    /// Trades at once and in full, or not at all.
    FillOrKill,
    /// Rests like good till cancel, and is canceled at the end of the day.
    Day,
    /// Rests like good till cancel, and is canceled when the engine's clock reaches its expiry.
    GoodTillDate,
}

impl TimeInForce {
    /// True when what does not trade at once may rest.
    pub const fn may_rest(self) -> bool {
        match self {
            Self::GoodTillCancel | Self::Day | Self::GoodTillDate => true,
            Self::ImmediateOrCancel | Self::FillOrKill => false,
        }
    }

    /// A number for it in memory, below 8; 0 for the default.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::GoodTillCancel => 0,
            Self::ImmediateOrCancel => 1,
            Self::FillOrKill => 2,
            Self::Day => 3,
            Self::GoodTillDate => 4,
        }
    }

    /// The one with this [`code`](Self::code), if there is one.
    pub(crate) const fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::GoodTillCancel),
            1 => Some(Self::ImmediateOrCancel),
            2 => Some(Self::FillOrKill),
            3 => Some(Self::Day),
            4 => Some(Self::GoodTillDate),
            _ => None,
        }
    }
}

/// What happens when an incoming order meets a resting order of its own account; the incoming
/// order decides (FIX tag 8000 and its kin).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelfTrade {
    /// They trade.
    #[default]
    Allow,
    /// The rest of the incoming order is canceled; the resting one stays.
    CancelNewest,
    /// The resting order is canceled; the incoming one goes on.
    CancelOldest,
    /// Both are canceled.
    CancelBoth,
}

impl SelfTrade {
    /// A number for it in memory, below 4; 0 for the default.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Allow => 0,
            Self::CancelNewest => 1,
            Self::CancelOldest => 2,
            Self::CancelBoth => 3,
        }
    }
}

/// How an instrument trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Orders trade as they come in.
    #[default]
    Continuous,
    /// A call: orders collect without trading until the uncross.
    Auction,
    /// Matching is off: what would trade is rejected, the rest collects.
    Collecting,
}

impl Phase {
    /// The phase as it is written in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Auction => "auction",
            Self::Collecting => "collecting",
        }
    }
}

/// The limit prices that an instrument takes, from the lowest to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Band {
    /// The lowest price that is taken.
    pub low: Ticks,
    /// The highest price that is taken.
    pub high: Ticks,
}

impl Band {
    /// Every price.
    pub const ALL: Self = Self { low: Ticks(0), high: Ticks(u32::MAX) };

    /// Whether an instrument can have this band: its lowest price is not above its highest.
    pub const fn is_possible(self) -> bool {
        self.low.0 <= self.high.0
    }

    /// Whether the band takes `price`.
    pub const fn takes(self, price: Price) -> bool {
        self.low.0 <= price.ticks() && price.ticks() <= self.high.0
    }
}

/// A price times a quantity, in ticks times lots; at most 2^93.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notional([u64; 2]);

impl Notional {
    /// More than any order can be worth.
    pub const UNLIMITED: Self = Self::new(u128::MAX);

    /// The notional of this many ticks times lots.
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "halves of a word")]
    pub const fn new(ticks_lots: u128) -> Self {
        Self([ticks_lots as u64, (ticks_lots >> 64) as u64])
    }

    /// What `quantity` is worth at `price`.
    pub fn of(price: Price, quantity: Quantity) -> Self {
        Self::new(u128::from(price.ticks()) * u128::from(quantity.lots()))
    }

    /// The notional in ticks times lots.
    pub fn get(self) -> u128 {
        let [low, high] = self.0;
        u128::from(low) | u128::from(high) << 64
    }

    /// Its low and its high half.
    pub const fn halves(self) -> [u64; 2] {
        self.0
    }

    /// The notional with this low and high half.
    pub const fn from_halves(halves: [u64; 2]) -> Self {
        Self(halves)
    }
}

impl PartialOrd for Notional {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Notional {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.get().cmp(&other.get())
    }
}

impl fmt::Display for Notional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.get(), f)
    }
}

impl fmt::Debug for Notional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notional({})", self.get())
    }
}

/// How many decimals a price of an instrument has where people read and write it, 0 to 9: with 2 a
/// price of 1,050 ticks is 10.50. It enters no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceDecimals(pub u8);

impl PriceDecimals {
    /// True for a number from 0 to 9.
    pub const fn is_possible(self) -> bool {
        self.0 <= PRICE_DECIMALS_MAX
    }

    /// How many they are beyond the default, modulo 256: 0 where nothing was said of them.
    pub(crate) const fn beyond_default(self) -> u8 {
        self.0.wrapping_sub(PRICE_DECIMALS_DEFAULT)
    }

    /// So many beyond the default.
    pub(crate) const fn of_beyond_default(beyond: u8) -> Self {
        Self(beyond.wrapping_add(PRICE_DECIMALS_DEFAULT))
    }
}

impl Default for PriceDecimals {
    fn default() -> Self {
        Self(PRICE_DECIMALS_DEFAULT)
    }
}

/// What an instrument takes: the static limits that every order is checked against; and how its
/// prices are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstrumentTerms {
    /// The step between valid prices, in ticks, at least 1: prices are multiples of it.
    pub tick: Ticks,
    /// The step between valid quantities, in lots, at least 1: quantities are multiples of it.
    pub lot: Lots,
    /// The limit prices that are taken.
    pub band: Band,
    /// The largest quantity of one order.
    pub quantity_max: Lots,
    /// The largest notional of one order with a limit price.
    pub notional_max: Notional,
    /// How many decimals its prices have.
    pub decimals: PriceDecimals,
}

impl InstrumentTerms {
    /// Takes every order that the engine can hold.
    pub const OPEN: Self = Self {
        tick: Ticks(1),
        lot: Lots(1),
        band: Band::ALL,
        quantity_max: Lots(QUANTITY_MAX),
        notional_max: Notional::UNLIMITED,
        decimals: PriceDecimals(PRICE_DECIMALS_DEFAULT),
    };

    /// Whether they leave out an order that the engine can hold.
    pub(crate) fn leave_out_any(&self) -> bool {
        let Self { decimals, .. } = *self;
        *self != Self { decimals, ..Self::OPEN }
    }

    /// Whether an instrument can have these terms: steps of at least 1, a band whose lowest price
    /// is not above its highest, and at most 9 decimals.
    pub const fn are_possible(&self) -> bool {
        self.tick.0 >= 1
            && self.lot.0 >= 1
            && self.band.is_possible()
            && self.decimals.is_possible()
    }
}

/// What a Replace does to an order's place in its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplaceRule {
    /// The same price and the same or a smaller quantity keep the place; anything else loses it.
    Modify,
    /// A cancel and a new order in one step: always the back of the queue (OUCH Replace Order).
    CancelReplace,
}

/// How much an engine may hold; part of its logged state, because what is rejected depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Capacities {
    /// Open orders, 1 to 2^28.
    pub orders: u32,
    /// Instruments, 1 to 2^24.
    pub instruments: u32,
    /// Sessions, the operator's included, 2 to 65,536.
    pub sessions: u32,
}

/// Converts a 32-bit number to an index; lossless, because the core needs 32-bit addresses or
/// wider.
#[expect(clippy::as_conversions, reason = "usize holds 32 bits: asserted in limits.rs")]
pub(crate) const fn index_of(number: u32) -> usize {
    number as usize
}

/// Converts a length to 64 bits; lossless, because no supported target has wider addresses.
#[expect(clippy::as_conversions, reason = "usize has at most 64 bits on every target")]
pub(crate) const fn length_of(length: usize) -> u64 {
    length as u64
}

/// The low half of a word.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "half of a word")]
pub(crate) const fn low_half(word: u64) -> u32 {
    word as u32
}

/// The low quarter of a word.
#[inline]
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "part of a word")]
pub(crate) const fn low_quarter(word: u64) -> u16 {
    word as u16
}

/// Multiplies two words and folds the product's halves together: the mixing step of every hash in
/// the core.
#[inline]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let (low, high) = a.carrying_mul(b, 0);
    low ^ high
}
