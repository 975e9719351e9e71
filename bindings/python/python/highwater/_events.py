"""Events: rows for numpy, record batches for everything that reads Arrow."""

from typing import Any

import numpy as np

from . import _highwater as native
from ._enums import EventKind
from ._rows import EVENT_DTYPE


class Events(np.ndarray):
    """Events in their order: an array of EVENT_DTYPE that is also an Arrow table.

    Parts of it that still have all fields are Events as well; a field is a plain array. What
    `apply` returns is a view of the book's own rows, which are never written to.
    """

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if isinstance(part, Events) and part.dtype != EVENT_DTYPE:
            return part.view(np.ndarray)
        return part

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def of(self, *kinds: EventKind) -> "Events":
        """The events of these kinds: a copy."""
        chosen: Events = self[np.isin(self["kind"], [int(kind) for kind in kinds])]
        return chosen

    @property
    def trades(self) -> "Events":
        """Trades, those of auctions too: a copy."""
        return self.of(EventKind.TRADE, EventKind.AUCTION_TRADE)

    @property
    def rejects(self) -> "Events":
        """What was rejected, with a RejectReason as `detail`: a copy."""
        return self.of(EventKind.REJECTED)

    def _bytes(self) -> np.ndarray:
        if self.dtype != EVENT_DTYPE or self.ndim != 1:
            raise TypeError("the array has not all fields of events: export the events themselves")
        return np.ascontiguousarray(self).view(np.ndarray).view(np.uint8)

    def __arrow_c_schema__(self) -> Any:
        return native.events_schema()

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return native.events_array(self._bytes())

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return native.events_stream(self._bytes())


def events_of(rows: Any) -> Events:
    """The events in a buffer, without a copy."""
    return np.ndarray(len(rows) // EVENT_DTYPE.itemsize, EVENT_DTYPE, rows).view(Events)


def with_events(error: BaseException) -> BaseException:
    """The same exception, whose `events` are events."""
    rows = getattr(error, "events", None)
    if isinstance(rows, native.RowBuffer):
        error.events = events_of(rows)  # type: ignore[attr-defined]
    return error
