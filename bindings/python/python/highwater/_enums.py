"""The numbers in rows of commands and events, by name: those of the C interface."""

from enum import IntEnum


class Side(IntEnum):
    """The side of an order; of a trade, the taker's."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """What an order does when it arrives: docs/matching.md, R5 to R7 and R17."""

    LIMIT = 0
    MARKET = 1
    STOP = 2
    STOP_LIMIT = 3


class TimeInForce(IntEnum):
    """How long an order stays."""

    GTC = 0
    IOC = 1
    FOK = 2
    DAY = 3
    GTD = 4


class SelfTrade(IntEnum):
    """What happens instead of a trade between two orders of one account."""

    ALLOW = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3


class ReplaceRule(IntEnum):
    """Whether a Replace may keep the place in the queue."""

    MODIFY = 0
    CANCEL_REPLACE = 1


class ReplaceSizing(IntEnum):
    """What the quantity of a Replace is: the new open quantity, or a difference to it."""

    OPEN = 0
    MORE = 1
    LESS = 2


class Control(IntEnum):
    """What the operator does with an instrument."""

    HALT = 1
    RESUME = 2
    MATCHING_ON = 3
    MATCHING_OFF = 4
    START_AUCTION = 5
    UNCROSS = 6


class Phase(IntEnum):
    """What an instrument does with orders that could trade."""

    CONTINUOUS = 0
    AUCTION = 1
    COLLECTING = 2


class CommandKind(IntEnum):
    """What a command asks for."""

    NEW = 1
    CANCEL = 2
    REDUCE = 3
    REPLACE = 4
    MASS_CANCEL = 5
    SET_BAND = 6
    CONTROL = 7
    CLOCK = 8
    END_OF_DAY = 9
    LIMIT_SESSION = 10
    CONFIGURE = 11
    NOTE = 12
    DEFINE = 13
    BIND_FLOW = 14


class EventKind(IntEnum):
    """What happened."""

    ACCEPTED = 1
    REJECTED = 2
    TRADE = 3
    RESTED = 4
    CANCELED = 5
    REDUCED = 6
    REPLACED = 7
    DUPLICATE = 8
    INSTRUMENT_DEFINED = 9
    FLOW_BOUND = 10
    CONFIGURED = 11
    TRIGGERED = 12
    REPLENISHED = 13
    AUCTION_TRADE = 14
    MASS_CANCELED = 15
    STATE_CHANGED = 16
    UNCROSSED = 17
    BAND_SET = 18
    CLOCK_SET = 19
    DAY_ENDED = 20
    SESSION_LIMITED = 21
    NOTED = 22


class RejectReason(IntEnum):
    """Why a command was rejected: `detail` of a REJECTED event."""

    UNKNOWN_ORDER = 1
    DUPLICATE_ID = 2
    BAD_PRICE = 3
    BAD_QUANTITY = 4
    UNKNOWN_INSTRUMENT = 5
    SESSIONS_FULL = 6
    ORDERS_FULL = 7
    LEVELS_FULL = 8
    INSTRUMENTS_FULL = 9
    BAD_CAPACITIES = 10
    NOT_OPERATOR = 11
    OTHER_FLOW = 12
    HALTED = 13
    NO_MATCHING = 14
    PRICE_BAND = 15
    MAX_QUANTITY = 16
    MAX_NOTIONAL = 17
    MAX_ORDERS = 18
    BAD_EXPIRY = 19
    POST_ONLY_WOULD_CROSS = 20
    BAD_TERMS = 21
    WRONG_PHASE = 22
    BAD_TIME = 23


class CancelReason(IntEnum):
    """Why quantity was canceled: `detail` of a CANCELED event."""

    USER = 1
    IOC_REMAINDER = 2
    SELF_TRADE = 3
    FOK_UNFILLABLE = 4
    MASS_CANCEL = 5
    NO_LIQUIDITY = 6
    EXPIRED = 7
    MINIMUM_UNFILLABLE = 8
    POST_ONLY_WOULD_CROSS = 9
    LEVELS_FULL = 10
