//! The rules that a naive book can break on purpose.

/// A rule that a naive book breaks on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// None: the book is right.
    Nothing,
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
    /// A maker that trades in part goes to the back of its queue.
    PartialFillLosesPlace,
    /// A Modify to a larger quantity keeps its place.
    IncreaseKeepsPlace,
    /// A Modify to a smaller quantity loses its place.
    DecreaseLosesPlace,
    /// A Reduce loses its place.
    ReduceLosesPlace,
    /// A cancel-replace with the same price and quantity keeps its place.
    CancelReplaceKeepsPlace,
    /// An id that is open is taken again.
    DuplicateId,
    /// Accounts may cancel each other's orders.
    OthersOrders,
    /// An immediate-or-cancel order needs room for an order.
    IocNeedsRoom,
    /// A Replace needs room for one order more.
    ReplaceNeedsRoom,
    /// Levels are not limited.
    EndlessLevels,
    /// A Replace counts what its order would give back as used.
    ReplaceKeepsSpans,
    /// The session of a replaced order stays.
    SessionStays,
    /// A rejected Replace loses the order.
    RejectCancels,
    /// Executed commands are executed again.
    Repeats,
}
