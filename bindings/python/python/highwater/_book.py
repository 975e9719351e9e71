"""A book of your own: commands in, events out, and everything that can be asked of it."""

from typing import Any, NamedTuple

import numpy as np

from . import _highwater as native
from ._commands import Commands, symbol_bytes
from ._enums import CommandKind, OrderType, Phase, SelfTrade, Side, TimeInForce
from ._events import Events, events_of, with_events
from ._rows import LEVEL_DTYPE, OPERATOR, buffer_of, row_of


class Level(NamedTuple):
    """What rests at a price: lots that are shown, all open lots, and orders."""

    visible: int
    quantity: int
    orders: int


class Ahead(NamedTuple):
    """What trades before an order at its price: orders, and their open lots."""

    orders: int
    quantity: int


class Indicative(NamedTuple):
    """What an uncross would do now: price in ticks, lots, and buy lots less sell lots left over."""

    price: int
    volume: int
    imbalance: int


class InstrumentState(NamedTuple):
    """Where an instrument stands; `last_trade` is in ticks."""

    phase: Phase
    is_halted: bool
    last_trade: int | None
    decimals: int


class Order(NamedTuple):
    """An open order. `trigger` is 0 unless it is a stop that waits, `price` 0 without a limit."""

    order: int
    account: int
    session: int
    side: Side
    order_type: OrderType
    price: int
    trigger: int
    remaining: int
    visible: int
    time_in_force: TimeInForce
    self_trade: SelfTrade
    post_only: bool
    expiry_ns: int


class Book(Commands):
    """A limit order book in memory, without a log, for one thread at a time.

    It reserves memory for so many open orders, instruments and sessions; commands allocate only
    room for their events. A second thread that calls while another is in it gets BusyError.
    Pickling and `copy.copy` work.
    """

    __slots__ = ("_native",)

    def __init__(self, orders: int = 1 << 20, instruments: int = 64, sessions: int = 256) -> None:
        for name, value in (
            ("orders", orders),
            ("instruments", instruments),
            ("sessions", sessions),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**32:
                raise ValueError(f"{name} is {value!r}: use a whole number from 1 on")
        self._native = native.Book(orders, instruments, sessions)

    @classmethod
    def _of(cls, book: Any) -> "Book":
        made = cls.__new__(cls)
        made._native = book
        return made

    def __repr__(self) -> str:
        orders, instruments, sessions = self._native.capacities()
        return (
            f"<highwater.Book of {orders} orders, {instruments} instruments, {sessions} sessions: "
            f"{self.open_orders} open behind sequence {self.last_sequence}>"
        )

    def _send(self, session: int | None, kind: CommandKind, **fields: Any) -> Events:
        sender = 1 if session is None else session
        return self._apply(row_of(kind=kind, session=sender, **fields))

    def _apply(self, rows: Any) -> Events:
        try:
            return events_of(self._native.apply(rows))
        except BaseException as error:
            with_events(error)
            raise

    def _number(self, instrument: int | str) -> int:
        if not isinstance(instrument, (str, bytes)):
            return instrument
        found = self.instrument(instrument)
        if found is None:
            known = ", ".join(self.symbols) or "none yet"
            raise native.HighwaterError(
                f"there is no instrument {instrument}: define it, or use one of those there are "
                f"({known})"
            )
        return found

    def apply(self, commands: Any) -> Events:
        """Applies commands in their order and returns their events.

        `commands` is an array of COMMAND_DTYPE, or a record batch, table or data frame with its
        columns. A command whose `client_sequence` is 0 gets its session's next. The interpreter's
        lock is free meanwhile, and Ctrl-C is heard between pieces of 8,192 commands.

        Raises TypeError and ValueError before anything is applied, and ApplyError at a row that is
        no command: the exception's `applied` says how many commands were applied, its `events` are
        theirs. KeyboardInterrupt has both, too.
        """
        return self._apply(buffer_of(commands))

    def configure(
        self, orders: int, instruments: int, sessions: int, *, session: int | None = OPERATOR
    ) -> Events:
        """Sets the capacities as a logged command does; never above those of the memory."""
        return self._send(
            session,
            CommandKind.CONFIGURE,
            quantity=orders,
            minimum=instruments,
            display=sessions,
        )

    def best(self, side: Side, instrument: int | str = 0) -> int | None:
        """The best price of a side, in ticks."""
        return self._native.best(self._number(instrument), side)

    def depth(self, side: Side, levels: int = 10, instrument: int | str = 0) -> np.ndarray:
        """The best levels of a side, best first: an array of LEVEL_DTYPE."""
        rows = self._native.depth(self._number(instrument), side, levels)
        return np.ndarray(len(rows) // LEVEL_DTYPE.itemsize, LEVEL_DTYPE, memoryview(rows))

    def level(self, side: Side, price: int, instrument: int | str = 0) -> Level | None:
        """What rests at a price; reads each of its orders."""
        found = self._native.level(self._number(instrument), side, price)
        return None if found is None else Level(*found)

    def order(self, order: int, instrument: int | str = 0) -> Order | None:
        """An open order, resting or a stop that waits."""
        found = self._native.order(self._number(instrument), order)
        return None if found is None else _order(found)

    def orders(self, side: Side, instrument: int | str = 0) -> list[int]:
        """The ids of a side's orders, in the order in which they trade."""
        return self._native.orders(self._number(instrument), side)

    def stops(self, instrument: int | str = 0) -> list[int]:
        """The ids of the stops that wait, in the order in which they came."""
        return self._native.stops(self._number(instrument))

    def queue_ahead(self, order: int, instrument: int | str = 0) -> Ahead | None:
        """What trades before an order at its price; None unless it rests. Reads what is ahead."""
        found = self._native.queue_ahead(self._number(instrument), order)
        return None if found is None else Ahead(*found)

    def indicative(self, instrument: int | str = 0) -> Indicative | None:
        """What an uncross would do now; None when nothing would trade."""
        found = self._native.indicative(self._number(instrument))
        return None if found is None else Indicative(*found)

    def state(self, instrument: int | str = 0) -> InstrumentState | None:
        """Phase, halt, last trade and decimals; None for an instrument that is not defined."""
        found = self._native.state(self._number(instrument))
        if found is None:
            return None
        phase, is_halted, last_trade, decimals = found
        return InstrumentState(Phase(phase), is_halted, last_trade, decimals)

    def instrument(self, symbol: str | bytes) -> int | None:
        """The number of the instrument with this symbol."""
        return self._native.instrument(symbol_bytes(symbol))

    @property
    def symbols(self) -> list[str]:
        """The symbols of all instruments, by their numbers."""
        return [symbol.decode(errors="replace") for symbol in self._native.symbols()]

    @property
    def open_orders(self) -> int:
        """How many orders are open, waiting stops among them."""
        return self._native.open_order_count()

    @property
    def last_sequence(self) -> int:
        """The sequence of the last command."""
        return self._native.last_sequence()

    @property
    def clock_ns(self) -> int:
        """The time that the book was told last."""
        return self._native.clock_ns()

    def last_client_sequence(self, session: int) -> int:
        """The number of the session's last command."""
        return self._native.last_client_sequence(session)

    def state_hash(self) -> int:
        """A hash of all that the book holds: equal books have equal ones."""
        return self._native.state_hash()

    def running_hash(self) -> int:
        """A hash of everything that happened: the one that the log keeps."""
        return self._native.running_hash()

    def copy(self) -> "Book":
        """The same state in memory of its own, for what-if and for other threads."""
        return self._of(self._native.copy())

    __copy__ = copy

    def __deepcopy__(self, _: Any) -> "Book":
        return self.copy()

    def image(self) -> bytes:
        """The state as bytes, in the format of the log's snapshots."""
        return self._native.image()

    @classmethod
    def restore(cls, image: bytes) -> "Book":
        """The book of an image; every value is checked."""
        return cls._of(native.Book.restore(bytes(image)))

    def __reduce__(self) -> Any:
        return (Book.restore, (self.image(),))

    def reset(self) -> None:
        """Empties it; the memory stays."""
        self._native.reset()


def _order(found: dict[str, Any]) -> Order:
    coded: dict[str, Any] = {
        "side": Side,
        "order_type": OrderType,
        "time_in_force": TimeInForce,
        "self_trade": SelfTrade,
    }
    values = {name: coded.get(name, lambda it: it)(value) for name, value in found.items()}
    return Order(**values)
