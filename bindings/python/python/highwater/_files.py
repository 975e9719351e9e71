"""Files of orders, and logs: rows in chunks, for a loop or for anything that reads Arrow."""

import os
from collections.abc import Iterator
from typing import Any, Literal, TypedDict

import numpy as np

from . import _highwater as native
from ._book import Book
from ._events import events_of
from ._rows import COMMAND_DTYPE

CHUNK = 65_536
"""Rows of a chunk, unless another number is said."""

SEQUENCE_MAX = 2**62

Format = Literal["highwater", "lobster", "databento-mbo", "itch50"]


class Rows(Iterator[np.ndarray]):
    """Rows in chunks, each given once: by a loop, by `read`, or to a consumer of Arrow.

    `pyarrow.RecordBatchReader.from_stream(rows)` and `polars.from_arrow(...)` of it take what is
    left. A file that is bad somewhere raises FlowError or LogError behind the rows before that.
    """

    def __init__(self, stream: Any, are_events: bool) -> None:
        self._stream = stream
        self._are_events = are_events

    def _array(self, rows: Any) -> np.ndarray:
        if self._are_events:
            return events_of(rows)
        return np.ndarray(len(rows) // COMMAND_DTYPE.itemsize, COMMAND_DTYPE, rows)

    def __next__(self) -> np.ndarray:
        rows = self._stream.next()
        if rows is None:
            raise StopIteration
        return self._array(rows)

    def read(self) -> np.ndarray:
        """All rows that are left, as one array."""
        chunks = list(self)
        if not chunks:
            return self._array(b"")
        joined = np.concatenate(chunks)
        return events_of(joined.view(np.uint8).data) if self._are_events else joined

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._stream.arrow_stream()


def replay(
    path: str | os.PathLike[str],
    format: Format = "highwater",
    *,
    chunk: int = CHUNK,
    decimals: int | None = None,
    symbol: str | None = None,
) -> Rows:
    """The commands of a file: a flow of ours (docs/flows.md), LOBSTER messages, Databento's MBO as
    CSV, or ITCH 5.0; compressed or not.

    The first commands define the instruments. `decimals` of prices and, for LOBSTER, the `symbol`
    are for foreign formats; a flow says both itself.
    """
    stream = native.read_flow(os.fspath(path), format, chunk, decimals, symbol)
    return Rows(stream, are_events=False)


class Verification(TypedDict):
    """What `Log.verify` found. Hashes are hexadecimal, as `highwater verify` prints them."""

    state: Literal["running", "stopped", "interrupted"]
    first_sequence: int
    last_sequence: int
    open_orders: int
    state_hash: str
    running_hash: str
    torn_tail_bytes: int
    records: dict[str, int]
    sessions: dict[int, int]


class Log:
    """A log's directory, to be read: also while an engine runs in it, up to what is durable."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._native = native.Log(self._path)

    def __repr__(self) -> str:
        return f"highwater.Log({self._path!r})"

    def verify(self) -> Verification:
        """Reads and replays all of it; LogError says what is damaged."""
        verified: Verification = self._native.verify()
        return verified

    def commands(self, first: int = 1, last: int | None = None, *, chunk: int = CHUNK) -> Rows:
        """The commands with these sequences, as far as the log still has them, and their times."""
        last = SEQUENCE_MAX if last is None else last
        return Rows(self._native.commands(first, last, chunk), are_events=False)

    def events(self, first: int = 1, last: int | None = None, *, chunk: int = CHUNK) -> Rows:
        """The events of these sequences. All of a command are in one chunk."""
        last = SEQUENCE_MAX if last is None else last
        return Rows(self._native.events(first, last, chunk), are_events=True)

    def book(self, at: int | None = None) -> Book:
        """The book behind a sequence, or behind the last."""
        return Book._of(self._native.book(at))
