//! The reasons for which OUCH rejects an order.

use crate::code::codes;

codes! {
    /// Why an order was rejected.
    RejectReason: u16 {
        /// There is no quote.
        QuoteUnavailable = 0x0001,
        /// The destination is closed.
        DestinationClosed = 0x0002,
        /// How it is to be shown is not valid.
        InvalidDisplay = 0x0003,
        /// The displayed part is not valid.
        InvalidMaxFloor = 0x0004,
        /// The peg is not valid.
        InvalidPegType = 0x0005,
        /// The price is too far away.
        FatFinger = 0x0006,
        /// The stock is halted.
        Halted = 0x0007,
        /// Sweeps (ISO) are not allowed.
        IsoNotAllowed = 0x0008,
        /// The side is not valid.
        InvalidSide = 0x0009,
        /// The order could not be processed.
        ProcessingError = 0x000A,
        /// A cancel is pending.
        CancelPending = 0x000B,
        /// The firm is not authorized.
        FirmNotAuthorized = 0x000C,
        /// The minimum quantity is not valid.
        InvalidMinQuantity = 0x000D,
        /// There is no closing reference price.
        NoClosingReferencePrice = 0x000E,
        /// Any other reason.
        Other = 0x000F,
        /// Canceling is not allowed.
        CancelNotAllowed = 0x0010,
        /// Pegging is not allowed.
        PeggingNotAllowed = 0x0011,
        /// The market is crossed.
        CrossedMarket = 0x0012,
        /// The quantity is not valid.
        InvalidQuantity = 0x0013,
        /// An order for this auction is not valid.
        InvalidCrossOrder = 0x0014,
        /// Replacing is not allowed.
        ReplaceNotAllowed = 0x0015,
        /// Routing is not allowed.
        RoutingNotAllowed = 0x0016,
        /// The symbol is not valid.
        InvalidSymbol = 0x0017,
        /// A test.
        Test = 0x0018,
        /// A late limit-on-close order is too aggressive.
        LateLocTooAggressive = 0x0019,
        /// Retail orders are not allowed.
        RetailNotAllowed = 0x001A,
        /// The price of a midpoint order that is post only is not valid.
        InvalidMidpointPostOnlyPrice = 0x001B,
        /// The destination is not valid.
        InvalidDestination = 0x001C,
        /// The price is not valid.
        InvalidPrice = 0x001D,
        /// There are more shares than the limit.
        SharesExceedThreshold = 0x001E,
        /// The value is above the limit.
        ExceedsMaximumAllowedNotionalValue = 0x001F,
        /// Risk: the sum of what is exposed.
        AggregateExposure = 0x0020,
        /// Risk: the impact on the market.
        MarketImpact = 0x0021,
        /// Risk: the stock is restricted.
        RestrictedStock = 0x0022,
        /// Risk: short sales of the stock are restricted.
        ShortSaleRestricted = 0x0023,
        /// Risk: a sweep (ISO).
        Iso = 0x0024,
        /// Risk: the limit by the average daily volume.
        AdvLimit = 0x0025,
        /// Risk: the price is too far away.
        FatFingerRisk = 0x0026,
        /// Risk: shares must be located.
        Locate = 0x0027,
        /// Risk: too many orders of the symbol.
        SymbolRate = 0x0028,
        /// Risk: too many orders of the port.
        PortRate = 0x0029,
        /// Risk: too many orders of the same kind.
        DuplicateRate = 0x002A,
        /// Risk: a short sale.
        ShortSale = 0x002B,
        /// Risk: a market order.
        MarketOrder = 0x002C,
        /// Risk: before the market opens.
        PreMarket = 0x002D,
        /// Risk: after the market has closed.
        PostMarket = 0x002E,
        /// Risk: a short sale that is exempt.
        ShortExempt = 0x002F,
        /// Risk: the value of one order.
        SingleOrderNotional = 0x0030,
        /// Risk: the quantity of one order.
        MaximumQuantity = 0x0031,
        /// Risk: the state of Reg SHO.
        RegShoState = 0x0032,
    }
}
