//! The rules that a naive book can break on purpose.

/// Declares the flaws and lists them, so that none is forgotten.
macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A rule that a naive book breaks on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flaw {
            /// None: the book is right.
            Nothing,
            $($(#[$doc])* $name,)*
        }

        impl Flaw {
            /// Every flaw but none.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

flaws! {
    // Price-time priority.
    /// The order that came last trades first.
    LastInFirstOut,
    /// Orders at the same price do not trade.
    StrictCrossing,
    /// After its first trade an order walks through its own price.
    IgnoresLimit,
    /// Trades are made at the taker's price.
    TakersPrice,
    /// The rest of an immediate-or-cancel order rests.
    RestRests,
    /// The rest of a market order is canceled like that of an immediate-or-cancel order.
    MarketRestIsIoc,
    /// A maker that trades in part goes to the back of its queue.
    PartialFillLosesPlace,
    /// An event belongs to the session that sent the command, whoever's order it is about.
    OwnerIsSender,

    // Icebergs, minimum quantity and fill-or-kill.
    /// An iceberg shows all that is open.
    ShowsAll,
    /// An iceberg trades what it hides before it goes to the back.
    HiddenTrades,
    /// An iceberg may have any number of parts.
    EndlessParts,
    /// A new part of an iceberg keeps the place of the one before.
    ReplenishedKeepsPlace,
    /// Fill-or-kill and minimum quantity do not count what icebergs hide.
    FokIgnoresHidden,
    /// Fill-or-kill and minimum quantity count the account's own orders.
    FokCountsOwn,
    /// Fill-or-kill and minimum quantity count what stands behind an own order that ends the order.
    FokCountsBehindOwn,
    /// Fill-or-kill trades what it can, and the rest is canceled.
    FokTradesFirst,
    /// An order trades less than its minimum.
    MinimumIgnored,

    // Self-trade prevention and post-only.
    /// Cancel newest cancels the resting order and goes on.
    CancelNewestGoesOn,
    /// Cancel oldest cancels the incoming order too.
    CancelOldestStops,
    /// Cancel both lets the incoming order go on.
    CancelBothGoesOn,
    /// Cancel both leaves the resting order.
    CancelBothKeepsMaker,
    /// The resting order says what happens.
    MakerPrevents,
    /// Account 0 is no account, so nothing is prevented.
    NobodyIsNoAccount,
    /// A post-only order that meets an own order first is left to self-trade prevention.
    PostOnlyAfterSelfTrade,
    /// A post-only order is rejected where it would cross, though nothing trades.
    PostOnlyInAuctions,

    // Stops.
    /// A cascade ends after its first round.
    OnePassCascade,
    /// Triggers are looked at again after each stop instead of each round.
    ElectsOneByOne,
    /// Sell stops come in before buy stops.
    SellStopsFirst,
    /// Of two stops with the same trigger the last comes in first.
    LastStopFirst,
    /// Stops come in by arrival, whatever their triggers.
    StopsByArrival,
    /// The last trade price must pass a trigger, not reach it.
    TriggersPast,
    /// A stop whose condition holds when it arrives waits for the next trade.
    StopAlwaysWaits,
    /// Stops are triggered before the rest of the incoming order rests.
    CascadeBeforeRest,
    /// A triggered stop trades though it is post-only.
    TriggerForgetsPostOnly,
    /// What is left of a triggered order rests where there is no room for a level.
    TriggeredNeedsNoRoom,
    /// The id of a waiting stop is taken again.
    StopIdsAreFree,

    // Changes.
    /// A Modify to a larger quantity keeps its place.
    IncreaseKeepsPlace,
    /// A Modify to a smaller quantity loses its place.
    DecreaseLosesPlace,
    /// A Reduce loses its place.
    ReduceLosesPlace,
    /// A Reduce takes what an iceberg shows first.
    ReduceTakesShown,
    /// A cancel-replace with the same price and quantity keeps its place.
    CancelReplaceKeepsPlace,
    /// A Replace by more takes off, one by less adds.
    DifferenceIsSwapped,
    /// A Replace by more counts on from 0 behind the largest number of 64 bits.
    DifferenceWraps,
    /// A Replace by less than is open to the lot leaves a quantity of 0, which is rejected.
    DifferenceOfAllIsRejected,
    /// A Replace by a difference does not count what an iceberg hides.
    DifferenceForgetsHidden,
    /// A waiting stop keeps its place whatever is changed of it but its trigger.
    StopKeepsPlace,
    /// The minimum of a waiting stop stays when its quantity falls below it.
    ReplaceKeepsMinimum,
    /// The session of a replaced order stays.
    SessionStays,
    /// A rejected Replace loses the order.
    RejectCancels,
    /// A Replace looks at neither the phase nor post-only.
    ReplaceIgnoresPhase,
    /// A Replace looks at neither the band nor the maximum quantity and notional.
    ReplaceSkipsRisk,
    /// Accounts may cancel each other's orders.
    OthersOrders,
    /// Any session may cancel everything.
    AnybodyMassCancels,
    /// A mass cancel leaves waiting stops.
    MassCancelForgetsStops,
    /// Where many orders leave at once, they leave as they came.
    BulkByArrival,

    // The door.
    /// An id that is open is taken again.
    DuplicateId,
    /// A market order needs a valid price.
    MarketNeedsPrice,
    /// Prices need not be multiples of the tick.
    TickIgnored,
    /// Quantities need not be multiples of the lot.
    LotIgnored,
    /// The band does not take its lowest and highest price.
    BandWithoutEnds,
    /// The band is asked about triggers.
    BandOnTriggers,
    /// A new band cancels what rests outside.
    BandCancelsResting,
    /// What rests outside the band does not trade.
    BandBlocksTrading,
    /// Price times quantity is worked out in 64 bits.
    NotionalWraps,
    /// Orders that cannot be open are rejected for too many open orders.
    MaxOrdersCountsAll,
    /// Waiting stops do not count as open orders of their session.
    MaxOrdersForgetsStops,
    /// A Replace counts the order that it replaces.
    ReplaceCountsItself,
    /// An immediate-or-cancel order needs room for an order.
    IocNeedsRoom,
    /// A Replace needs room for one order more.
    ReplaceNeedsRoom,
    /// Icebergs, orders that expire and waiting stops take one place like any other.
    OnePlaceEach,
    /// Levels are not limited.
    EndlessLevels,
    /// A Replace counts what its order would give back as used.
    ReplaceKeepsSpans,
    /// Executed commands are executed again.
    Repeats,

    // Phases and auctions.
    /// A Replace passes a halt.
    HaltAllowsReplace,
    /// A halt forbids a cancel.
    HaltForbidsCancel,
    /// Stops are triggered during a halt.
    HaltTriggersStops,
    /// A resumption triggers no stops before the next trade.
    ControlForgetsStops,
    /// Matching on and off end an auction.
    MatchingEndsAuction,
    /// While matching is off an order that crosses is taken, and trades.
    CollectingTakesCrossing,
    /// Orders trade during an auction.
    AuctionTrades,
    /// An auction takes orders with a minimum quantity.
    AuctionTakesMinimum,
    /// Of several auction prices the highest is taken.
    UncrossHighest,
    /// Of several auction prices the middle is taken, whoever is left over.
    UncrossMiddle,
    /// The middle of several auction prices is rounded down.
    UncrossRoundsDown,
    /// The auction price is not chosen by imbalance.
    UncrossIgnoresImbalance,
    /// The auction price does not count what icebergs hide.
    UncrossIgnoresHidden,
    /// An iceberg that shows a new part after an uncross keeps its place.
    UncrossKeepsPlace,
    /// The price of an uncross is no last trade price.
    UncrossIsNoTrade,
    /// Two orders of an account do not trade in an uncross, where the buyer prevents it.
    UncrossPreventsSelfTrade,

    // Time, and the operator.
    /// An expiry that means nothing is ignored.
    ExpiryAnywhere,
    /// An order that expires at the clock's time is taken.
    ExpiryAtTheClock,
    /// An order expires when the clock has passed its expiry, not when it reaches it.
    ExpiresLate,
    /// The clock runs backwards.
    ClockRunsBackwards,
    /// The clock leaves waiting stops.
    ClockForgetsStops,
    /// The end of the day cancels good-till-cancel orders.
    DayEndsAll,
    /// The end of the day leaves waiting stops.
    DayForgetsStops,
    /// A definition changes an instrument that is defined.
    DefineChangesTerms,
}
