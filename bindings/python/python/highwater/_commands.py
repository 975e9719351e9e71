"""The single commands, the same for a book of your own and for a session of a host."""

from typing import Any

from ._enums import (
    CommandKind,
    Control,
    OrderType,
    ReplaceRule,
    ReplaceSizing,
    SelfTrade,
    Side,
    TimeInForce,
)
from ._events import Events
from ._rows import OPERATOR, client_bytes

PRICE_MAX = 2**31 - 1
"""The highest price, in ticks."""

EVERY_PRICE = (0, 2**32 - 1)
"""The band that takes every price."""

QUANTITY_MAX = 2**62
"""The largest quantity, in lots."""

NOTIONAL_MAX = 2**128 - 1
"""The largest notional: no limit."""

SYMBOL_BYTES_MAX = 16

_INSTRUMENT, _ACCOUNT, _SESSION = 1, 2, 4


def symbol_bytes(symbol: str | bytes) -> bytes:
    """A symbol as the book keeps it."""
    if not isinstance(symbol, (str, bytes)):
        raise TypeError(f"the symbol is {symbol!r}: use text")
    text = symbol.encode() if isinstance(symbol, str) else symbol
    if not 1 <= len(text) <= SYMBOL_BYTES_MAX or 0 in text:
        raise ValueError(
            f"the symbol is {symbol!r}: use 1 to {SYMBOL_BYTES_MAX} bytes, none of them zero"
        )
    return text


class Commands:
    """Single commands. Each returns its events; a reject is an event.

    Prices and triggers are ticks, quantities are lots, times are nanoseconds. `instrument` is a
    number, from 0 in the order of definition, or a symbol. The rules, by their names, are in
    docs/matching.md and docs/auctions.md.
    """

    __slots__ = ()

    def _send(self, session: int | None, kind: CommandKind, **fields: Any) -> Events:
        raise NotImplementedError

    def _number(self, instrument: int | str) -> int:
        raise NotImplementedError

    def define(
        self,
        symbol: str | bytes,
        *,
        decimals: int = 2,
        tick: int = 1,
        lot: int = 1,
        band: tuple[int, int] = EVERY_PRICE,
        quantity_max: int = QUANTITY_MAX,
        notional_max: int = NOTIONAL_MAX,
        session: int | None = OPERATOR,
        time_ns: int = 0,
    ) -> Events:
        """Defines an instrument, whose number is the count of those before it.

        `decimals` (0 to 9) only say how ticks are shown; `tick` and `lot` are the steps of prices
        and quantities; limit prices outside of `band` are rejected.
        """
        if not isinstance(notional_max, int) or not 0 <= notional_max <= NOTIONAL_MAX:
            raise ValueError(f"notional_max is {notional_max!r}: use 0 to 2**128 - 1")
        low, high = band
        return self._send(
            session,
            CommandKind.DEFINE,
            bytes=symbol_bytes(symbol),
            decimals=decimals,
            account=tick,
            minimum=lot,
            price=low,
            trigger=high,
            quantity=quantity_max,
            display=notional_max % 2**64,
            expiry_ns=notional_max >> 64,
            time_ns=time_ns,
        )

    def new(
        self,
        order: int,
        side: Side,
        quantity: int,
        price: int = 0,
        *,
        instrument: int | str = 0,
        account: int = 0,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.GTC,
        trigger: int = 0,
        self_trade: SelfTrade = SelfTrade.ALLOW,
        post_only: bool = False,
        expiry_ns: int = 0,
        display: int = 0,
        minimum: int = 0,
        client_bytes: bytes = b"",
        session: int | None = None,
        time_ns: int = 0,
    ) -> Events:
        """Enters an order. `display` makes an iceberg that shows so many lots; `minimum` is what
        must trade at once; `trigger` is a stop's."""
        return self._send(
            session,
            CommandKind.NEW,
            order=order,
            side=side,
            quantity=quantity,
            price=price,
            instrument=self._number(instrument),
            account=account,
            order_type=order_type,
            time_in_force=time_in_force,
            trigger=trigger,
            self_trade=self_trade,
            post_only=bool(post_only),
            expiry_ns=expiry_ns,
            display=display,
            minimum=minimum,
            time_ns=time_ns,
            **_text(client_bytes),
        )

    def cancel(
        self,
        order: int,
        *,
        instrument: int | str = 0,
        account: int = 0,
        session: int | None = None,
        time_ns: int = 0,
    ) -> Events:
        """Cancels all that is open of an order."""
        return self._send(
            session,
            CommandKind.CANCEL,
            order=order,
            instrument=self._number(instrument),
            account=account,
            time_ns=time_ns,
        )

    def reduce(
        self,
        order: int,
        by: int,
        *,
        instrument: int | str = 0,
        account: int = 0,
        session: int | None = None,
        time_ns: int = 0,
    ) -> Events:
        """Takes lots off an order, which keeps its place."""
        return self._send(
            session,
            CommandKind.REDUCE,
            order=order,
            quantity=by,
            instrument=self._number(instrument),
            account=account,
            time_ns=time_ns,
        )

    def replace(
        self,
        order: int,
        quantity: int,
        price: int = 0,
        *,
        new_order: int | None = None,
        instrument: int | str = 0,
        account: int = 0,
        trigger: int = 0,
        rule: ReplaceRule = ReplaceRule.MODIFY,
        sizing: ReplaceSizing = ReplaceSizing.OPEN,
        client_bytes: bytes = b"",
        session: int | None = None,
        time_ns: int = 0,
    ) -> Events:
        """Changes an order. `quantity` is the new open quantity, or what `sizing` says."""
        return self._send(
            session,
            CommandKind.REPLACE,
            order=order,
            new_order=order if new_order is None else new_order,
            quantity=quantity,
            price=price,
            instrument=self._number(instrument),
            account=account,
            trigger=trigger,
            rule=rule,
            sizing=sizing,
            time_ns=time_ns,
            **_text(client_bytes),
        )

    def mass_cancel(
        self,
        *,
        instrument: int | str | None = None,
        account: int | None = None,
        side: Side | None = None,
        of_session: int | None = None,
        session: int | None = OPERATOR,
        time_ns: int = 0,
    ) -> Events:
        """Cancels all orders that every given argument names; all orders without any."""
        choice = _INSTRUMENT * (instrument is not None)
        choice |= _ACCOUNT * (account is not None)
        choice |= _SESSION * (of_session is not None)
        return self._send(
            session,
            CommandKind.MASS_CANCEL,
            choice=choice,
            instrument=0 if instrument is None else self._number(instrument),
            account=account or 0,
            side=side or 0,
            of_session=of_session or 0,
            time_ns=time_ns,
        )

    def control(
        self,
        control: Control,
        *,
        instrument: int | str = 0,
        session: int | None = OPERATOR,
        time_ns: int = 0,
    ) -> Events:
        """Halts, resumes, starts an auction, uncrosses."""
        return self._send(
            session,
            CommandKind.CONTROL,
            choice=control,
            instrument=self._number(instrument),
            time_ns=time_ns,
        )

    def set_band(
        self,
        low: int,
        high: int,
        *,
        instrument: int | str = 0,
        session: int | None = OPERATOR,
        time_ns: int = 0,
    ) -> Events:
        """Sets the limit prices that are taken."""
        return self._send(
            session,
            CommandKind.SET_BAND,
            price=low,
            trigger=high,
            instrument=self._number(instrument),
            time_ns=time_ns,
        )

    def clock(self, now_ns: int, *, session: int | None = OPERATOR) -> Events:
        """Tells the book the time, at which good-till-date orders expire. It never goes back."""
        return self._send(session, CommandKind.CLOCK, expiry_ns=now_ns, time_ns=now_ns)

    def end_of_day(self, *, session: int | None = OPERATOR, time_ns: int = 0) -> Events:
        """Cancels the day's orders."""
        return self._send(session, CommandKind.END_OF_DAY, time_ns=time_ns)

    def limit_session(
        self, of_session: int, orders: int, *, session: int | None = OPERATOR, time_ns: int = 0
    ) -> Events:
        """Limits how many orders a session may have open."""
        return self._send(
            session,
            CommandKind.LIMIT_SESSION,
            of_session=of_session,
            quantity=orders,
            time_ns=time_ns,
        )

    def note(
        self,
        code: int,
        order: int = 0,
        *,
        client_bytes: bytes = b"",
        session: int | None = None,
        time_ns: int = 0,
    ) -> Events:
        """Writes a note into the record; the book stays as it is."""
        return self._send(
            session,
            CommandKind.NOTE,
            of_session=code,
            order=order,
            time_ns=time_ns,
            **_text(client_bytes),
        )


# Arguments have the name of the function.
_text = client_bytes
