//! The code letters of OUCH; its reasons for rejects, which are numbers, are next to it.

use crate::code::codes;

codes! {
    /// The side of an order, with the marking of a sale.
    Side: u8 {
        /// Buy.
        Buy = b'B',
        /// Sell.
        Sell = b'S',
        /// Sell short.
        SellShort = b'T',
        /// Sell short, exempt.
        SellShortExempt = b'E',
    }

    /// How long an order lives.
    TimeInForce: u8 {
        /// For the market hours of the day.
        Day = b'0',
        /// What does not trade at once is canceled.
        ImmediateOrCancel = b'3',
        /// For the extended hours too (GTX).
        ExtendedHours = b'5',
        /// For the seconds of [`ExpireTime`](super::Element::ExpireTime) (GTT).
        GoodTillTime = b'6',
        /// For the hours after the close.
        AfterHours = b'E',
    }

    /// How an order is shown.
    Display: u8 {
        /// With the name of the participant.
        Attributable = b'A',
        /// Without it.
        Visible = b'Y',
        /// Not at all.
        Hidden = b'N',
        /// Post only.
        PostOnly = b'P',
        /// Imbalance only.
        ImbalanceOnly = b'I',
        /// Pegged to the midpoint.
        MidpointPeg = b'M',
        /// Pegged to the midpoint, post only.
        MidpointPegPostOnly = b'W',
        /// Post only, with the name.
        PostOnlyAttributable = b'L',
        /// Retail order of type 1.
        RetailType1 = b'O',
        /// Retail order of type 2.
        RetailType2 = b'T',
        /// Retail price improvement.
        RetailPriceImprovement = b'Q',
        /// Conformant.
        Conformant = b'Z',
        /// Pegged to the midpoint, trade now.
        MidpointPegTradeNow = b'm',
        /// Not shown, midpoint.
        HiddenMidpoint = b'n',
    }

    /// For whom a participant acts.
    Capacity: u8 {
        /// Other.
        Other = b'O',
        /// For a customer.
        Agency = b'A',
        /// For itself.
        Principal = b'P',
        /// As a riskless principal.
        Riskless = b'R',
    }

    /// When an order may trade.
    CrossType: u8 {
        /// In continuous trading.
        Continuous = b'N',
        /// In the opening auction.
        Opening = b'O',
        /// In the closing auction.
        Closing = b'C',
        /// In the auction after a halt, or of a new stock.
        Halt = b'H',
        /// Supplemental.
        Supplemental = b'S',
        /// Retail.
        Retail = b'R',
        /// Extended life.
        ExtendedLife = b'E',
        /// After-hours close.
        AfterHoursClose = b'A',
    }

    /// Whether an accepted order lives.
    OrderState: u8 {
        /// It does.
        Live = b'L',
        /// It was accepted and died at once; no other message about it follows.
        Dead = b'D',
    }

    /// What begins or ends.
    EventCode: u8 {
        /// The day begins; the first message of each.
        StartOfDay = b'S',
        /// The day has ended.
        EndOfDay = b'E',
    }

    /// Why an order was canceled, or became smaller.
    CancelReason: u8 {
        /// The user asked for it.
        User = b'U',
        /// What is left of an order that lives for an instant.
        ImmediateOrCancel = b'I',
        /// Its time is over.
        Timeout = b'T',
        /// By the venue's supervision.
        Supervisory = b'S',
        /// A regulatory restriction.
        Regulatory = b'D',
        /// It would have traded with an order of the same owner.
        SelfMatchPrevention = b'Q',
        /// By the system.
        System = b'Z',
        /// With the auction it was for.
        Cross = b'C',
        /// It can't be executed at its price.
        CannotBeExecuted = b'K',
        /// The stock is halted.
        Halted = b'H',
        /// Open protection.
        OpenProtection = b'X',
        /// The market is closed.
        Closed = b'E',
        /// It was post only and would have traded.
        PostOnly = b'F',
        /// The same, against a displayed order.
        PostOnlyDisplayed = b'G',
        /// Direct listing.
        DirectListing = b'e',
    }

    /// What an order did for the trade.
    LiquidityFlag: u8 {
        /// It added liquidity.
        Added = b'A',
        /// Retail designated.
        RetailDesignated = b'e',
        /// Auction after a halt, or of a new stock.
        HaltIpo = b'H',
        /// After-hours closing auction.
        AfterHoursClosing = b'i',
        /// It added liquidity and was not displayed.
        NondisplayedAdding = b'J',
        /// A retail price improvement order added liquidity.
        RpiProvides = b'j',
        /// It added liquidity as a midpoint order.
        AddedMidpoint = b'k',
        /// Auction after a halt.
        HaltCross = b'K',
        /// Closing auction.
        ClosingCross = b'L',
        /// Opening auction.
        OpeningCross = b'M',
        /// It removed liquidity at the midpoint.
        RemovedMidpoint = b'm',
        /// It was executed passively at the midpoint.
        PassiveMidpoint = b'N',
        /// Midpoint, extended life.
        MidpointExtendedLife = b'n',
        /// Opening.
        Opening = b'O',
        /// It removed price-improving liquidity that was not displayed.
        RemovedPriceImproving = b'p',
        /// A retail order removed midpoint liquidity.
        RetailRemovesMidpoint = b'q',
        /// It removed liquidity.
        Removed = b'R',
        /// A retail order removed retail price improvement liquidity.
        RetailRemovesRpi = b'r',
        /// A retail order removed other price-improving liquidity.
        RetailRemovesPriceImproving = b't',
        /// Supplemental.
        Supplemental = b'0',
        /// It added displayed liquidity and improved the national best price.
        AddedImprovesNbbo = b'7',
        /// It added displayed liquidity and set the venue's best price.
        AddedSetsQbbo = b'8',
    }

    /// Why an order is described again.
    RestatedReason: u8 {
        /// A new part of a reserve order is shown.
        RefreshOfDisplay = b'R',
        /// It is shown at another price.
        UpdateOfDisplayedPrice = b'P',
    }

    /// Why a trade was declared void.
    BrokenTradeReason: u8 {
        /// It was an error.
        Erroneous = b'E',
        /// Both sides agreed.
        Consent = b'C',
        /// By the venue's supervision.
        Supervisory = b'S',
        /// By someone else.
        External = b'X',
    }

    /// Why a trade was corrected.
    TradeCorrectionReason: u8 {
        /// Its price was adjusted to the net asset value.
        AdjustedToNav = b'N',
    }

    /// Whether a customer is a retail customer.
    CustomerType: u8 {
        /// It is.
        Retail = b'R',
        /// It is not.
        NotRetail = b'N',
    }

    /// What a price follows.
    PriceType: u8 {
        /// Nothing: a limit.
        Limit = b'L',
        /// The best price of the other side.
        MarketPeg = b'P',
        /// The best price of its own side.
        PrimaryPeg = b'R',
        /// The midpoint.
        MidpointPeg = b'M',
        /// The distance that a market maker must keep.
        MarketMakerPeg = b'Q',
    }

    /// Whether an order may only add liquidity.
    PostOnly: u8 {
        /// It may.
        PostOnly = b'P',
        /// It may remove liquidity, too.
        No = b'N',
    }
}
