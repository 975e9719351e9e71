"""Highwater's order book, log and host.

>>> import highwater as hw
>>> book = hw.Book(orders=1000)
>>> _ = book.define("TIN", decimals=2)
>>> _ = book.new(1, hw.Side.SELL, quantity=10, price=hw.ticks("101.25", 2))
>>> events = book.new(2, hw.Side.BUY, quantity=4, price=hw.ticks("101.25", 2))
>>> events.trades["quantity"].tolist()
[4]
>>> book.depth(hw.Side.SELL)["quantity"].tolist()
[6]
"""

from ._book import Ahead, Book, Indicative, InstrumentState, Level, Order
from ._commands import NOTIONAL_MAX, PRICE_MAX, QUANTITY_MAX
from ._enums import (
    CancelReason,
    CommandKind,
    Control,
    EventKind,
    OrderType,
    Phase,
    RejectReason,
    ReplaceRule,
    ReplaceSizing,
    SelfTrade,
    Side,
    TimeInForce,
)
from ._events import Events
from ._files import Log, Rows, Verification, replay
from ._hftbacktest import HFTBACKTEST_DTYPE, to_hftbacktest
from ._highwater import (
    ApplyError,
    BusyError,
    FlowError,
    HighwaterError,
    HostError,
    LogError,
    __version__,
)
from ._host import Host, Session
from ._prices import price, ticks
from ._rows import COMMAND_DTYPE, EVENT_DTYPE, LEVEL_DTYPE, OPERATOR, commands

__all__ = [
    "COMMAND_DTYPE",
    "EVENT_DTYPE",
    "HFTBACKTEST_DTYPE",
    "LEVEL_DTYPE",
    "NOTIONAL_MAX",
    "OPERATOR",
    "PRICE_MAX",
    "QUANTITY_MAX",
    "Ahead",
    "ApplyError",
    "Book",
    "BusyError",
    "CancelReason",
    "CommandKind",
    "Control",
    "EventKind",
    "Events",
    "FlowError",
    "HighwaterError",
    "Host",
    "HostError",
    "Indicative",
    "InstrumentState",
    "Level",
    "Log",
    "LogError",
    "Order",
    "OrderType",
    "Phase",
    "RejectReason",
    "ReplaceRule",
    "ReplaceSizing",
    "Rows",
    "SelfTrade",
    "Session",
    "Side",
    "TimeInForce",
    "Verification",
    "__version__",
    "commands",
    "price",
    "replay",
    "ticks",
    "to_hftbacktest",
]
