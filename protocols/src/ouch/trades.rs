//! Messages from the market about trades, and about those that were prevented.

use super::appendage::Appendage;
use super::codes::{BrokenTradeReason, CancelReason, LiquidityFlag, TradeCorrectionReason};
use super::tags;
use crate::alpha::Alpha;
use crate::code::Open;
use crate::error::CodecError;
use crate::field::Field;
use crate::message::{Tail, messages};
use crate::price::WidePrice4;
use crate::time::Time64;

messages! {
    /// An order traded.
    OrderExecuted: b'E', 34 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Shares that traded now.
        quantity: u32 = 13,
        /// The price of the trade, in 0.0001.
        price: WidePrice4 = 17,
        /// What the order did for the trade.
        liquidity_flag: Open<LiquidityFlag> = 25,
        /// The trade's number, the same for both sides.
        match_number: u64 = 26,
        ;
        /// Optional values. The sources differ on whether the length is there without one: send
        /// it, and take both.
        appendage: Option<Appendage<{ tags::ORDER_EXECUTED }>>
    }

    /// An order became smaller instead of trading with one of the same owner.
    AiqCanceled: b'D', 31 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Shares that were taken off.
        decrement_shares: u32 = 13,
        /// Why.
        reason: Open<CancelReason> = 17,
        /// Shares that would have traded.
        prevented_shares: u32 = 18,
        /// The price that they would have traded at, in 0.0001.
        execution_price: WidePrice4 = 22,
        /// What the order would have done for the trade.
        liquidity_flag: Open<LiquidityFlag> = 30,
        ;
        /// What later revisions have behind that; `None` in older ones.
        details: Option<AiqDetails>
    }

    /// A trade was declared void.
    BrokenTrade: b'B', 36 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// The trade's number.
        match_number: u64 = 13,
        /// Why.
        reason: Open<BrokenTradeReason> = 21,
        /// The user's own words.
        cl_ord_id: Alpha<14> = 22,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }

    /// A trade has another price. Later revisions do not have this message.
    TradeCorrection: b'F', 49 {
        /// When, in nanoseconds since midnight.
        timestamp: Time64 = 1,
        /// The order's number.
        user_ref_num: u32 = 9,
        /// Shares of the trade.
        quantity: u32 = 13,
        /// Its new price, in 0.0001.
        price: WidePrice4 = 17,
        /// What the order did for the trade.
        liquidity_flag: Open<LiquidityFlag> = 25,
        /// The trade's number.
        match_number: u64 = 26,
        /// Why.
        reason: Open<TradeCorrectionReason> = 34,
        /// The user's own words.
        cl_ord_id: Alpha<14> = 35,
        ;
        /// The channel.
        appendage: Option<Appendage<{ tags::CHANNEL }>>
    }
}

/// The end of an [`AiqCanceled`] in later revisions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AiqDetails {
    /// How trades with own orders are prevented, as the venue lists it.
    pub strategy: Alpha<1>,
    /// The channel.
    pub appendage: Option<Appendage<{ tags::CHANNEL }>>,
}

impl Tail for Option<AiqDetails> {
    #[inline]
    fn empty() -> Self {
        None
    }

    fn fill(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let strategy = Alpha::read(bytes).ok_or(CodecError::BadValue { field: "strategy" })?;
        let details = self.insert(AiqDetails { strategy, appendage: None });
        details.appendage.fill(bytes.get(Alpha::<1>::BYTES..).unwrap_or_default())
    }

    fn length(&self) -> usize {
        self.as_ref().map_or(0, |details| Alpha::<1>::BYTES + details.appendage.length())
    }

    fn write(&self, out: &mut [u8]) -> Option<()> {
        let Some(details) = self else { return Some(()) };
        details.strategy.write(out)?;
        details.appendage.write(out.get_mut(Alpha::<1>::BYTES..)?)
    }
}

#[cfg(test)]
impl crate::sample::Sample for AiqDetails {
    fn sample(source: &mut crate::sample::Source) -> Self {
        use crate::sample::Sample;
        Self { strategy: Sample::sample(source), appendage: Sample::sample(source) }
    }
}
