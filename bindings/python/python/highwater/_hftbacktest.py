"""Events as the array that hftbacktest reads: each order of one instrument's book."""

from typing import Any

import numpy as np

from . import _highwater as native
from ._events import Events
from ._rows import EVENT_DTYPE

HFTBACKTEST_DTYPE = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ],
    align=True,
)
"""hftbacktest's `event_dtype`."""


def to_hftbacktest(
    events: Events,
    *,
    instrument: int = 0,
    decimals: int = 0,
    lot: float = 1.0,
    latency_ns: int = 0,
) -> np.ndarray:
    """The visible orders and the trades of an instrument, in hftbacktest's level-3 format.

    Prices are ticks / 10**decimals, quantities are lots * lot, and what the exchange does at a
    time is known locally `latency_ns` later. The events are to begin with an empty book: what
    happens to orders that rested before is left out, but for their trades. Save it for
    hftbacktest by `numpy.savez_compressed(path, data=array)`.
    """
    if not isinstance(events, np.ndarray) or events.dtype != EVENT_DTYPE or events.ndim != 1:
        raise TypeError("the events are no array of highwater.EVENT_DTYPE: give what apply returns")
    if not 0 <= decimals <= 9:
        raise ValueError(f"decimals is {decimals}: use 0 to 9")
    if latency_ns < 0:
        raise ValueError(f"latency_ns is {latency_ns}: use 0 or more")
    rows: Any = native.hftbacktest_rows(
        np.ascontiguousarray(events).view(np.ndarray).view(np.uint8),
        instrument,
        10.0**decimals,
        lot,
        latency_ns,
    )
    return np.ndarray(len(rows) // HFTBACKTEST_DTYPE.itemsize, HFTBACKTEST_DTYPE, rows)
